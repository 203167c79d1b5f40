"""Every architecture against transformers: the tiny checkpoints of tests/cases/models (made by make.py there), whole, in chunks
and among neighbours; and the first losses of the training goldens of ../shared."""
import array, glob, json, math, os, subprocess, sys, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
BUILD = os.environ.get('INK_BUILD') or ROOT + '/build'
INK = os.environ.get('INK_BIN') or BUILD + '/apps/cli/inkstone'


def check(name, ok, why=''):
    print(f'ok - models {name}' if ok else f'not ok - models {name}: {why}')


def logits(folder, ids, *flags):
    """The rows as bytes, or the sentence of a refusal."""
    with tempfile.TemporaryDirectory() as temp:
        out = temp + '/out.f32'
        r = subprocess.run([INK, 'logits', '-m', folder, '--ids', ','.join(map(str, ids)), '--all', '-t', '2', '--kv', 'f32', '-o', out, *flags],
                           capture_output=True, text=True, timeout=120)
        if r.returncode:
            return r.stderr.strip()
        with open(out, 'rb') as f:
            return f.read()


def floats(data):
    a = array.array('f')
    a.frombytes(data)
    if sys.byteorder == 'big':
        a.byteswap()
    return a


def error(got, want):
    most = max(abs(w) for w in want)
    return max((abs(g - w) if math.isfinite(g) else math.inf) for g, w in zip(got, want)) / most


def tiny(folder):
    name = os.path.basename(folder)
    with open(folder + '/ids.json') as f:
        ids = json.load(f)
    with open(folder + '/logits.f32', 'rb') as f:
        want = floats(f.read())
    got = logits(folder, ids)
    if isinstance(got, str):
        return check(name, False, got)
    off = error(floats(got), want) if len(got) == 4 * len(want) else math.inf
    check(f'{name} equals transformers', off <= 1e-4, f'off by {off:.2g} of the largest')
    check(f'{name} gives the same bits in chunks, among neighbours and with one thread',
          logits(folder, ids, '--chunk', '3') == got and logits(folder, ids, '--copies', '3', '--chunk', '7') == got and logits(folder, ids, '-t', '1') == got)


def report(name):
    """--json says what was written."""
    with tempfile.TemporaryDirectory() as temp:
        for flags, rows in ((['--all'], 5), (['--all', '--reuse', '3', '--copies', '2'], 5), ([], 1)):
            r = subprocess.run([INK, 'logits', '-m', f'{ROOT}/tests/cases/models/{name}', '--ids', '1,2,3,4,5', '-o', temp + '/out', '--json', *flags],
                               capture_output=True, text=True, timeout=120)
            says = json.loads(r.stdout) if r.returncode == 0 else {}
            check(' '.join(['logits --json', *flags]), says.get('rows') == rows and says['path'] == temp + '/out' and says['timings']['prompt_n'] == 5
                  and says['bytes'] == 4 * rows * says['vocab'] == os.path.getsize(temp + '/out'), r.stdout + r.stderr)


def changed(name, says, **settings):
    """What a configuration asks for and inkstone cannot do is refused, not computed in another way."""
    with tempfile.TemporaryDirectory() as folder, open(f'{ROOT}/tests/cases/models/{name}/config.json') as f:
        os.symlink(f'{ROOT}/tests/cases/models/{name}/model.safetensors', folder + '/model.safetensors')
        with open(folder + '/config.json', 'w') as g:
            json.dump({**json.load(f), **settings}, g)
        got = logits(folder, [1, 2, 3])
    check(f'{name} with {says} is refused', isinstance(got, str) and says in got, got if isinstance(got, str) else 'it was computed')


def loss(rows, ids, vocab):
    """Mean cross-entropy of ids 1.. given those before."""
    total = 0.0
    for i, target in enumerate(ids[1:]):
        row = rows[i * vocab:(i + 1) * vocab]
        top = max(row)
        total += top + math.log(sum(math.exp(v - top) for v in row)) - row[target]
    return total / (len(ids) - 1)


def trained(name):
    folder = f'{SHARED}/golden/train/{name}'
    if not SHARED or not os.path.isdir(folder):
        return print(f'ok - models {name} of the training goldens # SKIP no shared folder')
    with open(folder + '/run.json') as f:
        run = json.load(f)
    rows = [(logits(folder + '/init', ids), ids) for ids in run['batches'][0]]
    refused = [r for r, _ in rows if isinstance(r, str)]
    if refused:
        return check(f'{name} of the training goldens', False, refused[0])
    got = sum(loss(floats(r), ids, 64) for r, ids in rows) / len(rows)
    check(f'{name} has the first loss of the training goldens', abs(got - run['losses'][0]) <= 1e-6 * got, f'{got}, should be {run["losses"][0]}')


for path in sorted(glob.glob(ROOT + '/tests/cases/models/*/ids.json')):
    tiny(os.path.dirname(path))
report('llama')
changed('llama', 'hidden_act', hidden_act='relu')
changed('llama', 'dynamic', rope_scaling={'rope_type': 'dynamic', 'factor': 2.0})
changed('gpt2', 'activation_function', activation_function='relu')
changed('gpt2', 'scale_attn_by_inverse_layer_idx', scale_attn_by_inverse_layer_idx=True)
changed('gemma3', 'layer_types', layer_types=['sliding_attention', 'full_attention', 'full_attention'] + ['sliding_attention'] * 4)
changed('gemma3', 'layer_types', layer_types=[])
trained('llama')
trained('gpt2')
