/* Keys and values in blocks of 64 tokens, reference-counted, shared by sequences with equal beginnings. A block holds
   those of all layers and KV heads; its memory is touched when it is first used. One thread at a time, but for reading. */
#ifndef INK_TENSOR_KV_H
#define INK_TENSOR_KV_H

#include "kernels/kernels.h"

typedef struct ink_kv_shape {
    ink_kv_type type;
    size_t layers, heads, head_dim;
    size_t key_bytes, value_bytes; /* of one block, layer and head; filled by ink_kv_shape_fill */
    size_t block_bytes;            /* of all layers and heads */
} ink_kv_shape;
void ink_kv_shape_fill(ink_kv_shape *shape);

static inline size_t ink_kv_offset(const ink_kv_shape *s, size_t layer, size_t head)
{
    return (layer * s->heads + head) * (s->key_bytes + s->value_bytes);
}

typedef struct ink_kv ink_kv;
/* Room for so many tokens, in whole blocks. */
ink_status ink_kv_new(const ink_kv_shape *shape, size_t tokens, ink_kv **out, ink_err *err);
void ink_kv_free(ink_kv *kv); /* NULL is fine */
size_t ink_kv_blocks_free(const ink_kv *kv);

/* The blocks of one sequence. */
typedef struct ink_kv_table {
    uint8_t **blocks;
    size_t count, room, tokens;
} ink_kv_table;
/* Blocks that appending `more` tokens would take, a shared last block that must be copied included. */
size_t ink_kv_wants(const ink_kv *kv, const ink_kv_table *t, size_t more);
/* Room for `more` tokens after those that are there; INK_E_LIMIT when blocks run out. Counts them as there. */
ink_status ink_kv_append(ink_kv *kv, ink_kv_table *t, size_t more, ink_err *err);
void ink_kv_keep(ink_kv *kv, ink_kv_table *t, size_t tokens);
/* *to (empty) shares the first tokens of *from; a block that both would write is copied when one of them does. */
ink_status ink_kv_share(ink_kv *kv, const ink_kv_table *from, size_t tokens, ink_kv_table *to, ink_err *err);

/* ---- a step's tokens: those of many sequences one after another ---- */

typedef struct ink_segment {
    uint8_t *const *blocks; /* of its sequence */
    size_t first_row, rows; /* in the step */
    size_t first_position;  /* of first_row in the sequence */
    size_t first_key, keys; /* what all its rows see, instead of their own: rows of another part of the step, or so many positions of the blocks; keys 0: their own */
} ink_segment;

typedef struct ink_ragged {
    const ink_kv_shape *shape;
    const ink_segment *segments;
    size_t count;
    const uint32_t *segment_of; /* [row] */
} ink_ragged;

#endif
