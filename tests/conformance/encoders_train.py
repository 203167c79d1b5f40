"""Encoders that learn masked words (stage mlm): five steps of AdamW, of all weights and of a LoRA, against PyTorch; masks that are drawn; going on from a checkpoint."""
import json, os, struct, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import INK, LETTERS, adamw_steps, adamw_words, letters, losses, train

if not oracle.has('torch', 'transformers', 'peft', 'safetensors'):
    print('ok - encoders_train # SKIP Python has no torch, transformers or peft')
    sys.exit()
import peft, torch, transformers
transformers.logging.set_verbosity_error()
STEPS, IGNORED = 5, -100


def check(name, ok, why=''):
    print(f'ok - encoders_train {name}' if ok else f'not ok - encoders_train {name}: {str(why)[:600]}', flush=True)


def steps(model, batches, rate, decay):
    return adamw_steps(model, batches, lambda batch: model(input_ids=torch.tensor([r['input_ids'] for r in batch]), labels=torch.tensor([r['labels'] for r in batch])).loss, rate, decay)


def settings(folder, temp, out, rate, decay):
    return [f'model={folder}', 'stage=mlm', f'dataset={temp}/rows.jsonl', f'output_dir={temp}/{out}', f'max_steps={STEPS}', 'per_device_train_batch_size=2', *adamw_words(rate, decay)]


def off(got, want):
    return max(abs(g - w) for g, w in zip(got, want)) if len(got) == len(want) else got


def family(name, kind, config):
    torch.manual_seed(len(name))
    g = torch.Generator().manual_seed(7)
    model = kind(config).eval()
    for p in model.parameters():
        p.data += 0.1 * torch.randn_like(p)
    rows = []
    for _ in range(2 * STEPS):
        ids = torch.randint(5, 101, (24,), generator=g).tolist()
        asked = torch.rand(24, generator=g).lt(.2).tolist()
        asked[3] = True
        rows.append({'input_ids': [4 if a else t for t, a in zip(ids, asked)], 'labels': [t if a else IGNORED for t, a in zip(ids, asked)]})
    batches = [rows[i:i + 2] for i in range(0, len(rows), 2)]
    with tempfile.TemporaryDirectory() as temp:
        with open(temp + '/rows.jsonl', 'w') as f:
            f.writelines(json.dumps(r) + '\n' for r in rows)
        model.save_pretrained(temp + '/model')
        tuned = peft.get_peft_model(kind.from_pretrained(temp + '/model'), peft.LoraConfig(r=2, lora_alpha=4, target_modules='all-linear'))
        for n, p in tuned.named_parameters():
            if 'lora_B' in n:
                p.data.normal_(0, 0.1)
        tuned.eval().save_pretrained(temp + '/adapter')
        r = train(*settings(temp + '/model', temp, 'full', 1e-3, .1))
        d = off(losses(temp + '/full'), steps(model, batches, 1e-3, .1)) if not r.returncode else r.stderr
        check(f'{name}: losses of five steps are PyTorch\'s', isinstance(d, float) and d <= 1e-5, d)
        r = train(*settings(temp + '/model', temp, 'lora', 1e-2, 0), 'method=lora', f'adapter={temp}/adapter')
        d = off(losses(temp + '/lora'), steps(tuned, batches, 1e-2, 0)) if not r.returncode else r.stderr
        check(f'{name}: losses of a LoRA\'s five steps are PyTorch\'s', isinstance(d, float) and d <= 1e-5, d)
        ids = [7, 8, 9, 4, 11]
        with torch.no_grad():
            want = peft.PeftModel.from_pretrained(kind.from_pretrained(temp + '/model'), temp + '/adapter').eval()(torch.tensor([ids])).logits[0].flatten()
        r = subprocess.run([INK, 'logits', '-m', temp + '/model', '--adapter', temp + '/adapter', '--ids', ','.join(map(str, ids)), '--all', '-o', temp + '/o'], capture_output=True, text=True, timeout=60)
        got = torch.frombuffer(bytearray(open(temp + '/o', 'rb').read()), dtype=torch.float32) if not r.returncode else want * 0 + 9
        d = float((got - want).abs().max() / want.abs().max())
        check(f'{name}: a LoRA at work gives what PEFT gives', d <= 1e-4, r.stderr or d)
        again = kind.from_pretrained(temp + '/full').eval() if os.path.exists(temp + '/full/model.safetensors') else None
        ids = torch.tensor([rows[0]['input_ids']])
        d = float((again(ids).logits - model(ids).logits).abs().max().detach()) if again else 'nothing saved'
        check(f'{name}: what is saved is what was learned', isinstance(d, float) and d < 1e-3, d)


