/* inkstone train: teaching a model. */
#include "cli.h"

#include <ink/train.h>
#include <math.h>
#include <stdlib.h>

typedef struct train_options {
    const char *config;
    ink_param_texts words;
    bool resume, plan, keys, json;
} train_options;

static const ink_param train_params[] = {
    { .name = "config", .flag = 'c', .type = INK_PARAM_PATH, .at = offsetof(train_options, config), .help = "YAML file of settings" },
    { .name = "settings", .type = INK_PARAM_TEXTS, .bits = INK_PARAM_POSITIONAL, .at = offsetof(train_options, words), .value = "KEY=VALUE", .help = "settings over those of the file" },
    { .name = "resume", .type = INK_PARAM_BOOL, .at = offsetof(train_options, resume), .help = "go on from the newest checkpoint; start afresh where there is none" },
    { .name = "plan", .type = INK_PARAM_BOOL, .at = offsetof(train_options, plan), .help = "tell what the run would take, and do not run; what does not fit fails" },
    { .name = "keys", .type = INK_PARAM_BOOL, .at = offsetof(train_options, keys), .help = "list the settings, and do nothing else" },
    CLI_JSON(train_options),
    { 0 },
};

static bool train_step(void *user, const ink_train_report *r)
{
    char what[64];
    snprintf(what, sizeof what, "loss %.4f", r->loss);
    cli_progress_step(user, what, r->step, r->steps);
    if (r->sample_count)
        cli_progress_end(user);
    for (size_t i = 0; i < r->sample_count; i++)
        printf("step %zu, asked: %s\n%s\n\n", r->step, r->samples[i].prompt, r->samples[i].text);
    fflush(stdout);
    return !cli_stop_asked();
}

static void train_say(void *user, const char *sentence)
{
    cli_progress_end(user);
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

static void train_plan_json(const ink_train_plan *p)
{
    const struct { const char *key; double value; } numbers[] = {
        { "parameters", p->parameters }, { "learning", p->learning }, { "weight_bytes", p->weight_bytes }, { "learning_bytes", p->learning_bytes }, { "plan_bytes", p->plan_bytes },
        { "free_bytes", p->free_bytes }, { "samples", (double)p->samples }, { "epoch_steps", (double)p->epoch_steps }, { "steps", (double)p->steps }, { "tokens", p->tokens },
        { "operations_per_token", p->operations_per_token }, { "deserved_tokens", p->deserved_tokens }, { "tokens_per_second", p->tokens_per_second }, { "seconds", p->seconds },
    };
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_object(&j, "parts");
    for (size_t i = 0; i < p->part_count; i++) {
        ink_jot_object(&j, p->parts[i].name);
        ink_jot_number(&j, "parameters", p->parts[i].parameters);
        ink_jot_number(&j, "learning", p->parts[i].learning);
        ink_jot_end(&j);
    }
    ink_jot_end(&j);
    ink_jot_text(&j, "recompute", p->recompute);
    ink_jot_object(&j, "fullest");
    for (size_t i = 0; i < p->share_count; i++) {
        ink_jot_object(&j, p->fullest[i].name);
        ink_jot_number(&j, "values", p->fullest[i].values);
        ink_jot_number(&j, "bytes", p->fullest[i].bytes);
        ink_jot_end(&j);
    }
    ink_jot_end(&j);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        ink_jot_number(&j, numbers[i].key, numbers[i].value);
    cli_jot_finish(&j);
}

static void train_plan_text(const ink_train_plan *p)
{
    for (size_t i = 0; i < p->part_count; i++)
        printf("%-14s %14.0f parameters, %14.0f learn\n", p->parts[i].name, p->parts[i].parameters, p->parts[i].learning);
    printf("%-14s %14.0f parameters, %14.0f learn\n", "together", p->parameters, p->learning);
    printf("memory         %.2f GB: weights %.2f, what learns with gradients and moments %.2f, a batch %.2f; free are %.1f\n", (p->weight_bytes + p->learning_bytes + p->plan_bytes) / 1e9,
              p->weight_bytes / 1e9, p->learning_bytes / 1e9, p->plan_bytes / 1e9, p->free_bytes / 1e9);
    printf("of a batch     recompute=%s; at most", p->recompute);
    for (size_t i = 0; i < p->share_count; i++)
        printf("%s %s %.0f × %.1f MB", i ? "," : "", p->fullest[i].name, p->fullest[i].values, p->fullest[i].bytes / p->fullest[i].values / 1e6);
    printf("\ndata           %zu samples, %zu steps an epoch, %zu steps, %.3g tokens; a model of this size deserves %.3g\n", p->samples, p->epoch_steps, p->steps, p->tokens, p->deserved_tokens);
    printf("work           %.3g operations a token, %.3g in all\n", p->operations_per_token, p->operations_per_token * p->tokens);
    printf("time           %.0f tokens a second on this machine: %.0f s (%.1f h)\n", p->tokens_per_second, p->seconds, p->seconds / 3600);
}

static ink_status train_plan(const train_options *o, const ink_train_options *settings, ink_err *err)
{
    ink_train_plan plan;
    INK_TRY(ink_train_plan_make(settings, &plan, err));
    (o->json ? train_plan_json : train_plan_text)(&plan);
    return INK_OK;
}

static ink_status train_teach(const ink_train_options *settings, ink_err *err)
{
    cli_progress bar = { .unit = "steps" };
    const ink_status status = ink_train_run(settings, &(ink_train_hooks){ .say = train_say, .step = train_step, .user = &bar }, err);
    cli_progress_end(&bar);
    return status;
}

static ink_status train_run(const void *options, ink_err *err)
{
    const train_options *o = options;
    ink_train_options settings = { 0 };
    ink_arena *arena;
    if (o->keys) {
        if (o->json)
            cli_keys_json();
        else
            cli_keys(stdout);
        return INK_OK;
    }
    INK_TRY(ink_arena_new("settings", 0, &arena, err));
    cli_stop_catch();
    ink_status status = train_settings(o, arena, &settings, err);
    if (status == INK_OK)
        status = o->plan ? train_plan(o, &settings, err) : train_teach(&settings, err);
    ink_arena_free(arena);
    return status;
}

const cli_command cli_train = {
    .params = train_params,
    .size = sizeof(train_options),
    .about = "Teaches a model what a data set holds. Settings are written in a YAML file, or as words KEY=VALUE, which count more. OUTPUT_DIR gets the model as a "
             "Hugging Face folder, log.jsonl with a row a step, and checkpoints. Ctrl-C saves and ends; --resume goes on as if nothing had happened, bit for bit.",
    .examples = { { "train --config run.yaml", "as the file says" }, { "train --config run.yaml --plan", "what it would take" }, { "train --keys", "all settings, by what they are about" }, { "train --config run.yaml learning_rate=1e-4 --resume", "go on, with another rate" } },
    .computes = true,
    .run = train_run,
};
