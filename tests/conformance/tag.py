"""Stage tag: five steps of AdamW, of all weights, of a LoRA and of a prefix, against PyTorch; what is saved opens in transformers and PEFT, and tags as they do."""
import json, os, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import LETTERS, adamw_steps, adamw_words, letters, losses, run as ink

if not oracle.has('torch', 'transformers', 'peft', 'safetensors'):
    print('ok - tag # SKIP Python has no torch, transformers or peft')
    sys.exit()
import peft, torch, transformers
transformers.logging.set_verbosity_error()
STEPS, IGNORED = 5, -100
TAGS = ['O', 'B-PER', 'I-PER', 'B-LOC']


def check(name, wrong):
    print(f'ok - tag {name}' if not wrong else f'not ok - tag {name}: {str(wrong)[:700]}', flush=True)


def rows(count):
    """Words of one to three tokens; the first row has every tag, in the order of TAGS."""
    g = torch.Generator().manual_seed(7)
    draw = lambda n: torch.randint(0, n, (1,), generator=g).item()
    out = []
    for i in range(count):
        n = 4 + draw(6)
        tokens = [''.join('abcdefghijklmnop'[draw(16)] for _ in range(1 + draw(3))) for _ in range(n)]
        out.append({'tokens': tokens, 'tags': TAGS + ['O'] * (n - 4) if not i else [TAGS[draw(4)] for _ in range(n)]})
    return out


def batch(tokenizer, samples, numbers):
    e = tokenizer([s['tokens'] for s in samples], is_split_into_words=True, padding=True, return_tensors='pt')
    labels = torch.full_like(e['input_ids'], IGNORED)
    for i, s in enumerate(samples):
        seen = None
        for at, word in enumerate(e.word_ids(i)):
            if word is not None and word != seen:
                labels[i, at] = numbers[s['tags'][word]]
            seen = word
    return dict(input_ids=e['input_ids'], attention_mask=e['attention_mask'], labels=labels)


def settings(folder, temp, out, rate, decay, *more):
    return ['train', f'model={folder}', 'stage=tag', f'dataset={temp}/rows.jsonl', f'output_dir={temp}/{out}', f'max_steps={STEPS}', 'per_device_train_batch_size=2', *adamw_words(rate, decay), *more]


def off(got, want):
    return max(abs(g - w) for g, w in zip(got, want)) if len(got) == len(want) else got


def far(r, folder, want):
    d = off(losses(folder), want) if not r.returncode else r.stderr
    return [] if isinstance(d, float) and d <= 1e-5 else d


def said(model, tokenizer, lines):
    """What transformers tags the words of each line with."""
    out = []
    with torch.no_grad():
        for line in lines:
            b = batch(tokenizer, [{'tokens': line.split(), 'tags': ['O'] * len(line.split())}], {'O': 0})
            best = model(input_ids=b['input_ids']).logits[0].argmax(-1)
            out.append([TAGS[best[i]] for i in range(best.shape[0]) if b['labels'][0, i] != IGNORED])
    return out


