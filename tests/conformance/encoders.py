"""Encoders against transformers: tiny random BERT, RoBERTa, XLM-R and DistilBERT in odd shapes, the last layer's rows and the logits
of texts of 1, 7, 37 and 300 tokens; WordPiece against the tokenizers package; sentence vectors of the real MiniLM."""
import array, json, os, random, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or os.environ['INK_BUILD'] + '/apps/cli/inkstone'
ASK, MODELS = os.environ['INK_BUILD'] + '/tests/unit/ask_text', os.environ.get('INK_MODELS', '')
if not oracle.has('torch', 'transformers'):
    print('ok - encoders # SKIP Python has no transformers')
    sys.exit()
import torch, transformers
transformers.logging.set_verbosity_error()


def check(name, wrong):
    print(f'ok - encoders {name}' if not wrong else f'not ok - encoders {name}: {str(wrong)[:900]}', flush=True)


def rows(folder, ids, *flags):
    with tempfile.TemporaryDirectory() as temp:
        r = subprocess.run([INK, 'logits', '-m', folder, '--ids', ','.join(map(str, ids)), '-t', '2', '-o', temp + '/o', *flags], capture_output=True, text=True, timeout=120)
        if r.returncode:
            return r.stderr.strip()
        with open(temp + '/o', 'rb') as f:
            a = array.array('f')
            a.frombytes(f.read())
            return torch.tensor(a.tolist())


def configurations():
    common = dict(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=50, max_position_embeddings=320, vocab_size=101, initializer_range=0.3)
    yield 'bert', transformers.BertForMaskedLM, transformers.BertConfig(**common)
    yield 'bert of one layer, untied, of three types', transformers.BertForMaskedLM, transformers.BertConfig(**{**common, 'num_hidden_layers': 1, 'tie_word_embeddings': False, 'type_vocab_size': 3})
    yield 'bert without a head', transformers.BertModel, transformers.BertConfig(**common)
    yield 'roberta', transformers.RobertaForMaskedLM, transformers.RobertaConfig(**common, pad_token_id=1, type_vocab_size=1)
    yield 'xlm-r', transformers.XLMRobertaForMaskedLM, transformers.XLMRobertaConfig(**common, pad_token_id=1, type_vocab_size=1)
    yield 'distilbert', transformers.DistilBertForMaskedLM, transformers.DistilBertConfig(vocab_size=101, dim=36, n_layers=2, n_heads=3, hidden_dim=50, max_position_embeddings=320, initializer_range=0.3)


def golden(name, kind, config):
    torch.manual_seed(len(name))
    model = kind(config).eval()
    for p in model.parameters(): # biases and norms that are not what they begin as
        p.data += 0.1 * torch.randn_like(p)
    rng, wrong = random.Random(5), []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        model.save_pretrained(folder)
        for n in (1, 7, 37, 300):
            ids = [rng.randrange(5, 101) for _ in range(n)]
            out = model(torch.tensor([ids]), output_hidden_states=True)
            wants = [(['--all', '--hidden'], out.hidden_states[-1])] + ([(['--all'], out.logits)] if 'logits' in out else [])
            for flags, want in wants:
                got = rows(folder, ids, *flags)
                want = want.flatten()
                off = got if isinstance(got, str) else float((got - want).abs().max() / want.abs().max()) if len(got) == len(want) else 'rows'
                if not isinstance(off, float) or off > 1e-4:
                    wrong.append((n, flags, off))
        last = rows(folder, ids, '--hidden')
        if isinstance(last, str) or not torch.equal(last, rows(folder, ids, '--hidden', '--all')[-36:]) or not torch.equal(last, rows(folder, ids, '--hidden', '-t', '1')):
            wrong.append('the last row, or one thread, gives other bits')
    check(name + ' equals transformers', wrong)


