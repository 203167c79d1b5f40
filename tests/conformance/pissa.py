"""A LoRA that begins as PiSSA does: its first values are PEFT's, the model is the same before anything is learned, only the difference learns,
and PEFT opens what is left."""
import array, json, os, random, struct, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
GOLD, RANK, ALPHA = SHARED + '/golden/train', 4, 6
HAS = oracle.has('torch', 'peft', 'transformers')


def check(name, ok, why=''):
    print(f'ok - pissa {name}' if ok else f'not ok - pissa {name}: {why}')


def tensors(path):
    with open(path, 'rb') as f:
        data = f.read()
    n, = struct.unpack('<Q', data[:8])
    return {k: (v['shape'], array.array('f', data[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]])) for k, v in json.loads(data[8:8 + n]).items() if k != '__metadata__'}


def train(base, out, *words):
    return subprocess.run([INK, 'train', 'stage=pretrain', 'dataset_format=ids', f'model={GOLD}/{base}/init', f'dataset={temp}/rows', f'output_dir={out}', 'method=lora', f'lora_rank={RANK}', f'lora_alpha={ALPHA}',
                           'pissa_init=true', *words], capture_output=True, text=True, timeout=100)


def logits(base, *more):
    r = subprocess.run([INK, 'logits', '-m', f'{GOLD}/{base}/init', '--ids', '5,1,9,40,3,7', '--all', '-o', temp + '/logits', *more], capture_output=True, text=True, timeout=60)
    if r.returncode:
        return r.stderr
    with open(temp + '/logits', 'rb') as f:
        return array.array('f', f.read())


def apart(a, b):
    return max(abs(x - y) for x, y in zip(a, b)) if len(a) == len(b) and not isinstance(a, str) else 9


def halves(folder):
    """A and B of every layer, each as what learned and what rested."""
    out = {}
    for key, (shape, v) in tensors(folder + '/adapter_model.safetensors').items():
        rows, width = shape
        if '.lora_A.' in key:
            out[key] = (v[:rows // 2 * width], v[rows // 2 * width:])
        else:
            out[key] = tuple(array.array('f', [v[r * width + c + part] for r in range(rows) for c in range(width // 2)]) for part in (0, width // 2))
    return out


def run(base):
    out = f'{temp}/{base}'
    r = train(base, out, 'max_steps=6', 'save_steps=3', 'learning_rate=1.0e-3')
    if r.returncode:
        return check(f'{base} learns', False, r.stderr)
    plain, first, last = logits(base), logits(base, '--adapter', out + '/initial-adapter'), logits(base, '--adapter', out)
    check(f'{base}: the model is what it was before anything is learned', apart(plain, first) < 1e-5 and apart(plain, last) > 1e-3, f'{apart(plain, first)} {apart(plain, last)}')
    a, b = halves(out + '/initial-adapter'), halves(out)
    check(f'{base}: only the difference learns', all(list(a[k][1]) == list(b[k][1]) and list(a[k][0]) != list(b[k][0]) for k in a) and all(apart(x, [-v if '_B.' in k else v for v in y]) == 0 for k, (x, y) in a.items()))
    train(base, out + '-parts', 'max_steps=3', 'save_steps=3', 'learning_rate=1.0e-3', 'lr_scheduler_type=constant')
    whole = train(base, out + '-whole', 'max_steps=6', 'learning_rate=1.0e-3', 'lr_scheduler_type=constant', 'threads=1')
    train(base, out + '-parts', 'max_steps=6', 'save_steps=3', 'learning_rate=1.0e-3', 'lr_scheduler_type=constant', '--resume')
    same = [open(f'{out}-{k}/adapter_model.safetensors', 'rb').read() for k in ('parts', 'whole')]
    check(f'{base}: goes on bit for bit, with any threads', whole.returncode == 0 and same[0] == same[1], whole.stderr)
    return out


def against_peft(base, out):
    import peft, torch, transformers
    model = transformers.AutoModelForCausalLM.from_pretrained(f'{GOLD}/{base}/init', dtype=torch.float32)
    with open(out + '/adapter_config.json') as f:
        targets = json.load(f)['target_modules']
    theirs = peft.get_peft_model(transformers.AutoModelForCausalLM.from_pretrained(f'{GOLD}/{base}/init', dtype=torch.float32),
                                 peft.LoraConfig(r=RANK, lora_alpha=ALPHA, init_lora_weights='pissa', target_modules=targets, fan_in_fan_out=base == 'gpt2', task_type='CAUSAL_LM'))
    want, own, off = peft.get_peft_model_state_dict(theirs), halves(out + '/initial-adapter'), 0
    for key in (k for k in want if '.lora_A.' in k):
        other = key.replace('lora_A', 'lora_B')
        product = want[other] @ want[key]
        mine = torch.tensor(own[other][0]).view(-1, RANK) @ torch.tensor(own[key][0]).view(RANK, -1)
        off = max(off, ((product - mine).abs().max() / product.abs().max()).item())
        off = max(off, abs(torch.tensor(own[key][0]).norm() / want[key].norm() - 1).item())
    check(f'{base} begins as PEFT begins', off < 1e-3 and set(want) == set(own), f'off by {off:.1e}')
    loaded = peft.PeftModel.from_pretrained(model, out)
    with torch.no_grad():
        far = apart(logits(base, '--adapter', out), loaded(input_ids=torch.tensor([[5, 1, 9, 40, 3, 7]])).logits.flatten().tolist())
    check(f'{base}: PEFT opens what is left', far < 1e-4, f'off by {far:.1e}')


if not os.path.isdir(GOLD):
    print('ok - pissa # SKIP no ../shared')
    sys.exit()
with tempfile.TemporaryDirectory() as temp:
    r = random.Random(2)
    with open(temp + '/rows', 'w') as f:
        f.write('\n'.join(json.dumps({'input_ids': [r.randrange(60) for _ in range(16)]}) for _ in range(64)))
    for base in ('llama', 'gpt2'):
        out = run(base)
        if not HAS:
            print(f'ok - pissa {base} against PEFT # SKIP no Python with torch, transformers and peft')
        elif out:
            against_peft(base, out)
    for name, words, why in (('a method that makes no LoRA', ['method=full'], 'pissa_init'), ('decay', ['weight_decay=0.1'], 'weight_decay'), ('an optimiser of whole weights', ['optim=muon'], 'muon'), ('an adapter that is there', [f'adapter={GOLD}/llama/lora/init'], 'there')):
        r = train('llama', temp + '/refused', 'max_steps=1', *words)
        check(f'refuses {name}', r.returncode == 2 and why in r.stderr, f'{r.returncode} {r.stderr}')
