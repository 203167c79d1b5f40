"""An independent recogniser (pocketsphinx, whose package carries its English model) hears a voice as spoken by onnxruntime, which is piper's
engine, and by inkstone: the same sentences and scales, once with piper's phonemes (espeak-ng's), once with ours. Word error rates,
and by how much ours are worse, with the 95 % interval of a paired bootstrap over sentences. recognise.py [WORDS [FOLDER]] (3000 unless said)
With a FOLDER what is heard is kept there, twenty sentences at a time, and a run that was ended is gone on with.
INK_PYTHON is an interpreter that has pocketsphinx, soxr, onnxruntime and numpy; espeak-ng must be installed."""
import json, os, random, re, subprocess, sys, tempfile

from peer import INK, ROOT, ink_json, table

SHARED = os.environ.get('INK_SHARED') or os.path.join(os.path.dirname(ROOT), 'shared')
PYTHON = os.environ.get('INK_PYTHON') or sys.executable
PIECE = 20  # sentences
SCALES = ('--noise-scale', '0.667', '--noise-w', '0.8', '--length-scale', '1')
SPEAK = '''
import sys, json, numpy as np, onnxruntime as ort
o = ort.SessionOptions()
o.intra_op_num_threads = 1
s = ort.InferenceSession(sys.argv[1], o, providers=['CPUExecutionProvider'])
for i, ids in enumerate(json.load(open(sys.argv[2]))):
    y = s.run(None, {'input': np.array([ids], np.int64), 'input_lengths': np.array([len(ids)], np.int64), 'scales': np.array([.667, 1, .8], np.float32)})[0]
    y.reshape(-1).astype('<f4').tofile(f'{sys.argv[3]}/{i}.f32')
'''
HEAR = '''
import sys, json, numpy as np, soxr
from pocketsphinx import Decoder
d = Decoder(samprate=16000, loglevel='FATAL')
for i in range(int(sys.argv[2])):
    y = soxr.resample(np.fromfile(f'{sys.argv[1]}/{i}.f32', '<f4'), 22050, 16000)
    y = np.concatenate([np.zeros(3200, np.float32), y, np.zeros(3200, np.float32)])
    d.start_utt()
    d.process_raw((np.clip(y, -1, 1) * 32767).astype('<i2').tobytes(), full_utt=True)
    d.end_utt()
    h = d.hyp()
    print(json.dumps(h.hypstr if h else ''), flush=True)
'''


def sentences(words):
    """Plain sentences of a book: letters only, so that every system says the same words."""
    with open(SHARED + '/data/text/war-and-peace.txt', encoding='utf-8') as f:
        text = ' '.join(f.read()[:600000].split())
    found = [s for s in re.findall(r'(?<=[.!?] )[A-Z][a-z, ]+[.](?= [A-Z"])', text) if 6 <= len(s.split()) <= 18]
    random.Random(5).shuffle(found)
    out = []
    while found and sum(len(s.split()) for s in out) < words:
        out.append(found.pop())
    return out


def errors(wanted, heard):
    a, b = (re.findall("[a-z']+", t.lower()) for t in (wanted, heard))
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        before, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            before, row[j + 1] = row[j + 1], min(row[j + 1] + 1, row[j] + 1, before + (x != y))
    return row[-1], len(a)


def hear(folder, count):
    r = subprocess.run([PYTHON, '-c', HEAR, folder, str(count)], capture_output=True, text=True)
    heard = [json.loads(line) for line in r.stdout.splitlines()]
    if len(heard) != count:
        sys.exit('the recogniser failed: ' + r.stderr[-500:])
    return heard


def say(model, lines, folder, flags):
    """Each line into its own file, as inkstone says it."""
    rows = ''.join(json.dumps({'text': s, 'output_file': f'{folder}/{i}.f32'}) + '\n' for i, s in enumerate(lines))
    r = subprocess.run([INK, 'tts', '-m', model, '--json-input', '-q', '--seed', '7', *SCALES, *flags], input=rows, capture_output=True, text=True)
    if r.returncode:
        sys.exit('inkstone tts: ' + r.stderr)


def say_peer(model, lines, folder):
    """The same as onnxruntime says it, from the ids that piper makes of them."""
    r = subprocess.run([INK, 'phonemize', '-m', model, '--phonemizer', 'espeak', '--ids'], input='\n'.join(lines) + '\n', capture_output=True, text=True)
    with open(folder + '/ids.json', 'w') as f:
        json.dump([list(map(int, line.split())) for line in r.stdout.splitlines()], f)
    subprocess.run([PYTHON, '-c', SPEAK, model, folder + '/ids.json', folder], check=True)


def counted(model, lines):
    """[errors, words] of each line, as each of the three says it."""
    out = {}
    for name, speak in (('peer', say_peer), ('espeak', lambda *a: say(*a, ['--phonemizer', 'espeak'])), ('own', lambda *a: say(*a, []))):
        with tempfile.TemporaryDirectory() as folder:
            speak(model, lines, folder)
            out[name] = [errors(s, h) for s, h in zip(lines, hear(folder, len(lines)))]
    return out


def kept(path, model, lines):
    if path and os.path.exists(path):
        with open(path) as f:
            return json.load(f)
    out = counted(model, lines)
    if path:
        with open(path + '.tmp', 'w') as f:
            json.dump(out, f)
        os.replace(path + '.tmp', path)
    return out


def main():
    words = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    keep = sys.argv[2] if len(sys.argv) > 2 else None
    model = next((m['path'] for m in ink_json('list')['models'] if m['name'] == 'joe' and m['path']), None)
    if not model:
        sys.exit('the voice is not here: inkstone pull joe')
    lines = sentences(words)
    if keep:
        os.makedirs(keep, exist_ok=True)
    counts = {'peer': [], 'espeak': [], 'own': []}
    for at in range(0, len(lines), PIECE):
        for name, rows in kept(keep and f'{keep}/{at}.json', model, lines[at:at + PIECE]).items():
            counts[name] += rows
    total = sum(n for _, n in counts['peer'])
    rate = {name: 100 * sum(e for e, _ in rows) / total for name, rows in counts.items()}
    rows = [['onnxruntime, piper\'s phonemes', f'{rate["peer"]:.2f} %', '', '']]
    draw = random.Random(1)
    for name, label in ('espeak', 'inkstone, piper\'s phonemes'), ('own', 'inkstone, our phonemes'):
        worse = sorted(100 * sum(counts[name][i][0] - counts['peer'][i][0] for i in pick) / sum(counts['peer'][i][1] for i in pick)
                       for pick in ([draw.randrange(len(lines)) for _ in lines] for _ in range(2000)))
        rows.append([label, f'{rate[name]:.2f} %', f'{rate[name] - rate["peer"]:+.2f}', f'{worse[50]:+.2f} … {worse[1949]:+.2f}'])
    print(f'{len(lines)} sentences, {total} words')
    table(['', 'word errors', 'more than the peer, points', '95 %'], rows)


main()
