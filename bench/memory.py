"""Peak resident memory (file pages included) of generate and of logits --all with 600 ids at a context of 1024, against 1.1 × the file plus
keys and values plus 64 MiB, and llama.cpp's peak on the same file."""
import os, subprocess

from peer import BIN, INK, LIBRARIES, PEER, SMOL, need, table

IDS = ','.join(['5'] * 600)


def peak(args, env=None):
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    _, status, used = os.wait4(p.pid, 0)
    if status:
        raise SystemExit(f'{args[0]}: exit status {status}')
    return used.ru_maxrss * 1024


def main():
    rows = []
    for label, file, kv in [('SmolLM2 Q4_1', SMOL, 30 * 2 * 3 * 64 * 1024 * 2), ('1.1B Q8_0', PEER + '/r1b-Q8_0.gguf', 22 * 2 * 4 * 64 * 1024 * 2)]:
        need(INK, file)
        limit = 1.1 * os.path.getsize(file) + kv + (64 << 20)
        ours = [peak([INK, 'generate', '-m', file, '--ids', IDS, '-n', '8', '--temp', '0', '--ctx', '1024']),
                peak([INK, 'logits', '-m', file, '--ids', IDS, '--all', '--ctx', '1024', '-o', '/dev/null'])]
        peer = peak([BIN + '/llama-bench', '-m', file, '-p', '512', '-n', '8', '-t', '2', '-r', '1'], {'LD_LIBRARY_PATH': LIBRARIES['gcc']})
        rows.append([label, *[f'{x / 1e6:.0f} MB' for x in (os.path.getsize(file), limit, *ours, peer)], f'{max(ours) / limit:.2f}'])
    table(['peak memory', 'file', 'limit', 'generate', 'logits --all', 'llama.cpp', 'of the limit'], rows)


main()
