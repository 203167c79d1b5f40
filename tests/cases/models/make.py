"""Makes the tiny checkpoints of this folder and what transformers says about them. Run by hand, with torch, transformers and
safetensors: make.py [NAME ...]. Each folder gets model.safetensors (matrices F16, vectors F32), config.json, ids.json (and read.json, what
a model that reads and writes has read) and logits.f32: one row for each position, little-endian, computed in f32."""
import json, os, sys
import torch, transformers
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
LLAMA = dict(vocab_size=64, hidden_size=48, intermediate_size=72, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
             max_position_embeddings=512, rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=False)
GEMMA = dict(vocab_size=64, hidden_size=40, intermediate_size=56, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
             max_position_embeddings=512, rms_norm_eps=1e-6, rope_theta=10000.0, hidden_activation='gelu_pytorch_tanh', tie_word_embeddings=True)
YARN = dict(rope_type='yarn', factor=4.0, original_max_position_embeddings=64)
STRETCH = dict(short_factor=[1.0, 1.1, 1.25, 1.4, 1.6, 1.9], long_factor=[1.0, 2.5, 4.0, 7.5, 16.0, 32.5])

ODD = {**LLAMA, 'vocab_size': 45}
NEOX = dict(vocab_size=45, hidden_size=48, intermediate_size=72, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=512, rotary_pct=0.5)
FALCON = dict(vocab_size=45, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, ffn_hidden_size=80, max_position_embeddings=512, bias=False, alibi=False)
T5 = dict(vocab_size=45, d_model=40, d_kv=12, d_ff=56, num_layers=2, num_heads=3, relative_attention_num_buckets=12, n_positions=512, decoder_start_token_id=0, initializer_factor=1.0)
GATED = {**T5, 'feed_forward_proj': 'gated-gelu', 'tie_word_embeddings': False}
GLM = {**ODD, 'partial_rotary_factor': 0.5, 'pad_token_id': 0, 'eos_token_id': 1}
EXPERTS = dict(num_experts_per_tok=2, norm_topk_prob=True, output_router_logits=False)

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
    'qwen2': ('Qwen2', {**ODD, 'head_dim': 12, 'sliding_window': 4}, 300),
    'qwen2-tied': ('Qwen2', {**ODD, 'head_dim': 12, 'num_hidden_layers': 1, 'num_key_value_heads': 4, 'tie_word_embeddings': True}, 37),
    'qwen3': ('Qwen3', ODD, 300),
    'qwen3-moe': ('Qwen3Moe', {**ODD, **EXPERTS, 'num_experts': 5, 'moe_intermediate_size': 32, 'decoder_sparse_step': 1, 'mlp_only_layers': []}, 300),
    'qwen3-moe-raw': ('Qwen3Moe', {**ODD, **EXPERTS, 'num_experts': 6, 'num_experts_per_tok': 3, 'norm_topk_prob': False, 'moe_intermediate_size': 24, 'mlp_only_layers': [0]}, 37),
    'mixtral': ('Mixtral', {**ODD, 'num_local_experts': 4, 'num_experts_per_tok': 2}, 300),
    'phi3': ('Phi3', {**ODD, 'head_dim': 12, 'pad_token_id': 0, 'sliding_window': 9}, 300),
    'phi3-partial': ('Phi3', {**ODD, 'head_dim': 12, 'pad_token_id': 0, 'partial_rotary_factor': 0.5, 'tie_word_embeddings': True}, 37),
    'phi3-long': ('Phi3', {**ODD, 'head_dim': 12, 'pad_token_id': 0, 'original_max_position_embeddings': 64, 'rope_scaling': dict(type='longrope', **STRETCH)}, 300),
    'phi3-short': ('Phi3', {**ODD, 'head_dim': 12, 'pad_token_id': 0, 'tie_word_embeddings': True, 'original_max_position_embeddings': 64, 'rope_scaling': dict(type='longrope', **STRETCH)}, 64),
    'llama-longrope': ('Llama', {**LLAMA, 'head_dim': 12, 'original_max_position_embeddings': 32, 'rope_scaling': dict(rope_type='longrope', attention_factor=1.3, **STRETCH)}, 70),
    'glm': ('Glm', {**GLM, 'attention_bias': True}, 300),
    'glm4': ('Glm4', GLM, 300),
    'chatglm': ('Glm', {**GLM, 'attention_bias': True, 'num_key_value_heads': 2}, 300),
    'gptneox': ('GPTNeoX', NEOX, 300),
    'gptneox-serial': ('GPTNeoX', {**NEOX, 'use_parallel_residual': False, 'num_hidden_layers': 1, 'rotary_pct': 1.0, 'attention_bias': False, 'tie_word_embeddings': True}, 37),
    'gptj': ('GPTJ', dict(vocab_size=45, n_embd=48, n_head=4, n_layer=2, n_positions=512, rotary_dim=6, tie_word_embeddings=False), 300),
    'falcon': ('Falcon', {**FALCON, 'multi_query': True, 'parallel_attn': True}, 300),
    'falcon-new': ('Falcon', {**FALCON, 'new_decoder_architecture': True, 'num_kv_heads': 2, 'bias': True}, 41),
    'falcon-serial': ('Falcon', {**FALCON, 'multi_query': False, 'parallel_attn': False, 'bias': True, 'num_hidden_layers': 1}, 37),
    'bloom': ('Bloom', dict(vocab_size=45, hidden_size=48, n_layer=2, n_head=4), 300),
    'bloom-six': ('Bloom', dict(vocab_size=45, hidden_size=48, n_layer=1, n_head=6, tie_word_embeddings=False), 37),
    'opt': ('OPT', dict(vocab_size=45, hidden_size=48, word_embed_proj_dim=48, ffn_dim=72, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=301, pad_token_id=1), 300),
    'opt-350m': ('OPT', dict(vocab_size=45, hidden_size=48, word_embed_proj_dim=20, ffn_dim=72, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=301, pad_token_id=1,
                             do_layer_norm_before=False), 300),
    'falcon-rw': ('Falcon', {**FALCON, 'multi_query': False, 'parallel_attn': False, 'bias': True, 'alibi': True}, 41),
    'gemma2-plain': ('Gemma2', {**GEMMA, 'vocab_size': 45, 'sliding_window': 5, 'query_pre_attn_scalar': 12}, 41),
    'gemma3-plain': ('Gemma3', {**GEMMA, 'vocab_size': 45, 'sliding_window': 6, 'sliding_window_pattern': 2, 'rope_local_base_freq': 1000.0, 'query_pre_attn_scalar': 12}, 41),
    't5': ('T5', {**T5, 'num_decoder_layers': 1}, 300),
    't5-v1-1': ('T5', {**GATED, 'num_heads': 4, 'decoder_start_token_id': 2}, 300),
    'mt5': ('MT5', {**GATED, 'd_kv': 16, 'num_layers': 1}, 37),
    'umt5': ('UMT5', GATED, 300),
    'gpt2': ('GPT2', dict(vocab_size=64, n_embd=40, n_head=4, n_layer=2, n_positions=64), 41),
}


