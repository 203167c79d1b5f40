/* A new network that makes a prompt: values drawn as PyTorch draws them. */
#include "base/rng.h"
#include "train/adapter.h"

#include <math.h>
#include <stdio.h>

enum { ENCODER_STREAMS = 1 << 16, ENCODER_NAME = 64 };

static uint64_t encoder_stream(const ink_adapter_new *a) { return ENCODER_STREAMS + a->encoder.count; }

/* Even within 1 / sqrt(fan). */
static bool encoder_even(ink_adapter_new *a, const char *name, size_t ndim, size_t rows, size_t width, size_t fan)
{
    const uint64_t stream = encoder_stream(a);
    const double most = 1 / sqrt((double)fan);
    float *data = ink_adapter_tensor(a, &a->encoder, name, ndim, rows, width);
    for (size_t i = 0; data && i < rows * width; i++)
        data[i] = (float)(most * (2 * ink_rng_uniform((uint64_t)a->o->seed, stream, i) - 1));
    return data;
}

bool ink_encoder_linear(ink_adapter_new *a, const char *layer, size_t out, size_t in)
{
    char weight[ENCODER_NAME], bias[ENCODER_NAME];
    snprintf(weight, sizeof weight, "%s.weight", layer);
    snprintf(bias, sizeof bias, "%s.bias", layer);
    return encoder_even(a, weight, 2, out, in, in) && encoder_even(a, bias, 1, 1, out, in);
}

bool ink_encoder_lstm(ink_adapter_new *a, size_t layers, size_t width, size_t in)
{
    enum { GATES = 4 };
    static const char *const ways[] = { "", "_reverse" }, *const from[] = { "ih", "hh" };
    bool made = true;
    for (size_t i = 0; i < layers * 4; i++) {
        const char *way = ways[i / 2 % 2], *part = from[i % 2];
        const size_t layer = i / 4, wide = i % 2 ? width : layer ? 2 * width : in;
        char weight[ENCODER_NAME], bias[ENCODER_NAME];
        snprintf(weight, sizeof weight, "lstm_head.weight_%s_l%zu%s", part, layer, way);
        snprintf(bias, sizeof bias, "lstm_head.bias_%s_l%zu%s", part, layer, way);
        made = made && encoder_even(a, weight, 2, GATES * width, wide, width) && encoder_even(a, bias, 1, 1, GATES * width, width);
    }
    return made;
}

bool ink_encoder_tokens(ink_adapter_new *a, size_t width)
{
    const uint64_t stream = encoder_stream(a);
    const size_t n = (size_t)a->o->virtual_tokens;
    float *data = ink_adapter_tensor(a, &a->encoder, "embedding.weight", 2, n, width);
    for (size_t i = 0; data && i < n * width; i++)
        data[i] = (float)ink_rng_normal((uint64_t)a->o->seed, stream, i);
    return data;
}

size_t ink_encoder_width(const ink_adapter_new *a) { return a->o->encoder_width ? (size_t)a->o->encoder_width : ink_model_config(a->model)->width; }
