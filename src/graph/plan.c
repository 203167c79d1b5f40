/* From a graph to steps: what runs together, in which order, and where its values lie. Nodes are grouped by what their
   ops say of themselves, never by name. */
#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "base/count.h"
#include "graph/plan.h"

#include "graph/step.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef struct planner {
    const ink_graph *g;
    ink_plan *plan;
    ink_place *places;
    bool *done;         /* [node] in this step or an earlier one */
    ink_err *err;
} planner;

/* Columns of what is made need not be made themselves, but where somebody keeps them, or a product wants its rows one after the other. */
static void plan_views(planner *p)
{
    const ink_graph *g = p->g;
    for (size_t i = 0; i < g->count; i++) {
        const ink_node *n = g->nodes[i], *x = n->in[0];
        const size_t column = n->op && n->op->view ? n->op->view(n) : INK_NO_VIEW;
        if (column != INK_NO_VIEW && !n->output && !n->kept && !n->into && x->op && !x->into && x->form == INK_ACT_F32)
            p->places[i] = (ink_place){ .kind = INK_PLACE_VIEW, .at = column * sizeof(float) };
    }
    for (size_t i = 0; i < g->count; i++)
        if (g->nodes[i]->op && g->nodes[i]->op->flow == INK_FLOW_MATMUL && p->places[g->nodes[i]->in[0]->index].kind == INK_PLACE_VIEW)
            p->places[g->nodes[i]->in[0]->index] = (ink_place){ .kind = INK_PLACE_NONE };
}

static bool plan_ready(const planner *p, const ink_node *n)
{
    for (size_t i = 0; i < n->inputs; i++) {
        const ink_node *x = ink_step_source(p->places, n->in[i], NULL);
        if (x->op && !p->done[x->index])
            return false;
    }
    return true;
}

static void plan_take(planner *p, const ink_node *n)
{
    p->done[n->index] = true;
    p->places[n->index].step = p->plan->step_count;
}

static void plan_follow(planner *p, ink_step *s, const ink_node *n, size_t owner)
{
    s->owner[s->count] = owner;
    s->nodes[s->count++] = n;
    plan_take(p, n);
}

/* Which product of the step x follows, or -1. */
static int plan_owner_of(const ink_step *s, const ink_node *x)
{
    int owner = -1;
    for (size_t i = 0; i < s->products; i++)
        owner = s->product[i] == x ? (int)i : owner;
    for (size_t i = 0; i < s->count; i++)
        owner = s->nodes[i] == x ? (int)s->owner[i] : owner;
    return owner;
}

/* Which one a node follows: its number, INK_PLAN_PRODUCTS when it joins several, or -1 for none: other columns than its own are not there yet. */
static int plan_owner(const planner *p, const ink_step *s, const ink_node *n)
{
    int owner = -1;
    for (size_t i = 0; i < n->inputs; i++) {
        const ink_node *x = ink_step_source(p->places, n->in[i], NULL);
        const int of = plan_owner_of(s, x);
        if (of >= 0 && x != n->in[i])
            return -1;
        if (of >= 0)
            owner = owner < 0 || owner == of ? of : INK_PLAN_PRODUCTS;
    }
    return owner;
}

static bool plan_equal_products(const ink_step *s)
{
    for (size_t i = 1; i < s->products; i++)
        if (ink_node_width(s->product[i]) != ink_node_width(s->product[0]))
            return false;
    return true;
}

/* Products that share their activations, and the elementwise nodes that need nothing but them and what is there already. */
static void plan_products(planner *p, ink_step *s, size_t at)
{
    const ink_graph *g = p->g;
    s->kind = INK_STEP_PRODUCTS;
    for (size_t i = at; i < g->count && s->products < INK_PLAN_PRODUCTS; i++) {
        const ink_node *n = g->nodes[i];
        if (n->op && n->op->flow == INK_FLOW_MATMUL && !p->done[i] && !n->again && n->in[0] == g->nodes[at]->in[0]) {
            s->product[s->products++] = n;
            plan_take(p, n);
        }
    }
    for (size_t i = at; i < g->count; i++) {
        const ink_node *n = g->nodes[i];
        if (!n->op || !n->op->elementwise || n->op->writes_shared || n->again || p->done[i] || !plan_ready(p, n) || !ink_step_same_rows(n, s->product[0]))
            continue;
        int owner = plan_owner(p, s, n);
        if (owner < 0 || ink_node_width(n) != ink_node_width(s->product[owner % INK_PLAN_PRODUCTS]))
            continue;
        if (owner == INK_PLAN_PRODUCTS && !plan_equal_products(s))
            continue;
        s->joint |= owner == INK_PLAN_PRODUCTS;
        plan_follow(p, s, n, (size_t)owner % INK_PLAN_PRODUCTS);
    }
}

static bool plan_reads(const planner *p, const ink_node *n, const ink_node *x)
{
    for (size_t i = 0; i < n->inputs; i++)
        if (ink_step_source(p->places, n->in[i], NULL) == ink_step_source(p->places, x, NULL))
            return true;
    return false;
}

