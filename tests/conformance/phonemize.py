"""Phonemes: English against espeak-ng over the commonest words of a book (8 per cent after folding stress, length and the reduced
vowels), ids against piper's own, every word of a chapter, places in the text, languages in one text, and hostile text."""
import collections, json, os, random, re, shutil, subprocess, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
BOOK = SHARED + '/data/text/war-and-peace.txt'
UNITS = re.compile(r'aʊ|aɪ|eɪ|oʊ|ɔɪ|tʃ|dʒ|n̩|\S')


def check(name, ok, why=''):
    print(f'ok - phonemize {name}' if ok else f'not ok - phonemize {name}: {why}')


def skip(name, why):
    print(f'ok - phonemize {name} # SKIP {why}')


def ink(data, *flags, timeout=60):
    return subprocess.run([INK, 'phonemize', *flags], input=data.encode() if isinstance(data, str) else data, capture_output=True, timeout=timeout)


def said(text, *flags):
    return ink(text, *flags).stdout.decode().rstrip('\n')


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        before, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            before, row[j + 1] = row[j + 1], min(row[j + 1] + 1, row[j] + 1, before + (x != y))
    return row[-1]


def folded(text):
    return ['ə' if u in 'ɐɪᵻ' else u for u in UNITS.findall(re.sub('[ˈˌː]', '', text))]


def plain(text):
    return re.findall(r'[ˈˌ]?(?:aʊ|aɪ|eɪ|oʊ|ɔɪ|tʃ|dʒ|n̩|\S)ː?', text)


def english():
    with open(BOOK, encoding='utf-8') as f:
        words = [w for w, _ in collections.Counter(re.findall(r"[a-z]+(?:['’][a-z]+)?", f.read().lower())).most_common(2000)]
    text = '\n'.join(words) + '\n'
    theirs = subprocess.run(['espeak-ng', '-v', 'en-us', '--ipa', '-q'], input=text.encode(), capture_output=True).stdout.decode().split('\n')
    ours = said(text).split('\n')
    figures = []
    for units in folded, plain:
        pairs = [(units(t.strip()), units(o)) for t, o in zip(theirs, ours)]
        figures.append(100 * sum(distance(t, o) for t, o in pairs) / sum(len(t) for t, _ in pairs))
    print(f'# 2000 commonest words against espeak-ng: {figures[0]:.2f} % of phonemes differ, {figures[1]:.2f} % with stress, length and reduced vowels')
    check('English is at most 8 % from espeak-ng', len(ours) == 2000 and figures[0] <= 8, figures)
    loaded = said('the quick brown fox', '--phonemizer', 'espeak')
    check('espeak-ng is loaded when asked for', loaded.startswith('ðə kwˈɪk bɹˈaʊn fˈɑːks'), loaded)


def chapter():
    with open(BOOK, encoding='utf-8') as f:
        book = f.read()
    text = re.split(r'\n\s*CHAPTER II\s*\n', book[book.index('Well, Prince'):])[0]
    r = ink(text)
    lines = r.stdout.decode().split('\n')
    dumb = [l for l, o in zip(text.split('\n'), lines) if re.search('[A-Za-z]', l) and not o.strip()]
    check('every line of a chapter speaks, without a remark', r.returncode == 0 and not r.stderr and not dumb and len(text) > 8000, (r.stderr[:300], dumb[:3]))


def piper():
    voice = os.environ.get('INK_MODELS', '') + '/en_US-joe-medium.onnx.json'
    if not os.path.exists(voice):
        return skip('ids of piper', 'the voice en_US-joe-medium is not here')
    with open(SHARED + '/golden/vits-joe/cases.json', encoding='utf-8') as f:
        cases = [c for c in json.load(f)['cases'] if 'phonemes' in c]
    wrong = [c['phonemes'] for c in cases if said('[[' + c['phonemes'] + ']]', '-m', voice, '--ids') != ' '.join(map(str, c['ids']))]
    check('phonemes become the ids that piper makes', cases and not wrong, wrong)
    r = ink('hello [[ɑ́qξ]]', '-m', voice, '--ids')
    check('a symbol that the voice lacks is named', 'ξ' in r.stderr.decode(), r.stderr)


