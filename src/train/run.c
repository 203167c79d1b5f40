/* The loop. Which samples a step sees, and with which rate, are functions of its number alone, so that a run that goes on from
   a checkpoint needs nothing but weights and moments. */
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "models/labels.h"
#include "train/train.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct run {
    const ink_train_options *o;
    const ink_train_hooks *hooks;
    char *model_path;
    ink_model *model;
    ink_examples train, eval, pairs;
    ink_learner *learner;
    ink_optimiser optimiser;
    ink_average average;
    ink_log log;
    ink_method_layers layers;
    ink_packs packs;      /* of samples to learn from: what an order puts in order */
    ink_masking masking;  /* stage mlm */
    ink_spans spans;      /* stage span */
    ink_labels labels;    /* stage tag */
    ink_labels classes;   /* stage classify */
    ink_samples samples;
    uint32_t *order;      /* of epoch `epoch` */
    uint32_t *chosen;     /* samples of a step */
    size_t epoch, epoch_steps, steps;
    ink_train_state at;
    size_t saved;         /* the step of the last checkpoint */
} run;

static void run_say(const run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void run_say(const run *r, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (r->hooks->say)
        r->hooks->say(r->hooks->user, text);
}

static ink_status run_check(const ink_train_options *o, ink_err *err)
{
    const struct { const char *name, *value; } needed[] = { { "model", o->model }, { "dataset", o->dataset }, { "output_dir", o->output_dir } };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].value || !*needed[i].value)
            return ink_fail(err, INK_E_ARGUMENT, "the run does not say its %s", needed[i].name);
    const struct { bool wants; const char *what; } waits[] = { { o->patience, "early_stopping_steps" }, { o->load_best, "load_best_model_at_end" }, { ink_schedule_waits(o), "the schedule plateau" } };
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if (waits[i].wants && !o->eval_dataset)
            return ink_fail(err, INK_E_ARGUMENT, "%s goes by measurements, and the run has no eval_dataset", waits[i].what);
    if (!o->resume && !o->overwrite && ink_has_checkpoint(o->output_dir))
        return ink_fail(err, INK_E_ARGUMENT, "%s holds checkpoints of another run: --resume goes on with it, overwrite_output_dir=true starts afresh", o->output_dir);
    return INK_OK;
}

/* The folder of the adapter that learns, made first where none is given; NULL: the model itself learns. */
static ink_status run_adapter(run *r, ink_path *folder, const char **out, ink_err *err)
{
    *out = r->o->adapter;
    if (!r->layers.method->adapter) {
        if (!strcmp(ink_weights_format(ink_model_weights(r->model)), "gguf"))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: a GGUF cannot be saved after all of it has changed yet; start from the Hugging Face folder, or train an adapter", r->o->model);
        return INK_OK;
    }
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
    return ink_pairs_read(&whole, into, err);
}

static bool run_pairs_learn(const ink_train_options *o) { return o->stage == INK_STAGE_SEQ2SEQ || o->stage == INK_STAGE_SPAN; }

static size_t run_cutoff(const run *r)
{
    enum { USUAL = 1024 };
    const size_t context = ink_model_describe(r->model)->context;
    return r->o->cutoff ? (size_t)r->o->cutoff : context && context < USUAL ? context : USUAL;
}

/* Tokens of a pack. */
static size_t run_room(const run *r) { return run_cutoff(r) > r->train.longest ? run_cutoff(r) : r->train.longest; }

/* NULL: whatever the content is. Stages with rows of their own take no others, nor minimal pairs. */
static ink_status run_format(const run *r, const char **format, ink_err *err)
{
    static const char *const own[] = { [INK_STAGE_TAG] = "tags", [INK_STAGE_EMBED] = "anchors" };
    const char *only = own[r->o->stage];
    *format = r->o->dataset_format ? r->o->dataset_format : only;
    if (only && strcmp(*format, only))
        return ink_fail(err, INK_E_ARGUMENT, "this stage learns from rows of the format %s, not %.40s", only, *format);
    return only && r->o->eval_pairs ? ink_fail(err, INK_E_ARGUMENT, "eval_pairs measures models that foresee text, and this stage's does not") : INK_OK;
}

