"""What a model writes while it is taught: it is what the saved model writes, changes nothing of the run, and comes again after --resume."""
import json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
from teaching import INK, losses, train

GPT2 = {'architectures': ['GPT2LMHeadModel'], 'model_type': 'gpt2', 'n_layer': 1, 'n_head': 2, 'n_embd': 32, 'n_positions': 64, 'n_ctx': 64, 'vocab_size': 64, 'layer_norm_epsilon': 1e-5, 'activation_function': 'gelu_new',
        'tie_word_embeddings': True}
PROMPTS = ['the cat, ', 'a dog']


def check(name, ok, why=''):
    print(f'ok - train_samples {name}' if ok else f'not ok - train_samples {name}: {str(why)[:900]}', flush=True)


def rows(folder):
    with open(folder + '/log.jsonl') as f:
        return [{k: v for k, v in json.loads(line).items() if k not in ('tokens_per_second', 'product_gops', 'product_time')} for line in f]


def written(model, prompt, *more):
    r = subprocess.run([INK, 'generate', '-m', model, '-p', prompt, '-n', '12', '--seed', '42', '--json', *more], capture_output=True, text=True, timeout=60)
    return json.loads(r.stdout)['text'] if not r.returncode else r.stderr


def said(folder):
    return [[s['text'] for s in r['samples']] for r in rows(folder) if 'samples' in r]


with tempfile.TemporaryDirectory() as temp:
    text = ''.join(f'the {a}, {b} and {c}. a {b} sees the {a}\n' for a in ('cat', 'dog', 'cow') for b in ('tree', 'house', 'bird') for c in ('sun', 'moon')) * 4
    with open(temp + '/text.txt', 'w') as f:
        f.write(text)
    with open(temp + '/config.json', 'w') as f:
        json.dump(GPT2, f)
    base = ['stage=pretrain', f'model={temp}/config.json', 'tokenizer=char', f'dataset={temp}/text.txt', 'cutoff_len=32', 'per_device_train_batch_size=4', 'max_steps=8', 'save_steps=4', 'learning_rate=0.01']
    with open(temp + '/run.yaml', 'w') as f:
        f.write('sample_tokens: 12\neval_steps: 4\nsample_prompts:\n' + ''.join(f'  - "{p}"\n' for p in PROMPTS))
    r = [train(*base, f'output_dir={temp}/plain'), train('--config', temp + '/run.yaml', *base, f'output_dir={temp}/told')]
    if any(x.returncode for x in r):
        check('run', False, [x.stderr for x in r])
        sys.exit()
    words = train(*base, f'output_dir={temp}/plain', 'bf16=true', 'do_train=true', 'plot_loss=true', '--plan', 'overwrite_output_dir=true')
    check('stand beside words of LLaMA-Factory, which mean what they mean there', not words.returncode and 'do_train' in train(*base, 'do_train=false', f'output_dir={temp}/no').stderr, words.stderr)
    same = [open(f'{temp}/{x}/model.safetensors', 'rb').read() for x in ('plain', 'told')]
    check('change no bit of what is learned', losses(temp + '/plain') == losses(temp + '/told') and same[0] == same[1])
    told = said(temp + '/told')
    check('stand in the log at every measurement, commas in prompts and all', len(told) == 2 and [s['prompt'] for s in next(x['samples'] for x in rows(temp + '/told') if 'samples' in x)] == PROMPTS, rows(temp + '/told'))
    check('are what the saved model writes', told[-1] == [written(temp + '/told', p) for p in PROMPTS] and told[-1] != told[0], [told, written(temp + '/told', PROMPTS[0])])
    check('are printed, and leave nothing behind', all(p in r[1].stdout for p in PROMPTS) and told[-1][0] in r[1].stdout and not os.path.exists(temp + '/told/sampling'), r[1].stdout)
    before = rows(temp + '/told')
    shutil.rmtree(temp + '/told/checkpoint-8')
    again = train('--config', temp + '/run.yaml', *base, f'output_dir={temp}/told', '--resume')
    check('come again after --resume', not again.returncode and rows(temp + '/told') == before, [again.stderr, before, rows(temp + '/told')])
    lora = [*base, f'model={temp}/told', 'method=lora', f'output_dir={temp}/lora', f'eval_dataset={temp}/text.txt', 'sample_prompts=a dog', 'sample_tokens=12', 'learning_rate=0.1']
    again = train(*[w for w in lora if not w.startswith('tokenizer')])
    check('of an adapter are the adapted model\'s, beside the loss', not again.returncode and said(temp + '/lora') == [[written(temp + '/told', 'a dog', '--adapter', temp + '/lora')]] and
          all('eval_loss' in x for x in rows(temp + '/lora') if 'samples' in x), [again.stderr, rows(temp + '/lora')[-1:]])
    refused = {'a stage without text': (['stage=embed', 'sample_prompts=a'], 'stages whose models write'), 'no room': (['sample_prompts=a', 'sample_tokens=100'], 'number 1'), 'nothing': (['sample_prompts='], 'nothing')}
    bad = {k: got.stderr for k, (words, why) in refused.items() for got in [train(*base, f'output_dir={temp}/no', *words)] if not got.returncode or why not in got.stderr}
    check('that cannot be are refused', not bad, bad)
