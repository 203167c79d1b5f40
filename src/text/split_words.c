/* The large regular expressions of the GPT-2 family and its descendants. In the comments: L letters, N numbers, M marks,
   P punctuation, S symbols, s white space, nl a line feed or carriage return. */
#include "text/split.h"

enum { WORDLESS = INK_SPACE | INK_LETTER | INK_NUMBER };

/* [classes]* from p on. */
static inline const uint8_t *words_run(const uint8_t *p, const uint8_t *end, unsigned classes)
{
    for (;;) {
        while (p < end && ink_byte_class[*p] & classes)
            p++;
        if (p == end || *p < 0x80)
            return p;
        ink_char c = ink_char_at(p, end);
        if (!(c.class & classes))
            return p;
        p += c.size;
    }
}

/* [^classes]* from p on. */
static inline const uint8_t *words_run_not(const uint8_t *p, const uint8_t *end, unsigned classes)
{
    while (p < end) {
        ink_char c = ink_char_at(p, end);
        if (c.class & classes)
            break;
        p += c.size;
    }
    return p;
}

/* N{1,most} from p on; most 0: N+. */
static const uint8_t *words_digits(const uint8_t *p, const uint8_t *end, unsigned most)
{
    for (unsigned i = 0; p < end && (!most || i < most); i++) {
        ink_char c = ink_char_at(p, end);
        if (!(c.class & INK_NUMBER))
            break;
        p += c.size;
    }
    return p;
}

/* 's 't 're 've 'm 'll 'd at p: their length, or 0. In any case: also the long s, which folds to s. */
static ptrdiff_t words_contraction(const uint8_t *p, const uint8_t *end, bool any_case)
{
    const uint8_t fold = any_case ? 0x20 : 0;
    if (end - p < 2 || *p != '\'')
        return 0;
    const uint8_t a = p[1] < 0x80 ? p[1] | fold : p[1];
    if (a == 's' || a == 't' || a == 'm' || a == 'd')
        return 2;
    if (end - p < 3)
        return 0;
    if (any_case && a == 0xC5 && p[2] == 0xBF)
        return 3;
    const uint8_t b = p[2] < 0x80 ? p[2] | fold : 0;
    return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

/* s+(?!S)|s+ at p, which is white space: the run, less its last character when something follows that is not cut off. */
static ptrdiff_t words_space(const uint8_t *p, const uint8_t *end, bool cut_numbers)
{
    const uint8_t *q = words_run(p, end, INK_SPACE);
    if (q == end || (cut_numbers && ink_char_at(q, end).class & INK_NUMBER))
        return q - p;
    const uint8_t *last = q - 1;
    while (last > p && (*last & 0xC0) == 0x80)
        last--;
    return last > p ? last - p : q - p;
}

/* s*nl+|s+(?!S)|s+ at p, which is white space. */
static ptrdiff_t words_lines(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *q = words_run(p, end, INK_SPACE);
    while (q > p)
        if (*--q == '\n' || *q == '\r')
            return q + 1 - p;
    return words_space(p, end, false);
}

static const uint8_t *words_tail(const uint8_t *p, const uint8_t *end, const char *tail)
{
    for (; p < end; p++) {
        const char *t = tail;
        while (*t && *t != (char)*p)
            t++;
        if (!*t)
            break;
    }
    return p;
}

/* 's|'t|'re|'ve|'m|'ll|'d| ?L+| ?N+| ?[^sLN]+|s+(?!S)|s+ */
ptrdiff_t ink_split_gpt2(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)begin;
    if (*p == '\'') {
        ptrdiff_t n = words_contraction(p, end, false);
        if (n)
            return n;
    }
    const uint8_t *q = p;
    ink_char c = ink_char_at(p, end);
    if (c.point == ' ' && p + 1 < end) {
        ink_char d = ink_char_at(p + 1, end);
        if (!(d.class & (rule->cut_numbers ? INK_SPACE | INK_NUMBER : INK_SPACE))) {
            c = d;
            q = p + 1;
        }
    }
    q += c.size;
    if (c.class & INK_LETTER)
        return words_run(q, end, INK_LETTER) - p;
    if (c.class & INK_NUMBER)
        return rule->cut_numbers ? q - p : words_run(q, end, INK_NUMBER) - p;
    if (!(c.class & INK_SPACE))
        return words_run_not(q, end, WORDLESS) - p;
    return words_space(p, end, rule->cut_numbers);
}

/* ' ?[^sLN]+' and a tail, at p; 0 when p is white space that nothing of the kind follows. */
static ptrdiff_t words_other(const ink_rule *rule, const uint8_t *p, const uint8_t *end)
{
    const unsigned stop = INK_SPACE | INK_NUMBER | INK_LETTER | rule->letters;
    const uint8_t *q = *p == ' ' && p + 1 < end ? p + 1 : p;
    ink_char c = ink_char_at(q, end);
    if (c.class & stop)
        return 0;
    return words_tail(words_run_not(q + c.size, end, stop), end, rule->tail) - p;
}

