"""How texts are cut, normalised and made into ids, against Hugging Face's tokenizers and Python's tables of Unicode: the published
regular expressions of every family that has a rule here, normal forms, tokenizers made at random (COUNT of them, SEED), and those
of real models (tests/npm.py fetches them). FULL=1 takes whole books and every character."""
import itertools, json, os, sys, tempfile, unicodedata

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import npm, oracle
from texts import ASK, CHARS, FULL, ask, books, chars, difference, dress, ids, rng

if not os.path.exists(ASK):
    print('ok - text # SKIP ask_text is not built')
    sys.exit()
if not oracle.has('tokenizers'):
    print('ok - text # SKIP Python has no tokenizers')
    sys.exit()
from tokenizers import Regex, Tokenizer, pre_tokenizers

def check(name, wrong):
    """wrong: what differs, the first few are shown."""
    print(f'ok - text {name}' if not wrong else f'not ok - text {name}: {len(wrong)} differ: {str(wrong[:3])[:900]}', flush=True)


def skip(name, why):
    print(f'ok - text {name} # SKIP {why}')


BOOKS = books()

# ---- rules ----

ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r'\s+(?!\S)|\s+'
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|" + SPACES
BLOOM = ' ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+'
IDEOGRAPHS = '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+'
DEEPSEEK3 = ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|" + SPACES)


def llama3(letters, digits, tail=r'[\r\n]*'):
    return rf'{ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?[{letters}]+|{digits}| ?[^\s{letters}\p{{N}}]+{tail}|\s*[\r\n]+|{SPACES}'


def cased(digits, ending):
    upper, lower = r'[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]', r'[\p{Ll}\p{Lm}\p{Lo}\p{M}]'
    return rf'[^\r\n\p{{L}}\p{{N}}]?{upper}*{lower}+{ending}|[^\r\n\p{{L}}\p{{N}}]?{upper}+{lower}*{ending}|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|{SPACES}'


RULES = {
    'gpt-2': [GPT2], 'smollm': [r'\p{N}', GPT2], 'llama-bpe': [llama3(r'\p{L}', r'\p{N}{1,3}')], 'qwen2': [llama3(r'\p{L}', r'\p{N}')],
    'qwen35': [llama3(r'\p{L}\p{M}', r'\p{N}')], 'seed-coder': [llama3(r'\p{L}', r'\p{N}', '').replace(r'\p{N}]+|\s*', r'\p{N}\r\n]+|\s*')],
    'tekken': [cased(r'\p{N}', '')], 'gpt-4o': [cased(r'\p{N}{1,3}', ENDINGS + '?')],
    'deepseek-coder': ['[\r\n]', r'\s?\p{L}+', r'\s?\p{P}+', IDEOGRAPHS, r'\p{N}'],
    'deepseek-v3': [r'\p{N}{1,3}', '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+', DEEPSEEK3],
    'falcon': [r'[\p{P}\$\+<=>\^~\|`]+', GPT2, '[0-9][0-9][0-9]'], 'bloom': [BLOOM], 'viking': [BLOOM, r'\p{N}'],
    'default': [r'[\p{P}\$\+<=>\^~\|]+', GPT2, r'\p{N}+', '[0-9][0-9][0-9]'],
}


def pieces(text, **rule):
    at, data = ask(text=text, **rule), text.encode()
    return [data[a:b].decode() for a, b in zip(at[::2], at[1::2])] if isinstance(at, list) else at


def rules():
    some = CHARS if FULL else rng.sample(CHARS, 4000)
    sweep = ''.join(f'{c}a {c}{c}1{c} B{c}b' for c in some)
    texts = [*BOOKS, sweep, *(chars(40) for _ in range(400))]
    for name, patterns in RULES.items():
        theirs = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(p), 'isolated') for p in patterns])
        found = (difference(pieces(t, split=name), [p for p, _ in theirs.pre_tokenize_str(t)]) for t in texts)
        check('rule ' + name, [d for d in found if d])


def foreign():
    """Regular expressions that nobody wrote a rule for, in Ruby's syntax; some are refused rather than read otherwise."""
    patterns = [r'\w+', r'\W', r'[^\w\s]+|\d{2}', r'\b.', r'\B\S', r'^.', r'.$', r'\s+$', r'\h+', r'\H', r'\v', r'[\h.]+', r'(?m:.+)', r"(?i:'s|k)", r'\u4e2d\w', r'[]a]+', r'[^]a]', r'[\b.]',
                r'(?<=a)b|\p{Han}++', r'\p{^L}', r'\R', r'[\P{^Hiragana}\p{Greek}]', r'\p{Emoji}', r'\p{Lower}+', r'\p{Lu}\p{Ll}*|\w?\d']
    texts = [chars(60) for _ in range(60)] + ['a b\n\nc \n d\r\n\u4e2d\u6587 \u0008.]x\u00bd\u2167_']
    for p in patterns:
        theirs = pre_tokenizers.Split(Regex(p), 'isolated')
        ours = {'type': 'Sequence', 'pretokenizers': [{'type': 'Split', 'pattern': {'Regex': p}, 'behavior': 'Isolated', 'invert': False},
                                                      {'type': 'ByteLevel', 'add_prefix_space': False, 'use_regex': False}]}
        found = (difference(pieces(t, pre_tokenizer=ours), [x for x, _ in theirs.pre_tokenize_str(t)]) for t in texts)
        check('pattern ' + p, [d for d in found if d])
    refused = [r'[a[b]]', r'[a-z&&[^b]]', r'[[:alpha:]]', r'[\W]', r'\G.', r'a\Kb', r'\X', r'\b', r'a*', '(', r'\p{Nonsense}', '[a']
    answers = [ask(pre_tokenizer={'type': 'Split', 'pattern': {'Regex': p}, 'behavior': 'Isolated'}, text='x') for p in refused]
    check('patterns that are refused', [(p, a) for p, a in zip(refused, answers) if not isinstance(a, dict) or 'regular expression' not in a['error']])


