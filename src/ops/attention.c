/* softmax(scale q k^T) v over the keys and values of each row's sequence (Vaswani et al. 2017, section 3.2.1), causal, in
   runs of 256 positions whose results are folded left to right: that is the definition (kernels/attention.c), and how the
   work is divided is free. Many rows of a sequence: a KV head and a tile of queries. Few sequences with one row each:
   a KV head and a run, and whoever comes last folds. */
#include "base/count.h"
#include "ops/ops.h"

#include <stdatomic.h>

enum { ATTENTION_TILE = 32, ATTENTION_SPLIT = 4 }; /* rows of a tile; sequences of one row that are split by runs */

/* One unit of work: which rows, which KV head, and the run when split. */
typedef struct attention_unit {
    const ink_segment *segment;
    size_t number; /* of the segment */
    size_t head, tile, run;
} attention_unit;

static size_t attention_first_run(const ink_attention_options *o, size_t position)
{
    return o->window && position >= o->window ? (position - o->window + 1) / INK_KV_RUN : 0;
}

/* The last position that a segment's first row sees. */
static size_t attention_newest(const ink_segment *s)
{
    return s->keys ? s->keys - 1 : s->first_position;
}

static bool attention_splits(const ink_ragged *b, const ink_segment *s)
{
    return s->rows == 1 && b->count <= ATTENTION_SPLIT;
}

static size_t attention_runs(const ink_attention_options *o, const ink_segment *s)
{
    return attention_newest(s) / INK_KV_RUN + 1 - attention_first_run(o, s->first_position);
}

static size_t attention_pieces(const ink_ragged *b, const ink_segment *s, const ink_attention_options *o)
{
    return attention_splits(b, s) ? attention_runs(o, s) : ink_pieces(s->rows, ATTENTION_TILE);
}

static size_t attention_chunks(const ink_job *j)
{
    const ink_attention_options *o = j->y->options;
    const ink_ragged *b = (const void *)j->in[2].data;
    size_t chunks = 0;
    for (size_t i = 0; i < b->count; i++)
        chunks += attention_pieces(b, &b->segments[i], o) * o->kv_heads;
    return chunks;
}

/* The i-th unit; of a segment's tiles the last first, since it has the most keys. */
static attention_unit attention_find(const ink_ragged *b, const ink_attention_options *o, size_t i)
{
    const ink_segment *s = b->segments;
    size_t pieces = attention_pieces(b, s, o);
    while (i >= pieces * o->kv_heads) {
        i -= pieces * o->kv_heads;
        pieces = attention_pieces(b, ++s, o);
    }
    size_t piece = i / o->kv_heads;
    return (attention_unit){ .segment = s, .number = (size_t)(s - b->segments), .head = i % o->kv_heads, .tile = pieces - 1 - piece, .run = piece };
}

static size_t attention_part(const ink_attention_options *o) /* floats that a run leaves */
{
    return o->heads / o->kv_heads * (16 + ink_round_up(o->head_dim, 16));
}

/* Pointers to the blocks' keys and values for one head; they stand at the beginning of the scratch. */
static ink_attend attention_attend(const ink_job *j, const attention_unit *u, size_t first, size_t rows)
{
    const ink_attention_options *o = j->y->options;
    const ink_ragged *b = (const void *)j->in[2].data;
    const ink_kv_shape *shape = b->shape;
    size_t position = u->segment->first_position + first, blocks = ink_pieces(u->segment->keys ? u->segment->keys : position + rows, INK_KV_BLOCK);
    const uint8_t **keys = (const uint8_t **)(void *)j->scratch, **values = keys + blocks;
    size_t at = ink_kv_offset(shape, o->layer, u->head), group = o->heads / o->kv_heads;
    for (size_t i = 0; i < blocks; i++) {
        keys[i] = u->segment->blocks[i] + at;
        values[i] = keys[i] + shape->key_bytes;
    }
    size_t row = u->segment->first_row + first, column = u->head * group * o->head_dim;
    const ink_view bias = o->biased ? j->in[3] : (ink_view){ NULL, 0 };
    return (ink_attend){ .type = shape->type, .head_dim = o->head_dim, .keys = keys, .values = values, .rows = rows, .first_position = position,
                         .group = group, .q = ink_view_row(j->in[0], row) + column, .q_stride = j->in[0].stride / sizeof(float),
                         .out = ink_view_row(j->out, row) + column, .out_stride = j->out.stride / sizeof(float), .scale = o->scale,
                         .softcap = o->softcap, .window = o->window, .slopes = o->slopes ? o->slopes + u->head * group : NULL,
                         .bias = bias.data ? ink_view_row(bias, 0) + u->head * group : NULL, .bias_gap = bias.stride / sizeof(float), .far = o->far, .seen = u->segment->keys, .scratch = j->scratch + ink_round_up(blocks * 2 * sizeof *keys, 64) };
}

