"""Models that read one sequence and write another against transformers: tiny random T5, T5 1.1, mT5 and UMT5 in odd shapes; logits of sequences of 1, 7,
37 and 300 tokens, whole, in chunks and among neighbours."""
import array, glob, json, os, random, subprocess, sys, tempfile, types

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
    't5 with a gate of silu': (transformers.T5ForConditionalGeneration, transformers.T5Config(**{**GATED, 'feed_forward_proj': 'gated-silu'})),
    't5 with a gate of relu': (transformers.T5ForConditionalGeneration, transformers.T5Config(**{**GATED, 'feed_forward_proj': 'gated-relu'})),
    't5 with the gelu of the error function': (transformers.T5ForConditionalGeneration, transformers.T5Config(**{**COMMON, 'feed_forward_proj': 'gelu'})),
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


def old():
    """Files of the first T5s hold the table three times, and distances that nobody uses."""
    from safetensors.torch import load_file, save_file
    model = build('t5')
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        want = logits(folder, [5, 6, 7], [0, 8])
        t = load_file(folder + '/model.safetensors')
        t.update({k: t['shared.weight'].clone() for k in ('encoder.embed_tokens.weight', 'decoder.embed_tokens.weight', 'lm_head.weight')})
        t['decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight'] = torch.ones(12, 3)
        save_file(t, folder + '/model.safetensors', metadata={'format': 'pt'})
        got = logits(folder, [5, 6, 7], [0, 8])
        check('what old files hold beside is left alone', not isinstance(got, bytes) and got or got != want and 'other logits')


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
        for key, value, says in (('feed_forward_proj', 'gated-tanh', 'feed_forward_proj'), ('relative_attention_max_distance', 5, 'distances'), ('d_kv', 11, 'configuration wants')):
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


def generate(folder, ids, *flags):
    r = run('generate', '-m', folder, '--ids', ','.join(map(str, ids)), '--json', '-t', '2', *map(str, flags))
    return json.loads(r.stdout) if not r.returncode else {'error': r.stderr}


def theirs(model, ids, **how):
    end = model.config.eos_token_id
    with torch.no_grad():
        r = model.generate(torch.tensor([ids]), do_sample=False, return_dict_in_generate=True, output_scores=True, use_cache=False, **how)  # its cache has room for as many layers as read
    rows = [s[1:] for s in r.sequences.tolist()]  # after the token that all begin with
    rows = [s[:s.index(end) + 1] if end in s else s for s in rows]
    return rows, r.sequences_scores.tolist() if 'sequences_scores' in r else []


def generation(name, short):
    """Greedy and by beams, as transformers does; several answers, and draws, are what they are alone."""
    model, rng, wrong, ended = build(name), random.Random(3), [], 0
    with tempfile.TemporaryDirectory() as folder:
        if short:
            with torch.no_grad():
                head = model.lm_head.weight if not model.config.tie_word_embeddings else model.shared.weight
                head[1] *= 4  # ends come now and then
        model.save_pretrained(folder)
        for n in (1, 33, 150):
            ids = [rng.randrange(2, 101) for _ in range(n)]
            got, (want, _) = generate(folder, ids, '-n', 30, '--temp', 0), theirs(model, ids, max_new_tokens=30)
            ended += got.get('finish') == 'end'
            if got.get('tokens') != want[0] or got['timings']['prompt_n'] != n + 1:
                wrong.append(('greedy', n, got, want))
            for beams, best, penalty, stop in ((3, 3, 1, 'false'), (4, 2, .6, 'true')):
                got = generate(folder, ids, '-n', 15, '--beams', beams, '--nbest', best, '--length-penalty', penalty, '--early-stopping', stop)
                rows, scores = theirs(model, ids, max_new_tokens=15, num_beams=beams, num_return_sequences=best, length_penalty=float(penalty), early_stopping=stop == 'true')
                mine = [(a['tokens'], a['score']) for a in got.get('answers', [got])] if 'error' not in got else []
                if [m[0] for m in mine] != rows or any(abs(m[1] - s) > 2e-4 * max(1, abs(s)) for m, s in zip(mine, scores)):
                    wrong.append(('beams', n, got, rows, scores))
        three = generate(folder, ids, '-n', 12, '--seed', 7, '--answers', 3, '--ignore-eos')
        if 'error' in three or three['answers'][0]['tokens'] != generate(folder, ids, '-n', 12, '--seed', 7, '--ignore-eos')['tokens'] or len({tuple(a['tokens']) for a in three['answers']}) < 2:
            wrong.append(('answers', three))
        if generate(folder, ids, '-n', 30, '--temp', 0, '--lookup').get('tokens') != generate(folder, ids, '-n', 30, '--temp', 0).get('tokens'):
            wrong.append('looking up gives another answer')
        for words, says in (((ids, '-n', 400), 'context'), ((ids * 3, '-n', 4), 'do not fit'), ((ids, '-n', 4, '--draft', folder), 'nobody guesses')):
            if says not in generate(folder, *words).get('error', ''):
                wrong.append((says, generate(folder, *words)))
    check(f'{name} writes as transformers does' + (', and ends' if short else ''), wrong or (short and not ended and 'nothing ended'))



