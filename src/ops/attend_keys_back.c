/* The gradients of keys and values alone, side by side, whose rows are not those of the queries: a chunk is a sequence and a KV head, as in
   attend_rows_back. */
#include "ops/attend_rows.h"

static size_t attend_keys_back_chunks(const ink_job *j)
{
    return attend_batch(j)->count * ((const ink_attention_options *)j->y->options)->kv_heads;
}

static void attend_keys_back_chunk(const ink_job *j, size_t i)
{
    attend_back_chunk(j, i, 0);
}

const ink_op ink_op_attend_keys_back = { .name = "attend_keys_back", .flow = INK_FLOW_CHUNKS, .chunks = attend_keys_back_chunks, .chunk = attend_keys_back_chunk,
                                         .scratch = attend_scratch };

ink_node *ink_attend_keys_back(ink_graph *g, const ink_node *y, ink_node *dy)
{
    const ink_attention_options *o = y->options;
    return attend_back(g, &ink_op_attend_keys_back, y, dy, y->in[ATTEND_K], 2 * o->kv_heads * o->head_dim);
}
