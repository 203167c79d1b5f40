"""inkstone train against PyTorch's runs of ../shared/golden/train, and what a run promises: the same bits for any number of
threads and after any end, refusals before time is spent."""
import array, glob, json, os, random, shutil, signal, struct, subprocess, sys, tempfile, time

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
from teaching import ADAMW, GOLD, INK, ROOT, apart, config, data, losses, random_rows, tensors, tiny, train


def check(name, ok, why=''):
    print(f'ok - train {name}' if ok else f'not ok - train {name}: {why}')


def golden_bf16(name):
    with open(f'{GOLD}/{name}/run.json') as f:
        run = json.load(f)
    with tempfile.TemporaryDirectory() as temp:
        r = train('--config', config(temp, **{**ADAMW, 'dtype': 'bf16'}, model=f'{GOLD}/{name}/init', method='full', dataset=data(temp, run['batches']), output_dir=temp + '/out',
                                     per_device_train_batch_size=len(run['batches'][0]), max_steps=len(run['batches']), learning_rate='1.0e-3', weight_decay=0.1))
        off = apart(losses(temp + '/out'), run['losses']) if r.returncode == 0 else 9
        check(f'{name} in bf16 stays near', off < 2e-3, r.stderr or f'off by {off:.1e}')


def golden_full(name):
    with open(f'{GOLD}/{name}/run.json') as f:
        run = json.load(f)
    with tempfile.TemporaryDirectory() as temp:
        r = train('--config', config(temp, **ADAMW, model=f'{GOLD}/{name}/init', method='full', dataset=data(temp, run['batches']), output_dir=temp + '/out',
                                     per_device_train_batch_size=len(run['batches'][0]), max_steps=len(run['batches']), learning_rate='1.0e-3', weight_decay=0.1))
        if r.returncode:
            return check(f'{name} equals PyTorch', False, r.stderr)
        off = apart(losses(temp + '/out'), run['losses'])
        check(f'{name} has the losses of PyTorch', off < 1e-5, f'off by {off:.1e}')
        got, want = tensors(temp + '/out/model.safetensors'), tensors(f'{GOLD}/{name}/after10.safetensors')
        most = 0
        for key, w in want.items():
            if key not in got and key == 'lm_head.weight':
                continue
            d = [abs(a - b) for a, b in zip(got[key], w)]
            if key.endswith('c_attn.bias'):  # the true gradient of key biases is zero
                del d[len(d) // 3:2 * len(d) // 3]
            most = max(most, max(d))
        check(f'{name} has the weights of PyTorch', most < 1e-4, f'off by {most:.1e}')


def families():
    """The tiny checkpoints of tests/cases/models that learned with PyTorch and PEFT: five steps of all weights, and of a LoRA on every linear layer."""
    for path in sorted(glob.glob(ROOT + '/tests/cases/models/*/learn.json')):
        home = os.path.dirname(path)
        name = os.path.basename(home)
        with open(path) as f:
            run = json.load(f)
        for how, settings in (('full', {'learning_rate': '1.0e-3', 'weight_decay': 0.1}), ('lora', {'learning_rate': '1.0e-2', 'weight_decay': 0, 'adapter': home + '/lora'})):
            if how not in run:
                continue
            with tempfile.TemporaryDirectory() as temp:
                r = train('--config', config(temp, **ADAMW, **settings, model=home, method=how, dataset=data(temp, run['batches']), output_dir=temp + '/out',
                                             per_device_train_batch_size=2, max_steps=5))
                got = losses(temp + '/out') if r.returncode == 0 else []
                check(f'{name} {how}: five steps have the losses of PyTorch', apart(got, run[how]) < 1e-5, f'{got}, should be {run[how]}' if got else r.stderr)


METHODS = ('lora', 'dora', 'ia3', 'prefix', 'prompt', 'ptuning-lstm', 'ptuning-mlp')


def logits(model, adapter, ids, *flags):
    with tempfile.TemporaryDirectory() as temp:
        r = subprocess.run([INK, 'logits', '-m', model, '--adapter', adapter, '--ids', ','.join(map(str, ids)), '--all', '-o', temp + '/out', *flags],
                           capture_output=True, text=True, timeout=60)
        if r.returncode:
            return r.stderr
        with open(temp + '/out', 'rb') as f:
            return f.read()


def with_network(home, temp):
    """PEFT's initial adapter, and beside it the network that makes it, under its own names."""
    shutil.copytree(home + '/init', temp + '/init')
    with open(home + '/trainable_init.safetensors', 'rb') as f:
        size, = struct.unpack('<Q', f.read(8))
        head = {k.replace('prompt_encoder.default.', ''): v for k, v in json.loads(f.read(size)).items()}
        text = json.dumps(head).encode()
        with open(temp + '/init/prompt_encoder.safetensors', 'wb') as g:
            g.write(struct.pack('<Q', len(text)) + text + f.read())
    return temp + '/init'


def golden_peft(name, method):
    """What PEFT saved, loaded; ten steps from where PEFT began; what was saved, loaded again, gives what PEFT's own gives."""
    home, label = f'{GOLD}/{name}/{method}', f'{name} {method}'
    with open(home + '/run.json') as f:
        run = json.load(f)
    ids, want = run['probe_ids'], run['probe_logits_last']
    got = logits(f'{GOLD}/{name}/init', home + '/after10', ids)
    if isinstance(got, str):
        return check(f'{label}: what PEFT saved is loaded', False, got)
    off = max(abs(a - b) for a, b in zip(array.array('f', got)[-len(want):], want))
    check(f'{label}: what PEFT saved gives its logits', off < 1e-4, f'off by {off:.1e}')
    check(f'{label}: in chunks, among copies and with one thread the same', all(logits(f'{GOLD}/{name}/init', home + '/after10', ids, *flags) == got
                                                                             for flags in (['--chunk', '3'], ['--copies', '2', '--chunk', '5'], ['-t', '1'])))
    with tempfile.TemporaryDirectory() as temp:
        r = train('--config', config(temp, **ADAMW, model=f'{GOLD}/{name}/init', method=method, adapter=with_network(home, temp) if method.startswith('ptuning') else home + '/init', dataset=data(temp, run['batches']), output_dir=temp + '/out',
                                     per_device_train_batch_size=len(run['batches'][0]), max_steps=len(run['batches']), learning_rate='1.0e-2', weight_decay=0))
        off = apart(losses(temp + '/out'), run['losses']) if r.returncode == 0 else 9
        check(f'{label}: ten steps have the losses of PEFT', off < 1e-5, r.stderr or f'off by {off:.1e}')
        mine = logits(f'{GOLD}/{name}/init', temp + '/out', ids) if r.returncode == 0 else ''
        off = 9 if isinstance(mine, str) else max(abs(a - b) for a, b in zip(array.array('f', mine)[-len(want):], want))
        check(f'{label}: what they saved gives the logits of PEFT', off < 1e-4, f'off by {off:.1e}')


def adapters():
    base, other = GOLD + '/llama/init', GOLD + '/gpt2'
    for name, flags, says in (('of another model', [f'{other}/lora/after10'], 'another'), ('that is none', [GOLD], 'adapter_config'),
                              ('of two prompts', [GOLD + '/llama/prompt/after10', '--adapter', GOLD + '/llama/prefix/after10'], 'at most one'),
                              ('of a scaled prompt', [GOLD + '/llama/prompt/after10:2'], 'scaled')):
        got = logits(base, flags[0], [1, 2, 3], *flags[1:])
        check(f'refuses an adapter {name}', isinstance(got, str) and says in got, str(got)[:200])
    lora = GOLD + '/llama/lora/after10'
    once, halves = logits(base, lora, [1, 2, 3]), logits(base, lora + ':0.5', [1, 2, 3], '--adapter', lora + ':0.5')
    off = max(abs(a - b) for a, b in zip(array.array('f', once), array.array('f', halves)))
    check('stacks two halves of an adapter to the whole', off < 1e-5, f'off by {off:.1e}')


def same_bits():
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp)
        weights = []
        for threads in (1, 3):
            train('--config', tiny(temp, f'{temp}/{threads}', threads=threads))
            with open(f'{temp}/{threads}/model.safetensors', 'rb') as f:
                weights.append(f.read())
        check('gives the same weights with one thread and with three', weights[0] == weights[1])
        began = time.time()
        train('--config', tiny(temp, temp + '/whole'))
        whole, kills, r = time.time() - began, 0, random.Random(5)
        for i in range(12):
            p = subprocess.Popen([INK, 'train', '--config', tiny(temp, temp + '/killed'), *(['--resume'] if i else [])], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                p.wait(r.uniform(0.1, 0.6) * whole if kills < 4 else 300)
                break
            except subprocess.TimeoutExpired:
                p.send_signal(signal.SIGKILL)
                p.wait()
                kills += 1
        with open(temp + '/killed/model.safetensors', 'rb') as f:
            check('goes on after kill -9 bit for bit', f.read() == weights[0] and losses(temp + '/killed') == losses(temp + '/whole'), f'after {kills} kills')
        once = losses(temp + '/whole')
        train('--config', tiny(temp, temp + '/halves', per_device_train_batch_size=2, gradient_accumulation_steps=4))
        off = apart(losses(temp + '/halves'), once)
        check('weights accumulated gradients by tokens', off < 1e-5, f'off by {off:.1e}')


def parts():
    """A vocabulary whose logits lie in memory in three parts, the last with a row to spare, against samples that need one."""
    with tempfile.TemporaryDirectory() as temp:
        with open(temp + '/gpt2.json', 'w') as f:
            json.dump({'model_type': 'gpt2', 'vocab_size': 40000, 'n_layer': 1, 'n_head': 2, 'n_embd': 16, 'n_positions': 64}, f)
        r = random.Random(3)
        data(temp, [[[r.randrange(40000) for _ in range(60)] for _ in range(16)]])
        weights = []
        for name, more in (('parts', {}), ('threads', {'threads': 3}), ('alone', {'per_device_train_batch_size': 2, 'gradient_accumulation_steps': 8})):
            t = train('--config', tiny(temp, f'{temp}/{name}', **{'model': temp + '/gpt2.json', 'per_device_train_batch_size': 16, 'gradient_accumulation_steps': 1, 'max_steps': 4, **more}))
            if t.returncode:
                return check('computes a large vocabulary in parts', False, t.stderr)
            with open(f'{temp}/{name}/model.safetensors', 'rb') as f:
                weights.append(f.read())
        off = apart(losses(temp + '/parts'), losses(temp + '/alone'))
        check('computes a large vocabulary in parts', off < 1e-6, f'off by {off:.1e}')
        check('gives the same weights in parts with one thread and with three', weights[0] == weights[1])


# transformers' get_wsd_schedule: 4 steps up, 10 stable, 10 down, rate 1e-3.
WSD = [0, .00025, .0005, .00075, *[.001] * 11, .0009755282581475768, .0009045084971874737, .0007938926261462366, .0006545084971874737, .0005, .00034549150281252633,
       .00020610737385376348, 9.549150281252633e-05, 2.4471741852423235e-05]


def slanted(step, steps, cut_part=.1, ratio=32):
    """Howard and Ruder 2018, section 3.2."""
    cut = int(steps * cut_part)
    p = step / cut if step < cut else 1 - (step - cut) / (cut * (1 / cut_part - 1))
    return 1e-3 * (1 + p * (ratio - 1)) / ratio


def schedules():
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp, 60)
        for name, want, more in (('wsd', WSD, {'warmup_steps': 4, 'lr_decay_ratio': 0.5}), ('slanted', [slanted(i, 40) for i in range(40)], {'warmup_steps': 0})):
            r = train('--config', tiny(temp, f'{temp}/{name}', lr_scheduler_type=name, max_steps=len(want), **more))
            with open(f'{temp}/{name}/log.jsonl') as f:
                got = [row['lr'] for row in map(json.loads, f)]
            check(f'schedule {name} has the rates of others', len(got) == len(want) and max(abs(a - b) for a, b in zip(got, want)) < 1e-9, r.stderr or str(got))


