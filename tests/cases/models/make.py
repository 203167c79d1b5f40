"""Makes the tiny checkpoints of this folder and what transformers says about them. Run by hand, with torch, transformers and
safetensors: make.py [NAME ...]. Each folder gets model.safetensors (matrices F16, vectors F32), config.json, ids.json and
logits.f32: one row for each position, little-endian, computed in f32."""
import json, os, sys
import torch, transformers
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
LLAMA = dict(vocab_size=64, hidden_size=48, intermediate_size=72, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
             max_position_embeddings=512, rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=False)
GEMMA = dict(vocab_size=64, hidden_size=40, intermediate_size=56, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
             max_position_embeddings=512, rms_norm_eps=1e-6, rope_theta=10000.0, hidden_activation='gelu_pytorch_tanh', tie_word_embeddings=True)
YARN = dict(rope_type='yarn', factor=4.0, original_max_position_embeddings=64)

# name: model class, configuration, tokens
MODELS = {
    'llama': ('Llama', LLAMA, 300),
    'llama-one-kv': ('Llama', {**LLAMA, 'num_key_value_heads': 1, 'head_dim': 20, 'tie_word_embeddings': True}, 41),
    'llama-bias': ('Llama', {**LLAMA, 'attention_bias': True, 'mlp_bias': True}, 41),
    'llama-linear': ('Llama', {**LLAMA, 'rope_scaling': dict(rope_type='linear', factor=4.0)}, 41),
    'llama-llama3': ('Llama', {**LLAMA, 'rope_scaling': dict(rope_type='llama3', factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)}, 70),
    'llama-yarn': ('Llama', {**LLAMA, 'rope_scaling': YARN}, 70),
    'llama-yarn-settings': ('Llama', {**LLAMA, 'rope_scaling': {**YARN, 'attention_factor': 0.8, 'beta_fast': 8.0, 'beta_slow': 2.0}}, 70),
    'llama-yarn-mscale': ('Llama', {**LLAMA, 'rope_scaling': {**YARN, 'mscale': 1.5, 'mscale_all_dim': 0.5, 'truncate': False}}, 70),
    'mistral': ('Mistral', {**LLAMA, 'sliding_window': 7}, 80),
    'gemma': ('Gemma', {**GEMMA, 'num_key_value_heads': 1}, 41),
    'gemma2': ('Gemma2', {**GEMMA, 'sliding_window': 5, 'attn_logit_softcapping': 3.0, 'final_logit_softcapping': 5.0, 'query_pre_attn_scalar': 24}, 41),
    'gemma3': ('Gemma3', {**GEMMA, 'num_hidden_layers': 7, 'sliding_window': 6, 'rope_theta': 100000.0, 'rope_local_base_freq': 1000.0,
                          'rope_scaling': dict(rope_type='linear', factor=8.0), 'query_pre_attn_scalar': 30}, 41),
    'gemma3-pattern': ('Gemma3', {**GEMMA, 'sliding_window': 6, 'sliding_window_pattern': 2, 'rope_local_base_freq': 1000.0}, 41),
    'gpt2': ('GPT2', dict(vocab_size=64, n_embd=40, n_head=4, n_layer=2, n_positions=64), 41),
}


def build(kind, settings):
    config = getattr(transformers, {'Gemma3': 'Gemma3TextConfig'}.get(kind, kind + 'Config'))(**settings)
    model = getattr(transformers, {'GPT2': 'GPT2LMHeadModel'}.get(kind, kind + 'ForCausalLM'))._from_config(config, attn_implementation='eager')
    return config, model.eval()


def fill(model, plus_one, generator):
    """Weights that matter: every bias and norm too, all of them values that F16 holds."""
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        vector = p.ndim == 1
        scale = 0.3 if vector else 0.9 if 'embed' in name or 'wte' in name or 'wpe' in name else 1.6 / max(p.shape) ** 0.5
        one = 1.0 if vector and name.endswith('weight') and not plus_one else 0.0
        p.data.copy_((noise * scale + one).half().float())


def forget(path, *keys):
    """A pattern goes, so that the list of layers alone says it; a version would change at every making."""
    with open(path) as f:
        config = json.load(f)
    with open(path, 'w') as f:
        json.dump({k: v for k, v in config.items() if k not in keys}, f, indent=1)


def make(name):
    kind, settings, count = MODELS[name]
    generator = torch.Generator().manual_seed(sum(name.encode()))
    config, model = build(kind, settings)
    fill(model, kind.startswith('Gemma'), generator)
    ids = torch.randint(0, config.vocab_size, (1, count), generator=generator)
    with torch.no_grad():
        logits = model(ids).logits[0]
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    tied = getattr(config, 'tie_word_embeddings', False)
    tensors = {n: p.half() if p.ndim > 1 else p for n, p in model.state_dict().items() if not (tied and n == 'lm_head.weight')}
    save_file({n: p.contiguous() for n, p in tensors.items()}, folder + '/model.safetensors', metadata={'format': 'pt'})
    config.architectures = [model.__class__.__name__]
    config.save_pretrained(folder)
    forget(folder + '/config.json', 'sliding_window_pattern', '_sliding_window_pattern', 'transformers_version')
    with open(folder + '/ids.json', 'w') as f:
        json.dump(ids[0].tolist(), f)
    logits.float().numpy().astype('<f4').tofile(folder + '/logits.f32')
    print(name, sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)), 'bytes, logits to', float(logits.abs().max()), flush=True)


for name in sys.argv[1:] or MODELS:
    make(name)
