/* Keys and values of a step's rows, into the blocks of their sequences. */
#include "ops/ops.h"

static void kv_store_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)columns;
    const ink_attention_options *o = j->y->options;
    const ink_ragged *batch = (const void *)j->in[2].data;
    const ink_kv_shape *shape = batch->shape;
    for (size_t i = 0; i < rows; i++) {
        const ink_segment *s = &batch->segments[batch->segment_of[row + i]];
        size_t position = s->first_position + (row + i - s->first_row);
        uint8_t *block = s->blocks[position / INK_KV_BLOCK] + ink_kv_offset(shape, o->layer, 0);
        for (size_t h = 0; h < o->kv_heads; h++, block += shape->key_bytes + shape->value_bytes)
            j->k->kv_store(shape->type, o->head_dim, position % INK_KV_BLOCK, ink_view_row(j->in[0], i) + h * o->head_dim,
                           ink_view_row(j->in[1], i) + h * o->head_dim, block, block + shape->key_bytes);
    }
}

const ink_op ink_op_kv_store = { .name = "kv_store", .flow = INK_FLOW_ROWS, .writes_shared = true, .run = kv_store_run };

ink_node *ink_kv_store(ink_graph *g, ink_node *k, ink_node *v, ink_node *kv, const ink_attention_options *o)
{
    ink_node *in[] = { k, v, kv };
    return ink_graph_node(g, &ink_op_kv_store, k, 1, 3, in, o, sizeof *o);
}