def lion():
    """A step from PyTorch's gradient: by the rate against its sign; one moment, which a checkpoint keeps."""
    base = GOLD + '/llama'
    with open(base + '/run.json') as f:
        batch = json.load(f)['batches'][0]
    with tempfile.TemporaryDirectory() as temp:
        how = {**ADAMW, 'optim': 'lion', 'adam_beta2': 0.99, 'max_grad_norm': 0, 'model': base + '/init', 'method': 'full', 'dataset': data(temp, [batch]), 'output_dir': temp + '/out',
               'per_device_train_batch_size': len(batch), 'max_steps': 1, 'save_steps': 1, 'learning_rate': '1.0e-3', 'weight_decay': 0.1}
        r = train('--config', config(temp, **how))
        if r.returncode:
            return check('lion', False, r.stderr)
        before, gradient = tensors(base + '/init/model.safetensors'), tensors(base + '/grad_step1.safetensors')
        after, kept = tensors(temp + '/out/model.safetensors'), tensors(temp + '/out/checkpoint-1/optimizer.safetensors')
        off = moved = 0
        for key, w in before.items():
            keep = 1 if 'norm' in key else 1 - 1e-4
            for x, g, y, m in zip(w, gradient[key], after[key], kept['m.' + key]) if key in gradient else ():
                if abs(g) > 1e-6:
                    off = max(off, abs(keep * x - 1e-3 * (1 if g > 0 else -1) - y), abs(m - 0.01 * g))
                    moved += 1
        check('lion goes by the sign of the gradient of PyTorch', off < 1e-6 and moved > 1000 and not any(k.startswith('v.') for k in kept), f'off by {off:.1e} over {moved}')
        random_rows(temp)
        same = {'optim': 'lion', 'lr_scheduler_type': 'constant', 'save_steps': 3, 'learning_rate': '1.0e-4'}
        train('--config', tiny(temp, temp + '/whole', max_steps=8, **same))
        train('--config', tiny(temp, temp + '/halves', max_steps=3, **same))
        train('--config', tiny(temp, temp + '/halves', max_steps=8, **same), '--resume')
        check('lion goes on bit for bit', losses(temp + '/whole') == losses(temp + '/halves') and tensors(temp + '/whole/model.safetensors') == tensors(temp + '/halves/model.safetensors'))


