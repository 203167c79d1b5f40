/* Rows of a table, by id: of a packed weight, or of a tensor as the file holds it. */
#include "ops/ops.h"

static void embed_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    const ink_constant *table = j->y->in[1]->constant;
    for (size_t i = 0; i < rows; i++) {
        size_t id = *(const uint32_t *)(const void *)ink_view_row(j->in[0], i);
        if (table->packed) {
            ink_packed_row(table->packed, id, ink_view_row(j->out, i));
            continue;
        }
        const ink_type_info *type = ink_type_find((int)table->type);
        ink_dequantize(table->type, (const uint8_t *)table->data + id * (columns / type->block * type->bytes), columns, ink_view_row(j->out, i));
    }
}

static void embed_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    dx[1] = ink_embed_back(g, dy, y->in[0], y->in[1]);
}

const ink_op ink_op_embed = { .name = "embed", .flow = INK_FLOW_ROWS, .run = embed_run, .backward = embed_backward };

ink_node *ink_embed(ink_graph *g, ink_node *ids, ink_node *table)
{
    ink_node *in[] = { ids, table };
    return ink_graph_node(g, &ink_op_embed, ids, ink_node_width(table), 2, in, NULL, 0);
}
