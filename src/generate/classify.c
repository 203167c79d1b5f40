/* Labels of texts: an embedder whose head is one for labels. */
#include "models/classes.h"

#include <ink/classify.h>
#include <ink/embed.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ink_classifier {
    const ink_model *model;
    ink_labels labels;
    ink_embedder *embedder;
};

ink_status ink_classifier_labels(const ink_model *model, const char *adapter, size_t *count, ink_err *err)
{
    ink_labels labels = { 0 };
    const ink_status status = ink_classes_of(model, adapter, &labels, err);
    *count = labels.count;
    ink_labels_clear(&labels);
    return status;
}

static ink_status classify_fill(ink_classifier *c, const char *adapter, size_t threads, ink_err *err)
{
    INK_TRY(ink_classes_of(c->model, adapter, &c->labels, err));
    if (!c->labels.count)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s has no head for labels; inkstone train stage=classify teaches one", ink_weights_path(ink_model_weights(c->model)));
    const ink_embed_options how = { .threads = threads, .head = true, .labels = c->labels.count, .adapters = &adapter, .adapter_count = adapter != NULL };
    return ink_embedder_open(c->model, &how, &c->embedder, err);
}

ink_status ink_classifier_open(const ink_model *model, const char *adapter, size_t threads, ink_classifier **out, ink_err *err)
{
    ink_classifier *c = calloc(1, sizeof *c);
    if (!c)
        return ink_fail(err, INK_E_MEMORY, "no memory to open a model");
    c->model = model;
    const ink_status status = classify_fill(c, adapter, threads, err);
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
    ink_embedder_close(c->embedder);
    ink_labels_clear(&c->labels);
    free(c);
}

const char *ink_classifier_label(const ink_classifier *c, size_t i) { return i < c->labels.count ? c->labels.names[i] : NULL; }

typedef struct classify_said {
    size_t count;
    double *p;
} classify_said;

/* The softmax of what the head says. */
static void classify_row(void *user, size_t index, const float *x)
{
    const classify_said *s = user;
    double most = (double)x[0], sum = 0;
    (void)index;
    for (size_t i = 1; i < s->count; i++)
        most = fmax(most, (double)x[i]);
    for (size_t i = 0; i < s->count; i++)
        sum += s->p[i] = exp((double)x[i] - most);
    for (size_t i = 0; i < s->count; i++)
        s->p[i] /= sum;
}

ink_status ink_classifier_run(ink_classifier *c, const char *text, const char *second, double *probabilities, bool *cut, ink_err *err)
{
    const ink_class_text t = { text, second, strlen(text), second ? strlen(second) : 0 };
    ink_ids ids = { 0 };
    size_t at;
    ink_status status = ink_classes_ids(c->model, &t, ink_embedder_longest(c->embedder), &ids, &at, cut, err);
    if (status == INK_OK)
        status = ink_embedder_rows(c->embedder, &(ink_embed_text){ .ids = ids.at, .count = ids.count, .second = at }, true, classify_row, &(classify_said){ c->labels.count, probabilities }, err);
    ink_ids_clear(&ids);
    return status;
}