TEXT = 'The river ran past the old mill and under the bridge where children fished for trout in summer; in winter the ice was thick enough to walk on. '


def words(folder):
    """A tokenizer of T5's kind: unigram pieces, sentinels at the end, and what closes a text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, decoders, processors, trainers
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    t.train_from_iterator([TEXT] * 4, trainers.UnigramTrainer(vocab_size=90, special_tokens=['<pad>', '</s>', '<unk>'], unk_token='<unk>', show_progress=False))
    t.add_special_tokens([f'<extra_id_{i}>' for i in range(9, -1, -1)])
    t.post_processor = processors.TemplateProcessing(single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', 1)])
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=t, pad_token='<pad>', eos_token='</s>', unk_token='<unk>')
    fast.save_pretrained(folder)
    return fast


def served():
    """Texts in and out, by the command and by the server, where many are answered side by side."""
    sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
    from concurrent.futures import ThreadPoolExecutor
    from serving import post, serving
    model, wrong = build('t5'), []
    prompts = ['The old mill', 'ice was thick enough', TEXT * 2, 'children'] * 2
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer = words(folder)
        want = [tokenizer.decode(theirs(model, tokenizer(p).input_ids, max_new_tokens=12)[0][0], skip_special_tokens=True).strip() for p in prompts[:4]] * 2
        for p, w in zip(prompts[:4], want):
            r = run('generate', '-m', folder, '-p', p, '-n', '12', '--temp', '0')
            if r.stdout.strip() != w:
                wrong.append((p[:40], r.stdout + r.stderr, w))
        body = {'max_tokens': 12, 'temperature': 0}
        with serving('-m', folder, '--ctx', '200') as (port, _), ThreadPoolExecutor(8) as pool:
            for p, w, (code, got) in zip(prompts, want, pool.map(lambda p: post(port, '/v1/completions', {**body, 'prompt': p}), prompts)):
                if code != 200 or got['choices'][0]['text'].strip() != w:
                    wrong.append(('served', p[:40], got, w))
            code, got = post(port, '/v1/completions', {**body, 'prompt': 'The river', 'n': 3, 'temperature': 1, 'seed': 5})
            if code != 200 or len(got['choices']) != 3 or got['usage']['prompt_tokens'] != len(tokenizer('The river').input_ids):
                wrong.append(('three', got))
            for path, more, says in (('/v1/completions', {'prompt': TEXT * 9}, 'do not fit'), ('/v1/chat/completions', {'messages': [{'role': 'user', 'content': 'a'}]}, 'template')):
                code, got = post(port, path, {**body, **more})
                if code != 400 or says not in str(got):
                    wrong.append((path, got))
    check('texts go in and come out, many side by side', wrong)


def embedded():
    """Mean of the encoder's rows, of length one."""
    model, wrong = build('mt5'), []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        model.save_pretrained(folder)
        tokenizer = words(folder)
        texts = ['The old mill', 'ice', TEXT.strip()]
        r = subprocess.run([INK, 'embed', '-m', folder, '--json'], input='\n'.join(texts), capture_output=True, text=True, timeout=60)
        got = json.loads(r.stdout)['vectors'] if not r.returncode else []
        for text, v in zip(texts, got):
            w = model.encoder(torch.tensor([tokenizer(text).input_ids])).last_hidden_state[0].mean(0)
            if float((torch.tensor(v) - w / w.norm()).abs().max()) > 1e-4:
                wrong.append(text)
        check("vectors are the mean of an encoder's rows", wrong or len(got) != 3 and r.stderr)
        with open(folder + '/modules.json', 'w') as f:
            json.dump([{'idx': i, 'name': str(i), 'path': '', 'type': 'sentence_transformers.models.' + t} for i, t in enumerate(('Transformer', 'Pooling', 'Dense', 'Normalize'))], f)
        r = subprocess.run([INK, 'embed', '-m', folder], input='a', capture_output=True, text=True, timeout=60)
        check('a layer behind the vectors is refused', not r.returncode or 'Dense' not in r.stderr)



