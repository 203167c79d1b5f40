/* inkstone tag: a tag for every word. */
#include "cli.h"

#include <ink/file.h>
#include <ink/tag.h>
#include <stdlib.h>
#include <string.h>

typedef struct tag_options {
    const char *model, *text;
    int64_t threads;
    bool json;
    ink_param_texts adapters;
} tag_options;

static const ink_param tag_params[] = {
    CLI_MODEL(tag_options),
    { .name = "text", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL, .at = offsetof(tag_options, text), .value = "TEXT",
      .shown = "lines of standard input", .help = "words with spaces between them" },
    CLI_THREADS(tag_options),
    CLI_ADAPTER(tag_options),
    CLI_JSON(tag_options),
    { 0 },
};

typedef struct tag_work {
    const tag_options *o;
    cli_model model;
    ink_tagger *tagger;
    ink_text *words;
    ink_tag *tags;
    size_t room;
    ink_jot jot;
} tag_work;

static bool tag_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The words of a line; how many. */
static size_t tag_cut(tag_work *w, const char *line, size_t n)
{
    size_t count = 0;
    for (size_t at = 0; at < n;) {
        while (at < n && tag_blank(line[at]))
            at++;
        const size_t from = at;
        while (at < n && !tag_blank(line[at]))
            at++;
        if (at > from)
            w->words[count++] = (ink_text){ line + from, at - from };
    }
    return count;
}

static ink_status tag_grow(tag_work *w, size_t n, ink_err *err)
{
    if (n <= w->room)
        return INK_OK;
    ink_text *words = realloc(w->words, n * sizeof *words);
    w->words = words ? words : w->words;
    ink_tag *tags = words ? realloc(w->tags, n * sizeof *tags) : NULL;
    w->tags = tags ? tags : w->tags;
    w->room = tags ? n : w->room;
    return tags ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for %zu words", n);
}

static void tag_json(tag_work *w, size_t count)
{
    ink_jot *j = &w->jot;
    ink_jot_object(j, NULL);
    ink_jot_array(j, "tokens");
    for (size_t i = 0; i < count; i++)
        ink_jot_bytes(j, NULL, w->words[i].data, w->words[i].size);
    ink_jot_end(j);
    ink_jot_array(j, "tags");
    for (size_t i = 0; i < count; i++)
        if (w->tags[i].name)
            ink_jot_text(j, NULL, w->tags[i].name);
        else
            ink_jot_null(j, NULL);
    ink_jot_end(j);
    ink_jot_array(j, "p");
    for (size_t i = 0; i < count; i++)
        ink_jot_number(j, NULL, w->tags[i].p);
    ink_jot_end(j);
    ink_jot_end(j);
}

static ink_status tag_line(tag_work *w, const char *line, size_t n, ink_err *err)
{
    INK_TRY(tag_grow(w, n / 2 + 1, err));
    const size_t count = tag_cut(w, line, n);
    INK_TRY(ink_tagger_words(w->tagger, w->words, count, w->tags, err));
    if (w->o->json)
        tag_json(w, count);
    for (size_t i = 0; i < count && !w->o->json; i++)
        printf("%.*s\t%s\n", (int)w->words[i].size, w->words[i].data, w->tags[i].name ? w->tags[i].name : "");
    if (!w->o->json)
        putchar('\n');
    return INK_OK;
}

static ink_status tag_lines(tag_work *w, const char *text, size_t n, ink_err *err)
{
    for (size_t at = 0, end; at < n; at = end + 1) {
        const char *stop = memchr(text + at, '\n', n - at);
        end = stop ? (size_t)(stop - text) : n;
        INK_TRY(tag_line(w, text + at, end - at, err));
    }
    return INK_OK;
}

static ink_status tag_work_run(tag_work *w, ink_err *err)
{
    const tag_options *o = w->o;
    char *text = NULL;
    size_t n = o->text ? strlen(o->text) : 0;
    INK_TRY(cli_model_open(&w->model, o->model, err));
    INK_TRY(ink_tagger_open(w->model.model, &(ink_tagger_options){ .threads = (size_t)o->threads, .adapters = o->adapters.at, .adapter_count = o->adapters.count }, &w->tagger, err));
    if (!o->text)
        INK_TRY(ink_file_text("-", (size_t)256 << 20, &text, &n, err));
    w->jot = cli_jot();
    if (o->json) {
        ink_jot_object(&w->jot, NULL);
        ink_jot_array(&w->jot, "lines");
    }
    ink_status status = tag_lines(w, o->text ? o->text : text, n, err);
    if (!status && o->json) {
        ink_jot_end(&w->jot);
        cli_jot_finish(&w->jot);
    }
    free(text);
    return status;
}

static ink_status tag_run(const void *options, ink_err *err)
{
    tag_work w = { .o = options };
    ink_status status = tag_work_run(&w, err);
    ink_tagger_close(w.tagger);
    cli_model_close(&w.model);
    free(w.words);
    free(w.tags);
    return status;
}

const cli_command cli_tag = {
    .params = tag_params,
    .size = sizeof(tag_options),
    .about = "A tag for every word of a text, such as what kind of name it is part of, by an encoder that was taught to give them (inkstone train stage=tag), or one with an adapter that was.",
    .examples = { { "tag -m saves/names \"Ada Lovelace was born in London .\"", "a word and its tag on each line" },
                  { "tag -m ./bert-base-uncased --adapter saves/names --json < lines.txt", "by an adapter, as JSON" } },
    .computes = true,
    .run = tag_run,
};
