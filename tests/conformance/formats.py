"""GGUF and safetensors as others write and read them: the gguf and safetensors packages of Python are the oracle."""
import glob, json, os, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
MODELS = os.environ.get('INK_MODELS', '')
SHARED = os.environ.get('INK_SHARED', '')
if not os.path.exists(INK):
    print('ok - formats # SKIP build/inkstone is not built')
    sys.exit()
if not oracle.has('gguf', 'numpy', 'safetensors.numpy'):
    print('ok - formats # SKIP Python has no gguf, safetensors and numpy')
    sys.exit()
import gguf, numpy as np, safetensors, safetensors.numpy
TEMP = tempfile.TemporaryDirectory(prefix='ink-formats-')
T = TEMP.name


def check(name, ok, why=''):
    print(f'ok - formats {name}' if ok else f'not ok - formats {name}: {str(why)[:600]}')


def skip(name, why):
    print(f'ok - formats {name} # SKIP {why}')


def ink(*args, **kw):
    return subprocess.run([INK, 'show', *map(str, args)], capture_output=True, text=True, timeout=120, **kw)


def shown(*args):
    r = ink(*args, '--json')
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout)


def taken(path, tensor):
    """The elements that `show --tensor` writes."""
    out = T + '/taken.f32'
    r = ink(path, '--tensor', tensor, '-o', out)
    assert r.returncode == 0, r.stderr
    return np.fromfile(out, '<f4')


def plain(v):
    v = v.contents()
    return v.tolist() if isinstance(v, np.ndarray) else v


def same_value(ours, theirs):
    if isinstance(theirs, float):
        return abs(ours - theirs) <= 1e-6 * abs(theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same_value(a, b) for a, b in zip(ours, theirs))
    if isinstance(theirs, str):
        return ours == theirs or '\ufffd' in ours
    return ours == theirs


def gguf_differences(path):
    r, d = gguf.GGUFReader(path), shown(path, '--metadata')
    theirs = [(t.name, t.tensor_type.name, [int(x) for x in t.shape][::-1], int(t.n_bytes)) for t in r.tensors]
    ours = [(t['name'], t['type'], t['shape'], t['bytes']) for t in d['tensors']]
    fields = {k: plain(v) for k, v in r.fields.items() if not k.startswith('GGUF.')}
    bad = [k for k in fields if k not in d['metadata'] or not same_value(d['metadata'][k], fields[k])]
    bad += [k for k in d['metadata'] if k not in fields]
    return bad + [a for a, b in zip(ours, theirs) if a != b] + ([] if len(ours) == len(theirs) else ['the number of tensors'])


files = sorted(glob.glob(SHARED + '/data/tokenizers/*.gguf') if SHARED else []) + sorted(glob.glob(MODELS + '/*.gguf') if MODELS else [])
for f in files:
    bad = gguf_differences(f)
    check(os.path.basename(f), not bad, bad[:3])
if not files:
    skip('real GGUF files', 'there are none')

# Every kind of value and shape, as the package writes them.
rng = np.random.default_rng(1)
arrays = {'one': rng.standard_normal(7).astype('f4'), 'two': rng.standard_normal((3, 5)).astype('f2'), 'three': rng.standard_normal((2, 3, 4)).astype('f4'),
          'four': rng.integers(-100, 100, (2, 1, 3, 2)).astype('i1'), 'i16': rng.integers(-30000, 30000, 9).astype('i2'),
          'i32': rng.integers(-2**24, 2**24, 9).astype('i4'), 'i64': rng.integers(-2**24, 2**24, 9), 'f64': rng.standard_normal(9)}


def write_gguf(path, alignment=None, **kw):
    w = gguf.GGUFWriter(path, 'test', **kw)
    w.add_string('text', 'Grüße, 世界 🌍'), w.add_bool('no', False), w.add_bool('yes', True), w.add_float64('pi', 3.141592653589793)
    w.add_uint8('u8', 255), w.add_int8('i8', -128), w.add_uint16('u16', 65535), w.add_int16('i16', -32768), w.add_uint32('u32', 2**32 - 1)
    w.add_int32('i32', -2**31), w.add_uint64('u64', 2**63 - 1), w.add_int64('i64', -2**63), w.add_float32('f32', 0.1)
    w.add_array('texts', ['a', '', 'three', '世']), w.add_array('ints', [1, -2, 3]), w.add_array('reals', [0.5, 1e-9]), w.add_array('bools', [True, False, True])
    if alignment:
        w.add_custom_alignment(alignment)
    for name, a in arrays.items():
        w.add_tensor(name, a)
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()


