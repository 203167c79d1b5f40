/* What planning and running share: where a node's values are, and how a step falls into chunks, by shapes alone, so that threads can come and go. */
#ifndef INK_GRAPH_STEP_H
#define INK_GRAPH_STEP_H

#include "base/count.h"
#include "graph/plan.h"

/* The node where a node's values lie, and how many bytes into its rows (NULL: not asked). */
static inline const ink_node *ink_step_source(const ink_place *places, const ink_node *n, size_t *bytes)
{
    for (; places[n->index].kind == INK_PLACE_VIEW; n = n->in[0])
        if (bytes)
            *bytes += places[n->index].at;
    return n;
}

static inline bool ink_step_same_rows(const ink_node *a, const ink_node *b)
{
    if (a->ndim != b->ndim)
        return false;
    for (size_t i = 0; i + 1 < a->ndim; i++)
        if (a->dim[i].count != b->dim[i].count || a->dim[i].size != b->dim[i].size)
            return false;
    return true;
}

ink_status ink_plan_layout(ink_plan *plan, ink_arena *arena, ink_err *err); /* layout.c: places, once steps are known */

/* Panels of 16 output rows that one chunk of a product takes. With many rows two, which are expanded once for all of them.
   With few, reading is what takes the time: a good stretch of memory, but a step in some eight chunks at least. */
static inline size_t ink_step_panels(const ink_step *s, size_t rows)
{
    enum { LEAST_BYTES = 24 << 10, MOST_BYTES = 192 << 10, CHUNKS = 8, MANY_OPS = 4 << 20 };
    const ink_packed *w = s->product[0]->in[1]->constant->packed;
    size_t total = w->panels, bytes = w->panel_bytes;
    for (size_t i = 1; i < s->products; i++)
        *(s->joint ? &bytes : &total) += s->joint ? w->panel_bytes : s->product[i]->in[1]->constant->packed->panels;
    size_t panels = ink_pieces(total, CHUNKS), least = LEAST_BYTES / bytes + 1, most = MOST_BYTES / bytes + 1;
    size_t work = MANY_OPS / (rows * w->cols * 32 + 1) + 1; /* more would be more than a chunk's worth of arithmetic */
    panels = panels < least ? least : panels > most ? most : panels;
    panels = ink_round_up(ink_least(panels, work), 2);
    return panels < w->panels ? panels : w->panels;
}

/* How many chunks in a row a thread takes at once, at most. Where rows are many, what was read of them for some columns is near when
   the next panels ask for it (kernels/matmul.c), and eight panels have most of what there is to gain. */
static inline size_t ink_step_at_once(const ink_step *s, size_t rows)
{
    enum { MANY = 64, PANELS = 8 };
    return rows < MANY ? 1 : ink_pieces(PANELS, ink_step_panels(s, rows));
}

static inline size_t ink_step_tile_bytes(const ink_step *s, size_t rows)
{
    return rows * ink_step_panels(s, rows) * ink_step_at_once(s, rows) * 16 * sizeof(float);
}

#endif
