"""The words of LLaMA-Factory's files: the examples that it ships run as they stand, and each key does what it says, is refused in a sentence, or is told to have no effect."""
import json, os, re, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
from teaching import INK, ROOT, config, losses, run, tensors, train

LLAMA = {'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', 'vocab_size': 128, 'hidden_size': 32, 'intermediate_size': 64, 'num_hidden_layers': 2, 'num_attention_heads': 4,
         'num_key_value_heads': 2, 'max_position_embeddings': 2048, 'rms_norm_eps': 1e-5, 'rope_theta': 10000.0, 'tie_word_embeddings': False}
SHIPPED = """### model
model_name_or_path: {model}
trust_remote_code: true

### method
stage: {stage}
do_train: true
finetuning_type: {method}
{more}

### dataset
dataset: {data}
{template}
cutoff_len: 2048
max_samples: 1000
overwrite_cache: true
preprocessing_num_workers: 16
dataloader_num_workers: 4

### output
output_dir: saves/{method}/{stage}
logging_steps: 10
save_steps: 500
plot_loss: true
overwrite_output_dir: true
save_only_model: false
report_to: none  # choices: [none, wandb, tensorboard, swanlab, mlflow]

### train
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
num_train_epochs: 3.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
ddp_timeout: 180000000
resume_from_checkpoint: null

### eval
val_size: 0.1
per_device_eval_batch_size: 1
eval_strategy: steps
eval_steps: 500
"""


def check(name, ok, why=''):
    print(f'ok - train_words {name}' if ok else f'not ok - train_words {name}: {str(why)[:900]}', flush=True)


def rows(folder):
    with open(folder + '/log.jsonl') as f:
        return [json.loads(line) for line in f]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text)
    return path


def lines(path, items):
    return write(path, ''.join(json.dumps(x) + '\n' for x in items))


def plan(*words):
    r = train(*words, '--plan', '--json')
    return json.loads(r.stdout) if not r.returncode else {'error': r.stderr}


def make(temp):
    """A model of letters without a chat template, and data sets in the way that LLaMA-Factory keeps them."""
    write(temp + '/config.json', json.dumps(LLAMA))
    write(temp + '/letters.txt', ''.join(map(chr, range(32, 127))) + '\n' + 'again and again\n')
    r = train(f'model={temp}/config.json', 'tokenizer=char', f'dataset={temp}/letters.txt', f'output_dir={temp}/base', 'max_steps=1', 'cutoff_len=64')
    asked = [{'instruction': f'say {i}', 'input': '', 'output': f'it is {i * i}'} for i in range(20)]
    write(temp + '/data/identity.json', json.dumps(asked[:12], indent=1))
    write(temp + '/data/alpaca.json', json.dumps(asked, indent=1))
    lines(temp + '/data/c4.jsonl', [{'text': f'text number {i} tells of the number {i * i}. ' * 3} for i in range(24)])
    write(temp + '/data/dataset_info.json', json.dumps({'identity': {'file_name': 'identity.json'}, 'alpaca_en_demo': {'file_name': 'alpaca.json'},
                                                          'c4_demo': {'file_name': 'c4.jsonl', 'columns': {'prompt': 'text'}}}))
    return r


