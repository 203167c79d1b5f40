"""A voice (piper's en_US-joe-medium) against onnxruntime, which is what piper runs it with: a word, a sentence, twelve seconds, a page, with
one thread and with two, no noise; in f32 and in bf16, and how far the samples are from onnxruntime's (log-spectral distance). Real-time factor
(seconds of computing for a second of sound; less is better), from the start of the process to the first sound, and peak memory; peer and
inkstone alternate, the best of each counts. speech.py [ROUNDS [word|sentence|page …]]
The ids of the sentences are those of the shared goldens; INK_PYTHON is an interpreter that has onnxruntime and numpy."""
import json, os, resource, subprocess, sys, tempfile, time

from peer import INK, ROOT, ink_json, table

SHARED = os.environ.get('INK_SHARED') or os.path.join(os.path.dirname(ROOT), 'shared')
PYTHON = os.environ.get('INK_PYTHON') or sys.executable
RATE = 22050
DTYPES = 'f32', 'bf16'
PEER = '''
import json, sys, time, resource
import numpy as np, onnxruntime as ort
model, threads, ids = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
o = ort.SessionOptions()
o.intra_op_num_threads = threads
s = ort.InferenceSession(model, o, providers=['CPUExecutionProvider'])
feed = {'input': np.array([ids], np.int64), 'input_lengths': np.array([len(ids)], np.int64), 'scales': np.array([0, 1, 0], np.float32)}
times = []
for _ in range(int(sys.argv[4])):
    start = time.perf_counter()
    y = s.run(None, feed)[0]
    times.append(time.perf_counter() - start)
y.reshape(-1).astype('<f4').tofile(sys.argv[5])
print(json.dumps({'seconds': min(times), 'samples': int(y.size), 'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
'''
# Root mean square of the difference in dB over bins, mean over frames; bins below -80 dB of the loudest count as that loud.
DISTANCE = '''
import sys
import numpy as np
def spectrum(path):
    x, n = np.fromfile(path, '<f4').astype('f8'), 1024
    x = np.lib.stride_tricks.sliding_window_view(np.pad(x, n // 2), n)[::n // 4] * np.hanning(n)
    return np.abs(np.fft.rfft(x)) ** 2
a, b = map(spectrum, sys.argv[1:3])
least = 1e-8 * a.max()
a, b = (10 * np.log10(np.maximum(v, least)) for v in (a, b))
print(np.mean(np.sqrt(np.mean((a - b) ** 2, 1))))
'''


def timed(args):
    """Seconds until it ends, peak memory in MB, and what it printed."""
    start = time.perf_counter()
    p = subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
    out = p.stdout.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = status
    if status:
        sys.exit(f'{args[0]} {args[1]}: failed')
    return time.perf_counter() - start, usage.ru_maxrss / 1e3, json.loads(out)


def peer(model, threads, ids, runs, out):
    seconds, peak, said = timed([PYTHON, '-c', PEER, model, str(threads), json.dumps(ids), str(runs), out])
    return {'rtf': said['seconds'] / (said['samples'] / RATE), 'whole': seconds, 'first': seconds, 'peak': peak}


def ours(model, threads, ids, dtype, out):
    seconds, peak, said = timed([INK, 'tts', '-m', model, '--ids', ','.join(map(str, ids)), '-o', out, '--noise-scale', '0', '--noise-w', '0', '--length-scale', '1',
                                 '-t', str(threads), '--dtype', dtype, '--json'])
    # all but the computing, and of that what came before the first sound: starting, loading and ending count too
    return {'rtf': said['rtf'], 'whole': seconds, 'first': seconds - said['rtf'] * said['samples'] / RATE + said['first_audio_seconds'] - said['load_seconds'], 'peak': peak}


def distance(a, b):
    return float(subprocess.run([PYTHON, '-c', DISTANCE, a, b], capture_output=True, text=True, check=True).stdout)


def least(into, new):
    for key, value in new.items():
        into[key] = min(into.get(key, value), value)


def measure(model, name, ids, threads, rounds, folder):
    """A row for each of our types; peer and inkstone alternate."""
    a, b = {}, {dtype: {} for dtype in DTYPES}
    for _ in range(rounds):
        least(a, peer(model, threads, ids, 3, folder + '/peer.f32'))
        cold = peer(model, threads, ids, 1, folder + '/peer.f32')
        least(a, {'whole': cold['whole'], 'first': cold['first'], 'peak': cold['peak']})
        for dtype in DTYPES:
            least(b[dtype], ours(model, threads, ids, dtype, f'{folder}/{dtype}.f32'))
    return [[f'{name}, {threads} thread{"s" * (threads > 1)}, {dtype}', f'{a["rtf"]:.4f}', f'{b[dtype]["rtf"]:.4f}', f'{a["rtf"] / b[dtype]["rtf"]:.2f}', f'{a["first"]:.2f}', f'{b[dtype]["first"]:.2f}',
             f'{b[dtype]["first"] / a["first"]:.2f}', f'{a["peak"]:.0f}', f'{b[dtype]["peak"]:.0f}', f'{b[dtype]["peak"] / a["peak"]:.2f}', f'{distance(folder + "/peer.f32", f"{folder}/{dtype}.f32"):.2f}']
            for dtype in DTYPES]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    wanted = sys.argv[2:]
    model = next((m['path'] for m in ink_json('list')['models'] if m['name'] == 'joe' and m['path']), None)
    if not model:
        sys.exit('the voice is not here: inkstone pull joe')
    with open(SHARED + '/golden/vits-joe/cases.json') as f:
        cases = [c['ids'] for c in json.load(f)['cases']]
    page = [i for c in cases[1:5] for i in c]
    lengths = [('word', cases[5]), ('sentence', cases[2]), ('12 s', cases[1] + cases[2] + cases[4]), ('page', page * 2)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, ids in lengths:
            for threads in (1, 2) if not wanted or name in wanted else ():
                for row in measure(model, name, ids, threads, rounds, folder):
                    rows.append(row)
                    print(' '.join(row), flush=True)
    print()
    table(['', 'peer RTF', 'ours', 'times', 'peer first s', 'ours', 'ratio', 'peer MB', 'ours', 'ratio', 'dB apart'], rows)


main()
