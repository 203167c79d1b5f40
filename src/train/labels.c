/* The head that stage tag learns: drawn where there is none, gone on with where there is one. */
#include "base/rng.h"
#include "models/labels.h"
#include "tensor/weights.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_STREAM = 1 << 19 }; /* what is drawn for other reasons has lower ones */

void ink_labels_draw(const ink_labels *l, uint64_t seed, size_t width, float *weight)
{
    const double most = 0.02 * sqrt(3); /* uniform, as wide as is usual of a normal draw */
    for (size_t i = 0; i < l->count * width; i++)
        weight[i] = (float)(most * (2 * ink_rng_uniform(seed, LABELS_STREAM, i) - 1));
}

ink_status ink_labels_known(ink_labels *l, const ink_model *model, const char *adapter, ink_err *err)
{
    if (adapter)
        return ink_labels_read(l, adapter, err);
    return ink_nn_task_labels(ink_model_weights(model)) ? ink_labels_read(l, ink_weights_folder(ink_model_weights(model)), err) : INK_OK;
}

/* A model without a head may have names without its family's prefix, which nobody finds beside one that has a head. */
static ink_status labels_rename(ink_weights *w, const ink_name_rule *rules, ink_err *err)
{
    for (size_t i = 0; i < ink_weights_count(w); i++) {
        char name[INK_NAMES_LONGEST];
        ink_names_general(rules, ink_weights_format(w), ink_weights_at(w, i)->name, name);
        if (strcmp(name, ink_weights_at(w, i)->name))
            INK_TRY(ink_weights_put(w, i, name, NULL, err));
    }
    return INK_OK;
}

ink_status ink_labels_head(const ink_labels *l, ink_model *model, uint64_t seed, ink_err *err)
{
    ink_weights *w = (ink_weights *)(uintptr_t)ink_model_weights(model);
    const size_t width = ink_model_config(model)->width, there = ink_nn_task_labels(w);
    if (there)
        return there == l->count ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s has a head for %zu tags, but the data set has %zu", ink_weights_path(w), there, l->count);
    float *values = calloc(l->count * width + l->count, sizeof *values);
    if (!values)
        return ink_fail(err, INK_E_MEMORY, "no memory for a head of %zu tags", l->count);
    ink_labels_draw(l, seed, width, values + l->count);
    ink_status status = labels_rename(w, ink_model_architecture(model)->rules, err);
    if (!status)
        status = ink_weights_make(w, "classifier.weight", l->count, width, values + l->count, err);
    if (!status)
        status = ink_weights_make(w, "classifier.bias", 0, l->count, values, err);
    free(values);
    return status ? status : ink_weights_seal(w, err);
}
