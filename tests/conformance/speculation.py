"""Guessing changes nothing but time: answers with --lookup and with --draft are those of plain decoding, the likeliest ones and drawn ones."""
import json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or os.environ['INK_ROOT'] + '/build/inkstone'
SMOL = os.environ.get('INK_MODELS', '') + '/SmolLM2-135M-Instruct.Q4_1.gguf'
TORCH = oracle.has('torch', 'transformers')
WORDS = ['The harbour lay quiet.', 'def add(a, b):\n    return a + b\n\ndef sub(a, b):\n', 'One, two, three, four, one, two,', 'Q: What is 2+2?\nA:', '{"name": "Ada", "age": 36}\n{"name": "Bob",', '中文句子。', 'aaaa aaaa aaaa', 'To be, or not to be,',
         'for (int i = 0; i < n; i++)\n    sum += a[i];\nfor (int j = 0;', 'Once upon a time']


def check(name, wrong):
    print(f'ok - speculation {name}' if not wrong else f'not ok - speculation {name}: {str(wrong)[:600]}', flush=True)


def run(*args):
    r = subprocess.run([INK, 'generate', *map(str, args), '--json'], capture_output=True, text=True, timeout=300)
    return json.loads(r.stdout) if not r.returncode else {'error': r.stderr}


def same(args, more):
    a, b = run(*args), run(*args, *more)
    keys = ('tokens', 'text', 'finish', 'logprobs')
    return b if 'error' not in a and 'error' not in b and [a[k] for k in keys] == [b[k] for k in keys] else (args, a, b)


def fifty():
    wrong, guessed, accepted = [], 0, 0
    for i in range(50):
        prompt = WORDS[i % 10] + ' ' + WORDS[i // 10] * (i // 10 % 3)
        more = [('--temp', 0), ('--seed', i), ('--seed', i, '--temp', .4, '--repeat-penalty', 1), ('--temp', 0, '--logprobs', 2), ('--mirostat', 2, '--seed', i)][i % 5]
        r = same(('-m', SMOL, '-p', prompt, '-n', 16, '--ignore-eos', *more), ['--lookup'])
        if isinstance(r, tuple):
            wrong.append(r)
        else:
            guessed, accepted = guessed + r['guessed'], accepted + r['accepted']
    check(f'fifty prompts, looked up ({accepted} of {guessed} guesses were right)', wrong or ([] if accepted > 20 else 'nothing was guessed'))
    r = same(('-m', SMOL, '-p', 'As JSON: ', '-n', 60, '--temp', 1, '--seed', 4, '--regex', r'(ab, ){5,9}ab\.'), ['--lookup'])
    check('held to a form', r if isinstance(r, tuple) else [])
    r = same(('-m', SMOL, '-p', WORDS[2], '-n', 30, '--temp', 0, '--stop', 'six'), ['--lookup'])
    check('a stop string in the middle of a step', r if isinstance(r, tuple) else [])


def drafts():
    if not TORCH:
        return print('ok - speculation draft # SKIP Python has no transformers')
    import torch, transformers
    transformers.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as d:
        for name, vocab, context in (('large', 200, 256), ('other', 200, 96), ('foreign', 220, 256)):
            torch.manual_seed(len(name))
            transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=vocab, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                                                                   max_position_embeddings=context, initializer_range=.3)).save_pretrained(f'{d}/{name}')
        shutil.copytree(d + '/large', d + '/twin')
        base = ('-m', d + '/large', '--ids', ','.join(str(7 * i % 200) for i in range(30)), '-n', 150, '--ignore-eos')
        results = [same((*base, *more), ['--draft', f'{d}/{draft}']) for more in (('--temp', 0), ('--seed', 5)) for draft in ('twin', 'other')]
        check('another model guesses', [r for r in results if isinstance(r, tuple)])
        check('a model that thinks alike is nearly always right', [r for r in results[::2] if isinstance(r, tuple) or not r['guessed'] or r['accepted'] < .95 * r['guessed']])
        check('a model that does not is seldom asked', [r for r in results[1::2] if isinstance(r, tuple) or r['guessed'] > 60])
        refusals = [(run(*base, '--draft', d + '/foreign'), 'one vocabulary'), (run(*base, '--draft', d + '/twin', '--lookup'), 'not both'), (run(*base, '--lookup', '--answers', 2), 'one answer')]
        check('what cannot be is refused', [(r, w) for r, w in refusals if w not in r.get('error', '')])


fifty() if os.path.exists(SMOL) else print('ok - speculation lookup # SKIP no SmolLM2')
drafts()
