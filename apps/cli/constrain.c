#include "constrain.h"

#include <ink/file.h>
#include <stdlib.h>
#include <string.h>

enum { CONSTRAIN_BYTES = 1 << 20 };

const ink_param cli_constrain_params[] = {
    { .name = "grammar", .type = INK_PARAM_PATH, .at = offsetof(cli_constrain, grammar), .help = "the answer fits this GBNF grammar" },
    { .name = "json_schema", .type = INK_PARAM_PATH, .at = offsetof(cli_constrain, schema), .help = "the answer is JSON that this schema allows" },
    { .name = "regex", .type = INK_PARAM_TEXT, .at = offsetof(cli_constrain, regex), .help = "the whole answer matches this expression" },
    { .name = "choice", .type = INK_PARAM_TEXTS, .at = offsetof(cli_constrain, choices), .help = "the answer is this text, or another --choice" },
    { 0 },
};

static ink_status constrain_new(const cli_model *model, const ink_constraint_spec *spec, ink_constraint **out, ink_err *err)
{
    const ink_tokenizer *t;
    INK_TRY(ink_model_tokenizer(model->model, &t, err));
    return ink_constraint_new(t, ink_model_describe(model->model)->vocab, spec, out, err);
}

static ink_status constrain_file(const cli_model *model, const char *path, ink_constraint_kind kind, ink_constraint **out, ink_err *err)
{
    char *text;
    size_t n;
    INK_TRY(ink_file_text(path, CONSTRAIN_BYTES, &text, &n, err));
    ink_status status = constrain_new(model, &(ink_constraint_spec){ .kind = kind, .where = path, .text = text, .n = n }, out, err);
    free(text);
    return status;
}

bool cli_constrain_asked(const cli_constrain *o)
{
    return o->grammar || o->schema || o->regex || o->choices.count;
}

ink_status cli_constrain_make(const cli_constrain *o, const cli_model *model, ink_constraint **out, ink_err *err)
{
    *out = NULL;
    if (!!o->grammar + !!o->schema + !!o->regex + !!o->choices.count > 1)
        return ink_fail(err, INK_E_ARGUMENT, "an answer can be held to one of --grammar, --json-schema, --regex and --choice");
    if (o->grammar)
        return constrain_file(model, o->grammar, INK_CONSTRAINT_GBNF, out, err);
    if (o->schema)
        return constrain_file(model, o->schema, INK_CONSTRAINT_JSON_SCHEMA, out, err);
    if (o->regex)
        return constrain_new(model, &(ink_constraint_spec){ .kind = INK_CONSTRAINT_REGEX, .where = "--regex", .text = o->regex, .n = strlen(o->regex) }, out, err);
    if (o->choices.count)
        return constrain_new(model, &(ink_constraint_spec){ .kind = INK_CONSTRAINT_CHOICE, .where = "--choice", .choices = o->choices }, out, err);
    return INK_OK;
}
