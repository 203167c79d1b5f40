/* The gradients of q, k and v in near_attention, side by side in a row. A piece is a head. */
#include "base/count.h"
#include "ops/near_attention.h"

#include <string.h>

static size_t near_attention_back_chunks(const ink_job *j) { return ((const ink_near_attention_options *)j->y->options)->heads; }

static void near_attention_back_chunk(const ink_job *j, size_t head)
{
    const size_t width = ink_node_width(j->y->in[0]), rows = ink_node_rows(j->y->in[0], j->sizes);
    float *p = (float *)(void *)j->scratch, *slope = p + ink_round_up(rows, 16);
    for (size_t i = 0; i < rows; i++)
        for (size_t part = 0; part < 3; part++)
            memset(ink_view_row(j->out, i) + part * width + head * (width / near_attention_back_chunks(j)), 0, width / near_attention_back_chunks(j) * sizeof *p);
    for (size_t i = 0; i < rows; i++) {
        const near_query q = near_query_at(j, head, i);
        float *dq = ink_view_row(j->out, i) + q.column;
        near_slopes(j, &q, p, slope);
        for (size_t k = 0; k < rows; k++) {
            float *dk = ink_view_row(j->out, k) + width + q.column;
            near_add(&q, slope[k], near_input(j, &q, 1, k), dq);
            near_add(&q, slope[k], near_input(j, &q, 0, i), dk);
            near_add(&q, p[k], near_input(j, &q, 5, i), dk + width);
        }
        for (size_t r = 0; r < 2 * q.window + 1; r++)
            if (near_key(&q, r) < rows)
                near_add(&q, slope[near_key(&q, r)], q.near_k + r * q.dims, dq);
    }
}

static size_t near_attention_back_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    return 2 * ink_round_up(ink_node_rows(y->in[0], bounds), 16) * sizeof(float);
}

const ink_op ink_op_near_attention_back = { .name = "near_attention_back", .flow = INK_FLOW_CHUNKS, .chunks = near_attention_back_chunks, .chunk = near_attention_back_chunk,
                                            .scratch = near_attention_back_scratch };

ink_node *ink_near_attention_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    ink_node *in[] = { y->in[0], y->in[1], y->in[2], y->in[3], y->in[4], dy };
    return ink_graph_node(g, &ink_op_near_attention_back, y, 3 * ink_node_width(y), 6, in, y->options, sizeof(ink_near_attention_options));
}
