/* What a run needs before its first step: the model, the data, what learns, each checked before time is spent. */
#include "base/count.h"
#include "base/file.h"
#include "models/labels.h"
#include "train/run.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ink_teaching_say(const ink_teaching *r, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (r->hooks->say)
        r->hooks->say(r->hooks->user, text);
}

/* The folder of the adapter that learns, made first where none is given; NULL: the model itself learns. */
static ink_status run_adapter(ink_teaching *r, ink_path *folder, const char **out, ink_err *err)
{
    *out = r->o->adapter;
    if (!r->layers.method->adapter)
        return INK_OK;
    if (r->o->adapter)
        return ink_file_kind(r->o->adapter) != 'f' ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s: training goes on from a PEFT folder, not from a file", r->o->adapter);
    INK_TRY(ink_path_format(folder, err, "%s/initial-adapter", r->o->output_dir));
    *out = folder->text;
    const ink_labels *labels = r->labels.count ? &r->labels : r->classes.count ? &r->classes : NULL;
    return ink_adapter_create(r->o, r->layers.method->adapter, r->model, labels, folder->text, err);
}

typedef ink_status run_reader(const ink_reading *r, const char *format, ink_examples *into, ink_err *err);

static ink_status run_pairs(const ink_reading *r, const char *format, ink_examples *into, ink_err *err)
{
    ink_reading whole = *r; /* a sentence is not cut */
    (void)format;
    whole.cutoff = ink_model_config(r->model)->context;
    whole.most = 0;
    return ink_pairs_read(&whole, into, err);
}

static bool run_pairs_learn(const ink_train_options *o) { return o->stage == INK_STAGE_SEQ2SEQ || o->stage == INK_STAGE_SPAN; }

static size_t run_cutoff(const ink_teaching *r)
{
    enum { USUAL = 1024 };
    const size_t context = ink_model_describe(r->model)->context;
    return r->o->cutoff ? (size_t)r->o->cutoff : context && context < USUAL ? context : USUAL;
}

/* Tokens of a pack. */
static size_t run_room(const ink_teaching *r) { return run_cutoff(r) > r->train.longest ? run_cutoff(r) : r->train.longest; }

/* NULL: whatever the content is. Stages with rows of their own take no others, nor minimal pairs. */
static ink_status run_format(const ink_teaching *r, const char **format, ink_err *err)
{
    static const char *const own[] = { [INK_STAGE_TAG] = "tags", [INK_STAGE_EMBED] = "anchors" };
    const char *only = own[r->o->stage];
    *format = r->o->dataset_format ? r->o->dataset_format : only;
    if (only && strcmp(*format, only))
        return ink_fail(err, INK_E_ARGUMENT, "this stage learns from rows of the format %s, not %.40s", only, *format);
    return only && r->o->eval_pairs ? ink_fail(err, INK_E_ARGUMENT, "eval_pairs measures models that foresee text, and this stage's does not") : INK_OK;
}

static ink_status run_read(ink_teaching *r, const char *path, run_reader *read, ink_examples *into, ink_err *err)
{
    const ink_model_info *m = ink_model_describe(r->model);
    const ink_reading how = { .path = path, .model = r->model, .vocab = m->vocab, .cutoff = run_cutoff(r), .most = (size_t)r->o->max_samples, .template_name = r->o->template_name,
                              .answers = r->o->stage == INK_STAGE_SFT && !r->o->train_on_prompt, .masked = r->o->stage == INK_STAGE_MLM,
                              .pairs = run_pairs_learn(r->o), .spans = r->o->stage == INK_STAGE_SPAN, .labels = r->o->stage == INK_STAGE_TAG ? &r->labels : NULL, .classes = r->o->stage == INK_STAGE_CLASSIFY ? &r->classes : NULL, .anchors = r->o->stage == INK_STAGE_EMBED, .say = r->hooks->say, .user = r->hooks->user };
    if (m->context && how.cutoff > m->context && !ink_model_config(r->model)->endless)
        return ink_fail(err, INK_E_LIMIT, "cutoff_len is %zu, but the model has a context of %zu", how.cutoff, m->context);
    const char *format;
    INK_TRY(run_format(r, &format, err));
    INK_TRY(read(&how, format, into, err));
    if (into->dropped)
        ink_teaching_say(r, "%s: %zu rows have nothing to learn and are left out", path, into->dropped);
    return INK_OK;
}

