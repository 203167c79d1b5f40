"""Models that read one sequence and write another against transformers: tiny random T5, T5 1.1, mT5 and UMT5 in odd shapes; logits of sequences of 1, 7,
37 and 300 tokens, whole, in chunks and among neighbours."""
import array, json, os, random, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or os.environ['INK_BUILD'] + '/apps/cli/inkstone'
if not oracle.has('torch', 'transformers'):
    print('ok - reading # SKIP Python has no transformers')
    sys.exit()
import torch, transformers
transformers.logging.set_verbosity_error()


def check(name, wrong):
    print(f'ok - reading {name}' if not wrong else f'not ok - reading {name}: {str(wrong)[:900]}', flush=True)


def run(*words):
    return subprocess.run([INK, *words], capture_output=True, text=True, timeout=120)


def logits(folder, read, written, *flags):
    """The rows as bytes, or the sentence of a refusal."""
    with tempfile.TemporaryDirectory() as temp:
        r = run('logits', '-m', folder, '--ids', ','.join(map(str, read)), '--decoder-ids', ','.join(map(str, written)), '--all', '-t', '2', '--kv', 'f32', '-o', temp + '/o', *flags)
        return r.stderr.strip() if r.returncode else open(temp + '/o', 'rb').read()


def floats(data):
    a = array.array('f')
    a.frombytes(data)
    return torch.tensor(a.tolist())


COMMON = dict(vocab_size=101, d_model=36, d_kv=10, d_ff=50, num_layers=2, num_heads=3, relative_attention_num_buckets=12, relative_attention_max_distance=40, initializer_factor=1.0,
              decoder_start_token_id=0, n_positions=320)
GATED = {**COMMON, 'feed_forward_proj': 'gated-gelu', 'tie_word_embeddings': False}
MODELS = {
    't5': (transformers.T5ForConditionalGeneration, transformers.T5Config(**COMMON)),
    't5 with one layer that writes, and as many buckets as usual': (transformers.T5ForConditionalGeneration, transformers.T5Config(**{**COMMON, 'num_layers': 3, 'num_decoder_layers': 1,
                                                                    'relative_attention_num_buckets': 32, 'relative_attention_max_distance': 128, 'num_heads': 1, 'd_kv': 64})),
    't5 1.1': (transformers.T5ForConditionalGeneration, transformers.T5Config(**{**GATED, 'num_decoder_layers': 3})),
    'mt5': (transformers.MT5ForConditionalGeneration, transformers.MT5Config(**{**GATED, 'd_kv': 16, 'decoder_start_token_id': 3})),
    'umt5': (transformers.UMT5ForConditionalGeneration, transformers.UMT5Config(**{**GATED, 'num_layers': 2})),
}


def build(name):
    kind, config = MODELS[name]
    torch.manual_seed(len(name))
    model = kind._from_config(config, attn_implementation='eager').eval()
    for n, p in model.named_parameters():
        p.data += torch.randn_like(p) * (1.0 if 'relative' in n else 0.4 if 'shared' in n else 0.15)
    return model


def golden(name):
    model, rng, wrong = build(name), random.Random(5), []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        model.save_pretrained(folder)
        for read, written in ((1, 7), (7, 1), (37, 37), (300, 7), (7, 300), (300, 300)):
            a, b = [rng.randrange(2, 101) for _ in range(read)], [model.config.decoder_start_token_id] + [rng.randrange(2, 101) for _ in range(written - 1)]
            want = model(input_ids=torch.tensor([a]), decoder_input_ids=torch.tensor([b])).logits.flatten()
            got = logits(folder, a, b)
            off = got if isinstance(got, str) else float((floats(got) - want).abs().max() / want.abs().max()) if len(got) == 4 * len(want) else 'rows'
            if not isinstance(off, float) or not off <= 1e-4:
                wrong.append((read, written, off))
            if read + written in (74, 307) and not (logits(folder, a, b, '--chunk', '3') == logits(folder, a, b, '--copies', '3', '--chunk', '7') == logits(folder, a, b, '-t', '1') == got):
                wrong.append((read, written, 'other bits in chunks, among neighbours or with one thread'))
        got = logits(folder, a, b, '--reuse', '70')
        if isinstance(got, str) or abs(floats(got) - want[-len(got) // 4:]).max() > 1e-4 * want.abs().max():
            wrong.append(('a beginning taken over', got if isinstance(got, str) else 'is another'))
    check(name + ' equals transformers', wrong)


for name in MODELS:
    golden(name)


def vectors():
    """The encoder's rows, also of a checkpoint that has nothing else."""
    model, wrong = build('t5 1.1'), []
    ids = [5, 9, 17, 40, 3, 88, 100]
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        model.save_pretrained(folder + '/whole')
        alone = transformers.T5EncoderModel.from_pretrained(folder + '/whole')
        alone.save_pretrained(folder + '/alone')
        want = model.encoder(torch.tensor([ids])).last_hidden_state.flatten()
        for kind in ('whole', 'alone'):
            r = run('logits', '-m', f'{folder}/{kind}', '--ids', ','.join(map(str, ids)), '--all', '--hidden', '-o', folder + '/o')
            off = r.stderr if r.returncode else float((floats(open(folder + '/o', 'rb').read()) - want).abs().max() / want.abs().max())
            if not isinstance(off, float) or not off <= 1e-4:
                wrong.append((kind, off))
    check("an encoder's rows equal transformers", wrong)


def refusals():
    model, wrong = build('t5'), []
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        out = ['-o', folder + '/x']
        for words, says in ((['logits', '--ids', '1,2', *out], '--decoder-ids'), (['logits', '--ids', '1,200', '--decoder-ids', '0', *out], 'vocabulary'), (['logits', '--ids', '1', '--decoder-ids', '101', *out], 'vocabulary'),
                            (['logits', '--ids', ','.join(['7'] * 321), '--decoder-ids', '0', *out], 'do not fit')):
            r = run(words[0], '-m', folder, *words[1:])
            if not r.returncode or says not in r.stderr:
                wrong.append((words, r.stderr))
        r = run('logits', '-m', folder, '--ids', ','.join(['7'] * 400), '--decoder-ids', '0', '--ctx', '500', *out)
        if r.returncode:
            wrong.append(('a longer context', r.stderr))
        for key, value, says in (('feed_forward_proj', 'gated-silu', 'feed_forward_proj'), ('relative_attention_max_distance', 5, 'distances'), ('d_kv', 11, 'configuration wants')):
            with open(folder + '/config.json') as f:
                config = json.load(f)
            with open(folder + '/config.json', 'w') as f:
                json.dump({**config, key: value}, f)
            r = run('logits', '-m', folder, '--ids', '1', '--decoder-ids', '0', *out)
            if not r.returncode or says not in r.stderr:
                wrong.append((key, r.stderr))
            with open(folder + '/config.json', 'w') as f:
                json.dump(config, f)
    check('what cannot be computed is refused', wrong)


vectors()
refusals()
