#define _GNU_SOURCE
#include "text/rewrite.h"
#include "text/normal.h"

#include <string.h>

void ink_rewriter_init(ink_rewriter *r)
{
    ink_buf_init(&r->normal, 0);
    ink_buf_init(&r->other, 0);
    ink_buf_init(&r->marked, (size_t)1 << 32);
    ink_buf_init(&r->prefixed, (size_t)1 << 32);
}

void ink_rewriter_clear(ink_rewriter *r)
{
    ink_buf_clear(&r->normal);
    ink_buf_clear(&r->other);
    ink_buf_clear(&r->marked);
    ink_buf_clear(&r->prefixed);
}

static bool rewrite_take(const ink_buf *b, ink_text *text)
{
    *text = (ink_text){ b->data ? b->data : "", b->len };
    return !b->failed;
}

static const char *rewrite_mark(const char *p, const char *end)
{
    return memmem(p, (size_t)(end - p), "\xe2\x96\x81", 3);
}

/* A space before it, and a space for every U+2581, where these are asked for. */
static bool rewrite_spaces(ink_buf *to, bool prefix, bool marks, ink_text *text)
{
    const char *p = text->data, *end = p + text->size, *mark = marks ? rewrite_mark(p, end) : NULL;
    if (!text->size || (!prefix && !mark))
        return true;
    ink_buf_reset(to);
    ink_buf_add(to, " ", prefix);
    for (; mark; mark = rewrite_mark(p, end)) {
        ink_buf_add(to, p, (size_t)(mark - p));
        ink_buf_char(to, ' ');
        p = mark + 3;
    }
    ink_buf_add(to, p, (size_t)(end - p));
    return rewrite_take(to, text);
}

static bool rewrite_form(ink_buf *to, int form, ink_text *text)
{
    ink_buf_reset(to);
    ink_normalize((const uint8_t *)text->data, text->size, form, to);
    return rewrite_take(to, text);
}

/* Each step reads what the one before made. */
static bool rewrite_steps(ink_rewriter *r, const ink_tokenizer *t, ink_text *text)
{
    for (size_t i = 0; i < t->step_count; i++) {
        ink_buf_reset(&r->other);
        ink_normal_step_apply(&t->steps[i], &t->charsmap, *text, &r->other);
        if (!rewrite_take(&r->other, text))
            return false;
        const ink_buf made = r->other;
        r->other = r->normal;
        r->normal = made;
    }
    return true;
}

/* Words as white space parts them, a space before each that does not begin with one, and a space for every U+2581. */
static bool rewrite_words(ink_buf *to, bool prefix, ink_text *text)
{
    ink_buf_reset(to);
    for (const char *p = text->data, *end = p + text->size, *stop; p < end; p = stop) {
        for (stop = p; stop < end && !ink_is_white(ink_char_at((const uint8_t *)stop, (const uint8_t *)end)); )
            stop += ink_char_at((const uint8_t *)stop, (const uint8_t *)end).size;
        if (stop == p) {
            stop += ink_char_at((const uint8_t *)stop, (const uint8_t *)end).size;
            continue;
        }
        if (prefix && rewrite_mark(p, p + (stop - p < 3 ? stop - p : 3)) == NULL)
            ink_buf_char(to, ' ');
        for (const char *mark; (mark = rewrite_mark(p, stop)) != NULL; p = mark + 3) {
            ink_buf_add(to, p, (size_t)(mark - p));
            ink_buf_char(to, ' ');
        }
        ink_buf_add(to, p, (size_t)(stop - p));
    }
    return rewrite_take(to, text);
}

bool ink_rewrite_normal(ink_rewriter *r, const ink_tokenizer *t, bool first, ink_text *text)
{
    const bool prefix = t->add_space_prefix && !t->prefix_lacking && (first || t->prefix_each);
    if (t->wordpiece.on) {
        ink_buf_reset(&r->normal);
        return ink_wordpiece_normal(&t->wordpiece, text->data, text->size, &r->normal) && rewrite_take(&r->normal, text);
    }
    if (!rewrite_steps(r, t, text))
        return false;
    if (t->normal && !rewrite_form(&r->normal, t->normal, text))
        return false;
    return rewrite_spaces(&r->marked, prefix, !t->byte_level && !t->marks_late, text);
}

bool ink_rewrite_pretokenize(ink_rewriter *r, const ink_tokenizer *t, bool first, ink_text *text)
{
    const bool marks = !t->byte_level && t->marks_late;
    if (t->words)
        return rewrite_words(&r->prefixed, t->add_space_prefix, text);
    const bool has = text->size && (*text->data == ' ' || (marks && rewrite_mark(text->data, text->data + (text->size < 3 ? text->size : 3))));
    return rewrite_spaces(&r->prefixed, t->add_space_prefix && t->prefix_lacking && (first || t->prefix_each) && !has, marks, text);
}