size_t ink_teaching_eval_batch(const ink_teaching *r) { return (size_t)(r->o->eval_batch ? r->o->eval_batch : r->o->batch) * (r->o->stage == INK_STAGE_EMBED ? 2 : 1); }

static size_t run_longest(const ink_teaching *r)
{
    const size_t each[] = { r->packs.longest, r->eval.longest, r->pairs.longest };
    size_t longest = 0;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        longest = each[i] > longest ? each[i] : longest;
    return longest;
}

/* Labels are those of the model where it has a head for them, else those of the data, and a head is put beside the weights first. */
static ink_status run_classes(ink_teaching *r, ink_err *err)
{
    ink_path folder, weights;
    if (r->o->stage != INK_STAGE_CLASSIFY || r->classes.closed)
        return INK_OK;
    r->classes.closed = true;
    if (r->classes.count < 2)
        return ink_fail(err, INK_E_FORMAT, "%s: all samples have one label; there is nothing to tell apart", r->o->dataset);
    if (r->layers.method->adapter) /* which gets the head */
        return r->o->adapter ? ink_fail(err, INK_E_ARGUMENT, "neither %s nor %s has a head for labels to go on with", r->o->model, r->o->adapter) : INK_OK;
    INK_TRY(ink_path_format(&folder, err, "%s/initial-labels", r->o->output_dir));
    INK_TRY(ink_path_format(&weights, err, "%s/model.safetensors", folder.text));
    INK_TRY(ink_path_make(folder.text, err));
    if (!r->o->resume || ink_file_kind(weights.text) != 'f') {
        const char *from = ink_weights_folder(ink_model_weights(r->model));
        if (from)
            INK_TRY(ink_save_beside(from, folder.text, true, err));
        INK_TRY(ink_classes_create(r->model, &r->classes, (uint64_t)r->o->seed, folder.text, err));
    }
    ink_model_close(r->model);
    r->model = NULL;
    return ink_model_open(folder.text, &r->model, err);
}

static ink_status run_classes_check(const ink_teaching *r, ink_err *err)
{
    const ink_train_options *o = r->o;
    if (o->stage != INK_STAGE_CLASSIFY)
        return INK_OK;
    if (o->packing || o->eval_pairs)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s is for models that foresee text; stage classify learns labels", o->packing ? "packing" : "eval_pairs");
    return INK_OK;
}

/* What is measured: a data set of its own, or rows that are set aside. */
static ink_status run_eval(ink_teaching *r, ink_err *err)
{
    const ink_train_options *o = r->o;
    if (o->eval_dataset)
        return run_read(r, o->eval_dataset, ink_examples_read, &r->eval, err);
    if (o->val_size <= 0)
        return INK_OK;
    INK_TRY(ink_examples_set_aside(&r->train, o->val_size, (uint64_t)o->seed, &r->eval, err));
    ink_teaching_say(r, "%zu samples are learned, %zu are set aside to be measured", r->train.count, r->eval.count);
    return INK_OK;
}

/* What a model without a chat template is taught conversations with, and asked with from then on. */
static ink_status run_template(ink_teaching *r, ink_err *err)
{
    const ink_tokenizer *t;
    const char *name = r->o->template_name;
    if (r->o->stage != INK_STAGE_SFT || ink_model_tokenizer(r->model, &t, NULL) != INK_OK)
        return INK_OK;
    INK_TRY(ink_template_named(t, name, &r->template, err));
    if (name && strcmp(name, "default") && !r->template)
        ink_teaching_say(r, "template %s is not needed: the model has a chat template of its own, and is taught with that", name);
    return INK_OK;
}