def vits():
    """The list of symbols of a voice of VITS-fast-fine-tuning: its way of writing, blanks between, no sandhi, near symbols."""
    settings = {'data': {'text_cleaners': ['cjke_cleaners2'], 'add_blank': True}, 'symbols': list('_,.!? aehilmnoprstuwxɑʃəɥʊŋ⁼ʰ`→↓↑ɹɪ')}
    with tempfile.NamedTemporaryFile('w', suffix='.json', encoding='utf-8') as f:
        json.dump(settings, f)
        f.flush()
        r = ink('不去。[EN]her[EN]', '-m', f.name, '--ids')
        ids = list(map(int, r.stdout.split()))
        text = ''.join(settings['symbols'][i] for i in ids[1::2])
        check('ids of VITS', ids[::2] == [0] * len(ids[::2]) and text == 'p⁼u↓ tʃʰɥ↓. hə' and '"ɜ"' in r.stderr.decode(), (text, r.stderr.decode()))


def original():
    """The settings of the original VITS, whose symbols stand in its code: 178 of them, the last of two that are one counts."""
    with tempfile.NamedTemporaryFile('w', suffix='.json', encoding='utf-8') as f:
        json.dump({'data': {'text_cleaners': ['english_cleaners2'], 'add_blank': True}, 'model': {}}, f)
        f.flush()
        r = ink("[[həlˈoʊ, ᵻ']]", '-m', f.name, '--ids')
    check('symbols of the original VITS', list(map(int, r.stdout.split()))[1::2] == [50, 83, 54, 156, 57, 135, 3, 16, 177, 176], r.stdout.decode() + r.stderr.decode())


def symbolless():
    """Settings of every kind of voice that name no symbol."""
    for kind, settings in (('piper', {'phoneme_id_map': {}}), ('VITS', {'symbols': []}), ('coqui', {'characters': {'characters': ''}}), ('MMS', {'vocab': {}, 'tokenizer': {}})):
        with tempfile.NamedTemporaryFile('w', suffix='.json', encoding='utf-8') as f:
            json.dump(settings, f)
            f.flush()
            r = ink('hi', '-m', f.name, '--ids')
        check(f'settings of {kind} without symbols are refused in a sentence', r.returncode == 1 and r.stderr.decode().startswith(f'inkstone: {f.name} names no symbols') and not r.stdout, r.stderr.decode())


def places():
    text = 'On 3 May 1987, “naïve” Zoë paid $5 — 中文 \udcff x'.encode('utf-8', 'surrogateescape')
    got = json.loads(ink(text, '--json').stdout)
    spans = [text[w['at']:w['at'] + w['size']].decode('utf-8', 'replace') for w in got['words']]
    check('words know their place in the source', spans[:8] == ['On', '3 May 1987'] + ['3 May 1987'] * 6 and 'naïve' in spans and 'Zoë' in spans and '$5' in spans
          and spans[-1] == 'x', spans)
    check('what is not UTF-8 is named', any('UTF-8' in w for w in got['warnings']), got['warnings'])


def mixed():
    with tempfile.NamedTemporaryFile('w', suffix='.tsv', encoding='utf-8') as f:
        f.write('# mine\nInkstone\tˈɪŋkstoʊn\n')
        f.flush()
        check('a lexicon of one\'s own goes first', said('the inkstone', '--lexicon', f.name) == 'ðɪ ˈɪŋkstoʊn', said('the inkstone', '--lexicon', f.name))
    check('inline phonemes stand as they are', said('say [[fˈuː bˈɑː]] now') == 'sˈeɪ fˈuː bˈɑː nˈaʊ', said('say [[fˈuː bˈɑː]] now'))
    check('kana', said('きょう、コーヒー、がっこう', '--lang', 'ja') == 'kʲoɯ, koːçiː, gakkoɯ', said('きょう、コーヒー、がっこう', '--lang', 'ja'))
    r = ink('漢字です', '--lang', 'ja')
    check('kanji are named', '漢' in r.stderr.decode() and 'desɯ' in r.stdout.decode(), (r.stdout.decode(), r.stderr.decode()))
    heard = said('I use it. The use. To read; had read. The object, I object. They live, a live show. Close the close door.')
    check('words said in two ways', all(w in heard for w in ('aɪ jˈuːz', 'ðə jˈuːs', 'tə ɹˈiːd', 'hæd ɹˈɛd', 'ðɪ ˈɑːbdʒɛkt', 'aɪ əbdʒˈɛkt', 'lˈɪv', 'ɐ lˈaɪv', 'klˈoʊs dˈ')), heard)
    check('letters are spelled', said('HTML') == 'ˌeɪtʃtˌiːˌɛmˈɛl', said('HTML'))
    letters = {c: said(c, '--lang', 'en') for c in 'abcdefghijklmnopqrstuvwxyz'}
    check('every letter has a name', len(set(letters.values())) == 26 and all(letters.values()) and [letters[c] for c in 'qwx'] == ['kjˈuː', 'dˈʌbəljuː', 'ˈɛks'], letters)
    check('words of letters alone', 'ˌɛks' in said('xxl') and said('www').count('bəljuː') == 3, (said('xxl'), said('www')))


