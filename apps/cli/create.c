/* inkstone create NAME: a model of one's own, from a Modelfile. */
#include "cli.h"

#include <ink/file.h>
#include <ink/modelfile.h>
#include <ink/store.h>
#include <stdlib.h>
#include <string.h>

typedef struct create_options {
    const char *name, *file;
    bool json;
} create_options;

static const ink_param create_params[] = {
    { .name = "name", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(create_options, name), .value = "NAME", .help = "what it is called from now on" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(create_options, file), .text = "Modelfile", .help = "what it is: FROM, PARAMETER, SYSTEM, …" },
    CLI_JSON(create_options),
    { 0 },
};

/* Paths in it begin where it lies. */
static ink_status create_from(const create_options *o, const ink_json *made, ink_err *err)
{
    const char *slash = strrchr(o->file, '/');
    char *folder = slash ? strndup(o->file, (size_t)(slash - o->file) + (slash == o->file)) : strdup(".");
    ink_status status = folder ? ink_modelfile_check(made, err) : ink_fail(err, INK_E_MEMORY, "no memory for a path");
    if (!status)
        status = ink_store_create(o->name, made, folder, err);
    free(folder);
    return status;
}

static ink_status create_run(const void *options, ink_err *err)
{
    const create_options *o = options;
    ink_json *made;
    char *text, *path;
    size_t n;
    INK_TRY(ink_file_text(o->file, (size_t)2 << 20, &text, &n, err));
    ink_status status = ink_modelfile_parse(text, n, o->file, &made, err);
    free(text);
    INK_TRY(status);
    status = create_from(o, made, err);
    ink_json_free(made);
    INK_TRY(status);
    INK_TRY(ink_store_resolve(o->name, &path, err));
    if (o->json) {
        ink_jot j = cli_jot();
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "name", o->name);
        ink_jot_text(&j, "path", path);
        cli_jot_finish(&j);
    } else
        printf("%s is made: %s\n", o->name, path);
    free(path);
    return INK_OK;
}

extern const cli_command cli_create;
const cli_command cli_create = {
    .params = create_params,
    .size = sizeof(create_options),
    .about = "Reads Ollama's Modelfile: FROM a model that was pulled, or a GGUF or folder of your own (copied); ADAPTER, a PEFT folder; PARAMETER NAME VALUE for every setting of "
             "sampling, num_predict, num_ctx and stop; SYSTEM; MESSAGE; LICENSE; TEMPLATE in Jinja. A value of many lines stands between three quotes.\n\n"
             "chat, generate, serve, logits, perplexity, score and classify take what it says where they are told nothing else; others see the model under it.",
    .examples = { { "create poet -f poet.modelfile", "then: inkstone chat poet" } },
    .run = create_run,
};