static ink_status run_read(run *r, const char *path, run_reader *read, ink_examples *into, ink_err *err)
{
    const ink_model_info *m = ink_model_describe(r->model);
    const ink_reading how = { .path = path, .model = r->model, .vocab = m->vocab, .cutoff = run_cutoff(r),
                              .answers = r->o->stage == INK_STAGE_SFT && !r->o->train_on_prompt, .masked = r->o->stage == INK_STAGE_MLM,
                              .pairs = run_pairs_learn(r->o), .spans = r->o->stage == INK_STAGE_SPAN, .labels = r->o->stage == INK_STAGE_TAG ? &r->labels : NULL, .classes = r->o->stage == INK_STAGE_CLASSIFY ? &r->classes : NULL, .anchors = r->o->stage == INK_STAGE_EMBED, .say = r->hooks->say, .user = r->hooks->user };
    if (m->context && how.cutoff > m->context && !ink_model_config(r->model)->endless)
        return ink_fail(err, INK_E_LIMIT, "cutoff_len is %zu, but the model has a context of %zu", how.cutoff, m->context);
    const char *format;
    INK_TRY(run_format(r, &format, err));
    INK_TRY(read(&how, format, into, err));
    if (into->dropped)
        run_say(r, "%s: %zu rows have nothing to learn and are left out", path, into->dropped);
    return INK_OK;
}

static size_t run_longest(const run *r)
{
    const size_t each[] = { r->packs.longest, r->eval.longest, r->pairs.longest };
    size_t longest = 0;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        longest = each[i] > longest ? each[i] : longest;
    return longest;
}

/* The gap that words are masked with, where any are to be. */
static ink_status run_masking(run *r, ink_err *err)
{
    static const char *const names[] = { "[MASK]", "<mask>" };
    const ink_tokenizer *t;
    bool wanted = false;
    r->masking = (ink_masking){ .part = r->o->masked, .mask = -1, .vocab = ink_model_config(r->model)->vocab, .seed = (uint64_t)r->o->seed };
    for (size_t i = 0; i < r->train.count; i++)
        wanted |= ink_masks(&r->masking, &r->train, i);
    for (size_t i = 0; i < r->eval.count; i++)
        wanted |= ink_masks(&r->masking, &r->eval, i);
    if (!wanted)
        return INK_OK;
    INK_TRY(ink_model_tokenizer(r->model, &t, err));
    for (size_t i = 0; i < sizeof names / sizeof *names && r->masking.mask < 0; i++)
        r->masking.mask = ink_tokenizer_find(t, names[i], strlen(names[i]));
    return r->masking.mask >= 0 ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s has no token for a gap ([MASK] or <mask>), and the data set has no labels that say what is masked", r->o->model);
}

/* As many sentinels as there are, one after the other. */
static void run_sentinels(ink_spans *s, const ink_tokenizer *t, const char *before)
{
    char name[64];
    for (int32_t id = 0; s->sentinel_count < INK_SENTINELS && id >= 0;) {
        const int n = snprintf(name, sizeof name, "%s<extra_id_%zu>", before, s->sentinel_count);
        id = ink_tokenizer_find(t, name, (size_t)n);
        if (id >= 0)
            s->sentinels[s->sentinel_count++] = id;
    }
}

/* The sentinels that stand for spans, as T5 and mT5 call them, and what the sides begin and end with. */
static ink_status run_spans(run *r, ink_err *err)
{
    static const char *const before[] = { "", "\xe2\x96\x81" };
    const ink_tokenizer *t;
    ink_spans *s = &r->spans;
    bool wanted = false;
    *s = (ink_spans){ .part = r->o->masked, .mean = r->o->span, .start = (int32_t)ink_model_config(r->model)->start, .end = -1, .seed = (uint64_t)r->o->seed };
    for (size_t i = 0; i < r->train.count; i++)
        wanted |= ink_spans_draws(s, &r->train, i);
    for (size_t i = 0; i < r->eval.count; i++)
        wanted |= ink_spans_draws(s, &r->eval, i);
    if (!wanted)
        return INK_OK;
    INK_TRY(ink_model_tokenizer(r->model, &t, err));
    for (size_t i = 0; i < sizeof before / sizeof *before && !s->sentinel_count; i++)
        run_sentinels(s, t, before[i]);
    s->end = ink_tokenizer_closing(t) >= 0 ? ink_tokenizer_closing(t) : ink_tokenizer_eos(t);
    return s->sentinel_count ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s has no tokens that stand for spans (<extra_id_0>, …), and the data set has no labels", r->o->model);
}

