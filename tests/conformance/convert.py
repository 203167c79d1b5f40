"""convert and quantize: the tiny checkpoints become GGUF and folders again with the same logits; the gguf package and transformers open what
we write; blocks are ggml's, byte for byte, or closer to the values than its own (a ggml library of the machine, where one is built:
INK_GGML); whatever cannot be said is refused, and what stood there stays."""
import array, ctypes, glob, json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT = os.environ['INK_ROOT']
BUILD = os.environ.get('INK_BUILD') or ROOT + '/build'
INK = os.environ.get('INK_BIN') or BUILD + '/apps/cli/inkstone'
MODELS = os.environ.get('INK_MODELS', '')
GGML = os.environ.get('INK_GGML') or os.path.expanduser('~/.cache/ink-peers/bgcc/bin/libggml-base.so')
CASES = ROOT + '/tests/cases/models/'
TEXT = "Hello world! It's 12345 tests, \u00e9t\u00e9 \u2581 \u4f60\u597d\n\n  \t <|im_start|>user\nhi<|im_end|> a\u0301 \U0001f600 don't WE'LL x=1;\r\n\t}"
if oracle.has('gguf', 'numpy'):
    import gguf, numpy as np
else:
    gguf = None


def check(name, ok, why=''):
    print(f'ok - convert {name}' if ok else f'not ok - convert {name}: {why}')


def run(*args, **more):
    return subprocess.run([INK, *args], capture_output=True, timeout=300, **more)


def says(r):
    return r.stderr.decode().strip()


READ = [7, 3, 8, 1, 6]


def logits(model, out, ids, reads=False):
    given = ['--ids', ','.join(map(str, READ)), '--decoder-ids'] if reads else ['--ids']
    r = run('logits', '-m', model, *given, ','.join(map(str, ids)), '--all', '--kv', 'f32', '-o', out)
    if r.returncode:
        return None, says(r)
    with open(out, 'rb') as f:
        return f.read(), ''


def close(a, b):
    if a is None or b is None:
        return False
    a, b = array.array('f', a), array.array('f', b)
    return len(a) == len(b) and max(abs(x - y) for x, y in zip(a, b)) <= 1e-5 * max(map(abs, b))


REFUSED = {  # what GGUF, or config.json, has no words for
    'gemma2': 'query_pre_attn_scalar', 'gemma3': 'query_pre_attn_scalar', 'gemma3-pattern': 'query_pre_attn_scalar', 'llama-yarn-mscale': 'truncate', 'falcon-rw': 'alibi', 'llama-llama3': 'rotary frequencies',
}


def tiny(folder, temp):
    """A folder, as GGUF, as a folder again: the same logits, and from every form the same model."""
    name, ids = os.path.basename(folder), [1, 5, 3, 2, 9, 11, 4]
    reads = os.path.exists(folder + '/read.json')
    want, why = logits(folder, temp + '/want', ids, reads)
    r = run('convert', folder, f'{temp}/{name}.gguf', '--json')
    if name in REFUSED and r.returncode:
        return check(f'{name} is refused by what cannot be said', REFUSED[name] in says(r) and not os.path.exists(f'{temp}/{name}.gguf'), says(r))
    if r.returncode:
        return check(f'{name} as GGUF', False, says(r))
    got, why = logits(f'{temp}/{name}.gguf', temp + '/got', ids, reads)
    check(f'{name} as GGUF has the same logits', close(got, want), why)
    r = run('convert', f'{temp}/{name}.gguf', f'{temp}/{name}')
    if name in REFUSED and r.returncode:
        return check(f'{name} is refused by what cannot be said', REFUSED[name] in says(r), says(r))
    again, why = logits(f'{temp}/{name}', temp + '/again', ids, reads) if not r.returncode else (None, says(r))
    check(f'{name} as a folder again has the same logits', close(again, want), why)
    r = run('convert', f'{temp}/{name}', f'{temp}/{name}-32', '--type', 'f32')
    again, why = logits(f'{temp}/{name}-32', temp + '/again', ids, reads) if not r.returncode else (None, says(r))
    return check(f'{name} in another type has the same logits', close(again, want), why)


