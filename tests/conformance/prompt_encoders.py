"""Networks that make a prompt or a prefix while it learns: five steps of P-tuning (LSTM and MLP) and of projected prefixes against PEFT; what is left is a prompt that
PEFT opens; new ones, with anchors; going on; what is refused."""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import ADAMW, GOLD, INK, adamw_steps, apart, config, data, losses, random_rows, tensors, tiny, train

if not oracle.has('torch', 'transformers', 'peft', 'safetensors'):
    print('ok - prompt_encoders # SKIP Python has no torch, transformers or peft')
    sys.exit()
if not os.path.isdir(GOLD):
    print('ok - prompt_encoders # SKIP ../shared/golden/train is absent')
    sys.exit()
import peft, torch, transformers
from safetensors.torch import save_file
transformers.logging.set_verbosity_error()
STEPS, TOKENS = 5, 5
KINDS = {'ptuning-lstm': lambda: peft.PromptEncoderConfig(task_type='CAUSAL_LM', num_virtual_tokens=TOKENS, encoder_reparameterization_type='LSTM', encoder_hidden_size=12, encoder_num_layers=2),
         'ptuning-mlp': lambda: peft.PromptEncoderConfig(task_type='CAUSAL_LM', num_virtual_tokens=TOKENS, encoder_reparameterization_type='MLP', encoder_hidden_size=20),
         'prefix': lambda: peft.PrefixTuningConfig(task_type='CAUSAL_LM', num_virtual_tokens=TOKENS, prefix_projection=True, encoder_hidden_size=14)}


def check(name, ok, why=''):
    print(f'ok - prompt_encoders {name}' if ok else f'not ok - prompt_encoders {name}: {str(why)[:600]}', flush=True)


def steps(model, batches):
    return adamw_steps(model, batches, lambda ids: model(input_ids=torch.tensor(ids), labels=torch.tensor(ids)).loss, 1e-2, 0)


def ours(base, adapter, ids):
    with tempfile.TemporaryDirectory() as temp:
        r = subprocess.run([INK, 'logits', '-m', base, '--adapter', adapter, '--ids', ','.join(map(str, ids)), '-o', temp + '/o'], capture_output=True, text=True, timeout=60)
        return torch.frombuffer(bytearray(open(temp + '/o', 'rb').read()), dtype=torch.float32) if not r.returncode else r.stderr


def theirs(base, adapter, ids):
    with torch.no_grad():
        return peft.PeftModel.from_pretrained(transformers.AutoModelForCausalLM.from_pretrained(base), adapter).eval()(torch.tensor([ids])).logits[0, -1]


def far(a, b):
    return float((a - b).abs().max() / b.abs().max()) if not isinstance(a, str) and a.shape == b.shape else a


def learns(base, method):
    """From where PEFT begins, the network beside it."""
    home, label = f'{GOLD}/{base}/init', f'{base} {method}'
    with open(f'{GOLD}/{base}/run.json') as f:
        batches = json.load(f)['batches'][:STEPS]
    torch.manual_seed(len(label))
    tuned = peft.get_peft_model(transformers.AutoModelForCausalLM.from_pretrained(home), KINDS[method]()).eval()
    with tempfile.TemporaryDirectory() as temp:
        tuned.save_pretrained(temp + '/init')
        save_file({k: v.contiguous().clone() for k, v in tuned.prompt_encoder['default'].state_dict().items()}, temp + '/init/prompt_encoder.safetensors')
        more = ['prefix_projection=true'] if method == 'prefix' else []
        r = train('--config', config(temp, **ADAMW, model=home, method=method, adapter=temp + '/init', dataset=data(temp, batches), output_dir=temp + '/out', per_device_train_batch_size=len(batches[0]),
                                     max_steps=STEPS, learning_rate='1.0e-2', weight_decay=0), *more)
        if r.returncode:
            return check(f'{label} learns', False, r.stderr)
        want = steps(tuned, batches)
        d = apart(losses(temp + '/out'), want)
        check(f'{label}: losses of five steps are PEFT\'s', d < 1e-5, f'{losses(temp + "/out")} {want}')
        ids = batches[0][0][:9]
        with torch.no_grad():
            trained = tuned(torch.tensor([ids])).logits[0, -1]
        mine, opened = ours(home, temp + '/out', ids), theirs(home, temp + '/out', ids)
        check(f'{label}: what is left gives what PEFT\'s gives', not isinstance(mine, str) and far(mine, trained) < 1e-4, far(mine, trained))
        check(f'{label}: PEFT opens what is left', not isinstance(mine, str) and far(mine, opened) < 1e-4, far(mine, opened))
        tuned.save_pretrained(temp + '/theirs')
        mine = ours(home, temp + '/theirs', ids)
        check(f'{label}: what PEFT saved is opened', not isinstance(mine, str) and far(mine, trained) < 1e-4, far(mine, trained))


