/* What is written by reading something else: the keys and values of what is read, made once, and attention to them; and what scores gain
   by distance. */
#include "nn/nn.h"

#include <math.h>

static ink_attention_options source_options(const ink_net *n, const ink_nn_cross *o)
{
    return (ink_attention_options){ .type = n->kv_type, .layer = o->layer, .heads = o->heads, .kv_heads = o->heads, .head_dim = o->head_dim, .scale = o->scale };
}

void ink_nn_keep(ink_net *n, ink_node *x, const ink_nn_cross *o)
{
    if (!n->kv && !n->kept)
        return;
    const ink_attention_options a = source_options(n, o);
    ink_node *k = ink_nn_linear(n, x, o->k, o->heads * o->head_dim), *v = ink_nn_linear(n, x, o->v, o->heads * o->head_dim);
    if (n->kv)
        ink_kv_store(n->g, k, v, n->kv, &a);
    else
        n->kept[o->layer] = (ink_nn_kept){ k, v };
}

ink_node *ink_nn_cross_attention(ink_net *n, ink_node *x, const ink_nn_cross *o)
{
    const ink_attention_options a = source_options(n, o);
    const size_t width = ink_node_width(x);
    ink_node *q = ink_nn_linear(n, x, o->q, o->heads * o->head_dim);
    if (!n->cross)
        ink_graph_fail(n->g, INK_E_UNSUPPORTED, "this model reads one text and writes another, and nobody gives it anything to read here");
    else if (n->kept)
        q = ink_attend_rows(n->g, q, n->kept[o->layer].k, n->kept[o->layer].v, n->cross, NULL, NULL, &a);
    else
        q = ink_attention(n->g, q, q, n->cross, NULL, &a); /* they were stored long ago */
    return ink_nn_linear(n, q, o->o, width);
}

/* The bucket of a distance in one direction, in the floats in which models were made with it. */
static uint32_t source_bucket(size_t distance, size_t buckets, size_t far)
{
    const size_t exact = buckets / 2;
    if (distance < exact)
        return (uint32_t)distance;
    const float part = logf((float)distance / (float)exact) / (float)log((double)far / (double)exact);
    const size_t at = exact + (size_t)(part * (float)(buckets - exact));
    return (uint32_t)(at < buckets ? at : buckets - 1);
}

ink_node *ink_nn_distances(ink_net *n, const char *name, const ink_nn_buckets *o)
{
    const size_t count = o->far + 1 + (o->both ? o->far : 0), buckets = o->both ? o->buckets / 2 : o->buckets;
    uint32_t *bucket = ink_arena_array(n->g->arena, count, sizeof *bucket);
    if (!bucket) {
        ink_graph_fail(n->g, INK_E_MEMORY, "no memory for %zu distances", count);
        return &n->g->nowhere;
    }
    for (size_t i = 0; i < count; i++)
        bucket[i] = i <= o->far ? source_bucket(o->far - i, buckets, o->far) : (uint32_t)buckets + source_bucket(i - o->far, buckets, o->far);
    return ink_nn_embedding(n, ink_fixed(n->g, bucket, count), name, o->buckets, o->heads);
}