/* Runs of one row by whoever takes them; the last to be done folds them and leaves the counter at zero. */
static void attention_split(const ink_job *j, const attention_unit *u)
{
    const ink_attention_options *o = j->y->options;
    size_t runs = attention_runs(o, u->segment), unit = u->number * o->kv_heads + u->head;
    _Atomic uint32_t *counters = (_Atomic uint32_t *)(void *)j->shared, *arrived = &counters[unit];
    size_t head_bytes = ink_round_up(ATTENTION_SPLIT * o->kv_heads * sizeof *counters, 64), floats = attention_part(o);
    const ink_ragged *b = (const void *)j->in[2].data;
    size_t most = 0;
    for (size_t i = 0; i < b->count; i++) {
        size_t n = attention_newest(&b->segments[i]) / INK_KV_RUN + 1;
        most = n > most ? n : most;
    }
    float *parts = (float *)(void *)(j->shared + head_bytes) + unit * most * floats;
    ink_attend a = attention_attend(j, u, 0, 1);
    if (runs == 1) {
        j->k->attend(&a);
        return;
    }
    j->k->attend_run(&a, attention_first_run(o, u->segment->first_position) + u->run, parts + u->run * floats);
    if (atomic_fetch_add(arrived, 1) + 1 < runs)
        return;
    atomic_store(arrived, 0);
    j->k->attend_fold(&a, runs, parts);
}

static void attention_chunk(const ink_job *j, size_t i)
{
    const ink_attention_options *o = j->y->options;
    const ink_ragged *b = (const void *)j->in[2].data;
    attention_unit u = attention_find(b, o, i);
    if (attention_splits(b, u.segment)) {
        attention_split(j, &u);
        return;
    }
    size_t first = u.tile * ATTENTION_TILE, rows = u.segment->rows - first;
    ink_attend a = attention_attend(j, &u, first, rows < ATTENTION_TILE ? rows : ATTENTION_TILE);
    j->k->attend(&a);
}

static size_t attention_workspace(const ink_node *y, const size_t bounds[INK_SIZES])
{
    const ink_attention_options *o = y->options;
    size_t counters = ink_round_up(ATTENTION_SPLIT * o->kv_heads * sizeof(uint32_t), 64);
    return counters + ATTENTION_SPLIT * o->kv_heads * (bounds[INK_SIZE_CONTEXT] / INK_KV_RUN + 1) * attention_part(o) * sizeof(float);
}

static size_t attention_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    const ink_attention_options *o = y->options;
    size_t blocks = bounds[INK_SIZE_CONTEXT] / INK_KV_BLOCK + 1;
    return blocks * 2 * sizeof(void *) + 128 + k->attend_scratch(o->type, o->head_dim, ATTENTION_TILE, o->heads / o->kv_heads);
}

const ink_op ink_op_attention = { .name = "attention", .flow = INK_FLOW_CHUNKS, .chunks = attention_chunks, .chunk = attention_chunk,
                                  .workspace = attention_workspace, .scratch = attention_scratch };

ink_node *ink_attention(ink_graph *g, ink_node *q, ink_node *stored, ink_node *kv, ink_node *bias, const ink_attention_options *o)
{
    ink_node *in[] = { q, stored, kv, bias };
    ink_attention_options own = *o;
    own.biased = bias != NULL;
    return ink_graph_node(g, &ink_op_attention, q, o->heads * o->head_dim, bias ? 4 : 3, in, &own, sizeof own);
}
