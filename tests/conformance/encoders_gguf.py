"""Encoders as GGUF: a folder, a GGUF of it and a folder of that give the same rows and vectors; WordPiece cuts texts alike in all three, and as the
tokenizers package does; what pools a text goes along; RoBERTa and its kin come back as what they were; what a GGUF has no words for is refused; llama.cpp's vectors are ours, where it is built."""
import glob, json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or os.environ['INK_BUILD'] + '/apps/cli/inkstone'
MINILM = os.environ.get('INK_MODELS', '') + '/minilm'
MINILM = MINILM if os.path.isdir(MINILM) else os.path.expanduser('~/.inkstone/models/by-name/minilm')
PEER = os.path.expanduser('~/.cache/ink-peers/bgcc/bin')
TEXTS = ['Hello w\u00f6rld, \u4f60\u597d!', 'The quick brown fox unaffable', 'na\u00efve caf\u00e9 \u00c0\u00c9 123,456.78 e-mail@x.org', '\u00dcn\u00efc\u00f6d\u00e9 \t tabs  two', '\u0416\u0438\u0437\u043d\u044c a\u0301\u0302 [MASK] ##x \u2581y', 'supercalifragilistic' * 9]
if not oracle.has('torch', 'transformers', 'gguf', 'tokenizers', 'sentencepiece'):
    print('ok - encoders as GGUF # SKIP Python has no transformers, gguf and sentencepiece')
    sys.exit()
import gguf, io, numpy as np, sentencepiece, tokenizers, torch, transformers
from sentencepiece import sentencepiece_model_pb2
transformers.logging.set_verbosity_error()


def check(name, ok, why=''):
    print(f'ok - encoders as GGUF {name}' if ok else f'not ok - encoders as GGUF {name}: {str(why)[:700]}', flush=True)


def run(*args, **more):
    return subprocess.run([INK, *args], capture_output=True, text=True, timeout=120, **more)


def vectors(model, *flags, texts=TEXTS):
    r = run('embed', '-m', model, '--json', *flags, input='\n'.join(texts))
    return (np.array(json.loads(r.stdout)['vectors']), json.loads(r.stdout)['tokens']) if not r.returncode else r.stderr


def ids(model):
    return [run('tokenize', '-m', model, '--special', input=t).stdout for t in TEXTS]


def hidden(model, temp, ids='2,5,6,20,3'):
    r = run('logits', '-m', model, '--ids', ids, '--all', '--hidden', '-o', temp + '/rows')
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


THEIRS = """import json, sys, llama_cpp
m = llama_cpp.Llama(sys.argv[1], embedding=True, verbose=False, n_ctx=int(sys.argv[2]), n_batch=int(sys.argv[2]), n_threads=1)
print(json.dumps([m.embed(t, normalize=True) for t in json.load(sys.stdin)]))"""


def elsewhere(name, path, texts, context):
    """llama.cpp gives the same vectors of these texts, which its own reading of Unicode cuts alike: by its Python package over the library that bench/peers builds."""
    folders = glob.glob(os.path.expanduser('~/.cache/ink-peers/src/llama_cpp_python-*/'))
    env = {**os.environ, 'PYTHONPATH': ':'.join(folders), 'LLAMA_CPP_LIB_PATH': PEER, 'LD_LIBRARY_PATH': PEER}
    if not os.path.exists(PEER + '/libllama.so') or subprocess.run([sys.executable, '-c', 'import llama_cpp'], env=env, capture_output=True).returncode:
        return print(f'ok - encoders as GGUF {name} in llama.cpp # SKIP no libllama is built here, or its Python package lacks diskcache')
    r = subprocess.run([sys.executable, '-c', THEIRS, path, str(context)], input=json.dumps(texts), capture_output=True, text=True, env=env, timeout=120)
    cosines = (np.array(json.loads(r.stdout)) * vectors(path, texts=texts)[0]).sum(1) if not r.returncode else np.zeros(1)
    check(f'gives llama.cpp the same vectors of {name}', cosines.min() > .9999, (cosines, r.stderr[-300:]))


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


