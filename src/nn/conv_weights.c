/* Weights of convolutions: found whole or in weight normalisation's two parts, and laid out for the kernels. */
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How PyTorch writes length and direction, the old way and the new: after NAME.weight, and in place of its last word. */
static const struct {
    size_t cut;
    const char *length, *direction;
} conv_parts[] = { { 0, "_g", "_v" }, { sizeof "weight" - 1, "parametrizations.weight.original0", "parametrizations.weight.original1" } };

static ink_nn_weight *conv_normed(ink_nn_weights *s, const char *name, size_t part, ink_err *err)
{
    char length[160], direction[160];
    ink_name_change change;
    const int keep = (int)(strlen(name) - conv_parts[part].cut);
    snprintf(length, sizeof length, "%.*s%s", keep, name, conv_parts[part].length);
    snprintf(direction, sizeof direction, "%.*s%s", keep, name, conv_parts[part].direction);
    if (!ink_nn_weights_has(s, length) || !ink_nn_weights_has(s, direction))
        return NULL;
    ink_nn_weight *w = ink_nn_weights_get(s, direction, err);
    if (w)
        w->norm = ink_names_find(s->rules, s->file, length, &change);
    return w;
}

ink_nn_weight *ink_nn_weights_conv(ink_nn_weights *s, const char *name, ink_err *err)
{
    ink_nn_weight *w = NULL;
    for (size_t i = 0; !w && i < sizeof conv_parts / sizeof *conv_parts && !ink_nn_weights_has(s, name); i++)
        w = conv_normed(s, name, i, err);
    return w ? w : ink_nn_weights_get(s, name, err);
}

static size_t conv_taps(ink_nn_shape s) { return (s.kernel + s.stride - 1) / s.stride; }

size_t ink_nn_conv_rows(ink_nn_shape s)
{
    return s.layout == INK_NN_CONV_UP ? s.stride * s.out : s.layout == INK_NN_DEPTHWISE ? s.kernel : s.out;
}

size_t ink_nn_conv_cols(ink_nn_shape s)
{
    return s.layout == INK_NN_CONV_UP ? conv_taps(s) * s.in : s.layout == INK_NN_DEPTHWISE ? s.out : s.kernel * s.in;
}

/* Where an element of PyTorch's weight lies in the layout: a is of the first dimension, b of the second. */
static size_t conv_place(ink_nn_shape s, size_t a, size_t b, size_t k)
{
    switch (s.layout) {
    case INK_NN_CONV_UP: return (k % s.stride * s.out + b) * ink_nn_conv_cols(s) + (conv_taps(s) - 1 - k / s.stride) * s.in + a;
    case INK_NN_DEPTHWISE: return k * s.out + a;
    case INK_NN_CONV:
    case INK_NN_MATRIX: break;
    }
    return a * ink_nn_conv_cols(s) + k * s.in + b;
}

/* What each slice of the first dimension is multiplied with: its length over the norm of its direction. */
static void conv_fold(const ink_tensor *norm, const float *length, size_t slices, size_t each, float *v)
{
    for (size_t i = 0; norm && i < slices; i++, v += each) {
        double sum = 0;
        for (size_t j = 0; j < each; j++)
            sum += (double)v[j] * (double)v[j];
        const double by = sum > 0 ? (double)length[i] / sqrt(sum) : 0;
        for (size_t j = 0; j < each; j++)
            v[j] = (float)((double)v[j] * by);
    }
}

uint8_t *ink_nn_conv_matrix(const ink_nn_weight *w)
{
    const ink_tensor *t = w->tensor;
    const ink_nn_shape s = w->shape;
    const size_t slices = t->dims[0], each = t->count / slices;
    float *from = malloc((t->count + slices) * sizeof *from), *to = calloc(ink_nn_conv_rows(s) * ink_nn_conv_cols(s) + 1, sizeof *to);
    if (from && to) {
        ink_dequantize(t->type, t->data, t->count, from);
        if (w->norm)
            ink_dequantize(w->norm->type, w->norm->data, slices, from + t->count);
        conv_fold(w->norm, from + t->count, slices, each, from);
        for (size_t i = 0; i < t->count; i++)
            to[conv_place(s, i / each, i % each / s.kernel, i % s.kernel)] = from[i];
    }
    free(from);
    if (!from) {
        free(to);
        to = NULL;
    }
    return (uint8_t *)to;
}
