/* Weights of convolutions: found whole or in weight normalisation's two parts, and laid out for the kernels. */
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
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
        w->norm = ink_names_find(s->rules, s->file, length, &change, NULL);
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

static size_t conv_sixteens(size_t n) { return (n + 15) / 16 * 16; }

size_t ink_nn_conv_rows(ink_nn_shape s)
{
    if (s.layout == INK_NN_CONV_TILED)
        return INK_CONV_POINTS * conv_sixteens(s.out);
    return s.layout == INK_NN_CONV_UP ? s.stride * s.out : s.layout == INK_NN_DEPTHWISE ? s.kernel : s.out;
}

size_t ink_nn_conv_cols(ink_nn_shape s)
{
    if (s.layout == INK_NN_CONV_TILED)
        return (s.kernel + ink_conv_tiling_of(s.kernel).taps - 1) / ink_conv_tiling_of(s.kernel).taps * conv_sixteens(s.in);
    return s.layout == INK_NN_CONV_UP ? conv_taps(s) * s.in : s.layout == INK_NN_DEPTHWISE ? s.out : s.kernel * s.in;
}

typedef struct conv_place {
    size_t row, col;
} conv_place;

/* Where an element of PyTorch's weight lies in the layout: a is of the first dimension, b of the second. */
static conv_place conv_place_of(ink_nn_shape s, size_t a, size_t b, size_t k)
{
    switch (s.layout) {
    case INK_NN_CONV_UP: return (conv_place){ k % s.stride * s.out + b, (conv_taps(s) - 1 - k / s.stride) * s.in + a };
    case INK_NN_DEPTHWISE: return (conv_place){ k, a };
    case INK_NN_CONV:
    case INK_NN_CONV_TILED:
    case INK_NN_MATRIX: break;
    }
    return (conv_place){ a, k * s.in + b };
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
    size_t a;
    double by;
    float *to;
} conv_laying;

/* Into panels of sixteen rows, or, where there are none, row after row. */
static void conv_lay(void *user, const float *values, size_t at, size_t n)
{
    const conv_laying *l = user;
    const ink_nn_shape s = l->w->shape;
    const size_t cols = ink_nn_conv_cols(s);
    for (size_t i = 0, b = at / s.kernel, k = at % s.kernel; i < n; i++) {
        const conv_place p = conv_place_of(s, l->a, b, k);
        l->to[l->w->product ? (p.row / 16 * cols + p.col) * 16 + p.row % 16 : p.row * cols + p.col] = l->w->norm ? (float)((double)values[i] * l->by) : values[i];
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
    const size_t cols = ink_nn_conv_cols(l->w->shape), out = conv_sixteens(l->w->shape.out);
    for (size_t p = 0; p < INK_CONV_POINTS; p++) {
        const size_t row = p * out + l->a;
        double sum = 0;
        for (size_t k = n; k--;)
            sum = p < INK_CONV_POINTS - 1 ? sum * points[p] + (double)taps[k] : sum + (k + 1 == most ? (double)taps[k] : 0);
        l->to[(row / 16 * cols + col) * 16 + row % 16] = (float)(sum * factors[p] * l->by);
    }
}

static void conv_lay_tiled(void *user, const float *values, size_t at, size_t n)
{
    const conv_laying *l = user;
    const size_t kernel = l->w->shape.kernel, in = conv_sixteens(l->w->shape.in), most = ink_conv_tiling_of(kernel).taps;
    for (size_t i = 0; i < n; i += kernel)
        for (size_t k = 0; k < kernel; k += most)
            conv_lay_tile(l, values + i + k, kernel - k < most ? kernel - k : most, most, k / most * in + (at + i) / kernel);
}

void ink_nn_conv_lay(const ink_nn_weight *w, size_t first, size_t last, float *to)
{
    for (size_t a = first; a < last && a < w->tensor->dims[0]; a++)
        conv_pieces(w->tensor, w->shape.kernel, a, w->shape.layout == INK_NN_CONV_TILED ? conv_lay_tiled : conv_lay, &(conv_laying){ w, a, conv_length(w, a), to });
}