for alignment in (None, 8, 256, 4096):
    write_gguf(f'{T}/w.gguf', alignment)
    bad = gguf_differences(f'{T}/w.gguf')
    check(f'written by the package, alignment {alignment}', not bad, bad[:3])
bad = [n for n, a in arrays.items() if not np.array_equal(taken(f'{T}/w.gguf', n), a.astype('f4').ravel())]
check('elements of a GGUF', not bad, bad)
write_gguf(f'{T}/split.gguf', split_max_tensors=3)
d = shown(f'{T}/split-00001-of-00003.gguf')
check('split GGUF', [t['name'] for t in d['tensors']] == list(arrays), d['tensors'])
check('split GGUF, last part', np.array_equal(taken(f'{T}/split-00001-of-00003.gguf', 'f64'), arrays['f64'].astype('f4')))
r = ink(f'{T}/split-00002-of-00003.gguf')
check('split GGUF, not from its second part', r.returncode == 2 and 'open the first part' in r.stderr, r.stderr)

# Blocks of every type, against the numbers of ggml's own reader.
types = SHARED + '/golden/quants/types.json'
if os.path.exists(types):
    types = json.load(open(types))
    types = types.get('types', types) if isinstance(types, dict) else types
    names = list(types) if isinstance(types, dict) else [t['name'] for t in types]
    w = gguf.GGUFWriter(f'{T}/blocks.gguf', 'blocks')
    for n in names:
        b = np.fromfile(f'{SHARED}/golden/quants/{n}.blocks', np.uint8).reshape(8, -1)
        w.add_tensor(n, b if n != 'F16' else b.view(np.float16), raw_dtype=gguf.GGMLQuantizationType[n])
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()
    bad = [n for n in names if taken(f'{T}/blocks.gguf', n).tobytes() != open(f'{SHARED}/golden/quants/{n}.f32', 'rb').read()]
    check(f'blocks of {len(names)} types', not bad, bad)
else:
    skip('blocks of all types', 'no shared data')

# safetensors
kinds = {'float32': 'F32', 'float16': 'F16', 'bfloat16': 'BF16', 'float64': 'F64', 'int64': 'I64', 'int32': 'I32', 'int16': 'I16', 'int8': 'I8', 'uint8': 'U8', 'bool': 'BOOL'}
for f in sorted(glob.glob(SHARED + '/golden/sd-tiny/**/*.safetensors', recursive=True) + glob.glob(SHARED + '/golden/train/*/init/*.safetensors')) if SHARED else []:
    d = shown(f)
    with safetensors.safe_open(f, 'np') as s:
        theirs = {k: (s.get_slice(k).get_dtype(), s.get_slice(k).get_shape()) for k in s.keys()}
        meta = s.metadata() or {}
    check('/'.join(f.split('/')[-3:]), {t['name']: (t['type'], t['shape']) for t in d['tensors']} == theirs and d['metadata'] == meta, f)
some = {**arrays, 'u8': np.arange(5, dtype='u1'), 'bool': np.array([True, False]), 'none': np.zeros((0, 3), 'f4'), 'scalar': np.array(2.5, 'f4')}
safetensors.numpy.save_file(some, f'{T}/s.safetensors', {'format': 'np', 'note': 'ümlaut\nline'})
d = shown(f'{T}/s.safetensors')
check('written by the package', {t['name']: (t['type'], t['shape']) for t in d['tensors']} == {k: (kinds[v.dtype.name], list(v.shape)) for k, v in some.items()} and
      d['metadata']['note'] == 'ümlaut\nline', d)
