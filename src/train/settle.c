/* What settings come to before anything is read. After it a run knows one way of saying a thing: method, steps between two
   measurements, where its data and its checkpoint lie. */
#include "base/file.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_USUAL = 500 }; /* transformers' logging_steps */

static ink_status settle_needs(const ink_train_options *o, ink_err *err)
{
    const struct { const char *name, *value; } needed[] = { { "model", o->model }, { "dataset", o->dataset }, { "output_dir", o->output_dir } };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].value || !*needed[i].value)
            return ink_fail(err, INK_E_ARGUMENT, "the run does not say its %s", needed[i].name);
    return INK_OK;
}

/* Words beside method that name another one. */
static ink_status settle_method(ink_train_options *o, ink_err *err)
{
    const struct { bool wants; const char *what, *method; } others[] = { { o->dora, "use_dora", "dora" }, { o->bits, "quantization_bit", "qlora" } };
    if (o->dora && o->bits)
        return ink_fail(err, INK_E_UNSUPPORTED, "use_dora changes a base that is widened, and quantization_bit leaves it quantised; one or the other");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!others[i].wants)
            continue;
        if (strcmp(o->method, "lora") && strcmp(o->method, others[i].method))
            return ink_fail(err, INK_E_ARGUMENT, "%s is for method lora; this run's is %s", others[i].what, o->method);
        o->method = others[i].method;
    }
    return INK_OK;
}

bool ink_settle_measures(const ink_train_options *o)
{
    return o->eval_when != INK_WHEN_NEVER && (o->eval_dataset || o->val_size > 0 || o->eval_pairs || o->sample_prompts.count);
}

static ink_status settle_val_size(const ink_train_options *o, ink_err *err)
{
    if (o->val_size > 0 && o->eval_dataset)
        return ink_fail(err, INK_E_ARGUMENT, "val_size sets rows aside to be measured, and eval_dataset names others; one or the other");
    if (o->val_size > 1 && o->val_size != floor(o->val_size))
        return ink_fail(err, INK_E_ARGUMENT, "val_size is a part of the rows below 1, or a whole number of them, not %g", o->val_size);
    return INK_OK;
}

static ink_status settle_measuring(ink_train_options *o, ink_err *err)
{
    const struct { bool wants; const char *what; } waits[] = { { o->patience, "early_stopping_steps" }, { o->load_best, "load_best_model_at_end" }, { ink_schedule_waits(o), "the schedule plateau" } };
    const bool loss = (o->eval_dataset || o->val_size > 0) && o->eval_when != INK_WHEN_NEVER;
    INK_TRY(settle_val_size(o, err));
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if (waits[i].wants && !loss)
            return ink_fail(err, INK_E_ARGUMENT, "%s goes by measurements, and %s", waits[i].what, o->eval_when == INK_WHEN_NEVER ? "eval_strategy is no" : "the run has no eval_dataset (or val_size)");
    if (o->eval_when > INK_WHEN_NEVER && !ink_settle_measures(o))
        return ink_fail(err, INK_E_ARGUMENT, "eval_strategy says when to measure, and there is nothing to measure on: name an eval_dataset, or set rows aside with val_size");
    if (o->eval_when == INK_WHEN_STEPS && !o->eval_steps)
        o->eval_steps = o->logging_steps ? o->logging_steps : SETTLE_USUAL;
    return INK_OK;
}

void ink_settle_epochs(ink_settled *s, size_t epoch_steps)
{
    if (s->o.eval_when == INK_WHEN_EPOCH)
        s->o.eval_steps = (int64_t)epoch_steps;
    if (s->o.save_when == INK_WHEN_EPOCH)
        s->o.save_steps = (int64_t)epoch_steps;
}

/* The folder that a checkpoint lies in is output_dir. */
static bool settle_is_own(const ink_train_options *o, const char *checkpoint)
{
    ink_path up;
    char *folder = ink_path_format(&up, NULL, "%s/..", checkpoint) == INK_OK ? realpath(up.text, NULL) : NULL, *output = realpath(o->output_dir, NULL);
    const bool own = folder && output && !strcmp(folder, output);
    free(folder);
    free(output);
    return own;
}

static ink_status settle_from(ink_settled *s, ink_err *err)
{
    ink_train_options *o = &s->o;
    ink_path state;
    if (!o->resume_from || !strcmp(o->resume_from, "false"))
        return INK_OK;
    o->resume = true;
    if (!strcmp(o->resume_from, "true"))
        return INK_OK;
    INK_TRY(ink_path_format(&s->from, err, "%s", o->resume_from));
    INK_TRY(ink_path_format(&state, err, "%s/trainer_state.json", o->resume_from));
    if (ink_file_kind(state.text) != 'f')
        return ink_fail(err, INK_E_NOT_FOUND, "resume_from_checkpoint: %s is no folder of a checkpoint (it has no trainer_state.json); true goes on from the newest of output_dir", o->resume_from);
    s->foreign = !settle_is_own(o, o->resume_from);
    if (s->foreign && !o->overwrite && ink_has_checkpoint(o->output_dir))
        return ink_fail(err, INK_E_ARGUMENT, "%s holds checkpoints of its own, and %s is another run's: overwrite_output_dir=true drops them", o->output_dir, o->resume_from);
    return INK_OK;
}

static ink_status settle_place(ink_settled *s, ink_err *err)
{
    INK_TRY(settle_from(s, err));
    if (!s->o.resume && !s->o.overwrite && ink_has_checkpoint(s->o.output_dir))
        return ink_fail(err, INK_E_ARGUMENT, "%s holds checkpoints of another run: --resume goes on with it, overwrite_output_dir=true starts afresh", s->o.output_dir);
    return INK_OK;
}

ink_status ink_settle(const ink_train_options *asked, ink_settled *s, ink_err *err)
{
    *s = (ink_settled){ .o = *asked };
    INK_TRY(settle_needs(&s->o, err));
    INK_TRY(settle_method(&s->o, err));
    INK_TRY(settle_measuring(&s->o, err));
    INK_TRY(ink_dataset_find(&s->o, asked->dataset, &s->dataset, err));
    s->o.dataset = s->dataset.text;
    if (asked->eval_dataset)
        INK_TRY(ink_dataset_find(&s->o, asked->eval_dataset, &s->eval_dataset, err));
    s->o.eval_dataset = asked->eval_dataset ? s->eval_dataset.text : NULL;
    return settle_place(s, err);
}
