/* The builder's context: joining names, and putting rows into the form of a product once for all that share them. */
#include "nn/nn.h"

#include <stdarg.h>
#include <stdio.h>

void ink_net_at(ink_net *n, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(n->prefix, sizeof n->prefix, format, args);
    va_end(args);
}

enum { NET_FULL = 3 * INK_NET_NAME };
static const ink_name_heads net_plain; /* rows that stay where they are */

static void net_name(const ink_net *n, const char *name, const char *suffix, char out[NET_FULL])
{
    snprintf(out, NET_FULL, "%s%s%s", n->prefix, name, suffix);
}

bool ink_net_has(const ink_net *n, const char *name)
{
    char full[NET_FULL];
    net_name(n, name, "", full);
    return ink_nn_weights_has(n->weights, full);
}

ink_node *ink_net_leaf(ink_net *n, ink_nn_weight *w, ink_status status, const ink_err *err, size_t rows, size_t width)
{
    if (status == INK_OK)
        return ink_graph_weight(n->g, &w->constant, rows, width);
    ink_graph_fail(n->g, status == INK_E_NOT_FOUND ? INK_E_FORMAT : status, "%s", err->text);
    return &n->g->nowhere;
}

ink_nn_weight *ink_net_weight(ink_net *n, const char *name, const char *suffix)
{
    char full[NET_FULL];
    ink_err err;
    net_name(n, name, suffix, full);
    ink_nn_weight *w = ink_nn_weights_get(n->weights, full, &err);
    if (!w)
        ink_net_leaf(n, NULL, err.status, &err, 0, 0);
    return w;
}

static ink_node *net_vector_of(ink_net *n, ink_nn_weight *w, size_t width, ink_name_heads heads, float plus)
{
    ink_err err;
    if (!w)
        return &n->g->nowhere;
    ink_status status = ink_nn_weight_vector(n->weights, w, width, heads, plus, &err);
    if (status != INK_OK)
        ink_graph_fail(n->g, status, "%s", err.text);
    return ink_graph_weight(n->g, &w->constant, 1, width);
}

static ink_node *net_vector(ink_net *n, const char *name, const char *suffix, size_t width, ink_name_heads heads, float plus)
{
    return net_vector_of(n, ink_net_weight(n, name, suffix), width, heads, plus);
}

ink_node *ink_nn_row(ink_net *n, const char *tensor, size_t width)
{
    return net_vector(n, tensor, "", width, net_plain, 0);
}

/* While learning: floats as they lie, either way round, or what the file has. */
static ink_node *net_factor(ink_net *n, ink_nn_weight *w, size_t out, size_t in, ink_name_heads heads)
{
    ink_err err;
    ink_status status = ink_nn_weight_factor(n->weights, w, out, in, heads, &err);
    if (status != INK_OK)
        ink_graph_fail(n->g, status, "%s", err.text);
    const bool turned = !w->kept && w->change == INK_NAME_TRANSPOSED;
    return ink_graph_weight(n->g, &w->constant, turned ? in : out, turned ? out : in);
}

static ink_node *net_dense(ink_net *n, ink_node *x, ink_nn_weight *w, size_t out, ink_name_heads heads)
{
    ink_node *factor = net_factor(n, w, out, ink_node_width(x), heads);
    return w->kept ? ink_frozen(n->g, x, factor, true) : ink_product(n->g, x, x, false, factor, w->change != INK_NAME_TRANSPOSED);
}

static ink_node *net_product(ink_net *n, ink_node *x, ink_nn_weight *w, size_t out, ink_name_heads heads)
{
    ink_err err;
    if (!w)
        return &n->g->nowhere;
    if (n->watch)
        n->watch(n->watch_user, n, w, x, ink_node_width(x));
    if (n->weights->dense)
        return net_dense(n, x, w, out, heads);
    ink_status status = ink_nn_weight_product(n->weights, w, out, ink_node_width(x), heads, &err);
    if (status != INK_OK) {
        ink_graph_fail(n->g, status, "%s", err.text);
        return &n->g->nowhere;
    }
    if (w->packed.form != x->form && (n->quantised_from != x || n->quantised->form != w->packed.form)) {
        n->quantised = ink_act(n->g, x, w->packed.form);
        n->quantised_from = x;
    }
    return ink_linear(n->g, w->packed.form == x->form ? x : n->quantised, ink_graph_weight(n->g, &w->constant, out, ink_node_width(x)));
}

