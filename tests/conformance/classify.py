"""Labels of texts (stage classify): five steps of AdamW against PyTorch for encoders and models that foresee text; heads that are new, pairs, names; what is left opens in
transformers, and `inkstone classify` says what it says; going on; what is refused."""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import INK, adamw_steps, losses, tensors, train

if not oracle.has('torch', 'transformers', 'peft', 'safetensors'):
    print('ok - classify # SKIP Python has no torch, transformers or peft')
    sys.exit()
import peft, torch, transformers
transformers.logging.set_verbosity_error()
STEPS, LABELS = 5, 3


def check(name, ok, why=''):
    print(f'ok - classify {name}' if ok else f'not ok - classify {name}: {str(why)[:600]}', flush=True)


def steps(model, batches):
    return adamw_steps(model, batches, lambda rows: model(input_ids=torch.tensor([r['input_ids'] for r in rows]), labels=torch.tensor([r['label'] for r in rows])).loss, 1e-3, .1)


def rows_of(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def write(path, rows):
    with open(path, 'w') as f:
        f.writelines(json.dumps(r) + '\n' for r in rows)


def family(name, kind, config):
    torch.manual_seed(len(name))
    g = torch.Generator().manual_seed(7)
    model = kind(config).eval()
    for p in model.parameters():
        p.data += 0.1 * torch.randn_like(p)
    rows = [{'input_ids': torch.randint(5, 101, (18,), generator=g).tolist(), 'label': i % LABELS} for i in range(2 * STEPS)]
    with tempfile.TemporaryDirectory() as temp:
        write(temp + '/rows.jsonl', rows)
        model.save_pretrained(temp + '/model')
        r = train(f'model={temp}/model', 'stage=classify', f'dataset={temp}/rows.jsonl', f'eval_dataset={temp}/rows.jsonl', f'output_dir={temp}/out', f'max_steps={STEPS}', 'per_device_train_batch_size=2',
                  'shuffle=false', 'learning_rate=1e-3', 'weight_decay=.1', 'adam_beta1=0.9', 'adam_beta2=0.95', 'adam_epsilon=1e-8', 'max_grad_norm=1', 'lr_scheduler_type=constant', 'warmup_steps=0')
        if r.returncode:
            return check(f'{name}: losses of five steps are PyTorch\'s', False, r.stderr)
        got, want = losses(temp + '/out'), steps(model, [rows[i:i + 2] for i in range(0, len(rows), 2)])
        d = max(abs(a - b) for a, b in zip(got, want))
        check(f'{name}: losses of five steps are PyTorch\'s', len(got) == len(want) and d <= 1e-5, (got, want))
        again, said = transformers.AutoModelForSequenceClassification.from_pretrained(temp + '/out').eval(), torch.tensor([r['input_ids'] for r in rows])
        with torch.no_grad():
            a, b = again(said).logits, model(said).logits
        check(f'{name}: what is saved opens in transformers, and is what was learned', type(again) is kind and float((a - b).abs().max()) < 1e-3, (type(again), float((a - b).abs().max())))
        measured = [r for r in rows_of(temp + '/out/log.jsonl') if 'eval_loss' in r][-1]
        right = float((b.argmax(-1) == torch.tensor([r['label'] for r in rows])).float().mean())
        loss = float(torch.nn.functional.cross_entropy(b, torch.tensor([r['label'] for r in rows])))
        check(f'{name}: loss and accuracy are measured', abs(measured['eval_accuracy'] - right) < 1e-6 and abs(measured['eval_loss'] - loss) < 1e-3 and 'eval_perplexity' not in measured, (measured, right, loss))


ADAPTERS = {'lora': lambda: peft.LoraConfig(task_type='SEQ_CLS', r=2, lora_alpha=4, target_modules='all-linear'), 'ptuning-v2': lambda: peft.PrefixTuningConfig(task_type='SEQ_CLS', num_virtual_tokens=3)}


def adapted(name, kind, config, method):
    """PEFT's adapter with the head beside it, from where it begins; what is left, opened by PEFT."""
    torch.manual_seed(len(name + method))
    g = torch.Generator().manual_seed(9)
    rows = [{'input_ids': torch.randint(5, 101, (18,), generator=g).tolist(), 'label': i % LABELS} for i in range(2 * STEPS)]
    base = kind(config).eval()
    for p in base.parameters():
        p.data += 0.1 * torch.randn_like(p)
    with tempfile.TemporaryDirectory() as temp:
        write(temp + '/rows.jsonl', rows)
        base.save_pretrained(temp + '/model')
        tuned = peft.get_peft_model(base, ADAPTERS[method]()).eval()
        for n, p in tuned.named_parameters():
            if 'lora_B' in n:
                p.data.normal_(0, 0.1)
        tuned.save_pretrained(temp + '/adapter')
        r = train(f'model={temp}/model', 'stage=classify', f'method={method}', f'adapter={temp}/adapter', f'dataset={temp}/rows.jsonl', f'output_dir={temp}/out', f'max_steps={STEPS}', 'per_device_train_batch_size=2',
                  'shuffle=false', 'learning_rate=1e-3', 'weight_decay=.1', 'adam_beta1=0.9', 'adam_beta2=0.95', 'adam_epsilon=1e-8', 'max_grad_norm=1', 'lr_scheduler_type=constant', 'warmup_steps=0')
        if r.returncode:
            return check(f'{name} {method}: losses of five steps are PEFT\'s', False, r.stderr)
        got, want = losses(temp + '/out'), steps(tuned, [rows[i:i + 2] for i in range(0, len(rows), 2)])
        check(f'{name} {method}: losses of five steps are PEFT\'s', len(got) == len(want) and max(abs(a - b) for a, b in zip(got, want)) <= 1e-5, (got, want))
        again, ids = peft.PeftModel.from_pretrained(kind.from_pretrained(temp + '/model'), temp + '/out').eval(), torch.tensor([r['input_ids'] for r in rows])
        with torch.no_grad():
            d = float((again(ids).logits - tuned(ids).logits).abs().max())
        check(f'{name} {method}: what is left opens in PEFT, and is what was learned', d < 1e-3, d)


WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *'abcdefghijklmnop', *('##' + c for c in 'abcdefghijklmnop')]
MOODS = [('abc abd', 'glad'), ('nop mop', 'sad'), ('bad cab', 'glad'), ('pon pom', 'sad')] * 6
PAIRS = [('abc', 'abc', 'same'), ('nop', 'abc', 'other'), ('nop', 'nop', 'same'), ('abc', 'nop', 'other')] * 6


