/* The gradient of the keys and values that stand before every sequence, summed over all of them in their order. One chunk is a
   KV head; columns of other layers are none of its concern when it adds. */
#include "ops/attend_rows.h"

#include <string.h>

static size_t attend_prefix_back_chunks(const ink_job *j)
{
    return ((const ink_attention_options *)j->y->options)->kv_heads;
}

static void attend_prefix_back_tile(const attend_tile *t)
{
    const ink_job *j = t->j;
    const size_t dim = t->o->head_dim, gap = j->out.stride / sizeof(float), keys = (2 * t->o->layer * t->o->kv_heads + t->kv_head) * dim;
    attend_scores(t);
    attend_scores_back(t);
    attend_spread(t, t->scores, 0, t->before, attend_at(t, t->dy, t->first, t->head), attend_gap(t, t->dy), ink_view_row(j->out, 0) + keys + t->o->kv_heads * dim, gap);
    attend_spread(t, t->d, 0, t->before, attend_at(t, ATTEND_Q, t->first, t->head), attend_gap(t, ATTEND_Q), ink_view_row(j->out, 0) + keys, gap);
}

static void attend_prefix_back_chunk(const ink_job *j, size_t kv)
{
    const ink_attention_options *o = j->y->options;
    const ink_ragged *b = attend_batch(j);
    const size_t group = o->heads / o->kv_heads;
    for (size_t i = 0; i < b->count; i++)
        for (size_t head = kv * group; head < (kv + 1) * group; head++)
            for (size_t at = 0; at < b->segments[i].rows; at += ATTEND_TILE) {
                const attend_tile t = attend_tile_at(j, &b->segments[i], head, at);
                attend_prefix_back_tile(&t);
            }
}

const ink_op ink_op_attend_prefix_back = { .name = "attend_prefix_back", .flow = INK_FLOW_CHUNKS, .adds = true, .part = true, .chunks = attend_prefix_back_chunks,
                                           .chunk = attend_prefix_back_chunk, .scratch = attend_scratch };

/* Of a weight alone: its columns are added to those of other layers. */
ink_node *ink_attend_prefix_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    ink_node *prefix = y->in[ATTEND_ASIDE];
    if (prefix->leaf != INK_LEAF_WEIGHT)
        ink_graph_fail(g, INK_E_UNSUPPORTED, "a prefix that is computed cannot be learned yet");
    return attend_back(g, &ink_op_attend_prefix_back, y, dy, prefix, ink_node_width(prefix));
}
