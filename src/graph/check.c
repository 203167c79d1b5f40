/* Gradients held against differences: L = sum of r y for random r, in double. */
#include "base/rng.h"
#include "graph/gradient.h"

#include <math.h>
#include <string.h>

enum { CHECK_LEAVES = 16 };

typedef struct leaf_values { /* values that are moved, and the gradient that was computed for them */
    const char *name;
    float *values;
    const float *gradient;
    size_t rows, width, stride, gradient_stride; /* in floats */
} leaf_values;

typedef struct checking {
    ink_gradient_check *c;
    ink_plan plan;
    ink_run run;
    ink_view weights; /* r */
    leaf_values leaves[CHECK_LEAVES];
    size_t count;
} checking;

static double check_loss(checking *k)
{
    const ink_node *y = k->c->y;
    const ink_view v = ink_plan_data(&k->plan, y);
    double sum = 0;
    for (size_t r = 0; r < ink_node_rows(y, k->run.sizes); r++)
        for (size_t i = 0; i < ink_node_width(y); i++)
            sum += (double)ink_view_row(k->weights, r)[i] * (double)ink_view_row(v, r)[i];
    return sum;
}

static double check_moved(checking *k, float *value, float to, double *at)
{
    *value = to;
    *at = (double)*value;
    ink_plan_run(&k->plan, &k->run);
    return check_loss(k);
}

/* (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h */
static double check_slope(checking *k, float *value, double h)
{
    const float x = *value;
    double a, b, c, d, near, far;
    near = check_moved(k, value, (float)((double)x + h), &a) - check_moved(k, value, (float)((double)x - h), &b);
    far = check_moved(k, value, (float)((double)x + 2 * h), &c) - check_moved(k, value, (float)((double)x - 2 * h), &d);
    *value = x;
    return (4 * near / (a - b) - far / (c - d)) / 3;
}

static void check_leaf(checking *k, const leaf_values *l)
{
    double most = 1e-30, error = 0;
    for (size_t r = 0; r < l->rows; r++)
        for (size_t i = 0; i < l->width; i++)
            most = fmax(most, fabs((double)l->gradient[r * l->gradient_stride + i]));
    for (size_t r = 0; r < l->rows; r++)
        for (size_t i = 0; i < l->width; i++) {
            double got = (double)l->gradient[r * l->gradient_stride + i], want = check_slope(k, &l->values[r * l->stride + i], k->c->step != 0 ? k->c->step : 1.0 / 32);
            error = fmax(error, fabs(got - want));
        }
    if (!(error / most <= k->c->worst)) {
        k->c->worst = error / most;
        k->c->where = l->name;
    }
}

static ink_status check_add(checking *k, leaf_values l, ink_err *err)
{
    size_t bytes = l.rows * l.gradient_stride * sizeof(float);
    float *copy = ink_arena_alloc(k->c->g->arena, bytes); /* later runs overwrite it, or add to it */
    if (!copy)
        return ink_arena_refused(k->c->g->arena, bytes, err);
    if (k->count == CHECK_LEAVES)
        return ink_fail(err, INK_E_LIMIT, "more than %d leaves are checked", CHECK_LEAVES);
    memcpy(copy, l.gradient, bytes);
    l.gradient = copy;
    k->leaves[k->count++] = l;
    return INK_OK;
}

static ink_view check_gradient(const checking *k, const ink_node *n)
{
    return n->op ? ink_plan_data(&k->plan, n) : k->run.inputs[n->slot];
}

static ink_status check_leaves(checking *k, ink_node *const *gradients, ink_err *err)
{
    const ink_gradient_check *c = k->c;
    for (size_t i = 0; i < c->count; i++) {
        const ink_node *x = c->leaves[i];
        const ink_view v = k->run.inputs[x->slot], d = gradients[i] ? check_gradient(k, gradients[i]) : (ink_view){ NULL, 0 };
        if (!d.data)
            return ink_fail(err, INK_E_ARGUMENT, "the result does not depend on %s", x->name);
        INK_TRY(check_add(k, (leaf_values){ x->name, (float *)(void *)v.data, (const float *)(const void *)d.data, ink_node_rows(x, k->run.sizes), ink_node_width(x),
                                            v.stride / sizeof(float), d.stride / sizeof(float) }, err));
    }
    for (size_t i = 0; i < c->g->count; i++) {
        const ink_node *x = c->g->nodes[i];
        if (x->leaf != INK_LEAF_WEIGHT || !x->constant->learns)
            continue;
        INK_TRY(check_add(k, (leaf_values){ x->name, (float *)(uintptr_t)x->constant->data, x->constant->gradient, x->dim[0].count, ink_node_width(x), ink_node_width(x),
                                            ink_node_width(x) }, err));
    }
    return INK_OK;
}

static void check_fill(ink_view v, size_t rows, size_t width)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++)
            ink_view_row(v, r)[i] = (float)(2 * ink_rng_uniform(7, r, i) - 1);
}

static ink_status check_run(checking *k, ink_node *const *gradients, ink_err *err)
{
    ink_gradient_check *c = k->c;
    size_t rows = ink_node_rows(c->y, c->run->sizes), stride = ink_node_stride(c->y);
    k->run = *c->run;
    k->weights = (ink_view){ ink_arena_alloc(c->g->arena, rows * stride), stride };
    if (!k->weights.data)
        return ink_arena_refused(c->g->arena, rows * stride, err);
    check_fill(k->weights, rows, ink_node_width(c->y));
    k->run.inputs[c->slot] = k->weights;
    ink_plan_run(&k->plan, &k->run);
    INK_TRY(check_leaves(k, gradients, err));
    for (size_t i = 0; i < k->count; i++)
        check_leaf(k, &k->leaves[i]);
    return INK_OK;
}

ink_status ink_graph_check_gradient(ink_gradient_check *c, ink_err *err)
{
    ink_node *gradients[CHECK_LEAVES], *dy = ink_graph_input(c->g, c->slot, "dy", c->y->dim[0].size, ink_node_width(c->y));
    checking k = { .c = c };
    c->worst = 0;
    c->where = "nothing";
    if (c->count > CHECK_LEAVES)
        return ink_fail(err, INK_E_LIMIT, "more than %d leaves are checked", CHECK_LEAVES);
    c->y->output = true;
    INK_TRY(ink_graph_gradient(c->g, c->y, dy, c->sum, c->leaves, c->count, gradients));
    INK_TRY(ink_plan_make(c->g, c->run->k, c->run->sizes, ink_pool_threads(c->run->pool), &k.plan, err));
    INK_TRY(ink_plan_allocate(&k.plan, err));
    ink_status status = check_run(&k, gradients, err);
    ink_plan_free(&k.plan);
    return status;
}