def rates_of_weights():
    """What the rate of each weight is, seen in how far one step of plain descent goes."""
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp, 16)
        plain = {'optim': 'sgd', 'learning_rate': 1, 'lr_scheduler_type': 'constant', 'warmup_steps': 0, 'max_grad_norm': 0, 'gradient_accumulation_steps': 1}

        def moved(name, file='model.safetensors', before=GOLD + '/llama/init/model.safetensors', **more):
            r = train('--config', tiny(temp, f'{temp}/{name}', **{**plain, 'max_steps': 1, **more}))
            if r.returncode:
                print('#', r.stderr.strip())
            start, after = tensors(before or f'{temp}/{name}/initial-adapter/{file}'), tensors(f'{temp}/{name}/{file}')
            return {k: max(abs(a - b) for a, b in zip(start[k], after[k])) for k in after}
        once, decayed = moved('once'), moved('decayed', layer_lr_decay=2)
        layers = 1 + max(int(k.split('.')[2]) for k in once if '.layers.' in k)
        depth = {k: layers - int(k.split('.')[2]) if '.layers.' in k else layers + 1 if 'embed' in k else 0 for k in once}
        off = max(abs(decayed[k] * 2 ** depth[k] / once[k] - 1) for k in once)
        check('layers learn more slowly the deeper they lie', off < 0.02, f'off by {off:.1e}')
        for epochs in (1, 2):
            far = moved(f'gradual{epochs}', method='gradual', max_steps=4 * epochs)
            wrong = [k for k in far if (far[k] > 0) != (depth[k] <= epochs)]
            check(f'gradual unfreezing has gone down {epochs} layers after {epochs} epochs', not wrong, str(wrong)[:200])
        up = [moved(f'up{ratio}', 'adapter_model.safetensors', None, method='lora', loraplus_lr_ratio=ratio) for ratio in (1, 16)]
        off = max(abs(up[1][k] / up[0][k] / 16 - 1) for k in up[0] if 'lora_B' in k)
        check('LoRA+ moves B faster', off < 0.01, f'off by {off:.1e}')
        r = train('--config', tiny(temp, temp + '/broken', **{**plain, 'learning_rate': 1000, 'weight_decay': 1000}))
        check('names what is not a number first', r.returncode == 1 and 'samples' in r.stderr and 'gradient of model.' in r.stderr, r.stderr)


