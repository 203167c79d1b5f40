/* What was said of a model of one's own (inkstone create), as flags before those that the person gives now, which win. */
#include "cli.h"

#include <ink/modelfile.h>
#include <ink/store.h>
#include <stdlib.h>
#include <string.h>

typedef struct made_words {
    const ink_param *params;
    ink_arena *arena;
    char **at;
    int count;
} made_words;

enum { MADE_WORDS = 200 };

static const char *made_model(const ink_param *params, const void *options)
{
    for (ink_param_walk w = ink_param_first(params); w.param; ink_param_next(&w))
        if (w.param->type == INK_PARAM_MODEL && !strcmp(w.param->name, "model"))
            return *(const char *const *)(const void *)((const char *)options + w.at);
    return NULL;
}

/* A setting that this command has not is none of its business. */
static ink_status made_word(made_words *m, const char *name, const ink_json *v, ink_err *err)
{
    char flag[64];
    ink_buf text;
    ink_param_walk w = ink_param_first(m->params);
    while (w.param && strcmp(w.param->name, name))
        ink_param_next(&w);
    if (!w.param)
        return INK_OK;
    if (m->count == MADE_WORDS)
        return ink_fail(err, INK_E_LIMIT, "more than %d settings are said of the model", MADE_WORDS);
    ink_param_flag(w.param, flag, sizeof flag);
    ink_buf_init(&text, 0);
    if (!ink_json_string(v, NULL))
        ink_json_dump(v, 0, &text);
    char *word = ink_arena_format(m->arena, "%s=%s", flag, ink_json_string(v, text.data ? text.data : ""));
    ink_buf_clear(&text);
    m->at[m->count++] = word;
    return word ? INK_OK : ink_arena_refused(m->arena, 64, err);
}

static ink_status made_parameters(made_words *m, const ink_json *parameters, ink_err *err)
{
    static const char *const other[][2] = { { "temperature", "temp" }, { "num_predict", "n" }, { "num_ctx", "ctx" } };
    const char *key;
    const ink_json *value;
    for (void *it = NULL; (it = ink_json_next(parameters, it, &key, &value));) {
        const bool list = ink_json_kind(value) == INK_JSON_ARRAY;
        if (!strcmp(key, "num_predict") && ink_json_number(value, 0) < 1)
            continue; /* no limit, as it is */
        for (size_t i = 0; i < sizeof other / sizeof *other; i++)
            key = strcmp(key, other[i][0]) ? key : other[i][1];
        for (size_t i = 0; i < (list ? ink_json_size(value) : 1); i++)
            INK_TRY(made_word(m, key, list ? ink_json_at(value, i) : value, err));
    }
    return INK_OK;
}

ink_status cli_made_words(const ink_param *params, const void *options, ink_arena *arena, int *argc, char *const **argv, ink_err *err)
{
    const char *model = made_model(params, options);
    ink_json *made = NULL;
    if (!model || ink_store_made(model, &made, NULL) || !made) /* what is wrong with the store, its opening tells */
        return INK_OK;
    made_words m = { .params = params, .arena = arena, .at = ink_arena_array(arena, MADE_WORDS + (size_t)*argc, sizeof *m.at) };
    ink_status status = m.at ? made_parameters(&m, ink_json_get(made, "parameters"), err) : ink_arena_refused(arena, MADE_WORDS, err);
    if (!status && ink_json_get(made, "system"))
        status = made_word(&m, "system", ink_json_get(made, "system"), err);
    if (!status && ink_json_get(made, "adapter"))
        status = made_word(&m, "adapter", ink_json_get(made, "adapter"), err);
    ink_json_free(made);
    INK_TRY(status);
    memcpy(m.at + m.count, *argv, (size_t)*argc * sizeof **argv);
    *argc += m.count;
    *argv = m.at;
    return INK_OK;
}