def said(folder, text, *more):
    r = subprocess.run([INK, 'classify', '-m', folder, text, '--json', *more], capture_output=True, text=True, timeout=60)
    return {label['label']: label['p'] for label in json.loads(r.stdout)['labels']} if not r.returncode else r.stderr


def theirs(folder, *texts):
    t, m = transformers.AutoTokenizer.from_pretrained(folder), transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        p = m(**t(*texts, return_tensors='pt')).logits[0].softmax(-1).tolist()
    return {m.config.id2label[i]: x for i, x in enumerate(p)}


def alike(a, b): return not isinstance(a, str) and a.keys() == b.keys() and max(abs(a[k] - b[k]) for k in a) < 1e-4


def new_heads():
    with tempfile.TemporaryDirectory() as temp:
        shape = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_position_embeddings=40, vocab_size=len(WORDS))
        with open(temp + '/vocab.txt', 'w') as f:
            f.write('\n'.join(WORDS))
        bases = {'bert': transformers.BertForMaskedLM(transformers.BertConfig(**shape)),
                 'llama': transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape, bos_token_id=2, eos_token_id=3, tie_word_embeddings=True))}
        write(temp + '/moods', [{'text': t, 'label': l} for t, l in MOODS])
        write(temp + '/pairs', [{'text': a, 'text_pair': b, 'label': l} for a, b, l in PAIRS])
        common = ['stage=classify', 'learning_rate=1e-2', 'per_device_train_batch_size=8', 'lr_scheduler_type=constant', 'warmup_steps=0', 'save_steps=20']
        for name, base in bases.items():
            home = f'{temp}/{name}'
            base.save_pretrained(home)
            transformers.BertTokenizerFast(temp + '/vocab.txt').save_pretrained(home)
            r = train(*common, f'model={home}', f'dataset={temp}/moods', f'eval_dataset={temp}/moods', f'output_dir={home}-moods', 'max_steps=40')
            if r.returncode:
                check(f'{name}: a new head learns', False, r.stderr)
                continue
            measured = [x for x in rows_of(f'{home}-moods/log.jsonl') if 'eval_loss' in x][-1]
            check(f'{name}: a new head learns names', measured['eval_accuracy'] == 1 and list(said(f'{home}-moods', 'abc')) == ['glad', 'sad'], measured)
            mine = said(f'{home}-moods', 'cab bad nop')
            if name == 'bert':
                check(f'{name}: classify says what transformers says', alike(mine, theirs(f'{home}-moods', 'cab bad nop')), (mine, theirs(f'{home}-moods', 'cab bad nop')))
            else:
                check(f'{name}: classify says which', not isinstance(mine, str) and max(said(f'{home}-moods', 'nop pon').items(), key=lambda x: x[1])[0] == 'sad', mine)
        home = temp + '/bert'
        r = train(*common, f'model={home}', f'dataset={temp}/pairs', f'eval_dataset={temp}/pairs', f'output_dir={temp}/same', 'max_steps=120', 'learning_rate=3e-3')
        mine = said(temp + '/same', 'abc', '--pair', 'nop') if not r.returncode else r.stderr
        check('pairs are told apart as transformers reads them', alike(mine, theirs(temp + '/same', 'abc', 'nop')), mine)
        transformers.BertForMaskedLM(transformers.BertConfig(**shape, initializer_range=.5)).save_pretrained(temp + '/wide')
        transformers.BertTokenizerFast(temp + '/vocab.txt').save_pretrained(temp + '/wide')
        for name, method in (('wide', 'lora'), ('wide', 'ptuning-v2'), ('llama', 'lora'), ('llama', 'prompt')):
            out = f'{temp}/{name}-{method}'
            r = train(*common, f'model={temp}/{name}', f'dataset={temp}/moods', f'eval_dataset={temp}/moods', f'output_dir={out}', 'max_steps=60', f'method={method}', 'num_virtual_tokens=3', 'learning_rate=2e-2')
            measured = [x for x in rows_of(out + '/log.jsonl') if 'eval_loss' in x][-1] if not r.returncode else {}
            mine = said(f'{temp}/{name}', 'nop pon', '--adapter', out) if method != 'prompt' else {'sad': 1, 'glad': 0}
            check(f'{name}: a new {method} learns labels, and says them', measured.get('eval_accuracy', 0) == 1 and not isinstance(mine, str) and mine['sad'] > mine['glad'], (r.stderr, measured, mine))
        home, out = temp + '/wide', temp + '/wide-lora'
        mine = said(home, 'cab bad nop', '--adapter', out)
        with torch.no_grad():
            ids = transformers.AutoTokenizer.from_pretrained(home)('cab bad nop', return_tensors='pt')
            p = peft.PeftModel.from_pretrained(transformers.BertForSequenceClassification.from_pretrained(home, num_labels=2), out).eval()(**ids).logits[0].softmax(-1).tolist()
        check('a new adapter with its head says in PEFT what it says here', alike(mine, dict(zip(('glad', 'sad'), p))), (mine, p))
        home = temp + '/bert'
        train(*common, f'model={home}', f'dataset={temp}/moods', f'output_dir={temp}/parts', 'max_steps=20')
        r = train(*common, f'model={home}', f'dataset={temp}/moods', f'output_dir={temp}/parts', 'max_steps=40', 'threads=3', '--resume')
        check('a run goes on bit for bit', not r.returncode and tensors(temp + '/parts/model.safetensors') == tensors(home + '-moods/model.safetensors'), r.stderr)
        r = train(*common, f'model={home}-moods', f'dataset={temp}/moods', f'eval_dataset={temp}/moods', f'output_dir={temp}/on', 'max_steps=2', 'method=top', 'freeze_trainable_layers=0')
        check('a head that is there learns on, by itself', not r.returncode and rows_of(temp + '/on/log.jsonl')[0]['loss'] < .1, r.stderr)
        write(temp + '/mixed', [{'text': 'abc', 'label': 'x'}, {'text': 'abc', 'label': 1}])
        write(temp + '/none', [{'text': 'abc', 'label': 'x'}, {'text': 'abc'}])
        write(temp + '/one', [{'text': 'abc', 'label': 'x'}] * 2)
        write(temp + '/third', [{'text': 'abc', 'label': 'angry'}])
        says = lambda *w: train(*common, f'model={home}', f'output_dir={temp}/no', 'max_steps=1', *w).stderr
        check('labels that are none are refused', 'line 2' in says(f'dataset={temp}/mixed') and 'no label' in says(f'dataset={temp}/none') and 'one label' in says(f'dataset={temp}/one')
              and 'angry' in says(f'dataset={temp}/moods', f'eval_dataset={temp}/third') and 'packing' in says(f'dataset={temp}/moods', 'packing=true')
              and 'labelled' in says(f'dataset={temp}/moods', 'dataset_format=jsonl'))
        r = said(home, 'abc')
        check('a model without a head for labels says so', isinstance(r, str) and '--label' in r, r)