def family(name, kind, base, config, slow):
    torch.manual_seed(len(name))
    with tempfile.TemporaryDirectory() as temp:
        tokenizer, lines = slow(temp), ['abc b cd', 'a', 'ponm lk jih a b c']
        data = rows(2 * STEPS)
        with open(temp + '/rows.jsonl', 'w') as f:
            f.writelines(json.dumps(r) + '\n' for r in data)
        numbers = {t: i for i, t in enumerate(TAGS)}
        batches = [batch(tokenizer, data[i:i + 2], numbers) for i in range(0, len(data), 2)]
        config.id2label, config.label2id = dict(enumerate(TAGS)), numbers
        model = kind(config).eval()
        for p in model.parameters():
            p.data += 0.1 * torch.randn_like(p)
        model.save_pretrained(temp + '/model')
        tokenizer.save_pretrained(temp + '/model')
        adapters = {'lora': peft.LoraConfig(r=2, lora_alpha=4, target_modules=r'.*(query|key|value|dense|_lin|lin1|lin2)', task_type='TOKEN_CLS')}
        if name == 'bert':
            adapters['prefix'] = peft.PrefixTuningConfig(num_virtual_tokens=3, task_type='TOKEN_CLS')
        tuned = {}
        for how, c in adapters.items():
            tuned[how] = peft.get_peft_model(kind.from_pretrained(temp + '/model'), c).eval()
            for n, p in tuned[how].named_parameters():
                if 'lora_B' in n:
                    p.data.normal_(0, 0.1)
            tuned[how].save_pretrained(f'{temp}/{how}-begin')
        r = ink(*settings(temp + '/model', temp, 'full', 1e-3, .1))
        check(f"{name}: losses of five steps are PyTorch's", far(r, temp + '/full', adamw_steps(model, batches, lambda b: model(**b).loss, 1e-3, .1)))
        for how in adapters:
            r = ink(*settings(temp + '/model', temp, how, 1e-2, 0, f'method={how}', f'adapter={temp}/{how}-begin'))
            check(f"{name}: losses of a {how}'s five steps are PyTorch's", far(r, f'{temp}/{how}', adamw_steps(tuned[how], batches, lambda b: tuned[how](**b).loss, 1e-2, 0)))
            r = ink('tag', '-m', temp + '/model', '--adapter', f'{temp}/{how}', '--json', stdin='\n'.join(lines))
            got = [l['tags'] for l in json.loads(r.stdout)['lines']] if not r.returncode else r.stderr
            check(f'{name}: a {how} tags as PEFT does', [] if got == said(peft.PeftModel.from_pretrained(kind.from_pretrained(temp + '/model'), f'{temp}/{how}').eval(), tokenizer, lines) else got)
        again = kind.from_pretrained(temp + '/full').eval() if os.path.exists(temp + '/full/model.safetensors') else None
        r = ink('tag', '-m', temp + '/full', '--json', stdin='\n'.join(lines))
        got = [l['tags'] for l in json.loads(r.stdout)['lines']] if not r.returncode else r.stderr
        want = again and said(again, tokenizer, lines)
        check(f'{name}: transformers opens what is saved, and both tag alike', [] if again and got == want and again.config.id2label == dict(enumerate(TAGS)) and again.config.architectures == [kind.__name__] else (got, want))
        base(config).save_pretrained(temp + '/plain')
        tokenizer.save_pretrained(temp + '/plain')
        learns(name, kind, temp)


def learns(name, kind, temp):
    """From a model without a head: what a word is follows from its first letter."""
    with open(temp + '/easy.jsonl', 'w') as f:
        for r in rows(60):
            r['tags'] = ['B-LOC' if w[0] in 'abcdefgh' else 'O' for w in r['tokens']]
            f.write(json.dumps(r) + '\n')
    for how, rate, more in (('full', 3e-3, ()), ('lora', 2e-2, ('lora_rank=4',)), ('ptuning-v2', 5e-2, ('num_virtual_tokens=4',))):
        if how != 'full' and name != 'bert':
            continue
        r = ink('train', f'model={temp}/plain', 'stage=tag', f'dataset={temp}/easy.jsonl', f'eval_dataset={temp}/easy.jsonl', f'output_dir={temp}/easy-{how}', f'method={how}', 'max_steps=80', f'learning_rate={rate}', *more)
        got = losses(f'{temp}/easy-{how}') if not r.returncode else []
        t = ink('tag', *(('-m', temp + '/easy-full') if how == 'full' else ('-m', temp + '/plain', '--adapter', f'{temp}/easy-{how}')), 'abc pon c nnn')
        wrong = t.stderr or (r.stderr[-200:], got[:3], got[-3:])
        learned = len(got) >= 80 and sum(got[-5:]) < (.3 if how == 'full' and name != 'roberta' else .8) * sum(got[:5]) and len(t.stdout.split('\n')) > 4
        check(f'{name}: {how} of a model without a head learns, and what it saves tags', [] if learned and (how != 'full' or name == 'roberta' or t.stdout.split() == ['abc', 'B-LOC', 'pon', 'O', 'c', 'B-LOC', 'nnn', 'O']) else (wrong, t.stdout))
    if name == 'bert':
        check('transformers opens what began without a head', [] if kind.from_pretrained(temp + '/easy-full').config.num_labels == 2 else 'labels')
        resumed(temp)
        refused(temp)