/* Labels are those of the model where it has a head for them, else those of the data, and a head is put beside the weights first. */
static ink_status run_classes(run *r, ink_err *err)
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

static ink_status run_classes_check(const run *r, ink_err *err)
{
    const ink_train_options *o = r->o;
    if (o->stage != INK_STAGE_CLASSIFY)
        return INK_OK;
    if (o->packing || o->eval_pairs)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s is for models that foresee text; stage classify learns labels", o->packing ? "packing" : "eval_pairs");
    return INK_OK;
}

static ink_status run_open(run *r, ink_err *err)
{
    const ink_train_options *o = r->o;
    INK_TRY(ink_start_from(o, &r->model_path, err));
    INK_TRY(ink_model_open(r->model_path, &r->model, err));
    if (o->stage == INK_STAGE_TAG)
        INK_TRY(ink_labels_known(&r->labels, r->model, o->adapter, err));
    INK_TRY(run_classes_check(r, err));
    INK_TRY(ink_samples_open(&r->samples, o, r->model, err));
    if (o->stage == INK_STAGE_CLASSIFY)
        INK_TRY(ink_classes_of(r->model, r->layers.method->adapter ? o->adapter : NULL, &r->classes, err));
    INK_TRY(run_read(r, o->dataset, ink_examples_read, &r->train, err));
    r->labels.closed = true;
    INK_TRY(run_classes(r, err));
    const bool masked = o->stage == INK_STAGE_MLM, paired = o->stage == INK_STAGE_EMBED;
    if ((masked || paired || r->labels.count) && o->packing)
        return ink_fail(err, INK_E_UNSUPPORTED, "packing puts samples side by side for models that foresee text; stages mlm, tag and embed take them one by one");
    INK_TRY(paired ? ink_packs_pairs(&r->train, &r->packs, err) : ink_packs_make(&r->train, o->packing ? run_room(r) : 0, &r->packs, err));
    if (o->eval_dataset)
        INK_TRY(run_read(r, o->eval_dataset, ink_examples_read, &r->eval, err));
    if (o->eval_pairs)
        INK_TRY(run_read(r, o->eval_pairs, run_pairs, &r->pairs, err));
    if (masked)
        INK_TRY(run_masking(r, err));
    const bool spans = o->stage == INK_STAGE_SPAN;
    if (run_pairs_learn(o) && (o->eval_pairs || (spans && o->packing)))
        return ink_fail(err, INK_E_UNSUPPORTED, o->eval_pairs ? "minimal pairs (eval_pairs) are for models that foresee text" : "packing does not go with spans that are drawn; stage span takes samples one by one");
    if (spans)
        INK_TRY(run_spans(r, err));
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
    const ink_learner_options how = { .threads = (size_t)o->threads, .samples = (size_t)o->batch * (paired ? 2 : 1), .context = run_longest(r) + (spans ? INK_SPAN_ROOM : 0), .bf16 = o->dtype == 1, .recompute = (ink_recompute)o->recompute, .learns = ink_method_learns, .learns_user = &r->layers,
                                      .classes = r->classes.count, .keeps = r->layers.method->keeps, .adapter = adapter, .encodes = ink_method_encodes(o, r->layers.method), .masking = masked ? &r->masking : NULL, .tags = r->labels.count ? &r->labels : NULL, .temperature = paired ? o->temperature : 0, .pairs = run_pairs_learn(o), .spans = spans ? &r->spans : NULL, .dropout = o->dropout, .lora_dropout = o->lora_dropout, .seed = (uint64_t)o->seed, .moments = ink_optimiser_moments(o) + (o->average > 0), .at_once = o->accumulate == 1 };
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
    r->epoch_steps = (r->packs.count + group - 1) / group;
    r->steps = o->max_steps ? (size_t)o->max_steps : (size_t)ceil(o->epochs * (double)r->epoch_steps);
    r->epoch = SIZE_MAX;
    return ink_path_make(o->output_dir, err);
}

