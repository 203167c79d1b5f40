"""Encoders as GGUF: a folder, a GGUF of it and a folder of that give the same rows and vectors; WordPiece cuts texts alike in all three, and as the
tokenizers package does; what pools a text goes along; what a GGUF has no words for is refused; llama.cpp's vectors are ours, where it is built."""
import glob, json, os, shutil, socket, subprocess, sys, tempfile, time, urllib.request

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or os.environ['INK_BUILD'] + '/apps/cli/inkstone'
MINILM = os.environ.get('INK_MODELS', '') + '/minilm'
MINILM = MINILM if os.path.isdir(MINILM) else os.path.expanduser('~/.inkstone/models/by-name/minilm')
PEER = os.path.expanduser('~/.cache/ink-peers/bgcc/bin')
TEXTS = ['Hello w\u00f6rld, \u4f60\u597d!', 'The quick brown fox unaffable', 'na\u00efve caf\u00e9 \u00c0\u00c9 123,456.78 e-mail@x.org', '\u00dcn\u00efc\u00f6d\u00e9 \t tabs  two', '\u0416\u0438\u0437\u043d\u044c a\u0301\u0302 [MASK] ##x \u2581y', 'supercalifragilistic' * 9]
if not oracle.has('torch', 'transformers', 'gguf', 'tokenizers'):
    print('ok - encoders as GGUF # SKIP Python has no transformers and gguf')
    sys.exit()
import gguf, numpy as np, tokenizers, torch, transformers
transformers.logging.set_verbosity_error()


def check(name, ok, why=''):
    print(f'ok - encoders as GGUF {name}' if ok else f'not ok - encoders as GGUF {name}: {str(why)[:700]}', flush=True)


def run(*args, **more):
    return subprocess.run([INK, *args], capture_output=True, text=True, timeout=120, **more)


def vectors(model, *flags):
    r = run('embed', '-m', model, '--json', *flags, input='\n'.join(TEXTS))
    return (np.array(json.loads(r.stdout)['vectors']), json.loads(r.stdout)['tokens']) if not r.returncode else r.stderr


def ids(model):
    return [run('tokenize', '-m', model, '--special', input=t).stdout for t in TEXTS]


def hidden(model, temp):
    r = run('logits', '-m', model, '--ids', '2,5,6,20,3', '--all', '--hidden', '-o', temp + '/rows')
    if r.returncode:
        return r.stderr
    with open(temp + '/rows', 'rb') as f:
        return f.read()


def masked(temp):
    """A BERT with a head, types of its own number and a cased tokenizer in turn: rows stay, the head is named as left out, the cased is refused."""
    torch.manual_seed(3)
    words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *'abcdefghij', *('##' + c for c in 'abcdefghij'), 'ab', '##cd']
    config = transformers.BertConfig(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=52, max_position_embeddings=40, vocab_size=len(words), type_vocab_size=3, initializer_range=.3)
    transformers.BertForMaskedLM(config).eval().save_pretrained(temp + '/masked')
    with open(temp + '/vocab.txt', 'w') as f:
        f.write('\n'.join(words))
    for cased in (False, True):
        transformers.BertTokenizerFast(temp + '/vocab.txt', do_lower_case=not cased).save_pretrained(temp + '/masked')
        r = run('convert', temp + '/masked', temp + '/masked.gguf', '--json')
        if cased:
            check('refuses capitals', r.returncode in (1, 2) and 'small letters' in r.stderr, r.stderr)
            continue
        check('names the head that is left out', not r.returncode and json.loads(r.stdout)['left_out'] >= 5, r.stdout + r.stderr)
        rows = [hidden(temp + '/masked' + end, temp) for end in ('', '.gguf')]
        check('keeps the rows of three types', rows[0] == rows[1] and len(rows[0]) == 5 * 36 * 4, [r[:200] for r in rows])
        os.remove(temp + '/masked.gguf')


