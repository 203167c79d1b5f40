/* The gradient of near_attention's vectors of near keys, or of near values, which all heads and queries share: one sum over both in order. */
#include "base/count.h"
#include "ops/near_attention.h"

#include <string.h>

typedef struct tables_options {
    ink_near_attention_options attention; /* first: near_query_at reads it */
    bool values;
} tables_options;

static size_t near_attention_tables_chunks(const ink_job *j)
{
    (void)j;
    return 1;
}

static void near_attention_tables_chunk(const ink_job *j, size_t i)
{
    const tables_options *o = j->y->options;
    const size_t rows = ink_node_rows(j->y->in[0], j->sizes);
    float *p = (float *)(void *)j->scratch, *slope = p + ink_round_up(rows, 16), *y = ink_view_row(j->out, 0);
    if (!j->more)
        memset(y, 0, ink_node_width(j->y) * sizeof *y);
    for (size_t head = 0; head < o->attention.heads; head++)
        for (i = 0; i < rows; i++) {
            const near_query q = near_query_at(j, head, i);
            near_slopes(j, &q, p, slope);
            for (size_t r = 0; r < 2 * q.window + 1; r++)
                if (near_key(&q, r) < rows)
                    near_add(&q, (o->values ? p : slope)[near_key(&q, r)], near_input(j, &q, o->values ? 5 : 0, i), y + r * q.dims);
        }
}

static size_t near_attention_tables_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    return 2 * ink_round_up(ink_node_rows(y->in[0], bounds), 16) * sizeof(float);
}

const ink_op ink_op_near_attention_tables = { .name = "near_attention_tables", .flow = INK_FLOW_CHUNKS, .adds = true, .chunks = near_attention_tables_chunks,
                                              .chunk = near_attention_tables_chunk, .scratch = near_attention_tables_scratch };

ink_node *ink_near_attention_tables(ink_graph *g, const ink_node *y, ink_node *dy, size_t of)
{
    const tables_options o = { *(const ink_near_attention_options *)y->options, of == 4 };
    ink_node *in[] = { y->in[0], y->in[1], y->in[2], y->in[3], y->in[4], dy };
    return ink_graph_node(g, &ink_op_near_attention_tables, y->in[of], ink_node_width(y->in[of]), 6, in, &o, sizeof o);
}
