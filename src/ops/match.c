/* -log softmax over the seconds of all pairs at a first's own (van den Oord et al. 2018, section 2.3; in-batch negatives): row i of y is the loss of pair i, and
   later rows are 0. All of it is one piece of work, small beside the model that made the rows. */
#include "ops/logarithm.h"
#include "ops/match.h"

static void match_chunk(const ink_job *j, size_t chunk)
{
    const match_room m = match_begin(j);
    (void)chunk;
    for (size_t i = 0; i < j->rows; i++) {
        float *y = ink_view_row(j->out, i);
        *y = 0;
        if (i >= m.pairs)
            continue;
        match_near(j, &m, i);
        const float top = j->k->max(m.pairs, m.near);
        *y = (float)(ops_log((double)j->k->sum_exp(m.pairs, m.near, top)) + (double)top - (double)m.near[i]);
    }
}

static void match_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx) { dx[0] = ink_match_back(g, y, dy); }

const ink_op ink_op_match = { .name = "match", .flow = INK_FLOW_CHUNKS, .chunks = match_chunks, .chunk = match_chunk, .workspace = match_workspace, .backward = match_backward };

ink_node *ink_match(ink_graph *g, ink_node *x, ink_node *batch, const ink_match_options *o)
{
    ink_node *in[] = { x, batch };
    return ink_graph_node(g, &ink_op_match, x, 1, 2, in, o, sizeof *o);
}
