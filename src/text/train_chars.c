#define _GNU_SOURCE /* qsort_r */
#include "text/train_chars.h"

#include "base/text.h"
#include "text/normal.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

#include <stdlib.h>

size_t ink_training_char(const char *p, const char *end)
{
    const char *at = p;
    ink_utf8_next(&at, end);
    return (size_t)(at - p);
}

static int chars_order(const void *a, const void *b, void *user)
{
    const ink_words *w = user;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (w->counts[x] != w->counts[y])
        return w->counts[x] > w->counts[y] ? -1 : 1;
    const ink_text p = ink_words_at(w, x), q = ink_words_at(w, y);
    return ink_bytes_compare(p.data, p.size, q.data, q.size);
}

static ink_status chars_count(ink_token_training *t, ink_words *all, uint64_t *total)
{
    uint32_t number;
    for (size_t i = 0; i < t->words.count; i++) {
        const ink_text w = ink_words_at(&t->words, i);
        for (size_t at = 0, n; at < w.size; at += n) {
            n = ink_training_char(w.data + at, w.data + w.size);
            INK_TRY(ink_words_add(all, w.data + at, n, t->words.counts[i], &number, t->err));
            *total += t->words.counts[i];
        }
    }
    return INK_OK;
}

static ink_status chars_keep(ink_token_training *t, const ink_words *all, uint64_t total, double coverage, ink_words *chars)
{
    uint32_t number, *order = malloc((all->count + 1) * sizeof *order);
    if (!order)
        return ink_fail(t->err, INK_E_MEMORY, "no memory for %zu characters", all->count);
    for (size_t i = 0; i < all->count; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, all->count, sizeof *order, chars_order, (void *)(uintptr_t)all);
    uint64_t covered = 0;
    ink_status status = INK_OK;
    for (size_t i = 0; status == INK_OK && i < all->count && (double)covered < coverage * (double)total; i++) {
        const ink_text c = ink_words_at(all, order[i]);
        covered += all->counts[order[i]];
        status = ink_words_add(chars, c.data, c.size, all->counts[order[i]], &number, t->err);
    }
    free(order);
    return status;
}

ink_status ink_training_chars(ink_token_training *t, double coverage, ink_words *chars)
{
    ink_words all = { 0 };
    uint64_t total = 0;
    ink_status status = chars_count(t, &all, &total);
    if (status == INK_OK)
        status = chars_keep(t, &all, total, coverage, chars);
    ink_words_clear(&all);
    return status;
}

ink_status ink_training_parts(const ink_token_training *t, const ink_words *chars, ink_training_part *part, void *user)
{
    for (size_t i = 0; i < t->words.count; i++) {
        const ink_text w = ink_words_at(&t->words, i);
        size_t from = 0, at = 0, n;
        for (; at < w.size; at += n) {
            n = ink_training_char(w.data + at, w.data + w.size);
            if (ink_words_find(chars, w.data + at, n) != INK_WORDS_NONE)
                continue;
            if (at > from)
                INK_TRY(part(user, w.data + from, at - from, t->words.counts[i]));
            from = at + n;
        }
        if (at > from)
            INK_TRY(part(user, w.data + from, at - from, t->words.counts[i]));
    }
    return INK_OK;
}

static bool chars_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

ink_status ink_training_spaced(ink_token_training *t, const char *text, size_t n)
{
    ink_buf normal, word;
    ink_buf_init(&normal, n * 4 + 4096);
    ink_buf_init(&word, 0);
    ink_normalize((const uint8_t *)text, n, INK_NORMAL_KC, &normal);
    ink_status status = ink_buf_check(&normal, "the normal form of a text", t->err);
    for (size_t at = 0, end; status == INK_OK && at < normal.len; at = end) {
        while (at < normal.len && chars_blank(normal.data[at]))
            at++;
        for (end = at; end < normal.len && !chars_blank(normal.data[end]); end++)
            ;
        ink_buf_reset(&word);
        ink_buf_text(&word, INK_TRAINING_SPACE);
        ink_buf_add(&word, normal.data + at, end - at);
        status = ink_buf_check(&word, "a word", t->err);
        if (status == INK_OK && end > at && ink_utf8_valid(word.data, word.len) == word.len)
            status = ink_training_word(t, word.data, word.len);
    }
    ink_buf_clear(&normal);
    ink_buf_clear(&word);
    return status;
}

/* SentencePiece parts scripts, and numbers are of the script of signs: both are common to all. */
static unsigned chars_class(uint32_t c)
{
    const unsigned traits = ink_unicode_traits(c);
    return !(traits & INK_UNICODE_NUMBER) && traits & (INK_UNICODE_LETTER | INK_UNICODE_WORD) ? 1 : 2;
}

bool ink_training_fits(ink_text piece)
{
    const char *at = piece.data, *end = piece.data + piece.size;
    unsigned class = 0;
    size_t n = 0;
    for (; at < end; n++) {
        const uint32_t c = ink_utf8_next(&at, end);
        const unsigned seen = chars_class(c);
        if (c == 0x2581 && !n)
            continue;
        if (c == 0x2581 || (class && seen != class))
            return false;
        class = seen;
    }
    return n <= INK_TRAINING_LONGEST;
}
