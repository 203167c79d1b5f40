"""A voice (piper's en_US-joe-medium) against onnxruntime, which is what piper runs it with: a word, a sentence, a page, with one thread
and with two, no noise. Real-time factor (seconds of computing for a second of sound; less is better), from the start of the process to the
first sound and to the end, and peak memory; peer and inkstone alternate, the best of each counts. speech.py [ROUNDS]
The ids of the sentences are those of the shared goldens; INK_PYTHON is an interpreter that has onnxruntime and numpy."""
import json, os, resource, subprocess, sys, tempfile, time

from peer import INK, ROOT, ink_json, table

SHARED = os.environ.get('INK_SHARED') or os.path.join(os.path.dirname(ROOT), 'shared')
PYTHON = os.environ.get('INK_PYTHON') or sys.executable
RATE = 22050
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
print(json.dumps({'seconds': min(times), 'samples': int(y.size), 'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
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


def peer(model, threads, ids, runs):
    seconds, peak, said = timed([PYTHON, '-c', PEER, model, str(threads), json.dumps(ids), str(runs)])
    return {'rtf': said['seconds'] / (said['samples'] / RATE), 'whole': seconds, 'first': seconds, 'peak': peak}


def ours(model, threads, ids, out):
    seconds, peak, said = timed([INK, 'tts', '-m', model, '--ids', ','.join(map(str, ids)), '-o', out, '--noise-scale', '0', '--noise-w', '0', '--length-scale', '1',
                                 '-t', str(threads), '--json'])
    # all but the computing, and of that what came before the first sound: starting, loading and ending count too
    return {'rtf': said['rtf'], 'whole': seconds, 'first': seconds - said['rtf'] * said['samples'] / RATE + said['first_audio_seconds'] - said['load_seconds'], 'peak': peak}


def least(into, new):
    for key, value in new.items():
        into[key] = min(into.get(key, value), value)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    model = next((m['path'] for m in ink_json('list')['models'] if m['name'] == 'joe' and m['path']), None)
    if not model:
        sys.exit('the voice is not here: inkstone pull joe')
    with open(SHARED + '/golden/vits-joe/cases.json') as f:
        cases = [c['ids'] for c in json.load(f)['cases']]
    page = [i for c in cases[1:5] for i in c]
    lengths = [('word', cases[5]), ('sentence', cases[2]), ('page', page * 2)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, ids in lengths:
            for threads in (1, 2):
                a, b = {}, {}
                for _ in range(rounds):
                    least(a, peer(model, threads, ids, 3))
                    cold = peer(model, threads, ids, 1)
                    least(a, {'whole': cold['whole'], 'first': cold['first'], 'peak': cold['peak']})
                    least(b, ours(model, threads, ids, folder + '/x.f32'))
                rows.append([f'{name}, {threads} thread{"s" * (threads > 1)}', f'{a["rtf"]:.4f}', f'{b["rtf"]:.4f}', f'{a["rtf"] / b["rtf"]:.2f}', f'{a["first"]:.2f}', f'{b["first"]:.2f}',
                             f'{b["first"] / a["first"]:.2f}', f'{a["peak"]:.0f}', f'{b["peak"]:.0f}', f'{b["peak"] / a["peak"]:.2f}'])
                print(' '.join(rows[-1]), flush=True)
    print()
    table(['', 'peer RTF', 'ours', 'times', 'peer first s', 'ours', 'ratio', 'peer MB', 'ours', 'ratio'], rows)


main()
