/* Gemma 1 to 3 (Gemma Team 2024, 2024, 2025): scaled embeddings, norms whose weight is 1 + w, wide heads, a GELU gate.
   Gemma 2 norms what each half of a block gives as well and caps its scores; Gemma 2 and 3 let most layers see only a
   window; Gemma 3 norms queries and keys and has a rotary base of its own for the sliding layers. */
#include "models/config.h"

#include <math.h>
#include <string.h>

static const ink_name_rule gemma_rules[] = {
    { "gguf", "token_embd.weight", "model.embed_tokens.weight", INK_NAME_SAME },
    { "gguf", "output_norm.weight", "model.norm.weight", INK_NAME_MINUS_ONE },
    { "gguf", "output.weight", "lm_head.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_norm.weight", "model.layers.*.input_layernorm.weight", INK_NAME_MINUS_ONE },
    { "gguf", "blk.*.attn_q.weight", "model.layers.*.self_attn.q_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_k.weight", "model.layers.*.self_attn.k_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_v.weight", "model.layers.*.self_attn.v_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_output.weight", "model.layers.*.self_attn.o_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.attn_q_norm.weight", "model.layers.*.self_attn.q_norm.weight", INK_NAME_MINUS_ONE },
    { "gguf", "blk.*.attn_k_norm.weight", "model.layers.*.self_attn.k_norm.weight", INK_NAME_MINUS_ONE },
    { "gguf", "blk.*.post_attention_norm.weight", "model.layers.*.post_attention_layernorm.weight", INK_NAME_MINUS_ONE, .variants = 1 << 2 | 1 << 3 },
    { "gguf", "blk.*.ffn_norm.weight", "model.layers.*.post_attention_layernorm.weight", INK_NAME_MINUS_ONE, .variants = 1 << 1 }, /* Gemma 1, which has no other */
    { "gguf", "blk.*.ffn_norm.weight", "model.layers.*.pre_feedforward_layernorm.weight", INK_NAME_MINUS_ONE },
    { "gguf", "blk.*.post_ffw_norm.weight", "model.layers.*.post_feedforward_layernorm.weight", INK_NAME_MINUS_ONE },
    { "gguf", "blk.*.ffn_gate.weight", "model.layers.*.mlp.gate_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_up.weight", "model.layers.*.mlp.up_proj.weight", INK_NAME_SAME },
    { "gguf", "blk.*.ffn_down.weight", "model.layers.*.mlp.down_proj.weight", INK_NAME_SAME },
    { NULL, NULL, NULL, INK_NAME_SAME },
};