/* Whether a row of n would be made from what the chain has at hand: a row that it makes, or reads. */
static bool plan_at_hand(const planner *p, const ink_step *s, const ink_node *n)
{
    for (size_t i = 0; i < s->count; i++) {
        bool shares = plan_reads(p, n, s->nodes[i]);
        for (size_t k = 0; k < n->inputs; k++)
            shares |= n->in[k]->op && plan_reads(p, s->nodes[i], n->in[k]);
        if (shares)
            return true;
    }
    return false;
}

static bool plan_chains(const planner *p, const ink_node *n, const ink_node *first)
{
    return n->op->flow == INK_FLOW_ROWS && ink_step_same_rows(n, first) && plan_ready(p, n);
}

/* Whether a node is taken before others that stand before it: not what is made a second time to be there for a short while only. */
static bool plan_comes_forward(const planner *p, const ink_step *s, const ink_node *n)
{
    return !n->into && !n->again && !n->op->writes_shared && plan_at_hand(p, s, n);
}

/* Rows that follow each other; then those a little further on that need what these have at hand. */
static void plan_rows(planner *p, ink_step *s, size_t at)
{
    const ink_node *first = p->g->nodes[at];
    s->kind = INK_STEP_ROWS;
    s->repeatable = true;
    size_t passed = 0;
    for (size_t i = at; i < p->g->count && s->count < INK_PLAN_CHAIN && passed <= INK_PLAN_PASSED; i++) {
        const ink_node *n = p->g->nodes[i];
        if (!n->op || p->done[i] || p->places[i].kind == INK_PLACE_VIEW)
            continue;
        if (!plan_chains(p, n, first) || (passed && !plan_comes_forward(p, s, n))) {
            passed++;
            continue;
        }
        s->repeatable &= !n->op->writes_shared && !n->output;
        plan_follow(p, s, n, 0);
    }
}

static void plan_step(planner *p, size_t at)
{
    ink_step *s = &p->plan->steps[p->plan->step_count];
    switch (p->g->nodes[at]->op->flow) {
    case INK_FLOW_MATMUL: plan_products(p, s, at); break;
    case INK_FLOW_ROWS: plan_rows(p, s, at); break;
    case INK_FLOW_CHUNKS:
        s->kind = INK_STEP_CHUNKS;
        plan_follow(p, s, p->g->nodes[at], 0);
        break;
    }
    p->plan->step_count++;
}

/* Each step borrows a stretch of two long lists; a node stands in them once. */
static ink_status plan_steps(planner *p, ink_arena *arena)
{
    const ink_graph *g = p->g;
    const ink_node **nodes = ink_arena_array(arena, g->count + 1, sizeof *nodes);
    size_t *owners = ink_arena_array(arena, g->count + 1, sizeof *owners);
    p->plan->steps = ink_arena_array(arena, g->count + 1, sizeof *p->plan->steps);
    if (!nodes || !owners || !p->plan->steps)
        return ink_arena_refused(arena, g->count * sizeof *p->plan->steps, p->err);
    for (size_t i = 0; i < g->count; i++) {
        if (!g->nodes[i]->op || p->done[i] || p->places[i].kind == INK_PLACE_VIEW)
            continue;
        ink_step *s = &p->plan->steps[p->plan->step_count];
        s->nodes = nodes;
        s->owner = owners;
        plan_step(p, i);
        nodes += s->count;
        owners += s->count;
    }
    return INK_OK;
}

static void plan_phases(ink_plan *p)
{
    size_t phase = 0;
    for (size_t i = 0; i < p->step_count; i++) {
        p->steps[i].phase = phase;
        phase += !p->steps[i].repeatable;
    }
}

static size_t plan_step_scratch(const ink_plan *plan, const ink_kernels *k, const ink_step *s)
{
    if (s->kind == INK_STEP_ROWS)
        return s->rows_scratch;
    if (s->kind == INK_STEP_CHUNKS)
        return s->nodes[0]->op->scratch ? s->nodes[0]->op->scratch(k, s->nodes[0], plan->bounds) : 0;
    size_t rows = ink_node_rows(s->product[0], plan->bounds), tiles = 0, most = 0;
    for (size_t i = 1; s->tiles && i <= rows; i++) { /* fewer rows may have larger tiles, since they have more panels */
        size_t bytes = ink_step_tile_bytes(s, i);
        tiles = bytes > tiles ? bytes : tiles;
    }
    for (size_t i = 0; i < s->products; i++) {
        size_t bytes = ink_matmul_scratch(s->product[i]->in[1]->constant->packed, rows);
        most = bytes > most ? bytes : most;
    }
    return tiles * s->tiles + most;
}

