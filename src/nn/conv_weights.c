/* Weights of convolutions: found whole or in weight normalisation's two parts, and laid out for the kernels. */
#include "base/count.h"
#include "kernels/half.h"
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How PyTorch writes length and direction, the old way and the new: after NAME.weight, and in place of its last word. */
static const struct {
    size_t cut;
    const char *length, *direction;
} conv_parts[] = { { 0, "_g", "_v" }, { sizeof "weight" - 1, "parametrizations.weight.original0", "parametrizations.weight.original1" } };

bool ink_nn_weights_conv_parts(const ink_nn_weights *s, const char *name, char *length, char *direction, size_t size)
{
    for (size_t i = 0; i < sizeof conv_parts / sizeof *conv_parts && !ink_nn_weights_has(s, name); i++) {
        const int keep = (int)(strlen(name) - conv_parts[i].cut);
        snprintf(length, size, "%.*s%s", keep, name, conv_parts[i].length);
        snprintf(direction, size, "%.*s%s", keep, name, conv_parts[i].direction);
        if (ink_nn_weights_has(s, length) && ink_nn_weights_has(s, direction))
            return true;
    }
    return false;
}

ink_nn_weight *ink_nn_weights_conv(ink_nn_weights *s, const char *name, ink_err *err)
{
    char length[160], direction[160];
    ink_name_change change;
    if (!ink_nn_weights_conv_parts(s, name, length, direction, sizeof length))
        return ink_nn_weights_get(s, name, err);
    ink_nn_weight *w = ink_nn_weights_get(s, direction, err);
    if (w)
        w->norm = ink_names_find(s->rules, s->file, length, &change, NULL);
    return w;
}

static size_t conv_taps(ink_nn_shape s) { return ink_pieces(s.kernel, s.stride); }

static size_t conv_part(ink_nn_shape s) { return s.parts ? ink_round_up(s.in, 32) : s.in; } /* columns of a tap, for each part of a row */
static size_t conv_inputs(ink_nn_shape s) { return s.parts > 1 ? s.parts * conv_part(s) : conv_part(s); }

size_t ink_nn_conv_rows(ink_nn_shape s)
{
    if (s.layout == INK_NN_CONV_TILED)
        return INK_CONV_POINTS * ink_round_up(s.out, 16);
    return s.layout == INK_NN_CONV_UP ? s.stride * s.out : s.layout == INK_NN_DEPTHWISE ? s.kernel : s.out;
}

size_t ink_nn_conv_cols(ink_nn_shape s)
{
    if (s.layout == INK_NN_CONV_TILED)
        return ink_pieces(s.kernel, ink_conv_tiling_of(s.kernel).taps) * ink_round_up(s.in, 16);
    return s.layout == INK_NN_CONV_UP ? conv_taps(s) * conv_inputs(s) : s.layout == INK_NN_DEPTHWISE ? s.out : s.kernel * conv_inputs(s);
}

typedef struct conv_place {
    size_t row, col;
} conv_place;

/* Where an element of PyTorch's weight lies in the layout: a is of the first dimension, b of the second. */
static conv_place conv_place_of(ink_nn_shape s, size_t a, size_t b, size_t k)
{
    switch (s.layout) {
    case INK_NN_CONV_UP: return (conv_place){ k % s.stride * s.out + b, (conv_taps(s) - 1 - k / s.stride) * conv_inputs(s) + a };
    case INK_NN_DEPTHWISE: return (conv_place){ k, a };
    case INK_NN_CONV:
    case INK_NN_CONV_TILED:
    case INK_NN_MATRIX: break;
    }
    return (conv_place){ a, k * conv_inputs(s) + b };
}

enum { CONV_PIECE = 1024 };

/* Calls `each` with the floats of slice a of the first dimension, piece by piece, each of whole kernels; `at` counts from the slice's
   beginning. */
static void conv_pieces(const ink_tensor *t, size_t kernel, size_t a, void (*each)(void *user, const float *values, size_t at, size_t n), void *user)
{
    const size_t size = ink_type_find((int)t->type)->bytes, all = t->count / t->dims[0];
    const size_t most = kernel < CONV_PIECE ? CONV_PIECE / kernel * kernel : CONV_PIECE;
    float values[CONV_PIECE];
    for (size_t at = 0, n; at < all; at += n) {
        n = all - at < most ? all - at : most;
        ink_dequantize(t->type, t->data + (a * all + at) * size, n, values);
        each(user, values, at, n);
    }
}

