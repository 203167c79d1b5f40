"""Vectors by models that foresee text: tiny random checkpoints, every way to pool, against transformers' last hidden states."""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

INK = os.environ.get('INK_BIN') or os.environ['INK_ROOT'] + '/build/inkstone'
if not oracle.has('torch', 'transformers', 'tokenizers'):
    print('ok - embed decoders # SKIP Python has no transformers')
    sys.exit()
import tokenizers, torch, transformers
transformers.logging.set_verbosity_error()
torch.manual_seed(3)
LINES = ['a', 'the quick brown fox', 'def f(x):  return x + 1', 'été, 中文 and more words ' * 9]


def check(name, wrong):
    print(f'ok - embed {name}' if not wrong else f'not ok - embed {name}: {str(wrong)[:600]}', flush=True)


def tokenizer(folder):
    t = tokenizers.Tokenizer(tokenizers.models.BPE())
    t.pre_tokenizer, t.decoder = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False), tokenizers.decoders.ByteLevel()
    t.train([__file__], tokenizers.trainers.BpeTrainer(vocab_size=300, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.save(folder + '/tokenizer.json')
    return t


def models():
    c = dict(vocab_size=300, hidden_size=36, intermediate_size=50, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1, max_position_embeddings=320, initializer_range=.3)
    yield 'llama', transformers.LlamaForCausalLM(transformers.LlamaConfig(**c))
    yield 'qwen2', transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**c))
    yield 'gemma', transformers.GemmaForCausalLM(transformers.GemmaConfig(**c, head_dim=16))
    # Gemma 2's scores are capped, which transformers' sdpa leaves out.
    yield 'gemma2', transformers.Gemma2ForCausalLM(transformers.Gemma2Config(**c, head_dim=16, sliding_window=8, attn_implementation='eager'))
    yield 'gpt2', transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=300, n_embd=36, n_layer=2, n_head=3, n_positions=320, initializer_range=.3))
    yield 'gptj', transformers.GPTJForCausalLM(transformers.GPTJConfig(vocab_size=300, n_embd=36, n_layer=2, n_head=3, n_positions=320, rotary_dim=8, initializer_range=.3))


POOLS = {'mean': lambda h: h.mean(0), 'cls': lambda h: h[0], 'last': lambda h: h[-1]}
for name, model in models():
    wrong = []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        model.eval().save_pretrained(folder)
        t = tokenizer(folder)
        for pool, make in POOLS.items():
            r = subprocess.run([INK, 'embed', '-m', folder, '--pool', pool, '--json'], input='\n'.join(LINES), capture_output=True, text=True, timeout=60)
            if r.returncode:
                wrong.append((pool, r.stderr))
                continue
            for line, got in zip(LINES, json.loads(r.stdout)['vectors']):
                want = make(model(torch.tensor([t.encode(line).ids]), output_hidden_states=True).hidden_states[-1][0])
                off = float((torch.tensor(got) - want / want.norm()).abs().max())
                if not off < 1e-5:
                    wrong.append((pool, line[:20], off))
    check(name, wrong)
