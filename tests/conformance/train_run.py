"""What a run tells and keeps: a plan, logs that others read, pictures, the best model, an end when nothing gets better, and optimisers
and averages step by step beside PyTorch's."""
import csv, glob, json, math, os, subprocess, sys, tempfile, xml.dom.minidom

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import ADAMW, GOLD, INK, ROOT, SHARED, config, data, losses, random_rows, tensors, tiny, train

TORCH = oracle.has('torch')
BLIMP = SHARED + '/data/eval/blimp/anaphor_gender_agreement.jsonl'


def check(name, ok, why=''):
    print(f'ok - train_run {name}' if ok else f'not ok - train_run {name}: {why}')


def skip(name, why):
    print(f'ok - train_run {name} # SKIP {why}')


def rows(folder):
    with open(folder + '/log.jsonl') as f:
        return [json.loads(line) for line in f]


def events(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    reader = EventAccumulator(folder, size_guidance={'scalars': 0})
    reader.Reload()
    return {tag: [(e.step, e.value) for e in reader.Scalars(tag)] for tag in reader.Tags()['scalars']}


TAGS = {'train/loss': 'loss', 'train/grad_norm': 'grad_norm', 'train/learning_rate': 'lr', 'eval/loss': 'eval_loss', 'eval/perplexity': 'eval_perplexity'}


def same_numbers(name, folder):
    log = rows(folder)
    with open(folder + '/log.csv', newline='') as f:
        table = list(csv.DictReader(f))
    check(f'{name}: the table has the numbers of the rows', len(table) == len(log) and all(float(t[k]) == v for t, r in zip(table, log) for k, v in r.items()) and
          all(not t[k] for t, r in zip(table, log) for k in t if k not in r), str(table[:2]))
    if not oracle.has('tensorboard'):
        return skip(f'{name}: TensorBoard reads the events', 'tensorboard is absent')
    got = events(folder)
    wrong = [tag for tag, key in TAGS.items() for want in [[(r['step'], r[key]) for r in log if key in r]]
             if [s for s, _ in got.get(tag, [])] != [s for s, _ in want] or any(abs(g - w) > 1e-6 * abs(w) for (_, g), (_, w) in zip(got[tag], want))]
    check(f'{name}: TensorBoard reads the same numbers', not wrong, f'{wrong} {got.get("train/loss", [])[:3]}')


def logs():
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp)
        more = {'eval_dataset': temp + '/data.jsonl', 'eval_steps': 10, 'lr_scheduler_type': 'constant'}
        r = train('--config', tiny(temp, temp + '/out', **more))
        if r.returncode:
            return check('logs', False, r.stderr)
        same_numbers('a run', temp + '/out')
        svg = xml.dom.minidom.parse(temp + '/out/loss.svg')
        check('the curve has what was learned from, smoothed, and measured', len(svg.getElementsByTagName('polyline')) == 3)
        try:
            from PIL import Image
            picture = Image.open(temp + '/out/loss.png').convert('RGB')
            colours = {picture.getpixel((x, y)) for x in range(0, picture.width, 2) for y in range(0, picture.height, 2)}
            check('the same as a PNG', picture.size == (1520, 880) and {(255, 255, 255), (0x1b, 0x6c, 0xa8), (0xc8, 0x55, 0x3d)} <= colours, f'{picture.size} {len(colours)}')
        except ImportError:
            skip('the same as a PNG', 'PIL is absent')
        train('--config', tiny(temp, temp + '/parts', **more, max_steps=25))
        r = train('--config', tiny(temp, temp + '/parts', **more), '--resume')
        same_numbers('a run that went on', temp + '/parts')
        known = [[{k: v for k, v in row.items() if k not in ('tokens_per_second', 'product_gops', 'product_time')} for row in rows(temp + part)] for part in ('/out', '/parts')]
        check('and has the rows of one that was never stopped', r.returncode == 0 and known[0][:20] == known[1][:20] and len(glob.glob(temp + '/parts/events*')) == 2, r.stderr)


