/* The commands of a conversation: a table of names, helps and functions. */
#include "chat.h"

#include <string.h>

typedef struct chat_verb {
    const char *name, *value, *help; /* value NULL: it takes none */
    bool required;                   /* the value */
    ink_status (*run)(chat *c, const char *value, ink_err *err);
} chat_verb;

static ink_status verb_system(chat *c, const char *value, ink_err *err)
{
    INK_TRY(ink_conversation_system(c->conversation, value, err));
    puts(*value ? "The system message is set." : "The system message is gone.");
    return INK_OK;
}

static ink_status verb_save(chat *c, const char *value, ink_err *err)
{
    INK_TRY(ink_conversation_save(c->conversation, value, err));
    printf("%zu messages are in %s.\n", ink_conversation_count(c->conversation), value);
    return INK_OK;
}

static ink_status verb_load(chat *c, const char *value, ink_err *err)
{
    INK_TRY(ink_conversation_load(c->conversation, value, err));
    for (size_t i = 0; i < ink_conversation_count(c->conversation); i++) {
        ink_message m = ink_conversation_at(c->conversation, i);
        printf("%s%s\n", !strcmp(m.role, "user") ? "> " : !strcmp(m.role, "system") ? "/system " : "", m.content);
    }
    return INK_OK;
}

static ink_status verb_regenerate(chat *c, const char *value, ink_err *err)
{
    (void)value;
    size_t n = ink_conversation_count(c->conversation);
    while (n && strcmp(ink_conversation_at(c->conversation, n - 1).role, "user"))
        n--;
    if (!n)
        return ink_fail(err, INK_E_ARGUMENT, "nothing has been asked yet");
    ink_conversation_keep(c->conversation, n);
    c->again++; /* another seed: the same would give the same answer */
    return chat_answer(c, err);
}

static void verb_set_show(const chat *c)
{
    for (ink_param_walk w = ink_param_first(chat_settings_params); w.param; ink_param_next(&w)) {
        const char *at = (const char *)&c->settings + w.at;
        char usual[128];
        ink_param_default(w.param, usual, sizeof usual);
        if (w.param->type == INK_PARAM_REAL)
            printf("  %-18s %-10.6g %s\n", w.param->name, *(const double *)(const void *)at, w.param->help);
        else if (w.param->type == INK_PARAM_INT && *(const int64_t *)(const void *)at != (int64_t)w.param->def)
            printf("  %-18s %-10lld %s\n", w.param->name, (long long)*(const int64_t *)(const void *)at, w.param->help);
        else if (w.param->type == INK_PARAM_INT)
            printf("  %-18s %-10s %s\n", w.param->name, strlen(usual) <= 10 ? usual : "", w.param->help);
        else
            printf("  %-29s %s\n", w.param->name, w.param->help);
    }
}

static ink_status verb_set(chat *c, const char *value, ink_err *err)
{
    if (!*value) {
        verb_set_show(c);
        return INK_OK;
    }
    char name[64];
    size_t n = strcspn(value, " =\t");
    const char *rest = value + n + strspn(value + n, " =\t");
    snprintf(name, sizeof name, "%.*s", (int)(n < 60 ? n : 60), value);
    if (!*rest)
        return ink_fail(err, INK_E_ARGUMENT, "/set wants a name and a value, such as /set temp 0.5");
    const char *kept = ink_arena_text(c->arena, rest, strlen(rest));
    if (!kept)
        return ink_arena_refused(c->arena, strlen(rest), err);
    chat_settings fresh = c->settings;
    ink_sampler *s;
    INK_TRY(ink_param_set(chat_settings_params, name, kept, c->arena, &fresh, err));
    INK_TRY(ink_sampler_new(&fresh.sampling, ink_model_describe(c->model.model)->vocab, &s, err)); /* an order or a bias may be wrong */
    ink_sampler_free(s);
    c->settings = fresh;
    return INK_OK;
}

static ink_status verb_clear(chat *c, const char *value, ink_err *err)
{
    (void)value;
    (void)err;
    bool system = ink_conversation_count(c->conversation) && !strcmp(ink_conversation_at(c->conversation, 0).role, "system");
    ink_conversation_keep(c->conversation, system);
    puts(system ? "All is forgotten but the system message." : "All is forgotten.");
    return INK_OK;
}

static ink_status verb_help(chat *c, const char *value, ink_err *err);

static ink_status verb_quit(chat *c, const char *value, ink_err *err)
{
    (void)value;
    (void)err;
    c->over = true;
    return INK_OK;
}

static const chat_verb chat_verbs[] = {
    { "system", "[TEXT]", "tell the model who it is; without a text, no longer", false, verb_system },
    { "regenerate", NULL, "another answer to the same question", false, verb_regenerate },
    { "set", "[NAME VALUE]", "change a setting, such as temp 0.5; without a name, show them", false, verb_set },
    { "save", "FILE", "keep the conversation", true, verb_save },
    { "load", "FILE", "go on with one that was kept", true, verb_load },
    { "clear", NULL, "forget what was said", false, verb_clear },
    { "help", NULL, "this list", false, verb_help },
    { "quit", NULL, "end; so does Ctrl-D", false, verb_quit },
};
enum { CHAT_VERBS = sizeof chat_verbs / sizeof *chat_verbs };

static ink_status verb_help(chat *c, const char *value, ink_err *err)
{
    (void)c;
    (void)value;
    (void)err;
    for (size_t i = 0; i < CHAT_VERBS; i++)
        printf("  /%s%s%-*s %s\n", chat_verbs[i].name, chat_verbs[i].value ? " " : "",
               (int)(22 - strlen(chat_verbs[i].name) - !!chat_verbs[i].value), chat_verbs[i].value ? chat_verbs[i].value : "", chat_verbs[i].help);
    puts("A line that ends in \\ goes on in the next; \"\"\" begins and ends a text of many lines. Ctrl-C stops an answer.");
    return INK_OK;
}

static ink_status chat_unknown(const char *word, ink_err *err)
{
    const char *names[CHAT_VERBS + 1] = { 0 };
    for (size_t i = 0; i < CHAT_VERBS; i++)
        names[i] = chat_verbs[i].name;
    const char *near = ink_param_nearest(word, names);
    return near ? ink_fail(err, INK_E_ARGUMENT, "there is no /%.40s; did you mean /%s?", word, near)
                : ink_fail(err, INK_E_ARGUMENT, "there is no /%.40s; /help lists what there is", word);
}

ink_status chat_command(chat *c, char *line, ink_err *err)
{
    char *word = line + 1, *value = word + strcspn(word, " \t\n");
    if (*value)
        *value++ = 0;
    value += strspn(value, " \t\n");
    for (size_t n = strlen(value); n && strchr(" \t\n", value[n - 1]);)
        value[--n] = 0;
    for (size_t i = 0; i < CHAT_VERBS; i++) {
        const chat_verb *v = &chat_verbs[i];
        if (strcmp(v->name, word))
            continue;
        if (v->required && !*value)
            return ink_fail(err, INK_E_ARGUMENT, "/%s wants %s after it", v->name, v->value);
        if (!v->value && *value)
            return ink_fail(err, INK_E_ARGUMENT, "/%s takes nothing after it", v->name);
        return v->run(c, value, err);
    }
    return chat_unknown(word, err);
}
