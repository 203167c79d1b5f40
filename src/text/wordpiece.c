#include "text/wordpiece.h"

#include "text/chars.h"
#include "text/unicode.h"

#include <string.h>

enum { WORDPIECE_WORD = 4096 }; /* bytes of a word that is spelled; its characters are bounded by `longest` */

static bool wordpiece_control(uint32_t c)
{
    return c == 0 || c == 0xFFFD || (c != '\t' && c != '\n' && c != '\r' && ink_unicode_traits(c) & INK_UNICODE_OTHER);
}

static bool wordpiece_space(uint32_t c)
{
    return ink_unicode_traits(c) & INK_UNICODE_SPACE;
}

/* Blocks of ideographs, as BERT lists them. */
static bool wordpiece_han(uint32_t c)
{
    static const uint32_t blocks[][2] = { { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF }, { 0xF900, 0xFAFF }, { 0x20000, 0x2A6DF }, { 0x2A700, 0x2B73F }, { 0x2B740, 0x2B81F }, { 0x2B920, 0x2CEAF }, { 0x2F800, 0x2FA1F } };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (c >= blocks[i][0] && c <= blocks[i][1])
            return true;
    return false;
}

static bool wordpiece_mark(uint32_t c) /* ASCII that is no letter, digit or space; elsewhere punctuation */
{
    if (c < 0x80)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    return ink_unicode_traits(c) & INK_UNICODE_MARKS;
}

static void wordpiece_put(ink_buf *out, uint32_t c)
{
    char bytes[4];
    ink_buf_add(out, bytes, ink_utf8_put(c, bytes));
}

static void wordpiece_clean(const ink_wordpiece *w, const char *text, size_t n, ink_buf *out)
{
    for (const char *at = text, *end = text + n; at < end;) {
        uint32_t c = ink_utf8_next(&at, end);
        const bool alone = w->han && wordpiece_han(c);
        if (w->clean && wordpiece_control(c))
            continue;
        c = w->clean && wordpiece_space(c) ? ' ' : c;
        if (alone)
            ink_buf_char(out, ' ');
        wordpiece_put(out, c);
        if (alone)
            ink_buf_char(out, ' ');
    }
}

/* Decomposed, without the marks that take no room of their own. */
static bool wordpiece_plain(ink_buf *text)
{
    ink_buf apart, kept;
    ink_buf_init(&apart, 0);
    ink_buf_init(&kept, 0);
    bool done = ink_unicode_normal(text->data, text->len, false, false, &apart);
    for (const char *at = apart.data, *end = at + apart.len; done && at < end;) {
        const uint32_t c = ink_utf8_next(&at, end);
        if (!(ink_unicode_traits(c) & INK_UNICODE_NONSPACING))
            wordpiece_put(&kept, c);
    }
    done = done && !kept.failed;
    ink_buf_clear(&apart);
    ink_buf_clear(text);
    *text = kept;
    return done;
}

bool ink_wordpiece_normal(const ink_wordpiece *w, const char *text, size_t n, ink_buf *out)
{
    ink_buf clean;
    ink_buf_init(&clean, 0);
    wordpiece_clean(w, text, n, &clean);
    bool done = !clean.failed && (!w->accents || !clean.len || wordpiece_plain(&clean));
    for (const char *at = clean.data, *end = at + clean.len; done && at < end;) {
        const uint32_t c = ink_utf8_next(&at, end);
        wordpiece_put(out, w->lower ? ink_unicode_lower(c) : c);
    }
    ink_buf_clear(&clean);
    return done && !out->failed;
}

/* The longest token at the word's beginning, its bytes in `spelled`; -1 when there is none. *size: how many of the word's bytes it stands for. */
static int32_t wordpiece_longest(const ink_vocab *v, uint8_t *spelled, size_t prefix, size_t n, size_t *size)
{
    for (size_t k = n; k; k--) {
        if (k < n && (spelled[prefix + k] & 0xC0) == 0x80)
            continue;
        const int32_t id = ink_vocab_find(v, spelled, prefix + k);
        if (id >= 0) {
            *size = k;
            return id;
        }
    }
    return -1;
}

static void wordpiece_word(const ink_wordpiece *w, const ink_vocab *v, int32_t unknown, const char *word, size_t n, void (*give)(void *user, int32_t id), void *user)
{
    int32_t ids[WORDPIECE_WORD];
    uint8_t spelled[WORDPIECE_WORD + sizeof w->prefix];
    const size_t prefix = strlen(w->prefix);
    size_t count = 0, size = 0;
    bool whole = n <= WORDPIECE_WORD && ink_utf8_count(word, n) <= w->longest;
    for (size_t at = 0; whole && at < n; at += size) {
        const size_t before = at ? prefix : 0;
        memcpy(spelled, w->prefix, before);
        memcpy(spelled + before, word + at, n - at);
        ids[count] = wordpiece_longest(v, spelled, before, n - at, &size);
        whole = ids[count++] >= 0;
    }
    for (size_t i = 0; whole && i < count; i++)
        give(user, ids[i]);
    if (!whole && unknown >= 0)
        give(user, unknown);
}

void ink_wordpiece_cut(const ink_wordpiece *w, const ink_vocab *v, int32_t unknown, const char *text, size_t n, void (*give)(void *user, int32_t id), void *user)
{
    const char *word = text;
    for (const char *at = text, *end = text + n; at < end;) {
        const char *next = at;
        const uint32_t c = ink_utf8_next(&next, end);
        const bool space = wordpiece_space(c), mark = wordpiece_mark(c);
        if ((space || mark) && at > word)
            wordpiece_word(w, v, unknown, word, (size_t)(at - word), give, user);
        if (mark)
            wordpiece_word(w, v, unknown, at, (size_t)(next - at), give, user);
        if (space || mark)
            word = next;
        if (next == end && word < end)
            wordpiece_word(w, v, unknown, word, (size_t)(end - word), give, user);
        at = next;
    }
}