def charsmap():
    """SentencePiece's table of replacements."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(['ab cd']), model_writer=made, vocab_size=40, model_type='unigram', hard_vocab_limit=False, minloglevel=2)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(made.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def vocabulary(kind, temp):
    """A tokenizer of this kind, as its transformers class would save it."""
    letters = [chr(97 + i) for i in range(26)]
    if kind == 'distilbert':
        words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *letters, *('##' + c for c in letters), 'ab', '##cd']
        with open(temp + '/words.txt', 'w') as f:
            f.write('\n'.join(words))
        return transformers.BertTokenizerFast(temp + '/words.txt'), len(words)
    first, mark = ['<s>', '<pad>', '</s>', '<unk>'], '\u0120' if kind == 'roberta' else '\u2581'
    pieces = [*first, mark, *letters, *(mark + c for c in letters), 'ab', 'cd', '<mask>']
    if kind == 'roberta':
        t = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={w: i for i, w in enumerate(pieces)}, merges=[('a', 'b'), ('c', 'd'), *((mark, c) for c in letters)]))
        t.pre_tokenizer, t.decoder = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False), tokenizers.decoders.ByteLevel()
    else:
        t = tokenizers.Tokenizer(tokenizers.models.Unigram([(w, 0. if w in first or w == '<mask>' else -1.5 if w in ('ab', 'cd') else -2. - i / 99) for i, w in enumerate(pieces)], unk_id=3))
        t.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([tokenizers.pre_tokenizers.WhitespaceSplit(), tokenizers.pre_tokenizers.Metaspace()])
        if kind != 'words without a table':
            t.normalizer = tokenizers.normalizers.Precompiled(charsmap())
        if kind == 'xlm-roberta':  # as transformers makes them since its version 5
            spaces = tokenizers.normalizers.Replace(tokenizers.Regex(' {2,}'), '\u2581')
            t.normalizer = tokenizers.normalizers.Sequence([t.normalizer, tokenizers.normalizers.Strip(left=False, right=True), spaces])
            t.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
        t.decoder = tokenizers.decoders.Metaspace()
    t.add_special_tokens([tokenizers.AddedToken(w, special=True, lstrip=w == '<mask>') for w in (*first, '<mask>')])
    t.post_processor = tokenizers.processors.RobertaProcessing(('</s>', 2), ('<s>', 0), add_prefix_space=False)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, bos_token='<s>', eos_token='</s>', cls_token='<s>', sep_token='</s>', pad_token='<pad>', mask_token='<mask>', unk_token='<unk>'), len(pieces)


def shapes(path):
    return {t.name: [int(d) for d in t.shape] for t in gguf.GGUFReader(path).tensors}


def converted(temp):
    """RoBERTa, XLM-R, CamemBERT and DistilBERT: a folder, a GGUF of it as llama.cpp's converter lays it out, and a folder of that compute the same; transformers opens the last as what it was."""
    for kind, config, again in (('roberta', transformers.RobertaConfig, 'roberta'), ('xlm-roberta', transformers.XLMRobertaConfig, 'xlm-roberta'), ('camembert', transformers.CamembertConfig, 'xlm-roberta'),
                                ('distilbert', transformers.DistilBertConfig, 'distilbert')):
        torch.manual_seed(5)
        words, size = vocabulary(kind, temp)
        folder, ids = f'{temp}/{kind}', '2,5,6,20,3,' + ','.join(str(5 + i % 40) for i in range(35))
        sizes = {'dim': 36, 'n_layers': 2, 'n_heads': 3, 'hidden_dim': 52, 'max_position_embeddings': 40} if kind == 'distilbert' else \
                {'hidden_size': 36, 'num_hidden_layers': 2, 'num_attention_heads': 3, 'intermediate_size': 52, 'max_position_embeddings': 42, 'type_vocab_size': 1, 'pad_token_id': 1}
        model = transformers.AutoModelForMaskedLM.from_config(config(vocab_size=size, initializer_range=.3, **sizes)).eval()
        model.save_pretrained(folder)
        words.save_pretrained(folder)
        os.makedirs(folder + '/1_Pooling', exist_ok=True)
        with open(folder + '/1_Pooling/config.json', 'w') as f:
            json.dump({'pooling_mode_cls_token': True, 'pooling_mode_mean_tokens': False}, f)
        one, two = run('convert', folder, folder + '.gguf', '--json'), run('convert', folder + '.gguf', folder + '-again')
        rows = [hidden(folder + end, temp, ids) for end in ('', '.gguf', '-again')]
        check(f'keeps the rows of {kind} in three forms', rows[0] == rows[1] == rows[2] and len(rows[0]) == 40 * 36 * 4, (one.stderr, two.stderr, [r[:100] for r in rows]))
        check(f'says that {kind} is a bert, and what is left out', not one.returncode and (json.loads(one.stdout)['architecture'], json.loads(one.stdout)['left_out'] > 3) == ('bert', True), one.stdout)
        cut = [run('tokenize', '-m', folder + end, '--special', input='ab cd  q\u00e9 xyz').stdout for end in ('', '.gguf', '-again')]
        check(f'cuts texts of {kind} alike in three forms', cut[0] == cut[1] == cut[2] and len(cut[0].split()) > 6, cut)
        made = [vectors(folder + end) for end in ('', '.gguf', '-again')]
        check(f'pools {kind} alike in three forms', not any(isinstance(m, str) for m in made) and np.array_equal(made[0][0], made[1][0]) and np.array_equal(made[0][0], made[2][0]), made)
        theirs = transformers.AutoModel.from_pretrained(folder + '-again').eval() if not two.returncode else None
        if not theirs:
            check(f'gives transformers {kind} again', False, two.stderr)
            continue
        with torch.no_grad():
            batch = torch.tensor([list(map(int, ids.split(',')))])
            off = (theirs(batch).last_hidden_state - model.base_model(batch).last_hidden_state).abs().max().item()
        check(f'gives transformers {kind} again', theirs.config.model_type == again and off < 1e-4, (theirs.config.model_type, off))
        elsewhere(kind, folder + '.gguf', ['ab cd  q', 'hello world abcd', 'x'], 40)
        tokens = transformers.AutoTokenizer.from_pretrained(folder + '-again')
        pair, was = tokens('ab', 'q'), words('ab', 'q')
        check(f'gives transformers the tokenizer of {kind} again', pair['input_ids'] == was['input_ids'] and theirs(**tokens('ab', 'q', return_tensors='pt')) is not None and tokens.pad_token == words.pad_token and tokens.mask_token == words.mask_token, (pair, was, tokens))
        if kind == 'distilbert':
            fields, names = gguf.GGUFReader(folder + '.gguf').fields, shapes(folder + '.gguf')
            check('writes DistilBERT without types', 'token_types.weight' not in names and names['position_embd.weight'] == [36, 40] and fields['tokenizer.ggml.token_type_count'].contents() == 1, names)
        elif kind != 'camembert':
            written(temp + '/theirs.gguf', model.base_model, model.config)
            check(f'lays out {kind} as llama.cpp does', shapes(temp + '/theirs.gguf') == shapes(folder + '.gguf'), shapes(folder + '.gguf'))
            fields = [gguf.GGUFReader(p).fields for p in (temp + '/theirs.gguf', folder + '.gguf')]
            said = [{k: f[k].contents() for k in f if k.startswith('bert.') or (k.startswith('tokenizer.') and not k.endswith(('tokens', 'token_type', 'scores', 'merges', 'pre')))} for f in fields]
            lacks = {k: (v, said[1].get(k)) for k, v in said[0].items() if said[1].get(k) != v}
            check(f'says of {kind} what llama.cpp says', set(lacks) <= {'tokenizer.ggml.seperator_token_id'}, lacks)


