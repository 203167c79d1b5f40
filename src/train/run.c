/* The loop. Which samples a step sees, and with which rate, are functions of its number alone, so that a run that goes on from
   a checkpoint needs nothing but weights and moments. */
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
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
    ink_examples train, eval;
    ink_learner *learner;
    ink_optimiser optimiser;
    ink_log log;
    ink_method_layers layers;
    uint32_t *order;      /* of epoch `epoch` */
    size_t epoch, epoch_steps, step, steps;
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
    if (!o->resume && !o->overwrite && ink_has_checkpoint(o->output_dir))
        return ink_fail(err, INK_E_ARGUMENT, "%s holds checkpoints of another run: --resume goes on with it, overwrite_output_dir=true starts afresh", o->output_dir);
    return INK_OK;
}

/* The folder of the adapter that learns, made first where none is given; NULL: the model itself learns. */
static ink_status run_adapter(run *r, ink_path *folder, const char **out, ink_err *err)
{
    *out = r->o->adapter;
    if (r->layers.method->kind != INK_METHOD_ADAPTER) {
        if (!strcmp(ink_weights_format(ink_model_weights(r->model)), "gguf"))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: a GGUF cannot be saved after all of it has changed yet; start from the Hugging Face folder, or train an adapter", r->o->model);
        return INK_OK;
    }
    if (r->o->adapter)
        return INK_OK;
    INK_TRY(ink_path_format(folder, err, "%s/initial-adapter", r->o->output_dir));
    *out = folder->text;
    return ink_adapter_create(r->o, r->layers.method, r->model, folder->text, err);
}

static ink_status run_read(run *r, const char *path, ink_examples *into, ink_err *err)
{
    const ink_model_info *m = ink_model_describe(r->model);
    enum { USUAL = 1024 };
    const size_t least = m->context && m->context < USUAL ? m->context : USUAL;
    const ink_reading how = { .path = path, .model = r->model, .vocab = m->vocab, .cutoff = r->o->cutoff ? (size_t)r->o->cutoff : least,
                              .answers = r->o->stage == 1 && !r->o->train_on_prompt, .say = r->hooks->say, .user = r->hooks->user };
    if (m->context && how.cutoff > m->context)
        return ink_fail(err, INK_E_LIMIT, "cutoff_len is %zu, but the model has a context of %zu", how.cutoff, m->context);
    INK_TRY(ink_examples_read(&how, r->o->dataset_format, into, err));
    if (into->dropped)
        run_say(r, "%s: %zu rows have nothing to learn and are left out", path, into->dropped);
    return INK_OK;
}

static ink_status run_open(run *r, ink_err *err)
{
    const ink_train_options *o = r->o;
    INK_TRY(ink_start_from(o, &r->model_path, err));
    INK_TRY(ink_model_open(r->model_path, &r->model, err));
    INK_TRY(run_read(r, o->dataset, &r->train, err));
    if (o->eval_dataset)
        INK_TRY(run_read(r, o->eval_dataset, &r->eval, err));
    const size_t longest = r->train.longest > r->eval.longest ? r->train.longest : r->eval.longest;
    ink_path folder;
    const char *adapter;
    r->layers.layers = ink_model_config(r->model)->layers;
    r->layers.some = o->layers;
    r->layers.layer_decay = o->layer_decay;
    r->layers.up = o->lora_plus;
    r->layers.embedding = ink_model_architecture(r->model)->embedding;
    INK_TRY(run_adapter(r, &folder, &adapter, err));
    const ink_learner_options how = { .threads = (size_t)o->threads, .samples = (size_t)o->batch, .context = longest, .bf16 = o->dtype == 1, .learns = ink_method_learns, .learns_user = &r->layers, .adapter = adapter };
    INK_TRY(ink_learner_open(r->model, &how, &r->learner, err));
    INK_TRY(ink_optimiser_open(&r->optimiser, o, &r->layers, r->learner, err));
    r->order = malloc(((r->train.count > r->eval.count ? r->train.count : r->eval.count) + 1) * sizeof *r->order);
    if (!r->order)
        return ink_fail(err, INK_E_MEMORY, "no memory for the order of %zu samples", r->train.count);
    const size_t group = (size_t)(o->batch * o->accumulate);
    r->epoch_steps = (r->train.count + group - 1) / group;
    r->steps = o->max_steps ? (size_t)o->max_steps : (size_t)ceil(o->epochs * (double)r->epoch_steps);
    r->epoch = SIZE_MAX;
    return ink_path_make(o->output_dir, err);
}

/* The samples of a step: `count` of them from *which on. */
static void run_samples(run *r, size_t step, const uint32_t **which, size_t *count)
{
    const size_t group = (size_t)(r->o->batch * r->o->accumulate), epoch = step / r->epoch_steps, at = step % r->epoch_steps * group;
    if (epoch != r->epoch)
        ink_order_make(r->train.count, r->o->shuffle, (uint64_t)r->o->seed, epoch, r->order);
    r->epoch = epoch;
    *which = r->order + at;
    *count = r->train.count - at < group ? r->train.count - at : group;
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
                    r->step + 1, isfinite(loss) ? "the gradient" : "the loss", weight ? weight : "no weight", samples, r->saved);
}

