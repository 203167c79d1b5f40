/* inkstone emit KIND: what installation needs from the tables of commands and settings. */
#include "cli.h"

typedef struct emit_options {
    int kind;
} emit_options;

static const char *const emit_kinds[] = { "man", "bash", "zsh", "fish", "keys", NULL };
static void (*const emit_writers[])(FILE *to) = { cli_emit_man, cli_emit_bash, cli_emit_zsh, cli_emit_fish, cli_emit_keys };

static const ink_param emit_params[] = {
    { .name = "kind", .type = INK_PARAM_CHOICE, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(emit_options, kind),
      .choices = emit_kinds, .def = -1, .value = "KIND", .help = "what to print" },
    { 0 },
};

static ink_status emit_run(const void *options, ink_err *err)
{
    (void)err;
    const emit_options *o = options;
    emit_writers[o->kind](stdout);
    return INK_OK;
}

const cli_command cli_emit = {
    .params = emit_params,
    .size = sizeof(emit_options),
    .about = "`make install` puts these where man and the shells look. To try completions in this shell only, read them from a pipe.",
    .examples = { { "emit man | man -l -", "read the manual without installing it" },
                  { "emit bash > ~/.local/share/bash-completion/completions/inkstone", "complete commands and options in bash" } },
    .run = emit_run,
};
