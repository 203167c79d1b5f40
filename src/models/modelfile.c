/* A Modelfile into JSON, and back. What it says is checked in generate/made.c. */
#include <ink/modelfile.h>

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MODELFILE_BYTES = 1 << 20, MODELFILE_WORD = 64 };

typedef enum modelfile_kind { MODELFILE_TEXT, MODELFILE_PARAMETER, MODELFILE_MESSAGE, MODELFILE_LIST } modelfile_kind;

static const struct {
    const char *word, *key;
    modelfile_kind kind;
} modelfile_words[] = {
    { "FROM", "from", MODELFILE_TEXT },         { "ADAPTER", "adapter", MODELFILE_TEXT },  { "PARAMETER", "parameters", MODELFILE_PARAMETER },
    { "TEMPLATE", "template", MODELFILE_TEXT }, { "SYSTEM", "system", MODELFILE_TEXT },    { "MESSAGE", "messages", MODELFILE_MESSAGE },
    { "LICENSE", "license", MODELFILE_LIST },
};
enum { MODELFILE_WORDS = sizeof modelfile_words / sizeof *modelfile_words };

typedef struct modelfile {
    const char *at, *end, *where;
    size_t line;
    ink_json *made;
} modelfile;

static ink_status modelfile_fail(const modelfile *m, const char *what, const char *word, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s, line %zu: %s%s", m->where, m->line, what, word);
}

static void modelfile_blanks(modelfile *m)
{
    while (m->at < m->end && (*m->at == ' ' || *m->at == '\t'))
        m->at++;
}

/* Letters up to the next white space; longer ones than any that mean something are cut. */
static void modelfile_word(modelfile *m, char out[MODELFILE_WORD])
{
    size_t n = 0;
    modelfile_blanks(m);
    for (; m->at < m->end && !strchr(" \t\r\n", *m->at); m->at++)
        if (n + 1 < MODELFILE_WORD)
            out[n++] = *m->at;
    out[n] = 0;
}

/* Text between three quotes, wherever they end. */
static ink_status modelfile_block(modelfile *m, const char **text, size_t *n, ink_err *err)
{
    const char *begin = m->at += 3;
    size_t lines = 0;
    while (m->end - m->at >= 3 && memcmp(m->at, "\"\"\"", 3))
        lines += *m->at++ == '\n';
    if (m->end - m->at < 3)
        return modelfile_fail(m, "the three quotes that begin here do not end", "", err);
    begin += begin < m->at && *begin == '\n'; /* a block may begin on the next line */
    *text = begin;
    *n = (size_t)(m->at - begin);
    m->at += 3;
    m->line += lines;
    return INK_OK;
}

static ink_status modelfile_value(modelfile *m, const char **text, size_t *n, ink_err *err)
{
    modelfile_blanks(m);
    if (m->end - m->at >= 3 && !memcmp(m->at, "\"\"\"", 3))
        INK_TRY(modelfile_block(m, text, n, err));
    else {
        const char *line = memchr(m->at, '\n', (size_t)(m->end - m->at)), *end = line ? line : m->end;
        *text = m->at;
        m->at = end;
        while (end > *text && strchr(" \t\r", end[-1]))
            end--;
        if (end - *text >= 2 && **text == '"' && end[-1] == '"') {
            ++*text;
            end--;
        }
        *n = (size_t)(end - *text);
    }
    modelfile_blanks(m);
    if (m->at < m->end && *m->at == '\r')
        m->at++;
    return m->at == m->end || *m->at == '\n' ? INK_OK : modelfile_fail(m, "nothing may follow the three quotes", "", err);
}

/* A list or an object that grows; borrowed. */
static ink_json *modelfile_open(modelfile *m, const char *key, ink_json *(*make)(void))
{
    if (!ink_json_get(m->made, key))
        ink_json_set(m->made, key, make());
    return (ink_json *)(uintptr_t)ink_json_get(m->made, key);
}

/* Numbers and truth values are such; all else is text. */
static ink_json *modelfile_literal(const char *text, size_t n)
{
    char copy[MODELFILE_WORD], *end;
    if (!n || n >= sizeof copy)
        return ink_json_new_text(text, n);
    memcpy(copy, text, n);
    copy[n] = 0;
    if (!strcmp(copy, "true") || !strcmp(copy, "false"))
        return ink_json_new_bool(*copy == 't');
    long long whole = strtoll(copy, &end, 10);
    if (!*end)
        return ink_json_new_integer(whole);
    double real = strtod(copy, &end);
    return *end ? ink_json_new_text(text, n) : ink_json_new_number(real);
}

static ink_status modelfile_parameter(modelfile *m, ink_err *err)
{
    char name[MODELFILE_WORD];
    const char *text;
    size_t n;
    modelfile_word(m, name);
    INK_TRY(modelfile_value(m, &text, &n, err));
    if (!*name || !n)
        return modelfile_fail(m, "PARAMETER wants a name and a value", "", err);
    ink_json *all = modelfile_open(m, "parameters", ink_json_new_object);
    if (strcmp(name, "stop")) {
        ink_json_set(all, name, modelfile_literal(text, n));
        return INK_OK;
    }
    if (!ink_json_get(all, name))
        ink_json_set(all, name, ink_json_new_array());
    ink_json_append((ink_json *)(uintptr_t)ink_json_get(all, name), ink_json_new_text(text, n));
    return INK_OK;
}