def elsewhere():
    """A GGUF that inkstone writes, in llama.cpp's library and its binding of Python where they are built (INK_GGML beside its bin, INK_LLAMA_PY): the same logits, but for its
    narrow keys and table of gelu; a tied head it does not scale."""
    home = os.path.expanduser('~/.cache/ink-peers/')
    library = os.path.dirname(os.environ.get('INK_GGML') or home + 'bgcc/bin/x')
    binding = os.environ.get('INK_LLAMA_PY') or next(iter(sorted(glob.glob(home + 'src/llama_cpp_python-*/llama_cpp'))), '')
    if not os.path.exists(library + '/libllama.so') or not os.path.exists(binding):
        return print('ok - reading what llama.cpp reads # SKIP no libllama.so with its binding is built here')
    os.environ['LLAMA_CPP_LIB_PATH'] = library
    package = types.ModuleType('llama_cpp')  # its functions alone, not what it imports beside them
    package.__path__ = [binding]
    sys.modules['llama_cpp'] = package
    import llama_cpp.llama_cpp as llama
    silent = llama.llama_log_callback(lambda *_: None)  # as long as it is used
    llama.llama_log_set(silent, None)
    wrong, read, written = [], [7, 3, 8, 1, 6, 30, 22], [0, 5, 3, 2, 9, 11, 4]
    for name in ('t5', 't5-v1-1', 'mt5', 'umt5'):
        with tempfile.TemporaryDirectory() as temp:
            folder = f'{os.environ["INK_ROOT"]}/tests/cases/models/{name}'
            run('convert', folder, temp + '/m.gguf', '--type', 'f32')
            model = llama.llama_model_load_from_file((temp + '/m.gguf').encode(), llama.llama_model_default_params())
            how = llama.llama_context_default_params()
            how.n_ctx, how.n_threads, how.type_k, how.type_v = 512, 1, 0, 0
            context = llama.llama_init_from_model(model, how)
            rows, ids = [], [(llama.llama_token * len(part))(*part) for part in [read] + [[i] for i in written]]  # lent to it
            llama.llama_encode(context, llama.llama_batch_get_one(ids[0], len(read)))
            for part in ids[1:]:
                llama.llama_decode(context, llama.llama_batch_get_one(part, 1))
                rows.append(torch.tensor(llama.llama_get_logits_ith(context, -1)[:45]))
            start = llama.llama_model_decoder_start_token(model)
            llama.llama_free(context)
            llama.llama_model_free(model)
            got = logits(folder, read, written)
        want = torch.cat(rows) / (40 ** .5 if name == 't5' else 1)
        off = got if isinstance(got, str) else float((floats(got) - want).abs().max() / want.abs().max())
        if not isinstance(off, float) or off > 1e-2 or start != (2 if name == 't5-v1-1' else 0):
            wrong.append((name, off, start))
    check('what inkstone writes, llama.cpp reads with the same logits', wrong)



def scored():
    """Continuations of what was read; and commands that give such a model nothing to read say so."""
    model, wrong = build('t5 1.1'), []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        model.save_pretrained(folder)
        tokenizer = words(folder)
        texts = ['children fished', 'ice', 'the river ran past']
        r = run('score', '-m', folder, '-p', 'The old mill', *texts, '--json')
        got = json.loads(r.stdout)['scores'] if not r.returncode else []
        for text, g in zip(texts, got):
            ids = tokenizer(text, add_special_tokens=False).input_ids
            rows = model(input_ids=torch.tensor([tokenizer('The old mill').input_ids]), decoder_input_ids=torch.tensor([[0] + ids[:-1]])).logits[0].log_softmax(-1)
            want = float(rows[range(len(ids)), ids].sum())
            if abs(g['logprob'] - want) > 1e-4 * abs(want) or g['tokens'] != len(ids):
                wrong.append((text, g, want))
        check('continuations of what was read are scored', wrong or len(got) != 3 and (r.stderr, r.stdout))
        with open(folder + '/text', 'w') as f:
            f.write(TEXT * 9)
        tries = (('perplexity', '-m', folder, '-f', folder + '/text'), ('imatrix', '-m', folder, '-f', folder + '/text', '-o', folder + '/i'), ('bench', 'text', '-m', folder), ('chat', folder, 'hi'))
        said = [(c, e) for c in tries if 'reads one text and writes another' not in (e := run(*c).stderr)]
        check('what gives it nothing to read is refused', said)


vectors()
old()
refusals()
for name in ('t5', 't5 1.1', 'mt5'):
    generation(name, name != 't5')
served()
scored()
embedded()
elsewhere()
