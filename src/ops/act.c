/* A row of floats in the form in which it meets packed weights: int8 with scales, bf16, or as it is (kernels/packing.h). */
#include "ops/ops.h"

static void act_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row;
    for (size_t i = 0; i < rows; i++)
        j->k->act[j->y->form](columns, ink_view_row(j->in[0], i), ink_view_row(j->out, i));
}

const ink_op ink_op_act = { .name = "act", .flow = INK_FLOW_ROWS, .run = act_run };

ink_node *ink_act(ink_graph *g, ink_node *x, ink_act_form form)
{
    if (form == x->form)
        return x;
    ink_node *y = ink_graph_node(g, &ink_op_act, x, ink_node_width(x), 1, &x, NULL, 0);
    y->form = form;
    return y;
}
