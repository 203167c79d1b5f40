/* Where the values of a plan lie: in one arena by lifetime, or in a thread's scratch between nodes of one step. Columns of a node lie where it lies. */
#include "base/count.h"
#include "graph/step.h"

enum { LAYOUT_FOREVER = 1 << 30 };

/* The first node that reaches a gradient of the arena: chunks have steps of their own, in the order of the nodes. */
static bool layout_begins(const ink_graph *g, const ink_node *n)
{
    for (size_t i = 0; g->gradients && i < n->index; i++)
        if (g->nodes[i]->into == n->into)
            return false;
    return g->gradients != 0;
}

/* The last step that reads each node, itself or columns of it. */
static void layout_readers(ink_plan *plan)
{
    const ink_graph *g = plan->graph;
    for (size_t i = 0; i < g->count; i++)
        plan->places[i].last = plan->places[i].step;
    for (size_t i = 0; i < g->count; i++)
        for (size_t j = 0; j < g->nodes[i]->inputs; j++) {
            ink_place *in = &plan->places[ink_step_source(plan->places, g->nodes[i]->in[j], NULL)->index];
            if (g->nodes[i]->op && in->last < plan->places[i].step)
                in->last = plan->places[i].step;
        }
}

/* From that where its values go. */
static void layout_places(ink_plan *plan)
{
    const ink_graph *g = plan->graph;
    layout_readers(plan);
    for (size_t i = 0; i < g->count; i++) {
        const ink_node *n = g->nodes[i];
        ink_place *place = &plan->places[i];
        if (!n->op || place->kind == INK_PLACE_VIEW || (n->into && !layout_begins(g, n)))
            continue;
        ink_step *s = &plan->steps[place->step];
        bool inside = place->last == place->step && !n->output && !n->kept && s->kind != INK_STEP_CHUNKS;
        place->begins = n->into != NULL;
        place->repeated = s->repeatable;
        place->kind = !inside ? INK_PLACE_ARENA : s->kind == INK_STEP_PRODUCTS ? INK_PLACE_TILE : INK_PLACE_ROW;
        if (place->kind == INK_PLACE_TILE)
            place->at = s->tiles++;
        if (place->kind == INK_PLACE_ROW) {
            place->at = s->rows_scratch;
            s->rows_scratch += ink_node_stride(n);
        }
        if (n->output || n->into)
            place->last = plan->step_count - 1;
    }
}

static void layout_few(const size_t bounds[INK_SIZES], size_t few[INK_SIZES])
{
    for (size_t i = 0; i < INK_SIZES; i++)
        few[i] = bounds[i] < INK_PLAN_FEW ? bounds[i] : INK_PLAN_FEW;
}

/* Nobody reads x after y has been computed, and each row of x was read for that row of y alone, as it is. */
static bool layout_last(const ink_plan *plan, const ink_node *y, const ink_node *x)
{
    const ink_step *s = &plan->steps[plan->places[y->index].step];
    bool after = false;
    for (size_t i = 0; i < s->count; i++) {
        const ink_node *n = s->nodes[i];
        for (size_t k = 0; k < n->inputs; k++)
            if (ink_step_source(plan->places, n->in[k], NULL) == x && (after || n->op->whole >> k & 1 || (n == y && n->in[k] != x)))
                return false;
        after |= n == y;
    }
    return true;
}

/* With few rows no barrier parts the steps of a phase: a thread may still read in those before what this one writes over. */
static bool layout_apart(const ink_plan *plan, size_t step)
{
    return plan->steps[step].repeatable || !step || plan->steps[step - 1].phase != plan->steps[step].phase;
}

/* The input whose place a node of rows may take, since nobody needs it any more; NULL: none. */
static const ink_node *layout_over(const ink_plan *plan, const ink_node *y)
{
    const ink_step *s = &plan->steps[plan->places[y->index].step];
    if (s->kind != INK_STEP_ROWS || y->kept || !layout_apart(plan, plan->places[y->index].step))
        return NULL;
    for (size_t i = 0; i < y->inputs; i++) {
        const ink_node *x = y->in[i];
        const ink_place *at = &plan->places[x->index];
        if ((y->op->elementwise || y->op->over >> i & 1) && at->kind == INK_PLACE_ARENA && at->last == plan->places[y->index].step && !x->output && !x->kept &&
            ink_node_stride(x) == ink_node_stride(y) && ink_step_same_rows(x, y) && layout_last(plan, y, x))
            return x;
    }
    return NULL;
}