def resumed(temp):
    common = ('train', f'model={temp}/plain', 'stage=tag', f'dataset={temp}/easy.jsonl', 'save_steps=10', 'lr_scheduler_type=constant')
    ink(*common, f'output_dir={temp}/whole', 'max_steps=20')
    ink(*common, f'output_dir={temp}/parts', 'max_steps=10')
    r = ink(*common, f'output_dir={temp}/parts', 'max_steps=20', '--resume')
    same = not r.returncode and open(temp + '/whole/model.safetensors', 'rb').read() == open(temp + '/parts/model.safetensors', 'rb').read()
    check('a run that goes on ends in the same weights, bit for bit', [] if same else r.stderr)


def refused(temp):
    def rows_of(*lines):
        with open(temp + '/bad.jsonl', 'w') as f:
            f.writelines((l if isinstance(l, str) else json.dumps(l)) + '\n' for l in lines)
        return f'dataset={temp}/bad.jsonl'
    good = {'tokens': ['a', 'b'], 'tags': ['O', 'B-LOC']}
    run = lambda *w: ink('train', f'model={temp}/plain', f'output_dir={temp}/no', 'max_steps=1', *w)
    wrong = []
    for make, why in ((lambda: ('stage=tag', rows_of({'tokens': ['a'], 'tags': []})), 'one length'), (lambda: ('stage=tag', rows_of({'tokens': ['a', 3], 'tags': ['O', 'O']})), 'word 2'),
                      (lambda: ('stage=tag', rows_of({'tokens': ['a'], 'tags': ['']})), 'empty text'), (lambda: ('stage=mlm', rows_of(good)), 'stage tag'), (lambda: ('stage=tag', rows_of({'tokens': ['a'] * 99, 'tags': ['O'] * 99})), 'cutoff_len'),
                      (lambda: ('stage=tag', rows_of(good), f'model={temp}/easy-full', f'output_dir={temp}/no2', 'eval_dataset=' + temp + '/rows.jsonl'), 'B-PER'), (lambda: ('stage=tag', rows_of({'text': 'abc'})), 'lists'),
                      (lambda: ('stage=tag', rows_of(good), 'method=prompt'), 'prompt'), (lambda: ('stage=tag', rows_of(good), 'dataset_format=ids'), 'format tags'),
                      (lambda: ('stage=tag', rows_of(good), f'eval_pairs={temp}/bad.jsonl'), 'eval_pairs'), (lambda: ('stage=tag', rows_of(good), 'packing=true'), 'packing')):
        r = run(*make())
        wrong += [] if r.returncode and why in r.stderr else [(why, r.stderr)]
    llama = os.environ['INK_ROOT'] + '/tests/cases/models/llama'
    for words, why in (((f'-m', temp + '/plain', 'abc'), 'was not taught'), (('-m', llama, 'abc'), 'encoders'), (('-m', temp + '/easy-full', 'a ' * 99), 'takes')):
        r = ink('tag', *words)
        wrong += [] if r.returncode and why in r.stderr else [(why, r.stderr)]
    check('what cannot be is refused', wrong)


def roberta_words(temp):
    import tokenizers
    t = tokenizers.ByteLevelBPETokenizer(add_prefix_space=True)
    t.train_from_iterator(['abc bcd cde fgh ponm lkj'] * 3, vocab_size=280, special_tokens=['<s>', '<pad>', '</s>', '<unk>', '<mask>'])
    t.save_model(temp)
    return transformers.RobertaTokenizerFast(temp + '/vocab.json', temp + '/merges.txt', add_prefix_space=True)


common = dict(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50, max_position_embeddings=60, initializer_range=0.3, hidden_dropout_prob=0., attention_probs_dropout_prob=0.)
family('bert', transformers.BertForTokenClassification, transformers.BertModel, transformers.BertConfig(**common, vocab_size=len(LETTERS)), letters)
family('roberta', transformers.RobertaForTokenClassification, transformers.RobertaForMaskedLM, transformers.RobertaConfig(**common, vocab_size=280, pad_token_id=1, type_vocab_size=1), roberta_words)
family('distilbert', transformers.DistilBertForTokenClassification, transformers.DistilBertForMaskedLM,
       transformers.DistilBertConfig(vocab_size=len(LETTERS), dim=36, n_layers=2, n_heads=3, hidden_dim=50, max_position_embeddings=60, initializer_range=0.3, dropout=0., attention_dropout=0.), letters)
