"""Guidance against transformers' guidance_scale and negative_prompt_ids; contrastive search against its definition over transformers' states; a context that
shifts against transformers run over the tokens that stay."""
import json, os, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
sys.path.insert(0, ROOT + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
if not oracle.has('torch', 'transformers'):
    print('ok - steer # SKIP Python has no transformers')
    sys.exit()
import torch, transformers
transformers.logging.set_verbosity_error()
END = 5


def check(name, wrong):
    print(f'ok - steer {name}' if not wrong else f'not ok - steer {name}: {str(wrong)[:700]}', flush=True)


def run(*args):
    r = subprocess.run([INK, 'generate', *map(str, args), '--json'], capture_output=True, text=True, timeout=300)
    return json.loads(r.stdout) if not r.returncode else {'error': r.stderr}


def tokens(folder, ids, n, *flags):
    r = run('-m', folder, '--ids', ','.join(map(str, ids)), '-n', n, '--temp', 0, *flags)
    return r.get('tokens', r)


def tiny(d, seed, kind='Llama', **changes):
    torch.manual_seed(seed)
    size = dict(vocab_size=61, max_position_embeddings=128, eos_token_id=END, bos_token_id=1, initializer_range=.3)
    if kind == 'GPT2':
        c = transformers.GPT2Config(**{**size, 'n_positions': 128}, n_embd=32, n_layer=2, n_head=4)
    else:
        c = transformers.LlamaConfig(**size, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, **changes)
    model = getattr(transformers, kind + ('LMHeadModel' if kind == 'GPT2' else 'ForCausalLM'))(c).eval()
    folder = f'{d}/{kind}{seed}'
    model.save_pretrained(folder)
    return folder, model


def prompt(k, n):
    return [(7 * i + 3 * k) % 55 + 6 for i in range(n)]


def guided(model, ids, negative, scale, n):
    with torch.no_grad():
        out = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), guidance_scale=scale, do_sample=False, max_new_tokens=n, pad_token_id=END,
                             **({'negative_prompt_ids': torch.tensor([negative])} if negative else {}))
    return out[0, len(ids):].tolist()


def guidance(models):
    wrong, differs = [], 0
    for k, (folder, model) in enumerate(models):
        for scale, length in ((1.5, 4), (3.0, 9), (0.4, 20)):
            ids, negative = prompt(k, length), prompt(k + 5, 6)
            for other in (negative, None):
                flags = ['--guidance', scale] + (['--negative-ids', ','.join(map(str, other))] if other else [])
                a, b = tokens(folder, ids, 24, *flags), guided(model, ids, other, scale, 24)
                wrong += [] if a == b else [(k, scale, other, a, b)]
                differs += a != tokens(folder, ids, 24)
    check(f"guidance chooses transformers' tokens ({differs} of 18 differ from plain ones)", wrong or ([] if differs > 8 else 'nothing is steered'))
    folder, ids = models[0][0], prompt(1, 7)
    flags = ('-m', folder, '--ids', ','.join(map(str, ids)), '-n', 20, '--seed', 7, '--temp', 1.2, '--guidance', 2, '--negative-ids', '9,8,30')
    alone, two = run(*flags), run(*flags, '--answers', 3)
    check('answers side by side are what they are alone', alone.get('error') or two.get('error') or two['answers'][0]['tokens'] != alone['tokens'] or two['answers'][1]['tokens'] == two['answers'][0]['tokens'])


def contrastive(model, ids, alpha, k, n):
    """Su et al. 2022, equation 5, the whole text computed anew for every candidate."""
    text = list(ids)
    with torch.no_grad():
        while len(text) < len(ids) + n:
            first = model(torch.tensor([text]), output_hidden_states=True)
            p, best = torch.softmax(first.logits[0, -1].double(), -1), (-9, None)
            seen = torch.nn.functional.normalize(first.hidden_states[-1][0].double(), dim=-1)
            for c in torch.topk(p, k).indices.tolist():
                row = torch.nn.functional.normalize(model(torch.tensor([text + [c]]), output_hidden_states=True).hidden_states[-1][0, -1].double(), dim=-1)
                best = max(best, ((1 - alpha) * p[c].item() - alpha * (seen @ row).max().item(), c))
            text.append(best[1])
            if best[1] == END:
                break
    return text[len(ids):]


def contrast(models):
    wrong, differs = [], 0
    for i, (folder, model) in enumerate(models):
        for alpha, k, length in ((0.6, 4, 5), (0.3, 8, 12), (0.9, 3, 30)):
            ids = prompt(i, length)
            a, b = tokens(folder, ids, 20, '--penalty-alpha', alpha, '--top-k', k), contrastive(model, ids, alpha, k, 20)
            wrong += [] if a == b else [(i, alpha, k, a, b)]
            differs += a != tokens(folder, ids, 20)
    check(f'contrastive search chooses as its definition does ({differs} of 12 differ from plain ones)', wrong or ([] if differs > 6 else 'nothing is steered'))
    one = tokens(models[0][0], prompt(1, 9), 15, '--penalty-alpha', 0.6, '--top-k', 5, '--regex', '[0-9]')
    check('a form of the answer without a tokenizer is refused', [] if 'error' in one else one)


