"""A step whose numbers end: the sentence names the first op that made them so, in the plan's order, what weight stands there, and the samples; and nothing of it changes a run that goes well."""
import json, os, shutil, struct, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
from teaching import GOLD, random_rows, tensors, train


def check(name, ok, why=''):
    print(f'ok - train_broken {name}' if ok else f'not ok - train_broken {name}: {str(why)[:900]}', flush=True)


def changed(temp, change):
    """The tiny Llama with other values."""
    path = temp + '/model/model.safetensors'
    shutil.rmtree(temp + '/model', ignore_errors=True)
    shutil.copytree(GOLD + '/llama/init', temp + '/model')
    values = tensors(path)
    with open(path, 'rb') as f:
        size, = struct.unpack('<Q', f.read(8))
        head = json.loads(f.read(size))
    change(values)
    head, at = {k: head[k] for k in values}, 0
    for k, v in values.items():
        head[k]['data_offsets'] = [at, at + 4 * len(v)]
        at += 4 * len(v)
    text = json.dumps(head).encode()
    with open(path, 'wb') as f:
        f.write(struct.pack('<Q', len(text)) + text + b''.join(v.tobytes() for v in values.values()))


def larger(*names):
    def change(values):
        for k in values:
            if any(n in k for n in names):
                for i in range(len(values[k])):
                    values[k][i] *= 1e25
    return change


def spoiled(values):
    values['model.layers.0.mlp.down_proj.weight'][5] = float('inf')


def main():
    if not os.path.isdir(GOLD):
        return print('ok - train_broken everything # SKIP ../shared/golden/train is absent')
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp, 24)

        def said(*words):
            r = train(f'model={temp}/model', f'dataset={temp}/data.jsonl', f'output_dir={temp}/out', 'overwrite_output_dir=true', 'max_steps=2', 'per_device_train_batch_size=4', 'gradient_accumulation_steps=2', *words)
            return r.stderr.splitlines()[-1] if r.returncode == 1 else f'ended with {r.returncode}: {r.stderr}'
        changed(temp, larger('layers.1.mlp.gate_proj', 'layers.1.mlp.up_proj'))
        for words in ([], ['threads=1'], ['threads=3'], ['recompute=off'], ['recompute=layers'], ['dtype=bf16'], ['packing=true', 'cutoff_len=48'], ['method=lora'], ['method=qlora'], ['dropout=0.1']):
            got = said(*words)
            check(f'{" ".join(words) or "a product of two that are large"}: the gate overflows, not what comes after it', 'step 1: the loss is not a number any more: the first op whose result is not finite is silu_mul (node ' in got and
                  '× 88) behind model.layers.1.mlp.gate_proj.weight, and felt first in the gradient of' in got and 'with samples' in got, got)
        changed(temp, larger('layers.1.self_attn.q_proj', 'layers.1.self_attn.k_proj'))
        got = said()
        check('on the way back too', 'the gradient is not a number any more: the first op whose result is not finite is product (node' in got and 'of model.layers.1.self_attn.k_proj.weight' in got, got)
        changed(temp, spoiled)
        got = said()
        check('a file whose values are none is told', 'is product (node' in got and 'of model.layers.0.mlp.down_proj.weight, whose values are not all finite themselves' in got, got)


main()
