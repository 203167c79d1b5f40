/* Attention over the sequences of a step: keys and values go to their blocks, then every query reads those before it; or,
   where there are no blocks, queries read the rows of their own step. */
#include "nn/nn.h"

#include <math.h>

ink_node *ink_nn_attention(ink_net *n, ink_node *q, ink_node *k, ink_node *v, const ink_attend_options *o)
{
    const ink_attention_options a = { .type = n->kv_type, .layer = o->layer, .heads = o->heads, .kv_heads = o->kv_heads, .head_dim = o->head_dim,
                                      .scale = o->scale != 0.0f ? o->scale : 1.0f / sqrtf((float)o->head_dim), .softcap = o->softcap, .window = o->window };
    if (n->batch)
        return ink_attend_rows(n->g, q, k, v, n->batch, n->before, &a);
    return ink_attention(n->g, q, ink_kv_store(n->g, k, v, n->kv, &a), n->kv, &a);
}
