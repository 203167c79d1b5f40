"""Models taught by the server: what a run writes while it learns is what its page shows, the newest first of all, and is what the saved model writes in the end."""
import json, os, subprocess, sys, tempfile, time

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *

TEXT = 'the quick brown fox jumps over the lazy dog. ' * 60


def check(name, ok, why=''):
    print(f'ok - serve_teach {name}' if ok else f'not ok - serve_teach {name}: {str(why)[:900]}', flush=True)


def runs(port):
    return json.loads(ask(port, 'GET', '/ui/training')[2])['runs']


def until(port, what, seconds=600):
    """The newest run, when it is as it should be, or what it is at last."""
    for _ in range(10 * seconds):
        run = runs(port)[0]
        if what(run) or run['state'] == 'failed':
            break
        time.sleep(0.1)
    return run


def written(model, prompt, *more):
    r = subprocess.run([INK, 'generate', '-m', model, '-p', prompt, '-n', '96', '--seed', '42', '--json', *more], capture_output=True, text=True, timeout=60)
    return json.loads(r.stdout)['text'] if not r.returncode else r.stderr


def letters(port):
    code, out = post(port, '/ui/training', {'kind': 'characters', 'text': TEXT, 'steps': 80, 'prompts': 'the fox \r\n\ndog'})
    check('begins', code == 200, out)
    early = until(port, lambda r: r['samples'])
    check('shows what is written while it learns', early['state'] == 'running' and [s['prompt'] for s in early['samples']] == ['the fox ', 'dog'] and 0 < early['sampled'] < 80 and not early['sampled'] % 10, early)
    done = until(port, lambda r: r['state'] != 'running')
    check('and at the end what the saved model writes', done['state'] == 'done' and done['sampled'] == 80 and [s['text'] for s in done['samples']] == [written(done['folder'], s['prompt']) for s in done['samples']] and
          done['samples'] != early['samples'], done)
    post(port, '/ui/training', {'kind': 'characters', 'text': TEXT, 'steps': 4})
    done = until(port, lambda r: r['state'] != 'running')
    check('a model of letters goes on from the first of its text', [s['prompt'] for s in done['samples']] == ['t'] and done['state'] == 'done', done)
    code, out = post(port, '/ui/training', {'kind': 'characters', 'text': TEXT, 'steps': 4, 'prompts': '\n'.join('abcdefghi')})
    check('no more than it can show', code == 400 and '8 prompts' in out['error']['message'], out)
    post(port, '/ui/training', {'kind': 'characters', 'text': TEXT, 'steps': 4, 'prompts': 'the ' * 40})
    done = until(port, lambda r: r['state'] != 'running')
    check('a prompt that does not fit ends the run in a sentence', done['state'] == 'failed' and 'number 1' in done['error'], done)
    return done


def adapter(port):
    post(port, '/ui/training', {'kind': 'adapter', 'model': 'base', 'text': TEXT, 'steps': 4, 'prompts': 'lazy '})
    done = until(port, lambda r: r['state'] != 'running')
    check('an adapter writes as the model with it', done['state'] == 'done' and [s['text'] for s in done['samples']] == [written(os.environ['BASE'], 'lazy ', '--adapter', done['folder'])], done)
    post(port, '/ui/training', {'kind': 'adapter', 'model': 'base', 'text': TEXT, 'steps': 2})
    done = until(port, lambda r: r['state'] != 'running')
    check('and nothing where nothing was asked', done['state'] == 'done' and done['samples'] == [], done)


with tempfile.TemporaryDirectory() as home:
    with open(home + '/text.txt', 'w') as f:
        f.write(TEXT)
    with open(home + '/config.json', 'w') as f:
        json.dump({'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', 'vocab_size': 64, 'hidden_size': 32, 'intermediate_size': 64, 'num_hidden_layers': 2, 'num_attention_heads': 4, 'num_key_value_heads': 2,
                   'max_position_embeddings': 256, 'rms_norm_eps': 1e-5, 'rope_theta': 10000.0, 'tie_word_embeddings': False}, f)
    os.environ['BASE'] = home + '/base'
    r = subprocess.run([INK, 'train', f'model={home}/config.json', 'tokenizer=char', f'dataset={home}/text.txt', f'output_dir={home}/base', 'max_steps=1', 'cutoff_len=32'], capture_output=True, text=True)
    if r.returncode:
        check('has a model', False, r.stderr)
        sys.exit()
    with serving('-m', home + '/base', env={'INKSTONE_HOME': home}) as (port, _):
        letters(port)
        adapter(port)
