/* Rules that turn Hugging Face's names into a file's. */
#include "tensor/names.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_STARS = 4 };

typedef struct names_number { /* what a * stands for */
    const char *at;
    size_t digits;
} names_number;

/* Whether name fits the pattern, what its stars stand for, in their order, and what follows a pattern that ends in a dot. */
static bool names_fits(const char *pattern, const char *name, names_number numbers[NAMES_STARS], const char **rest)
{
    const char *begin = pattern;
    for (size_t n = 0; *pattern; pattern++) {
        if (*pattern != '*') {
            if (*pattern != *name++)
                return false;
            continue;
        }
        assert(n < NAMES_STARS);
        numbers[n].at = name;
        while (isdigit((unsigned char)*name))
            name++;
        numbers[n].digits = (size_t)(name - numbers[n].at);
        if (!numbers[n++].digits)
            return false;
    }
    *rest = name;
    return !*name || (pattern > begin && pattern[-1] == '.');
}

/* The number that the last * of a pattern stands for. */
static uint64_t names_last(const char *pattern, const names_number numbers[NAMES_STARS])
{
    size_t stars = 0;
    for (; *pattern; pattern++)
        stars += *pattern == '*';
    return stars && numbers[stars - 1].digits < 10 ? strtoull(numbers[stars - 1].at, NULL, 10) : UINT64_MAX;
}

static void names_fill(const char *pattern, const names_number numbers[NAMES_STARS], const char *rest, char own[INK_NAMES_LONGEST])
{
    size_t at = 0;
    for (size_t n = 0; *pattern && at < INK_NAMES_LONGEST; pattern++)
        if (*pattern != '*')
            own[at++] = *pattern;
        else {
            at += (size_t)snprintf(own + at, INK_NAMES_LONGEST - at, "%.*s", (int)numbers[n].digits, numbers[n].at);
            n++;
        }
    if (at < INK_NAMES_LONGEST)
        snprintf(own + at, INK_NAMES_LONGEST - at, "%s", rest);
    own[INK_NAMES_LONGEST - 1] = 0;
}

/* The rule after this one, or the first that has something to say from here on; NULL at the end. */
static const ink_name_rule *names_skip(const ink_name_rule *r)
{
    while (r && !r->format)
        r = r->more;
    return r;
}

const ink_tensor *ink_names_find(const ink_name_rule *rules, const ink_weights *w, const char *name, ink_name_change *change, uint64_t *which)
{
    const char *format = ink_weights_format(w);
    names_number numbers[NAMES_STARS];
    const char *rest;
    *change = INK_NAME_SAME;
    if (which)
        *which = 0;
    for (const ink_name_rule *r = names_skip(rules); r; r = names_skip(r + 1)) {
        if (strcmp(r->format, format) || !names_fits(r->name, name, numbers, &rest))
            continue;
        char own[INK_NAMES_LONGEST];
        names_fill(r->file, numbers, rest, own);
        const ink_tensor *t = ink_weights_find(w, own);
        if (!t || (r->change == INK_NAME_EXPERT && (t->ndim < 2 || names_last(r->name, numbers) >= t->dims[0])))
            continue;
        *change = r->change;
        if (which)
            *which = r->change == INK_NAME_EXPERT ? names_last(r->name, numbers) : 0;
        return t;
    }
    return ink_weights_find(w, name);
}

ink_name_change ink_names_change(const ink_name_rule *rules, const char *format, const char *name)
{
    names_number numbers[NAMES_STARS];
    const char *rest;
    for (const ink_name_rule *r = names_skip(rules); r; r = names_skip(r + 1))
        if (!strcmp(r->format, format) && !strcmp(r->file, r->name) && names_fits(r->name, name, numbers, &rest))
            return r->change;
    return INK_NAME_SAME;
}

ink_name_change ink_names_foreign(const ink_name_rule *rules, const char *format, const char *name, int variant, char own[INK_NAMES_LONGEST])
{
    names_number numbers[NAMES_STARS];
    const char *rest;
    for (const ink_name_rule *r = names_skip(rules); r; r = names_skip(r + 1)) {
        if (strcmp(r->format, format) || (r->variants && !(r->variants >> variant & 1)) || !names_fits(r->name, name, numbers, &rest))
            continue;
        names_fill(r->file, numbers, rest, own);
        return r->change;
    }
    snprintf(own, INK_NAMES_LONGEST, "%s", name);
    return INK_NAME_SAME;
}

bool ink_names_general_at(const ink_name_rule *rules, const char *format, const char *own, size_t at, char name[INK_NAMES_LONGEST], ink_name_change *change)
{
    names_number numbers[NAMES_STARS] = { { 0 } };
    const char *rest;
    for (const ink_name_rule *r = names_skip(rules); r; r = names_skip(r + 1))
        if (!strcmp(r->format, format) && names_fits(r->file, own, numbers, &rest) && !at--) {
            names_fill(r->name, numbers, rest, name);
            *change = r->change;
            return true;
        }
    return false;
}

ink_name_change ink_names_general(const ink_name_rule *rules, const char *format, const char *own, char name[INK_NAMES_LONGEST])
{
    ink_name_change change;
    if (ink_names_general_at(rules, format, own, 0, name, &change))
        return change;
    snprintf(name, INK_NAMES_LONGEST, "%s", own);
    return INK_NAME_SAME;
}

/* Of a row in Hugging Face's grouped order: which group and which head of it; or from its place among all queries, keys and values. */
static size_t names_grouped(ink_name_heads h, size_t rows, size_t r, bool back)
{
    const size_t heads = rows / h.head_dim - 2 * h.kv_heads, share = heads / h.kv_heads, head = r / h.head_dim, in = r % h.head_dim;
    size_t to;
    if (!back) {
        const size_t group = head / (share + 2), part = head % (share + 2);
        to = part < share ? group * share + part : heads + (part - share) * h.kv_heads + group;
    } else if (head < heads)
        to = head / share * (share + 2) + head % share;
    else
        to = (head - heads) % h.kv_heads * (share + 2) + share + (head - heads) / h.kv_heads;
    return to * h.head_dim + in;
}

size_t ink_name_row(ink_name_change change, ink_name_heads h, size_t rows, size_t r)
{
    const size_t in = h.head_dim ? r % h.head_dim : 0, half = h.head_dim / 2;
    if (change == INK_NAME_QKV_ROWS)
        return names_grouped(h, rows, r, false);
    return change == INK_NAME_ROPE_ROWS ? r - in + 2 * (in % half) + in / half : r;
}

size_t ink_name_row_back(ink_name_change change, ink_name_heads h, size_t rows, size_t r)
{
    const size_t in = h.head_dim ? r % h.head_dim : 0, half = h.head_dim / 2;
    if (change == INK_NAME_QKV_ROWS)
        return names_grouped(h, rows, r, true);
    return change == INK_NAME_ROPE_ROWS ? r - in + in % 2 * half + in / 2 : r;
}
