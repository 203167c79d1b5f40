/* What the steps of a recurrent layer and their gradients share: a chunk is a team of sequences that walk side by side, so that a
   step's product reads the matrix once for all of them. */
#ifndef INK_OPS_RECUR_H
#define INK_OPS_RECUR_H

#include "base/count.h"
#include "ops/ops.h"

enum { RECUR_TEAM = 12 };

typedef struct recur_parts { /* in parts of `width` floats */
    size_t gates, states, kept, back;
} recur_parts;

static inline recur_parts recur_parts_of(ink_cell_kind cell)
{
    static const recur_parts parts[INK_CELLS] = { [INK_CELL_TANH] = { 1, 1, 1, 1 }, [INK_CELL_RELU] = { 1, 1, 1, 1 }, [INK_CELL_LSTM] = { 4, 2, 6, 4 }, [INK_CELL_GRU] = { 3, 1, 5, 6 } };
    return parts[cell];
}

typedef struct recur_team {
    const ink_segment *segments;
    size_t count, longest;
} recur_team;

/* As few teams as can be, but two where there are two sequences: teams are what threads share. */
static inline size_t recur_teams(const ink_ragged *batch)
{
    const size_t least = ink_pieces(batch->count, RECUR_TEAM);
    return batch->count > least ? ink_round_up(least, 2) : least;
}

static inline recur_team recur_team_at(const ink_ragged *batch, size_t i)
{
    const size_t teams = recur_teams(batch), first = batch->count * i / teams;
    recur_team t = { .segments = batch->segments + first, .count = batch->count * (i + 1) / teams - first };
    for (size_t s = 0; s < t.count; s++)
        t.longest = t.segments[s].rows > t.longest ? t.segments[s].rows : t.longest;
    return t;
}

/* A matrix in panels: a weight that was packed, or a node of ink_panels. */
static inline ink_packed recur_packed(const ink_job *j, size_t input, size_t rows, size_t cols)
{
    ink_packed w;
    if (j->y->in[input]->leaf == INK_LEAF_WEIGHT)
        return *j->y->in[input]->constant->packed;
    ink_packed_shape(INK_F32, rows, cols, &w);
    w.data = j->in[input].data;
    return w;
}

/* The floats that blocks keep of one position. */
static inline float *recur_kept(const ink_ragged *batch, const ink_segment *s, size_t layer, size_t position, size_t floats)
{
    return (float *)(void *)(s->blocks[position / INK_KV_BLOCK] + ink_kv_offset(batch->shape, layer, 0)) + position % INK_KV_BLOCK * floats;
}

#endif
