/* What is typed, and the conversation around it. */
#define _GNU_SOURCE
#include "chat.h"

#include <stdlib.h>
#include <string.h>

typedef struct chat_text { /* grows line by line */
    char *at;
    size_t count;
} chat_text;

static bool lines_add(chat_text *t, const char *bytes, size_t n)
{
    char *more = realloc(t->at, t->count + n + 1);
    if (!more)
        return false;
    memcpy(more + t->count, bytes, n);
    t->at = more;
    t->count += n;
    more[t->count] = 0;
    return true;
}

/* One line without its end; NULL at the end of input or, with *stopped, after Ctrl-C. */
static char *lines_next(const char *prompt, bool *stopped)
{
    char *line = NULL;
    size_t room = 0;
    cli_stop_forget();
    fputs(prompt, stdout);
    fflush(stdout);
    cli_stop_cuts_reading(true);
    ssize_t n = getline(&line, &room, stdin);
    cli_stop_cuts_reading(false);
    *stopped = n < 0 && cli_stop_asked();
    if (n < 0) {
        clearerr(stdin);
        free(line);
        return NULL;
    }
    while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        line[--n] = 0;
    return line;
}

/* Adds a line to the text. True: another belongs to it. */
static bool lines_join(chat_text *t, const char *line, bool *block)
{
    static const char mark[] = "\"\"\"";
    size_t n = strlen(line);
    if (!*block && !strncmp(line, mark, 3)) {
        *block = true;
        line += 3;
        n -= 3;
        if (!n)
            return true;
    }
    if (*block) {
        bool ends = n >= 3 && !strcmp(line + n - 3, mark);
        *block = !ends;
        return lines_add(t, line, ends ? n - 3 : n) && !ends && lines_add(t, "\n", 1);
    }
    if (n && line[n - 1] == '\\')
        return lines_add(t, line, n - 1) && lines_add(t, "\n", 1);
    lines_add(t, line, n);
    return false;
}

char *chat_read(void)
{
    chat_text text = { 0 };
    bool block = false, more = true, stopped = false;
    lines_add(&text, "", 0);
    for (const char *prompt = "> "; more; prompt = ". ") {
        char *line = lines_next(prompt, &stopped);
        if (!line) {
            putchar('\n');
            if (stopped && text.at) {
                *text.at = 0;
                return text.at;
            }
            if (!text.count) {
                free(text.at);
                return NULL;
            }
            break; /* the end of input ends a text too */
        }
        more = lines_join(&text, line, &block);
        free(line);
    }
    return text.at;
}

static void talk_greet(const chat *c)
{
    const ink_model_info *info = ink_model_describe(ink_llm_model(c->model.llm));
    printf("%s (%s), a context of %zu tokens. /help lists the commands, Ctrl-D ends.\n", c->name, info->architecture, ink_llm_context(c->model.llm));
}

/* A failure is said, and the conversation stands where it was before the message. */
static void talk_say(chat *c, const char *text)
{
    ink_err err = { 0 };
    size_t before = ink_conversation_count(c->conversation);
    if (ink_conversation_add(c->conversation, "user", text, &err) || chat_answer(c, &err)) {
        ink_conversation_keep(c->conversation, before);
        cli_note("%s", err.text);
        if (err.status == INK_E_LIMIT)
            cli_note("/clear begins anew, /save keeps what was said");
    }
    putchar('\n');
}

ink_status chat_talk(chat *c, ink_err *err)
{
    talk_greet(c);
    while (!c->over) {
        char *text = chat_read();
        if (!text)
            break;
        ink_err slip = { 0 };
        if (*text == '/') {
            if (chat_command(c, text, &slip))
                cli_note("%s", slip.text);
        } else if (text[strspn(text, " \t\n")])
            talk_say(c, text);
        else if (cli_stop_asked())
            puts("Ctrl-D or /quit ends the conversation.");
        free(text);
        if (ferror(stdout))
            return cli_flush(err);
    }
    return INK_OK;
}