def best():
    """Learning what is not what is measured, so that measurements get worse."""
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp, 16)
        os.mkdir(temp + '/other')
        random_rows(temp + '/other', 40, 12)
        r = train('--config', tiny(temp, temp + '/out', eval_dataset=temp + '/other/data.jsonl', eval_steps=5, max_steps=400, learning_rate='1.0e-2', early_stopping_steps=3,
                                   load_best_model_at_end='true', save_steps=1000, lr_scheduler_type='constant'))
        if r.returncode:
            return check('early stop', False, r.stderr)
        measured = [(row['eval_loss'], row['step']) for row in rows(temp + '/out') if 'eval_loss' in row]
        lowest = min(measured)
        check('ends when measurements stay as they are', measured[-1][1] == lowest[1] + 15 < 400 and 'enough' in r.stderr, f'{measured} {r.stderr}')
        check('keeps the best and leaves it', tensors(temp + '/out/best/model.safetensors') == tensors(temp + '/out/model.safetensors'))
        again = train('--config', tiny(temp, temp + '/again', model=temp + '/out/best', eval_dataset=temp + '/other/data.jsonl', max_steps=1, learning_rate=0))
        check('what it kept measures so', again.returncode == 0 and abs(rows(temp + '/again')[-1]['eval_loss'] - lowest[0]) < 1e-6, again.stderr or str(lowest))
        r = train('--config', tiny(temp, temp + '/none', early_stopping_steps=3))
        check('refuses an end by measurements without any', r.returncode == 2 and 'eval_dataset' in r.stderr, r.stderr)


def plateau():
    if not TORCH:
        return skip('plateau', 'torch is absent')
    import torch
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp, 16)
        os.mkdir(temp + '/other')
        random_rows(temp + '/other', 40, 12)
        how = dict(eval_dataset=temp + '/other/data.jsonl', eval_steps=2, learning_rate='1.0e-2', lr_scheduler_type='plateau', lr_plateau_patience=2, lr_plateau_factor=0.5, min_learning_rate=1e-3, warmup_steps=0)
        r = train('--config', tiny(temp, temp + '/out', **how, max_steps=60))
        p = torch.nn.Parameter(torch.zeros(1))
        opt = torch.optim.SGD([p], lr=1e-2)
        theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=2, min_lr=1e-3, eps=0)
        off = 0
        for row in rows(temp + '/out') if r.returncode == 0 else []:
            if 'lr' in row:
                off = max(off, abs(row['lr'] - opt.param_groups[0]['lr']))
            else:
                theirs.step(row['eval_loss'])
        check('the schedule plateau goes down as PyTorch\'s', r.returncode == 0 and off < 1e-12 and opt.param_groups[0]['lr'] < 9e-3, r.stderr or f'off by {off}, ends at {opt.param_groups[0]["lr"]}')
        train('--config', tiny(temp, temp + '/parts', **how, max_steps=30))
        train('--config', tiny(temp, temp + '/parts', **how, max_steps=60), '--resume')
        check('and goes on bit for bit', [x.get('lr') for x in rows(temp + '/parts')] == [x.get('lr') for x in rows(temp + '/out')] and losses(temp + '/parts') == losses(temp + '/out'))


def plan():
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp)
        r = subprocess.run([INK, 'train', '--config', tiny(temp, temp + '/out'), '--plan', '--json'], capture_output=True, text=True)
        if r.returncode:
            return check('plan', False, r.stderr)
        p = json.loads(r.stdout)
        count = sum(len(v) for v in tensors(GOLD + '/llama/init/model.safetensors').values())
        check('a plan counts parameters', p['parameters'] == count == sum(x['parameters'] for x in p['parts'].values()) and p['learning'] == count, f'{p["parameters"]} {count}')
        check('and steps, tokens and time, and leaves nothing', p['epoch_steps'] == 50 and p['steps'] == 60 and p['deserved_tokens'] == 20 * count and p['seconds'] > 0 and not os.path.exists(temp + '/out'), r.stdout)
        r = subprocess.run([INK, 'train', '--config', tiny(temp, temp + '/out', method='lora'), '--plan', '--json'], capture_output=True, text=True)
        p = json.loads(r.stdout)
        check('of an adapter too', 0 < p['learning'] == p['parts']['adapter']['parameters'] < p['parameters'], r.stdout + r.stderr)
        with open(temp + '/huge.json', 'w') as f:
            json.dump({'model_type': 'gpt2', 'vocab_size': 60000, 'n_layer': 1, 'n_head': 4, 'n_embd': 64, 'n_positions': 4096}, f)
        with open(temp + '/long.jsonl', 'w') as f:
            f.write(json.dumps({'input_ids': [1, 2] * 2048}))
        r = subprocess.run([INK, 'train', '--config', tiny(temp, temp + '/out', model=temp + '/huge.json', dataset=temp + '/long.jsonl', per_device_train_batch_size=16384, cutoff_len=4096), '--plan'],
                           capture_output=True, text=True)
        check('and refuses what does not fit', r.returncode == 1 and 'does not fit' in r.stderr, r.stderr)


