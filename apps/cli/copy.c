/* inkstone copy FROM TO: the same model by another name. */
#include "cli.h"

#include <ink/store.h>

typedef struct copy_options {
    const char *from, *to;
    bool json;
} copy_options;

static const ink_param copy_params[] = {
    { .name = "from", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(copy_options, from), .value = "FROM", .help = "a model that is here" },
    { .name = "to", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(copy_options, to), .value = "TO", .help = "its other name" },
    CLI_JSON(copy_options),
    { 0 },
};

static ink_status copy_run(const void *options, ink_err *err)
{
    const copy_options *o = options;
    INK_TRY(ink_store_copy(o->from, o->to, err));
    if (!o->json) {
        printf("%s is %s by another name\n", o->to, o->from);
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "name", o->to);
    ink_jot_text(&j, "from", o->from);
    cli_jot_finish(&j);
    return INK_OK;
}

extern const cli_command cli_copy;
const cli_command cli_copy = {
    .params = copy_params,
    .size = sizeof(copy_options),
    .about = "No bytes are copied: both names lead to the same ones, which stay until neither is left.",
    .examples = { { "copy smollm2 mine", "give a model a name of your own" } },
    .run = copy_run,
};
