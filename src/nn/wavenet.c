/* Gated convolutions that each pass something on and give something out (van den Oord et al. 2016, WaveNet, section 2.3 and 2.4). */
#include "nn/nn.h"

#include <stdio.h>

ink_node *ink_nn_wavenet(ink_net *n, ink_node *x, const char *name, ink_node *condition, const ink_nn_wavenet_options *o)
{
    const size_t width = o->width;
    const ink_nn_conv both = { .out = 2 * width, .taps = 1 }, last = { .out = width, .taps = 1 }, all = { .out = 2 * width * o->layers, .taps = 1 };
    char part[INK_NET_NAME];
    snprintf(part, sizeof part, "%s.cond_layer", name);
    ink_node *out = NULL, *added = condition ? ink_nn_conv1d(n, condition, part, &all) : NULL;
    size_t dilation = 1;
    for (size_t i = 0; i < o->layers; i++, dilation *= o->dilation) {
        const ink_nn_conv in = { .out = 2 * width, .taps = o->taps, .dilation = dilation, .tiled = o->tiled };
        snprintf(part, sizeof part, "%s.in_layers.%zu", name, i);
        ink_node *a = ink_nn_conv1d(n, x, part, &in);
        a = added ? ink_add(n->g, a, ink_slice(n->g, added, 2 * width * i, 2 * width)) : a;
        snprintf(part, sizeof part, "%s.res_skip_layers.%zu", name, i);
        ink_node *r = ink_nn_conv1d(n, ink_gate_tanh(n->g, a), part, i + 1 < o->layers ? &both : &last);
        ink_node *skip = i + 1 < o->layers ? ink_slice(n->g, r, width, width) : r;
        out = out ? ink_add(n->g, out, skip) : skip;
        x = i + 1 < o->layers ? ink_add(n->g, x, ink_slice(n->g, r, 0, width)) : x;
    }
    return out;
}
