#include "base/text.h"
#include "text/added.h"
#include "text/unicode.h"

#include <stdlib.h>

enum { ADDED_LONGEST = 1024 }; /* every place of a text is compared with so many bytes at most */

static int added_compare(const void *a, const void *b)
{
    const ink_added *x = a, *y = b;
    const int order = ink_bytes_compare(x->text.data, x->text.size, y->text.data, y->text.size);
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

ink_status ink_added_make(ink_added_set *set, const ink_added *list, size_t count, bool normal, bool controls, const char *where, ink_err *err)
{
    set->list = malloc((count + 1) * sizeof *set->list);
    if (!set->list)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu added tokens", where, count);
    for (size_t i = 0; i < count; i++) {
        if (list[i].text.size > ADDED_LONGEST)
            return ink_fail(err, INK_E_LIMIT, "%s: the added token %d is %zu bytes long; at most %d are read", where, list[i].id, list[i].text.size, ADDED_LONGEST);
        if (!list[i].text.size || (list[i].control && !controls) || normal != !!(list[i].bits & INK_ADDED_NORMAL))
            continue;
        set->list[set->count] = list[i];
        set->list[set->count++].rank = (list[i].control ? 0 : 1u << 31) + (uint32_t)i;
    }
    qsort(set->list, set->count, sizeof *set->list, added_compare);
    for (size_t i = 0, b = 0; b <= 256; b++) {
        while (i < set->count && (uint8_t)*set->list[i].text.data < b)
            i++;
        set->first[b] = (uint32_t)i;
    }
    for (size_t b = 0; b < 256; b++)
        set->begins[b] = set->first[b] < set->first[b + 1];
    return INK_OK;
}

void ink_added_clear(ink_added_set *set)
{
    free(set->list);
}

/* Of list[low, high), which agree in their first `at` bytes: those whose next byte is below b end before the answer. */
static size_t added_below(const ink_added_set *set, size_t low, size_t high, size_t at, unsigned b)
{
    while (low < high) {
        size_t middle = (low + high) / 2;
        ink_text t = set->list[middle].text;
        if (t.size <= at || (uint8_t)t.data[at] < b)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest text that stands at p. */
static const ink_added *added_at(const ink_added_set *set, const uint8_t *p, size_t left)
{
    const ink_added *best = NULL;
    size_t low = set->first[*p], high = set->first[*p + 1];
    for (size_t at = 1; low < high; at++) {
        if (set->list[low].text.size == at)
            best = &set->list[low];
        const ink_text last = set->list[high - 1].text; /* what goes on with the highest byte, if any does */
        if (at == left || last.size == at || p[at] > (uint8_t)last.data[at])
            break;
        low = added_below(set, low, high, at, p[at]);
        high = added_below(set, low, high, at, p[at] + 1u);
    }
    return best;
}

static bool added_word_char(ink_char c)
{
    return c.point < INK_NOT_UTF8 && ink_unicode_traits(c.point) & INK_UNICODE_WORD;
}

static ink_char added_before(const uint8_t *text, size_t at)
{
    size_t start = at - 1;
    while (start && at - start < 4 && (text[start] & 0xC0) == 0x80)
        start--;
    ink_char c = ink_char_at(text + start, text + at);
    return start + c.size == at ? c : (ink_char){ INK_NOT_UTF8, 1, 0 };
}

/* Whether a letter or digit touches [start, end). */
static bool added_inside_word(const uint8_t *text, size_t n, size_t start, size_t end)
{
    return (start && added_word_char(added_before(text, start))) || (end < n && added_word_char(ink_char_at(text + end, text + n)));
}

static bool added_takes(const ink_added_set *set, ink_char c)
{
    return c.class & INK_SPACE && !(set->marked && c.point == ' ');
}

static void added_widen(const ink_added_set *set, const uint8_t *text, size_t from, size_t n, ink_added_match *m)
{
    if (m->added->bits & INK_ADDED_LEFT && m->start < from)
        m->start = from;
    while (m->added->bits & INK_ADDED_LEFT && m->start > from) {
        ink_char c = added_before(text, m->start);
        if (!added_takes(set, c) || m->start - from < c.size)
            break;
        m->start -= c.size;
    }
    while (m->added->bits & INK_ADDED_RIGHT && m->end < n) {
        ink_char c = ink_char_at(text + m->end, text + n);
        if (!added_takes(set, c))
            break;
        m->end += c.size;
    }
}

bool ink_added_find(const ink_added_set *set, const uint8_t *text, size_t n, ink_added_match *m)
{
    for (size_t i = m->next; set->count && i < n; i++) {
        const ink_added *a = set->begins[text[i]] ? added_at(set, text + i, n - i) : NULL;
        const size_t end = a ? i + a->text.size : 0;
        if (!a)
            continue;
        if (a->bits & INK_ADDED_WORD && added_inside_word(text, n, i, end)) {
            i = end - 1;
            continue;
        }
        const size_t from = m->end;
        *m = (ink_added_match){ a, i, end, end };
        added_widen(set, text, from, n, m);
        return true;
    }
    return false;
}
