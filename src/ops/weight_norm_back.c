/* The gradients of weight_norm (Salimans and Kingma 2016, equation 3): of a length, dy . v / |v|; of a direction v, length / |v| times what of dy
   stands at right angles to v. */
#include "ops/weight_norm.h"

static void weight_norm_back_chunk(const ink_job *j, size_t i)
{
    const weight_norm_row r = weight_norm_at(j, i);
    const float *dy = ink_view_row(j->in[2], i);
    float *dx = ink_view_row(j->out, i);
    double along = 0;
    for (size_t c = 0; c < r.width; c++)
        along += (double)dy[c] * (double)r.direction[c];
    along = r.norm > 0 ? along / r.norm : 0;
    if (*(const size_t *)j->y->options == 1) {
        *dx = (j->more ? *dx : 0) + (float)along;
        return;
    }
    for (size_t c = 0; c < r.width; c++)
        dx[c] = (j->more ? dx[c] : 0) + (float)(r.by * ((double)dy[c] - along * (double)r.direction[c] / (r.norm > 0 ? r.norm : 1)));
}

const ink_op ink_op_weight_norm_back = { .name = "weight_norm_back", .flow = INK_FLOW_CHUNKS, .adds = true, .chunks = weight_norm_chunks, .chunk = weight_norm_back_chunk };

ink_node *ink_weight_norm_back(ink_graph *g, ink_node *direction, ink_node *length, ink_node *dy, size_t of)
{
    ink_node *in[] = { direction, length, dy };
    return ink_graph_node(g, &ink_op_weight_norm_back, direction, of ? 1 : ink_node_width(direction), 3, in, &of, sizeof of);
}