static ink_node *net_linear(ink_net *n, ink_node *x, const char *name, size_t out, ink_name_heads heads)
{
    char layer[NET_FULL], bias[INK_NET_NAME];
    net_name(n, name, "", layer);
    ink_nn_weight *w = ink_net_weight(n, name, ".weight");
    x = ink_nn_adapt_input(n, x, layer);
    ink_node *y = net_product(n, x, w, out, heads);
    if (w && y->inputs > 1)
        y = ink_nn_adapt_product(n, x, y, layer, y->in[1], w->change == INK_NAME_TRANSPOSED && n->weights->dense);
    snprintf(bias, sizeof bias, "%s.bias", name);
    y = ink_net_has(n, bias) ? ink_add(n->g, y, net_vector(n, name, ".bias", out, heads, 0)) : y;
    return ink_nn_adapt_result(n, y, layer);
}

ink_node *ink_nn_dropout(ink_net *n, ink_node *x, float part)
{
    return part > 0 ? ink_dropout(n->g, x, n->draw, &(ink_dropout_options){ part, n->dropped++ }) : x;
}

ink_node *ink_nn_linear(ink_net *n, ink_node *x, const char *name, size_t out)
{
    return net_linear(n, x, name, out, net_plain);
}

ink_node *ink_nn_linear_heads(ink_net *n, ink_node *x, const char *name, size_t heads, size_t head_dim)
{
    return net_linear(n, x, name, heads * head_dim, (ink_name_heads){ .head_dim = head_dim });
}

ink_node *ink_nn_linear_qkv(ink_net *n, ink_node *x, const char *name, size_t heads, size_t kv_heads, size_t head_dim)
{
    return net_linear(n, x, name, (heads + 2 * kv_heads) * head_dim, (ink_name_heads){ .head_dim = head_dim, .kv_heads = kv_heads });
}

ink_node *ink_nn_head(ink_net *n, ink_node *x, const char *tensor, size_t out)
{
    n->headed = x;
    if (n->headless)
        return ink_graph_input(n->g, 0, "no logits", INK_SIZE_ROWS, out);
    return net_product(n, x, ink_net_weight(n, tensor, ""), out, net_plain);
}

ink_node *ink_nn_matrix(ink_net *n, const char *tensor, size_t rows, size_t width)
{
    ink_nn_weight *w = ink_net_weight(n, tensor, "");
    return w ? net_factor(n, w, rows, width, net_plain) : &n->g->nowhere;
}

ink_node *ink_nn_embedding(ink_net *n, ink_node *ids, const char *name, size_t rows, size_t width)
{
    ink_err err;
    ink_nn_weight *w = ink_net_weight(n, name, ".weight");
    if (!w)
        return &n->g->nowhere;
    ink_status status = ink_nn_weight_table(n->weights, w, rows, width, &err);
    if (status != INK_OK)
        ink_graph_fail(n->g, status, "%s", err.text);
    return ink_embed(n->g, ids, ink_graph_weight(n->g, &w->constant, rows, width), ids == n->ids ? ink_nn_adapt_tokens(n, width) : NULL);
}

/* A row of one number. */
static ink_node *net_filled(ink_net *n, size_t width, float value)
{
    ink_constant *c = ink_arena_alloc(n->g->arena, sizeof *c);
    float *row = ink_arena_array(n->g->arena, width, sizeof *row);
    if (!c || !row) {
        ink_graph_fail(n->g, INK_E_MEMORY, "no memory for a row of %zu values", width);
        return &n->g->nowhere;
    }
    for (size_t i = 0; i < width; i++)
        row[i] = value;
    *c = (ink_constant){ .name = "a number", .type = INK_F32, .data = row };
    return ink_graph_weight(n->g, c, 1, width);
}

/* What is added to a weight that learns is added in the graph: what is learned, decays and is saved is the weight alone. */
ink_node *ink_nn_rms_norm(ink_net *n, ink_node *x, const char *name, size_t width, float eps, float plus)
{
    ink_nn_weight *w = ink_net_weight(n, name, ".weight");
    const bool apart = w && w->learns && plus != 0.0f;
    ink_node *weight = net_vector_of(n, w, width, net_plain, apart ? 0 : plus);
    return ink_rms_norm(n->g, x, apart ? ink_add(n->g, weight, net_filled(n, width, plus)) : weight, eps);
}

ink_node *ink_nn_layer_norm(ink_net *n, ink_node *x, const char *name, float eps)
{
    size_t width = ink_node_width(x);
    return ink_layer_norm(n->g, x, net_vector(n, name, ".weight", width, net_plain, 0), net_vector(n, name, ".bias", width, net_plain, 0), eps);
}