def opened(temp):
    """transformers and the gguf package open them."""
    try:
        import torch, transformers
    except ImportError:
        return print('ok - convert what transformers opens # SKIP Python has no torch and transformers')
    for folder in sorted(glob.glob(temp + '/*/config.json')):
        folder = os.path.dirname(folder)
        name = os.path.basename(folder)
        if name.endswith('-32') or name == 'chatglm':  # transformers has no code of its own for that
            continue
        reads = os.path.exists(f'{CASES}{name}/read.json')
        try:
            model = (transformers.AutoModelForSeq2SeqLM if reads else transformers.AutoModelForCausalLM).from_pretrained(folder, dtype=torch.float32, attn_implementation='eager')
        except Exception as e:  # whatever it is, it is not opened
            check(f'{name} opens in transformers', False, str(e)[-300:])
            continue
        with torch.no_grad():
            ids = torch.tensor([[1, 5, 3, 2, 9, 11, 4]])
            rows = (model(input_ids=torch.tensor([READ]), decoder_input_ids=ids) if reads else model(ids)).logits[0].numpy().astype('<f4').tobytes()
        got, why = logits(folder, temp + '/got', [1, 5, 3, 2, 9, 11, 4], reads)
        a, b = np.frombuffer(got, '<f4'), np.frombuffer(rows, '<f4')
        check(f'{name} opens in transformers with the same logits', np.abs(a - b).max() <= 1e-4 * np.abs(b).max(), float(np.abs(a - b).max()))
    for path in sorted(glob.glob(temp + '/*.gguf')):
        reader = gguf.GGUFReader(path)
        plain = all(t.tensor_type in (gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.F32) for t in reader.tensors)
        check(f'{os.path.basename(path)} opens in the gguf package', plain and 'general.architecture' in reader.fields, [t.name for t in reader.tensors])


FOREIGN = ('chatglm', 'glm', 'gptj', 'opt', 'opt-350m', 'falcon-new', 'falcon-serial', 'gptneox-serial', 'qwen3-moe-raw')  # llama.cpp knows no such model, or not with these biases and shapes


def opened_elsewhere(temp):
    """llama.cpp opens every family that it knows, and computes with it."""
    bench = os.path.dirname(GGML) + '/llama-bench'
    if not os.path.exists(bench):
        return print('ok - convert what llama.cpp opens # SKIP no llama-bench is built here')
    for path in sorted(glob.glob(temp + '/*.gguf')):
        name = os.path.basename(path).removesuffix('.gguf')
        if name not in FOREIGN:
            r = subprocess.run([bench, '-m', path, '-p', '4', '-n', '0', '-r', '1', '-t', '1', '-v'], capture_output=True, text=True, timeout=60, env={**os.environ, 'LD_LIBRARY_PATH': os.path.dirname(GGML)})
            opens = r.returncode == 0 or os.path.exists(f'{CASES}{name}/read.json') and 'llama_encode must be called first' in r.stderr  # its bench opens what reads, and gives it nothing to read
            check(f'{name} opens in llama.cpp', opens, [line for line in r.stderr.splitlines() if 'rror' in line][:2])


def real(temp):
    """A model that people use: into a folder that transformers reads, ids and template included, and back."""
    path = next(iter(glob.glob(MODELS + '/SmolLM2*.gguf')), '') if MODELS else ''
    if not path:
        return print('ok - convert a real model # SKIP it was not pulled')
    try:
        import transformers
    except ImportError:
        return print('ok - convert a real model # SKIP Python has no transformers')
    for step in ((path, temp + '/real'), (temp + '/real', temp + '/again.gguf')):
        r = run('convert', *step)
        if r.returncode:
            return check('a real model', False, says(r))
    ids = {m: run('tokenize', '-m', m, '--special', input=TEXT.encode()).stdout for m in (path, temp + '/real', temp + '/again.gguf')}
    theirs = transformers.AutoTokenizer.from_pretrained(temp + '/real')
    check('a real tokenizer stays what it is', len(set(ids.values())) == 1 and theirs(TEXT)['input_ids'] == list(map(int, ids[path].split())), ids)
    talk = [{'role': 'user', 'content': 'Hi'}]
    ours = run('template', '-m', temp + '/again.gguf', '--messages', '-', input=json.dumps(talk).encode()).stdout.decode()
    want = theirs.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
    check('a real template stays what it is', ours == want, (ours, want))
    a, b = gguf.GGUFReader(path), gguf.GGUFReader(temp + '/again.gguf')
    lost = [k for k in a.fields if k not in b.fields and not k.startswith('general.') and k.split('.')[-1] not in ('padding_token_id', 'unknown_token_id', 'add_space_prefix', 'value_length')]
    return check('what a real GGUF says, ours says too', not lost and sorted(t.name for t in a.tensors) == sorted(t.name for t in b.tensors), lost)


