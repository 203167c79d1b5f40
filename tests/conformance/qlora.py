"""QLoRA: a base of any type stays as its file has it while an adapter learns. Held against LoRA of the same base widened to floats, whose losses are PyTorch's,
and against PEFT over the values that the gguf package reads."""
import json, os, random, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import ADAMW, INK, SHARED, adamw_steps, apart, losses, train

TYPES = ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_NL', 'IQ4_XS', 'F16', 'BF16']
FAMILIES = ['gpt2', 'bloom', 'falcon-new', 'gptneox', 'phi3', 'gemma3-plain', 'qwen3', 'mixtral', 'qwen3-moe', 'chatglm']
LLAMA = {'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', 'bos_token_id': 1, 'eos_token_id': 2, 'hidden_size': 256, 'intermediate_size': 1024, 'num_attention_heads': 4,
         'num_key_value_heads': 2, 'head_dim': 64, 'num_hidden_layers': 2, 'max_position_embeddings': 256, 'rms_norm_eps': 1e-5, 'rope_theta': 1e4, 'hidden_act': 'silu', 'vocab_size': 320}


def check(name, ok, why=''):
    print(f'ok - qlora {name}' if ok else f'not ok - qlora {name}: {str(why)[:900]}', flush=True)


def teach(temp, method, model, out, *more):
    words = [f'{k}={v}' for k, v in {**ADAMW, 'model': model, 'method': method, 'dataset': temp + '/data.jsonl', 'output_dir': f'{temp}/{out}', 'per_device_train_batch_size': 4,
                                     'learning_rate': 0.01, 'max_steps': 3, 'lora_rank': 4}.items()]
    r = train(*words, 'overwrite_output_dir=true', *more)
    return losses(f'{temp}/{out}') if not r.returncode else r.stderr


def plan(temp, method, model):
    r = train('stage=pretrain', 'dataset_format=ids', f'model={model}', f'method={method}', f'dataset={temp}/data.jsonl', f'output_dir={temp}/plan', '--plan', '--json')
    return json.loads(r.stdout) if not r.returncode else {}


def convert(folder, to, kind):
    r = subprocess.run([INK, 'convert', folder, to, '--type', kind], capture_output=True, text=True, timeout=120)
    return r.stderr if r.returncode else ''


def peft_losses(path, adapter, rows):
    """PEFT's over the values that the gguf package reads of a llama's file."""
    import peft, torch, transformers
    model = transformers.AutoModelForCausalLM.from_pretrained(os.path.dirname(path), gguf_file=os.path.basename(path), dtype=torch.float32)
    tuned = peft.PeftModel.from_pretrained(model, adapter, is_trainable=True)

    def loss_of(batch):
        sums = [torch.nn.functional.cross_entropy(tuned(torch.tensor([row])).logits[0, :-1], torch.tensor(row[1:]), reduction='sum') for row in batch]
        return sum(sums) / sum(len(row) - 1 for row in batch)
    return adamw_steps(tuned, [rows[at:at + 4] for at in range(0, 12, 4)], loss_of, 0.01, 0)


with tempfile.TemporaryDirectory() as temp:
    r = random.Random(3)
    rows = [[r.randrange(3, 320) for _ in range(r.randrange(5, 60))] for _ in range(12)]
    with open(temp + '/data.jsonl', 'w') as f:
        f.write('\n'.join(json.dumps({'input_ids': row}) for row in rows))
    with open(temp + '/config.json', 'w') as f:
        json.dump(LLAMA, f)
    made = teach(temp, 'full', temp + '/config.json', 'model', 'max_steps=1')
    bad = {} if not isinstance(made, str) else {'model': made}
    for kind in TYPES if not bad else []:
        path = f'{temp}/{kind}.gguf'
        said = convert(temp + '/model', path, kind)
        if said:
            bad[kind] = said
            continue
        want, got = teach(temp, 'lora', path, 'lora'), teach(temp, 'qlora', path, 'qlora')
        if isinstance(got, str) or got != want:
            bad[kind] = [want, got]
    check(f'has the losses of LoRA over the widened base, bit for bit, for {", ".join(TYPES)}', not bad, bad)
    bad = {}
    for name in FAMILIES:
        model, path = f'{os.environ["INK_ROOT"]}/tests/cases/models/{name}', f'{temp}/{name}.gguf'
        with open(temp + '/few.jsonl', 'w') as f:
            f.write('\n'.join(json.dumps({'input_ids': [x % 40 + 3 for x in row]}) for row in rows))
        said = convert(model, path, 'F16')
        want, got = ([] if said else teach(temp, method, path, method, f'dataset={temp}/few.jsonl') for method in ('lora', 'qlora'))
        if said or isinstance(got, str) or got != want:
            bad[name] = [said, want, got]
    check(f'does so in files of {", ".join(FAMILIES)}', not bad, bad)
    path = temp + '/Q4_0.gguf'
    if not bad:
        want, got = teach(temp, 'dora', path, 'dora'), teach(temp, 'qlora', path, 'qdora', f'adapter={temp}/dora')
        again = teach(temp, 'dora', path, 'redora', f'adapter={temp}/dora')
        check('goes on with a DoRA as DoRA does', not isinstance(got, str) and got == again, [got, again])
        convert(temp + '/model', temp + '/F32.gguf', 'F32')
        for name, words in (('DoRA', ['dora']), ('PiSSA', ['lora', 'pissa_init=true'])):
            whole, file = ([teach(temp, words[0], model, 'new', *words[1:])] for model in (temp + '/model', temp + '/F32.gguf'))
            check(f'a new {name} begins from a GGUF as from the folder', not isinstance(file[0], str) and whole == file, [whole, file])
        want, got = teach(temp, 'lora', path, 'lora', 'dtype=bf16'), teach(temp, 'qlora', path, 'qlora', 'dtype=bf16')
        check('has the losses of LoRA in bf16', not isinstance(got, str) and got == want, [want, got])
        kept, wide = plan(temp, 'qlora', path), plan(temp, 'lora', path)
        check('needs as much for weights as the file is large, and says so', kept and kept['weight_bytes'] < 1.05 * os.path.getsize(path) < 0.25 * wide['weight_bytes'], [kept, wide, os.path.getsize(path)])
        if oracle.has('torch', 'transformers', 'peft', 'gguf'):
            got, want = teach(temp, 'qlora', path, 'own', f'adapter={temp}/qlora/initial-adapter'), peft_losses(path, temp + '/qlora/initial-adapter', rows)
            check("has PEFT's losses over the values of the file", not isinstance(got, str) and apart(got, want) < 1e-5, [got, want])
        else:
            print("ok - qlora has PEFT's losses over the values of the file # SKIP Python has no torch, transformers, peft and gguf")
    talk = SHARED + '/data/train/identity.json'
    known = subprocess.run([INK, 'show', 'smollm2'], capture_output=True).returncode == 0 and os.path.exists(talk)
    if known:
        more = ['stage=sft', 'dataset_format=alpaca', f'dataset={talk}', 'cutoff_len=64', 'per_device_train_batch_size=2', 'max_steps=2']
        want, got = (teach(temp, method, 'smollm2', method, *more) for method in ('lora', 'qlora'))
        check('has the losses of LoRA for SmolLM2', not isinstance(got, str) and got == want, [want, got])
    else:
        print('ok - qlora has the losses of LoRA for SmolLM2 # SKIP smollm2 or its data are absent')
