#include "base/file.h"
#include "base/path.h"
#include "models/tagging.h"

#include <ink/tag.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ink_tagger {
    const ink_model *model;
    ink_embedder *embedder;
    ink_labels labels;
    ink_ids ids;    /* of the words at hand, as are the following */
    size_t *starts;
    size_t count;
    ink_tag *tags;
};

/* Names lie beside the head: with the last adapter that has them, or with the model. */
static ink_status tagger_names(ink_tagger *t, const ink_tagger_options *o, ink_err *err)
{
    for (size_t i = o->adapter_count; i-- && !t->labels.count;) {
        ink_path folder;
        const char *spec = o->adapters[i], *colon = ink_file_kind(spec) ? NULL : strrchr(spec, ':'); /* before a scale */
        INK_TRY(ink_path_format(&folder, err, "%.*s", colon ? (int)(colon - spec) : (int)strlen(spec), spec));
        INK_TRY(ink_labels_read(&t->labels, folder.text, err));
    }
    if (!t->labels.count)
        INK_TRY(ink_labels_read(&t->labels, ink_weights_folder(ink_model_weights(t->model)), err));
    const size_t head = ink_embedder_labels(t->embedder);
    return t->labels.count == head ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: the head has %zu tags, but %zu have a name (id2label of config.json, labels.json of an adapter)",
                                                       ink_weights_path(ink_model_weights(t->model)), head, t->labels.count);
}

ink_status ink_tagger_open(const ink_model *model, const ink_tagger_options *o, ink_tagger **out, ink_err *err)
{
    ink_tagger *t = calloc(1, sizeof *t);
    if (!t)
        return ink_fail(err, INK_E_MEMORY, "no memory for a tagger");
    t->model = model;
    const ink_embed_options how = { .threads = o->threads, .raw = true, .tags = true, .adapters = o->adapters, .adapter_count = o->adapter_count };
    ink_status status = ink_embedder_open(model, &how, &t->embedder, err);
    if (!status)
        status = tagger_names(t, o, err);
    if (status)
        ink_tagger_close(t);
    else
        *out = t;
    return status;
}

void ink_tagger_close(ink_tagger *t)
{
    if (!t)
        return;
    ink_embedder_close(t->embedder);
    ink_labels_clear(&t->labels);
    ink_ids_clear(&t->ids);
    free(t);
}

static ink_tag tagger_best(const ink_tagger *t, const float *logits)
{
    size_t best = 0;
    double sum = 0;
    for (size_t i = 1; i < t->labels.count; i++)
        best = logits[i] > logits[best] ? i : best;
    for (size_t i = 0; i < t->labels.count; i++)
        sum += exp((double)logits[i] - (double)logits[best]);
    return (ink_tag){ t->labels.names[best], 1 / sum };
}

static void tagger_on_row(void *user, size_t index, const float *logits)
{
    ink_tagger *t = user;
    for (size_t i = 0; i < t->count; i++)
        if (t->starts[i] == index)
            t->tags[i] = tagger_best(t, logits);
}

ink_status ink_tagger_words(ink_tagger *t, const ink_text *words, size_t count, ink_tag *tags, ink_err *err)
{
    const ink_tokenizer *tokenizer;
    INK_TRY(ink_model_tokenizer(t->model, &tokenizer, err));
    t->ids.count = 0;
    t->count = count;
    t->tags = tags;
    memset(tags, 0, count * sizeof *tags);
    if (!count)
        return INK_OK;
    if (!(t->starts = calloc(count, sizeof *t->starts)))
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu words", count);
    ink_status status = ink_tagging_ids(tokenizer, words, count, &t->ids, t->starts, err);
    if (!status)
        status = ink_embedder_rows(t->embedder, &(ink_embed_text){ t->ids.at, t->ids.count }, true, tagger_on_row, t, err);
    free(t->starts);
    return status;
}
