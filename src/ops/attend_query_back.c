/* The gradient of queries alone, whose keys are rows of another part of the step: dQ = scale dS K. A chunk is a sequence and a head. */
#include "ops/attend_rows.h"

static size_t attend_query_back_chunks(const ink_job *j)
{
    return attend_batch(j)->count * ((const ink_attention_options *)j->y->options)->heads;
}

static void attend_query_back_chunk(const ink_job *j, size_t i)
{
    const ink_attention_options *o = j->y->options;
    const ink_segment *s = &attend_batch(j)->segments[i / o->heads];
    for (size_t at = 0; at < s->rows; at += ATTEND_TILE) {
        const attend_tile t = attend_tile_at(j, s, i % o->heads, at);
        attend_scores(&t);
        attend_scores_back(&t);
        attend_mix(&t, t.d, 0, ink_view_row(j->out, t.first) + t.head * o->head_dim, j->out.stride / sizeof(float));
    }
}

const ink_op ink_op_attend_query_back = { .name = "attend_query_back", .flow = INK_FLOW_CHUNKS, .chunks = attend_query_back_chunks, .chunk = attend_query_back_chunk,
                                          .scratch = attend_scratch };

ink_node *ink_attend_query_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    return attend_back(g, &ink_op_attend_query_back, y, dy, y->in[ATTEND_Q], ink_node_width(y));
}
