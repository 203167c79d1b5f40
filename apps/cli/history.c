/* inkstone history: many models on one text, one table and one picture. */
#include "cli.h"

#include <ink/history.h>
#include <math.h>

typedef struct history_options {
    const char *config;
    ink_param_texts words;
    bool json;
} history_options;

static const ink_param history_params[] = {
    { .name = "config", .flag = 'c', .type = INK_PARAM_PATH, .at = offsetof(history_options, config), .help = "YAML file of settings" },
    { .name = "settings", .type = INK_PARAM_TEXTS, .bits = INK_PARAM_POSITIONAL, .at = offsetof(history_options, words), .value = "KEY=VALUE", .help = "settings over those of the file" },
    CLI_JSON(history_options),
    { 0 },
};

typedef struct history_look {
    const history_options *o;
    cli_progress bar;
    ink_jot j;
} history_look;

static bool history_step(void *user, const char *model, const ink_train_report *r)
{
    history_look *s = user;
    char what[96];
    snprintf(what, sizeof what, "%s, loss %.3f", model, r->loss);
    cli_progress_step(&s->bar, what, r->step, r->steps);
    return !cli_stop_asked();
}

static void history_row(void *user, const ink_history_row *r)
{
    history_look *s = user;
    cli_progress_end(&s->bar);
    s->bar = (cli_progress){ .unit = "steps" };
    if (!s->o->json) {
        printf("%-24s %12.0f parameters, perplexity %8.2f, %.3f bits a byte, %9.0f tokens a second\n", r->name, r->parameters, exp(r->nats), r->bits_per_byte, r->tokens_per_second);
        fflush(stdout);
        return;
    }
    ink_jot_object(&s->j, NULL);
    ink_jot_text(&s->j, "model", r->name);
    ink_jot_number(&s->j, "parameters", r->parameters);
    ink_jot_number(&s->j, "perplexity", exp(r->nats));
    ink_jot_number(&s->j, "bits_per_byte", r->bits_per_byte);
    ink_jot_number(&s->j, "tokens_per_second", r->tokens_per_second);
    ink_jot_number(&s->j, "seconds", r->seconds);
    ink_jot_end(&s->j);
}

static ink_status history_run(const void *options, ink_err *err)
{
    const history_options *o = options;
    history_look s = { .o = o, .bar = { .unit = "steps" }, .j = cli_jot() };
    cli_stop_catch();
    if (o->json)
        ink_jot_array(&s.j, NULL);
    ink_status status = ink_history_run(o->config, o->words.at, o->words.count, &(ink_history_hooks){ .step = history_step, .row = history_row, .user = &s }, err);
    cli_progress_end(&s.bar);
    if (o->json)
        cli_jot_finish(&s.j);
    return status;
}

const cli_command cli_history = {
    .params = history_params,
    .size = sizeof(history_options),
    .about = "Trains an n-gram model and every architecture that the settings name on the same text, with the same tokens and samples. OUTPUT_DIR gets table.md, table.json, "
             "perplexity.svg, and a folder for each model.",
    .examples = { { "history --config share/recipes/history.yaml dataset=train.txt eval_dataset=val.txt output_dir=saves/history", "the story of language models" } },
    .computes = true,
    .run = history_run,
};