common = dict(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50, max_position_embeddings=60, vocab_size=101, initializer_range=0.3, num_labels=LABELS)
none = dict(hidden_dropout_prob=0., attention_probs_dropout_prob=0.)
KINDS = {'bert': (transformers.BertForSequenceClassification, transformers.BertConfig(**common, **none)),
         'roberta': (transformers.RobertaForSequenceClassification, transformers.RobertaConfig(**common, **none, pad_token_id=1, type_vocab_size=1)),
         'distilbert': (transformers.DistilBertForSequenceClassification, transformers.DistilBertConfig(vocab_size=101, dim=36, n_layers=2, n_heads=3, hidden_dim=50, max_position_embeddings=60,
                                                                                                       initializer_range=0.3, dropout=0., attention_dropout=0., seq_classif_dropout=0., num_labels=LABELS)),
         'llama': (transformers.LlamaForSequenceClassification, transformers.LlamaConfig(**common, pad_token_id=0)),
         'gpt2': (transformers.GPT2ForSequenceClassification, transformers.GPT2Config(vocab_size=101, n_embd=36, n_layer=2, n_head=3, n_positions=60, initializer_range=0.3, resid_pdrop=0., embd_pdrop=0.,
                                                                                      attn_pdrop=0., pad_token_id=0, num_labels=LABELS))}
for name, (kind, config) in KINDS.items():
    family(name, kind, config)
for name, method in (('bert', 'lora'), ('bert', 'ptuning-v2'), ('roberta', 'lora'), ('llama', 'lora')):
    adapted(name, *KINDS[name], method)
new_heads()
