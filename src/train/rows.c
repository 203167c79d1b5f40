/* Rows of a file of JSON, one at a time as it lies there: a line each, or the entries of one array. */
#define _GNU_SOURCE /* memmem */
#include "train/examples.h"

#include <stdio.h>
#include <string.h>

typedef struct rows {
    const ink_reading *r;
    const char *text;
    size_t n, at, line, taken; /* taken: rows that were looked at */
    ink_json_row *row;
    void *user;
    ink_examples *into;
} rows;

static const char rows_blank[] = " \t\r\n";

static bool rows_is_blank(char c) { return c && strchr(rows_blank, c); }

char ink_json_first(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && rows_is_blank(text[i]))
        i++;
    return i < n ? text[i] : 0;
}

bool ink_json_mentions(const char *head, size_t n, const char *key)
{
    char quoted[64];
    int size = snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char first = ink_json_first(head, n);
    return (first == '{' || first == '[') && memmem(head, n, quoted, (size_t)size);
}

/* A row that is left out, and why. */
static void rows_leave(const rows *s, const char *reason)
{
    enum { SAID = 10 };
    char text[1024];
    if (s->r->bad)
        s->r->bad(s->r->user, s->line, reason);
    else if (s->r->say && s->into->dropped < SAID) {
        snprintf(text, sizeof text, "%.300s, line %zu is left out: %.500s", s->r->path, s->line, reason);
        s->r->say(s->r->user, text);
    }
    s->into->dropped++;
}

static ink_status rows_use(rows *s, const char *text, size_t n, ink_err *err)
{
    ink_json *value;
    ink_err inner = { 0 };
    const size_t dropped = s->into->dropped;
    s->taken++;
    s->into->row++;
    ink_status status = ink_json_parse(text, n, "this row", &value, &inner);
    if (status == INK_OK) {
        status = s->row(s->user, value, &inner);
        ink_json_free(value);
    }
    if (status == INK_OK && s->into->dropped > dropped && s->r->bad)
        s->r->bad(s->r->user, s->line, "has nothing to learn");
    else if (status == INK_OK && s->r->used)
        s->r->used(s->r->user, s->line, text, n);
    if (status == INK_OK)
        return INK_OK;
    if (status != INK_E_UNSUPPORTED && !(s->r->bad && (status == INK_E_FORMAT || status == INK_E_LIMIT)))
        return ink_fail(err, status, "%s, line %zu: %.500s", s->r->path, s->line, inner.text);
    rows_leave(s, inner.text);
    return INK_OK;
}

/* Where the value that begins at `at` ends: brackets are counted outside strings; its parser judges the rest. */
static size_t rows_value(const char *text, size_t at, size_t n)
{
    size_t depth = 0;
    bool quoted = false;
    for (; at < n; at++) {
        const char c = text[at];
        if (quoted) {
            at += c == '\\';
            quoted = c != '"';
        } else if (c == '"')
            quoted = true;
        else if (c == '{' || c == '[')
            depth++;
        else if (depth && (c == '}' || c == ']') && !--depth)
            return at + 1;
        else if (!depth && (c == ',' || c == ']' || rows_is_blank(c)))
            return at;
    }
    return n;
}

static char rows_skip(rows *s)
{
    for (; s->at < s->n && rows_is_blank(s->text[s->at]); s->at++)
        s->line += s->text[s->at] == '\n';
    return s->at < s->n ? s->text[s->at] : 0;
}

static bool rows_enough(const rows *s) { return s->r->most && s->taken >= s->r->most; }

static ink_status rows_array(rows *s, ink_err *err)
{
    s->line = 1;
    rows_skip(s);
    s->at++;
    for (bool more = rows_skip(s) != ']'; more; ) {
        const size_t from = s->at, to = rows_value(s->text, from, s->n);
        INK_TRY(rows_use(s, s->text + from, to - from, err));
        if (rows_enough(s))
            return INK_OK;
        for (s->at = from; s->at < to; s->at++)
            s->line += s->text[s->at] == '\n';
        const char next = rows_skip(s);
        if (next != ',' && next != ']')
            return ink_fail(err, INK_E_FORMAT, "%s, line %zu: %s", s->r->path, s->line, next ? "a comma or the end of the list is expected here" : "the list does not end");
        s->at++;
        more = next == ',';
        if (more)
            rows_skip(s);
    }
    return INK_OK;
}

static ink_status rows_lines(rows *s, ink_err *err)
{
    for (size_t end; s->at < s->n && !rows_enough(s); s->at = end + 1) {
        const char *stop = memchr(s->text + s->at, '\n', s->n - s->at);
        end = stop ? (size_t)(stop - s->text) : s->n;
        s->line++;
        if (ink_json_first(s->text + s->at, end - s->at))
            INK_TRY(rows_use(s, s->text + s->at, end - s->at, err));
    }
    return INK_OK;
}

ink_status ink_json_rows(const ink_reading *r, const char *text, size_t n, ink_json_row *row, void *user, ink_examples *into, ink_err *err)
{
    rows s = { .r = r, .text = text, .n = n, .row = row, .user = user, .into = into };
    return ink_json_first(text, n) == '[' ? rows_array(&s, err) : rows_lines(&s, err);
}