def recompute():
    """What is computed twice changes nothing but memory."""
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp)
        for name, more in (('llama', {'dropout': 0.1}), ('gpt2', {'dtype': 'bf16', 'dropout': 0.1}), ('llama', {'method': 'lora', 'lora_dropout': 0.1, 'dtype': 'bf16'})):
            made, need = {}, {}
            for how in ('off', 'cheap', 'wide', 'layers', 'auto'):
                words = {**more, 'model': f'{GOLD}/{name}/init', 'recompute': how, 'max_steps': 6, 'threads': 1 if how == 'off' else 2}
                r = train('--config', tiny(temp, f'{temp}/{how}', **words, overwrite_output_dir='true'))
                if r.returncode:
                    return check(f'recompute={how} of {name}', False, r.stderr)
                file = 'adapter_model' if 'method' in more else 'model'
                with open(f'{temp}/{how}/{file}.safetensors', 'rb') as f:
                    made[how] = losses(f'{temp}/{how}'), f.read()
                p = json.loads(train('--config', tiny(temp, f'{temp}/plan', **{**words, 'threads': 2}), '--plan', '--json').stdout)
                need[how] = p['plan_bytes']
                if how == 'auto':
                    check(f'auto chooses for {name} {more}', p['recompute'] in ('cheap', 'wide') and p['fullest'], str(p))
            check(f'{name} {more} learns the same, bit for bit, whatever is computed twice', all(m == made['off'] for m in made.values()), str([how for how in made if made[how] != made['off']]))
            check('and takes less memory', need['cheap'] < need['off'] and need['wide'] <= need['cheap'], str(need))


def pairs():
    if not os.path.exists(BLIMP):
        return skip('minimal pairs', '../shared/data/eval is absent')
    with tempfile.TemporaryDirectory() as temp:
        with open(BLIMP) as f:
            lines = f.readlines()[:200]
        sentences = [(json.loads(line)['sentence_good'], json.loads(line)['sentence_bad']) for line in lines]
        os.mkdir(temp + '/pairs')
        with open(temp + '/pairs/some.jsonl', 'w') as f:
            f.write(''.join(lines))
        with open(temp + '/text.txt', 'w') as f:
            f.write('\n'.join(good + ' ' + bad for good, bad in sentences))
        with open(temp + '/gpt2.json', 'w') as f:
            json.dump({'model_type': 'gpt2', 'architectures': ['GPT2LMHeadModel'], 'vocab_size': 300, 'n_layer': 2, 'n_head': 2, 'n_embd': 32, 'n_positions': 128}, f)
        r = train('--config', config(temp, stage='pretrain', model=temp + '/gpt2.json', tokenizer='char', dataset=temp + '/text.txt', output_dir=temp + '/out', eval_pairs=temp + '/pairs', max_steps=30,
                                     per_device_train_batch_size=8, cutoff_len=64, learning_rate='3.0e-3'))
        got = [row['pairs_accuracy'] for row in rows(temp + '/out') if 'pairs_accuracy' in row] if r.returncode == 0 else []
        if len(got) != 1:
            return check('minimal pairs', False, r.stderr)
        with open(temp + '/bad.jsonl', 'w') as f:
            f.write('{"sentence_good": "Ann sat.", "sentence_bed": "Ann sit."}\n')
        bad = train('--config', temp + '/run.yaml', f'output_dir={temp}/bad', f'eval_pairs={temp}/bad.jsonl')
        check('refuses pairs that are none', bad.returncode == 1 and 'sentence_bad' in bad.stderr and 'line 1' in bad.stderr, bad.stderr)
        if not oracle.has('torch', 'transformers'):
            return skip('minimal pairs', 'transformers is absent')
        import torch, transformers
        model, tokens = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(temp + '/out')).eval(), transformers.PreTrainedTokenizerFast(tokenizer_file=temp + '/out/tokenizer.json')
        shapes = {k: v.shape for k, v in model.state_dict().items()}
        model.load_state_dict({k: torch.tensor(v).reshape(shapes[k]) for k, v in tensors(temp + '/out/model.safetensors').items()}, strict=False)

        def likely(text):
            ids = torch.tensor([tokens(text)['input_ids']])
            with torch.no_grad():
                p = model(ids).logits.log_softmax(-1)
            return p[0, :-1].gather(1, ids[0, 1:, None]).sum().item()
        want = sum(likely(good) > likely(bad) for good, bad in sentences) / len(sentences)
        check('minimal pairs are judged as transformers judges them', abs(got[0] - want) < 1.5 / len(sentences), f'{got[0]}, should be {want}')