static ink_status modelfile_message(modelfile *m, ink_err *err)
{
    char role[MODELFILE_WORD];
    const char *text;
    size_t n;
    modelfile_word(m, role);
    INK_TRY(modelfile_value(m, &text, &n, err));
    ink_json *message = ink_json_new_object();
    ink_json_set(message, "role", ink_json_new_text(role, strlen(role)));
    ink_json_set(message, "content", ink_json_new_text(text, n));
    ink_json_append(modelfile_open(m, "messages", ink_json_new_array), message);
    return INK_OK;
}

static ink_status modelfile_instruction(modelfile *m, ink_err *err)
{
    char word[MODELFILE_WORD];
    const char *text;
    size_t n, i = 0;
    modelfile_word(m, word);
    while (i < MODELFILE_WORDS && strcasecmp(word, modelfile_words[i].word))
        i++;
    if (i == MODELFILE_WORDS)
        return modelfile_fail(m, "FROM, ADAPTER, PARAMETER, TEMPLATE, SYSTEM, MESSAGE and LICENSE are known, and not ", word, err);
    if (modelfile_words[i].kind == MODELFILE_PARAMETER)
        return modelfile_parameter(m, err);
    if (modelfile_words[i].kind == MODELFILE_MESSAGE)
        return modelfile_message(m, err);
    INK_TRY(modelfile_value(m, &text, &n, err));
    if (modelfile_words[i].kind == MODELFILE_LIST)
        ink_json_append(modelfile_open(m, modelfile_words[i].key, ink_json_new_array), ink_json_new_text(text, n));
    else if (ink_json_get(m->made, modelfile_words[i].key))
        return modelfile_fail(m, "this is said already: ", modelfile_words[i].word, err);
    else
        ink_json_set(m->made, modelfile_words[i].key, ink_json_new_text(text, n));
    return INK_OK;
}

ink_status ink_modelfile_parse(const char *text, size_t n, const char *where, ink_json **out, ink_err *err)
{
    modelfile m = { .at = text, .end = text + n, .where = where, .line = 1, .made = ink_json_new_object() };
    ink_status status = n > MODELFILE_BYTES       ? ink_fail(err, INK_E_LIMIT, "%s: has %zu bytes, and may have %d", where, n, MODELFILE_BYTES)
                        : memchr(text, 0, n)      ? ink_fail(err, INK_E_FORMAT, "%s: holds a zero byte: that is no text", where)
                                                  : INK_OK;
    while (!status && m.at < m.end) {
        modelfile_blanks(&m);
        if (m.at == m.end)
            break;
        if (*m.at == '#')
            while (m.at < m.end && *m.at != '\n')
                m.at++;
        else if (*m.at != '\n' && *m.at != '\r')
            status = modelfile_instruction(&m, err);
        if (!status && m.at < m.end)
            m.line += *m.at++ == '\n';
    }
    if (!status && !ink_json_get(m.made, "from"))
        status = ink_fail(err, INK_E_ARGUMENT, "%s: says FROM which model nowhere", where);
    if (status)
        ink_json_free(m.made);
    else
        *out = m.made;
    return status;
}

/* ---- printing ---- */

static void modelfile_print_value(const ink_json *v, ink_buf *out)
{
    size_t n;
    const char *text = ink_json_text(v, &n);
    if (!text)
        ink_json_dump(v, 0, out);
    else {
        const char *quotes = memchr(text, '\n', n) || memchr(text, '"', n) ? "\"\"\"" : !n || strchr(" \t", *text) || strchr(" \t", text[n - 1]) ? "\"" : "";
        ink_buf_text(out, quotes);
        ink_buf_add(out, text, n);
        ink_buf_text(out, quotes);
    }
    ink_buf_char(out, '\n');
}

static void modelfile_print_parameters(const ink_json *parameters, ink_buf *out)
{
    const char *key;
    const ink_json *value;
    for (void *it = NULL; (it = ink_json_next(parameters, it, &key, &value));) {
        const bool list = ink_json_kind(value) == INK_JSON_ARRAY;
        for (size_t i = 0; i < (list ? ink_json_size(value) : 1); i++) {
            ink_buf_format(out, "PARAMETER %s ", key);
            modelfile_print_value(list ? ink_json_at(value, i) : value, out);
        }
    }
}

void ink_modelfile_print(const ink_json *made, ink_buf *out)
{
    for (size_t i = 0; i < MODELFILE_WORDS; i++) {
        const ink_json *v = ink_json_get(made, modelfile_words[i].key);
        const bool list = ink_json_kind(v) == INK_JSON_ARRAY;
        if (!v || modelfile_words[i].kind == MODELFILE_PARAMETER) {
            modelfile_print_parameters(v, out);
            continue;
        }
        for (size_t k = 0; k < (list ? ink_json_size(v) : 1); k++) {
            const ink_json *one = list ? ink_json_at(v, k) : v;
            ink_buf_format(out, "%s ", modelfile_words[i].word);
            if (modelfile_words[i].kind == MODELFILE_MESSAGE)
                ink_buf_format(out, "%s ", ink_json_string(ink_json_get(one, "role"), ""));
            modelfile_print_value(modelfile_words[i].kind == MODELFILE_MESSAGE ? ink_json_get(one, "content") : one, out);
        }
    }
}
