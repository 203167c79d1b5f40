"""Stage embed: five steps of AdamW over pairs of texts with in-batch negatives, of all weights and of a LoRA, against PyTorch; what is saved opens in transformers and PEFT, and makes
their vectors."""
import json, os, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import LETTERS, adamw_steps, adamw_words, letters, losses, run as ink

if not oracle.has('torch', 'transformers', 'peft', 'safetensors'):
    print('ok - train_embed # SKIP Python has no torch, transformers or peft')
    sys.exit()
import peft, torch, transformers
transformers.logging.set_verbosity_error()
STEPS, BATCH, HEAT = 5, 3, 0.05
LINES = ['abc b cd', 'a', 'ponm lk jih a b c']


def check(name, wrong):
    print(f'ok - train_embed {name}' if not wrong else f'not ok - train_embed {name}: {str(wrong)[:700]}', flush=True)


def rows(count, same=False):
    """Texts of some words; `same`: a positive has the anchor's words, the last one first."""
    g = torch.Generator().manual_seed(5)
    draw = lambda n: torch.randint(0, n, (1,), generator=g).item()
    text = lambda: ' '.join(''.join('abcdefghijklmnop'[draw(16)] for _ in range(1 + draw(3))) for _ in range(1 + draw(6)))
    out = []
    for _ in range(count):
        a = text()
        out.append({'anchor': a, 'positive': ' '.join(reversed(a.split())) if same else text()})
    return out


def vectors(model, tokenizer, texts):
    e = tokenizer(texts, padding=True, return_tensors='pt')
    h, m = model(input_ids=e['input_ids'], attention_mask=e['attention_mask']).last_hidden_state, e['attention_mask'].unsqueeze(-1)
    return torch.nn.functional.normalize((h * m).sum(1) / m.sum(1), dim=-1)


def missed(model, tokenizer, some):
    """The loss of a batch of pairs."""
    near = vectors(model, tokenizer, [r['anchor'] for r in some]) @ vectors(model, tokenizer, [r['positive'] for r in some]).T / HEAT
    return torch.nn.functional.cross_entropy(near, torch.arange(len(some)))


def steps(model, tokenizer, data, rate, decay):
    return adamw_steps(model, [data[i:i + BATCH] for i in range(0, len(data), BATCH)], lambda some: missed(model, tokenizer, some), rate, decay)


def settings(temp, out, rate, decay, *more):
    return ['train', f'model={temp}/model', 'stage=embed', f'dataset={temp}/rows.jsonl', f'output_dir={temp}/{out}', f'max_steps={STEPS}', f'per_device_train_batch_size={BATCH}', f'temperature={HEAT}',
            *adamw_words(rate, decay), *more]


def far(r, folder, want):
    got = losses(folder) if not r.returncode else []
    d = max(abs(g - w) / max(1, abs(w)) for g, w in zip(got, want)) if len(got) == len(want) else r.stderr or got
    return [] if isinstance(d, float) and d <= 1e-5 else d


def embed(*words):
    r = ink('embed', *words, '--json', stdin='\n'.join(LINES))
    return torch.tensor(json.loads(r.stdout)['vectors']) if not r.returncode else r.stderr


def alike(got, model, tokenizer):
    with torch.no_grad():
        d = got if isinstance(got, str) else float((got - vectors(model, tokenizer, LINES)).abs().max())
    return [] if isinstance(d, float) and d < 1e-4 else d


def family(name, kind, config, words):
    torch.manual_seed(len(name))
    with tempfile.TemporaryDirectory() as temp:
        tokenizer, data = words(temp), rows(BATCH * STEPS - 1)  # the last batch has fewer
        with open(temp + '/rows.jsonl', 'w') as f:
            f.writelines(json.dumps(r) + '\n' for r in data)
        model = kind(config).eval()
        for p in model.parameters():
            p.data += 0.1 * torch.randn_like(p)
        model.save_pretrained(temp + '/model')
        tokenizer.save_pretrained(temp + '/model')
        tuned = peft.get_peft_model(kind.from_pretrained(temp + '/model'), peft.LoraConfig(r=2, lora_alpha=4, target_modules=r'.*layer.*(query|key|value|dense|_lin|lin1|lin2)', task_type='FEATURE_EXTRACTION')).eval()
        for n, p in tuned.named_parameters():
            if 'lora_B' in n:
                p.data.normal_(0, 0.1)
        tuned.save_pretrained(temp + '/begin')
        r = ink(*settings(temp, 'full', 1e-3, .1))
        check(f"{name}: losses of five steps are PyTorch's", far(r, temp + '/full', steps(model, tokenizer, data, 1e-3, .1)))
        r = ink(*settings(temp, 'lora', 1e-2, 0, 'method=lora', f'adapter={temp}/begin'))
        check(f"{name}: losses of a LoRA's five steps are PyTorch's", far(r, temp + '/lora', steps(tuned, tokenizer, data, 1e-2, 0)))
        check(f"{name}: a LoRA at work makes PEFT's vectors", alike(embed('-m', temp + '/model', '--adapter', temp + '/lora'), peft.PeftModel.from_pretrained(kind.from_pretrained(temp + '/model'), temp + '/lora').eval(), tokenizer))
        check(f"{name}: transformers opens what is saved, and makes the same vectors", alike(embed('-m', temp + '/full'), kind.from_pretrained(temp + '/full').eval(), tokenizer))
        if name == 'bert':
            learns(kind, tokenizer, temp)


