#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { TRAITS_DARK = 1 << 15 }; /* of a category: not printable */

/* By utf8proc's category numbers. */
static const uint16_t unicode_categories[] = {
    [UTF8PROC_CATEGORY_CN] = TRAITS_DARK,
    [UTF8PROC_CATEGORY_LU] = INK_UNICODE_LETTER | INK_UNICODE_UPPER | INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_LL] = INK_UNICODE_LETTER | INK_UNICODE_LOWER | INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_LT] = INK_UNICODE_LETTER | INK_UNICODE_TITLE | INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_LM] = INK_UNICODE_LETTER | INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_LO] = INK_UNICODE_LETTER | INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_MN] = INK_UNICODE_WORD | INK_UNICODE_NONSPACING,
    [UTF8PROC_CATEGORY_MC] = INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_ME] = INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_ND] = INK_UNICODE_NUMBER | INK_UNICODE_DECIMAL | INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_NL] = INK_UNICODE_NUMBER | INK_UNICODE_WORD,
    [UTF8PROC_CATEGORY_NO] = INK_UNICODE_NUMBER,
    [UTF8PROC_CATEGORY_PC] = INK_UNICODE_WORD | INK_UNICODE_MARKS,
    [UTF8PROC_CATEGORY_PD] = INK_UNICODE_MARKS,
    [UTF8PROC_CATEGORY_PS] = INK_UNICODE_MARKS,
    [UTF8PROC_CATEGORY_PE] = INK_UNICODE_MARKS,
    [UTF8PROC_CATEGORY_PI] = INK_UNICODE_MARKS,
    [UTF8PROC_CATEGORY_PF] = INK_UNICODE_MARKS,
    [UTF8PROC_CATEGORY_PO] = INK_UNICODE_MARKS,
    [UTF8PROC_CATEGORY_ZS] = INK_UNICODE_SPACE | TRAITS_DARK,
    [UTF8PROC_CATEGORY_ZL] = INK_UNICODE_SPACE | TRAITS_DARK,
    [UTF8PROC_CATEGORY_ZP] = INK_UNICODE_SPACE | TRAITS_DARK,
    [UTF8PROC_CATEGORY_CC] = INK_UNICODE_OTHER | TRAITS_DARK,
    [UTF8PROC_CATEGORY_CF] = INK_UNICODE_OTHER | TRAITS_DARK,
    [UTF8PROC_CATEGORY_CS] = INK_UNICODE_OTHER | TRAITS_DARK,
    [UTF8PROC_CATEGORY_CO] = INK_UNICODE_OTHER | TRAITS_DARK,
};

/* Letters in circles and squares, which are symbols (Other_Alphabetic), and the joiners. */
static bool unicode_other_word(uint32_t c)
{
    return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189) ||
           c == 0x200C || c == 0x200D;
}

unsigned ink_unicode_traits(uint32_t c)
{
    if (c > 0x10ffff)
        return 0;
    unsigned traits = unicode_categories[utf8proc_category((utf8proc_int32_t)c)];
    if ((c >= 9 && c <= 13) || (c >= 28 && c <= 31) || c == 0x85)
        traits |= INK_UNICODE_SPACE;
    if (unicode_other_word(c))
        traits |= INK_UNICODE_WORD;
    bool print = c == ' ' || !(traits & TRAITS_DARK);
    return (traits & ~(unsigned)TRAITS_DARK) | (print ? INK_UNICODE_PRINT : 0u);
}

uint32_t ink_unicode_upper(uint32_t c)
{
    return (uint32_t)utf8proc_toupper((utf8proc_int32_t)c);
}

uint32_t ink_unicode_lower(uint32_t c)
{
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

uint32_t ink_unicode_title(uint32_t c)
{
    return (uint32_t)utf8proc_totitle((utf8proc_int32_t)c);
}

const char *ink_unicode_upper_text(uint32_t c)
{
    static const struct {
        uint32_t c;
        const char *upper;
    } table[] = { /* SpecialCasing.txt, Latin and Armenian */
        { 0xdf, "SS" }, { 0x149, "\xca\xbcN" }, { 0x1f0, "J\xcc\x8c" }, { 0x587, "\xd4\xb5\xd5\x92" }, { 0x1e96, "H\xcc\xb1" }, { 0x1e97, "T\xcc\x88" },
        { 0x1e98, "W\xcc\x8a" }, { 0x1e99, "Y\xcc\x8a" }, { 0x1e9a, "A\xca\xbe" }, { 0xfb00, "FF" }, { 0xfb01, "FI" }, { 0xfb02, "FL" },
        { 0xfb03, "FFI" }, { 0xfb04, "FFL" }, { 0xfb05, "ST" }, { 0xfb06, "ST" },
    };
    for (size_t i = 0; c >= 0xdf && i < sizeof table / sizeof *table; i++)
        if (table[i].c == c)
            return table[i].upper;
    return NULL;
}

bool ink_unicode_normal(const char *text, size_t n, bool composed, bool compatible, ink_buf *out)
{
    const utf8proc_option_t how = UTF8PROC_STABLE | (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) | (compatible ? UTF8PROC_COMPAT : 0);
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &made, how);
    if (size >= 0)
        ink_buf_add(out, made, (size_t)size);
    free(made);
    return size >= 0;
}

/* A byte that is not UTF-8 reads as U+FFFD of one byte. */
size_t ink_unicode_cluster(const char *at, const char *end)
{
    const char *next = at;
    utf8proc_int32_t state = 0, before = (utf8proc_int32_t)ink_utf8_next(&next, end);
    bool plain = before != 0xfffd || next - at > 1;
    while (plain && next < end) {
        const char *after = next;
        const utf8proc_int32_t c = (utf8proc_int32_t)ink_utf8_next(&after, end);
        plain = (c != 0xfffd || after - next > 1) && !utf8proc_grapheme_break_stateful(before, c, &state);
        before = c;
        next = plain ? after : next;
    }
    return (size_t)(next - at);
}

uint32_t ink_utf8_next(const char **at, const char *end)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *s = (const unsigned char *)*at;
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    bool ok = s[0] < 0x80 || (s[0] >= 0xc2 && s[0] <= 0xf4 && n <= (size_t)(end - *at));
    for (size_t i = 1; ok && i < n; i++) {
        ok = (s[i] & 0xc0) == 0x80;
        c = c << 6 | (s[i] & 0x3f);
    }
    ok = ok && c >= least[n] && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
    *at += ok ? n : 1;
    return ok ? c : 0xfffd;
}

size_t ink_utf8_put(uint32_t c, char out[4])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

size_t ink_utf8_valid(const char *text, size_t n)
{
    const char *at = text, *end = text + n;
    while (at < end) {
        const char *before = at;
        if (ink_utf8_next(&at, end) == 0xfffd && at - before == 1)
            return (size_t)(before - text);
    }
    return n;
}

size_t ink_utf8_count(const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}
