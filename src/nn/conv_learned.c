/* Convolutions as products that can be learned: the rows that an output sees stand side by side (ops/unfold.c), and weights stay as the file
   has them, where the optimiser steps them. Weight normalisation's two parts are learned as such. */
#include "nn/conv_learned.h"

#include <stdio.h>

enum { LEARNED_NAME = 3 * INK_NET_NAME };

/* A float matrix [rows, cols] of whatever dims. */
static ink_node *learned_matrix(ink_net *n, const char *name, size_t rows, size_t cols)
{
    ink_err err;
    ink_nn_weight *w = ink_nn_weights_get(n->weights, name, &err);
    const ink_status status = w ? ink_nn_weight_dense(n->weights, w, rows, cols, &err) : err.status;
    return ink_net_leaf(n, w, status, &err, rows, cols);
}

/* NAME.weight, its rows the first dimension's slices. */
static ink_node *learned_weight(ink_net *n, const char *name, size_t rows, size_t cols)
{
    char full[LEARNED_NAME], length[LEARNED_NAME], direction[LEARNED_NAME];
    snprintf(full, sizeof full, "%s%s.weight", n->prefix, name);
    if (!ink_nn_weights_conv_parts(n->weights, full, length, direction, sizeof length))
        return learned_matrix(n, full, rows, cols);
    ink_node *v = learned_matrix(n, direction, rows, cols);
    return ink_weight_norm(n->g, v, learned_matrix(n, length, rows, 1));
}

static ink_node *learned_bias(ink_net *n, ink_node *y, const char *name)
{
    char bias[INK_NET_NAME];
    snprintf(bias, sizeof bias, "%s.bias", name);
    return ink_net_has(n, bias) ? ink_add(n->g, y, ink_nn_vector(n, bias, ink_node_width(y))) : y;
}

static ink_node *learned_entry(ink_net *n, ink_node *x, const ink_nn_conv *c)
{
    if (c->entry.scale == 0.0f)
        return x;
    x = c->entry.scale != 1.0f ? ink_scale(n->g, x, c->entry.scale) : x;
    return c->entry.slope != 1.0f ? ink_leaky_relu(n->g, x, c->entry.slope) : x;
}

static ink_node *learned_unfold(ink_net *n, ink_node *x, const ink_nn_conv *c)
{
    const size_t dilation = c->dilation ? c->dilation : 1;
    const ink_unfold_options o = { .taps = c->taps, .dilation = dilation, .stride = 1, .before = (c->taps - 1) * dilation / 2 };
    return c->taps > 1 ? ink_unfold(n->g, x, &o) : x;
}

static ink_node *learned_product(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c, size_t out)
{
    x = learned_unfold(n, learned_entry(n, x, c), c);
    return learned_bias(n, ink_product(n->g, x, x, false, learned_weight(n, name, out, ink_node_width(x)), true), name);
}

ink_node *ink_nn_learned_conv1d(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    ink_node *y = learned_product(n, x, name, c, c->out);
    for (size_t i = 0; i < INK_CONV_ADDS && c->adds[i]; i++)
        y = ink_add(n->g, y, c->adds[i]);
    return y;
}

/* One number a row, and then the rows of a frame side by side. */
ink_node *ink_nn_learned_conv_last(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    const size_t hop = x->dim[0].count;
    const ink_unfold_options beside = { .taps = hop, .dilation = 1, .stride = hop };
    return ink_unfold(n->g, learned_product(n, x, name, c, 1), &beside);
}

/* Times the weights of each channel, then the sum of its taps: a fold onto one row. */
ink_node *ink_nn_learned_depthwise(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    const ink_unfold_options onto = { .taps = c->taps, .stride = 1 };
    char full[LEARNED_NAME];
    snprintf(full, sizeof full, "%s%s.weight", n->prefix, name);
    ink_node *all = learned_unfold(n, x, c);
    all = ink_mul(n->g, all, learned_matrix(n, full, 1, ink_node_width(all)));
    return learned_bias(n, c->taps > 1 ? ink_fold(n->g, all, &onto) : all, name);
}

ink_node *ink_nn_learned_conv_up(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c)
{
    const ink_unfold_options o = { .taps = c->taps, .dilation = 1, .stride = c->stride, .before = (c->taps - c->stride) / 2 };
    x = learned_entry(n, x, c);
    ink_node *weight = learned_weight(n, name, ink_node_width(x), c->out * c->taps);
    return learned_bias(n, ink_fold(n->g, ink_product(n->g, x, x, false, weight, false), &o), name);
}
