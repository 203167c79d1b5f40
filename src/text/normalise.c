/* Runs the tables of normalise_en.c and normalise_zh.c over a text. */
#include "text/normalise.h"
#include "text/chars.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct ink_normaliser {
    const ink_say_language *language;
    size_t count;
    void **regex;
};

typedef struct normal_run { /* one text on its way */
    const ink_normaliser *n;
    const char *text;
    size_t size;
    void *data;
    ink_buf out, said;
    ink_spoken *spoken;
    size_t room;
    bool failed;
} normal_run;

const char *ink_say_find(const ink_say_pair *table, const char *word, size_t n, bool any_case)
{
    for (; table->from; table++)
        if (strlen(table->from) == n && !(any_case ? strncasecmp(table->from, word, n) : strncmp(table->from, word, n)))
            return table->to;
    return NULL;
}

void ink_say_copy(const ink_say_args *a, ink_buf *out)
{
    ink_buf_add(out, a->text[0], a->size[0]);
}

const ink_say_language *ink_say_language_find(const char *name)
{
    static const ink_say_language *const all[] = { &ink_say_english, &ink_say_chinese };
    for (size_t i = 0; i < 2; i++)
        if (!strcmp(all[i]->name, name))
            return all[i];
    return NULL;
}

void ink_normaliser_close(ink_normaliser *n)
{
    if (!n)
        return;
    for (size_t i = 0; n->regex && i < n->count; i++)
        ink_regex_free(n->regex[i]);
    free(n->regex);
    free(n);
}

static ink_status normal_compile(ink_normaliser *n, ink_err *err)
{
    for (const ink_say_rule *r = n->language->rules; r->pattern; r++)
        n->count++;
    n->regex = calloc(n->count, sizeof *n->regex);
    if (!n->regex)
        return ink_fail(err, INK_E_MEMORY, "no memory for the rules of a normaliser");
    for (size_t i = 0; i < n->count; i++)
        INK_TRY(ink_regex_open(n->language->rules[i].pattern, &n->regex[i], err));
    return INK_OK;
}

ink_status ink_normaliser_open(const ink_say_language *language, ink_normaliser **out, ink_err *err)
{
    ink_normaliser *n = calloc(1, sizeof *n);
    if (!n)
        return ink_fail(err, INK_E_MEMORY, "no memory for a normaliser");
    n->language = language;
    ink_status status = normal_compile(n, err);
    if (status)
        ink_normaliser_close(n);
    else
        *out = n;
    return status;
}

/* The verb at "{name 1 2}" is called; returns what follows the brace. */
static const char *normal_verb(normal_run *r, const ink_regex_spans *m, const char *t)
{
    const size_t length = strcspn(++t, " }");
    const ink_say_verb *v = r->n->language->verbs;
    while (v->name && (strlen(v->name) != length || strncmp(v->name, t, length)))
        v++;
    ink_say_args a = { 0 };
    size_t count = 0;
    for (t += length; *t == ' ' && count < 4; count++) {
        const size_t group = strtoul(t + 1, (char **)&t, 10);
        a.text[count] = m->text + m->from[group];
        a.size[count] = m->to[group] - m->from[group];
    }
    if (v->name && a.size[0])
        v->say(&a, &r->said);
    else if (r->said.len && r->said.data[r->said.len - 1] == ' ')
        r->said.len--; /* nothing said: the blank before it goes too */
    return t + 1;
}

static bool normal_joins(const char *text, const char *end)
{
    return ink_char_at((const uint8_t *)text, (const uint8_t *)end).class & (INK_LETTER | INK_NUMBER);
}

/* A blank between words that would run together. */
static void normal_part(normal_run *r, const char *next, const char *end)
{
    ink_buf *b = &r->out;
    size_t last = b->len;
    if (!r->n->language->blanks || !last || next == end)
        return;
    while (--last && (b->data[last] & 0xC0) == 0x80)
        continue;
    if (normal_joins(b->data + last, b->data + b->len) && normal_joins(next, end))
        ink_buf_char(b, ' ');
}

