"""`score` and `classify` against transformers: a tiny random LLaMA with a small tokenizer of its own."""
import json, math, os, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or os.environ['INK_BUILD'] + '/apps/cli/inkstone'
if not oracle.has('tokenizers', 'torch', 'transformers'):
    print('ok - score # SKIP Python has no transformers')
    sys.exit()
import tokenizers, torch, transformers
transformers.logging.set_verbosity_error()


def check(name, wrong):
    print(f'ok - score {name}' if not wrong else f'not ok - score {name}: {str(wrong)[:600]}', flush=True)


def make(folder):
    """The tokenizer learns from this file."""
    t = tokenizers.Tokenizer(tokenizers.models.BPE())
    t.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = tokenizers.decoders.ByteLevel()
    t.train([__file__], tokenizers.trainers.BpeTrainer(vocab_size=400, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.save(folder + '/tokenizer.json')
    torch.manual_seed(3)
    config = transformers.LlamaConfig(vocab_size=400, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.2)
    model = transformers.LlamaForCausalLM(config).eval()
    model.save_pretrained(folder)
    return t, model


def wanted(t, model, prompt, text):
    head, ids = t.encode(prompt).ids, t.encode(prompt + text).ids
    shared = next((i for i, (a, b) in enumerate(zip(head, ids)) if a != b), min(len(head), len(ids)))
    with torch.no_grad():
        p = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)
    return sum(float(p[i - 1, ids[i]]) for i in range(shared, len(ids))), len(ids) - shared


def run(*args):
    r = subprocess.run([INK, *args], capture_output=True, text=True, timeout=60)
    return json.loads(r.stdout) if not r.returncode else r.stderr


with tempfile.TemporaryDirectory() as folder:
    t, model = make(folder)
    prompt, texts = 'The tokenizer', [' learns from this file.', ' return', 's', ' é 中']
    got = run('score', '-m', folder, '-p', prompt, '--json', '--', *texts)
    wants = [wanted(t, model, prompt, x) for x in texts]
    check('equals transformers', [] if isinstance(got, dict) and all(abs(s['logprob'] - w) < 1e-3 and s['tokens'] == n for s, (w, n) in zip(got['scores'], wants)) else (got, wants))
    labels = ['good', 'rather bad', 'x']
    got = run('classify', '-m', folder, 'A text', '--question', ' is', *[w for x in labels for w in ('--label', x)], '--json')
    means = [w / n for w, n in (wanted(t, model, 'A text is', ' ' + x) for x in labels)]
    shares = [math.exp(m) / sum(map(math.exp, means)) for m in means]
    check('classify shares by the mean of each label', [] if isinstance(got, dict) and all(abs(x['p'] - s) < 1e-3 for x, s in zip(got['labels'], shares)) and got['label'] == labels[shares.index(max(shares))] else (got, shares))
    bad = [run('score', '-m', folder, '-p', 'a', ''), run('score', '-m', folder, '-p', '', 'b'), run('score', '-m', folder, '-p', prompt, ' return' * 2000)]
    check('what cannot be scored is said', [] if all(isinstance(b, str) and w in b for b, w in zip(bad, ('nothing to score', 'prompt', 'do not fit'))) else bad)
