/* Building a graph. A failure is kept, and a node that nobody will run stands in, so that builders need no checks. */
#include "graph/graph.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ink_status ink_graph_init(ink_graph *g, ink_arena *arena, ink_err *err)
{
    *g = (ink_graph){ .arena = arena, .err = err, .room = 256, .nowhere = { .ndim = 2 } };
    g->nodes = ink_arena_array(arena, g->room, sizeof *g->nodes);
    return g->nodes ? INK_OK : ink_arena_refused(arena, g->room * sizeof *g->nodes, err);
}

ink_status ink_graph_check(const ink_graph *g)
{
    return g->status;
}

void ink_graph_fail(ink_graph *g, ink_status status, const char *format, ...)
{
    char text[sizeof g->err->text];
    if (g->status != INK_OK)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    g->status = ink_fail(g->err, status, "%s", text);
}

static ink_node *graph_add(ink_graph *g, ink_node n)
{
    if (g->count == g->room) {
        ink_node **more = ink_arena_array(g->arena, 2 * g->room, sizeof *more);
        if (more) {
            memcpy(more, g->nodes, g->count * sizeof *more);
            g->nodes = more;
            g->room *= 2;
        }
    }
    ink_node *made = g->count < g->room ? ink_arena_alloc(g->arena, sizeof *made) : NULL;
    if (!made) {
        if (g->status == INK_OK)
            g->status = ink_arena_refused(g->arena, sizeof *made, g->err);
        return &g->nowhere;
    }
    n.index = g->count;
    *made = n;
    g->nodes[g->count++] = made;
    return made;
}

ink_node *ink_graph_input(ink_graph *g, size_t slot, const char *name, ink_size rows, size_t width)
{
    return graph_add(g, (ink_node){ .leaf = INK_LEAF_INPUT, .slot = slot, .name = name, .ndim = 2, .dim = { { 1, rows }, { width, INK_SIZE_ONE } } });
}

ink_node *ink_graph_weight(ink_graph *g, const ink_constant *constant, size_t rows, size_t width)
{
    return graph_add(g, (ink_node){ .leaf = INK_LEAF_WEIGHT, .constant = constant, .name = constant->name, .ndim = 2,
                                    .dim = { { rows, INK_SIZE_ONE }, { width, INK_SIZE_ONE } } });
}

ink_node *ink_graph_node(ink_graph *g, const ink_op *op, const ink_node *like, size_t width, size_t inputs, ink_node *const *in, const void *options, size_t options_size)
{
    assert(inputs <= INK_NODE_INPUTS);
    ink_node n = { .op = op, .inputs = inputs, .ndim = like->ndim };
    memcpy(n.dim, like->dim, sizeof n.dim);
    for (size_t i = 0; i < inputs; i++)
        n.in[i] = in[i];
    n.dim[n.ndim - 1] = (ink_dim){ width, INK_SIZE_ONE };
    if (options_size) {
        void *kept = ink_arena_alloc(g->arena, options_size);
        if (!kept && g->status == INK_OK)
            g->status = ink_arena_refused(g->arena, options_size, g->err);
        if (!kept)
            return &g->nowhere;
        memcpy(kept, options, options_size);
        n.options = kept;
    }
    return graph_add(g, n);
}

size_t ink_node_rows(const ink_node *n, const size_t sizes[INK_SIZES])
{
    size_t rows = 1;
    for (size_t i = 0; i + 1 < n->ndim; i++)
        rows *= n->dim[i].count * sizes[n->dim[i].size];
    return rows;
}

size_t ink_node_stride(const ink_node *n)
{
    return ink_act_bytes(n->form, ink_node_width(n));
}

static const char *const graph_sizes[INK_SIZES] = { "", "rows ", "outputs ", "positions ", "part ", "read " };

static void graph_shape(const ink_node *n, char *out, size_t size)
{
    for (size_t i = 0; i < n->ndim && size > 1; i++) {
        int used = snprintf(out, size, "%s%zu %s", i ? "× " : "", n->dim[i].count, graph_sizes[n->dim[i].size]);
        size_t step = (size_t)used < size ? (size_t)used : size - 1;
        out += step;
        size -= step;
    }
}

void ink_graph_print(const ink_graph *g, void (*put)(void *user, const char *line), void *user)
{
    for (size_t i = 0; i < g->count; i++) {
        const ink_node *n = g->nodes[i];
        char line[512], shape[128] = "";
        graph_shape(n, shape, sizeof shape);
        int at = snprintf(line, sizeof line, "%4zu  %-14s [%s]", i, n->op ? n->op->name : n->leaf == INK_LEAF_WEIGHT ? "weight" : "input", shape);
        for (size_t j = 0; j < n->inputs && at < (int)sizeof line; j++)
            at += snprintf(line + at, sizeof line - (size_t)at, " %zu", n->in[j]->index);
        if (n->name && at < (int)sizeof line)
            snprintf(line + at, sizeof line - (size_t)at, "  %s", n->name);
        put(user, line);
    }
}
