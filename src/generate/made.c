/* What a Modelfile may set, and whether what it sets makes sense. */
#include <ink/modelfile.h>

#include <string.h>

const ink_param ink_made_params[] = {
    { .name = "temperature", .type = INK_PARAM_REAL, .at = offsetof(ink_made_settings, temperature), .min = 0, .max = 100, .def = -1, .help = "0 always takes the likeliest token" },
    { .name = "num_predict", .type = INK_PARAM_INT, .at = offsetof(ink_made_settings, num_predict), .min = -2, .max = 1e15, .def = -1, .help = "new tokens at most; below 0: no limit" },
    { .name = "num_ctx", .type = INK_PARAM_INT, .at = offsetof(ink_made_settings, num_ctx), .min = 1, .max = 1e15, .def = 0, .help = "most tokens of one conversation; a Modelfile's alone counts" },
    { .name = "stop", .type = INK_PARAM_TEXTS, .at = offsetof(ink_made_settings, stop), .help = "end where one of these texts begins" },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(ink_made_settings, sampling), .table = ink_sampling_params },
    { .name = "Steering", .type = INK_PARAM_TABLE, .at = offsetof(ink_made_settings, steer), .table = ink_steer_params },
    { 0 },
};

/* Ollama's words for how it computes, which change no answer. */
static bool made_machine(const char *name)
{
    static const char *const words[] = { "num_gpu", "num_thread", "num_batch", "main_gpu", "use_mmap", "use_mlock", "low_vram", "numa", "num_keep", NULL };
    size_t i = 0;
    while (words[i] && strcmp(words[i], name))
        i++;
    return words[i];
}

static ink_status made_name(const char *name, ink_err *err)
{
    const char *names[64];
    size_t n = 0;
    for (ink_param_walk w = ink_param_first(ink_made_params); w.param; ink_param_next(&w)) {
        if (!strcmp(w.param->name, name))
            return INK_OK;
        if (n + 1 < sizeof names / sizeof *names)
            names[n++] = w.param->name;
    }
    names[n] = NULL;
    const char *near = ink_param_nearest(name, names);
    return made_machine(name) ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "there is no parameter \"%.60s\"%s%s%s", name, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static ink_status made_parameters(const ink_json *parameters, ink_err *err)
{
    ink_made_settings ignored;
    const char *key;
    const ink_json *value;
    ink_arena *arena;
    ink_buf text;
    if (!parameters)
        return INK_OK;
    if (ink_json_kind(parameters) != INK_JSON_OBJECT)
        return ink_fail(err, INK_E_ARGUMENT, "parameters is an object of names and values");
    for (void *it = NULL; (it = ink_json_next(parameters, it, &key, &value));)
        INK_TRY(made_name(key, err));
    INK_TRY(ink_arena_new("parameters", 16 << 20, &arena, err));
    ink_param_defaults(ink_made_params, &ignored);
    ink_buf_init(&text, 0);
    ink_json_dump(parameters, 0, &text);
    ink_status status = ink_buf_check(&text, "the parameters", err);
    if (!status)
        status = ink_param_json(ink_made_params, text.data, text.len, arena, &ignored, err);
    ink_buf_clear(&text);
    ink_arena_free(arena);
    return status;
}

static ink_status made_text(const ink_json *made, const char *key, ink_err *err)
{
    const ink_json_type kind = ink_json_kind(ink_json_get(made, key));
    return kind == INK_JSON_STRING || kind == INK_JSON_ABSENT ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "%s is a text", key);
}

static ink_status made_messages(const ink_json *messages, ink_err *err)
{
    static const char *const roles[] = { "system", "user", "assistant", NULL };
    if (messages && ink_json_kind(messages) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_ARGUMENT, "messages is a list");
    for (size_t i = 0; i < ink_json_size(messages); i++) {
        const ink_json *m = ink_json_at(messages, i);
        const char *role = ink_json_string(ink_json_get(m, "role"), "");
        size_t r = 0;
        while (roles[r] && strcmp(roles[r], role))
            r++;
        if (!roles[r] || ink_json_kind(ink_json_get(m, "content")) != INK_JSON_STRING)
            return ink_fail(err, INK_E_ARGUMENT, "message %zu has a role (system, user or assistant) and a text, not the role \"%.40s\"", i + 1, role);
    }
    return INK_OK;
}

ink_status ink_modelfile_check(const ink_json *made, ink_err *err)
{
    static const char *const texts[] = { "from", "adapter", "template", "system" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        INK_TRY(made_text(made, texts[i], err));
    const char *form = ink_json_string(ink_json_get(made, "template"), "");
    if (strstr(form, "{{ .") || strstr(form, "{{.") || strstr(form, "{{- .") || strstr(form, "{{ if .") || strstr(form, "{{- if .") || strstr(form, "{{ range") || strstr(form, "{{- range"))
        return ink_fail(err, INK_E_UNSUPPORTED, "the template is written in Go's language; inkstone reads Jinja, as models carry it: without TEMPLATE the model's own is used");
    INK_TRY(made_messages(ink_json_get(made, "messages"), err));
    return made_parameters(ink_json_get(made, "parameters"), err);
}
