#include "graph/recompute.h"

#include <string.h>

typedef struct again { /* what is known of a node of the way there */
    bool needed;       /* by the way back */
    bool within;       /* by values one by one alone */
    bool can;          /* be made again, from what the way back has */
    bool kept;         /* nothing passes by it, so that it is where making again begins */
    bool layer;        /* it stands between two of those that are near enough */
    ink_node *copy;    /* made again */
} again;

typedef struct rewrite {
    ink_graph *g;
    size_t forward, back;
    ink_recompute how;
    again *of;         /* [forward] */
    ink_node **nodes;  /* in their new order */
    size_t count;
} rewrite;

static bool recompute_there(const rewrite *w, const ink_node *n) { return n->op && n->index < w->forward; }

/* Who reads what. */
static void recompute_readers(rewrite *w)
{
    for (size_t i = 0; i < w->forward; i++)
        w->of[i].within = true;
    for (size_t i = 0; i < w->g->count; i++) {
        const ink_node *n = w->g->nodes[i];
        for (size_t k = 0; k < n->inputs; k++)
            if (recompute_there(w, n->in[k]) && i >= w->back)
                w->of[n->in[k]->index].needed = true;
            else if (recompute_there(w, n->in[k]) && !n->op->elementwise && !(n->op->each >> k & 1))
                w->of[n->in[k]->index].within = false;
    }
}

/* Rows that much wider ones were made into are as good as kept. */
static bool recompute_rows(const ink_node *n)
{
    enum { NARROWER = 16 };
    return n->op->flow == INK_FLOW_ROWS && !n->op->writes_shared && (!n->inputs || NARROWER * ink_node_width(n) > ink_node_width(n->in[0]));
}

/* From leaves alone, by ops of rows: angles of positions, rows of tables. */
static bool recompute_free(const rewrite *w, const ink_node *n)
{
    bool free = recompute_rows(n);
    for (size_t k = 0; k < n->inputs; k++)
        free &= !n->in[k]->op || w->of[n->in[k]->index].can;
    return free;
}

/* Nodes that no value passes by on its way, but for those that cost nothing: `passed` is where the furthest reader of what came before stands. */
static void recompute_places(rewrite *w, size_t *last)
{
    size_t passed = 0, from = 0;
    for (size_t i = 0; i < w->forward; i++) {
        const ink_node *n = w->g->nodes[i];
        for (size_t k = 0; k < n->inputs; k++)
            if (recompute_there(w, n->in[k]))
                last[n->in[k]->index] = i;
        w->of[i].can = n->op && recompute_free(w, n);
    }
    for (size_t i = 0; i < w->forward; i++) {
        const ink_node *n = w->g->nodes[i];
        if (!n->op || w->of[i].can)
            continue;
        w->of[i].kept = passed <= i;
        passed = last[i] > passed ? last[i] : passed;
        for (; w->of[i].kept && from <= i; from++)
            w->of[from].layer = i - from <= w->forward / 4;
    }
}

/* A product that makes rows wider, of which only values one by one are made. */
static bool recompute_swells(const rewrite *w, const ink_node *n)
{
    return n->op->operations && w->of[n->index].within && ink_node_width(n) > ink_node_width(n->in[0]);
}

static bool recompute_may(const rewrite *w, const ink_node *n)
{
    const again *a = &w->of[n->index];
    if (n->output || n->kept || n->into || n->op->flow == INK_FLOW_MATMUL)
        return false;
    if (w->how == INK_RECOMPUTE_LAYERS && a->layer)
        return !a->kept && !n->op->workspace;
    return recompute_rows(n) || (w->how >= INK_RECOMPUTE_WIDE && recompute_swells(w, n));
}

/* Inputs are there when they are leaves, kept because the way back needs them, or made again themselves. */
static void recompute_choose(rewrite *w)
{
    for (size_t i = 0; i < w->forward; i++) {
        const ink_node *n = w->g->nodes[i];
        again *a = &w->of[i];
        a->can = n->op && recompute_may(w, n);
        for (size_t k = 0; k < n->inputs; k++)
            a->can &= !n->in[k]->op || w->of[n->in[k]->index].needed || w->of[n->in[k]->index].can;
    }
}

static void recompute_append(rewrite *w, ink_node *n)
{
    n->index = w->count;
    w->nodes[w->count++] = n;
}

/* A node as the way back has it: itself, or what is made again just before it is read. */
static ink_node *recompute_again(rewrite *w, ink_node *n, size_t was)
{
    again *a = &w->of[was];
    if (!a->can || a->copy)
        return a->can ? a->copy : n;
    ink_node *copy = ink_arena_alloc(w->g->arena, sizeof *copy);
    if (!copy) {
        w->g->status = ink_arena_refused(w->g->arena, sizeof *copy, w->g->err);
        return n;
    }
    *copy = *n;
    copy->again = true;
    for (size_t k = 0; k < n->inputs; k++)
        if (recompute_there(w, n->in[k]))
            copy->in[k] = recompute_again(w, n->in[k], n->in[k]->index);
    recompute_append(w, copy);
    return a->copy = copy;
}

/* Nodes of the way there keep their numbers, since nothing is put before them. */
static void recompute_rewrite(rewrite *w)
{
    for (size_t i = 0; i < w->g->count && w->g->status == INK_OK; i++) {
        ink_node *n = w->g->nodes[i];
        for (size_t k = 0; i >= w->back && k < n->inputs; k++)
            if (recompute_there(w, n->in[k]))
                n->in[k] = recompute_again(w, n->in[k], n->in[k]->index);
        recompute_append(w, n);
    }
}

ink_status ink_graph_recompute(ink_graph *g, size_t forward, size_t back, ink_recompute how)
{
    INK_TRY(ink_graph_check(g));
    if (how == INK_RECOMPUTE_OFF)
        return INK_OK;
    rewrite w = { .g = g, .forward = forward, .back = back, .how = how, .of = ink_arena_array(g->arena, forward + 1, sizeof *w.of) };
    size_t *last = ink_arena_array(g->arena, forward + 1, sizeof *last);
    w.nodes = ink_arena_array(g->arena, 2 * g->count, sizeof *w.nodes);
    if (!w.of || !last || !w.nodes)
        return ink_arena_refused(g->arena, 2 * g->count * sizeof *w.nodes, g->err);
    recompute_readers(&w);
    recompute_places(&w, last);
    recompute_choose(&w);
    recompute_rewrite(&w);
    g->room = 2 * g->count;
    g->nodes = w.nodes;
    g->count = w.count;
    return ink_graph_check(g);
}
