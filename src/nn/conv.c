/* Convolutions over time: finding their weights, and the padding that keeps the number of rows. */
#include "base/count.h"
#include "nn/conv_learned.h"

#include <stdio.h>

enum { CONV_NAME = 3 * INK_NET_NAME };

/* The weight of a convolution as a leaf: panels for products, or plain values in one row. */
static ink_node *conv_weight(ink_net *n, const char *name, ink_nn_shape shape, bool product)
{
    char full[CONV_NAME];
    ink_err err;
    snprintf(full, sizeof full, "%s%s.weight", n->prefix, name);
    ink_nn_weight *w = ink_nn_weights_conv(n->weights, full, &err);
    const ink_status status = w ? ink_nn_weight_conv(n->weights, w, shape, product, &err) : err.status;
    const size_t rows = ink_nn_conv_rows(shape), cols = ink_nn_conv_cols(shape);
    return ink_net_leaf(n, w, status, &err, product ? rows : 1, product ? cols : rows * cols);
}

static ink_node *conv_repeated(ink_net *n, const char *name, size_t width, size_t times)
{
    ink_err err;
    ink_nn_weight *w = ink_net_weight(n, name, "");
    return w ? ink_net_leaf(n, w, ink_nn_weight_repeated(n->weights, w, width, times, &err), &err, 1, times * width) : &n->g->nowhere;
}

static ink_node *conv_bias(ink_net *n, const char *name, size_t width, size_t times)
{
    char bias[INK_NET_NAME];
    snprintf(bias, sizeof bias, "%s.bias", name);
    return ink_net_has(n, bias) ? conv_repeated(n, bias, width, times) : NULL;
}

ink_node *ink_nn_vector(ink_net *n, const char *name, size_t width)
{
    return conv_repeated(n, name, width, 1);
}

static ink_conv_entry conv_entry(const ink_nn_conv *c)
{
    return c->entry.scale != 0 ? c->entry : (ink_conv_entry){ 1, 1 };
}

static ink_conv1d_options conv_options(const ink_nn_conv *c)
{
    const size_t dilation = c->dilation ? c->dilation : 1;
    return (ink_conv1d_options){ .taps = c->taps, .dilation = dilation, .before = (c->taps - 1) * dilation / 2, .entry = conv_entry(c), .reach = c->reach };
}

static size_t conv_parts(const ink_net *n, const ink_nn_conv *c) { return !n->g->bf16 ? 0 : c->fine ? 2 : 1; }

bool ink_nn_conv_tiles(size_t taps, size_t dilation)
{
    enum { LONGEST = 480, TAPS = 16 };
    return taps > 1 && taps < TAPS && ink_conv1d_tile_block(taps, dilation) <= LONGEST;
}

size_t ink_nn_conv_reach(size_t taps, size_t dilation, bool tiled)
{
    return tiled && ink_nn_conv_tiles(taps, dilation) ? ink_conv1d_tile_reach(taps, dilation) : (taps - 1) / 2 * dilation;
}

ink_node *ink_nn_conv1d(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    if (n->weights->dense)
        return ink_nn_learned_conv1d(n, x, name, c);
    const ink_conv1d_options o = conv_options(c);
    const bool tiled = c->tiled && ink_nn_conv_tiles(c->taps, o.dilation);
    const ink_nn_shape shape = { tiled ? INK_NN_CONV_TILED : INK_NN_CONV, c->out, ink_node_width(x), c->taps, 1, tiled ? 0 : conv_parts(n, c) };
    ink_node *weight = conv_weight(n, name, shape, true);
    if (tiled)
        return ink_conv1d_tiled(n->g, x, weight, conv_bias(n, name, c->out, 1), c->span, c->out, &o, c->adds);
    return ink_conv1d(n->g, x, weight, conv_bias(n, name, c->out, 1), c->span, &o, c->adds);
}

ink_node *ink_nn_conv_last(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    if (n->weights->dense)
        return ink_nn_learned_conv_last(n, x, name, c);
    const ink_conv1d_options o = conv_options(c);
    ink_node *weight = conv_weight(n, name, (ink_nn_shape){ INK_NN_CONV, 1, ink_node_width(x), c->taps, 1, 0 }, false);
    return ink_conv_last(n->g, x, weight, conv_bias(n, name, 1, 1), c->span, &o);
}

ink_node *ink_nn_conv_depthwise(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    if (n->weights->dense)
        return ink_nn_learned_depthwise(n, x, name, c);
    const ink_conv1d_options o = conv_options(c);
    ink_node *weight = conv_weight(n, name, (ink_nn_shape){ INK_NN_DEPTHWISE, ink_node_width(x), 1, c->taps, 1, 0 }, false);
    char bias[INK_NET_NAME];
    snprintf(bias, sizeof bias, "%s.bias", name);
    return ink_conv_depthwise(n->g, x, weight, ink_nn_vector(n, bias, ink_node_width(x)), &o);
}

ink_node *ink_nn_conv_up(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    if (n->weights->dense)
        return ink_nn_learned_conv_up(n, x, name, c);
    const ink_conv_up_options o = { .taps = ink_pieces(c->taps, c->stride), .stride = c->stride, .pad = (c->taps - c->stride) / 2, .entry = conv_entry(c), .reach = c->reach };
    ink_node *weight = conv_weight(n, name, (ink_nn_shape){ INK_NN_CONV_UP, c->out, ink_node_width(x), c->taps, c->stride, conv_parts(n, c) }, true);
    char bias[INK_NET_NAME];
    snprintf(bias, sizeof bias, "%s.bias", name);
    return ink_conv_up(n->g, x, weight, conv_repeated(n, bias, c->out, c->stride), c->span, &o);
}
