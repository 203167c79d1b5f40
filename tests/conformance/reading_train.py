"""Models that read and write learn (stages seq2seq and span): five steps of AdamW, of all weights and of a LoRA, against PyTorch; what is saved, going on from a
checkpoint, spans that are drawn, texts as they are written down."""
import json, os, random, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from teaching import INK, adamw_steps, adamw_words, losses, train

if not oracle.has('torch', 'transformers', 'peft', 'safetensors'):
    print('ok - reading_train # SKIP Python has no torch, transformers or peft')
    sys.exit()
import peft, torch, transformers
transformers.logging.set_verbosity_error()
STEPS = 5


def check(name, ok, why=''):
    print(f'ok - reading_train {name}' if ok else f'not ok - reading_train {name}: {str(why)[:700]}', flush=True)


def steps(model, batches, rate, decay):
    """PyTorch's losses before each step of batches whose rows are filled up."""
    def loss_of(batch):
        pad = lambda key, by: torch.tensor([r[key] + [by] * (max(len(q[key]) for q in batch) - len(r[key])) for r in batch])
        return model(input_ids=pad('input_ids', 0), attention_mask=pad('input_ids', 0).ne(0).long(), labels=pad('labels', -100)).loss
    return adamw_steps(model, batches, loss_of, rate, decay)


def settings(folder, temp, out, rate, decay):
    return [f'model={folder}', 'stage=seq2seq', f'dataset={temp}/rows.jsonl', f'output_dir={temp}/{out}', f'max_steps={STEPS}', 'per_device_train_batch_size=2', *adamw_words(rate, decay)]


def off(got, want):
    return max(abs(g - w) for g, w in zip(got, want)) if len(got) == len(want) else got


def prepared(kind, config, seed):
    torch.manual_seed(seed)
    model = kind(config).eval()
    for n, p in model.named_parameters():
        p.data += torch.randn_like(p) * (0.5 if 'relative' in n else 0.2 if 'shared' in n else 0.1)
    return model


def family(name, kind, config):
    model, rng = prepared(kind, config, len(name)), random.Random(7)
    rows = [{'input_ids': [rng.randrange(2, 101) for _ in range(rng.choice((3, 20, 45, 70)))], 'labels': [rng.randrange(2, 101) for _ in range(rng.choice((1, 9, 24, 66)))]} for _ in range(2 * STEPS)]
    batches = [rows[i:i + 2] for i in range(0, len(rows), 2)]
    with tempfile.TemporaryDirectory() as temp:
        with open(temp + '/rows.jsonl', 'w') as f:
            f.writelines(json.dumps(r) + '\n' for r in rows)
        model.save_pretrained(temp + '/model')
        tuned = peft.get_peft_model(kind.from_pretrained(temp + '/model'), peft.LoraConfig(r=2, lora_alpha=4, target_modules='all-linear', task_type='SEQ_2_SEQ_LM'))
        for n, p in tuned.named_parameters():
            if 'lora_B' in n:
                p.data.normal_(0, 0.1)
        tuned.eval().save_pretrained(temp + '/adapter')
        r = train(*settings(temp + '/model', temp, 'full', 1e-3, .1))
        whole = kind.from_pretrained(temp + '/model').eval()
        d = off(losses(temp + '/full'), steps(whole, batches, 1e-3, .1)) if not r.returncode else r.stderr
        check(f"{name}: losses of five steps are PyTorch's", isinstance(d, float) and d <= 1e-5, d)
        again = kind.from_pretrained(temp + '/full').eval() if os.path.exists(temp + '/full/model.safetensors') else None
        a, b = torch.tensor([rows[0]['input_ids']]), torch.tensor([[0] + rows[0]['labels']])
        d = float((again(a, decoder_input_ids=b).logits - whole(a, decoder_input_ids=b).logits).abs().max().detach()) if again else 'nothing saved'
        check(f'{name}: what is saved is what was learned', isinstance(d, float) and d < 1e-3, d)
        r = train(*settings(temp + '/model', temp, 'lora', 1e-2, 0), 'method=lora', f'adapter={temp}/adapter')
        d = off(losses(temp + '/lora'), steps(tuned, batches, 1e-2, 0)) if not r.returncode else r.stderr
        check(f"{name}: losses of a LoRA's five steps are PyTorch's", isinstance(d, float) and d <= 1e-5, d)
        with torch.no_grad():
            base = peft.PeftModel.from_pretrained(kind.from_pretrained(temp + '/model'), temp + '/lora' if not r.returncode else temp + '/adapter').eval()
            want = base(input_ids=a, decoder_input_ids=b).logits[0].flatten()
        r = subprocess.run([INK, 'logits', '-m', temp + '/model', '--adapter', temp + '/lora', '--ids', ','.join(map(str, a[0].tolist())), '--decoder-ids', ','.join(map(str, b[0].tolist())), '--all',
                            '-o', temp + '/o'], capture_output=True, text=True, timeout=60)
        d = float((torch.frombuffer(bytearray(open(temp + '/o', 'rb').read()), dtype=torch.float32) - want).abs().max() / want.abs().max()) if not r.returncode else r.stderr
        check(f'{name}: a LoRA at work gives what PEFT gives', isinstance(d, float) and d <= 1e-4, d)


