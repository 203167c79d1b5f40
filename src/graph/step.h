/* How a step falls into chunks: by shapes alone, so that threads can come and go. */
#ifndef INK_GRAPH_STEP_H
#define INK_GRAPH_STEP_H

#include "graph/plan.h"

/* Panels of 16 output rows that one chunk of a product takes: with many rows two, which are expanded once for all of
   them; with few as many as make some tens of kilobytes to read. */
static inline size_t ink_step_panels(const ink_step *s, size_t rows)
{
    enum { FEW_BYTES = 48 << 10, MANY_OPS = 4 << 20 };
    const ink_packed *w = s->product[0]->in[1]->constant->packed;
    size_t bytes = FEW_BYTES / (w->panel_bytes * (s->joint ? s->products : 1) + 1) + 1;
    size_t ops = MANY_OPS / (rows * w->cols * 32 + 1) + 1;
    size_t panels = ops < bytes ? ops : bytes;
    panels = (panels + 1) / 2 * 2;
    return panels < w->panels ? panels : w->panels;
}

static inline size_t ink_step_tile_bytes(const ink_step *s, size_t rows)
{
    return rows * ink_step_panels(s, rows) * 16 * sizeof(float);
}

#endif