def learns(kind, tokenizer, temp):
    with open(temp + '/easy.jsonl', 'w') as f:
        f.writelines(json.dumps(r) + '\n' for r in rows(64, same=True))
    common = ['train', f'model={temp}/model', 'stage=embed', f'dataset={temp}/easy.jsonl', f'eval_dataset={temp}/easy.jsonl', 'per_device_train_batch_size=8', 'lr_scheduler_type=constant', 'warmup_steps=0']
    for method, rate in (('full', 1e-3), ('lora', 1e-2), ('ptuning-v2', 3e-2)):
        r = ink(*common, f'output_dir={temp}/{method}-easy', f'method={method}', f'learning_rate={rate}', 'max_steps=60', 'num_virtual_tokens=3')
        got = losses(f'{temp}/{method}-easy') if not r.returncode else []
        check(f'a new {method} learns what is near', [] if len(got) >= 60 and sum(got[-6:]) < .8 * sum(got[:6]) else (r.stderr, got[:3], got[-3:]))
    check("PEFT opens a new LoRA, and makes its vectors", alike(embed('-m', temp + '/model', '--adapter', temp + '/lora-easy'), peft.PeftModel.from_pretrained(kind.from_pretrained(temp + '/model'), temp + '/lora-easy').eval(), tokenizer))
    ink(*common, f'output_dir={temp}/whole', 'max_steps=20', 'save_steps=10')
    ink(*common, f'output_dir={temp}/parts', 'max_steps=10', 'save_steps=10')
    r = ink(*common, f'output_dir={temp}/parts', 'max_steps=20', 'save_steps=10', '--resume')
    same = not r.returncode and open(temp + '/whole/model.safetensors', 'rb').read() == open(temp + '/parts/model.safetensors', 'rb').read()
    check('a run that goes on ends in the same weights, bit for bit', [] if same else r.stderr)
    threads = [ink(*common, f'output_dir={temp}/t{t}', 'max_steps=5', f'threads={t}').returncode or open(f'{temp}/t{t}/model.safetensors', 'rb').read() for t in (1, 2)]
    check('the same for any number of threads', [] if threads[0] == threads[1] and not isinstance(threads[0], int) else 'otherwise')
    r = ink(*common, f'output_dir={temp}/planned', '--plan', '--json')
    check('a plan tells what it takes', [] if not r.returncode and json.loads(r.stdout)['parameters'] > 1000 else r.stderr)
    wrong = []
    for line, more, why in (({'anchor': 'a'}, ('stage=embed',), 'positive'), ({'anchor': '', 'positive': 'a'}, ('stage=embed',), 'anchor'), ({'anchor': 'a', 'positive': 'b'}, ('stage=mlm',), 'stage embed'),
                            ({'anchor': 'a', 'positive': 'b'}, ('stage=embed', 'packing=true'), 'packing'), ({'anchor': 'a', 'positive': 'b'}, ('stage=embed', 'temperature=0'), 'temperature'),
                            ({'anchor': 'a', 'positive': 'b'}, ('stage=embed', f"model={os.environ['INK_ROOT']}/tests/cases/models/llama"), '')):
        with open(temp + '/bad.jsonl', 'w') as f:
            f.write(json.dumps(line) + '\n')
        r = ink('train', f'model={temp}/model', f'dataset={temp}/bad.jsonl', f'output_dir={temp}/no', 'max_steps=1', *more)
        wrong += [] if r.returncode and why in r.stderr else [(why, r.stderr)]
    check('what cannot be is refused', wrong)


common = dict(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50, max_position_embeddings=60, vocab_size=len(LETTERS), initializer_range=0.3, hidden_dropout_prob=0., attention_probs_dropout_prob=0.)
family('bert', transformers.BertModel, transformers.BertConfig(**common), letters)
family('distilbert', transformers.DistilBertModel,
       transformers.DistilBertConfig(vocab_size=len(LETTERS), dim=36, n_layers=2, n_heads=3, hidden_dim=50, max_position_embeddings=60, initializer_range=0.3, dropout=0., attention_dropout=0.), letters)