def build(kind, settings):
    config = getattr(transformers, {'Gemma3': 'Gemma3TextConfig'}.get(kind, kind + 'Config'))(**settings)
    model = getattr(transformers, {'GPT2': 'GPT2LMHeadModel'}.get(kind, kind + ('ForConditionalGeneration' if kind.endswith('T5') else 'ForCausalLM')))._from_config(config, attn_implementation='sdpa' if settings.get('alibi') else 'eager')  # Falcon's eager way adds ALiBi twice
    return config, model.eval()


def fill(model, plus_one, generator):
    """Weights that matter: every bias and norm too, all of them values that F16 holds."""
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        vector = p.ndim == 1
        scale = 0.3 if vector else 0.9 if 'shared' in name or 'relative' in name or 'embed' in name or 'wte' in name or 'wpe' in name else 1.6 / max(p.shape) ** 0.5
        one = 1.0 if vector and name.endswith('weight') and not plus_one else 0.0
        p.data.copy_((noise * scale + one).half().float())


def chatglm(tensors):
    """The same weights as the files had them that came with code of their own: no oracle computes with these names, but GLM in transformers is
    that model, whose weights it splits."""
    names = {'model.embed_tokens.weight': 'transformer.embedding.word_embeddings.weight', 'model.norm.weight': 'transformer.encoder.final_layernorm.weight',
             'lm_head.weight': 'transformer.output_layer.weight'}
    parts = {'self_attn.o_proj': 'self_attention.dense', 'mlp.gate_up_proj': 'mlp.dense_h_to_4h', 'mlp.down_proj': 'mlp.dense_4h_to_h'}
    out = {}
    for name, p in tensors.items():
        if '.q_proj.' in name:
            p = torch.cat([tensors[name.replace('q_proj', f'{x}_proj')] for x in 'qkv'])
            name = name.replace('self_attn.q_proj', 'self_attention.query_key_value')
        elif '.k_proj.' in name or '.v_proj.' in name:
            continue
        for old, new in parts.items():
            name = name.replace(old, new)
        out[names.get(name, name).replace('model.layers', 'transformer.encoder.layers')] = p
    return out


