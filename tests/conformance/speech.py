"""tts with a real voice (INK_MODELS: the folder it lies in) against the shared goldens, which onnxruntime made: samples and durations,
with noise and without; the same sound from any number of threads; refusals."""
import array, json, os, re, signal, subprocess, tempfile, wave

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
JOE = os.environ.get('INK_MODELS', '') + '/en_US-joe-medium.onnx'
JOE = os.readlink(JOE) if os.path.islink(JOE) else JOE  # where its settings lie beside it
GOLDEN = SHARED + '/golden/vits-joe'


def check(name, ok, why=''):
    print(f'ok - speech {name}' if ok else f'not ok - speech {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def tts(*args, out):
    return subprocess.run([INK, 'tts', '-m', JOE, *map(str, args), '-o', out], capture_output=True, timeout=600)


def floats(path):
    a = array.array('f')
    with open(path, 'rb') as f:
        a.frombytes(f.read())
    return a


def apart(a, b):
    return max(map(abs, map(float.__sub__, a, b)), default=9) if len(a) == len(b) else 9


def refused(name, code, says, *args, out):
    r = tts(*args, out=out)
    text = r.stderr.decode()
    check(name, r.returncode == code and text.startswith('inkstone: ') and text.count('\n') == 1 and re.search(says, text) and not os.path.exists(out), f'{r.returncode} {text}')


def goldens(folder):
    with open(GOLDEN + '/cases.json') as f:
        cases = [','.join(map(str, c['ids'])) for c in json.load(f)['cases']]
    out, still = folder + '/x.f32', ('--noise-scale', 0, '--noise-w', 0, '--length-scale', 1)
    worst = 0
    for i in (0, 2, 5):
        tts('--ids', cases[i], *still, out=out)
        worst = max(worst, apart(floats(out), floats(f'{GOLDEN}/{i}.f32')))
    check('samples are those of onnxruntime', worst < 2e-4, worst)
    tts('--ids', cases[2], *still, '-t', 1, out=out)
    one = floats(out)
    tts('--ids', cases[2], *still, '-t', 3, out=out)
    check('one thread and three give the same samples', one == floats(out))
    noise = GOLDEN + '/noise-1'
    r = json.loads(tts('--ids', cases[1], '--noise-scale', .667, '--noise-w', .8, '--length-scale', 1.1, '--noise-from', noise, '--json', out=out).stdout)
    durations = max(abs(a / b - 1) for a, b in zip(r['frames'], floats(noise + '/frames.f32')))
    check('durations with given noise', durations < 1e-4, durations)
    check('samples with given noise', apart(floats(out), floats(noise + '/pcm.f32')) < 5e-4)
    tts('--ids', cases[5], '--seed', 7, out=out)
    first = floats(out)
    tts('--ids', cases[5], '--seed', 7, out=out)
    again = floats(out)
    tts('--ids', cases[5], '--seed', 8, out=out)
    check('a seed gives the same samples, another gives others', first == again != floats(out))


def report(*args, data=None, folder):
    r = subprocess.run([INK, 'tts', '-m', JOE, *map(str, args), '-o', folder + '/r.wav', '--json', '--seed', '3'], input=data, capture_output=True, timeout=120)
    return json.loads(r.stdout or b'{}'), r.stderr.decode()


def timings(folder):
    text = 'Hello there. On 3 May, I paid $5; why not? Again!'
    r, _ = report(text, '--srt', folder + '/r.srt', folder=folder)
    words = [text.encode()[w['at']:w['at'] + w['size']].decode() for w in r['words']]
    steps = [t for w in r['words'] for t in (w['start'], w['end'])]
    check('words have their times, in order', words[:3] == ['Hello', 'there', 'On'] and '$5' in words and steps == sorted(steps) and 0 < steps[-1] <= r['samples'] / r['sample_rate'], words)
    check('sentences have their times', [s['text'] for s in r['sentences']] == ['Hello there.', 'On 3 May, I paid $5; why not?', 'Again!']
          and abs(r['sentences'][1]['start'] - r['sentences'][0]['end'] - 0.25) < 1e-3, r['sentences'])
    with open(folder + '/r.srt', encoding='utf-8') as f:
        blocks = f.read().strip().split('\n\n')
    stamp = re.fullmatch(r'2\n00:00:(\d\d),(\d{3}) --> 00:00:(\d\d),(\d{3})\nOn 3 May, I paid \$5; why not\?', blocks[1])
    check('subtitles say the same', len(blocks) == 3 and stamp and abs(int(stamp[1]) + int(stamp[2]) / 1000 - r['sentences'][1]['start']) < 2e-3, blocks)
    r, _ = report('On 3 May, I paid $5.', '--srt-words', folder + '/w.srt', folder=folder)
    with open(folder + '/w.srt', encoding='utf-8') as f:
        blocks = [b.split('\n') for b in f.read().strip().split('\n\n')]
    ends = [f'{int(1000 * w["end"] + 1e-6) // 1000:02},{int(1000 * w["end"] + 1e-6) % 1000:03}' for w in r['words']]
    check('words as subtitles, a number one of them', [b[2] for b in blocks] == ['On', '3 May', 'I', 'paid', '$5'] and [b[0] for b in blocks] == list('12345')
          and blocks[-1][1].endswith(ends[-1]) and blocks[0][1].endswith(ends[0]) and len(r['words']) > 5, (blocks, r['words']))
    slow, fast = (report(text, '--speed', v, '--noise-w', 0, folder=folder)[0]['samples'] for v in (0.5, 2))
    check('--speed', 2.5 < slow / fast < 4.5, (slow, fast))
    loud = floats_of(text, '--volume', 0.5, folder=folder)
    full = floats_of(text, folder=folder)
    check('--volume', max(map(abs, (a - b / 2 for a, b in zip(loud, full)))) < 1e-6 and len(loud) == len(full))


def floats_of(*args, folder):
    tts(*args, '--seed', 3, out=folder + '/v.f32')
    return floats(folder + '/v.f32')


def lines(folder):
    p = subprocess.Popen([INK, 'tts', '-m', JOE, '-o', '-', '--seed', '5'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdin.write(b'One. Two, three? Four!\n')
    p.stdin.flush()
    first = p.stdout.read(20000)  # before the second line is there
    p.stdin.write('And [[fˈaɪv]].\n'.encode())
    p.stdin.close()
    rest = p.stdout.read()
    whole = tts('One. Two, three? Four!\nAnd [[fˈaɪv]].', '--seed', 5, out='-').stdout
    check('lines are said as they come', len(first) == 20000 and first + rest == whole and p.wait() == 0, (len(first) + len(rest), len(whole)))
    r = subprocess.run([INK, 'tts', '-m', JOE, '-d', folder + '/each'], input=b'One.\n\nTwo.\n', capture_output=True, timeout=60)
    check('a file for each line, as piper', r.stdout.decode().split() == [folder + '/each/1.wav', folder + '/each/3.wav'] and sorted(os.listdir(folder + '/each')) == ['1.wav', '3.wav'], r)
    rows = [{'text': 'One.', 'output_file': folder + '/j.wav'}, {'text': 'Two.', 'speaker_id': 0}]
    r = subprocess.run([INK, 'tts', '-m', JOE, '--json_input', '--output_dir', folder + '/each'], input='\n'.join(map(json.dumps, rows)).encode(), capture_output=True, timeout=60)
    check('lines of JSON, as piper', r.returncode == 0 and os.path.exists(folder + '/j.wav') and os.path.exists(folder + '/each/2.wav'), r)
    r = subprocess.run([INK, 'tts', '-m', JOE, '--json-input', '-d', folder], input=b'{"text": 5}\n', capture_output=True, timeout=60)
    check('a line without a text is refused', r.returncode == 2 and b'line 1' in r.stderr, r)
    r = subprocess.run([INK, 'tts', '-m', JOE, '--json-input', '-d', folder], input=b'{"text": "a", "speaker_id": 7}\n', capture_output=True, timeout=60)
    check('a line with a speaker that is none is refused', r.returncode == 2 and b'no speaker "7"' in r.stderr, r)


SSML = """<?xml version="1.0"?><speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US"><p><s>First one.</s><s>Second one</s></p>
<break time="1500ms"/>Then &amp; there. <sub alias="World Wide Web">WWW</sub>, <say-as interpret-as="characters">ab1</say-as>, <say-as interpret-as="ordinal">3</say-as>,
<phoneme alphabet="ipa" ph="təmˈeɪtoʊ">tomato</phoneme> <lang xml:lang="zh-CN">十二</lang></speak>"""
BOMB = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">' + ''.join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)) + ']><speak>&j;</speak>'


def ssml(folder):
    r, said = report(SSML, folder=folder)
    text = [' '.join(s['text'].split()) for s in r['sentences']]
    check('SSML is lowered to text', text[:3] == ['First one.', 'Second one', 'Then & there.'] and 'World Wide Web' in text[3] and 'A B 1' in text[3] and '3rd' in text[3]
          and 'təmˈeɪtoʊ 十二' in text[3] and '[' not in text[3] and 'tomato' not in text[3], text)
    gap = [b['start'] - a['end'] for a, b in zip(r['sentences'], r['sentences'][1:])]
    check('SSML: pauses of sentences, paragraphs and breaks', abs(gap[0] - 0.25) < 1e-2 and abs(gap[1] - 1.5) < 1e-2 and abs(gap[2] - 0.25) < 1e-2, gap)
    a, b = (report(f'<speak><prosody rate="{v}">This is a rate of speech.</prosody></speak>', '--noise-w', 0, folder=folder)[0]['samples'] for v in ('x-slow', '200%'))
    check('SSML: rates', 2 < a / b < 4, (a, b))
    r, said = report('<speak>One <emphasis>two</emphasis> <voice name="Bob">three</voice><audio src="x"/></speak>', folder=folder)
    check('SSML: what is not known is named, and its text is said', 'two' in ' '.join(s['text'] for s in r['sentences']) and 'emphasis' in said and 'Bob' in said and 'audio' in said, said)
    out = folder + '/s.wav'
    refused('SSML: a bomb of entities', 1, 'declares the entity a', BOMB, out=out)
    refused('SSML: an entity from outside', 1, 'declares the entity x', '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>', out=out)
    refused('SSML: an element that is not closed', 1, 'not well-formed', '<speak>a <p>b</speak>', out=out)
    refused('SSML: a depth without end', 1, 'more than 256 deep', '<speak>' + '<s>' * 400 + 'a' + '</s>' * 400 + '</speak>', out=out)
    refused('SSML: a break of no time', 2, 'a break of "soon"', '<speak>a<break time="soon"/>b</speak>', out=out)
    refused('SSML: a rate beyond all', 2, 'a rate of "9000%"', '<speak><prosody rate="9000%">a</prosody></speak>', out=out)


def hostile(folder):
    """Texts that nobody would say: each gets a sentence or is begun at once, and nothing crashes."""
    r = tts('Hi \udced\udca0\udc80 there.', out=folder + '/h.wav')  # as bytes
    check('a lone surrogate is named and left out', r.returncode == 0 and b'3 bytes are not UTF-8, the first at byte 3' in r.stderr, r)
    r = subprocess.run([INK, 'tts', '-m', JOE, '--json-input', '-d', folder], input=b'{"text": "a \\ud800 b"}\n', capture_output=True, timeout=60)
    check('a lone surrogate in JSON is refused', r.returncode == 1 and b'line 1' in r.stderr and r.stderr.count(b'\n') == 1, r)
    for name, text in ('a megabyte of sentences', b'It was so, and so on. ' * 45000), ('a megabyte of one word', b'a' * 1000000):
        with open(folder + '/big.txt', 'wb') as f:
            f.write(text)
        p = subprocess.Popen([INK, 'tts', '-m', JOE, '-f', folder + '/big.txt', '-o', '-'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = p.stdout.read(20000)
        p.send_signal(signal.SIGINT)
        p.stdout.close()
        said = p.stderr.read().decode()
        check(name, p.wait() in (0, 1, 75) and (len(first) == 20000 or 'at most 4096 are possible' in said), (p.returncode, len(first), said))


def bf16(folder):
    """The decoder in bf16: the same frames, within one dB; pieces and threads change nothing."""
    text = 'Hello there, this is a test of sound. It goes on, and on, until there are several pieces of it.'
    exact, near, alone = (tts(text, '--seed', 3, '--dtype', d, '-t', t, out=f'{folder}/{d}{t}.f32') and floats(f'{folder}/{d}{t}.f32') for d, t in (('f32', 2), ('bf16', 2), ('bf16', 1)))
    power = lambda a: sum(v * v for v in a)
    off = power(map(float.__sub__, exact, near)) / power(exact) if len(exact) == len(near) else 9
    check('bf16 has the same frames, and is near', 0 < off < 1e-3, (len(exact), len(near), off))
    piped = tts(text, '--seed', 3, '--dtype', 'bf16', out='-').stdout
    tts(text, '--seed', 3, '--dtype', 'bf16', out=folder + '/b.raw')
    with open(folder + '/b.raw', 'rb') as f:
        check('bf16: one thread gives what two give, a stream is the whole', near == alone and f.read() == piped)
    refused('a type that is none', 2, 'bf16', 'Hi.', '--dtype', 'f64', out=folder + '/none.wav')


def marked(folder):
    for suffix in 'wav', 'flac', 'ogg':
        tts('Marked.', out=f'{folder}/m.{suffix}')
        with open(f'{folder}/m.{suffix}', 'rb') as f:
            data = f.read()
        check(f'.{suffix} says that it was generated', b'generated speech' in data and b'AIGC' in data)
    tones, plain = floats_of('Hi.', '--notice', 'morse', folder=folder), floats_of('Hi.', folder=folder)
    check('a notice in tones comes first', tones[-len(plain):] == plain and len(tones) - len(plain) > 22050 and max(tones[:1700]) > 0.2, (len(tones), len(plain)))
    r, _ = report('Hi.', '--notice', 'voice', folder=folder)
    check('a notice in words comes first', 'generated by a computer' in r['sentences'][0]['text'], r['sentences'])


def found(path, key):
    r = subprocess.run([INK, 'watermark', path, '--key', key, '--json'], capture_output=True, timeout=60)
    return json.loads(r.stdout or b'{}'), r.stderr.decode()


def watermark(folder):
    """A mark is found again after lossy formats, a cut and another sample rate; never without it, nor by another key."""
    text = 'Hello there, this is a test of sound that carries a mark. Can you hear anything at all in it?'
    for suffix in 'wav', 'ogg', 'opus', 'mp3':
        r = tts(text, '--watermark', 'mine', '--seed', 3, out=f'{folder}/w.{suffix}')
        if r.returncode:
            continue  # libsndfile has no such encoder here
        check(f'a watermark is found in .{suffix}', found(f'{folder}/w.{suffix}', 'mine')[0].get('found'), found(f'{folder}/w.{suffix}', 'mine'))
    scores = [found(folder + '/w.wav', f'key {i}')[0]['score'] for i in range(20)]
    tts(text, '--seed', 3, out=folder + '/plain.wav')
    scores += [found(folder + '/plain.wav', f'key {i}')[0]['score'] for i in range(20)]
    check('no watermark is found where there is none', max(scores) < 6, max(scores))
    with wave.open(folder + '/w.wav') as f:
        samples = array.array('h', f.readframes(f.getnframes()))
    step, cut = 22050 / 16000, samples[7000:]
    resampled = array.array('h', (int(cut[int(i * step)] + (cut[int(i * step) + 1] - cut[int(i * step)]) * (i * step % 1)) for i in range(int((len(cut) - 2) / step))))
    with wave.open(folder + '/other.wav', 'wb') as f:
        f.setparams((1, 2, 16000, 0, 'NONE', ''))
        f.writeframes(resampled.tobytes())
    check('a watermark outlives a cut and another sample rate', found(folder + '/other.wav', 'mine')[0].get('found'), found(folder + '/other.wav', 'mine'))
    check('a watermark wants a second of sound', 'a second of sound' in (tts('Hi.', out=folder + '/short.wav') and found(folder + '/short.wav', 'x')[1]), found(folder + '/short.wav', 'x'))
    check('a watermark wants sound', 'cannot be read as sound' in found(__file__, 'x')[1])


def voices(folder):
    r = subprocess.run([INK, 'voices', '--json'], capture_output=True, timeout=60)
    rows = [v for v in json.loads(r.stdout or b'{}').get('voices', []) if v['name'] == 'joe']
    check('voices lists them with their licences', rows and rows[0]['language'] == 'en' and 'CC0' in rows[0]['licence'] and rows[0]['sample_rate'] == 22050, r)
    r = subprocess.run([INK, 'voices', JOE, '-o', folder + '/sample.wav'], capture_output=True, timeout=60)
    check('voices writes a sample', r.returncode == 0 and os.path.getsize(folder + '/sample.wav') > 80000, r)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for suffix, head in (('wav', b'RIFF'), ('flac', b'fLaC'), ('ogg', b'OggS')):
            path = f'{folder}/x.{suffix}'
            tts('--ids', '1,0,20,0,61,0,2', out=path)
            with open(path, 'rb') as f:
                check(f'.{suffix} is one', f.read(4) == head)
        out = folder + '/none.wav'
        refused('an id that is none', 2, 'id 2 is 99999', '--ids', '1,99999,2', out=out)
        refused('a speaker that is none', 2, 'no speaker "7"', '--ids', '1,2', '--speaker', 7, out=out)
        refused('a length below the least', 2, 'length.scale', '--ids', '1,2', '--length-scale', -3, out=out)
        refused('noise that does not fit', 1, 'e1.f32', '--ids', '1,2', '--noise-from', folder, out=out)
        refused('a suffix that is none', 2, r'\.wav', '--ids', '1,2', out=folder + '/x.txt')
        refused('a text of nothing', 2, 'nothing to say', '...', out=out)
        text, raw = 'One. Two, three? Four!\nAnd [[fˈaɪv]].', folder + '/x.raw'
        said = json.loads(tts(text, '--seed', 5, '--json', out=raw).stdout)
        check('a text becomes ids, durations and samples', len(said['ids']) == len(said['frames']) > 40 and 30000 < said['samples'] < 120000, said)
        piped = tts(text, '--seed', 5, out='-').stdout
        with open(raw, 'rb') as f:
            check('a stream on standard output is the whole', f.read() == piped and len(piped) == 2 * said['samples'])
        for part in timings, lines, ssml, marked, watermark, voices, hostile, bf16:
            part(folder)
        if os.path.isdir(GOLDEN):
            goldens(folder)
        else:
            print('ok - speech goldens # SKIP there are none')


if os.path.exists(JOE):
    main()
else:
    print('ok - speech # SKIP the voice is not here: inkstone pull joe')