TEXT = 'The river ran past the old mill and under the bridge where children fished for trout in summer; in winter the ice was thick enough to walk on. '


def words(folder):
    """A tokenizer of T5's kind, with sentinels."""
    from tokenizers import Tokenizer, models, pre_tokenizers, decoders, processors, trainers
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    t.train_from_iterator([TEXT] * 4, trainers.UnigramTrainer(vocab_size=85, special_tokens=['<pad>', '</s>', '<unk>'], unk_token='<unk>', show_progress=False))
    t.add_special_tokens([f'<extra_id_{i}>' for i in range(9, -1, -1)])
    t.post_processor = processors.TemplateProcessing(single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', 1)])
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=t, pad_token='<pad>', eos_token='</s>', unk_token='<unk>')
    fast.save_pretrained(folder)
    return fast


def drawn(config):
    """Spans of a text: others in each epoch, the same after going on; new adapters; a model from nothing."""
    with tempfile.TemporaryDirectory() as temp:
        prepared(transformers.T5ForConditionalGeneration, config, 3).save_pretrained(temp + '/model')
        words(temp + '/model')
        with open(temp + '/text.txt', 'w') as f:
            f.write(TEXT * 20)
        with open(temp + '/lines.jsonl', 'w') as f:
            f.writelines(json.dumps({'text': t}) + '\n' for t in TEXT.split(';') * 3)
        common = [f'model={temp}/model', 'stage=span', f'dataset={temp}/text.txt', 'learning_rate=1e-2', 'per_device_train_batch_size=4', 'save_steps=10', 'shuffle=false', 'cutoff_len=40', 'lr_scheduler_type=constant',
                  'warmup_steps=0']
        r = train(*common, f'eval_dataset={temp}/lines.jsonl', f'output_dir={temp}/whole', 'max_steps=60')
        whole = losses(temp + '/whole') if not r.returncode else []
        check('spans of a text are learned', len(whole) >= 60 and sum(whole[55:60]) < .8 * sum(whole[:5]), r.stderr or whole)
        same = [*common, f'output_dir={temp}/again']
        train(*same, 'max_steps=20')
        r = train(*same, 'max_steps=40', '--resume')
        a, b = whole, losses(temp + '/again') if not r.returncode else r.stderr
        check('going on from a checkpoint loses the same spans', a[:20] == b[:20] and a[35:40] == b[35:40], (a[18:24], b[18:24]))
        for method, kind in (('lora', 'LORA'), ('ia3', 'IA3')):
            r = train(*common, f'output_dir={temp}/{method}', 'max_steps=20', f'method={method}', 'learning_rate=3e-2')
            got = losses(f'{temp}/{method}') if not r.returncode else []
            try:
                other = peft.PeftModel.from_pretrained(transformers.T5ForConditionalGeneration.from_pretrained(temp + '/model'), f'{temp}/{method}').eval()
                want = other(input_ids=torch.tensor([[5, 9, 20]]), decoder_input_ids=torch.tensor([[0, 7]])).logits.flatten().detach()
                l = subprocess.run([INK, 'logits', '-m', temp + '/model', '--adapter', f'{temp}/{method}', '--ids', '5,9,20', '--decoder-ids', '0,7', '--all', '-o', temp + '/o'], capture_output=True, text=True, timeout=60)
                d = float((torch.frombuffer(bytearray(open(temp + '/o', 'rb').read()), dtype=torch.float32) - want).abs().max() / want.abs().max()) if not l.returncode else l.stderr
            except Exception as e:
                d = e
            check(f'a new {method} learns spans, and PEFT opens it', len(got) >= 20 and sum(got[15:20]) < sum(got[:5]) and isinstance(d, float) and d < 1e-4, r.stderr or (got, d))
        r = subprocess.run([INK, 'export', '-m', temp + '/model', '--adapter', temp + '/lora', '-o', temp + '/merged'], capture_output=True, text=True, timeout=60)
        e = subprocess.run([INK, 'export', '-m', temp + '/model', '--adapter', temp + '/lora', '-o', temp + '/merged.gguf'], capture_output=True, text=True, timeout=60)
        ask = lambda *m: (subprocess.run([INK, 'logits', '-m', *m, '--ids', '5,9,20', '--decoder-ids', '0,7', '--all', '--kv', 'f32', '-o', temp + '/o'], capture_output=True, text=True, timeout=60).stderr,
                          torch.frombuffer(bytearray(open(temp + '/o', 'rb').read()), dtype=torch.float32))
        (w, want), (x, a), (y, b) = ask(temp + '/model', '--adapter', temp + '/lora'), ask(temp + '/merged'), ask(temp + '/merged.gguf')
        check('a LoRA is merged into a folder and into a GGUF', not (r.returncode or e.returncode or w or x or y) and max((a - want).abs().max(), (b - want).abs().max()) < 1e-4 * want.abs().max(), r.stderr + e.stderr + w + x + y)
        config.save_pretrained(temp + '/nothing')
        r = train(*common, f'model={temp}/nothing/config.json', f'tokenizer={temp}/model', f'output_dir={temp}/new', 'max_steps=40')
        got = losses(temp + '/new') if not r.returncode else []
        check('a model from nothing learns spans', len(got) >= 40 and sum(got[35:40]) < .8 * sum(got[:5]), r.stderr or got)