PIECES = [('cats', 'kˈæts'), ('[[fˈuː]]', 'fˈuː'), ('[ZH]中国[ZH]', 'ts`⁼ʊŋk⁼wo'), ('[JA]カナ[JA]', 'kana'), ('[EN]dogs[EN]', 'dˈɑːɡz'), ('[ZH]12[ZH]', 's`ɹ`əɻ'), ('birds', 'bˈɜːdz')]


def pieces():
    """Stretches in any order inside of a sentence: each is read as it is alone, every word lies within its own, nothing is lost."""
    draw, wanted, lines = random.Random(3), [], []
    alone = {text: said(text) for text, _ in PIECES}
    check('pieces alone', alone == dict(PIECES), alone)
    for _ in range(200):
        row = [draw.choice(PIECES)[0] for _ in range(draw.randrange(1, 9))]
        joins = [draw.choice((' ', ', ', '; ', '')) if row[i].endswith(']') and row[i + 1].startswith('[') else draw.choice((' ', ', ', '; ')) for i in range(len(row) - 1)] + ['']
        lines.append(''.join(p + j for p, j in zip(row, joins)))
        wanted.append(''.join(alone[p] + (j if j or i + 1 == len(row) else ' ') for i, (p, j) in enumerate(zip(row, joins))))
    r = ink('\n'.join(lines) + '\n')
    wrong = [(l, w, g) for l, w, g in zip(lines, wanted, r.stdout.decode().split('\n')) if w != g]
    check('pieces in any order inside of a sentence', r.returncode == 0 and not wrong and not r.stderr, wrong[:2] or r.stderr)
    for line, got in zip(lines[:40], ink('\n'.join(lines[:40]) + '\n', '--json').stdout.decode().split('\n')):
        at = 0
        for w in json.loads(got)['words']:
            if w['at'] < at or w['at'] + w['size'] > len(line.encode()):
                return check('words of pieces stand in order, inside of the text', False, (line, w))
            at = w['at']
    check('words of pieces stand in order, inside of the text', True)
    r = ink('a [[b\ncats [ZH]中国\n[JA]漢字[JA] cats\n')
    check('tags that are never closed, and what they cannot read, are named', all(w in r.stderr.decode() for w in ('[[ at byte 2', '[ZH] at byte 5', '漢字')) and 'kˈæts' in r.stdout.decode(), r.stderr.decode())


def hostile():
    for what, data in (('a megabyte of one word', b'a' * 1000000), ('a megabyte of words', b'wug ' * 250000), ('a megabyte of brackets', b'[' * 1000000),
                       ('a megabyte of tags', b'[ZH]' * 250000), ('a megabyte of apostrophes', b"a'" * 500000), ('all bytes', bytes(b for b in range(256) if b != 10) * 2000)):
        try:
            r = ink(data, timeout=60)
            check(what, r.returncode == 0 and r.stdout.count(b'\n') == 1, r.stderr[-300:])
        except subprocess.TimeoutExpired:
            check(what, False, 'a minute was not enough')
    r = ink('a\n\n\nb\n')
    check('empty lines stay', r.stdout == 'ˈeɪ\n\n\nbˈiː\n'.encode(), r.stdout.decode())
    r = ink('☃ hi')
    check('a sign without a name is named', r.stdout.decode() == 'hˈaɪ\n' and '☃' in r.stderr.decode(), (r.stdout.decode(), r.stderr.decode()))
    for flags, word in ((['--lang', 'xx'], 'xx'), (['--lexicon', '/nonexistent'], '/nonexistent'), (['-m', '/nonexistent'], '/nonexistent'), (['--ids'], '-m')):
        r = ink('hi', *flags)
        check(f'{" ".join(flags)} is refused in a sentence', r.returncode in (1, 2) and word in r.stderr.decode(), r.stderr.decode())


if not os.path.exists(BOOK):
    skip('English', 'the book is not here')
elif not shutil.which('espeak-ng'):
    skip('English against espeak-ng', 'it is not installed')
else:
    english()
if os.path.exists(BOOK):
    chapter()
if SHARED:
    piper()
vits()
original()
symbolless()
places()
mixed()
pieces()
hostile()
