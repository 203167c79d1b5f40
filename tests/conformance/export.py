"""inkstone export: merged models answer as the model with its adapter does, and as PEFT's did (../shared/golden/train)."""
import array, json, os, subprocess, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
GOLD = SHARED + '/golden/train'


def check(name, ok, why=''):
    print(f'ok - export {name}' if ok else f'not ok - export {name}: {why}')


def ink(*words):
    return subprocess.run([INK, *words], capture_output=True, text=True, timeout=120)


def logits(model, ids):
    with tempfile.TemporaryDirectory() as temp:
        r = ink('logits', '-m', model, '--ids', ','.join(map(str, ids)), '-o', temp + '/out')
        return array.array('f', open(temp + '/out', 'rb').read()) if r.returncode == 0 else r.stderr


def apart(got, want):
    return max(abs(a - b) for a, b in zip(got, want)) if not isinstance(got, str) and len(got) == len(want) else got


def merged(name, method):
    home, label = f'{GOLD}/{name}/{method}', f'{name} {method}'
    with open(home + '/run.json') as f:
        run = json.load(f)
    with tempfile.TemporaryDirectory() as temp:
        r = ink('export', '-m', f'{GOLD}/{name}/init', '--adapter', home + '/after10', '-o', temp + '/merged', '--json')
        if r.returncode:
            return check(f'{label} merges', False, r.stderr)
        off = apart(logits(temp + '/merged', run['probe_ids']), run['probe_logits_last'])
        check(f"{label} has PEFT's logits", isinstance(off, float) and off < 1e-4, off)
        check(f'{label} merged something', json.loads(r.stdout)['merged'] > 0, r.stdout)
        if name != 'llama':
            return
        r = ink('export', '-m', f'{GOLD}/{name}/init', '--adapter', home + '/after10', '-o', temp + '/merged.gguf')
        off = apart(logits(temp + '/merged.gguf', run['probe_ids']), run['probe_logits_last']) if r.returncode == 0 else r.stderr
        check(f'{label} as a GGUF', isinstance(off, float) and off < 1e-4, off)
        r = ink('export', '-m', temp + '/merged.gguf', '-o', temp + '/back', '--type', 'F16')
        off = apart(logits(temp + '/back', run['probe_ids']), run['probe_logits_last']) if r.returncode == 0 else r.stderr
        check(f'{label} back in a folder of F16', isinstance(off, float) and off < 5e-3, off)
        check(f'{label} leaves nothing lying about', sorted(os.listdir(temp)) == ['back', 'merged', 'merged.gguf'], os.listdir(temp))


def refusals():
    with tempfile.TemporaryDirectory() as temp:
        for name, model, adapter, why in (('a prompt', 'llama', 'llama/prompt', 'cannot be merged'), ('an adapter of another model', 'llama', 'gpt2/lora', 'belongs to no matrix')):
            r = ink('export', '-m', f'{GOLD}/{model}/init', '--adapter', f'{GOLD}/{adapter}/after10', '-o', temp + '/no')
            check(f'refuses {name}', r.returncode == 1 and why in r.stderr and not os.path.exists(temp + '/no/model.safetensors'), r.stderr)


if os.path.isdir(GOLD):
    for name in ('gpt2', 'llama'):
        for method in ('lora', 'dora', 'ia3'):
            merged(name, method)
    refusals()
else:
    print('ok - export # SKIP no ../shared')