def shipped(temp):
    """What LLaMA-Factory ships for LoRA, for all weights and for texts, with another model's name."""
    for name, how in (('lora_sft', {'stage': 'sft', 'method': 'lora', 'more': 'lora_rank: 8\nlora_target: all', 'data': 'identity,alpaca_en_demo', 'template': 'template: alpaca'}),
                      ('full_sft', {'stage': 'sft', 'method': 'full', 'more': 'deepspeed: examples/deepspeed/ds_z3_config.json', 'data': 'identity,alpaca_en_demo', 'template': 'template: default'}),
                      ('lora_pretrain', {'stage': 'pt', 'method': 'lora', 'more': 'lora_rank: 8\nlora_target: all', 'data': 'c4_demo', 'template': ''})):
        path, out = write(f'{temp}/{name}.yaml', SHIPPED.format(model='base', **how)), f'{temp}/saves/{how["method"]}/{how["stage"]}'
        r = subprocess.run([INK, 'train', '--config', path], capture_output=True, text=True, timeout=120, cwd=temp)
        if r.returncode:
            check(f'{name}.yaml runs as it stands', False, r.stderr)
            continue
        count = 24 if how['stage'] == 'pt' else 32
        aside = -(-count // 10)
        steps = 3 * -(-(count - aside) // 8)
        check(f'{name}.yaml runs as it stands', len(losses(out)) == steps and [x['step'] for x in rows(out) if 'eval_loss' in x] == [steps], (steps, rows(out)))
        check(f'{name}.yaml: what has no effect is told once, in a line', re.findall('no effect here: .*', r.stderr) ==
              ['no effect here: ' + ('deepspeed, ' if 'deepspeed' in how['more'] else '') + 'overwrite_cache, preprocessing_num_workers, dataloader_num_workers, ddp_timeout'], r.stderr)
        check(f'{name}.yaml: a line every ten steps, and at the end', len(re.findall('step [0-9]+ of', r.stderr)) == -(-steps // 10), r.stderr)


REFUSED = {'report_to=wandb': 'reports to nobody', 'report_to=tensorboard,wandb': 'none or tensorboard', 'fp16=true': 'bf16: true', 'do_train=false': 'inkstone perplexity', 'val_size=1.5': 'whole number', 'val_size=-0.1': 'val_size wants',
           'val_size=24': 'none is left', 'max_samples=0': 'max_samples wants', 'max_samples=many': 'max_samples wants', 'dataset_dir=nowhere': 'nowhere/dataset_info.json', 'template=llama3': '<|eot_id|>', 'template=qwen': 'alpaca, chatml',
           'logging_steps=0': 'logging_steps wants', 'eval_strategy=sometimes': 'no, steps or epoch', 'eval_strategy=steps': 'nothing to measure', 'save_strategy=often': 'no, steps or epoch', 'per_device_eval_batch_size=0': 'wants a whole number',
           'use_dora=perhaps': 'on or off', 'quantization_bit=3': 'none, 4 or 8', 'resume_from_checkpoint=nowhere': 'trainer_state.json', 'save_only_model=perhaps': 'on or off', 'overwrite_cache=perhaps': 'on or off',
           'preprocessing_num_workers=few': 'whole number', 'ddp_timeout=long': 'whole number', 'vall_size=0.1': 'did you mean val_size?', 'model_name_or_pat=x': 'did you mean model_name_or_path?', 'stage=dpo': 'stage wants',
           'quite_another_word=1': 'inkstone train --keys', 'metric_for_best_model=accuracy': 'lowest eval_loss', 'pissa_convert=false': 'LoRA for any reader', 'dataset=identitty': 'did you mean identity?', 'push_to_hub=true': 'nothing leaves'}


def refused(temp):
    base = [f'model={temp}/base', 'dataset=identity', f'dataset_dir={temp}/data', 'stage=sft', 'method=lora', f'output_dir={temp}/no', 'max_steps=1']
    bad = {}
    for word, why in REFUSED.items():
        r = train(*base, *(['dataset=c4_demo', 'stage=pretrain'] if word == 'val_size=24' else []), word)
        if not r.returncode or why not in r.stderr or r.stderr.count('\n') > 1:
            bad[word] = r.stderr
    check('what cannot be is refused in one sentence', not bad, bad)
    pairs = {('val_size=0.1', 'eval_dataset=identity'): 'one or the other', ('use_dora=true', 'method=full'): 'method lora', ('quantization_bit=4', 'method=full'): 'method lora', ('use_dora=true', 'quantization_bit=4'): 'one or the other',
             ('eval_strategy=no', 'val_size=2', 'load_best_model_at_end=true'): 'eval_strategy is no'}
    bad = {words: r.stderr for words, why in pairs.items() for r in [train(*base, *words)] if not r.returncode or why not in r.stderr}
    check('so are words that contradict each other', not bad, bad)
    r = train(*base, 'bf16=True', 'do_train=True', 'optim=adamw_torch', 'lr_scheduler_type=constant_with_warmup', 'report_to=tensorboard', 'eval_strategy=no', 'eval_steps=5', 'val_size=2')
    check('words of transformers and Python\'s capitals are understood; what others make void is told', not r.returncode and 'eval_steps (eval_strategy is no)' in r.stderr and not [x for x in rows(temp + '/no') if 'eval_loss' in x], r.stderr)


def aside(temp):
    """Rows whose lengths are powers of two: the tokens that are learned say which rows they are."""
    texts = [{'input_ids': [(7 * i + j) % 90 for j in range(2 ** i)]} for i in range(1, 11)]
    base = [f'model={temp}/base', f'dataset={lines(temp + "/powers.jsonl", texts)}', 'cutoff_len=2048', 'per_device_train_batch_size=1', 'num_train_epochs=1', f'output_dir={temp}/aside', 'overwrite_output_dir=true', 'learning_rate=0']
    for size, count in (('0.25', 3), ('4', 4)):
        p = plan(*base, f'val_size={size}')
        learned = int(p.get('tokens', 0))
        kept = [x for i, x in enumerate(texts) if learned >> (i + 1) & 1]
        check(f'val_size={size} sets so many rows aside', p.get('samples') == len(kept) == len(texts) - count and sum(len(x['input_ids']) for x in kept) == learned, p)
        r = [train(*base, f'val_size={size}', 'max_steps=1')]
        told = rows(temp + '/aside')[-1].get('eval_loss') if not r[0].returncode else r[0].stderr
        r.append(train(*base, f'eval_dataset={lines(temp + "/rest.jsonl", [x for x in texts if x not in kept])}', 'max_steps=1'))
        want = rows(temp + '/aside')[-1].get('eval_loss') if not r[1].returncode else r[1].stderr
        check(f'val_size={size}: what is measured are the others, and no row of those that are learned', isinstance(told, float) and abs(told / want - 1) < 1e-6, (told, want))
    seeds = {int(plan(*base, 'val_size=3', f'seed={seed}')['tokens']) for seed in (1, 1, 2, 3)}
    check('the seed says which', len(seeds) == 3, seeds)
    base = [*base, f'dataset={temp}/data/c4.jsonl', 'learning_rate=0.01', 'val_size=0.2', 'eval_steps=2', 'save_steps=3', 'num_train_epochs=2', 'per_device_train_batch_size=4']
    done = [train(*base, f'output_dir={temp}/whole'), train(*base, f'output_dir={temp}/halves', 'max_steps=3'), train(*base, f'output_dir={temp}/halves', '--resume')]
    numbers = [[(x['step'], x.get('loss'), x.get('eval_loss')) for x in rows(temp + part)] for part in ('/whole', '/halves')]
    numbers[1] = [x for x in numbers[1] if x[0] != 3 or x[2] is None]  # the first half measured at its end
    check('a run that goes on sets the same rows aside', not any(r.returncode for r in done) and [x[0] for x in numbers[0]] == [x[0] for x in numbers[1]] and [x[2] for x in numbers[0]][-1] is not None, [r.stderr for r in done] + numbers)
    p = [plan(*base, 'val_size=0.5', f'cutoff_len={n}', 'num_train_epochs=1') for n in (2048, 16)]
    check('what was cut from a row stays with it', all('error' not in x for x in p) and p[1]['samples'] > p[0]['samples'] == 12 and abs(p[0]['tokens'] - p[1]['tokens']) <= p[0]['samples'], p)


def sets(temp):
    base = [f'model={temp}/base', f'output_dir={temp}/sets', 'stage=sft', f'dataset_dir={temp}/data']
    got = {words: plan(*base, *words).get('samples') for words in ((f'dataset=identity, alpaca_en_demo',), ('dataset=alpaca_en_demo',), ('dataset=alpaca.json',), ('dataset=identity,alpaca_en_demo', 'max_samples=5'),
                                                                    ('dataset=alpaca_en_demo', 'max_samples=1000'), ('dataset=c4_demo', 'stage=pretrain', 'max_samples=7'))}
    check('data sets are found by name, and read as far as max_samples says', list(got.values()) == [32, 20, 20, 10, 20, 7], got)
    p = plan(*base[:2], f'dataset={temp}/letters.txt', 'cutoff_len=16', 'max_samples=2')
    check('max_samples counts samples of running text', p.get('samples') == 2, p)
    os.makedirs(temp + '/elsewhere', exist_ok=True)
    write(temp + '/elsewhere/run.yaml', f'model: {temp}/base\noutput_dir: {temp}/sets\nstage: sft\ndataset_dir: ../data\ndataset: identity\n')
    p = plan('--config', temp + '/elsewhere/run.yaml')
    check('a folder is looked for beside the file that names it', p.get('samples') == 12, p)
    r = train(*base, 'dataset=identity', 'eval_dataset=alpaca_en_demo', 'max_samples=6', 'max_steps=1', 'overwrite_output_dir=true')
    check('for what is measured too', not r.returncode and 'eval_loss' in rows(temp + '/sets')[-1], r.stderr)


def rendered(model, temp):
    write(temp + '/said.json', json.dumps([{'role': 'user', 'content': 'hi'}, {'role': 'assistant', 'content': 'oh'}, {'role': 'user', 'content': 'so'}]))
    return run('template', '-m', model, '--messages', temp + '/said.json').stdout.rstrip('\n')


def templates(temp):
    base = [f'model={temp}/base', 'dataset=identity', f'dataset_dir={temp}/data', 'stage=sft', 'max_steps=2', 'learning_rate=0', 'overwrite_output_dir=true']
    want = {'default': '### Instruction:\nhi\n\n### Response:\noh\n\n### Instruction:\nso\n\n### Response:',
            'alpaca': 'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nhi\n\n### Response:\noh\n\n### Instruction:\nso\n\n### Response:',
            'vicuna': "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. USER: hi ASSISTANT: ohUSER: so ASSISTANT:"}
    for name, text in want.items():
        r = train(*base, f'template={name}', f'output_dir={temp}/{name}')
        got = rendered(f'{temp}/{name}', temp) if not r.returncode else r.stderr
        check(f'template {name} is left with a model that had none', got.rstrip() == text, (got, text))
        again = train(*base, f'model={temp}/{name}', 'template=llama3', f'output_dir={temp}/again')
        check(f'and that model keeps it (template {name}), with the same losses', not again.returncode and losses(temp + '/again') == losses(f'{temp}/{name}') and 'template llama3 is not needed' in again.stderr, again.stderr)
    check('templates differ in what is learned', losses(temp + '/default') != losses(temp + '/vicuna'))
    r = train(*base, 'method=lora', f'output_dir={temp}/lora')
    check('beside an adapter too, without being asked', not r.returncode and os.path.exists(temp + '/lora/chat_template.jinja'), r.stderr)


def when(temp):
    base = [f'model={temp}/base', f'dataset={temp}/data/c4.jsonl', 'val_size=4', 'per_device_train_batch_size=4', 'num_train_epochs=3', 'save_total_limit=100', f'output_dir={temp}/when', 'overwrite_output_dir=true']  # 5 steps an epoch

    def seen(*words):
        r = train(*base, *words)
        if r.returncode:
            return r.stderr
        saved = sorted(int(x.split('-')[1]) for x in os.listdir(temp + '/when') if x.startswith('checkpoint-'))
        return [x['step'] for x in rows(temp + '/when') if 'eval_loss' in x], saved
    want = {('eval_strategy=steps', 'eval_steps=4', 'save_strategy=epoch'): ([4, 8, 12, 15], [5, 10, 15]), ('eval_strategy=epoch', 'eval_steps=4', 'save_strategy=steps', 'save_steps=7'): ([5, 10, 15], [7, 14, 15]),
            ('eval_strategy=no', 'save_strategy=no'): ([], []), ('evaluation_strategy=steps', 'logging_steps=6'): ([6, 12, 15], [15]), ('eval_strategy=steps',): ([15], [15]), (): ([15], [15])}
    got = {words: seen(*words) for words in want}
    check('measurements and checkpoints come when they should', got == want, {k: v for k, v in got.items() if v != want[k]})
    check('a run without checkpoints leaves its model and its curve', seen('save_strategy=no') == ([15], []) and all(os.path.exists(f'{temp}/when/{x}') for x in ('model.safetensors', 'loss.svg')))
    r = train(*base, 'logging_steps=4')
    told = [(int(a), float(b), int(c)) for a, b, c in re.findall(r'step (\d+) of 15, .*loss ([\d.]+) \(mean of (\d+)\)', r.stderr)]
    have = losses(temp + '/when')
    check('lines every logging_steps tell the mean of their losses', [(a, c) for a, _, c in told] == [(4, 4), (8, 4), (12, 4), (15, 3)] and all(abs(sum(have[a - c:a]) / c - b) < 1e-4 for a, b, c in told), (told, have))
    made = []
    for batch in (1, 3, 40):
        p, r = plan(*base, f'per_device_eval_batch_size={batch}'), train(*base, f'per_device_eval_batch_size={batch}', 'learning_rate=0', 'max_steps=1')
        made.append((p.get('plan_bytes'), rows(temp + '/when')[-1].get('eval_loss') if not r.returncode else r.stderr))
    check('per_device_eval_batch_size changes no loss, and what it takes', made[0][0] <= made[1][0] < made[2][0] and all(abs(x[1] / made[0][1] - 1) < 1e-6 for x in made), made)


def checkpoints(temp):
    base = [f'model={temp}/base', f'dataset={temp}/data/c4.jsonl', 'method=lora', 'per_device_train_batch_size=4', 'max_steps=9', 'save_steps=3', 'learning_rate=0.01', 'save_total_limit=100']
    r = [train(*base, f'output_dir={temp}/once'), train(*base, f'output_dir={temp}/other', f'resume_from_checkpoint={temp}/once/checkpoint-6'), train(*base, f'output_dir={temp}/begun', 'max_steps=3'),
         train(*base, f'output_dir={temp}/begun', 'resume_from_checkpoint=true'), train(*base, f'output_dir={temp}/begun', f'resume_from_checkpoint={temp}/begun/checkpoint-9', 'max_steps=12')]
    end = [tensors(f'{temp}/{x}/adapter_model.safetensors') for x in ('once', 'other')] if not any(x.returncode for x in r) else [0, 1]
    check('resume_from_checkpoint goes on from the newest, from one that is named, and from another run\'s, bit for bit', end[0] == end[1] and losses(temp + '/other') == losses(temp + '/once')[6:] and len(losses(temp + '/begun')) == 12,
          [x.stderr for x in r])
    r = [train(*base, f'output_dir={temp}/once', f'resume_from_checkpoint={temp}/once/checkpoint-3'), train(*base, f'output_dir={temp}/begun', f'resume_from_checkpoint={temp}/once/checkpoint-6')]
    check('newer checkpoints, and those of a run of its own, are in the way', 'checkpoint-9 is newer' in r[0].stderr and 'overwrite_output_dir' in r[1].stderr and all(x.returncode for x in r), [x.stderr for x in r])
    r = train(*base, f'output_dir={temp}/alone', 'save_only_model=true')
    files = sorted(os.listdir(temp + '/alone/checkpoint-6')) if not r.returncode else r.stderr
    check('save_only_model leaves the model alone', 'adapter_model.safetensors' in files and 'optimizer.safetensors' not in files and tensors(temp + '/alone/checkpoint-6/adapter_model.safetensors') ==
          tensors(temp + '/once/checkpoint-6/adapter_model.safetensors'), files)
    r = train(*base, f'output_dir={temp}/alone', 'save_only_model=true', '--resume', 'max_steps=12')
    check('from which no run goes on', r.returncode == 1 and 'save_only_model' in r.stderr, r.stderr)
    p = subprocess.Popen([INK, 'train', *base, f'output_dir={temp}/stopped', 'save_only_model=true', 'save_strategy=no', 'max_steps=100000'], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for _ in range(300):
        time.sleep(0.1)
        if os.path.exists(temp + '/stopped/log.jsonl') and os.path.getsize(temp + '/stopped/log.jsonl'):
            break
    p.send_signal(signal.SIGINT)
    said = p.communicate(timeout=60)[1]
    r = train(*base, f'output_dir={temp}/stopped', '--resume', 'max_steps=1')
    check('but from what Ctrl-C leaves one does', p.returncode == 75 and not r.returncode and 'going on after' in r.stderr, said + r.stderr)


def methods(temp):
    base = [f'model={temp}/base', f'dataset={temp}/data/c4.jsonl', 'method=lora', 'max_steps=2', 'overwrite_output_dir=true']
    r = train(*base, 'use_dora=true', f'output_dir={temp}/dora')
    check('use_dora is DoRA', not r.returncode and any('lora_magnitude_vector' in k for k in tensors(temp + '/dora/adapter_model.safetensors')), r.stderr)
    ids = lines(temp + '/ids.jsonl', [{'input_ids': [(3 * i + j) % 64 for j in range(20)]} for i in range(12)])
    write(temp + '/plain/config.json', json.dumps({**LLAMA, 'hidden_size': 256, 'intermediate_size': 256}))  # rows of whole blocks; no tokenizer that would want a name
    made = train(f'model={temp}/plain', f'dataset={ids}', f'output_dir={temp}/wide', 'max_steps=1', 'learning_rate=0')
    base = [f'model={temp}/wide', f'dataset={ids}', 'method=lora', 'max_steps=4', 'learning_rate=0.01', 'overwrite_output_dir=true']
    for bits, kind in ((4, 'Q4_K_M'), (8, 'Q8_0')):
        r = [train(*base, f'quantization_bit={bits}', 'quantization_method=bitsandbytes', f'output_dir={temp}/bits{bits}'), run('quantize', temp + '/wide', f'{temp}/own{bits}.gguf', kind),
             train(*base, f'model={temp}/own{bits}.gguf', 'method=qlora', f'output_dir={temp}/own{bits}')]
        same = not any(x.returncode for x in r) and losses(f'{temp}/bits{bits}') == losses(f'{temp}/own{bits}')
        check(f'quantization_bit={bits} is method qlora over {kind}, and is told', same and 'the base is quantised' in r[0].stderr and 'no effect here: quantization_method' in r[0].stderr and
              json.load(open(f'{temp}/bits{bits}/adapter_config.json'))['base_model_name_or_path'] == temp + '/wide', [made.stderr] + [x.stderr for x in r])
    r = train(*base, f'model={temp}/own8.gguf', 'quantization_bit=4', f'output_dir={temp}/kept')
    check('a base that is quantised already stays', not r.returncode and 'already' in r.stderr and losses(temp + '/kept') == losses(temp + '/own8'), r.stderr)
    halves = [train(*base, 'quantization_bit=8', f'output_dir={temp}/parts', 'max_steps=2', 'lr_scheduler_type=constant'), train(*base, 'quantization_bit=8', f'output_dir={temp}/parts', '--resume', 'lr_scheduler_type=constant'),
              train(*base, 'quantization_bit=8', f'output_dir={temp}/one', 'lr_scheduler_type=constant')]
    check('and a run over one goes on bit for bit', not any(x.returncode for x in halves) and losses(temp + '/parts') == losses(temp + '/one'), [x.stderr for x in halves])
    own, whole = f'model={temp}/own8.gguf', ['method=full', 'lr_scheduler_type=constant']
    r = [train(*base, own, *whole, f'output_dir={temp}/begun', 'max_steps=2'), train(*base, own, *whole, f'output_dir={temp}/begun', '--resume'),
         run('convert', temp + '/own8.gguf', temp + '/floats', '--type', 'F32'), train(*base, f'model={temp}/floats', *whole, f'output_dir={temp}/all')]
    same = not any(x.returncode for x in r) and losses(temp + '/begun') == losses(temp + '/all') and open(temp + '/begun/model.safetensors', 'rb').read() == open(temp + '/all/model.safetensors', 'rb').read()
    check('all of a GGUF learns as the folder of floats that it becomes first, and goes on', same and 'folder of floats first' in r[0].stderr and 'folder of floats' not in r[1].stderr, [x.stderr for x in r])
    write(temp + '/killed/base-f32/config.json', '{}')
    r = train(*base, own, *whole, f'output_dir={temp}/killed', '--resume')
    check('a folder of floats that was never finished is made again', not r.returncode and losses(temp + '/killed') == losses(temp + '/all'), r.stderr)
    r = train(*base, f'model={temp}/own8.gguf', 'method=full', f'output_dir={temp}/begun/model.safetensors/in')
    check('where no folder can be, that is said before anything is learned', r.returncode == 1 and 'begun/model.safetensors: the folder cannot be made' in r.stderr, r.stderr)


def documented():
    with open(ROOT + '/docs/training.md') as f:
        text = f.read()
    keys = run('emit', 'keys').stdout
    check('docs/training.md ends with the table of keys, as inkstone emit keys prints it', len(keys) > 5000 and text.endswith(keys), 'write it again: inkstone emit keys')
    listed = run('train', '--keys').stdout
    names = re.findall(r'^\| `(\w+)` \| .* \| .* \|', keys.split('### Other words')[0], re.M)
    check('inkstone train --keys lists them all', all(f'  {k}:' in listed for k in names) and [k['key'] for k in json.loads(run('train', '--keys', '--json').stdout)['keys']] == names, listed)
    man = run('emit', 'man').stdout
    check('and so does the manual', all(f'\\fB{k}\\fR=' in man for k in names))


with tempfile.TemporaryDirectory() as temp:
    begun = make(temp)
    if begun.returncode:
        check('begin', False, begun.stderr)
        sys.exit()
    for part in (shipped, refused, aside, sets, templates, when, checkpoints, methods):
        part(temp)
documented()