#define AT(field) offsetof(ink_config, field)
static const ink_setting gemma_settings[] = {
    { AT(layers), INK_SETTING_COUNT, "block_count", "num_hidden_layers", 1, 4096, INK_REQUIRED },
    { AT(width), INK_SETTING_COUNT, "embedding_length", "hidden_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(heads), INK_SETTING_COUNT, "attention.head_count", "num_attention_heads", 1, 65536, INK_REQUIRED },
    { AT(kv_heads), INK_SETTING_COUNT, "attention.head_count_kv", "num_key_value_heads", 1, 65536, INK_REQUIRED },
    { AT(head_dim), INK_SETTING_COUNT, "attention.key_length", "head_dim", 1, 4096, 256 },
    { AT(ffn), INK_SETTING_COUNT, "feed_forward_length", "intermediate_size", 1, INK_CONFIG_MOST, INK_REQUIRED },
    { AT(context), INK_SETTING_COUNT, "context_length", "max_position_embeddings", 1, INK_CONFIG_MOST, 8192 },
    { AT(eps), INK_SETTING_REAL, "attention.layer_norm_rms_epsilon", "rms_norm_eps", 0, 1, 1e-6 },
    { AT(window), INK_SETTING_COUNT, "attention.sliding_window", "sliding_window", 1, INK_CONFIG_MOST, 0 },
    { AT(attention_softcap), INK_SETTING_REAL, "attn_logit_softcapping", "attn_logit_softcapping", 1e-3, 1e6, 0 },
    { AT(final_softcap), INK_SETTING_REAL, "final_logit_softcapping", "final_logit_softcapping", 1e-3, 1e6, 0 },
    { AT(query_scale), INK_SETTING_REAL, NULL, "query_pre_attn_scalar", 1e-3, 1e6, 0 },
    { AT(global_every), INK_SETTING_COUNT, "attention.sliding_window_pattern", "sliding_window_pattern", 1, 4096, 0 },
    { AT(local_base), INK_SETTING_REAL, "rope.freq_base_swa", "rope_local_base_freq|rope_parameters.sliding_attention.rope_theta", 1, 1e12, 10000 },
    { 0, 0, NULL, NULL, 0, 0, 0 },
};

/* What the generations do not write down. GGUF does not say which of them has another query scale: the 27 B of both. */
static void gemma_generation(const ink_settings *s, ink_config *c)
{
    bool largest = (c->variant == 2 && c->layers == 46) || (c->variant == 3 && c->layers == 62);
    if (!s->json && largest)
        c->query_scale = (double)c->width / (double)c->heads;
    c->query_scale = c->query_scale != 0 ? c->query_scale : (double)c->head_dim;
    c->window = c->variant == 1 ? 0 : c->window;
    c->global_every = c->global_every ? c->global_every : c->variant == 2 ? 2 : 6;
}

/* Newer files list the kind of every layer; what repeats is read from the first that sees everything. */
static ink_status gemma_layer_types(const ink_settings *s, ink_config *c, ink_err *err)
{
    const ink_json *types = ink_settings_json(s, "layer_types");
    if (!types || !c->window)
        return INK_OK;
    for (c->global_every = 1; c->global_every <= c->layers; c->global_every++)
        if (!strcmp(ink_json_string(ink_json_at(types, c->global_every - 1), ""), "full_attention"))
            break;
    for (size_t i = 0; i < c->layers; i++)
        if (strcmp(ink_json_string(ink_json_at(types, i), ""), (i + 1) % c->global_every ? "sliding_attention" : "full_attention"))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: layer_types does not repeat every %zu layers, which inkstone cannot do", ink_weights_path(s->weights), c->global_every);
    return INK_OK;
}

static ink_status gemma_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "hidden_activation", { "gelu_pytorch_tanh", "gelu", "gelu_new" } }, { "use_bidirectional_attention", { "false" } }, { NULL, { NULL } } };
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_settings_read(s, gemma_settings, c, err));
    INK_TRY(ink_config_share(s, c, err));
    c->variant = !strcmp(s->architecture, "gemma") ? 1 : !strcmp(s->architecture, "gemma2") ? 2 : 3;
    gemma_generation(s, c);
    INK_TRY(gemma_layer_types(s, c, err));
    INK_TRY(ink_config_rope(s, c, err));
    c->local_base = c->variant == 3 ? c->local_base : c->rope.base;
    return INK_OK;
}

typedef struct gemma { /* what the blocks share */
    ink_net *n;
    const ink_config *c;
    ink_node *global, *local; /* angles */
} gemma;

static ink_node *gemma_norm(const gemma *m, ink_node *x, const char *name, size_t width)
{
    return ink_nn_rms_norm(m->n, x, name, width, (float)m->c->eps, 1);
}

