/* dx = (softmax(x) - onehot(label)) dy for each row, nothing where the label is negative. */
#include "ops/ops.h"

#include <string.h>

static void cross_entropy_back_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++) {
        const int32_t label = *(const int32_t *)(const void *)ink_view_row(j->in[1], i);
        float *y = ink_view_row(j->out, i);
        if (label < 0) {
            memset(y, 0, columns * sizeof *y);
            continue;
        }
        j->k->softmax(columns, ink_view_row(j->in[0], i), y);
        y[label] -= 1;
        j->k->scale(columns, y, *ink_view_row(j->in[2], i), y);
    }
}

const ink_op ink_op_cross_entropy_back = { .name = "cross_entropy_back", .flow = INK_FLOW_ROWS, .over = 1 << 0, .run = cross_entropy_back_run };

ink_node *ink_cross_entropy_back(ink_graph *g, ink_node *x, ink_node *labels, ink_node *dy)
{
    ink_node *in[] = { x, labels, dy };
    return ink_graph_node(g, &ink_op_cross_entropy_back, x, ink_node_width(x), 3, in, NULL, 0);
}
