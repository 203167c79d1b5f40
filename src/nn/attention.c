/* Attention over the sequences of a step: keys and values go to their blocks, then every query reads those before it; or,
   where there are no blocks, queries read the rows of their own step. */
#include "nn/nn.h"

#include <math.h>

/* Press et al. 2022, section 3: powers of 2^(-8 / n), n the heads if they are a power of two, else the power below; the rest
   from the series of twice as many, every other one. */
static const float *attention_slopes(ink_net *n, size_t heads, double by)
{
    float *slopes = ink_arena_array(n->g->arena, heads, sizeof *slopes);
    size_t whole = 1;
    while (2 * whole <= heads)
        whole *= 2;
    for (size_t i = 0; slopes && i < heads; i++)
        slopes[i] = (float)(by * (i < whole ? pow(2, -8.0 * (double)(i + 1) / (double)whole) : pow(2, -4.0 * (double)(2 * (i - whole) + 1) / (double)whole)));
    if (!slopes)
        ink_graph_fail(n->g, INK_E_MEMORY, "no memory for the slopes of %zu heads", heads);
    return slopes;
}

ink_node *ink_nn_attention(ink_net *n, ink_node *q, ink_node *k, ink_node *v, const ink_attend_options *o)
{
    const ink_attention_options a = { .type = n->kv_type, .layer = o->layer, .heads = o->heads, .kv_heads = o->kv_heads, .head_dim = o->head_dim,
                                      .scale = o->scale != 0.0f ? o->scale : 1.0f / sqrtf((float)o->head_dim), .softcap = o->softcap, .window = o->window,
                                      .both = o->both, .far = o->far, .slopes = o->sinking != 0.0f ? attention_slopes(n, o->heads, (double)o->sinking) : NULL };
    if (n->batch)
        return ink_attend_rows(n->g, q, k, v, n->batch, n->before, o->bias, &a);
    return ink_attention(n->g, q, ink_kv_store(n->g, k, v, n->kv, &a), n->kv, o->bias, &a);
}