def pooled(temp):
    """What 1_Pooling says is in the GGUF."""
    shutil.copytree(MINILM, temp + '/cls')
    os.makedirs(temp + '/cls/1_Pooling', exist_ok=True)
    with open(temp + '/cls/1_Pooling/config.json', 'w') as f:
        json.dump({'pooling_mode_cls_token': True, 'pooling_mode_mean_tokens': False}, f)
    r = run('convert', temp + '/cls', temp + '/cls.gguf')
    a, b, mean = vectors(temp + '/cls'), vectors(temp + '/cls.gguf'), vectors(temp + '/cls.gguf', '--pool', 'mean')
    check('takes along what pools a text', not isinstance(b, str) and np.array_equal(a[0], b[0]) and not np.allclose(b[0], mean[0], atol=1e-3), r.stderr or b)


LAYER = {'attention.self.query': 'attn_q', 'attention.self.key': 'attn_k', 'attention.self.value': 'attn_v', 'attention.output.dense': 'attn_output', 'attention.output.LayerNorm': 'attn_output_norm',
         'intermediate.dense': 'ffn_up', 'output.dense': 'ffn_down', 'output.LayerNorm': 'layer_output_norm'}
TABLES = {'embeddings.word_embeddings': 'token_embd', 'embeddings.position_embeddings': 'position_embd', 'embeddings.token_type_embeddings': 'token_types', 'embeddings.LayerNorm': 'token_embd_norm'}


def written(path, model, config):
    """RoBERTa or XLM-R as llama.cpp's converter writes it: a bert whose table of positions lacks the padding's rows."""
    w = gguf.GGUFWriter(path, 'bert')
    for add, value in ((w.add_block_count, config.num_hidden_layers), (w.add_context_length, config.max_position_embeddings - 2), (w.add_embedding_length, config.hidden_size), (w.add_vocab_size, config.vocab_size),
                       (w.add_feed_forward_length, config.intermediate_size), (w.add_head_count, config.num_attention_heads), (w.add_layer_norm_eps, config.layer_norm_eps), (w.add_causal_attention, False),
                       (w.add_pooling_type, gguf.PoolingType.CLS), (w.add_token_type_count, 1), (w.add_bos_token_id, 0), (w.add_eos_token_id, 2), (w.add_sep_token_id, 2), (w.add_add_bos_token, True), (w.add_add_eos_token, True)):
        add(value)
    letters = [bytes([97 + i]) for i in range(26)]
    if config.model_type == 'roberta':
        w.add_tokenizer_model('gpt2')
        w.add_tokenizer_pre('roberta-bpe')
        tokens = [b'<s>', b'<pad>', b'</s>', b'<unk>', '\u0120'.encode()] + letters + ['\u0120'.encode() + c for c in letters] + [b'ab', b'cd', b'<mask>']
        w.add_token_merges(['a b', 'c d'])
    else:
        w.add_tokenizer_model('t5')
        tokens = [b'<s>', b'<pad>', b'</s>', b'<unk>', '\u2581'.encode()] + letters + ['\u2581'.encode() + c for c in letters] + [b'ab', b'cd', b'<mask>']
        w.add_token_scores([0.] * 4 + [-2.] * 53 + [-1.5, -1.5, 0.])
    w.add_token_list(tokens)
    w.add_token_types([3, 3, 3, 2] + [1] * 55 + [3])
    names = {**TABLES, **{f'encoder.layer.{i}.{a}': f'blk.{i}.{b}' for i in range(config.num_hidden_layers) for a, b in LAYER.items()}}
    for name, value in model.state_dict().items():
        base, end = name.rsplit('.', 1)
        if base in names:
            w.add_tensor(f'{names[base]}.{end}', value.numpy().astype('f4')[2 if base == 'embeddings.position_embeddings' else 0:])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def kin(temp):
    for kind, name, ids in ((transformers.XLMRobertaModel, 'XLM-R', [0, 4, 57, 4, 58, 47, 2]), (transformers.RobertaModel, 'RoBERTa', [0, 57, 4, 58, 4, 21, 2])):
        torch.manual_seed(1)
        config = kind.config_class(hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=52, max_position_embeddings=42, vocab_size=60, type_vocab_size=1, pad_token_id=1, initializer_range=.3)
        model = kind(config).eval()
        written(temp + '/kin.gguf', model, config)
        r = run('embed', '-m', temp + '/kin.gguf', '--raw', '--json', input='ab cd q')
        with torch.no_grad():
            want = model(torch.tensor([ids])).last_hidden_state[0, 0].numpy()
        off = r.stderr if r.returncode else float(np.abs(np.array(json.loads(r.stdout)['vectors'][0]) - want).max())
        check(f'reads {name} as llama.cpp keeps it', not isinstance(off, str) and off < 1e-4, off)