def steps_of_torch(name, batches, count, model):
    """Losses of `count` steps over the batches in turn, the weights after them, and their average that keeps 0.8."""
    import torch
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
    hidden = [p for k, p in model.named_parameters() if '.layers.' in k and p.ndim == 2]
    others = [p for k, p in model.named_parameters() if not ('.layers.' in k and p.ndim == 2)]

    def groups(these):
        return [{'params': [p for p in these if p.ndim > 1], 'weight_decay': 0.1}, {'params': [p for p in these if p.ndim == 1], 'weight_decay': 0}]
    if name == 'adafactor':
        how = [torch.optim.Adafactor(groups(hidden + others), lr=1e-2)]
    elif name == 'muon':
        torch.Tensor.bfloat16 = torch.Tensor.float  # it iterates in bf16, inkstone in floats
        how = [torch.optim.Muon(hidden, lr=1e-3, weight_decay=0.1, adjust_lr_fn='match_rms_adamw'), torch.optim.AdamW(groups(others), lr=1e-3, betas=(0.9, 0.95))]
    else:
        how = [torch.optim.AdamW(groups(hidden + others), lr=1e-3, betas=(0.9, 0.95))]
    average, lost = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.8)), []
    for i in range(count):
        ids = torch.tensor(batches[i % len(batches)])
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for o in how:
            o.step()
            o.zero_grad()
        average.update_parameters(model)
        lost.append(loss.item())
    flat = lambda m: {k: v.flatten().tolist() for k, v in m.state_dict().items()}
    return lost, flat(model), flat(average.module)


def optimisers():
    if not oracle.has('torch', 'transformers'):
        return skip('optimisers', 'transformers is absent')
    import torch, transformers
    with open(GOLD + '/llama/run.json') as f:
        batches = json.load(f)['batches']
    with tempfile.TemporaryDirectory() as temp:
        for name, rate, more, near in (('adafactor', '1.0e-2', {}, 1e-5), ('muon', '1.0e-3', {}, 1e-4), ('adamw', '1.0e-3', {'ema_decay': 0.8}, 1e-5)):
            torch.manual_seed(0)
            lost, weights, average = steps_of_torch(name, batches, len(batches), transformers.AutoModelForCausalLM.from_pretrained(GOLD + '/llama/init', dtype=torch.float32))
            how = {**ADAMW, 'optim': name, 'model': GOLD + '/llama/init', 'method': 'full', 'dataset': data(temp, batches), 'per_device_train_batch_size': len(batches[0]), 'learning_rate': rate,
                   'weight_decay': 0.1, 'max_steps': len(batches), 'save_steps': 4, **more}
            r = train('--config', config(temp, **how, output_dir=f'{temp}/{name}'))
            if r.returncode:
                check(f'{name} steps as PyTorch', False, r.stderr)
                continue
            off = max(abs(a / b - 1) for a, b in zip(losses(f'{temp}/{name}'), lost))
            check(f'{name} has the losses of PyTorch', off < near, f'off by {off:.1e}')
            want, got = average if more else weights, tensors(f'{temp}/{name}/model.safetensors')
            off = max(abs(a - b) for k in got for a, b in zip(got[k], want[k]))
            check(f'{name}{" averaged" if more else ""} has the weights of PyTorch', off < 10 * near, f'off by {off:.1e}')
            for threads in (1, 3):
                train('--config', config(temp, **{**how, 'max_steps': 4}, output_dir=f'{temp}/{name}{threads}', threads=threads))
                train('--config', config(temp, **how, output_dir=f'{temp}/{name}{threads}', threads=threads), '--resume')
            check(f'{name} goes on bit for bit, with one thread and with three', all(tensors(f'{temp}/{name}{t}/model.safetensors') == got for t in (1, 3)))