static void conv_square(void *user, const float *values, size_t at, size_t n)
{
    double *sum = user;
    (void)at;
    for (size_t i = 0; i < n; i++)
        *sum += (double)values[i] * (double)values[i];
}

/* What weight normalisation multiplies a slice with: its length over the norm of its direction. */
static double conv_length(const ink_nn_weight *w, size_t a)
{
    float length = 1;
    double sum = 0;
    if (!w->norm)
        return 1;
    ink_dequantize(w->norm->type, w->norm->data + a * ink_type_find((int)w->norm->type)->bytes, 1, &length);
    conv_pieces(w->tensor, w->shape.kernel, a, conv_square, &sum);
    return sum > 0 ? (double)length / sqrt(sum) : 0;
}

typedef struct conv_laying {
    const ink_nn_weight *w;
    size_t a, cols;
    double by;
    void *to;
} conv_laying;

/* Into panels of sixteen rows, of bf16 in pairs of columns; or, where there are none, row after row. */
static void conv_put(const conv_laying *l, conv_place p, float value)
{
    if (!l->w->product)
        ((float *)l->to)[p.row * l->cols + p.col] = value;
    else if (l->w->shape.parts)
        ((uint16_t *)l->to)[((p.row / 16 * l->cols + p.col / 2 * 2) * 16) + p.row % 16 * 2 + p.col % 2] = ink_to_bf16(value);
    else
        ((float *)l->to)[(p.row / 16 * l->cols + p.col) * 16 + p.row % 16] = value;
}

static void conv_lay(void *user, const float *values, size_t at, size_t n)
{
    const conv_laying *l = user;
    const ink_nn_shape s = l->w->shape;
    for (size_t i = 0, b = at / s.kernel, k = at % s.kernel; i < n; i++) {
        conv_place p = conv_place_of(s, l->a, b, k);
        for (size_t part = 0; part <= (s.parts > 1); part++, p.col += conv_part(s)) /* both parts of a row meet the same */
            conv_put(l, p, l->w->norm ? (float)((double)values[i] * l->by) : values[i]);
        k++;
        b += k == s.kernel;
        k = k == s.kernel ? 0 : k;
    }
}

/* Three or five taps as six points (Lavin and Gray 2016, section 4.3): a polynomial of them at each, over what the point's own
   factor in the interpolation is. */
static void conv_lay_tile(const conv_laying *l, const float *taps, size_t n, size_t most, size_t col)
{
    static const double points[INK_CONV_POINTS - 1] = { 0, 1, -1, 2, -2 }, factors[INK_CONV_POINTS] = { 1. / 4, -1. / 6, -1. / 6, 1. / 24, 1. / 24, 1 };
    const size_t out = ink_round_up(l->w->shape.out, 16);
    for (size_t p = 0; p < INK_CONV_POINTS; p++) {
        double sum = 0;
        for (size_t k = n; k--;)
            sum = p < INK_CONV_POINTS - 1 ? sum * points[p] + (double)taps[k] : sum + (k + 1 == most ? (double)taps[k] : 0);
        conv_put(l, (conv_place){ p * out + l->a, col }, (float)(sum * factors[p] * l->by));
    }
}

static void conv_lay_tiled(void *user, const float *values, size_t at, size_t n)
{
    const conv_laying *l = user;
    const size_t kernel = l->w->shape.kernel, in = ink_round_up(l->w->shape.in, 16), most = ink_conv_tiling_of(kernel).taps;
    for (size_t i = 0; i < n; i += kernel)
        for (size_t k = 0; k < kernel; k += most)
            conv_lay_tile(l, values + i + k, kernel - k < most ? kernel - k : most, most, k / most * in + (at + i) / kernel);
}

void ink_nn_conv_lay(const ink_nn_weight *w, size_t first, size_t last, void *to)
{
    for (size_t a = first; a < last && a < w->tensor->dims[0]; a++)
        conv_pieces(w->tensor, w->shape.kernel, a, w->shape.layout == INK_NN_CONV_TILED ? conv_lay_tiled : conv_lay, 
                    &(conv_laying){ w, a, ink_nn_conv_cols(w->shape), conv_length(w, a), to });
}