# ---- normal forms ----

def forms():
    """The joins that parts of a long text may not break: marks, Hangul, halfwidth forms that become marks."""
    decomposed = [c for c in CHARS if unicodedata.decomposition(c)]
    marks = [c for c in CHARS if unicodedata.combining(c)]
    hangul = [chr(c) for c in (*range(0x1100, 0x1200), *range(0x3131, 0x318F), *range(0xFF9E, 0xFFDD), 0xAC00, 0xAC01)]
    kana = [chr(c) for c in (*range(0xFF66, 0xFFA0), 0x3099, 0x309A, 0x304B, 0x30CF)]
    kinds = [decomposed, marks, hangul, kana, list('aeoAuscKqZ<=>'), CHARS]
    for number, form in enumerate(('NFC', 'NFD', 'NFKC', 'NFKD'), 1):
        texts = [''.join(rng.choice(rng.choice(kinds)) for _ in range(rng.choice((3, 10, 100, 400)))) for _ in range(400)]
        texts += ['|'.join(CHARS[i:i + 1000]) for i in range(0, len(CHARS) if FULL else 60000, 1000)]
        check(form, [d for t in texts if (d := difference(ask(form=number, text=t)[0], unicodedata.normalize(form, t)))])


# ---- whole tokenizers ----

def real(name):
    """A model's own tokenizer.json, with its added tokens strewn into texts."""
    source = npm.folder(name)
    if not source:
        return skip('tokenizer of ' + name, 'tests/npm.py has not fetched it')
    with tempfile.TemporaryDirectory() as folder:
        dress(folder)
        os.symlink(source + '/tokenizer.json', folder + '/tokenizer.json')
        tokenizer = Tokenizer.from_file(folder + '/tokenizer.json')
        added = [t.content for t in tokenizer.get_added_tokens_decoder().values()] or ['']
        old = {c for c in CHARS if unicodedata.ucd_3_2_0.category(c) != 'Cn'}  # Hugging Face's normal forms know no newer characters
        texts = [*BOOKS]
        for _ in range(400):
            text = ''.join(rng.choice(('', ' ', rng.choice(added))) + chars(12) for _ in range(3))
            texts.append(''.join(c for c in text if c in old) if tokenizer.normalizer else text)
        check('tokenizer of ' + name, ids(folder, texts, tokenizer, name))


