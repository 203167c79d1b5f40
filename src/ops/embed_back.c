/* The gradient of a table whose rows were looked up: each row of dy is added to the row of its id, in order. The second table has
   the ids from INK_EMBED_VIRTUAL on, the first the others. */
#include "base/count.h"
#include "ops/ops.h"

#include <string.h>

enum { EMBED_COLUMNS = 64 };

static size_t embed_back_chunks(const ink_job *j)
{
    return ink_pieces(ink_node_width(j->y), EMBED_COLUMNS);
}

static void embed_back_chunk(const ink_job *j, size_t i)
{
    const size_t width = ink_node_width(j->y), from = i * EMBED_COLUMNS, n = width - from < EMBED_COLUMNS ? width - from : EMBED_COLUMNS;
    const size_t rows = ink_node_rows(j->y->in[0], j->sizes);
    for (size_t r = 0; !j->more && r < j->rows; r++)
        memset(ink_view_row(j->out, r) + from, 0, n * sizeof(float));
    const bool second = *(const bool *)j->y->options;
    for (size_t r = 0; r < rows; r++) {
        const uint32_t id = *(const uint32_t *)(const void *)ink_view_row(j->in[1], r);
        if (second != (id >= INK_EMBED_VIRTUAL))
            continue;
        float *y = ink_view_row(j->out, second ? id - INK_EMBED_VIRTUAL : id) + from;
        j->k->add(n, y, ink_view_row(j->in[0], r) + from, y);
    }
}

const ink_op ink_op_embed_back = { .name = "embed_back", .flow = INK_FLOW_CHUNKS, .chunks = embed_back_chunks, .chunk = embed_back_chunk, .adds = true };

ink_node *ink_embed_back(ink_graph *g, ink_node *dy, ink_node *ids, const ink_node *table, bool second)
{
    ink_node *in[] = { dy, ids };
    return ink_graph_node(g, &ink_op_embed_back, table, ink_node_width(table), 2, in, &second, sizeof second);
}