def shifted(model, ids, context, sinks, n):
    """The model over the tokens that stay, anew for every token."""
    text, half = list(ids), (context - sinks) // 2
    with torch.no_grad():
        while len(text) < len(ids) + n:
            gone = 0
            while len(text) - gone > context:
                gone += half
            kept = text[:sinks] + text[sinks + gone:]
            text.append(model(torch.tensor([kept])).logits[0, -1].argmax().item())
    return text[len(ids):]


def shift(models):
    wrong = []
    for i, (folder, model) in enumerate(models):
        for context, sinks, length, n in ((32, 4, 10, 90), (40, 0, 100, 60), (33, 6, 33, 50), (16, 13, 200, 20)):
            ids = prompt(i, length)
            a = tokens(folder, ids, n, '--ctx', context, '--context-shift', '--sinks', sinks, '--ignore-eos')
            b = shifted(model, ids, context, sinks, n)
            wrong += [] if a == b else [(i, context, sinks, a, b)]
    check('a context that shifts says what the model says of the tokens that stay', wrong)
    folder, ids = models[0][0], prompt(2, 30)
    plain = tokens(folder, ids, 40)
    check('where nothing has to go, nothing changes', [] if tokens(folder, ids, 40, '--context-shift', '--sinks', 4) == plain else plain)
    flags = ('-m', folder, '--ids', ','.join(map(str, ids)), '-n', 60, '--seed', 3, '--ctx', 40, '--context-shift', '--sinks', 2, '--ignore-eos')
    alone, two = run(*flags), run(*flags, '--answers', 2)
    check('answers side by side shift too', alone.get('error') or two.get('error') or two['answers'][0]['tokens'] != alone['tokens'] or two['answers'][1]['tokens'] == alone['tokens'])
    threads = [run(*flags, '-t', t).get('tokens') for t in (1, 2, 3)]
    check('the same for any number of threads', threads != [alone.get('tokens')] * 3)


def refusals(folder):
    base = ('-m', folder, '--ids', '7,8,9', '-n', 4)
    cases = [(('--negative-ids', '3'), '--guidance'), (('--negative', 'x'), '--guidance'), (('--guidance', 2, '--negative-ids', '99'), 'vocabulary'), (('--guidance', 2, '--negative-ids', '3', '--negative', 'x'), '--negative-ids'),
             (('--guidance', 2, '--lookup'), 'not guessed'), (('--guidance', 2, '--beams', 2), 'do not go with it'), (('--penalty-alpha', .5, '--top-k', 1), '--top-k'), (('--penalty-alpha', .5, '--top-k', 65), '64'),
             (('--penalty-alpha', 1.5), 'penalty-alpha'), (('--penalty-alpha', .5, '--answers', 2), 'one answer'), (('--penalty-alpha', .5, '--guidance', 2), 'guidance'), (('--sinks', 3), 'sinks'),
             (('--ctx', 8, '--context-shift', '--sinks', 7), 'no room to shift'), (('--context-shift', '--lookup'), 'plain answers'), (('--context-shift', '--penalty-alpha', .5, '--top-k', 4), 'plain answers'),
             (('--ctx', 129, '--context-shift'), 'context of 128'), (('--guidance', 2, '--negative-ids', ','.join(['3'] * 126)), 'negative prompt of 126')]
    check('what cannot be is refused', [(a, r) for a, w in cases if w not in (r := run(*base, *a)).get('error', '')])
    r = run('-m', folder, '--ids', ','.join(map(str, prompt(1, 50))), '-n', 4, '--ctx', 32)
    check('nothing goes unless somebody says so', [] if 'leaves no room' in r.get('error', '') else r)


def chats(model):
    def say(*flags, stdin='Tell me about the sea.'):
        r = subprocess.run([INK, 'chat', model, '--temp', '0', *map(str, flags)], input=stdin, capture_output=True, text=True, timeout=300)
        return r.stdout if not r.returncode else 'error: ' + r.stderr
    plain = say('-n', 24)
    away, none = say('-n', 24, '--guidance', 3, '--negative', 'You are a sailor who talks of ships.'), say('-n', 24, '--guidance', 1)
    contrastively, long = say('-n', 24, '--penalty-alpha', .6, '--top-k', 4), say('-n', 120, '--ctx', 64, '--context-shift', '--sinks', 4)
    check('chat is steered', [(plain, away, none, contrastively)] if none != plain or len({plain, away, contrastively}) < 3 or 'error' in away + contrastively else [])
    check('chat goes on past its context', long if 'error' in long or len(long) < len(plain) else [])


with tempfile.TemporaryDirectory() as d:
    models = [tiny(d, 0), tiny(d, 1, tie_word_embeddings=True), tiny(d, 2, 'GPT2')]
    guidance(models)
    contrast([*models, tiny(d, 3)])
    shift(models)
    refusals(models[0][0])
SMOL = os.environ.get('INK_MODELS', '') + '/SmolLM2-135M-Instruct.Q4_1.gguf'
if os.path.exists(SMOL):
    chats(SMOL)
else:
    print('ok - steer chat # SKIP no SmolLM2')
