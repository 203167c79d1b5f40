/* Rows of a table, by id: of a packed weight, or of a tensor as the file holds it. Ids from INK_EMBED_VIRTUAL on are rows of a
   second table. */
#include "ops/ops.h"

static void embed_row(const ink_constant *table, size_t id, size_t columns, float *y)
{
    if (table->packed) {
        ink_packed_row(table->packed, id, y);
        return;
    }
    const ink_type_info *type = ink_type_find((int)table->type);
    ink_dequantize(table->type, (const uint8_t *)table->data + id * (columns / type->block * type->bytes), columns, y);
}

static void embed_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++) {
        const uint32_t id = *(const uint32_t *)(const void *)ink_view_row(j->in[0], i);
        const bool second = id >= INK_EMBED_VIRTUAL && j->y->inputs > 2;
        embed_row(j->y->in[second ? 2 : 1]->constant, second ? id - INK_EMBED_VIRTUAL : id, columns, ink_view_row(j->out, i));
    }
}

static void embed_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    for (size_t i = 1; i < y->inputs; i++)
        dx[i] = y->in[i]->wants ? ink_embed_back(g, dy, y->in[0], y->in[i], i == 2) : NULL;
}

const ink_op ink_op_embed = { .name = "embed", .flow = INK_FLOW_ROWS, .run = embed_run, .backward = embed_backward };

ink_node *ink_embed(ink_graph *g, ink_node *ids, ink_node *table, ink_node *second)
{
    ink_node *in[] = { ids, table, second };
    return ink_graph_node(g, &ink_op_embed, ids, ink_node_width(table), second ? 3 : 2, in, NULL, 0);
}