def forget(path, *keys):
    """A pattern goes, so that the list of layers alone says it; a version would change at every making."""
    with open(path) as f:
        config = json.load(f)
    with open(path, 'w') as f:
        json.dump({k: v for k, v in config.items() if k not in keys}, f, indent=1)


LEARNING = ('gemma', 'gemma2', 'gemma3', 'qwen2', 'qwen3', 'qwen3-moe-raw', 'mixtral', 'phi3', 'glm', 'glm4', 'chatglm', 'gptneox', 'gptj', 'falcon', 'falcon-new', 'bloom', 'opt')  # the older ones: ../shared


def steps(model, parameters, batches, rate, decay):
    """The losses of AdamW on these batches (two sequences each), before each step; matrices alone decay."""
    groups = [{'params': [p for p in parameters if p.ndim > 1], 'weight_decay': decay}, {'params': [p for p in parameters if p.ndim == 1], 'weight_decay': 0}]
    optimiser = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), eps=1e-8)
    losses = []
    for batch in batches:
        loss = model(input_ids=batch, labels=batch).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        losses.append(loss.item())
    return losses


def learn(name, model, folder, generator):
    """Five steps of all weights, and five of a LoRA on every linear layer, from the same beginning. No token that pads: its row learns nothing in PyTorch."""
    import copy, peft
    batches = [torch.randint(2, model.config.vocab_size, (2, 24), generator=generator) for _ in range(5)]
    run = {'batches': [b.tolist() for b in batches]}
    whole = copy.deepcopy(model)
    run['full'] = steps(whole, list(whole.parameters()), batches, 1e-3, 0.1)
    if name != 'chatglm':  # the adapter would have names that its files do not have
        torch.manual_seed(sum(name.encode()))
        tuned = peft.get_peft_model(copy.deepcopy(model), peft.LoraConfig(r=2, lora_alpha=4, target_modules='all-linear', task_type='CAUSAL_LM'))
        for n, p in tuned.named_parameters():
            if 'lora_B' in n:
                p.data.normal_(0, 0.1)
        tuned.eval()
        tuned.save_pretrained(folder + '/lora')
        os.remove(folder + '/lora/README.md')
        run['lora'] = steps(tuned, [p for p in tuned.parameters() if p.requires_grad], batches, 1e-2, 0)
    with open(folder + '/learn.json', 'w') as f:
        json.dump(run, f)


def make(name):
    kind, settings, count = MODELS[name]
    generator = torch.Generator().manual_seed(sum(name.encode()))
    config, model = build(kind, settings)
    fill(model, kind.startswith('Gemma'), generator)
    ids = torch.randint(0, config.vocab_size, (1, count), generator=generator)
    read = torch.randint(0, config.vocab_size, (1, count // 2), generator=generator) if kind.endswith('T5') else None
    with torch.no_grad():
        logits = (model(ids) if read is None else model(input_ids=read, decoder_input_ids=ids)).logits[0]
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    tied = getattr(config, 'tie_word_embeddings', False)
    tensors = {n: p.half() if p.ndim > 1 else p for n, p in model.state_dict().items() if not (tied and n == 'lm_head.weight') and not n.endswith('coder.embed_tokens.weight')}
    if name == 'chatglm':
        tensors = chatglm(tensors)
    save_file({n: p.contiguous() for n, p in tensors.items()}, folder + '/model.safetensors', metadata={'format': 'pt'})
    config.architectures = [model.__class__.__name__]
    config.save_pretrained(folder)
    if name == 'chatglm':
        with open(folder + '/config.json', 'w') as f:
            json.dump(dict(model_type='chatglm', architectures=['ChatGLMModel'], num_layers=2, padded_vocab_size=45, vocab_size=45, hidden_size=48, ffn_hidden_size=72, kv_channels=16,
                           num_attention_heads=4, seq_length=512, layernorm_epsilon=1e-5, multi_query_attention=True, multi_query_group_num=2, add_qkv_bias=True,
                           add_bias_linear=False, rmsnorm=True, original_rope=True, tie_word_embeddings=False), f, indent=1)
    forget(folder + '/config.json', 'sliding_window_pattern', '_sliding_window_pattern', 'transformers_version')
    with open(folder + '/ids.json', 'w') as f:
        json.dump(ids[0].tolist(), f)
    if read is not None:
        with open(folder + '/read.json', 'w') as f:
            json.dump(read[0].tolist(), f)
    if name in LEARNING:
        learn(name, model, folder, generator)
    logits.float().numpy().astype('<f4').tofile(folder + '/logits.f32')
    print(name, sum(os.path.getsize(os.path.join(at, f)) for at, _, files in os.walk(folder) for f in files), 'bytes, logits to', float(logits.abs().max()), flush=True)


for name in sys.argv[1:] or MODELS:
    make(name)