bad = [n for n, a in some.items() if not np.array_equal(taken(f'{T}/s.safetensors', n), a.astype('f4').ravel())]
check('elements of safetensors', not bad, bad)
os.mkdir(f'{T}/hf')
for i, (n, a) in enumerate(some.items()):
    safetensors.numpy.save_file({n: a}, f'{T}/hf/model-{i:05}.safetensors')
with open(f'{T}/hf/model.safetensors.index.json', 'w') as f:
    json.dump({'metadata': {}, 'weight_map': {n: f'model-{i:05}.safetensors' for i, n in enumerate(some)}}, f)
check('sharded folder', all(np.array_equal(taken(f'{T}/hf', n), a.astype('f4').ravel()) for n, a in some.items()))

# What show says.
with open(f'{T}/hf/config.json', 'w') as f:
    json.dump({'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', 'num_hidden_layers': 3, 'hidden_size': 64, 'num_attention_heads': 4, 'num_key_value_heads': 2,
               'max_position_embeddings': 2048, 'vocab_size': 99}, f)
with open(f'{T}/hf/README.md', 'w') as f:
    f.write('---\nlanguage: en\nlicense: apache-2.0\n---\nA model.\n')
with open(f'{T}/hf/tokenizer_config.json', 'w') as f:
    json.dump({'tokenizer_class': 'LlamaTokenizer', 'chat_template': [{'name': 'tools', 'template': 'no'}, {'name': 'default', 'template': 'yes {{ x }}'}]}, f)
d = shown(f'{T}/hf', '--ctx', 1000)
check('a folder', d['licence'] == 'apache-2.0' and d['architecture'] == 'llama' and d['chat_template'] == 'yes {{ x }}' and d['tokenizer']['kind'] == 'LlamaTokenizer', d)
check('memory of a context', d['memory']['kv'] in [1000 * 3 * 2 * 16 * 2 * n for n in (2, 4)] and d['memory']['fits'], d['memory'])
for damage in ('config.json', 'tokenizer_config.json'):
    with open(f'{T}/hf/{damage}', 'w') as f:
        f.write('[' * 100000)
check('damaged configuration', shown(f'{T}/hf')['architecture'] is None)
out = ink(f'{T}/w.gguf').stdout
check('text', 'architecture  test' in out and 'three' in out and '2 × 3 × 4' in out, out)
r = ink(f'{T}/w.gguf', '--tensor', 'thre', '-o', f'{T}/x')
check('nearest tensor', r.returncode == 1 and 'did you mean three?' in r.stderr and not os.path.exists(f'{T}/x'), r.stderr)
for args in (['--tensor', 'one'], ['-o', f'{T}/x']):
    r = ink(f'{T}/w.gguf', *args)
    check(f'{args[0]} alone', r.returncode == 2 and 'go together' in r.stderr, r.stderr)
r = ink(f'{T}/w.gguf', '--tensor', 'one', '-o', f'{T}/absent/x')
check('an output that cannot be', r.returncode == 1 and 'absent/x' in r.stderr, r.stderr)
r = ink(f'{T}/w.gguf', '--template')
check('no template', r.returncode == 1 and 'has no chat template' in r.stderr, r.stderr)
w = gguf.GGUFWriter(f'{T}/evil.gguf', 'a\x1b[31mb\nc')
w.add_string('general.name', 'x\x1b]0;title\x07y'), w.add_string('note', '\x1b[2J'), w.add_tensor('t', arrays['one'])
w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()
r = ink(f'{T}/evil.gguf', '--metadata')
check('no control characters on a terminal', r.returncode == 0 and '\x1b' not in r.stdout + r.stderr and '\x07' not in r.stdout, r.stdout)
layers = {f'blk.{i}.w.weight': arrays['two'] for i in range(200)} | {f'odd{i}': arrays['one'] for i in 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'}
safetensors.numpy.save_file(layers, f'{T}/many.safetensors')
out = ink(f'{T}/many.safetensors').stdout
check('groups', '200 x' in out and 'blk.*.w.weight' in out and '--tensors lists all 252 tensors' in out and len(out.splitlines()) < 60, out)
check('--tensors', len(ink(f'{T}/many.safetensors', '--tensors').stdout.splitlines()) > 252)
