/* inkstone train: teaching a model. */
#include "cli.h"

#include <ink/train.h>
#include <math.h>
#include <stdlib.h>

typedef struct train_options {
    const char *config;
    ink_param_texts words;
    bool resume;
} train_options;

static const ink_param train_params[] = {
    { .name = "config", .flag = 'c', .type = INK_PARAM_PATH, .at = offsetof(train_options, config), .help = "YAML file of settings" },
    { .name = "settings", .type = INK_PARAM_TEXTS, .bits = INK_PARAM_POSITIONAL, .at = offsetof(train_options, words), .value = "KEY=VALUE", .help = "settings over those of the file" },
    { .name = "resume", .type = INK_PARAM_BOOL, .at = offsetof(train_options, resume), .help = "go on from the newest checkpoint; start afresh where there is none" },
    { 0 },
};

static bool train_step(void *user, const ink_train_report *r)
{
    char what[64];
    snprintf(what, sizeof what, "loss %.4f", r->loss);
    cli_progress_step(user, what, r->step, r->steps);
    return !cli_stop_asked();
}

static void train_say(void *user, const char *sentence)
{
    (void)user;
    cli_note("%s", sentence);
}

static ink_status train_settings(const train_options *o, ink_arena *arena, ink_train_options *settings, ink_err *err)
{
    ink_param_defaults(ink_train_params, settings);
    if (o->config)
        INK_TRY(ink_train_config(o->config, arena, settings, err));
    for (size_t i = 0; i < o->words.count; i++)
        INK_TRY(ink_train_word(o->words.at[i], arena, settings, err));
    settings->resume = o->resume;
    return INK_OK;
}

static ink_status train_run(const void *options, ink_err *err)
{
    cli_progress bar = { .unit = "steps" };
    ink_train_options settings = { 0 };
    ink_arena *arena;
    INK_TRY(ink_arena_new("settings", 0, &arena, err));
    cli_stop_catch();
    ink_status status = train_settings(options, arena, &settings, err);
    if (status == INK_OK)
        status = ink_train_run(&settings, &(ink_train_hooks){ .say = train_say, .step = train_step, .user = &bar }, err);
    cli_progress_end(&bar);
    ink_arena_free(arena);
    return status;
}

const cli_command cli_train = {
    .params = train_params,
    .size = sizeof(train_options),
    .about = "Teaches a model what a data set holds. Settings are written in a YAML file, or as words KEY=VALUE, which count more. OUTPUT_DIR gets the model as a "
             "Hugging Face folder, log.jsonl with a row a step, and checkpoints. Ctrl-C saves and ends; --resume goes on as if nothing had happened, bit for bit.",
    .examples = { { "train --config run.yaml", "as the file says" }, { "train --config run.yaml learning_rate=1e-4 --resume", "go on, with another rate" } },
    .computes = true,
    .run = train_run,
};