def unsaid(temp):
    """White space of every kind that parts words, where no table makes spaces of it, is nothing that a GGUF says."""
    shutil.copytree(temp + '/camembert', temp + '/unsaid')
    vocabulary('words without a table', temp)[0].save_pretrained(temp + '/unsaid')
    r = run('convert', temp + '/unsaid', temp + '/unsaid.gguf')
    check('refuses words that tabs part', r.returncode in (1, 2) and 'white space' in r.stderr and not os.path.exists(temp + '/unsaid.gguf'), r.stderr)


def closed(temp):
    """A decoder whose texts end with another token than its answers, as Qwen 3's does that makes vectors: both go along."""
    shutil.copytree(os.environ['INK_ROOT'] + '/tests/cases/models/qwen3', temp + '/closed')
    t = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={chr(97 + i): i for i in range(26)}, merges=[]))
    t.pre_tokenizer, t.decoder = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False), tokenizers.decoders.ByteLevel()
    t.add_special_tokens(['<|endoftext|>', '<|im_end|>'])
    t.post_processor = tokenizers.processors.TemplateProcessing(single='$A <|endoftext|>', pair='$A <|endoftext|> $B:1 <|endoftext|>:1', special_tokens=[('<|endoftext|>', 26)])
    transformers.PreTrainedTokenizerFast(tokenizer_object=t, eos_token='<|im_end|>').save_pretrained(temp + '/closed')
    steps = [run('convert', temp + '/closed', temp + '/closed.gguf'), run('convert', temp + '/closed.gguf', temp + '/closed-again')]
    made = [vectors(temp + '/closed' + end, '--pool', 'last', texts=['abc', 'hello']) for end in ('', '.gguf', '-again')]
    check('keeps the token that ends a text', not any(isinstance(m, str) for m in made) and made[0][1] == 10 and all(np.allclose(m[0], made[0][0], atol=1e-5) for m in made), (made, [s.stderr for s in steps]))
    fields = gguf.GGUFReader(temp + '/closed.gguf').fields
    check('and the one that ends an answer', [fields[f'tokenizer.ggml.{k}'].contents() for k in ('eos_token_id', 'eot_token_id', 'add_eos_token')] == [26, 27, True], list(fields))


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


with tempfile.TemporaryDirectory() as place:
    masked(place)
    kin(place)
    closed(place)
    converted(place)
    unsaid(place)
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
    elsewhere('MiniLM', place + '/m.gguf', TEXTS[:4], 128)