def elsewhere(path, want):
    """llama.cpp's server gives the same vectors of those texts that its own reading of Unicode cuts alike."""
    if not os.path.exists(PEER + '/llama-server'):
        return print('ok - encoders as GGUF llama.cpp # SKIP no llama-server is built here')
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    server = subprocess.Popen([PEER + '/llama-server', '-m', path, '--embedding', '--host', '127.0.0.1', '--port', str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, 'LD_LIBRARY_PATH': PEER})
    try:
        for _ in range(100):
            try:
                if urllib.request.urlopen(f'http://127.0.0.1:{port}/health', timeout=2).status == 200:
                    break
            except OSError:
                time.sleep(.2)
        body = json.dumps({'input': TEXTS[:4], 'model': 'm'}).encode()
        data = json.load(urllib.request.urlopen(urllib.request.Request(f'http://127.0.0.1:{port}/v1/embeddings', body, {'Content-Type': 'application/json'}), timeout=30))['data']
        theirs = np.array([d['embedding'] for d in data])
        cosines = (theirs * want[:4]).sum(1)
        return check('gives llama.cpp the same vectors', cosines.min() > .9999, cosines)
    finally:
        server.kill()
        server.wait()


with tempfile.TemporaryDirectory() as place:
    masked(place)
    kin(place)
    if not glob.glob(MINILM + '/*.safetensors'):
        print('ok - encoders as GGUF MiniLM # SKIP minilm is not there')
        sys.exit()
    one = run('convert', MINILM, place + '/m.gguf')
    two = run('convert', place + '/m.gguf', place + '/again')
    forms = [MINILM, place + '/m.gguf', place + '/again']
    made = [vectors(m) for m in forms]
    check('gives the same vectors in three forms', all(not isinstance(v, str) and np.array_equal(v[0], made[0][0]) for v in made), one.stderr + two.stderr)
    theirs = tokenizers.Tokenizer.from_file(place + '/again/tokenizer.json')
    theirs.no_truncation()
    theirs.no_padding()
    ours = [ids(m) for m in forms]
    want = [theirs.encode(t).ids for t in TEXTS]
    check('cuts texts alike in three forms', ours[0] == ours[1] == ours[2] and [list(map(int, o.split())) for o in ours[2]] in (want, [w[1:-1] for w in want]), (ours[2], want))
    model = transformers.AutoModel.from_pretrained(place + '/again')
    check('opens in transformers', model.config.num_hidden_layers == 6 and transformers.AutoTokenizer.from_pretrained(place + '/again').mask_token == '[MASK]')
    q = run('quantize', place + '/m.gguf', place + '/q8.gguf', 'Q8_0')
    eight = vectors(place + '/q8.gguf')
    check('keeps its vectors in eight bits', not isinstance(eight, str) and (eight[0] * made[0][0]).sum(1).min() > .998, q.stderr or eight)
    pooled(place)
    elsewhere(place + '/m.gguf', made[1][0])