def drawn():
    """A text, masks that are drawn: another in each epoch, the same after going on; whole samples lie between [CLS] and [SEP]."""
    config = transformers.BertConfig(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_position_embeddings=40, vocab_size=len(LETTERS))
    with tempfile.TemporaryDirectory() as temp:
        transformers.BertForMaskedLM(config).save_pretrained(temp + '/model')
        letters(temp).save_pretrained(temp + '/model')
        with open(temp + '/text.txt', 'w') as f:
            f.write('abc bcd cde fgh aha bab ' * 60)
        common = [f'model={temp}/model', 'stage=mlm', f'dataset={temp}/text.txt', f'eval_dataset={temp}/text.txt', 'learning_rate=1e-2', 'per_device_train_batch_size=4', 'save_steps=10', 'shuffle=false']
        r = train(*common, f'output_dir={temp}/whole', 'max_steps=40')
        train(*common, f'output_dir={temp}/parts', 'max_steps=40', 'lr_scheduler_type=constant', 'warmup_steps=0')
        whole = losses(temp + '/whole') if not r.returncode else []
        check('masked words of a text are learned', len(whole) >= 40 and sum(whole[-5:]) < .8 * sum(whole[:5]), r.stderr or whole)
        same = [f'output_dir={temp}/again', 'lr_scheduler_type=constant', 'warmup_steps=0']
        train(*common, *same, 'max_steps=20')
        r = train(*common, *same, 'max_steps=40', '--resume')
        a, b = losses(temp + '/parts'), losses(temp + '/again') if not r.returncode else r.stderr
        check('going on from a checkpoint asks for the same words', [x for x in a if x] and a[:20] == b[:20] and a[-1] == b[-1], (a[-3:], b[-3:]))
        for method in ('lora', 'prefix'):
            r = train(*common, *same[1:], f'output_dir={temp}/{method}', 'max_steps=20', f'method={method}', 'num_virtual_tokens=3', 'cutoff_len=36', 'learning_rate=3e-2')
            got = losses(f'{temp}/{method}') if not r.returncode else []
            w = subprocess.run([INK, 'fill-mask', '-m', temp + '/model', '--adapter', f'{temp}/{method}', 'abc [MASK]d'], capture_output=True, text=True, timeout=60)
            check(f'a new {method} learns masked words, and works beside the model', len(got) >= 20 and sum(got[-4:]) < sum(got[:4]) and not w.returncode, r.stderr or w.stderr or got)
        says = lambda *w: train(*common, f'output_dir={temp}/no', *w).stderr
        check('other stages and models without gaps are refused', 'stage mlm' in says('stage=pretrain', 'max_steps=1') and 'mlm_probability' in says('mlm_probability=2'))


def new():
    """From a configuration alone: transformers finds every tensor that such a model has, tied or not."""
    bert = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_position_embeddings=40, vocab_size=len(LETTERS))
    kinds = (('bert', transformers.BertForMaskedLM, transformers.BertConfig(**bert)), ('bert with a head of its own', transformers.BertForMaskedLM, transformers.BertConfig(**bert, tie_word_embeddings=False)),
             ('roberta', transformers.RobertaForMaskedLM, transformers.RobertaConfig(**bert, pad_token_id=1, type_vocab_size=1)),
             ('distilbert', transformers.DistilBertForMaskedLM, transformers.DistilBertConfig(vocab_size=len(LETTERS), dim=24, n_layers=1, n_heads=2, hidden_dim=32, max_position_embeddings=40)))
    for name, kind, config in kinds:
        with tempfile.TemporaryDirectory() as temp:
            config.architectures = [kind.__name__]
            config.save_pretrained(temp + '/model')
            letters(temp).save_pretrained(temp + '/letters')
            with open(temp + '/text.txt', 'w') as f:
                f.write('abc bcd cde fgh aha bab ' * 20)
            r = train(f'model={temp}/model/config.json', f'tokenizer={temp}/letters', 'stage=mlm', f'dataset={temp}/text.txt', f'output_dir={temp}/out', 'max_steps=1', 'cutoff_len=16')
            info = kind.from_pretrained(temp + '/out', output_loading_info=True)[1] if not r.returncode else r.stderr
            check(f'a new {name} has what transformers knows', not r.returncode and not any(info.values()), info)


common = dict(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50, max_position_embeddings=60, vocab_size=101, initializer_range=0.3, hidden_dropout_prob=0., attention_probs_dropout_prob=0.)
family('bert', transformers.BertForMaskedLM, transformers.BertConfig(**common))
family('roberta', transformers.RobertaForMaskedLM, transformers.RobertaConfig(**common, pad_token_id=1, type_vocab_size=1))
family('distilbert', transformers.DistilBertForMaskedLM, transformers.DistilBertConfig(vocab_size=101, dim=36, n_layers=2, n_heads=3, hidden_dim=50, max_position_embeddings=60, initializer_range=0.3, dropout=0., attention_dropout=0.))
drawn()
new()
