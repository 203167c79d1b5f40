"""tts with a real voice (INK_MODELS: the folder it lies in) against the shared goldens, which onnxruntime made: samples and durations,
with noise and without; the same sound from any number of threads; refusals."""
import array, json, os, re, subprocess, tempfile

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
        if os.path.isdir(GOLDEN):
            goldens(folder)
        else:
            print('ok - speech goldens # SKIP there are none')


if os.path.exists(JOE):
    main()
else:
    print('ok - speech # SKIP the voice is not here: inkstone pull joe')
