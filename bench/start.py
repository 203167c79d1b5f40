"""From the start of the process to the first token: `generate` with 16 prompt ids against llama.cpp's command without warm-up, files in the
page cache, best of several. Prints the ratio for SmolLM2 and the 1.1 B."""
import subprocess, time

from peer import BIN, INK, LIBRARIES, PEER, SMOL, need, peer_run, table

IDS = ','.join(str(i) for i in range(300, 316))
TEXT = 'the of and to in is that for it as was with be by on not'
ROUNDS = 7


def seconds(run):
    best = 1e9
    for _ in range(ROUNDS):
        start = time.perf_counter()
        r = run()
        best = min(best, time.perf_counter() - start)
        if r.returncode:
            raise SystemExit(r.stderr.strip()[-300:])
    return best


def main():
    need(INK, BIN + '/llama-completion')
    rows = []
    for label, file in [('SmolLM2 Q4_1', SMOL), ('1.1B Q4_0', PEER + '/r1b-Q4_0.gguf'), ('1.1B Q8_0', PEER + '/r1b-Q8_0.gguf')]:
        need(file)
        ours = seconds(lambda: subprocess.run([INK, 'generate', '-m', file, '--ids', IDS, '-n', '1', '--temp', '0', '-t', '2'], capture_output=True, text=True))
        peer = seconds(lambda: peer_run([BIN + '/llama-completion', '-m', file, '-p', TEXT, '-n', '1', '--temp', '0', '-t', '2', '--no-warmup', '-no-cnv'], LIBRARIES['gcc']))
        rows.append([label, f'{1e3 * peer:.0f} ms', f'{1e3 * ours:.0f} ms', f'{ours / peer:.2f}'])
    table(['start to first token', 'llama.cpp', 'inkstone', 'ratio'], rows)


main()