def wordpiece():
    folder = MODELS + '/minilm'
    folder = folder if os.path.isdir(folder) else os.path.expanduser('~/.inkstone/models/by-name/minilm')
    if not os.path.exists(folder + '/tokenizer.json') or not os.path.exists(ASK):
        return print('ok - encoders WordPiece # SKIP minilm is not there')
    import tokenizers
    theirs = tokenizers.Tokenizer.from_file(folder + '/tokenizer.json')
    theirs.no_truncation()
    theirs.no_padding()
    rng, texts = random.Random(2), ['', 'Héllo wörld, naïve café', '中文和English混排', 'a' * 99, 'a' * 101, 'don\'t [MASK] me', 'tab\there\u0000\u200b\ufffd', 'İstanbul ẞ ﬁ', '\u0301x', '१२३ ٣٤', '🙂🙃 a🙂b', '한국어 ガギグ']
    if SHARED:
        texts += json.load(open(SHARED + '/data/suites/blns.json'))
    texts += [''.join(chr(rng.choice([rng.randrange(32, 127), rng.randrange(0xA0, 0x600), rng.randrange(0x900, 0xD7FF), rng.randrange(0x1F300, 0x1F700)])) for _ in range(40)) for _ in range(200)]
    process = subprocess.Popen([ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding='utf-8')
    wrong = []
    for text in texts:
        process.stdin.write(json.dumps({'folder': folder, 'text': text}, ensure_ascii=False) + '\n')
        process.stdin.flush()
        got, want = json.loads(process.stdout.readline()), theirs.encode(text, add_special_tokens=False).ids
        if got != want:
            wrong.append((text[:60], got[:12] if isinstance(got, list) else got, want[:12]))
    check('WordPiece equals tokenizers', wrong)
    vectors(folder)


def vectors(folder):
    if not os.path.exists(SHARED + '/golden/minilm/cases.json') or not os.path.exists(folder + '/model.safetensors'):
        return print('ok - encoders MiniLM # SKIP its golden vectors are not there')
    texts = [(i, c['text']) for i, c in enumerate(json.load(open(SHARED + '/golden/minilm/cases.json'))['cases']) if '\n' not in c['text'] and '\r' not in c['text']]
    want = array.array('f')
    with open(SHARED + '/golden/minilm/vectors.f32', 'rb') as f:
        want.frombytes(f.read())
    r = subprocess.run([INK, 'embed', '-m', folder, '--json', '-t', '2'], input='\n'.join(t for _, t in texts), capture_output=True, text=True, timeout=120)
    got = json.loads(r.stdout)['vectors'] if not r.returncode else []
    off = max((abs(a - want[384 * i + k]) for (i, _), v in zip(texts, got) for k, a in enumerate(v)), default=9)
    check('MiniLM\'s vectors are those of the golden file', [] if len(got) == len(texts) and off <= 1e-4 else [off, r.stderr])
    alone = subprocess.run([INK, 'embed', '-m', folder, '--json', '-t', '1'], input=texts[1][1], capture_output=True, text=True, timeout=120)
    check('a vector is the same alone and in a crowd', [] if got and json.loads(alone.stdout)['vectors'][0] == got[1] else [alone.stderr])


def refusals():
    with tempfile.TemporaryDirectory() as folder:
        config = transformers.BertConfig(hidden_size=36, num_hidden_layers=1, num_attention_heads=3, intermediate_size=50, max_position_embeddings=40, vocab_size=101)
        transformers.BertForMaskedLM(config).save_pretrained(folder)
        run = lambda *a: subprocess.run([INK, *a], input='a line\n', capture_output=True, text=True, timeout=60).stderr
        wrong = [(a, w, e) for a, w in ((('generate', '-m', folder, '--ids', '1,2'), 'is an encoder'), (('logits', '-m', folder, '--ids', '1,200', '-o', folder + '/x'), 'vocabulary'),
                                        (('logits', '-m', folder, '--ids', ','.join(['7'] * 41), '-o', folder + '/x'), 'do not fit'), (('logits', '-m', folder, '--ids', '1', '--chunk', '2', '-o', folder + '/x'), '--chunk'),
                                        (('embed', '-m', folder), 'no tokenizer.json')) if w not in (e := run(*a))]
        check('what an encoder cannot do is said', wrong)


for name, kind, config in configurations():
    golden(name, kind, config)
wordpiece()
refusals()