/* (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^nl L N]?L+|N{1,3}| ?[^sLN]+[nl]*|s*nl+|s+(?!S)|s+; letters may include M. */
ptrdiff_t ink_split_llama3(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)begin;
    const ink_char c = ink_char_at(p, end);
    const uint8_t *next = p + c.size;
    ptrdiff_t n = *p == '\'' ? words_contraction(p, end, true) : 0;
    if (n)
        return n;
    if (c.class & rule->letters)
        return words_run(next, end, rule->letters) - p;
    if (c.class & INK_NUMBER)
        return words_digits(p, end, rule->most) - p;
    if (*p != '\n' && *p != '\r' && next < end && ink_char_at(next, end).class & rule->letters)
        return words_run(next, end, rule->letters) - p;
    n = words_other(rule, p, end);
    return n ? n : words_lines(p, end);
}

enum { UPPERISH = INK_UPPER | INK_OTHER_LETTER | INK_MARK, LOWERISH = INK_LOWER | INK_OTHER_LETTER | INK_MARK };

/* [Lu Lt Lm Lo M]*[Ll Lm Lo M]+ from p on: where it ends, or p. When no lower case follows the upper, the last of both kinds
   gives itself up as the end. */
static const uint8_t *cased_lower(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *q = p, *both = p; /* both: after the last character that is of both kinds */
    while (q < end) {
        ink_char c = ink_char_at(q, end);
        if (!(c.class & UPPERISH))
            break;
        q += c.size;
        if (c.class & LOWERISH)
            both = q;
    }
    const uint8_t *stop = words_run(q, end, LOWERISH);
    return stop > q ? stop : both;
}

/* [Lu Lt Lm Lo M]+[Ll Lm Lo M]* from p on: where it ends, or p. */
static const uint8_t *cased_upper(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *q = words_run(p, end, UPPERISH);
    return q > p ? words_run(q, end, LOWERISH) : p;
}

static ptrdiff_t cased_word(const ink_rule *rule, const uint8_t *p, const uint8_t *end)
{
    static const uint8_t *(*const shapes[])(const uint8_t *, const uint8_t *) = { cased_lower, cased_upper };
    const ink_char c = ink_char_at(p, end);
    const bool lead = !(c.class & (INK_LETTER | INK_NUMBER)) && *p != '\n' && *p != '\r' && p + c.size < end;
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *q = lead ? shapes[i](p + c.size, end) : p;
        if (!lead || q == p + c.size)
            q = shapes[i](p, end);
        if (q > p)
            return (rule->suffix && q < end && *q == '\'' ? q + words_contraction(q, end, true) : q) - p;
    }
    return 0;
}

/* [^nl L N]?[Lu Lt Lm Lo M]*[Ll Lm Lo M]+|[^nl L N]?[Lu Lt Lm Lo M]+[Ll Lm Lo M]*|N{1,3}| ?[^sLN]+[nl/]*|s*nl+|s+(?!S)|s+;
   both words may end with (?i:'s|'t|'re|'ve|'m|'ll|'d)?. */
ptrdiff_t ink_split_cased(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)begin;
    ptrdiff_t n = cased_word(rule, p, end);
    if (n)
        return n;
    if (ink_char_at(p, end).class & INK_NUMBER)
        return words_digits(p, end, rule->most) - p;
    n = words_other(rule, p, end);
    return n ? n : words_lines(p, end);
}

static bool words_ascii_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* [!-/:-@[-`{-~][A-Za-z]+|[^nl L P S]?[LM]+| ?[PS]+nl*|s*nl+|s+(?!S)|s+ */
ptrdiff_t ink_split_deepseek3(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)rule, (void)begin;
    enum { WORD = INK_LETTER | INK_MARK, MARKS = INK_PUNCTUATION | INK_SYMBOL };
    const ink_char c = ink_char_at(p, end);
    const uint8_t *next = p + c.size, *q = next;
    if (c.point < 0x80 && c.class & MARKS && next < end && words_ascii_letter(*next)) {
        while (q < end && words_ascii_letter(*q))
            q++;
        return q - p;
    }
    if (c.class & WORD)
        return words_run(next, end, WORD) - p;
    if (!(c.class & MARKS) && *p != '\n' && *p != '\r' && next < end && ink_char_at(next, end).class & WORD)
        return words_run(next, end, WORD) - p;
    if (*p == ' ')
        q = words_run(next, end, MARKS);
    if (c.class & MARKS || q > next)
        return words_tail(words_run(next, end, MARKS), end, "\r\n") - p;
    return c.class & INK_SPACE ? words_lines(p, end) : -(ptrdiff_t)c.size;
}
