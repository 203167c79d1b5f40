/* The loop. Which samples a step sees, and with which rate, are functions of its number alone, so that a run that goes on from
   a checkpoint needs nothing but weights and moments. */
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The packs of a step: `count` of them from *which on. */
static void run_samples(ink_teaching *r, size_t step, const uint32_t **which, size_t *count)
{
    const size_t group = (size_t)(r->o->batch * r->o->accumulate), epoch = step / r->epoch_steps, at = step % r->epoch_steps * group;
    if (epoch != r->epoch)
        ink_order_make(r->packs.count, r->o->shuffle, (uint64_t)r->o->seed, epoch, r->order);
    r->epoch = epoch;
    *which = r->order + at;
    *count = r->packs.count - at < group ? r->packs.count - at : group;
}

/* The samples of packs, in order. */
static size_t run_choose(ink_teaching *r, const uint32_t *which, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = r->packs.starts[which[i]]; k < r->packs.starts[which[i] + 1]; k++)
            r->chosen[n++] = r->packs.samples[k];
    return n;
}

static size_t run_scored(const ink_teaching *r, const ink_examples *e, const uint32_t *which, size_t count)
{
    size_t scored = 0;
    for (size_t i = 0; i < count; i++)
        scored += ink_learner_scored(r->learner, e, which[i]);
    return scored;
}

static size_t run_pack_size(const ink_teaching *r, const uint32_t *which, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += r->packs.starts[which[i] + 1] - r->packs.starts[which[i]];
    return n;
}

/* Samples of the batch that begins with pack `i` of a step, and what it loses. */
size_t ink_teaching_batch(ink_teaching *r, const uint32_t *which, size_t count, size_t i)
{
    const size_t batch = (size_t)r->o->batch;
    r->learner->draw.step = (uint64_t)r->at.step * (uint64_t)r->o->accumulate + i / batch;
    return run_pack_size(r, which + i, count - i < batch ? count - i : batch);
}

