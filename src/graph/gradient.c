/* The reverse pass: every node that the result depends on, last first, hands what reaches it on to its inputs. */
#include "graph/gradient.h"

#include <string.h>

typedef struct reverse {
    ink_graph *g;
    ink_gradient_sum *sum;
    ink_node **of; /* [node] dL/d(node) so far */
} reverse;

static bool reverse_ends(const ink_node *n, ink_node *const *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (n == nodes[i])
            return true;
    return false;
}

/* Forwards, since a node comes after its inputs. */
static void reverse_mark(ink_graph *g, ink_node *const *nodes, size_t count)
{
    for (size_t i = 0; i < g->count; i++) {
        ink_node *n = g->nodes[i];
        n->wants = n->leaf == INK_LEAF_WEIGHT && n->constant->learns;
        for (size_t j = 0; j < n->inputs; j++)
            n->wants |= n->in[j]->wants && !n->op->detached;
        n->wants |= reverse_ends(n, nodes, count);
    }
}

static void reverse_give(reverse *r, ink_node *x, ink_node *dx)
{
    if (x->leaf != INK_LEAF_WEIGHT) {
        r->of[x->index] = r->of[x->index] ? r->sum(r->g, r->of[x->index], dx) : dx;
        return;
    }
    if (!dx->op || !dx->op->adds)
        ink_graph_fail(r->g, INK_E_UNSUPPORTED, "the gradient of %s comes from %s, which cannot add", x->name, dx->op ? dx->op->name : "a leaf");
    dx->into = x->constant;
}

static void reverse_node(reverse *r, ink_node *y)
{
    ink_node *dx[INK_NODE_INPUTS] = { NULL };
    if (!y->op->backward) {
        ink_graph_fail(r->g, INK_E_UNSUPPORTED, "nothing can be learned through %s yet", y->op->name);
        return;
    }
    y->op->backward(r->g, y, r->of[y->index], dx);
    for (size_t i = 0; i < y->inputs; i++)
        if (dx[i] && y->in[i]->wants)
            reverse_give(r, y->in[i], dx[i]);
}

/* Sums fold what they are of, and what they fold is left without a use. */
static void reverse_prune(ink_graph *g, size_t first, bool *used)
{
    size_t kept = first;
    for (size_t i = g->count; i-- > first;) {
        const ink_node *n = g->nodes[i];
        used[i] |= n->output || n->into;
        for (size_t j = 0; used[i] && j < n->inputs; j++)
            used[n->in[j]->index] = true;
    }
    for (size_t i = first; i < g->count; i++)
        if (used[i]) {
            g->nodes[i]->index = kept;
            g->nodes[kept++] = g->nodes[i];
        }
    g->count = kept;
}

ink_status ink_graph_gradient(ink_graph *g, ink_node *y, ink_node *dy, ink_gradient_sum *sum, ink_node *const *nodes, size_t count, ink_node **gradients)
{
    INK_TRY(ink_graph_check(g));
    const size_t first = g->count;
    reverse r = { .g = g, .sum = sum, .of = ink_arena_array(g->arena, g->count, sizeof *r.of) };
    if (!r.of)
        return ink_arena_refused(g->arena, g->count * sizeof *r.of, g->err);
    reverse_mark(g, nodes, count);
    r.of[y->index] = dy;
    for (size_t i = y->index + 1; i-- > 0 && g->status == INK_OK;)
        if (g->nodes[i]->op && g->nodes[i]->wants && r.of[i] && !reverse_ends(g->nodes[i], nodes, count))
            reverse_node(&r, g->nodes[i]);
    for (size_t i = 0; i < count; i++) {
        gradients[i] = r.of[nodes[i]->index];
        if (gradients[i])
            gradients[i]->output = true;
    }
    INK_TRY(ink_graph_check(g));
    bool *used = ink_arena_array(g->arena, g->count, sizeof *used);
    if (!used)
        return ink_arena_refused(g->arena, g->count * sizeof *used, g->err);
    reverse_prune(g, first, used);
    return INK_OK;
}
