"""Beam search against transformers: sequences and scores, on tiny random models that end often, with every way to stop, and on SmolLM2's folder where it is."""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or os.environ['INK_ROOT'] + '/build/inkstone'
if not oracle.has('torch', 'transformers'):
    print('ok - beams # SKIP Python has no transformers')
    sys.exit()
import torch, transformers
transformers.logging.set_verbosity_error()
STOPS = {'false': False, 'true': True, 'never': 'never'}


def check(name, wrong):
    print(f'ok - beams {name}' if not wrong else f'not ok - beams {name}: {str(wrong)[:700]}', flush=True)


def run(*args):
    r = subprocess.run([INK, 'generate', *map(str, args), '--json'], capture_output=True, text=True, timeout=300)
    return json.loads(r.stdout) if not r.returncode else {'error': r.stderr}


def ours(folder, ids, beams, best, n, penalty, stop):
    r = run('-m', folder, '--ids', ','.join(map(str, ids)), '--beams', beams, '--nbest', best, '-n', n, '--length-penalty', penalty, '--early-stopping', stop)
    return [(a['tokens'], a['score']) for a in r.get('answers', [r])] if 'error' not in r else r


def theirs(model, ids, beams, best, n, penalty, stop):
    with torch.no_grad():
        r = model.generate(torch.tensor([ids]), num_beams=beams, num_return_sequences=best, max_new_tokens=n, length_penalty=penalty, early_stopping=STOPS[stop], do_sample=False,
                           return_dict_in_generate=True, output_scores=True, pad_token_id=model.config.eos_token_id, attention_mask=torch.ones(1, len(ids), dtype=torch.long))
    found = []
    for s in r.sequences[:, len(ids):].tolist():
        found.append(s[:s.index(model.config.eos_token_id) + 1] if model.config.eos_token_id in s else s)
    return list(zip(found, r.sequences_scores.tolist()))


def compare(folder, model, ids, *case):
    a, b = ours(folder, ids, *case), theirs(model, ids, *case)
    same = isinstance(a, list) and len(a) == len(b) and all(x == y and abs(p - q) < 2e-4 * max(1, abs(q)) for (x, p), (y, q) in zip(a, b))
    return [] if same else [(case, a, b)]


def tiny():
    wrong, ended = [], 0
    with tempfile.TemporaryDirectory() as d:
        for seed in range(3):
            torch.manual_seed(seed)
            c = transformers.LlamaConfig(vocab_size=61, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128,
                                         initializer_range=.3, eos_token_id=5, bos_token_id=1)
            model = transformers.LlamaForCausalLM(c).eval()
            with torch.no_grad():
                model.lm_head.weight[5] *= 3  # ends come now and then
            folder = f'{d}/{seed}'
            model.save_pretrained(folder)
            for i, (beams, best, n, penalty, stop) in enumerate([(1, 1, 9, 1, 'false'), (2, 2, 20, 1, 'false'), (4, 3, 30, 1, 'true'), (4, 4, 30, 1, 'never'), (5, 2, 25, 2, 'never'), (3, 3, 25, 0, 'false'),
                                                                 (6, 6, 70, -.5, 'never'), (3, 1, 70, .6, 'true')]):
                ids = [(7 * k + 3 * i + seed) % 55 + 6 for k in range(3 + 5 * i)]
                if beams == 1:
                    continue
                w = compare(folder, model, ids, beams, best, n, penalty, stop)
                wrong += w
                ended += any(t[-1] == 5 for t, _ in ours(folder, ids, beams, best, n, penalty, stop)) if not w else 0
        check(f'sequences and scores equal transformers ({ended} of 21 searches found an end)', wrong or ([] if ended > 4 else 'nothing ended'))
        base = ('-m', d + '/0', '--ids', '7,8,9', '-n', 4)
        refusals = [((*base, '--beams', 60), 'too many for a vocabulary'), ((*base, '--nbest', 2), 'say --beams too'), ((*base, '--beams', 2, '--nbest', 3), 'no more answers than beams'), ((*base, '--beams', 2, '--answers', 2), 'do not go with it'),
                    ((*base, '--beams', 65), '64')]
        check('what cannot be is refused', [(a, r) for a, w in refusals if w not in (r := run(*a)).get('error', '')])


def smollm():
    folder = next((f for f in (os.environ.get('INK_SMOLLM2_FOLDER', ''), os.path.expanduser('~/.cache/ink-peers/SmolLM2-hf')) if f and os.path.isdir(f)), None)
    if not folder:
        return print("ok - beams SmolLM2 # SKIP no folder of its weights (INK_SMOLLM2_FOLDER)")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    check('SmolLM2', compare(folder, model, [504, 3575, 282, 4649, 314], 4, 2, 12, 1, 'false'))


tiny()
smollm()