ink_status ink_teaching_open(ink_teaching *r, ink_err *err)
{
    const ink_train_options *o = r->o;
    INK_TRY(ink_start_from(o, &r->model_path, err));
    INK_TRY(ink_start_base(o, r->layers.method, r->hooks, &r->model_path, err));
    INK_TRY(ink_model_open(r->model_path, &r->model, err));
    if (o->stage == INK_STAGE_TAG)
        INK_TRY(ink_labels_known(&r->labels, r->model, o->adapter, err));
    INK_TRY(run_classes_check(r, err));
    INK_TRY(run_template(r, err));
    INK_TRY(ink_samples_open(&r->samples, o, r->model, err));
    if (o->stage == INK_STAGE_CLASSIFY)
        INK_TRY(ink_classes_of(r->model, r->layers.method->adapter ? o->adapter : NULL, &r->classes, err));
    INK_TRY(run_read(r, o->dataset, ink_examples_read, &r->train, err));
    r->labels.closed = true;
    INK_TRY(run_classes(r, err));
    INK_TRY(run_eval(r, err));
    const bool masked = o->stage == INK_STAGE_MLM, paired = o->stage == INK_STAGE_EMBED;
    if ((masked || paired || r->labels.count) && o->packing)
        return ink_fail(err, INK_E_UNSUPPORTED, "packing puts samples side by side for models that foresee text; stages mlm, tag and embed take them one by one");
    INK_TRY(paired ? ink_packs_pairs(&r->train, &r->packs, err) : ink_packs_make(&r->train, o->packing ? run_room(r) : 0, &r->packs, err));
    if (o->eval_pairs)
        INK_TRY(run_read(r, o->eval_pairs, run_pairs, &r->pairs, err));
    if (masked)
        INK_TRY(ink_masking_open(&r->masking, o, r->model, &r->train, &r->eval, err));
    const bool spans = o->stage == INK_STAGE_SPAN;
    if (run_pairs_learn(o) && (o->eval_pairs || (spans && o->packing)))
        return ink_fail(err, INK_E_UNSUPPORTED, o->eval_pairs ? "minimal pairs (eval_pairs) are for models that foresee text" : "packing does not go with spans that are drawn; stage span takes samples one by one");
    if (spans)
        INK_TRY(ink_spans_open(&r->spans, o, r->model, &r->train, &r->eval, err));
    if (r->labels.count && !r->layers.method->adapter)
        INK_TRY(ink_labels_head(&r->labels, r->model, (uint64_t)o->seed, err));
    ink_path folder;
    const char *adapter;
    r->layers.layers = ink_model_config(r->model)->layers;
    r->layers.some = o->layers;
    r->layers.layer_decay = o->layer_decay;
    r->layers.up = o->lora_plus;
    r->layers.embedding = ink_model_architecture(r->model)->embedding;
    INK_TRY(run_adapter(r, &folder, &adapter, err));
    const ink_learner_options how = { .threads = (size_t)o->threads, .samples = (size_t)o->batch * (paired ? 2 : 1), .measured = ink_teaching_eval_batch(r), .context = run_longest(r) + (spans ? INK_SPAN_ROOM : 0), .bf16 = o->dtype == 1, .recompute = (ink_recompute)o->recompute, .learns = ink_method_learns, .learns_user = &r->layers,
                                      .classes = r->classes.count, .keeps = r->layers.method->keeps, .template = strcmp(r->train.format, "ids") ? r->template : NULL, .adapter = adapter, .encodes = ink_method_encodes(o, r->layers.method), .masking = masked ? &r->masking : NULL, .tags = r->labels.count ? &r->labels : NULL, .temperature = paired ? o->temperature : 0, .pairs = run_pairs_learn(o), .spans = spans ? &r->spans : NULL, .dropout = o->dropout, .lora_dropout = o->lora_dropout, .seed = (uint64_t)o->seed, .moments = ink_optimiser_moments(o) + (o->average > 0), .at_once = o->accumulate == 1 };
    INK_TRY(ink_learner_open(r->model, &how, &r->learner, err));
    INK_TRY(ink_optimiser_open(&r->optimiser, o, &r->layers, r->learner, err));
    INK_TRY(ink_average_open(&r->average, o->average, r->learner->learning, err));
    if (o->packing && r->learner->prompt)
        return ink_fail(err, INK_E_UNSUPPORTED, "packing puts samples side by side, and a prompt stands before each of them; one or the other");
    r->order = malloc(((r->train.count > r->eval.count ? r->train.count : r->eval.count) + 1) * sizeof *r->order);
    r->chosen = malloc((r->train.count + 1) * sizeof *r->chosen);
    if (!r->order || !r->chosen)
        return ink_fail(err, INK_E_MEMORY, "no memory for the order of %zu samples", r->train.count);
    const size_t group = (size_t)(o->batch * o->accumulate);
    r->epoch_steps = ink_pieces(r->packs.count, group);
    r->steps = o->max_steps ? (size_t)o->max_steps : (size_t)ceil(o->epochs * (double)r->epoch_steps);
    r->epoch = SIZE_MAX;
    ink_settle_epochs(&r->settled, r->epoch_steps);
    return ink_path_make(o->output_dir, err);
}