/* The packs of a step: `count` of them from *which on. */
static void run_samples(run *r, size_t step, const uint32_t **which, size_t *count)
{
    const size_t group = (size_t)(r->o->batch * r->o->accumulate), epoch = step / r->epoch_steps, at = step % r->epoch_steps * group;
    if (epoch != r->epoch)
        ink_order_make(r->packs.count, r->o->shuffle, (uint64_t)r->o->seed, epoch, r->order);
    r->epoch = epoch;
    *which = r->order + at;
    *count = r->packs.count - at < group ? r->packs.count - at : group;
}

static size_t run_pack_size(const run *r, const uint32_t *which, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += r->packs.starts[which[i] + 1] - r->packs.starts[which[i]];
    return n;
}

/* The samples of packs, in order. */
static size_t run_choose(run *r, const uint32_t *which, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = r->packs.starts[which[i]]; k < r->packs.starts[which[i] + 1]; k++)
            r->chosen[n++] = r->packs.samples[k];
    return n;
}

static size_t run_scored(const run *r, const ink_examples *e, const uint32_t *which, size_t count)
{
    size_t scored = 0;
    for (size_t i = 0; i < count; i++)
        scored += ink_learner_scored(r->learner, e, which[i]);
    return scored;
}

/* Where numbers ended: the samples and the first weight, in the order of the model, that feels it. */
static ink_status run_finite(const run *r, double loss, double norm, const uint32_t *which, size_t count, ink_err *err)
{
    char samples[128] = "";
    if (isfinite(loss) && isfinite(norm))
        return INK_OK;
    for (size_t i = 0, at = 0; i < count && at < sizeof samples - 16; i++)
        at += (size_t)snprintf(samples + at, sizeof samples - at, "%s%u", i ? ", " : "", which[i] + 1);
    const char *weight = ink_optimiser_broken(&r->optimiser);
    return ink_fail(err, INK_E_FORMAT, "step %zu: %s is not a number any more, first in the gradient of %s, with samples %s; the last checkpoint (step %zu) is untouched; try a smaller learning_rate",
                    r->at.step + 1, isfinite(loss) ? "the gradient" : "the loss", weight ? weight : "no weight", samples, r->saved);
}

static ink_status run_step(run *r, ink_train_report *report, ink_err *err)
{
    const ink_train_options *o = r->o;
    const uint32_t *which;
    size_t count, batch = (size_t)o->batch, tokens = 0;
    double began = ink_clock_seconds(), loss = 0;
    run_samples(r, r->at.step, &which, &count);
    r->learner->round = r->epoch;
    const size_t samples = run_choose(r, which, count), scored = run_scored(r, &r->train, r->chosen, samples);
    for (size_t i = 0, at = 0, n; i < count; i += batch, at += n) {
        n = run_pack_size(r, which + i, count - i < batch ? count - i : batch);
        r->learner->draw.step = (uint64_t)r->at.step * (uint64_t)o->accumulate + i / batch;
        loss += ink_learner_learn(r->learner, &r->train, r->chosen + at, n, 1 / (double)scored);
        for (size_t s = 0; s < n; s++)
            tokens += ink_examples_length(&r->train, r->chosen[at + s]);
    }
    loss /= (double)scored;
    const double norm = ink_optimiser_norm(&r->optimiser, r->epoch), rate = ink_schedule_rate(o, &r->at.plateau, r->at.step, r->steps);
    INK_TRY(run_finite(r, loss, norm, r->chosen, samples, err));
    ink_optimiser_step(&r->optimiser, r->at.step, rate, o->max_norm > 0 && norm > o->max_norm ? o->max_norm / (norm + 1e-6) : 1);
    r->at.step++;
    ink_average_see(&r->average, r->learner->pool, r->at.step);
    const double took = ink_clock_seconds() - began;
    double gops, multiplying;
    ink_learner_products(r->learner, &gops, &multiplying);
    *report = (ink_train_report){ .step = r->at.step, .steps = r->steps, .epoch = (double)r->at.step / (double)r->epoch_steps, .loss = loss, .grad_norm = norm, .rate = rate,
                                  .tokens_per_second = (double)tokens / took, .product_gops = gops, .product_time = multiplying / took, .eval_loss = (double)NAN, .eval_perplexity = (double)NAN, .eval_accuracy = (double)NAN, .pairs_accuracy = (double)NAN };
    return ink_log_add(&r->log, report, err);
}