static ink_node *gemma_attention(const gemma *m, ink_node *x, size_t layer)
{
    const ink_config *c = m->c;
    bool slides = c->window && (layer + 1) % c->global_every;
    const ink_attend_options o = { .layer = layer, .heads = c->heads, .kv_heads = c->kv_heads, .head_dim = c->head_dim, .scale = (float)(1 / sqrt(c->query_scale)),
                                   .softcap = (float)c->attention_softcap, .window = slides ? c->window : 0 };
    ink_node *q = ink_nn_linear_heads(m->n, x, "self_attn.q_proj", c->heads, c->head_dim);
    ink_node *k = ink_nn_linear_heads(m->n, x, "self_attn.k_proj", c->kv_heads, c->head_dim);
    ink_node *v = ink_nn_linear(m->n, x, "self_attn.v_proj", c->kv_heads * c->head_dim);
    if (c->variant == 3) {
        q = gemma_norm(m, q, "self_attn.q_norm", c->head_dim);
        k = gemma_norm(m, k, "self_attn.k_norm", c->head_dim);
    }
    q = ink_rope(m->n->g, q, slides ? m->local : m->global, c->heads, true);
    k = ink_rope(m->n->g, k, slides ? m->local : m->global, c->kv_heads, true);
    return ink_nn_linear(m->n, ink_nn_attention(m->n, q, k, v, &o), "self_attn.o_proj", c->width);
}

static ink_node *gemma_mlp(const gemma *m, ink_node *x)
{
    ink_node *gate = ink_nn_linear(m->n, x, "mlp.gate_proj", m->c->ffn), *up = ink_nn_linear(m->n, x, "mlp.up_proj", m->c->ffn);
    return ink_nn_linear(m->n, ink_gelu_tanh_mul(m->n->g, gate, up), "mlp.down_proj", m->c->width);
}

static ink_node *gemma_block(const gemma *m, ink_node *x, size_t layer)
{
    size_t width = m->c->width;
    bool after = m->c->variant > 1; /* norms after each half too */
    ink_net_at(m->n, "model.layers.%zu.", layer);
    ink_node *y = gemma_attention(m, gemma_norm(m, x, "input_layernorm", width), layer);
    x = ink_add(m->n->g, x, after ? gemma_norm(m, y, "post_attention_layernorm", width) : y);
    y = gemma_mlp(m, gemma_norm(m, x, after ? "pre_feedforward_layernorm" : "post_attention_layernorm", width));
    return ink_add(m->n->g, x, after ? gemma_norm(m, y, "post_feedforward_layernorm", width) : y);
}

static ink_node *gemma_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    ink_rope_options local = { .dims = c->rope.dims, .base = c->local_base };
    gemma m = { .n = n, .c = c, .global = ink_nn_rope(n, positions, &c->rope) };
    m.local = c->window ? ink_nn_rope(n, positions, c->variant == 3 ? &local : &c->rope) : m.global;
    ink_net_at(n, "model.");
    ink_node *x = ink_scale(n->g, ink_nn_embedding(n, ids, "embed_tokens", c->vocab, c->width), sqrtf((float)c->width));
    for (size_t i = 0; i < c->layers; i++)
        x = gemma_block(&m, x, i);
    return x;
}

static ink_node *gemma_head(ink_net *n, const ink_config *c, ink_node *x)
{
    ink_net_at(n, "model.");
    x = ink_nn_rms_norm(n, x, "norm", c->width, (float)c->eps, 1);
    ink_net_at(n, "%s", "");
    x = ink_nn_head(n, x, ink_net_has(n, "lm_head.weight") ? "lm_head.weight" : "model.embed_tokens.weight", c->vocab);
    return c->final_softcap != 0 ? ink_softcap(n->g, x, (float)c->final_softcap) : x;
}

const ink_architecture ink_arch_gemma = {
    .name = "gemma",
    .also = (const char *const[]){ NULL },
    .kinds = (const ink_kind[]){ { "gemma", "gemma", "GemmaForCausalLM" }, { "gemma2", "gemma2", "Gemma2ForCausalLM" }, { "gemma3", "gemma3_text", "Gemma3ForCausalLM" }, { NULL } },
    .signs = (const ink_sign[]){ { "tie_word_embeddings", "lm_head.weight", true }, { NULL } },
    .settings = (const ink_setting *const[]){ gemma_settings, NULL },
    .rules = gemma_rules,
    .embedding = "model.embed_tokens.weight",
    .configure = gemma_configure,
    .body = gemma_body,
    .head = gemma_head,
};
