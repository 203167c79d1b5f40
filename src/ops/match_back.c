/* The gradient of match: of the near ones (softmax - onehot) dy, from these to the unit vectors, the means, and every row of a segment alike. */
#include "ops/match.h"

static void match_back_pair(const ink_job *j, const match_room *m, size_t i)
{
    match_near(j, m, i);
    j->k->softmax(m->pairs, m->near, m->near);
    m->near[i] -= 1;
    for (size_t k = 0; k < m->pairs; k++) {
        const float by = m->by * *ink_view_row(j->in[2], i) * m->near[k];
        const float *u = match_unit(m, 2 * i), *v = match_unit(m, 2 * k + 1);
        float *du = m->back + 2 * i * m->width, *dv = m->back + (2 * k + 1) * m->width;
        for (size_t c = 0; c < m->width; c++) {
            du[c] = du[c] + by * v[c];
            dv[c] = dv[c] + by * u[c];
        }
    }
}

/* From the unit vector to the rows that it is the mean of. */
static void match_back_segment(const ink_job *j, const match_room *m, size_t i)
{
    const ink_segment *s = &m->batch->segments[i];
    const float *u = match_unit(m, i), by = m->lengths[i] > 0 ? 1 / (m->lengths[i] * (float)s->rows) : 0;
    float *d = m->back + i * m->width;
    const float along = j->k->dot(m->width, u, d);
    for (size_t c = 0; c < m->width; c++)
        d[c] = by * (d[c] - along * u[c]);
    for (size_t r = 0; r < s->rows; r++)
        memcpy(ink_view_row(j->out, s->first_row + r), d, m->width * sizeof *d);
}

static void match_back_chunk(const ink_job *j, size_t chunk)
{
    const match_room m = match_begin(j);
    (void)chunk;
    for (size_t i = 0; i < j->rows; i++) /* rows that fill a part belong to no segment */
        memset(ink_view_row(j->out, i), 0, m.width * sizeof(float));
    memset(m.back, 0, 2 * m.pairs * m.width * sizeof *m.back);
    for (size_t i = 0; i < m.pairs; i++)
        match_back_pair(j, &m, i);
    for (size_t i = 0; i < 2 * m.pairs; i++)
        match_back_segment(j, &m, i);
}

const ink_op ink_op_match_back = { .name = "match_back", .flow = INK_FLOW_CHUNKS, .chunks = match_chunks, .chunk = match_back_chunk, .workspace = match_workspace };

ink_node *ink_match_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    ink_node *in[] = { y->in[0], y->in[1], dy };
    return ink_graph_node(g, &ink_op_match_back, y->in[0], ink_node_width(y->in[0]), 3, in, y->options, sizeof(ink_match_options));
}