def dropped():
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp)
        with open(temp + '/lstm.json', 'w') as f:
            json.dump({'model_type': 'lstm', 'vocab_size': 64, 'hidden_size': 32, 'num_layers': 2}, f)
        for name, more in (('dropout', {'dropout': 0.2}), ('lora_dropout', {'lora_dropout': 0.2, 'method': 'lora', 'learning_rate': '1.0e-2'}), ('dropout of a recurrent model', {'dropout': 0.2, 'model': temp + '/lstm.json'})):
            how = {'lr_scheduler_type': 'constant', **more}
            plain = {k: v for k, v in how.items() if 'dropout' not in k}
            for part, extra in (('whole', {}), ('other', {'seed': 7}), ('threads', {'threads': 1})):
                r = train('--config', tiny(temp, f'{temp}/{part}', **{**how, **extra}, max_steps=12, overwrite_output_dir='true'))
            train('--config', tiny(temp, temp + '/halves', **how, max_steps=5, overwrite_output_dir='true'))
            train('--config', tiny(temp, temp + '/halves', **how, max_steps=12), '--resume')
            train('--config', tiny(temp, temp + '/plain', **plain, max_steps=12, overwrite_output_dir='true'))
            whole = losses(temp + '/whole') if r.returncode == 0 else []
            check(f'{name}: goes on bit for bit, with any threads', len(whole) == 12 and whole == losses(temp + '/halves') == losses(temp + '/threads'), r.stderr or str(whole))
            check(f'{name}: loses other values with another seed, and none without it', whole != losses(temp + '/other') and whole != losses(temp + '/plain'))
        r = train('--config', tiny(temp, temp + '/none', lora_dropout=0.1))
        check('refuses a lora_dropout where there is no LoRA', r.returncode != 0 and 'lora_dropout' in r.stderr, r.stderr)


def packed():
    """All samples in one step have one loss and one gradient, packed or not: nothing is seen from one to the next."""
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp, 60, 20)
        seen = []
        for name, more in (('apart', {'per_device_train_batch_size': 60}), ('packed', {'per_device_train_batch_size': 30, 'packing': 'true', 'cutoff_len': 40})):
            r = train('--config', tiny(temp, f'{temp}/{name}', **more, gradient_accumulation_steps=1, max_steps=3, lr_scheduler_type='constant'))
            seen.append([(row['loss'], row['grad_norm'], row['epoch']) for row in rows(f'{temp}/{name}')] if r.returncode == 0 else [])
        off = max([abs(a / b - 1) for x, y in zip(*seen) for a, b in zip(x, y)] or [9])
        check('packed samples learn as they do apart', off < 1e-4, r.stderr or f'{seen}')
        p = [json.loads(subprocess.run([INK, 'train', '--config', tiny(temp, temp + '/plan', **more, num_train_epochs=1), '--plan', '--json'], capture_output=True, text=True).stdout)['epoch_steps']
             for more in ({'per_device_train_batch_size': 1, 'gradient_accumulation_steps': 1}, {'per_device_train_batch_size': 1, 'gradient_accumulation_steps': 1, 'packing': 'true', 'cutoff_len': 40})]
        with open(temp + '/data.jsonl') as f:
            least = -(-sum(len(json.loads(line)['input_ids']) for line in f) // 40)
        check('packs are nearly full', p[0] == 60 and least <= p[1] <= least + 2, f'{p}, at least {least}')
        r = train('--config', tiny(temp, temp + '/no', packing='true', cutoff_len=40, method='prompt', num_virtual_tokens=4))
        check('refuses to pack behind prompts', r.returncode == 1 and 'prompt' in r.stderr, r.stderr)


def main():
    if not os.path.isdir(GOLD):
        return skip('everything', '../shared/golden/train is absent')
    logs()
    best()
    plateau()
    plan()
    recompute()
    pairs()
    optimisers()
    dropped()
    packed()


main()