static ink_status run_step(ink_teaching *r, ink_train_report *report, ink_err *err)
{
    const ink_train_options *o = r->o;
    const uint32_t *which;
    size_t count, batch = (size_t)o->batch, tokens = 0;
    double began = ink_clock_seconds(), loss = 0;
    run_samples(r, r->at.step, &which, &count);
    r->learner->round = r->epoch;
    const size_t samples = run_choose(r, which, count), scored = run_scored(r, &r->train, r->chosen, samples);
    for (size_t i = 0, at = 0, n; i < count; i += batch, at += n) {
        n = ink_teaching_batch(r, which, count, i);
        loss += ink_learner_learn(r->learner, &r->train, r->chosen + at, n, 1 / (double)scored);
        for (size_t s = 0; s < n; s++)
            tokens += ink_examples_length(&r->train, r->chosen[at + s]);
    }
    loss /= (double)scored;
    const double norm = ink_optimiser_norm(&r->optimiser, r->epoch), rate = ink_schedule_rate(o, &r->at.plateau, r->at.step, r->steps);
    if (!isfinite(loss) || !isfinite(norm))
        return ink_teaching_broken(r, isfinite(loss) ? "the gradient" : "the loss", which, count, samples, 1 / (double)scored, err);
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
static ink_status run_judge(ink_teaching *r, double loss, ink_err *err)
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

static double run_eval_loss(ink_teaching *r)
{
    const size_t batch = ink_teaching_eval_batch(r);
    double loss = 0;
    r->epoch = SIZE_MAX; /* its order makes room */
    r->learner->round = 0;
    r->learner->right = 0;
    ink_order_make(r->eval.count, false, 0, 0, r->order);
    for (size_t i = 0; i < r->eval.count; i += batch)
        loss += ink_learner_measure(r->learner, &r->eval, r->order + i, r->eval.count - i < batch ? r->eval.count - i : batch, NULL);
    return loss / (double)run_scored(r, &r->eval, r->order, r->eval.count);
}

static ink_status run_measure_now(ink_teaching *r, ink_train_report *report, ink_err *err)
{
    if (r->eval.count) {
        report->eval_loss = run_eval_loss(r);
        if (r->classes.count)
            report->eval_accuracy = (double)r->learner->right / (double)r->eval.count;
        else
            report->eval_perplexity = exp(report->eval_loss);
    }
    if (r->pairs.count)
        report->pairs_accuracy = ink_pairs_measure(r->learner, &r->pairs, ink_teaching_eval_batch(r));
    if (r->samples.count)
        INK_TRY(ink_samples_draw(&r->samples, r->learner, err));
    report->samples = r->samples.said;
    report->sample_count = r->samples.count;
    INK_TRY(ink_log_add(&r->log, report, err));
    return r->eval.count ? run_judge(r, report->eval_loss, err) : INK_OK;
}

static ink_status run_measure(ink_teaching *r, ink_train_report *report, ink_err *err)
{
    ink_average_swap(&r->average);
    const ink_status status = run_measure_now(r, report, err);
    ink_average_swap(&r->average);
    return status;
}

static bool run_due(const ink_teaching *r, int64_t every)
{
    return every ? r->at.step % (size_t)every == 0 || r->at.step == r->steps : r->at.step == r->steps;
}

/* A run that was stopped leaves all that it needs to go on. */
static ink_status run_save(ink_teaching *r, bool stop, ink_err *err)
{
    if (r->saved == r->at.step || (r->o->save_when == INK_WHEN_NEVER && !stop))
        return INK_OK;
    ink_log_sync(&r->log);
    INK_TRY(ink_save_checkpoint(&r->optimiser, &r->average, r->o->output_dir, &r->at, stop || !r->o->only_model, err));
    r->saved = r->at.step;
    return ink_curve_draw(r->o->output_dir, err);
}

/* Nothing has become better for long enough. */
static bool run_idle(const ink_teaching *r) { return r->o->patience && r->at.waited >= (size_t)r->o->patience; }

static ink_status run_loop(ink_teaching *r, ink_err *err)
{
    while (r->at.step < r->steps && !run_idle(r)) {
        ink_train_report report;
        INK_TRY(run_step(r, &report, err));
        if (ink_settle_measures(r->o) && run_due(r, r->o->eval_steps))
            INK_TRY(run_measure(r, &report, err));
        ink_tell_step(&r->tell, r->o, r->hooks, &report);
        const bool stop = r->hooks->step && !r->hooks->step(r->hooks->user, &report);
        if (stop || run_idle(r) || run_due(r, r->o->save_steps))
            INK_TRY(run_save(r, stop, err));
        if (stop && r->at.step < r->steps && !run_idle(r))
            return ink_fail(err, INK_E_STOPPED, "stopped after step %zu of %zu, and saved; --resume goes on from there", r->at.step, r->steps);
    }
    return INK_OK;
}

static ink_status run_begin(ink_teaching *r, ink_err *err)
{
    INK_TRY(ink_settle(r->o, &r->settled, err));
    r->o = &r->settled.o;
    r->layers.method = ink_method_find(r->o, err);
    return r->layers.method ? ink_teaching_open(r, err) : err ? err->status : INK_E_ARGUMENT;
}

/* Where it begins. The best of another run lies elsewhere, so the first that is measured here is the best again. */
static ink_status run_resume(ink_teaching *r, ink_err *err)
{
    const ink_train_options *o = r->o;
    if (o->overwrite && (!o->resume || r->settled.foreign))
        INK_TRY(ink_drop_checkpoints(o->output_dir, err));
    if (o->resume)
        INK_TRY(ink_load_checkpoint(&r->optimiser, &r->average, o->output_dir, r->settled.from.text, &r->at, err));
    if (r->settled.foreign)
        r->at.best = (double)INFINITY;
    r->saved = r->at.step;
    return INK_OK;
}

static ink_status run_all(ink_teaching *r, ink_err *err)
{
    INK_TRY(run_begin(r, err));
    INK_TRY(run_resume(r, err));
    ink_tell_idle(r->o, r->hooks);
    ink_teaching_say(r, r->at.step ? "going on after step %zu of %zu" : "%zu steps done, %zu to do", r->at.step, r->steps);
    INK_TRY(ink_log_open(&r->log, r->o->output_dir, r->at.step, err));
    INK_TRY(run_loop(r, err));
    if (run_idle(r))
        ink_teaching_say(r, "the eval loss has not become lower than that of step %zu (%.4f) in %zu measurements: this is enough after step %zu", r->at.best_step, r->at.best, r->at.waited, r->at.step);
    ink_average_swap(&r->average);
    if (r->o->load_best && r->at.best_step != r->at.step)
        INK_TRY(ink_load_best(r->learner, r->o->output_dir, err));
    INK_TRY(r->saved == r->at.step ? INK_OK : ink_curve_draw(r->o->output_dir, err));
    return ink_save_model(r->learner, r->o->output_dir, err);
}

static ink_teaching run_new(const ink_train_options *o, const ink_train_hooks *hooks)
{
    ink_teaching r = { .o = o, .hooks = hooks, .at = { .best = (double)INFINITY, .plateau = { .best = (double)INFINITY, .factor = 1 } } };
    for (size_t i = 0; i < INK_LOG_SHEETS; i++)
        r.log.sheets[i].fd = -1;
    return r;
}

static void run_close(ink_teaching *r)
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
    ink_teaching r = run_new(o, hooks ? hooks : &(ink_train_hooks){ 0 });
    const ink_status status = run_all(&r, err);
    run_close(&r);
    return status;
}

/* ---- a plan ---- */

static ink_status run_plan(ink_teaching *r, ink_train_plan *plan, ink_err *err)
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
    ink_teaching r = run_new(&o, &(ink_train_hooks){ 0 });
    ink_status status = run_plan(&r, plan, err);
    run_close(&r);
    const ink_status gone = ink_path_delete(folder.text, status == INK_OK ? err : NULL);
    return status == INK_OK ? gone : status;
}