/* The largest that any step asks for; steps run one after another. */
static void plan_shared_parts(ink_plan *p, const ink_kernels *k)
{
    for (size_t i = 0; i < p->step_count; i++) {
        const ink_step *s = &p->steps[i];
        const ink_node *n = s->kind == INK_STEP_CHUNKS && s->nodes[0]->op->workspace ? s->nodes[0] : NULL;
        size_t scratch = ink_round_up(plan_step_scratch(p, k, s), 64), shared = n ? ink_round_up(n->op->workspace(n, p->bounds), 64) : 0;
        p->scratch_bytes = scratch > p->scratch_bytes ? scratch : p->scratch_bytes;
        p->workspace_bytes = shared > p->workspace_bytes ? shared : p->workspace_bytes;
        const ink_node *before = s->kind == INK_STEP_CHUNKS && s->nodes[0]->op->prepare ? s->nodes[0] : NULL;
        const size_t prepared = before ? ink_round_up(before->op->prepared(k, before, p->bounds), 64) : 0;
        p->prepared_bytes = prepared > p->prepared_bytes ? prepared : p->prepared_bytes;
    }
}

ink_status ink_plan_make(const ink_graph *g, const ink_kernels *k, const size_t bounds[INK_SIZES], size_t threads, ink_plan *out, ink_err *err)
{
    INK_TRY(ink_graph_check(g));
    *out = (ink_plan){ .graph = g, .threads = threads };
    memcpy(out->bounds, bounds, sizeof out->bounds);
    out->bounds[INK_SIZE_ONE] = 1;
    planner p = { .g = g, .plan = out, .err = err };
    p.done = ink_arena_array(g->arena, g->count + 1, sizeof *p.done);
    p.places = out->places = ink_arena_array(g->arena, g->count + 1, sizeof *p.places);
    if (!p.done || !p.places)
        return ink_arena_refused(g->arena, g->count * sizeof *p.places, err);
    plan_views(&p);
    INK_TRY(plan_steps(&p, g->arena));
    plan_phases(out);
    INK_TRY(ink_plan_layout(out, g->arena, err));
    plan_shared_parts(out, k);
    return INK_OK;
}

size_t ink_plan_bytes(const ink_plan *p)
{
    size_t counters = ink_round_up((2 + p->threads) * p->step_count * sizeof *p->next, 64);
    return p->arena_bytes + p->workspace_bytes + p->prepared_bytes + p->threads * (p->private_bytes + p->scratch_bytes) + counters;
}

/* Plans of training are large and walked in long strides, which small pages make slow. Where little is held, what is never touched is worth more. */
static void plan_pages(void *memory, size_t bytes)
{
    enum { LARGE = 128 << 20 };
    if (bytes >= LARGE)
        madvise(memory, bytes, MADV_HUGEPAGE); /* a wish */
}

ink_status ink_plan_allocate(ink_plan *p, ink_err *err)
{
    size_t bytes = ink_plan_bytes(p);
    void *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED)
        return ink_fail(err, INK_E_MEMORY, "the machine has no %zu MB for the values between the layers", bytes >> 20);
    plan_pages(m, bytes);
    p->memory = m;
    p->memory_bytes = bytes;
    p->next = (void *)(p->memory + p->arena_bytes + p->workspace_bytes + p->prepared_bytes + p->threads * (p->private_bytes + p->scratch_bytes));
    return INK_OK;
}

void ink_plan_rest(ink_plan *p)
{
    if (p->memory)
        madvise(p->memory, p->memory_bytes, MADV_DONTNEED);
}

void ink_plan_free(ink_plan *p)
{
    if (p->memory)
        munmap(p->memory, p->memory_bytes);
    p->memory = NULL;
}

ink_view ink_plan_data(const ink_plan *p, const ink_node *output)
{
    return (ink_view){ p->memory + p->places[output->index].at, ink_node_stride(output) };
}

double ink_plan_operations(const ink_plan *p, bool again)
{
    double sum = 0;
    for (size_t i = 0; i < p->graph->count; i++) {
        const ink_node *n = p->graph->nodes[i];
        const ink_job j = { .y = n, .rows = ink_node_rows(n, p->bounds), .sizes = p->bounds };
        sum += n->op && n->op->operations && n->again == again ? n->op->operations(&j) : 0;
    }
    return sum;
}

void ink_plan_print(const ink_plan *p, void (*put)(void *user, const char *line), void *user)
{
    static const char *const kinds[] = { "rows", "products", "chunks" };
    for (size_t i = 0; i < p->step_count; i++) {
        const ink_step *s = &p->steps[i];
        char line[512];
        int at = snprintf(line, sizeof line, "%4zu  phase %-4zu %-9s%s", i, s->phase, kinds[s->kind], s->repeatable ? "*" : s->joint ? "&" : " ");
        for (size_t j = 0; j < s->products && at < (int)sizeof line; j++)
            at += snprintf(line + at, sizeof line - (size_t)at, " %s", s->product[j]->in[1]->name);
        for (size_t j = 0; j < s->count && at < (int)sizeof line; j++)
            at += snprintf(line + at, sizeof line - (size_t)at, " %s", s->nodes[j]->op->name);
        put(user, line);
    }
}