static ink_status run_step(run *r, ink_train_report *report, ink_err *err)
{
    const ink_train_options *o = r->o;
    const uint32_t *which;
    size_t count, batch = (size_t)o->batch, tokens = 0;
    double began = ink_clock_seconds(), loss = 0;
    run_samples(r, r->step, &which, &count);
    const size_t scored = run_scored(r, &r->train, which, count);
    for (size_t i = 0; i < count; i += batch) {
        size_t n = count - i < batch ? count - i : batch;
        loss += ink_learner_learn(r->learner, &r->train, which + i, n, 1 / (double)scored);
        for (size_t s = 0; s < n; s++)
            tokens += ink_examples_length(&r->train, which[i + s]);
    }
    loss /= (double)scored;
    const double norm = ink_optimiser_norm(&r->optimiser, r->epoch), rate = ink_schedule_rate(o, r->step, r->steps);
    INK_TRY(run_finite(r, loss, norm, which, count, err));
    ink_optimiser_step(&r->optimiser, r->step, rate, o->max_norm > 0 && norm > o->max_norm ? o->max_norm / (norm + 1e-6) : 1);
    r->step++;
    *report = (ink_train_report){ .step = r->step, .steps = r->steps, .epoch = (double)r->step / (double)r->epoch_steps, .loss = loss, .grad_norm = norm, .rate = rate,
                                  .tokens_per_second = (double)tokens / (ink_clock_seconds() - began), .eval_loss = (double)NAN };
    return ink_log_add(&r->log, report, err);
}

static ink_status run_measure(run *r, ink_train_report *report, ink_err *err)
{
    const size_t batch = (size_t)r->o->batch;
    double loss = 0;
    r->epoch = SIZE_MAX; /* its order makes room */
    ink_order_make(r->eval.count, false, 0, 0, r->order);
    for (size_t i = 0; i < r->eval.count; i += batch)
        loss += ink_learner_measure(r->learner, &r->eval, r->order + i, r->eval.count - i < batch ? r->eval.count - i : batch);
    report->eval_loss = loss / (double)run_scored(r, &r->eval, r->order, r->eval.count);
    return ink_log_add(&r->log, report, err);
}

static bool run_due(const run *r, int64_t every)
{
    return every ? r->step % (size_t)every == 0 || r->step == r->steps : r->step == r->steps;
}

static ink_status run_save(run *r, ink_err *err)
{
    if (r->saved == r->step)
        return INK_OK;
    ink_log_sync(&r->log);
    INK_TRY(ink_save_checkpoint(&r->optimiser, r->o->output_dir, r->step, (size_t)r->o->save_total_limit, err));
    r->saved = r->step;
    return INK_OK;
}

static ink_status run_loop(run *r, ink_err *err)
{
    while (r->step < r->steps) {
        ink_train_report report;
        INK_TRY(run_step(r, &report, err));
        if (r->eval.count && run_due(r, r->o->eval_steps))
            INK_TRY(run_measure(r, &report, err));
        const bool stop = r->hooks->step && !r->hooks->step(r->hooks->user, &report);
        if (stop || run_due(r, r->o->save_steps))
            INK_TRY(run_save(r, err));
        if (stop && r->step < r->steps)
            return ink_fail(err, INK_E_STOPPED, "stopped after step %zu of %zu, and saved; --resume goes on from there", r->step, r->steps);
    }
    return INK_OK;
}

static ink_status run_all(run *r, ink_err *err)
{
    INK_TRY(run_check(r->o, err));
    r->layers.method = ink_method_find(r->o, err);
    if (!r->layers.method)
        return err ? err->status : INK_E_ARGUMENT;
    INK_TRY(run_open(r, err));
    if (r->o->resume)
        INK_TRY(ink_load_checkpoint(&r->optimiser, r->o->output_dir, &r->step, err));
    r->saved = r->step;
    run_say(r, r->step ? "going on after step %zu of %zu" : "%zu steps done, %zu to do", r->step, r->steps);
    INK_TRY(ink_log_open(&r->log, r->o->output_dir, r->step, err));
    INK_TRY(run_loop(r, err));
    return ink_save_model(r->learner, r->o->output_dir, err);
}

ink_status ink_train_run(const ink_train_options *o, const ink_train_hooks *hooks, ink_err *err)
{
    run r = { .o = o, .hooks = hooks ? hooks : &(ink_train_hooks){ 0 }, .log = { .fd = -1 } };
    ink_status status = run_all(&r, err);
    ink_log_close(&r.log);
    ink_optimiser_close(&r.optimiser);
    ink_learner_close(r.learner);
    ink_examples_clear(&r.train);
    ink_examples_clear(&r.eval);
    ink_model_close(r.model);
    free(r.model_path);
    free(r.order);
    return status;
}