static struct ink_spoken_part *normal_new_part(normal_run *r)
{
    ink_spoken *s = r->spoken;
    if (s->count == r->room) {
        const size_t room = r->room ? 2 * r->room : 16;
        void *more = realloc(s->parts, room * sizeof *s->parts);
        r->failed = !more;
        if (!more)
            return NULL;
        s->parts = more;
        r->room = room;
    }
    return &s->parts[s->count++];
}

static void normal_add(normal_run *r, const char *said, size_t n, size_t from, size_t length, bool same)
{
    const size_t start = r->out.len;
    normal_part(r, said, said + n);
    ink_buf_add(&r->out, said, n);
    struct ink_spoken_part *part = normal_new_part(r);
    if (part)
        *part = (struct ink_spoken_part){ start, r->out.len - start, from, length, same && r->out.len - start == length };
}

static void normal_say(normal_run *r, const ink_say_rule *rule, const ink_regex_spans *m)
{
    ink_buf_reset(&r->said);
    for (const char *t = rule->says; *t;)
        if (*t == '{')
            t = normal_verb(r, m, t);
        else
            ink_buf_char(&r->said, *t++);
    if (r->said.failed)
        r->failed = true;
    else
        normal_add(r, r->said.data ? r->said.data : "", r->said.len, m->from[0], m->to[0] - m->from[0], false);
}

static unsigned normal_place(const normal_run *r, size_t at)
{
    const unsigned char c = (unsigned char)r->text[at], before = at ? (unsigned char)r->text[at - 1] : ' ';
    if (c >= 0x80)
        return (c & 0xC0) == 0x80 ? 0 : INK_AT_WIDE;
    if (ink_byte_class[c] & INK_NUMBER)
        return INK_AT_DIGIT;
    if (!(ink_byte_class[c] & INK_LETTER))
        return c == ' ' || c == '\n' ? 0 : INK_AT_SIGN;
    return ink_byte_class[before] & INK_LETTER ? 0 : INK_AT_LETTER;
}

/* The rule that takes the text here; NULL when none does. */
static const ink_say_rule *normal_find(const normal_run *r, size_t at, ink_regex_spans *m)
{
    const unsigned place = normal_place(r, at);
    const ink_say_rule *rules = r->n->language->rules;
    for (size_t i = 0; place && i < r->n->count; i++)
        if (rules[i].at & place && ink_regex_at(r->n->regex[i], r->data, r->text, r->size, at, m))
            return &rules[i];
    return NULL;
}

static void normal_copy(normal_run *r, size_t from, size_t to)
{
    if (to > from)
        normal_add(r, r->text + from, to - from, from, to - from, true);
}

static void normal_walk(normal_run *r)
{
    size_t copied = 0;
    for (size_t at = 0; at < r->size && !r->out.failed && !r->failed;) {
        ink_regex_spans m;
        const ink_say_rule *rule = normal_find(r, at, &m);
        if (!rule) {
            at++;
            continue;
        }
        normal_copy(r, copied, at);
        normal_say(r, rule, &m);
        copied = at = m.to[0];
    }
    normal_copy(r, copied, r->size);
}

ink_status ink_normaliser_run(const ink_normaliser *n, const char *text, size_t size, ink_spoken *out, ink_err *err)
{
    normal_run r = { .n = n, .text = text, .size = size, .data = ink_regex_data(), .spoken = out };
    ink_buf_init(&r.out, 0);
    ink_buf_init(&r.said, 0);
    ink_spoken_clear(out);
    if (r.data)
        normal_walk(&r);
    ink_buf_add(&r.out, "", 0);
    ink_buf_clear(&r.said);
    if (!r.data || r.failed || r.out.failed) {
        ink_regex_data_free(r.data);
        ink_buf_clear(&r.out);
        ink_spoken_clear(out);
        return ink_fail(err, INK_E_MEMORY, "no memory to put %zu bytes of text into words", size);
    }
    ink_regex_data_free(r.data);
    out->text = r.out.data;
    out->size = r.out.len;
    return INK_OK;
}
