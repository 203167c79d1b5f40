/* Experts in place of one feed-forward (Shazeer et al. 2017). Computing: only those that a row goes to. Learning, or with adapters on
   them: every expert over every row, by weights that are mostly zero, made of what has gradients. */
#include "nn/nn.h"

#include <stdio.h>

typedef struct mixture {
    ink_net *n;
    const ink_nn_experts *o;
    char prefix[INK_NET_NAME];
    size_t width;
} mixture;

static void mixture_at(const mixture *m, size_t expert)
{
    char part[INK_NET_NAME];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(part, sizeof part, m->o->expert, expert);
#pragma GCC diagnostic pop
    ink_net_at(m->n, "%s%s", m->prefix, part);
}

static ink_node *mixture_all(const mixture *m, ink_node *x, ink_node *route)
{
    ink_node *y = NULL;
    for (size_t e = 0; e < m->o->count; e++) {
        mixture_at(m, e);
        ink_node *said = ink_weigh(m->n->g, ink_nn_gated(m->n, x, m->o->gate, m->o->up, m->o->down, m->o->ffn, ink_silu_mul), route, e);
        y = y ? ink_add(m->n->g, y, said) : said;
    }
    return y;
}

/* The weights of one name, of every expert. */
static ink_node *mixture_product(const mixture *m, ink_node *x, ink_node *route, const char *name, size_t out, size_t in, bool slots)
{
    const ink_constant **list = ink_arena_array(m->n->g->arena, m->o->count, sizeof *list);
    ink_err err;
    if (!list) {
        ink_graph_fail(m->n->g, INK_E_MEMORY, "no memory for the weights of %zu experts", m->o->count);
        return &m->n->g->nowhere;
    }
    for (size_t e = 0; e < m->o->count; e++) {
        mixture_at(m, e);
        ink_nn_weight *w = ink_net_weight(m->n, name, ".weight");
        if (!w)
            return &m->n->g->nowhere;
        ink_status status = ink_nn_weight_product(m->n->weights, w, out, in, (ink_name_heads){ 0 }, &err);
        if (status != INK_OK) {
            ink_graph_fail(m->n->g, status, "%s", err.text);
            return &m->n->g->nowhere;
        }
        list[e] = &w->constant;
        if (m->n->watch && !e)
            m->n->watch(m->n->watch_user, m->n, w, x, in);
        if (w->packed.kind != list[0]->packed->kind || w->packed.form != list[0]->packed->form) {
            ink_graph_fail(m->n->g, INK_E_UNSUPPORTED, "%s is of another type than the other experts', which inkstone does not compute", w->tensor->name);
            return &m->n->g->nowhere;
        }
    }
    return ink_experts(m->n->g, x, route, &(ink_experts_options){ .weights = list, .count = m->o->count, .used = m->o->used, .slots = slots });
}

static ink_node *mixture_some(const mixture *m, ink_node *x, ink_node *route)
{
    const ink_nn_experts *o = m->o;
    ink_node *gate = mixture_product(m, x, route, o->gate, o->ffn, m->width, false), *up = mixture_product(m, x, route, o->up, o->ffn, m->width, false);
    ink_node *down = mixture_product(m, ink_silu_mul(m->n->g, gate, up), route, o->down, m->width, o->ffn, true);
    return ink_sum_slots(m->n->g, down, route, m->width);
}

ink_node *ink_nn_mixture(ink_net *n, ink_node *x, const ink_nn_experts *o)
{
    mixture m = { .n = n, .o = o, .width = ink_node_width(x) };
    snprintf(m.prefix, sizeof m.prefix, "%s", n->prefix);
    const ink_route_options r = { .used = o->used, .normalised = o->normalised };
    ink_node *route = ink_route(n->g, ink_nn_linear(n, x, o->router, o->count), &r);
    ink_node *y = n->weights->dense || n->adapter_count ? mixture_all(&m, x, route) : mixture_some(&m, x, route);
    ink_net_at(n, "%s", m.prefix);
    return y;
}
