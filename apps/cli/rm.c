/* inkstone rm NAME: forgets a model. */
#include "cli.h"

#include <ink/store.h>

typedef struct rm_options {
    const char *name;
    bool json;
} rm_options;

static const ink_param rm_params[] = {
    { .name = "name", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(rm_options, name), .value = "NAME",
      .help = "a model that was pulled, or whose pulling was stopped" },
    CLI_JSON(rm_options),
    { 0 },
};

static ink_status rm_run(const void *options, ink_err *err)
{
    const rm_options *o = options;
    uint64_t freed;
    char size[32];
    INK_TRY(ink_store_remove(o->name, &freed, err));
    cli_size((double)freed, size, sizeof size);
    if (!o->json) {
        printf("%s is removed; %s are free again\n", o->name, size);
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "name", o->name);
    ink_jot_integer(&j, "freed_bytes", (int64_t)freed);
    cli_jot_finish(&j);
    return INK_OK;
}

const cli_command cli_rm = {
    .params = rm_params,
    .size = sizeof(rm_options),
    .about = "Files that another model also uses stay. Only what `inkstone pull` fetched is ever deleted; a file of your own is not.",
    .examples = { { "rm gemma3-270m", "free the space of one model" } },
    .run = rm_run,
};
