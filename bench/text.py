"""Prefill of 512 and decode of 128 (32 on the 1.1 B) against llama.cpp, gcc's and clang's build, alternating on the same files and
threads: text.py [TYPE …]. The ratio is to the faster of the two. `share` is of the memory's bandwidth; `products` is the rate of the
matrix products to what registers alone could do, and their part of the prefill's time."""
import json, os, sys

from peer import BIN, INK, LIBRARIES, ink_json, models, need, peer_run, table

ROUNDS = 3


def peer_speeds(file, library, n):
    r = peer_run([BIN + '/llama-bench', '-m', file, '-p', '512', '-n', str(n), '-t', '2', '-r', '2', '-o', 'json'], library)
    runs = json.loads(r.stdout or '[]')
    return {('decode' if run['n_gen'] else 'prefill'): run['avg_ts'] for run in runs}


def measure(file, n):
    best = {}
    ours = {}
    for _ in range(ROUNDS):
        for library in LIBRARIES.values():
            if os.path.isdir(library):
                for what, speed in peer_speeds(file, library, n).items():
                    best[what] = max(best.get(what, 0), speed)
        for key, value in ink_json('bench', 'text', '-m', file, '-p', 512, '-n', n, '-t', 2).items():
            ours[key] = max(ours.get(key, 0), value)
    return best, ours


def main():
    need(INK, BIN + '/llama-bench')
    rows = []
    for label, file in models(sys.argv[1:]):
        need(file)
        peer, ours = measure(file, 128 if 'SmolLM2' in label else 32)
        rows.append([label, f'{peer["prefill"]:.0f}', f'{ours["prefill_tps"]:.0f}', f'{ours["prefill_tps"] / peer["prefill"]:.2f}', f'{peer["decode"]:.1f}',
                     f'{ours["decode_tps"]:.1f}', f'{ours["decode_tps"] / peer["decode"]:.2f}', f'{ours["share"]:.0%}',
                     f'{ours["matmul_gops"] / ours["peak_gops"]:.0%} for {ours["matmul_time"]:.0%}'])
        print(' '.join(rows[-1]), flush=True)
    print()
    table(['tokens/s', 'peer prefill', 'ours', 'ratio', 'peer decode', 'ours', 'ratio', 'share', 'products'], rows)


main()
