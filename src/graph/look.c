#include "graph/look.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOK_STEP = 64 }; /* more nodes than a step has */

/* Whether a node's values are numbers that weights had a part in: ids, labels and what is picked of them are no floats. */
static void look_floats(ink_look *l, const ink_graph *g)
{
    for (size_t i = 0; i < g->count; i++) {
        const ink_node *n = g->nodes[i];
        for (size_t k = 0; k < n->inputs; k++)
            l->floats[i] |= n->in[k]->leaf == INK_LEAF_WEIGHT || l->floats[n->in[k]->index];
    }
}

ink_status ink_look_open(ink_look *l, const ink_plan *p, ink_err *err)
{
    *l = (ink_look){ .plan = p, .floats = calloc(p->graph->count + 1, sizeof *l->floats) };
    if (!l->floats)
        return ink_fail(err, INK_E_MEMORY, "no memory to look at %zu nodes", p->graph->count);
    atomic_init(&l->first, SIZE_MAX);
    look_floats(l, p->graph);
    return INK_OK;
}

void ink_look_close(ink_look *l)
{
    free(l->floats);
    *l = (ink_look){ 0 };
}

bool ink_look_wants(const ink_look *l, const ink_node *n, size_t step)
{
    return l->floats[n->index] && n->form == INK_ACT_F32 && !n->kept && !n->op->writes_shared && atomic_load(&l->first) >= step * LOOK_STEP;
}

static bool look_finite(ink_view v, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            if (!isfinite(ink_view_row(v, r)[c]))
                return false;
    return true;
}

void ink_look_at(ink_look *l, const ink_node *n, size_t step, size_t place, ink_view v, size_t rows, size_t columns)
{
    const size_t here = step * LOOK_STEP + place;
    if (!ink_look_wants(l, n, step) || here >= atomic_load(&l->first) || look_finite(v, rows, columns))
        return;
    size_t first = atomic_load(&l->first);
    while (here < first && !atomic_compare_exchange_weak(&l->first, &first, here))
        ;
}

const ink_node *ink_look_found(const ink_look *l)
{
    const size_t first = atomic_load(&l->first), place = first % LOOK_STEP;
    if (first == SIZE_MAX)
        return NULL;
    const ink_step *s = &l->plan->steps[first / LOOK_STEP];
    return place < s->products ? s->product[place] : s->nodes[place - s->products];
}

/* ---- in words ---- */

/* A weight that a node reads, or the one whose gradient it adds to. */
static const ink_constant *look_own(const ink_node *n)
{
    if (n->into)
        return n->into;
    for (size_t i = 0; i < n->inputs; i++)
        if (n->in[i]->leaf == INK_LEAF_WEIGHT)
            return n->in[i]->constant;
    return NULL;
}

/* The nearest weight on the way to a node. */
static const ink_constant *look_behind(const ink_node *n, size_t depth)
{
    const ink_constant *found = look_own(n);
    for (size_t d = 1; !found && d <= depth; d++)
        for (size_t i = 0; !found && i < n->inputs; i++)
            found = n->in[i]->op ? look_behind(n->in[i], d - 1) : NULL;
    return found;
}

/* Values in a file that are no numbers. */
static bool look_spoiled(const ink_node *n)
{
    for (size_t i = 0; i < n->inputs; i++) {
        const ink_node *w = n->in[i];
        const ink_constant *c = w->leaf == INK_LEAF_WEIGHT ? w->constant : NULL;
        const ink_view v = { c ? (uint8_t *)(uintptr_t)c->data : NULL, w->dim[1].count * sizeof(float) };
        if (v.data && c->type == INK_F32 && !c->rows && !look_finite(v, w->dim[0].count, w->dim[1].count))
            return true;
    }
    return false;
}

void ink_look_tell(const ink_node *n, const size_t sizes[INK_SIZES], char *out, size_t size)
{
    enum { DEPTH = 8 };
    const ink_constant *own = look_own(n), *behind = look_behind(n, DEPTH);
    snprintf(out, size, "%s%s%s%s (node %zu, %zu × %zu)%s%.160s%s", n->op->name, n->name ? " \"" : "", n->name ? n->name : "", n->name ? "\"" : "", n->index, ink_node_rows(n, sizes), ink_node_width(n),
             n->into ? " of the gradient of " : own ? " of " : behind ? " behind " : "", behind ? behind->name : "", look_spoiled(n) ? ", whose values are not all finite themselves" : "");
}
