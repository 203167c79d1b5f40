/* Labels of texts: the row where a model's head for labels looks, by an embedder, and the head on it. */
#include "graph/plan.h"
#include "models/classes.h"

#include <ink/classify.h>
#include <ink/embed.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_ROW };

struct ink_classifier {
    const ink_model *model;
    ink_labels labels;
    ink_embedder *embedder;
    ink_arena *arena;
    ink_kernels kernels;
    ink_pool *pool;
    ink_nn_weights weights;   /* the head's */
    ink_graph graph;
    ink_plan plan;
    ink_node *said;
    float *row;
};

ink_status ink_classifier_labels(const ink_model *model, size_t *count, ink_err *err)
{
    ink_labels labels = { 0 };
    const ink_status status = ink_classes_of(model, &labels, err);
    *count = labels.count;
    ink_labels_clear(&labels);
    return status;
}

static ink_status classify_head(ink_classifier *c, ink_err *err)
{
    const ink_architecture *a = ink_model_architecture(c->model);
    const size_t bounds[INK_SIZES] = { 1, 1, 1, 1, 1 };
    c->weights = (ink_nn_weights){ .file = ink_model_weights(c->model), .rules = a->rules, .arena = c->arena };
    INK_TRY(ink_graph_init(&c->graph, c->arena, err));
    ink_net n = { .g = &c->graph, .weights = &c->weights };
    c->said = ink_classes_head(&n, a, ink_model_config(c->model), ink_graph_input(&c->graph, SLOT_ROW, "row", INK_SIZE_ROWS, ink_embedder_width(c->embedder)), c->labels.count);
    c->said->output = true;
    INK_TRY(ink_graph_check(&c->graph));
    INK_TRY(ink_plan_make(&c->graph, &c->kernels, bounds, ink_pool_threads(c->pool), &c->plan, err));
    INK_TRY(ink_plan_allocate(&c->plan, err));
    return ink_nn_weights_load(&c->weights, c->pool, err);
}

static ink_status classify_fill(ink_classifier *c, size_t threads, ink_err *err)
{
    const bool encoder = ink_model_describe(c->model)->encoder;
    INK_TRY(ink_classes_of(c->model, &c->labels, err));
    if (!c->labels.count)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s has no head for labels; inkstone train stage=classify teaches one", ink_weights_path(ink_model_weights(c->model)));
    INK_TRY(ink_embedder_open(c->model, &(ink_embed_options){ .threads = threads, .pooling = encoder ? INK_POOL_CLS : INK_POOL_LAST, .raw = true }, &c->embedder, err));
    INK_TRY(ink_arena_new("classifier", 0, &c->arena, err));
    INK_TRY(ink_kernels_init(&c->kernels, err));
    INK_TRY(ink_pool_new(1, &c->pool, err));
    c->row = ink_arena_array(c->arena, ink_embedder_width(c->embedder) + 16, sizeof *c->row);
    return c->row ? classify_head(c, err) : ink_arena_refused(c->arena, ink_embedder_width(c->embedder) * sizeof *c->row, err);
}

ink_status ink_classifier_open(const ink_model *model, size_t threads, ink_classifier **out, ink_err *err)
{
    ink_classifier *c = calloc(1, sizeof *c);
    if (!c)
        return ink_fail(err, INK_E_MEMORY, "no memory to open a model");
    c->model = model;
    const ink_status status = classify_fill(c, threads, err);
    if (status)
        ink_classifier_close(c);
    else
        *out = c;
    return status;
}

void ink_classifier_close(ink_classifier *c)
{
    if (!c)
        return;
    ink_plan_free(&c->plan);
    ink_nn_weights_free(&c->weights);
    ink_embedder_close(c->embedder);
    ink_labels_clear(&c->labels);
    ink_pool_free(c->pool);
    ink_arena_free(c->arena);
    free(c);
}

const char *ink_classifier_label(const ink_classifier *c, size_t i) { return i < c->labels.count ? c->labels.names[i] : NULL; }

static void classify_softmax(const float *x, size_t n, double *p)
{
    double most = (double)x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        most = fmax(most, (double)x[i]);
    for (size_t i = 0; i < n; i++)
        sum += p[i] = exp((double)x[i] - most);
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

static ink_status classify_ids(ink_classifier *c, const ink_ids *ids, size_t second, double *probabilities, ink_err *err)
{
    ink_run r = { .k = &c->kernels, .pool = c->pool, .sizes = { 1, 1, 1, 1, 1 } };
    INK_TRY(ink_embedder_vectors(c->embedder, &(ink_embed_text){ .ids = ids->at, .count = ids->count, .second = second }, 1, c->row, err));
    r.inputs[SLOT_ROW] = (ink_view){ (uint8_t *)c->row, 0 };
    ink_plan_run(&c->plan, &r);
    classify_softmax(ink_view_row(ink_plan_data(&c->plan, c->said), 0), c->labels.count, probabilities);
    return INK_OK;
}

ink_status ink_classifier_run(ink_classifier *c, const char *text, const char *second, double *probabilities, bool *cut, ink_err *err)
{
    const ink_class_text t = { text, second, strlen(text), second ? strlen(second) : 0 };
    ink_ids ids = { 0 };
    size_t at;
    ink_status status = ink_classes_ids(c->model, &t, ink_embedder_longest(c->embedder), &ids, &at, cut, err);
    if (status == INK_OK)
        status = classify_ids(c, &ids, at, probabilities, err);
    ink_ids_clear(&ids);
    return status;
}
