"""What benches share: where the peers are, running them and inkstone, and printing a table."""
import json, os, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
PEER = os.environ.get('INK_PEER') or os.path.expanduser('~/.cache/ink-peers')
BIN = PEER + '/bgcc/bin'
LIBRARIES = {'gcc': BIN, 'clang': PEER + '/clanglib'}
SMOL = PEER + '/SmolLM2-135M-Instruct.Q4_1.gguf'


def need(*paths):
    missing = [p for p in paths if not os.path.exists(p)]
    if missing:
        sys.exit(f'{missing[0]} is missing: bash bench/peers/build.sh makes it')


def models(types=()):
    """(label, file) of SmolLM2 in five types and of the 1.1 B LLaMA in four; types pick some."""
    found = [('SmolLM2 Q4_1', SMOL)]
    found += [(f'SmolLM2 {t}', f'{PEER}/smol-{t}.gguf') for t in ('Q4_0', 'Q5_0', 'Q8_0', 'BF16')]
    found += [(f'1.1B {t}', f'{PEER}/r1b-{t}.gguf') for t in ('Q4_0', 'Q4_K_M', 'Q6_K', 'Q8_0')]
    return [m for m in found if not types or m[0].split()[1] in types]


def peer_run(args, library):
    env = {**os.environ, 'LD_LIBRARY_PATH': library}
    return subprocess.run(args, capture_output=True, text=True, env=env, timeout=900)


def ink_json(*args):
    r = subprocess.run([INK, *map(str, args), '--json'], capture_output=True, text=True, timeout=900)
    if r.returncode:
        sys.exit(f'inkstone {args[0]}: {r.stderr.strip()}')
    return json.loads(r.stdout)


def table(head, rows):
    widths = [max(len(str(r[i])) for r in [head, *rows]) for i in range(len(head))]
    for r in [head, *rows]:
        print('  '.join(str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(r, widths))))