def alphabet():
    """GPT-2's letters for bytes."""
    plain = [*range(33, 127), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    other = itertools.count(0x100)
    return [chr(b) if b in plain else chr(next(other)) for b in range(256)]


LETTERS = alphabet()
WORDS = ['he', 'll', 'lo', 'hello', ' w', ' wo', 'world', ' world', '12', '123', '  ', '\n\n', 'é', '的', 'ab', 'a ', '.a', "'s", '__', 'ö', 'e\u0301']
ADDED = ['<a>', '<|x|>', 'hello', 'he', 'é', 'e\u0301', 'ﬁ', '½', ' w', '  ', '1', '▁a', 'lo w', '<A', 'a', '.', '_b', '的', 'ö']
PIECES = ['hello', ' world', 'he', 'll', 'a', 'b', ' ', '  ', '\n', '\n\n', '1', '12', '1234', '.', '.a', "'s", '_', '__', 'é', 'e\u0301', 'ö', 'o\u0308', 'ﬁ', 'fi', '½', '²', '的', '你好',
          '<a>', '<|x|>', '<A', '▁', '▁a', '\u212a', 'ſ', '\u200d', '‿', 'Ⓐ', 'x', '\t', '\u3000', 'w', 'o', '\u0300', '가', '\u1100\u1161', 'ﾞ', 'カ', 'Ⅷ']


def yes(p):
    return rng.random() < p


def some_model(byte_level):
    fallback = not byte_level and yes(.6)
    vocab = {c: i for i, c in enumerate(LETTERS)} if byte_level else {'<unk>': 0}
    for token in [] if byte_level else [f'<0x{b:02X}>' for b in range(256 if fallback else 0)] + list('▁abehlowrd12.\'é的\n_s'):
        vocab.setdefault(token, len(vocab))
    merges = []
    for word in WORDS:
        parts = [LETTERS[b] for b in word.encode()] if byte_level else list(word.replace(' ', '▁'))
        while len(parts) > 1 and all(p in vocab for p in parts):
            i = rng.randrange(len(parts) - 1)
            pair, parts[i:i + 2] = parts[i:i + 2], [parts[i] + parts[i + 1]]
            vocab.setdefault(parts[i], len(vocab))
            if pair not in merges:
                merges.append(pair)
    return {'type': 'BPE', 'dropout': None, 'unk_token': None if byte_level else '<unk>', 'continuing_subword_prefix': None, 'end_of_word_suffix': None,
            'fuse_unk': yes(.5), 'byte_fallback': fallback, 'ignore_merges': yes(.3), 'vocab': vocab, 'merges': merges if yes(.5) else [' '.join(m) for m in merges]}


def some_step():
    pattern = rng.choice(rng.choice(list(RULES.values())))
    return rng.choice([
        {'type': 'Digits', 'individual_digits': yes(.5)}, {'type': 'Punctuation', 'behavior': rng.choice(('Isolated', 'Contiguous'))},
        {'type': 'Split', 'pattern': {'Regex': pattern}, 'behavior': rng.choice(('Isolated', 'Removed')), 'invert': False},
        {'type': 'Split', 'pattern': {'Regex': pattern}, 'behavior': 'Removed', 'invert': True},
        {'type': 'Split', 'pattern': {'String': rng.choice('. \n')}, 'behavior': rng.choice(('Isolated', 'Removed')), 'invert': yes(.2)}])


def some_bytes():
    prefix = yes(.3)
    steps = [] if prefix else [some_step() for _ in range(rng.randint(0, 2))]
    steps.append({'type': 'ByteLevel', 'add_prefix_space': prefix, 'trim_offsets': True, 'use_regex': yes(.5)})
    if yes(.2):
        steps.append(rng.choice([{'type': 'Digits', 'individual_digits': yes(.5)}, {'type': 'Split', 'pattern': {'Regex': '[0-9][0-9][0-9]'}, 'behavior': 'Isolated', 'invert': False}]))
    return [], {'type': 'Sequence', 'pretokenizers': steps}


def some_pieces():
    """Spaces are marked by the normalizer or by the pre-tokenizer, with a space before the text or without."""
    replace, prepend = {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '▁'}, {'type': 'Prepend', 'prepend': '▁'}
    split = {'type': 'Split', 'pattern': {'String': ' '}, 'behavior': 'MergedWithPrevious', 'invert': False}
    mark = {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': rng.choice(('always', 'never')), 'split': yes(.5)}
    return rng.choice([([prepend, replace], None), ([replace], None), ([replace], split), ([], mark)])


def some_added(vocab):
    entries, new = [], len(vocab)
    for content in rng.sample(ADDED, rng.randint(0, 6)):
        entries.append({'id': vocab.get(content, new), 'content': content, 'single_word': yes(.3), 'lstrip': yes(.3), 'rstrip': yes(.3), 'normalized': yes(.5), 'special': yes(.5)})
        new += content not in vocab
    return entries


def part_forms(added, normalizer):
    """Of two added tokens with one normal form Hugging Face takes either, by the order of a hash table that is another in every
    process, so there is no answer to compare with: all but the first are then looked for as they are written."""
    seen = set()
    for token in added:
        form = normalizer.normalize_str(token['content'])
        token['normalized'] = token['normalized'] and form not in seen
        seen |= {form} if token['normalized'] else set()


def at_random(count):
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            byte_level = yes(.6)
            model = some_model(byte_level)
            normal, pre = some_bytes() if byte_level else some_pieces()
            normal = [{'type': rng.choice(('NFC', 'NFD', 'NFKC', 'NFKD'))}] * yes(.4) + normal
            whole = {'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': some_added(model['vocab']), 'pre_tokenizer': pre, 'post_processor': None,
                     'normalizer': {'type': 'Sequence', 'normalizers': normal}, 'decoder': None, 'model': model}
            part_forms(whole['added_tokens'], Tokenizer.from_str(json.dumps({**whole, 'added_tokens': []})).normalizer)
            os.makedirs(f'{folder}/{i}')
            dress(f'{folder}/{i}')
            with open(f'{folder}/{i}/tokenizer.json', 'w') as f:
                json.dump(whole, f)
            texts = [''.join(rng.choices(PIECES, k=rng.randint(1, 9))) for _ in range(40)]
            wrong += ids(f'{folder}/{i}', texts, Tokenizer.from_str(json.dumps(whole)), {k: whole[k] for k in ('normalizer', 'pre_tokenizer', 'added_tokens')})[:1]
    check(f'{count} tokenizers at random', wrong)


rules()
foreign()
forms()
at_random(int(os.environ.get('COUNT', 150)))
for name in npm.NAMES:
    real(name)