def goes_on(method, **more):
    with tempfile.TemporaryDirectory() as temp:
        random_rows(temp)
        how = {'method': method, 'num_virtual_tokens': TOKENS, 'encoder_hidden_size': 16, 'learning_rate': '1.0e-2', 'save_steps': 6, 'lr_scheduler_type': 'constant', 'warmup_steps': 0, **more}
        r = train('--config', tiny(temp, temp + '/whole', max_steps=24, **how))
        train('--config', tiny(temp, temp + '/parts', max_steps=12, **how))
        again = train('--config', tiny(temp, temp + '/parts', max_steps=24, threads=3, **how), '--resume')
        a, b = [losses(temp + x) if not y.returncode else y.stderr for x, y in (('/whole', r), ('/parts', again))]
        same = a == b and all(tensors(f'{temp}/whole/{x}.safetensors') == tensors(f'{temp}/parts/{x}.safetensors') for x in ('adapter_model', 'prompt_encoder'))
        check(f'a new {method} learns', not isinstance(a, str) and sum(a[-6:]) < sum(a[:6]), a)
        check(f'{method} goes on bit for bit, with more threads', same, (a, b))


def anchors():
    with tempfile.TemporaryDirectory() as temp:
        with open(temp + '/text.txt', 'w') as f:
            f.write('an anchor holds the ship. ' * 40)
        with open(temp + '/tiny.json', 'w') as f:
            json.dump({'model_type': 'gpt2', 'n_layer': 1, 'n_head': 2, 'n_embd': 16, 'n_positions': 64}, f)
        common = [f'dataset={temp}/text.txt', 'per_device_train_batch_size=4', 'cutoff_len=32', 'learning_rate=1e-2']
        r = train(*common, f'model={temp}/tiny.json', 'tokenizer=char', f'output_dir={temp}/base', 'max_steps=10')
        r = train(*common, f'model={temp}/base', f'output_dir={temp}/out', 'max_steps=6', 'method=ptuning-mlp', 'num_virtual_tokens=5', 'prompt_anchors=ship') if not r.returncode else r
        if r.returncode:
            return check('anchors', False, r.stderr)
        ids = [int(i) for i in subprocess.run([INK, 'tokenize', '-m', temp + '/base'], input='ship', capture_output=True, text=True).stdout.split()]
        rows = lambda v: [list(v[i:i + 16]) for i in range(0, len(v), 16)]
        words, table = rows(tensors(temp + '/base/model.safetensors')['transformer.wte.weight']), rows(tensors(temp + '/out/adapter_model.safetensors')['prompt_embeddings'])
        with open(temp + '/out/adapter_config.json') as f:
            told = json.load(f)['num_virtual_tokens']
        check('anchors stand in the middle of a prompt, and stay', len(ids) == 4 and len(table) == told == 9 and table[3:3 + len(ids)] == [words[i] for i in ids], (ids, told, len(table)))
        p = train(*common, f'model={temp}/base', f'output_dir={temp}/p', 'max_steps=6', 'method=ptuning-lstm', '--plan', '--json')
        parts = json.loads(p.stdout)['parts'] if not p.returncode else {}
        check('a plan counts the network', parts.get('adapter', {}).get('learning', 0) > 10000, p.stderr or parts)
        says = lambda *w: train(*common, f'model={temp}/base', f'output_dir={temp}/no', 'max_steps=1', *w).stderr
        check('what does not fit together is refused', 'prefix_projection' in says('method=lora', 'prefix_projection=true') and 'prompt_anchors' in says('method=prompt', 'prompt_anchors=a')
              and 'method prompt' in says('method=ptuning-mlp', f'adapter={GOLD}/gpt2/ptuning-mlp/init'))
        os.rename(temp + '/out/prompt_encoder.safetensors', temp + '/whole')
        with open(temp + '/whole', 'rb') as f, open(temp + '/out/prompt_encoder.safetensors', 'wb') as g:
            g.write(f.read()[:-100])
        torn = says('method=ptuning-mlp', f'adapter={temp}/out')
        check('a torn network is refused', 'prompt_encoder' in torn, torn)


for kind in KINDS:
    for model in ('gpt2', 'llama'):
        learns(model, kind)
goes_on('ptuning-lstm', encoder_num_layers=1)
goes_on('prefix', prefix_projection='true')
anchors()