def from_nothing():
    """A recipe of share/recipes, cut short: the model it leaves runs, and two layers of GPT-2 begin with the loss of a guess."""
    with tempfile.TemporaryDirectory() as temp:
        text = open(ROOT + '/docs/training.md').read()
        for name, times in (('train', 20), ('eval', 1)):
            with open(f'{temp}/{name}.txt', 'w') as f:
                f.write(text * times)
        r = train('--config', ROOT + '/share/recipes/shakespeare-char.yaml', f'dataset={temp}/train.txt', f'eval_dataset={temp}/eval.txt', f'output_dir={temp}/out',
                  'max_steps=40', 'warmup_steps=4', 'eval_steps=20')
        if r.returncode:
            return check('makes a model from nothing', False, r.stderr)
        with open(temp + '/out/log.jsonl') as f:
            rows = [json.loads(line) for line in f]
        measured = [row['eval_loss'] for row in rows if 'eval_loss' in row]
        check('makes a model from nothing that learns', len(measured) == 2 and measured[1] < measured[0] < 4, str(measured))
        p = subprocess.run([INK, 'perplexity', '-m', temp + '/out', '-f', temp + '/eval.txt', '--ctx', '64', '--json'], capture_output=True, text=True)
        off = abs(json.loads(p.stdout)['nll'] - measured[1]) if p.returncode == 0 else 9
        check('leaves a model that perplexity measures alike', off < 0.5, p.stderr or str(off))
        with open(temp + '/gpt2.json', 'w') as f:
            json.dump({'model_type': 'gpt2', 'vocab_size': 300, 'n_layer': 2, 'n_head': 2, 'n_embd': 32, 'n_positions': 64}, f)
        random_rows(temp)
        r = train('--config', tiny(temp, temp + '/gpt2', model=temp + '/gpt2.json', max_steps=1))
        off = abs(losses(temp + '/gpt2')[0] - 5.7038) if r.returncode == 0 else 9
        check('draws weights that guess evenly', off < 0.05, r.stderr or str(off))
        with open(temp + '/gemma.json', 'w') as f:
            json.dump({'model_type': 'gemma', 'vocab_size': 300, 'num_hidden_layers': 2, 'num_attention_heads': 2, 'num_key_value_heads': 1, 'head_dim': 16, 'hidden_size': 32, 'intermediate_size': 64}, f)
        r = train('--config', tiny(temp, temp + '/gemma', model=temp + '/gemma.json', max_steps=1, learning_rate='1.0e-6'))
        norms = [abs(x) for name, values in tensors(temp + '/gemma/model.safetensors').items() if 'norm' in name for x in values] if r.returncode == 0 else [9]
        check("draws Gemma's norms, which are kept less one, as noughts", len(norms) == 160 and max(norms) < 1e-5, r.stderr or (len(norms), max(norms)))