/* When a node's place is taken, in phases. */
static void layout_lives(const ink_plan *plan, const ink_node *n, ink_interval *out)
{
    const ink_place *place = &plan->places[n->index];
    out->from = n->kept ? 0 : plan->steps[place->step].phase;
    out->to = n->output || n->kept || n->into ? LAYOUT_FOREVER : plan->steps[place->last].phase;
}

/* Gradients lie as densely as what they belong to. */
static size_t layout_bytes(const ink_plan *plan, const ink_node *n)
{
    const size_t rows = ink_node_rows(n, plan->bounds);
    return n->into ? ink_round_up(ink_node_width(n) * sizeof(float) * rows, 64) : ink_node_stride(n) * rows;
}

/* Lays out the nodes of the arena by phases, once for all rows and once for few in the threads' own arenas. Until their places are known, `at`
   is the number of an interval, which nodes share that lie over each other. */
ink_status ink_plan_layout(ink_plan *plan, ink_arena *arena, ink_err *err)
{
    const ink_graph *g = plan->graph;
    layout_places(plan);
    size_t few[INK_SIZES], count = 0, own = 0;
    ink_interval *list = ink_arena_array(arena, g->count + 1, sizeof *list);
    ink_interval *privates = ink_arena_array(arena, g->count + 1, sizeof *privates);
    if (!list || !privates)
        return ink_arena_refused(arena, g->count * sizeof *list, err);
    layout_few(plan->bounds, few);
    for (size_t i = 0; i < g->count; i++) {
        ink_place *place = &plan->places[i];
        if (place->kind != INK_PLACE_ARENA)
            continue;
        const size_t stride = ink_node_stride(g->nodes[i]);
        const ink_node *under = layout_over(plan, g->nodes[i]);
        ink_interval lives = { .bytes = layout_bytes(plan, g->nodes[i]), .placed = place->begins, .at = place->begins ? g->nodes[i]->into->gradient_at : 0 };
        layout_lives(plan, g->nodes[i], &lives);
        place->at = under ? plan->places[under->index].at : count;
        if (under) {
            list[place->at].to = lives.to;
            plan->places[under->index].taken = true;
        } else
            list[count++] = lives;
        lives.bytes = stride * ink_node_rows(g->nodes[i], few);
        if (place->repeated)
            privates[own++] = lives;
    }
    INK_TRY(ink_memory_layout(arena, list, count, &plan->arena_bytes, err));
    plan->arena_bytes = plan->arena_bytes < g->gradients ? g->gradients : plan->arena_bytes;
    INK_TRY(ink_memory_layout(arena, privates, own, &plan->private_bytes, err));
    for (size_t i = 0, mine = 0; i < g->count; i++)
        if (plan->places[i].kind == INK_PLACE_ARENA) {
            plan->places[i].at = list[plan->places[i].at].at;
            if (plan->places[i].repeated)
                plan->places[i].at_private = privates[mine++].at;
        }
    return INK_OK;
}

/* What takes up place of its own in a phase: of nodes that lie over each other the last. */
static bool layout_there(const ink_plan *p, const ink_node *n, size_t phase)
{
    ink_interval lives;
    if (p->places[n->index].kind != INK_PLACE_ARENA)
        return false;
    layout_lives(p, n, &lives);
    const bool over = !n->output && !n->kept && !n->into && lives.to == phase && p->places[n->index].taken;
    return lives.from <= phase && phase <= lives.to && !over;
}

static size_t layout_fullest(const ink_plan *p)
{
    size_t best = 0, most = 0;
    for (size_t i = 0; i < p->step_count; i++) {
        size_t bytes = 0;
        for (size_t n = 0; n < p->graph->count; n++)
            bytes += layout_there(p, p->graph->nodes[n], p->steps[i].phase) ? layout_bytes(p, p->graph->nodes[n]) : 0;
        best = bytes > most ? p->steps[i].phase : best;
        most = bytes > most ? bytes : most;
    }
    return best;
}

size_t ink_plan_peak(const ink_plan *p, ink_plan_share *shares, size_t most)
{
    const size_t phase = layout_fullest(p);
    size_t count = 0;
    for (size_t n = 0; n < p->graph->count; n++) {
        const ink_node *node = p->graph->nodes[n];
        const ink_op *op = node->into ? NULL : node->op;
        size_t i = 0;
        if (!layout_there(p, node, phase))
            continue;
        while (i < count && shares[i].op != op)
            i++;
        if (i == most)
            continue;
        if (i == count)
            shares[count++] = (ink_plan_share){ .op = op };
        shares[i].values++;
        shares[i].bytes += layout_bytes(p, node);
    }
    return count;
}