/* A lower loss than any before is worth keeping what has it. */
static ink_status run_judge(run *r, double loss, ink_err *err)
{
    const bool better = loss < r->at.best;
    ink_plateau_see(r->o, &r->at.plateau, loss);
    r->at.waited = better ? 0 : r->at.waited + 1;
    if (!better)
        return INK_OK;
    r->at.best = loss;
    r->at.best_step = r->at.step;
    return r->o->patience || r->o->load_best ? ink_save_best(r->learner, r->o->output_dir, err) : INK_OK;
}

static double run_eval_loss(run *r)
{
    const size_t batch = (size_t)r->o->batch * (r->o->stage == INK_STAGE_EMBED ? 2 : 1);
    double loss = 0;
    r->epoch = SIZE_MAX; /* its order makes room */
    r->learner->round = 0;
    r->learner->right = 0;
    ink_order_make(r->eval.count, false, 0, 0, r->order);
    for (size_t i = 0; i < r->eval.count; i += batch)
        loss += ink_learner_measure(r->learner, &r->eval, r->order + i, r->eval.count - i < batch ? r->eval.count - i : batch, NULL);
    return loss / (double)run_scored(r, &r->eval, r->order, r->eval.count);
}

static ink_status run_measure_now(run *r, ink_train_report *report, ink_err *err)
{
    if (r->eval.count) {
        report->eval_loss = run_eval_loss(r);
        if (r->classes.count)
            report->eval_accuracy = (double)r->learner->right / (double)r->eval.count;
        else
            report->eval_perplexity = exp(report->eval_loss);
    }
    if (r->pairs.count)
        report->pairs_accuracy = ink_pairs_measure(r->learner, &r->pairs, (size_t)r->o->batch);
    if (r->samples.count)
        INK_TRY(ink_samples_draw(&r->samples, r->learner, err));
    report->samples = r->samples.said;
    report->sample_count = r->samples.count;
    INK_TRY(ink_log_add(&r->log, report, err));
    return r->eval.count ? run_judge(r, report->eval_loss, err) : INK_OK;
}

static ink_status run_measure(run *r, ink_train_report *report, ink_err *err)
{
    ink_average_swap(&r->average);
    const ink_status status = run_measure_now(r, report, err);
    ink_average_swap(&r->average);
    return status;
}

static bool run_due(const run *r, int64_t every)
{
    return every ? r->at.step % (size_t)every == 0 || r->at.step == r->steps : r->at.step == r->steps;
}

static ink_status run_save(run *r, ink_err *err)
{
    if (r->saved == r->at.step)
        return INK_OK;
    ink_log_sync(&r->log);
    INK_TRY(ink_save_checkpoint(&r->optimiser, &r->average, r->o->output_dir, &r->at, (size_t)r->o->save_total_limit, err));
    r->saved = r->at.step;
    return ink_curve_draw(r->o->output_dir, err);
}

/* Nothing has become better for long enough. */
static bool run_idle(const run *r) { return r->o->patience && r->at.waited >= (size_t)r->o->patience; }

static ink_status run_loop(run *r, ink_err *err)
{
    while (r->at.step < r->steps && !run_idle(r)) {
        ink_train_report report;
        INK_TRY(run_step(r, &report, err));
        if ((r->eval.count || r->pairs.count || r->samples.count) && run_due(r, r->o->eval_steps))
            INK_TRY(run_measure(r, &report, err));
        const bool stop = r->hooks->step && !r->hooks->step(r->hooks->user, &report);
        if (stop || run_idle(r) || run_due(r, r->o->save_steps))
            INK_TRY(run_save(r, err));
        if (stop && r->at.step < r->steps && !run_idle(r))
            return ink_fail(err, INK_E_STOPPED, "stopped after step %zu of %zu, and saved; --resume goes on from there", r->at.step, r->steps);
    }
    return INK_OK;
}

