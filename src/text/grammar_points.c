/* Sets of code points, and what they become as bytes. */
#include "text/grammar.h"

#include <stdio.h>
#include <string.h>

void ink_points_add(ink_points *p, uint32_t low, uint32_t high)
{
    if (p->count == INK_POINTS_MOST) {
        p->full = true;
        return;
    }
    p->low[p->count] = low;
    p->high[p->count++] = high;
}

void ink_points_sort(ink_points *p)
{
    for (size_t i = 1; i < p->count; i++) { /* short lists, and those made by machines are in order */
        uint32_t low = p->low[i], high = p->high[i];
        size_t j = i;
        for (; j && p->low[j - 1] > low; j--) {
            p->low[j] = p->low[j - 1];
            p->high[j] = p->high[j - 1];
        }
        p->low[j] = low;
        p->high[j] = high;
    }
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (kept && p->low[i] <= p->high[kept - 1] + 1) {
            p->high[kept - 1] = p->high[i] > p->high[kept - 1] ? p->high[i] : p->high[kept - 1];
            continue;
        }
        p->low[kept] = p->low[i];
        p->high[kept++] = p->high[i];
    }
    p->count = kept;
}

void ink_points_invert(ink_points *p)
{
    ink_points out = { .full = p->full };
    uint32_t from = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->low[i] > from)
            ink_points_add(&out, from, p->low[i] - 1);
        from = p->high[i] + 1;
    }
    if (from <= INK_POINT_LAST)
        ink_points_add(&out, from, INK_POINT_LAST);
    *p = out;
}

void ink_points_minus(ink_points *p, uint32_t low, uint32_t high)
{
    ink_points_invert(p);
    ink_points_add(p, low, high);
    ink_points_sort(p);
    ink_points_invert(p);
}

ink_expression ink_grammar_set(ink_grammar *g, const ink_points *p)
{
    ink_expression all = 0;
    if (p->full) {
        g->failed = true;
        g->limit = "ranges of characters in one class";
    }
    for (size_t i = 0; i < p->count; i++)
        all = ink_grammar_or(g, all, ink_grammar_points(g, p->low[i], p->high[i]));
    return all;
}

static bool points_has(const ink_points *p, uint32_t point)
{
    for (size_t i = 0; i < p->count; i++)
        if (point >= p->low[i] && point <= p->high[i])
            return true;
    return false;
}

ink_expression ink_grammar_json_set(ink_grammar *g, const ink_points *p)
{
    static const char escaped[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    ink_points plain = *p;
    ink_points_sort(&plain);
    ink_points_minus(&plain, 0, 0x1F);
    ink_points_minus(&plain, '"', '"');
    ink_points_minus(&plain, '\\', '\\');
    ink_expression all = ink_grammar_set(g, &plain);
    for (uint32_t c = 0; c <= '\\'; c++) {
        const char *at = c ? strchr(escaped, (int)c) : NULL;
        char text[8];
        if ((c >= 0x20 && !at) || !points_has(p, c))
            continue;
        int n = at ? snprintf(text, sizeof text, "\\%c", letters[at - escaped]) : snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
        all = ink_grammar_or(g, all, ink_grammar_text(g, text, (size_t)n));
    }
    return all;
}
