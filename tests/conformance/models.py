"""Every architecture against transformers: the tiny checkpoints of tests/cases/models (made by make.py there), whole, in chunks
and among neighbours, and as GGUF where Python has the package (INK_VENV: a virtual environment that has it); and the first losses of the
training goldens of ../shared."""
import array, glob, json, math, os, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
BUILD = os.environ.get('INK_BUILD') or ROOT + '/build'
INK = os.environ.get('INK_BIN') or BUILD + '/apps/cli/inkstone'
if oracle.has('gguf', 'numpy', 'safetensors.numpy'):
    import gguf, numpy as np, safetensors.numpy
else:
    gguf = None


def check(name, ok, why=''):
    print(f'ok - models {name}' if ok else f'not ok - models {name}: {why}')


def given(folder, ids):
    """What a folder's model reads, and these ids after it; or these ids alone."""
    if not os.path.exists(folder + '/read.json'):
        return ['--ids', ','.join(map(str, ids))]
    with open(folder + '/read.json') as f:
        return ['--ids', ','.join(map(str, json.load(f))), '--decoder-ids', ','.join(map(str, ids))]


def logits(folder, ids, *flags):
    """The rows as bytes, or the sentence of a refusal."""
    with tempfile.TemporaryDirectory() as temp:
        out = temp + '/out.f32'
        r = subprocess.run([INK, 'logits', '-m', folder, *given(folder, ids), '--all', '-t', '2', '--kv', 'f32', '-o', out, *flags],
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


# ---- the same checkpoints as GGUF ----

def rotated(w, heads):
    """Rows of queries or keys in GGUF's order: the two halves of a head, which turn together, are interleaved."""
    return w.reshape(heads, 2, -1, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def tensors(kind, config, weights):
    """(GGUF's name, values): the names are the gguf package's, what changes with them is what converters do."""
    layers = config.get('num_hidden_layers') or config['n_layer']
    names = gguf.get_tensor_name_map({v: k for k, v in gguf.MODEL_ARCH_NAMES.items()}[kind], layers)
    heads = config.get('num_attention_heads')
    # GGUF has no word for another scale of queries: what makes queries takes it
    scale = (config['head_dim'] / config['query_pre_attn_scalar']) ** .5 if 'query_pre_attn_scalar' in config else 1
    for name, w in weights.items():
        if kind == 'llama' and '.q_proj.' in name or '.k_proj.' in name and kind == 'llama':
            w = rotated(w, heads if '.q_proj.' in name else config['num_key_value_heads'])
        if kind == 'gpt2' and '.c_' in name and w.ndim == 2:
            w = w.T
        if kind.startswith('gemma') and name.endswith('norm.weight'):
            w = w + 1
        if '.q_norm.' in name or kind == 'gemma2' and '.q_proj.' in name:
            w = w * scale
        base, suffix = name.rsplit('.', 1)
        yield f'{names.get_name(base)}.{suffix}', np.ascontiguousarray(w, dtype=np.float32)


def scaling(writer, config, kind):
    """Rotary scaling; gives what are tensors there."""
    rope = config.get('rope_scaling') or {}
    if rope.get('rope_type') == 'llama3':
        wave = 2 * math.pi * config['rope_theta'] ** (np.arange(0, config['head_dim'], 2) / config['head_dim'])
        low, high = rope['low_freq_factor'], rope['high_freq_factor']
        smooth = np.clip((rope['original_max_position_embeddings'] / wave - low) / (high - low), 0, 1)
        return {'rope_freqs': 1 / ((1 - smooth) / rope['factor'] + smooth)}
    if rope.get('rope_type') == 'longrope':
        writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(config['original_max_position_embeddings'])
        writer.add_rope_scaling_attn_factors(rope['attention_factor'])
        return {f'rope_factors_{k}': np.array(rope[k + '_factor']) for k in ('long', 'short')}
    if rope:
        writer.add_rope_scaling_type({'linear': gguf.RopeScalingType.LINEAR, 'yarn': gguf.RopeScalingType.YARN}[rope['rope_type']])
        writer.add_rope_scaling_factor(rope['factor'])
    if rope.get('rope_type') == 'yarn':
        writer.add_rope_scaling_orig_ctx_len(rope['original_max_position_embeddings'])
        if 'attention_factor' in rope:
            writer.add_rope_scaling_attn_factors(rope['attention_factor'] / (.1 * math.log(rope['factor']) + 1))
        if 'beta_fast' in rope:
            writer.add_rope_scaling_yarn_beta_fast(rope['beta_fast'])
            writer.add_rope_scaling_yarn_beta_slow(rope['beta_slow'])
    return {}


def settings(writer, config, kind):
    gpt2 = kind == 'gpt2'
    writer.add_block_count(config['n_layer' if gpt2 else 'num_hidden_layers'])
    writer.add_context_length(config['n_positions' if gpt2 else 'max_position_embeddings'])
    writer.add_embedding_length(config['n_embd' if gpt2 else 'hidden_size'])
    writer.add_feed_forward_length(4 * config['n_embd'] if gpt2 else config['intermediate_size'])
    writer.add_head_count(config['n_head' if gpt2 else 'num_attention_heads'])
    if gpt2:
        return writer.add_layer_norm_eps(config['layer_norm_epsilon'])
    writer.add_head_count_kv(config['num_key_value_heads'])
    writer.add_key_length(config['head_dim'])
    writer.add_value_length(config['head_dim'])
    writer.add_rope_dimension_count(config['head_dim'])
    writer.add_layer_norm_rms_eps(config['rms_norm_eps'])
    writer.add_rope_freq_base(config['rope_theta'])
    for key, add in (('sliding_window', writer.add_sliding_window), ('attn_logit_softcapping', writer.add_attn_logit_softcapping),
                     ('final_logit_softcapping', writer.add_final_logit_softcapping), ('rope_local_base_freq', writer.add_rope_freq_base_swa)):
        if config.get(key):
            add(config[key])
    if kind == 'gemma3':
        writer.add_sliding_window_pattern(config['layer_types'].index('full_attention') + 1)


def as_gguf(folder, path):
    with open(folder + '/config.json') as f:
        config = json.load(f)
    kind = {'mistral': 'llama', 'gemma3_text': 'gemma3'}.get(config['model_type'], config['model_type'])
    writer = gguf.GGUFWriter(path, kind)
    settings(writer, config, kind)
    for name, factors in scaling(writer, config, kind).items():
        writer.add_tensor(name + '.weight', factors.astype(np.float32))
    for name, w in tensors(kind, config, safetensors.numpy.load_file(folder + '/model.safetensors')):
        writer.add_tensor(name, w)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


GGUF_BY_HAND = ('llama', 'mistral', 'gemma', 'gemma2', 'gemma3', 'gemma3_text', 'gpt2')


def tiny_gguf(folder):
    name = os.path.basename(folder)
    if not gguf:
        return print(f'ok - models {name} as GGUF # SKIP Python has no gguf, numpy and safetensors')
    with open(folder + '/config.json') as f:
        if json.load(f)['model_type'] not in GGUF_BY_HAND:  # conformance/convert.py has those
            return None
    if name == 'llama-yarn-mscale':  # its ramp is not rounded, which GGUF has no word for
        return None
    with open(folder + '/ids.json') as f:
        ids = json.load(f)
    with open(folder + '/logits.f32', 'rb') as f:
        want = floats(f.read())
    with tempfile.TemporaryDirectory() as temp:
        as_gguf(folder, temp + '/tiny.gguf')
        got = logits(temp + '/tiny.gguf', ids)
        same = logits(temp + '/tiny.gguf', ids, '--chunk', '3') == got
    if isinstance(got, str):
        return check(f'{name} as GGUF', False, got)
    off = error(floats(got), want) if len(got) == 4 * len(want) else math.inf
    most = 1e-3 if name == 'gemma2' else 1e-4  # its queries are rescaled, and its random weights make much of that
    return check(f'{name} as GGUF equals transformers', off <= most and same, f'off by {off:.2g} of the largest; in chunks {"the same" if same else "otherwise"}')


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


def with_tensor(name, extra):
    """A checkpoint with one tensor more is refused by its name: leaving it out would compute another model."""
    with open(f'{ROOT}/tests/cases/models/{name}/model.safetensors', 'rb') as f:
        size = int.from_bytes(f.read(8), 'little')
        header, data = json.loads(f.read(size)), f.read()
    header[extra] = {'dtype': 'F32', 'shape': [1], 'data_offsets': [len(data), len(data) + 4]}
    head = json.dumps(header).encode()
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(f'{ROOT}/tests/cases/models/{name}/config.json', folder + '/config.json')
        with open(folder + '/model.safetensors', 'wb') as f:
            f.write(len(head).to_bytes(8, 'little') + head + data + b'\0' * 4)
        return logits(folder, [1, 2, 3])


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
    tiny_gguf(os.path.dirname(path))
report('llama')
changed('llama', 'hidden_act', hidden_act='relu')
changed('llama', 'dynamic', rope_scaling={'rope_type': 'dynamic', 'factor': 2.0})
changed('gpt2', 'activation_function', activation_function='relu')
changed('gpt2', 'scale_attn_by_inverse_layer_idx', scale_attn_by_inverse_layer_idx=True)
changed('gemma3', 'layer_types', layer_types=['sliding_attention', 'full_attention', 'full_attention'] + ['sliding_attention'] * 4)
changed('gemma3', 'layer_types', layer_types=[])
got = with_tensor('llama', 'model.layers.0.self_attn.q_norm.weight')
check('a tensor that llama has no use for', isinstance(got, str) and 'self_attn.q_norm.weight' in got and 'does not compute with' in got, got)
check('a tensor that follows from the configuration', not isinstance(with_tensor('llama', 'model.layers.0.self_attn.rotary_emb.inv_freq'), str))
trained('llama')
trained('gpt2')
