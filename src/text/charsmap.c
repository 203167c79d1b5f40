#include "text/charsmap.h"

#include "text/chars.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

enum { CHARSMAP_CLUSTER = 6 }; /* bytes of a cluster that is taken apart at once */

/* A unit of the trie: the byte that leads to it, how far off its children are, and whether one of them is a value. */
static uint32_t charsmap_label(uint32_t unit) { return unit & ((uint32_t)1 << 31 | 0xFF); }
static uint32_t charsmap_offset(uint32_t unit) { return unit >> 10 << ((unit & 1 << 9) >> 6); }
static bool charsmap_ends(uint32_t unit) { return unit >> 8 & 1; }

static uint32_t charsmap_u32(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

ink_status ink_charsmap_make(ink_charsmap *m, const void *blob, size_t n, const char *where, ink_err *err)
{
    const uint8_t *p = blob;
    if (!n)
        return INK_OK;
    const size_t trie = n < 4 ? 0 : charsmap_u32(p);
    if (n > INK_CHARSMAP_BYTES)
        return ink_fail(err, INK_E_LIMIT, "%s: its table of replacements (precompiled_charsmap) has %zu bytes; at most %d are read", where, n, INK_CHARSMAP_BYTES);
    if (!trie || trie % 4 || trie > n - 4)
        return ink_fail(err, INK_E_FORMAT, "%s: its table of replacements (precompiled_charsmap) says that its trie has %zu bytes, but all of it has %zu", where, trie, n);
    m->count = trie / 4;
    m->size = n - 4 - trie;
    m->units = malloc(trie);
    m->texts = malloc(m->size + 1);
    if (!m->units || !m->texts)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for a table of replacements of %zu bytes", where, n);
    for (size_t i = 0; i < m->count; i++)
        m->units[i] = charsmap_u32(p + 4 + 4 * i);
    memcpy(m->texts, p + 4 + trie, m->size);
    m->texts[m->size] = 0;
    for (size_t at = 0; at < m->size; at++) {
        const size_t text = strlen(m->texts + at);
        if (text > INK_CHARSMAP_TEXT)
            return ink_fail(err, INK_E_LIMIT, "%s: its table of replacements (precompiled_charsmap) has one of %zu bytes; at most %d are read", where, text, INK_CHARSMAP_TEXT);
        at += text;
    }
    return INK_OK;
}

void ink_charsmap_clear(ink_charsmap *m)
{
    free(m->units);
    free(m->texts);
    *m = (ink_charsmap){ 0 };
}

/* What stands for the shortest or the longest beginning of p[0, n) that is in the trie, and how long that is; NULL when none is. */
static const char *charsmap_find(const ink_charsmap *m, const char *p, size_t n, bool longest, size_t *size)
{
    const char *found = NULL;
    size_t at = m->count ? charsmap_offset(m->units[0]) : 0;
    for (size_t i = 0; m->count && i < n && i < INK_CHARSMAP_KEY && p[i] && (longest || !found); i++) {
        at ^= (uint8_t)p[i];
        if (at >= m->count || charsmap_label(m->units[at]) != (uint8_t)p[i])
            break;
        const uint32_t unit = m->units[at];
        at ^= charsmap_offset(unit);
        const uint32_t value = at < m->count ? m->units[at] & 0x7FFFFFFF : UINT32_MAX;
        if (charsmap_ends(unit) && value < m->size) {
            found = m->texts + value;
            *size = i + 1;
        }
    }
    return found;
}

static void charsmap_put(const ink_charsmap *m, const char *p, size_t n, bool longest, ink_buf *out)
{
    for (size_t step = 0; n; p += step, n -= step) {
        step = ink_char_at((const uint8_t *)p, (const uint8_t *)p + n).size;
        const size_t one = step;
        const char *text = charsmap_find(m, p, longest ? n : one, longest, &step);
        if (text)
            ink_buf_text(out, text);
        else
            ink_buf_add(out, p, one);
        step = text && longest ? step : one;
    }
}

void ink_charsmap_apply(const ink_charsmap *m, const char *text, size_t n, bool clusters, ink_buf *out)
{
    if (!clusters) {
        charsmap_put(m, text, n, true, out);
        return;
    }
    for (const char *end = text + n; text < end;) {
        const size_t cluster = ink_unicode_cluster(text, end);
        size_t part;
        const char *whole = cluster < CHARSMAP_CLUSTER ? charsmap_find(m, text, cluster, false, &part) : NULL;
        if (whole)
            ink_buf_text(out, whole);
        else
            charsmap_put(m, text, cluster, false, out);
        text += cluster;
    }
}