SAID = [('Who are you?', 'I am Ink.'), ('What do you do?', 'I write.'), ('Where are you?', 'In a bottle.'), ('Are you blue?', 'Black, mostly.')] * 4
FORMATS = {
    'messages': [{'messages': [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': q}, {'role': 'assistant', 'content': a}]} for q, a in SAID],
    'sharegpt': [{'conversations': [{'from': 'human', 'value': q}, {'from': 'gpt', 'value': a}], 'system': 'Be brief.'} for q, a in SAID],
    'alpaca': [{'instruction': q, 'input': '', 'output': a, 'history': [['Hi', 'Hello.']]} for q, a in SAID],
    'completion': [{'prompt': q, 'completion': a} for q, a in SAID],
}


def methods():
    """Conversations of every format through every method, over a model of characters made here."""
    with tempfile.TemporaryDirectory() as temp:
        with open(temp + '/text.txt', 'w') as f:
            f.write(json.dumps(FORMATS) + '### Instruction:\n### Response:\n' + open(ROOT + '/docs/training.md').read())
        train('--config', ROOT + '/share/recipes/shakespeare-char.yaml', f'dataset={temp}/text.txt', f'output_dir={temp}/base', 'max_steps=60', 'warmup_steps=4')
        for kind, rows in FORMATS.items():
            for lines in (True, False):
                path = f'{temp}/{kind}.{"jsonl" if lines else "json"}'
                with open(path, 'w') as f:
                    f.write('\n'.join(map(json.dumps, rows)) if lines else json.dumps(rows, indent=1))
            out = [f'{temp}/{kind}{i}' for i in (0, 1)]
            for i, end in enumerate(('jsonl', 'json')):
                r = train('stage=sft', f'model={temp}/base', 'method=lora', f'dataset={temp}/{kind}.{end}', f'output_dir={out[i]}', 'learning_rate=3e-3', 'max_steps=12', 'per_device_train_batch_size=8')
            got = [losses(o) for o in out if os.path.exists(o + '/log.jsonl')]
            check(f'sft learns from {kind}, as lines or as one array', len(got) == 2 and got[0] == got[1] and len(got[0]) == 12 and got[0][-1] < got[0][0], r.stderr or str(got))
        every = losses(temp + '/messages0')[0]
        train('stage=sft', f'model={temp}/base', 'method=lora', f'dataset={temp}/messages.json', f'output_dir={temp}/all', 'max_steps=1', 'train_on_prompt=true', 'per_device_train_batch_size=8')
        check('sft learns answers alone, unless asked for all', losses(temp + '/all')[0] != every)
        for method in ('full', 'top', 'freeze', 'lora', 'dora', 'ia3', 'prompt', 'prefix'):
            r = train('stage=sft', f'model={temp}/base', f'method={method}', f'dataset={temp}/alpaca.json', f'output_dir={temp}/{method}', 'learning_rate=5e-3', 'max_steps=16',
                      'per_device_train_batch_size=16', 'num_virtual_tokens=4', 'lora_target=q_proj,v_proj,down_proj', 'cutoff_len=56')
            got = losses(temp + '/' + method) if r.returncode == 0 else [0]
            adapter = method not in ('full', 'top', 'freeze')
            runs = logits(temp + '/base', temp + '/' + method, [1, 2, 3]) if adapter else subprocess.run([INK, 'logits', '-m', temp + '/' + method, '--ids', '1,2', '-o', temp + '/x']).returncode
            check(f'method {method} learns, and what it saves runs', got[-1] < got[0] and runs != 1 and (isinstance(runs, bytes) or not adapter), r.stderr or f'{got} {runs if isinstance(runs, str) else ""}')
        before, after = tensors(temp + '/base/model.safetensors'), tensors(temp + '/freeze/model.safetensors')
        moved = {k for k in before if before[k] != after[k]}
        check('freeze changes the last layers alone', moved and all('.layers.2.' in k or '.layers.3.' in k for k in moved), str(moved)[:300])


def refusals():
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp, 8)
        with open(temp + '/bad.jsonl', 'w') as f:
            f.write('{"input_ids": [1, 2]}\n{"input_ids": [1, 99]}\n')
        with open(temp + '/torn.jsonl', 'w') as f:
            f.write('{"input_ids": [1, 2]}\n{"input_ids": [1, \n')
        for name, words, says in (('an unknown key', ['learning_rat=1'], 'learning_rate'), ('a token outside the vocabulary', [f'dataset={temp}/bad.jsonl'], '99'),
                                  ('a torn line', [f'dataset={temp}/torn.jsonl'], 'line 2'), ('an unknown method', ['method=magic'], 'magic'),
                                  ('a value out of range', ['adam_beta1=2'], 'adam_beta1'), ('a sample that is too long', ['cutoff_len=1000'], 'context')):
            r = train('--config', tiny(temp, temp + '/out'), *words)
            check(f'refuses {name}', r.returncode in (1, 2) and says in r.stderr and not os.path.exists(temp + '/out/log.jsonl'), f'{r.returncode} {r.stderr}')


def main():
    families()
    if not os.path.isdir(GOLD):
        print('ok - train # SKIP ../shared/golden/train is absent')
        return
    golden_full('gpt2')
    golden_full('llama')
    golden_bf16('gpt2')
    golden_bf16('llama')
    for name in ('gpt2', 'llama'):
        for method in METHODS:
            golden_peft(name, method)
    adapters()
    same_bits()
    parts()
    schedules()
    lion()
    rates_of_weights()
    from_nothing()
    methods()
    refusals()


main()
