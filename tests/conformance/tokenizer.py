"""Ids against other people's: the .inp/.out pairs of shared/data/tokenizers, the golden cases of two models, and Hugging Face's
tokenizers over whole books where that package is (INK_VENV: a virtual environment that has it; its models: INK_MODELS)."""
import glob, json, os, subprocess, sys

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
CACHE = os.environ.get('INK_MODELS', '')
MODELS = {'smollm2': CACHE + '/SmolLM2-135M-Instruct.Q4_1.gguf', 'gemma3': CACHE + '/gemma-3-270m-q4_k_m.gguf'}


def skip(name, why):
    print(f'ok - tokenizer {name} # SKIP {why}')


def check(name, ok, why=''):
    print(f'ok - tokenizer {name}' if ok else f'not ok - tokenizer {name}: {why}')


def ink(model, data, *flags):
    return subprocess.run([INK, 'tokenize', '-m', model, *flags], input=data, capture_output=True, timeout=120)


def ids(model, text, *flags):
    r = ink(model, text.encode() if isinstance(text, str) else text, '--json', *flags)
    return json.loads(r.stdout)['ids'] if r.returncode == 0 else r.stderr.decode()


def pairs(path):
    with open(path + '.inp', encoding='utf-8', newline='') as f:
        texts = f.read().split('\n__ggml_vocab_test__\n')
    with open(path + '.out') as f:
        wanted = [list(map(int, line.split())) for line in f]
    wrong = [t for t, w in zip(texts, wanted) if ids(path, t) != w]
    check('pairs of ' + os.path.basename(path), len(wanted) > 40 and not wrong, repr(wrong[:3]))


def golden(name, model):
    with open(f'{SHARED}/golden/{name}/cases.json') as f:
        cases = json.load(f)['cases']
    first = 1 if name == 'gemma3' else 0  # the goldens of gemma begin with BOS
    wrong = [c['name'] for c in cases if ids(model, c['prompt'], *(['--special'] if 'messages' in c else [])) != c['ids'][first:]]
    check('golden cases of ' + name, not wrong, str(wrong))


def hostile(name, model):
    """Every byte comes back, however wrong it is as text, unless the vocabulary lacks it; long runs take no longer than prose."""
    lacking = bytes(b for b in range(256) if not ids(model, bytes([b])))
    check(f'{name}: few bytes have no token', len(lacking) < 24, str(list(lacking)))
    for what, data in (('all bytes', bytes(range(256)) * 3), ('cut sequences', b'\xe4\xbd \xf0\x9f\x99 \xff\xc0\x80\xed\xa0\x80z'),
                       ('a megabyte of one letter', b'a' * 1000000), ('a megabyte of spaces', b' ' * 1000000 + b'x'),
                       ('a megabyte of one ideograph', '的'.encode() * 333333), ('nothing', b'')):
        try:
            r = ink(model, data)
            back = ink(model, r.stdout, '--decode').stdout
            check(f'{name}: {what}', r.returncode == 0 and back == data.translate(None, lacking), r.stderr.decode() or f'{len(back)} bytes of {len(data)} came back')
        except subprocess.TimeoutExpired:
            check(f'{name}: {what}', False, 'two minutes were not enough')


for path in sorted(glob.glob(SHARED + '/data/tokenizers/*.gguf')) if SHARED else []:
    if 'bert' not in path:
        pairs(path)
if not SHARED:
    skip('pairs', 'there is no shared folder')
for name, model in MODELS.items():
    if not SHARED or not os.path.exists(model):
        skip(name, model + ' is not here')
        continue
    golden(name, model)
    hostile(name, model)
