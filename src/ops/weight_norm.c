/* Weight normalisation (Salimans and Kingma 2016, equation 2): each row of a weight is its direction over its norm, times its length. Squares
   are summed in double. */
#include "ops/weight_norm.h"

static void weight_norm_chunk(const ink_job *j, size_t i)
{
    const weight_norm_row r = weight_norm_at(j, i);
    float *y = ink_view_row(j->out, i);
    for (size_t c = 0; c < r.width; c++)
        y[c] = (float)((double)r.direction[c] * r.by);
}

static void weight_norm_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    for (size_t i = 0; i < 2; i++)
        dx[i] = y->in[i]->wants ? ink_weight_norm_back(g, y->in[0], y->in[1], dy, i) : NULL;
}

const ink_op ink_op_weight_norm = { .name = "weight_norm", .flow = INK_FLOW_CHUNKS, .chunks = weight_norm_chunks, .chunk = weight_norm_chunk, .backward = weight_norm_backward };

ink_node *ink_weight_norm(ink_graph *g, ink_node *direction, ink_node *length)
{
    ink_node *in[] = { direction, length };
    return ink_graph_node(g, &ink_op_weight_norm, direction, ink_node_width(direction), 2, in, NULL, 0);
}