def written_down(config):
    """Pairs as texts: every way to write them down gives the same samples, which are those that transformers' tokenizer makes."""
    pairs = [('the old mill', 'ran past'), ('ice was thick', 'children fished for trout'), ('in summer', 'in winter'), ('bridge', 'the river')]
    with tempfile.TemporaryDirectory() as temp:
        prepared(transformers.T5ForConditionalGeneration, config, 4).save_pretrained(temp + '/model')
        tokenizer = words(temp + '/model')
        say = lambda q, a: [{'role': 'user', 'content': q}, {'role': 'assistant', 'content': a}]
        forms = {'ids': lambda q, a: {'input_ids': tokenizer(q).input_ids, 'labels': tokenizer(a).input_ids}, 'alpaca': lambda q, a: {'instruction': q, 'output': a},
                 'prompt': lambda q, a: {'prompt': q, 'completion': a}, 'source': lambda q, a: {'source': q, 'target': a}, 'messages': lambda q, a: {'messages': say(q, a)}}
        got = {}
        for name, form in forms.items():
            with open(f'{temp}/{name}.jsonl', 'w') as f:
                f.writelines(json.dumps(form(*p)) + '\n' for p in pairs)
            r = train(f'model={temp}/model', 'stage=seq2seq', f'dataset={temp}/{name}.jsonl', f'output_dir={temp}/{name}', 'max_steps=6', 'per_device_train_batch_size=2', 'learning_rate=1e-3', 'packing=' + ('true' if name == 'source' else 'false'))
            got[name] = losses(temp + '/' + name) if not r.returncode else r.stderr
        same = [got[k] for k in forms if k != 'source']
        check('pairs are read in every form', isinstance(got['ids'], list) and all(g == same[0] for g in same), got)
        check('packed pairs are learned', isinstance(got['source'], list) and got['source'][-1] < got['source'][0], got['source'])
        with open(temp + '/text.txt', 'w') as f:
            f.write(TEXT)
        with open(temp + '/plain.jsonl', 'w') as f:
            f.write('{"input_ids": [3, 4, 5]}\n')
        with open(temp + '/gap.jsonl', 'w') as f:
            f.write('{"input_ids": [3, 4, 5], "labels": [3, -100, 4]}\n')
        says = lambda *w: train(f'model={temp}/model', f'output_dir={temp}/no', 'max_steps=1', *w).stderr
        wrong = [(w, says(*w)) for w, s in (((f'dataset={temp}/text.txt', 'stage=pretrain'), 'seq2seq and span'), ((f'dataset={temp}/text.txt', 'stage=seq2seq'), 'stage span'), ((f'dataset={temp}/plain.jsonl', 'stage=seq2seq'), 'no labels'),
                                            ((f'dataset={temp}/gap.jsonl', 'stage=seq2seq'), 'number 2 of labels'), ((f'dataset={temp}/alpaca.jsonl', 'stage=span'), 'stage span learns texts'),
                                            ((f'dataset={temp}/alpaca.jsonl', 'stage=seq2seq', 'method=prefix'), 'no prompt or prefix'), ((f'dataset={temp}/text.txt', 'stage=span', 'packing=true'), 'packing')) if s not in says(*w)]
        check('what does not go together is refused', not wrong, wrong)


COMMON = dict(vocab_size=101, d_model=36, d_kv=10, d_ff=50, num_layers=2, num_heads=3, relative_attention_num_buckets=12, relative_attention_max_distance=40, dropout_rate=0., decoder_start_token_id=0)
GATED = {**COMMON, 'feed_forward_proj': 'gated-gelu', 'tie_word_embeddings': False}
family('t5', transformers.T5ForConditionalGeneration, transformers.T5Config(**COMMON))
family('mt5', transformers.MT5ForConditionalGeneration, transformers.MT5Config(**{**GATED, 'num_decoder_layers': 1, 'd_kv': 16}))
family('umt5', transformers.UMT5ForConditionalGeneration, transformers.UMT5Config(**GATED))
drawn(transformers.T5Config(**{**COMMON, 'dropout_rate': 0.1, 'relative_attention_num_buckets': 32, 'relative_attention_max_distance': 128}))
written_down(transformers.T5Config(**COMMON))
