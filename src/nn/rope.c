/* Frequencies of rotary positions, in double, and the ways to stretch them to longer contexts. */
#include "nn/nn.h"

#include <math.h>

enum { ROPE_PAIRS = 512 };
static const double rope_turn = 6.283185307179586476925;

/* Llama 3.1: long waves are slowed by the factor, short ones kept, those between blended. */
static double rope_llama3(const ink_rope_options *o, double f)
{
    double wave = rope_turn / f;
    if (wave < o->original / o->high)
        return f;
    if (wave > o->original / o->low)
        return f / o->factor;
    double s = (o->original / wave - o->low) / (o->high - o->low);
    return (1 - s) * f / o->factor + s * f;
}

/* The pair that turns `turns` times over the original context (Peng et al. 2023, section 3.2). */
static double rope_yarn_pair(const ink_rope_options *o, double turns)
{
    return (double)o->dims * log(o->original / (turns * rope_turn)) / (2 * log(o->base));
}

static double rope_yarn(const ink_rope_options *o, size_t pair, double f)
{
    double low = rope_yarn_pair(o, o->high), high = rope_yarn_pair(o, o->low);
    low = fmax(o->unrounded ? low : floor(low), 0);
    high = fmin(o->unrounded ? high : ceil(high), (double)o->dims - 1);
    double ramp = fmin(fmax(((double)pair - low) / (high == low ? 0.001 : high - low), 0), 1);
    return f / o->factor * ramp + f * (1 - ramp);
}

static double rope_attention(const ink_rope_options *o)
{
    if (o->attention != 0)
        return o->attention;
    return o->scaling == INK_ROPE_YARN && o->factor > 1 ? 1 + 0.1 * log(o->factor) : 1;
}

double ink_nn_rope_frequency(const ink_rope_options *o, size_t pair)
{
    double f = pow(o->base, -2.0 * (double)pair / (double)o->dims);
    switch (o->scaling) {
    case INK_ROPE_PLAIN: return f;
    case INK_ROPE_LINEAR: return f / o->factor;
    case INK_ROPE_LLAMA3: return rope_llama3(o, f);
    case INK_ROPE_YARN: return rope_yarn(o, pair, f);
    case INK_ROPE_LONG: return f / (double)o->stretch[o->beyond][pair]; /* Ding et al. 2024, section 3.3 */
    }
    return f;
}

/* GGUF writes Llama 3's blend as a divisor for each pair. */
static void rope_divide(ink_net *n, const char *name, size_t pairs, double *frequency)
{
    float by[ROPE_PAIRS];
    const ink_tensor *t = ink_weights_find(n->weights->file, name);
    if (!t)
        return;
    if (t->count != pairs || t->type != INK_F32) {
        ink_graph_fail(n->g, INK_E_FORMAT, "%s has %zu values of type %s, but %zu pairs of dimensions rotate", name, (size_t)t->count, ink_type_find((int)t->type)->name, pairs);
        return;
    }
    ink_dequantize(t->type, t->data, pairs, by);
    for (size_t i = 0; i < pairs; i++)
        frequency[i] /= (double)by[i];
}

ink_node *ink_nn_rope(ink_net *n, ink_node *positions, const ink_rope_options *o)
{
    double frequency[ROPE_PAIRS];
    size_t pairs = o->dims / 2;
    ink_rope_options here = *o;
    here.beyond = (double)n->context > o->original;
    if (!pairs || o->dims % 2 || pairs > ROPE_PAIRS || !(o->base > 0)) {
        ink_graph_fail(n->g, INK_E_FORMAT, "rotary positions over %zu dimensions with base %g are not possible: these turn in pairs, %d at most", o->dims, o->base, ROPE_PAIRS);
        return &n->g->nowhere;
    }
    for (size_t i = 0; i < pairs; i++)
        frequency[i] = ink_nn_rope_frequency(&here, i);
    if (o->divisors)
        rope_divide(n, o->divisors, pairs, frequency);
    return ink_rope_angles(n->g, positions, frequency, pairs, (float)rope_attention(o));
}
