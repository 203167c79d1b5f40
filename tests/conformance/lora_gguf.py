"""LoRA as a GGUF: files that the gguf package writes as llama.cpp's converter lays them out act as PEFT's own model does; what inkstone exports is read by that
package, and means in a GGUF what merging means; broken files are refused."""
import array, json, os, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
sys.path.insert(0, ROOT + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
if not oracle.has('torch', 'transformers', 'peft', 'gguf'):
    print('ok - lora_gguf # SKIP Python has no torch, transformers, peft and gguf')
    sys.exit()
import gguf, numpy, peft, torch, transformers
from safetensors.numpy import load_file
transformers.logging.set_verbosity_error()
IDS = [5, 3, 2, 7, 4, 9, 8, 6]
FAMILIES = ['llama', 'llama-bias', 'mistral', 'gpt2', 'gptneox', 'gptj', 'bloom', 'falcon', 'falcon-new', 'phi3', 'phi3-partial', 'chatglm', 'glm4', 'qwen2', 'qwen3', 'gemma', 'gemma2-plain', 'gemma3-plain']
TRAIN = ('stage=pretrain', 'dataset_format=ids', 'max_steps=2', 'per_device_train_batch_size=1', 'learning_rate=0.3', 'method=lora', 'lora_rank=3')


def check(name, wrong):
    print(f'ok - lora_gguf {name}' if not wrong else f'not ok - lora_gguf {name}: {str(wrong)[:900]}', flush=True)


def ink(*words):
    return subprocess.run([INK, *map(str, words)], capture_output=True, text=True, timeout=120)


def logits(model, *flags):
    with tempfile.TemporaryDirectory() as temp:
        r = ink('logits', '-m', model, '--ids', ','.join(map(str, IDS)), '--all', '--kv', 'f32', '-o', temp + '/out', *flags)
        return array.array('f', open(temp + '/out', 'rb').read()) if r.returncode == 0 else r.stderr


def apart(got, want):
    return max(abs(a - b) for a, b in zip(got, want)) / max(map(abs, want)) if not isinstance(got, str) and len(got) == len(want) else got


def values(reader):
    return {t.name: gguf.dequantize(t.data, t.tensor_type).reshape(tuple(reversed(t.shape.tolist()))).astype('f8') for t in reader.tensors}


def family(name, temp):
    """Exported: same logits, and X + alpha / r · b a is what the merged model's GGUF holds as X."""
    model, lora, here = f'{ROOT}/tests/cases/models/{name}', f'{temp}/{name}', f'{temp}/{name}.gguf'
    with open(temp + '/data.jsonl', 'w') as f:
        f.write(json.dumps({'input_ids': IDS}) + '\n')
    for words in (('train', *TRAIN, f'model={model}', f'dataset={temp}/data.jsonl', f'output_dir={lora}'), ('export', '-m', model, '--adapter', lora, '-o', here, '--adapter-only'),
                  ('export', '-m', model, '--adapter', lora, '-o', f'{temp}/{name}-merged.gguf', '--type', 'F32'), ('convert', model, f'{temp}/{name}-base.gguf', '--type', 'F32')):
        r = ink(*words)
        if r.returncode:
            return [name, words[0], r.stderr]
    plain, want, got, small = logits(model), logits(model, '--adapter', lora), logits(model, '--adapter', here), logits(f'{temp}/{name}-base.gguf', '--adapter', here)
    if isinstance(got, str) or got != want or got == plain or isinstance(small, str) or apart(small, want) > 1e-5:
        return [name, 'logits', got if isinstance(got, str) else (apart(got, want), small if isinstance(small, str) else apart(small, want))]
    reader = gguf.GGUFReader(here)
    said = {k: reader.get_field(k).contents() for k in ('general.type', 'adapter.type', 'adapter.lora.alpha')}
    base, merged, halves = (values(gguf.GGUFReader(p)) for p in (f'{temp}/{name}-base.gguf', f'{temp}/{name}-merged.gguf', here))
    if said != {'general.type': 'adapter', 'adapter.type': 'lora', 'adapter.lora.alpha': 6.0} or not halves:
        return [name, said]
    off = {}
    for x in base:
        whole = base[x] + (2 * halves[x + '.lora_b'] @ halves[x + '.lora_a'] if x + '.lora_a' in halves else 0)
        off[x] = abs(whole - merged[x]).max() / abs(whole).max()
    lost = {h.rsplit('.', 1)[0] for h in halves} - set(base)
    return [name, lost, off] if lost or max(off.values()) > 1e-5 or len(halves) < 4 else []


def turned(w, heads):
    """Llama's order of rows in a GGUF."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def python_file(path, halves, architecture='llama', alpha=7.0, kind='adapter', sort='lora', more=()):
    w = gguf.GGUFWriter(path, architecture)
    w.add_string('general.type', kind)
    if sort:
        w.add_string('adapter.type', sort)
    if alpha is not None:
        w.add_float32('adapter.lora.alpha', alpha)
    for name, v in [*halves, *more]:
        w.add_tensor(name, numpy.ascontiguousarray(v))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


NAMES = {'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v', 'self_attn.o_proj': 'attn_output', 'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up',
         'mlp.down_proj': 'ffn_down'}


def as_llama(folder, kind):
    """PEFT's tensors under llama.cpp's names."""
    out = []
    for key, v in load_file(folder + '/adapter_model.safetensors').items():
        parts = key.split('.')
        half = 'lora_a' if parts[-2] == 'lora_A' else 'lora_b'
        x = NAMES['.'.join(parts[5:7])]
        v = turned(v, {'attn_q': 4, 'attn_k': 2}[x]) if half == 'lora_b' and x in ('attn_q', 'attn_k') else v
        out.append((f'blk.{parts[4]}.{x}.weight.{half}', v.astype(kind)))
    return out


def theirs(temp):
    """A file made in Python acts as PEFT's model."""
    base = ROOT + '/tests/cases/models/llama'
    torch.manual_seed(1)
    model = peft.get_peft_model(transformers.LlamaForCausalLM.from_pretrained(base, dtype=torch.float32), peft.LoraConfig(r=4, lora_alpha=7, target_modules='all-linear', init_lora_weights=False))
    model.eval().save_pretrained(temp + '/peft')
    with torch.no_grad():
        want = model(torch.tensor([IDS])).logits.flatten().tolist()
    r = ink('convert', base, temp + '/base.gguf', '--type', 'F32')
    for kind, near in (('f4', 1e-5), ('f2', 5e-3)):
        python_file(f'{temp}/{kind}.gguf', as_llama(temp + '/peft', kind))
        for name, path in (('a folder', base), ('a GGUF', temp + '/base.gguf')):
            off = apart(logits(path, '--adapter', f'{temp}/{kind}.gguf'), want)
            check(f"{kind} of Python's gguf on {name} has PEFT's logits", isinstance(off, str) or off > near and off)
    same = ink('export', '-m', base, '--adapter', temp + '/peft', '-o', temp + '/ours.gguf', '--adapter-only', '--json')
    ours, python = (values(gguf.GGUFReader(p)) for p in (temp + '/ours.gguf', temp + '/f4.gguf')) if not same.returncode else ({}, {})
    check("inkstone's file holds what Python's does", same.stderr or set(ours) ^ set(python) or [k for k in ours if (ours[k] != python[k]).any()])
    again = ink('export', '-m', base, '--adapter', temp + '/f4.gguf:0.5', '-o', temp + '/half.gguf', '--adapter-only')
    halved = logits(base, '--adapter', temp + '/half.gguf')
    check('a scale becomes part of it', again.stderr or halved != logits(base, '--adapter', temp + '/peft:0.5') and apart(halved, want))
    merged = ink('export', '-m', base, '--adapter', temp + '/f4.gguf', '-o', temp + '/merged')
    off = merged.stderr or apart(logits(temp + '/merged'), want)
    check('it is merged as PEFT would', isinstance(off, str) or off > 1e-5 and off)
    tokens = [ink('generate', '-m', base, '--adapter', a, '--ids', '5,3,2', '-n', 12, '--temp', 0).stdout for a in (temp + '/peft', temp + '/f4.gguf')]
    check('generate goes on with it', tokens[0] != tokens[1] or not tokens[0].strip())
    r = [ink('train', *TRAIN[:-2], 'method=lora', f'model={base}', f'adapter={temp}/f4.gguf', f'dataset={temp}/data.jsonl', f'output_dir={temp}/no')]
    check('training refuses to begin from it', 'PEFT folder' not in r[0].stderr and r[0].stderr)


def refused(temp):
    base, halves = ROOT + '/tests/cases/models/llama', as_llama(temp + '/peft', 'f4')
    cut = open(temp + '/f4.gguf', 'rb').read()
    wide = [(n, numpy.zeros((4, 9), 'f4') if n.endswith('gate.weight.lora_a') else v) for n, v in halves]
    cases = {'a model': (dict(kind='model'), 'is no adapter'), 'another kind': (dict(sort='control_vector'), 'another kind'), 'no kind': (dict(sort=None), 'another kind'), 'no alpha': (dict(alpha=None), 'alpha'),
             'an alpha of nan': (dict(alpha=float('nan')), 'alpha'), 'another architecture': (dict(architecture='gpt2'), '"gpt2"'), 'an unknown architecture': (dict(architecture='what'), '"what"'),
             'a tensor that is no half': (dict(more=[('blk.0.attn_norm.weight', numpy.zeros(48, 'f4'))]), 'no half of a LoRA'), 'a layer too many': (dict(more=[('blk.9.attn_q.weight.lora_a', numpy.zeros((4, 48), 'f4'))]), 'no layer'),
             'half a pair': (dict(halves=halves[1:]), 'no layer'), 'another width': (dict(halves=wide), 'does not fit'), 'one dimension': (dict(more=[('token_embd.weight.lora_a', numpy.zeros(64, 'f4'))]), 'does not fit'),
             'the table of tokens': (dict(more=[('token_embd.weight.lora_a', numpy.zeros((4, 48), 'f4')), ('token_embd.weight.lora_b', numpy.zeros((64, 4), 'f4'))]), 'no layer'), 'nothing': (dict(halves=[]), 'no tensor')}
    wrong = []
    for name, (changes, why) in cases.items():
        python_file(temp + '/bad.gguf', **{'halves': halves, **changes})
        r = logits(base, '--adapter', temp + '/bad.gguf')
        if not isinstance(r, str) or why not in r:
            wrong.append((name, str(r)[:200]))
    for size in (3, 30, 200, 1500, len(cut) - 9):
        with open(temp + '/bad.gguf', 'wb') as f:
            f.write(cut[:size])
        r = logits(base, '--adapter', temp + '/bad.gguf')
        wrong += [] if isinstance(r, str) and 'bad.gguf' in r else [(size, r)]
    check('broken files are refused', wrong)
    ours = ('export', '-m', base, '--adapter', temp + '/peft', '--adapter-only', '-o')
    refusals = [((*ours, temp + '/folder'), '.gguf'), ((*ours, temp + '/x.gguf', '--type', 'F16'), 'no type'), ((*ours, temp + '/x.gguf', '--adapter', temp + '/peft'), 'one adapter'),
                ((*ours, temp + '/x.gguf', '-m', ROOT + '/tests/cases/models/gpt2'), 'fits no matrix')]
    check('what cannot be written is refused', [(w, r.stderr) for w, why in refusals if (r := ink(*w)).returncode == 0 or why not in r.stderr or os.path.exists(temp + '/x.gguf')])


with tempfile.TemporaryDirectory() as temp:
    wrong = [w for name in FAMILIES if (w := family(name, temp))]
    check(f'{len(FAMILIES)} families: exported, they act as the folder does, and mean what merging means', wrong)
    theirs(temp)
    refused(temp)