def measured(temp):
    """imatrix against what transformers' layers are given, and diff against distributions worked out here; after real()."""
    if not os.path.exists(temp + '/again.gguf'):
        return print('ok - convert imatrix and diff # SKIP no real model was converted')
    import torch, transformers
    context, text = 32, (TEXT + ' The quick brown fox jumps over the lazy dog, and then it sleeps. ') * 3
    with open(temp + '/text', 'w') as f:
        f.write(text)
    ids = list(map(int, run('tokenize', '-m', temp + '/real', input=text.encode()).stdout.split()))[:2 * context]
    r = run('imatrix', '-m', temp + '/real', '-f', temp + '/text', '-o', temp + '/im', '--ctx', str(context), '--chunks', '2', '--json')
    if r.returncode:
        return check('imatrix', False, says(r))
    model = transformers.AutoModelForCausalLM.from_pretrained(temp + '/real', dtype=torch.float32)
    watched = {'blk.0.attn_q.weight': model.model.layers[0].self_attn.q_proj, 'blk.7.ffn_down.weight': model.model.layers[7].mlp.down_proj, 'blk.29.attn_output.weight': model.model.layers[29].self_attn.o_proj}
    sums = {}
    for name, module in watched.items():
        module.register_forward_pre_hook(lambda m, args, name=name: sums.__setitem__(name, sums.get(name, 0) + (args[0][0] ** 2).sum(0)))
    with torch.no_grad():
        for i in range(2):
            model(torch.tensor([ids[i * context:(i + 1) * context]]))
    got = {t.name: np.array(t.data).reshape(-1) for t in gguf.GGUFReader(temp + '/im').tensors}
    off = max(float(np.abs(got[n + '.in_sum2'] - s.numpy()).max() / s.max()) for n, s in sums.items())
    check('imatrix sums what the layers of transformers are given', off < 1e-3 and all(got[n + '.counts'][0] == 2 * context for n in sums) and len(got) == 2 * json.loads(r.stdout)['matrices'], off)
    r = run('quantize', temp + '/real', temp + '/small.gguf', 'Q4_0', '--imatrix', temp + '/im')
    d = run('diff', temp + '/real', temp + '/small.gguf', '-f', temp + '/text', '--ctx', str(context), '--chunks', '2', '--kv', 'f32', '--json')
    if r.returncode or d.returncode:
        return check('diff', False, says(r) + says(d))
    rows = [[np.frombuffer(logits(m, temp + '/rows', ids[i * context:(i + 1) * context])[0], '<f4').reshape(context, -1).astype(np.float64)[context // 2 - 1:-1] for i in range(2)]
            for m in (temp + '/real', temp + '/small.gguf')]
    p, q = (np.concatenate(x) for x in rows)
    p, q = p - np.logaddexp.reduce(p, 1, keepdims=True), q - np.logaddexp.reduce(q, 1, keepdims=True)
    kl, same = float((np.exp(p) * (p - q)).sum(1).mean()), float((p.argmax(1) == q.argmax(1)).mean())
    targets = np.concatenate([ids[i * context + context // 2:(i + 1) * context] for i in range(2)])
    perplexity = [float(np.exp(-x[np.arange(len(targets)), targets].mean())) for x in (p, q)]
    said = json.loads(d.stdout)
    fine = abs(said['kl'] / kl - 1) < 1e-4 and abs(said['top1_agreement'] - same) < 1e-9 and all(abs(said[k]['perplexity'] / w - 1) < 1e-5 for k, w in zip('ab', perplexity))
    return check('diff says the divergence, the agreement and the perplexities', fine, (said, kl, same, perplexity))


# ---- blocks ----

SIMPLE, SEARCHED = ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0'], ['Q6_K', 'Q5_K_S', 'Q4_K_S', 'Q3_K_S', 'Q2_K', 'IQ4_NL', 'IQ4_XS']


def values():
    rng, shape = np.random.default_rng(7), (32, 768)
    yield 'normal', rng.standard_normal(shape) * .02
    yield 'with outliers', rng.standard_normal(shape) * (1 + 20 * (rng.random(shape) < .01))
    yield 'far from zero', rng.standard_normal(shape) + 3
    x = rng.laplace(size=shape)
    x[0, :300], x[1], x[2, 5], x[3] = 0, 1e-30, 3e4, -x[4]
    yield 'odd ones', x


def theirs(x, kind, weight):
    """ggml's own blocks."""
    library = ctypes.CDLL(GGML)
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    block, size = gguf.GGML_QUANT_SIZES[kind]
    out = np.zeros(x.size // block * size, np.uint8)
    library.ggml_quantize_init(int(kind))
    library.ggml_quantize_chunk(ctypes.c_int(int(kind)), x.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(0), ctypes.c_int64(len(x)),
                                ctypes.c_int64(x.shape[1]), weight.ctypes.data_as(ctypes.c_void_p) if weight is not None else None)
    return out


def put(path, **tensors):
    w = gguf.GGUFWriter(path, 'test')
    for name, x in tensors.items():
        w.add_tensor(name.replace('_', '.').replace('@', '_'), np.ascontiguousarray(x, np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def blocks(temp, type, *flags):
    r = run('quantize', temp + '/values.gguf', temp + '/blocks.gguf', type, '--pure', *flags)
    if r.returncode:
        return None, says(r)
    t = gguf.GGUFReader(temp + '/blocks.gguf').tensors[0]
    return np.array(t.data).reshape(-1), t.tensor_type


def quantised(temp):
    if not gguf:
        return print('ok - convert blocks # SKIP Python has no gguf and numpy')
    rng = np.random.default_rng(3)
    for name, x in values():
        x = np.ascontiguousarray(x, np.float32)
        put(temp + '/values.gguf', blk_0_x_weight=x)
        for type in SIMPLE:
            got, kind = blocks(temp, type)
            check(f'{type} of values {name} is the reference\'s bytes', got is not None and got.tobytes() == gguf.quants.quantize(x, kind).tobytes(), kind)
        weight = np.ascontiguousarray(rng.random(x.shape[1]) ** 4 * 10 + 1e-3, np.float32)
        put(temp + '/importance.gguf', **{'blk_0_x_weight_in@sum2': 5 * weight[None], 'blk_0_x_weight_counts': np.full((1, 1), 5)})
        for type in [*SEARCHED, 'Q4_0', 'Q5_0']:
            if not os.path.exists(GGML):
                print(f'ok - convert {type} # SKIP no ggml library is built here')
                continue
            for says, w in ((('', None),) if type[0] == 'I' else ((' by importance', weight),) if type in SIMPLE else (('', None), (' by importance', weight))):
                got, kind = blocks(temp, type, *(['--imatrix', temp + '/importance.gguf'] if w is not None else []))
                if got is None:
                    check(f'{type} of values {name}{says}', False, kind)
                    continue
                ours, ref = (float((((gguf.quants.dequantize(b.reshape(len(x), -1), kind) - x).astype(np.float64) ** 2) * (w if w is not None else 1)).mean())
                             for b in (got, theirs(x, kind, w)))
                check(f'{type} of values {name}{says} errs no more than the reference', ours <= ref * (1 + 1e-6), f'{ours} against {ref}')
    return None


def mixes(temp):
    """Who gets more bits, as llama-quantize has it: told by the types of a made-up model."""
    if not gguf:
        return print('ok - convert mixes # SKIP Python has no gguf and numpy')
    writer = gguf.GGUFWriter(temp + '/mix.gguf', 'llama')
    writer.add_block_count(16)
    writer.add_head_count(8)
    writer.add_head_count_kv(2)
    for name, shape in [('token_embd', (4, 256)), ('output', (4, 256))] + [(f'blk.{i}.{n}', (2, 256)) for i in range(16) for n in ('attn_v', 'attn_q', 'ffn_down', 'attn_output')] + \
            [('blk.0.attn_norm', (256,)), ('blk.0.ffn_gate_inp', (2, 256)), ('blk.0.odd', (2, 96)), ('blk.0.odder', (2, 33))]:
        writer.add_tensor(name + '.weight', np.ones(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    r = run('quantize', temp + '/mix.gguf', temp + '/mixed.gguf', 'q4_k_m', '-t', '2')
    types = {t.name.removesuffix('.weight'): t.tensor_type.name for t in gguf.GGUFReader(temp + '/mixed.gguf').tensors} if not r.returncode else {}
    more = [i for i in range(16) if i < 2 or i >= 14 or (i - 2) % 3 == 2]
    want = {'token_embd': 'Q4_K', 'output': 'Q6_K', 'blk.0.attn_norm': 'F32', 'blk.0.ffn_gate_inp': 'F32', 'blk.0.odd': 'Q5_0', 'blk.0.odder': 'F16'}
    want.update({f'blk.{i}.{n}': 'Q6_K' if i in more else 'Q4_K' for i in range(16) for n in ('attn_v', 'ffn_down')})
    want.update({f'blk.{i}.{n}': 'Q4_K' for i in range(16) for n in ('attn_q', 'attn_output')})
    check('Q4_K_M gives more bits where others do', types == want, {k: (types.get(k), v) for k, v in want.items() if types.get(k) != v} or says(r))
    one = run('quantize', temp + '/mix.gguf', temp + '/one.gguf', 'q4_k_m', '-t', '1')
    with open(temp + '/mixed.gguf', 'rb') as f, open(temp + '/one.gguf', 'rb') as g:
        return check('the bytes do not depend on threads', one.returncode == 0 and f.read() == g.read(), says(one))


def refused(temp):
    out, llama = temp + '/there.gguf', CASES + 'llama'
    with open(out, 'w') as f:
        f.write('here before')
    shutil.copytree(llama, temp + '/cut')
    with open(temp + '/cut/model.safetensors', 'r+b') as f:
        f.truncate(os.path.getsize(temp + '/cut/model.safetensors') - 5)
    with open(temp + '/none', 'wb') as f:
        f.write(b'GGUF' + (3).to_bytes(4, 'little') + bytes(16))
    for name, args, want in (('a type that does not exist', ('convert', llama, out, '--type', 'Q4_9'), 'Q4_9'),
                             ('blocks in a folder', ('convert', llama, temp + '/f', '--type', 'Q4_0'), '.gguf'),
                             ('a file that is cut short', ('convert', temp + '/cut', out), 'model.safetensors'),
                             ('an importance matrix that is none', ('quantize', llama, out, 'Q8_0', '--imatrix', temp + '/none'), 'importance'),
                             ('a model that is not there', ('convert', temp + '/nobody', out), 'nobody'),
                             ('a GGUF of no architecture into a folder', ('convert', temp + '/none', temp + '/f'), 'architecture'),
                             ('nowhere to write', ('convert', llama, temp + '/no/such/x.gguf'), 'no/such')):
        r = run(*args)
        with open(out) as f:
            check(f'{name} is refused, and what was there stays', r.returncode in (1, 2) and want in says(r) and f.read() == 'here before', says(r))
    check('nothing is left behind', not glob.glob(temp + '/*.metadata') and not glob.glob(temp + '/.*tmp*') and not os.path.exists(temp + '/f/model.safetensors'), os.listdir(temp))


with tempfile.TemporaryDirectory() as place:
    for case in sorted(glob.glob(CASES + '*/ids.json')):
        tiny(os.path.dirname(case), place)
    opened(place)
    opened_elsewhere(place)
with tempfile.TemporaryDirectory() as place:
    real(place)
    measured(place)
with tempfile.TemporaryDirectory() as place:
    quantised(place)
    mixes(place)
    refused(place)
