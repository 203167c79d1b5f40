/* The rules of a split, one after the other, each within the pieces of the one before. */
#include "text/regex.h"

void ink_split_clear(ink_split *s)
{
    for (size_t i = 0; i < s->count; i++)
        ink_regex_free(s->rules[i].regex);
    s->count = 0;
}

typedef struct splitting {
    const ink_split *split;
    ink_piece piece;
    void *user;
} splitting;

static bool split_pass(const splitting *s, size_t pass, const uint8_t *begin, const uint8_t *end)
{
    if (pass == s->split->count) {
        s->piece(s->user, begin, (size_t)(end - begin));
        return true;
    }
    const ink_rule *rule = &s->split->rules[pass];
    const uint8_t *gap = begin; /* where the unmatched part began */
    for (const uint8_t *p = begin; p < end;) {
        ptrdiff_t n = rule->match(rule, begin, p, end);
        if (n > 0) {
            if (gap < p && !rule->drop_gaps && !split_pass(s, pass + 1, gap, p))
                return false;
            if (!rule->drop_matches && !split_pass(s, pass + 1, p, p + n))
                return false;
            gap = p += n;
        } else if (n < 0)
            p -= n;
        else
            return false;
    }
    return gap == end || rule->drop_gaps || split_pass(s, pass + 1, gap, end);
}

/* For the common case: one rule, which matches everywhere or leaves single gaps to the general way. */
static bool split_single(const splitting *s, const uint8_t *begin, const uint8_t *end)
{
    const ink_rule *rule = &s->split->rules[0];
    for (const uint8_t *p = begin; p < end;) {
        ptrdiff_t n = rule->match(rule, begin, p, end);
        if (n <= 0 || rule->drop_matches)
            return split_pass(s, 0, p, end);
        s->piece(s->user, p, (size_t)n);
        p += n;
    }
    return true;
}

/* The end of what is UTF-8 from p on. */
static const uint8_t *split_utf8(const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        ink_char c = ink_char_at(p, end);
        if (c.point == INK_NOT_UTF8)
            break;
        p += c.size;
    }
    return p;
}

bool ink_split_text(const ink_split *split, const uint8_t *p, size_t n, ink_piece piece, void *user)
{
    const splitting s = { split, piece, user };
    const uint8_t *end = p + n;
    if (!split->wants_utf8)
        return split->count == 1 ? split_single(&s, p, end) : split_pass(&s, 0, p, end);
    while (p < end) {
        const uint8_t *stop = split_utf8(p, end);
        if (p < stop && !split_pass(&s, 0, p, stop))
            return false;
        if (stop < end)
            piece(user, stop, 1);
        p = stop + 1;
    }
    return true;
}
