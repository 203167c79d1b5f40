/* The gradient of what is added to scores by distance: of each distance and head the sum of dS, over all sequences in their order. A chunk
   is a head. */
#include "ops/attend_rows.h"

static size_t attend_bias_back_chunks(const ink_job *j)
{
    return ((const ink_attention_options *)j->y->options)->heads;
}

static void attend_bias_back_tile(const attend_tile *t)
{
    const ptrdiff_t from = (ptrdiff_t)t->first - (ptrdiff_t)t->from;
    attend_scores(t);
    attend_scores_back(t);
    for (size_t r = 0; r < t->rows; r++)
        for (size_t i = 0; i < t->keys; i++)
            ink_view_row(t->j->out, attend_distance(t->o, (ptrdiff_t)i - (ptrdiff_t)r - from))[t->head] += t->d[r * t->stride + t->before + i];
}

static void attend_bias_back_chunk(const ink_job *j, size_t head)
{
    const ink_attention_options *o = j->y->options;
    const ink_ragged *b = attend_batch(j);
    for (size_t r = 0; r < j->rows; r++)
        ink_view_row(j->out, r)[head] = 0;
    for (size_t i = 0; i < b->count; i++)
        for (size_t at = 0; at < b->segments[i].rows; at += ATTEND_TILE) {
            const attend_tile t = attend_tile_at(j, &b->segments[i], head, at);
            attend_bias_back_tile(&t);
        }
    for (size_t r = 0; r < j->rows; r++) /* d was times the scale */
        ink_view_row(j->out, r)[head] /= o->scale;
}

const ink_op ink_op_attend_bias_back = { .name = "attend_bias_back", .flow = INK_FLOW_CHUNKS, .chunks = attend_bias_back_chunks, .chunk = attend_bias_back_chunk,
                                         .scratch = attend_scratch };

ink_node *ink_attend_bias_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    ink_node *bias = y->in[ATTEND_ASIDE];
    if (((const ink_attention_options *)y->options)->softcap != 0)
        ink_graph_fail(g, INK_E_UNSUPPORTED, "what is added to scores that are capped cannot be learned yet");
    return attend_back(g, &ink_op_attend_bias_back, y, dy, bias, ink_node_width(bias));
}