static ink_status run_begin(run *r, ink_err *err)
{
    INK_TRY(run_check(r->o, err));
    r->layers.method = ink_method_find(r->o, err);
    return r->layers.method ? run_open(r, err) : err ? err->status : INK_E_ARGUMENT;
}

static ink_status run_all(run *r, ink_err *err)
{
    INK_TRY(run_begin(r, err));
    INK_TRY(r->o->resume ? ink_load_checkpoint(&r->optimiser, &r->average, r->o->output_dir, &r->at, err) : r->o->overwrite ? ink_drop_checkpoints(r->o->output_dir, err) : INK_OK);
    r->saved = r->at.step;
    run_say(r, r->at.step ? "going on after step %zu of %zu" : "%zu steps done, %zu to do", r->at.step, r->steps);
    INK_TRY(ink_log_open(&r->log, r->o->output_dir, r->at.step, err));
    INK_TRY(run_loop(r, err));
    if (run_idle(r))
        run_say(r, "the eval loss has not become lower than that of step %zu (%.4f) in %zu measurements: this is enough after step %zu", r->at.best_step, r->at.best, r->at.waited, r->at.step);
    ink_average_swap(&r->average);
    if (r->o->load_best && r->at.best_step != r->at.step)
        INK_TRY(ink_load_best(r->learner, r->o->output_dir, err));
    return ink_save_model(r->learner, r->o->output_dir, err);
}

static run run_new(const ink_train_options *o, const ink_train_hooks *hooks)
{
    run r = { .o = o, .hooks = hooks, .at = { .best = (double)INFINITY, .plateau = { .best = (double)INFINITY, .factor = 1 } } };
    for (size_t i = 0; i < INK_LOG_SHEETS; i++)
        r.log.sheets[i].fd = -1;
    return r;
}

static void run_close(run *r)
{
    ink_log_close(&r->log);
    ink_optimiser_close(&r->optimiser);
    ink_average_close(&r->average);
    ink_learner_close(r->learner);
    ink_examples_clear(&r->train);
    ink_examples_clear(&r->eval);
    ink_examples_clear(&r->pairs);
    ink_samples_close(&r->samples);
    ink_model_close(r->model);
    free(r->model_path);
    ink_packs_clear(&r->packs);
    ink_labels_clear(&r->labels);
    ink_labels_clear(&r->classes);
    free(r->order);
    free(r->chosen);
}

ink_status ink_train_run(const ink_train_options *o, const ink_train_hooks *hooks, ink_err *err)
{
    run r = run_new(o, hooks ? hooks : &(ink_train_hooks){ 0 });
    const ink_status status = run_all(&r, err);
    run_close(&r);
    return status;
}

/* ---- a plan ---- */

static ink_status run_plan(run *r, ink_train_plan *plan, ink_err *err)
{
    const uint32_t *which;
    size_t count;
    INK_TRY(run_begin(r, err));
    ink_plan_tell(r->learner, plan);
    plan->samples = r->train.count;
    plan->epoch_steps = r->epoch_steps;
    plan->steps = r->steps;
    plan->tokens = (double)r->train.ids.count * (double)r->steps / (double)r->epoch_steps;
    run_samples(r, 0, &which, &count);
    const size_t samples = run_choose(r, which, count < (size_t)r->o->batch ? count : (size_t)r->o->batch);
    ink_plan_clock(&r->optimiser, &r->train, r->chosen, samples, plan);
    return INK_OK;
}

ink_status ink_train_plan_make(const ink_train_options *asked, ink_train_plan *plan, ink_err *err)
{
    ink_train_options o = *asked;
    ink_path folder;
    const char *temp = getenv("TMPDIR");
    *plan = (ink_train_plan){ .part_count = 0 };
    INK_TRY(ink_path_format(&folder, err, "%s/inkstone-plan-XXXXXX", temp && *temp ? temp : "/tmp"));
    if (!mkdtemp(folder.text))
        return ink_fail(err, INK_E_IO, "%s: no folder can be made there for the time of planning", folder.text);
    o.output_dir = folder.text;
    run r = run_new(&o, &(ink_train_hooks){ 0 });
    ink_status status = run_plan(&r, plan, err);
    run_close(&r);
    const ink_status gone = ink_path_delete(folder.text, status == INK_OK ? err : NULL);
    return status == INK_OK ? gone : status;
}
