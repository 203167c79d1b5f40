/* Attention and feed-forward as decoders put them together: weights apart or fused, heads normed or not, positions that turn or
   sink. */
#include "nn/nn.h"

typedef struct decoder_heads {
    ink_node *q, *k, *v;
} decoder_heads;

static decoder_heads decoder_apart(ink_net *n, ink_node *x, const ink_nn_self *o)
{
    decoder_heads h = { .q = ink_nn_linear_heads(n, x, o->q, o->heads, o->head_dim), .k = ink_nn_linear_heads(n, x, o->k, o->kv_heads, o->head_dim) };
    h.v = ink_nn_linear(n, x, o->v, o->kv_heads * o->head_dim);
    return h;
}

static decoder_heads decoder_fused(ink_net *n, ink_node *x, const ink_nn_self *o)
{
    const size_t groups = o->fusing == INK_NN_GROUPED ? o->kv_heads : 1, q = o->heads / groups * o->head_dim, kv = o->kv_heads / groups * o->head_dim;
    ink_node *all = o->fusing == INK_NN_GROUPED ? ink_nn_linear_qkv(n, x, o->q, o->heads, o->kv_heads, o->head_dim) : ink_nn_linear(n, x, o->q, q + 2 * kv);
    return (decoder_heads){ .q = ink_slice_each(n->g, all, groups, 0, q), .k = ink_slice_each(n->g, all, groups, q, kv), .v = ink_slice_each(n->g, all, groups, q + kv, kv) };
}

ink_node *ink_nn_self_attention(ink_net *n, ink_node *x, const ink_nn_self *o)
{
    const ink_attend_options a = { .layer = o->layer, .heads = o->heads, .kv_heads = o->kv_heads, .head_dim = o->head_dim, .window = o->window, .sinking = o->sinking,
                                   .scale = o->scale, .both = o->both, .bias = o->bias, .far = o->far };
    const size_t width = ink_node_width(x);
    decoder_heads h = o->fusing == INK_NN_APART ? decoder_apart(n, x, o) : decoder_fused(n, x, o);
    h.q = o->q_norm ? ink_nn_rms_norm(n, h.q, o->q_norm, o->head_dim, o->eps, 0) : h.q;
    h.k = o->k_norm ? ink_nn_rms_norm(n, h.k, o->k_norm, o->head_dim, o->eps, 0) : h.k;
    h.q = o->angles ? ink_rope(n->g, h.q, o->angles, o->heads, !o->neighbours) : h.q;
    h.k = o->angles ? ink_rope(n->g, h.k, o->angles, o->kv_heads, !o->neighbours) : h.k;
    return ink_nn_linear(n, ink_nn_attention(n, h.q, h.k, h.v, &a), o->o, width);
}

ink_node *ink_nn_gated(ink_net *n, ink_node *x, const char *gate, const char *up, const char *down, size_t ffn, ink_nn_gate *act)
{
    const size_t width = ink_node_width(x);
    ink_node *both = ink_nn_linear(n, x, gate, up ? ffn : 2 * ffn);
    ink_node *a = up ? both : ink_slice(n->g, both, 0, ffn), *b = up ? ink_nn_linear(n, x, up, ffn) : ink_slice(n->g, both, ffn, ffn);
    return ink_nn_linear(n, act(n->g, a, b), down, width);
}

ink_node *ink_nn_mlp(ink_net *n, ink_node *x, const char *up, const char *down, size_t ffn, ink_node *(*act)(ink_graph *g, ink_node *x))
{
    const size_t width = ink_node_width(x);
    return ink_nn_linear(n, act(n->g, ink_nn_linear(n, x, up, ffn)), down, width);
}
