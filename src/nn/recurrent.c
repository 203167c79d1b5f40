/* Recurrent layers under PyTorch's names. */
#include "nn/nn.h"

#include <stdio.h>

static ink_node *recurrent_bias(ink_net *n, const char *name, const char *part, const char *layer, size_t width)
{
    char own[INK_NET_NAME];
    snprintf(own, sizeof own, "%s.bias_%s_%s", name, part, layer);
    return ink_net_has(n, own) ? ink_nn_row(n, own, width) : NULL;
}

ink_node *ink_nn_recurrent(ink_net *n, ink_node *x, const char *name, const char *layer, size_t gates, const ink_recur_options *o)
{
    char own[INK_NET_NAME];
    ink_err err;
    const size_t width = gates * o->width;
    snprintf(own, sizeof own, "%s.weight_ih_%s", name, layer);
    x = ink_nn_head(n, x, own, width);
    ink_node *bias = recurrent_bias(n, name, "ih", layer, width);
    x = bias ? ink_add(n->g, x, bias) : x;
    snprintf(own, sizeof own, "%s.weight_hh_%s", name, layer);
    ink_nn_weight *w = ink_net_weight(n, own, "");
    ink_status status = !w ? INK_E_FORMAT : n->weights->dense ? ink_nn_weight_matrix(n->weights, w, width, o->width, (ink_name_heads){ 0 }, &err) : ink_nn_weight_product(n->weights, w, width, o->width, (ink_name_heads){ 0 }, &err);
    if (status != INK_OK)
        return w ? ink_net_leaf(n, w, status, &err, width, o->width) : &n->g->nowhere;
    ink_node *weight = ink_graph_weight(n->g, &w->constant, width, o->width);
    bias = recurrent_bias(n, name, "hh", layer, width);
    return ink_slice(n->g, ink_recur(n->g, x, weight, bias, n->batch ? n->batch : n->kv, o), 0, o->width);
}
