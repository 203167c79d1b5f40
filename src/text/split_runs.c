/* Rules that match runs of one kind of character, and the kinds. */
#include "text/split.h"

static bool runs_byte_digit(uint8_t b)
{
    return (b >= '0' && b <= '9') || b == 0xB2 || b == 0xB3 || b == 0xB9 || (b >= 0xBC && b <= 0xBE);
}

/* lead? member{least,most} */
ptrdiff_t ink_split_run(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)begin;
    const uint8_t *q = p;
    ink_char c = ink_char_at(p, end);
    const ptrdiff_t none = -(ptrdiff_t)c.size;
    const bool leads = rule->lead && (rule->lead == INK_SPACE ? c.class & INK_SPACE : c.point == rule->lead);
    if (leads && p + c.size < end && rule->member(ink_char_at(p + c.size, end)))
        q = p + c.size;
    unsigned count = 0;
    while (q < end && (!rule->most || count < rule->most)) {
        c = ink_char_at(q, end);
        if (!rule->member(c))
            break;
        q += c.size;
        count++;
    }
    return count && count >= rule->least ? q - p : count ? -(q - p) : none;
}

/* N{1,most} of a text in which every byte has become a letter of GPT-2's alphabet: some bytes beyond ASCII are numbers there. */
ptrdiff_t ink_split_byte_digits(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)begin;
    const uint8_t *q = p;
    while (q < end && (!rule->most || q - p < (ptrdiff_t)rule->most) && runs_byte_digit(*q))
        q++;
    return q > p ? q - p : -1;
}

/* .[^ ]* */
ptrdiff_t ink_split_spaced(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)rule, (void)begin;
    const uint8_t *q = p + 1;
    while (q < end && *q != ' ')
        q++;
    return q - p;
}

/* s+$: up to the end of a line, or of the text */
ptrdiff_t ink_split_last_space(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    (void)rule, (void)begin;
    const uint8_t *q = p, *line = p;
    for (ink_char c; q < end; q += c.size) {
        c = ink_char_at(q, end);
        if (!(c.class & INK_SPACE))
            break;
        line = c.point == '\n' ? q : line;
    }
    return q == end ? q - p : line > p ? line - p : p - q - (q == p ? ink_char_at(q, end).size : 0);
}

typedef struct runs_range {
    uint32_t first, last;
} runs_range;

static bool runs_within(const runs_range *ranges, size_t count, uint32_t point)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (point > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && point >= ranges[low].first;
}
#define RUNS_WITHIN(ranges, c) runs_within(ranges, sizeof(ranges) / sizeof *(ranges), (c).point)

bool ink_is_number(ink_char c) { return c.class & INK_NUMBER; }
bool ink_is_letter(ink_char c) { return c.class & INK_LETTER; }
bool ink_is_punctuation(ink_char c) { return c.class & INK_PUNCTUATION; }
bool ink_is_newline(ink_char c) { return c.point == '\n' || c.point == '\r'; }
bool ink_is_digit(ink_char c) { return c.point >= '0' && c.point <= '9'; }

bool ink_is_default_mark(ink_char c)
{
    static const runs_range marks[] = { { '$', '$' }, { '+', '+' }, { '<', '>' }, { '^', '^' }, { '|', '|' }, { '~', '~' } };
    return c.class & INK_PUNCTUATION || RUNS_WITHIN(marks, c);
}

bool ink_is_falcon_mark(ink_char c)
{
    return c.point == '`' || ink_is_default_mark(c);
}

bool ink_is_bloom_word(ink_char c)
{
    static const runs_range marks[] = { { '!', '!' }, { '(', ')' }, { ',', ',' }, { '.', '.' }, { '?', '?' }, { '|', '|' }, { 0x60C, 0x60C },
                                        { 0x6D4, 0x6D4 }, { 0x964, 0x964 }, { 0x2026, 0x2026 }, { 0x3001, 0x3002 }, { 0xFF0C, 0xFF0C } };
    return !(c.class & INK_SPACE) && !RUNS_WITHIN(marks, c);
}

bool ink_is_cjk(ink_char c)
{
    return (c.point >= 0x800 && c.point <= 0x9FA5) || (c.point >= 0xAC00 && c.point <= 0xD7FF);
}

bool ink_is_cjk_or_kana(ink_char c)
{
    return (c.point >= 0x3040 && c.point <= 0x30FF) || (c.point >= 0x4E00 && c.point <= 0x9FA5);
}

bool ink_is_wide_punctuation(ink_char c)
{
    static const runs_range marks[] = { { '!', '/' }, { ':', '~' }, { 0x2018, 0x201F }, { 0x3000, 0x3002 }, { 0xFF01, 0xFF0F }, { 0xFF1A, 0xFF5E } };
    return RUNS_WITHIN(marks, c);
}

bool ink_is_cased(ink_char c)
{
    static const runs_range letters[] = {
        { 0x41, 0x5A }, { 0x61, 0x7A }, { 0xB5, 0xB5 }, { 0xC0, 0xD6 }, { 0xD8, 0xF6 }, { 0xF8, 0x1BA }, { 0x1BC, 0x1BF }, { 0x1C4, 0x293 },
        { 0x295, 0x2AF }, { 0x370, 0x373 }, { 0x376, 0x376 }, { 0x377, 0x377 }, { 0x37B, 0x37D }, { 0x37F, 0x37F }, { 0x386, 0x386 }, { 0x388, 0x38A },
        { 0x38C, 0x38C }, { 0x38E, 0x3A1 }, { 0x3A3, 0x3F5 }, { 0x3F7, 0x481 }, { 0x48A, 0x52F }, { 0x531, 0x556 }, { 0x10A0, 0x10C5 },
        { 0x13A0, 0x13F5 }, { 0x13F8, 0x13FD }, { 0x1C90, 0x1CBA }, { 0x1CBD, 0x1CBF }, { 0x1D00, 0x1D2B }, { 0x1D6B, 0x1D77 }, { 0x1D79, 0x1D9A },
        { 0x1E00, 0x1F15 }, { 0x1F18, 0x1F1D }, { 0x1F20, 0x1F45 }, { 0x1F48, 0x1F4D }, { 0x1F50, 0x1F57 }, { 0x1F59, 0x1F59 }, { 0x1F5B, 0x1F5B },
        { 0x1F5D, 0x1F5D }, { 0x1F5F, 0x1F7D }, { 0x1F80, 0x1FB4 }, { 0x1FB6, 0x1FBC }, { 0x1FBE, 0x1FBE }, { 0x1FC2, 0x1FC4 }, { 0x1FC6, 0x1FCC },
        { 0x1FD0, 0x1FD3 }, { 0x1FD6, 0x1FDB }, { 0x1FE0, 0x1FEC }, { 0x1FF2, 0x1FF4 }, { 0x1FF6, 0x1FFC }, { 0x2102, 0x2102 }, { 0x2107, 0x2107 },
        { 0x210A, 0x2113 }, { 0x2115, 0x2115 }, { 0x2119, 0x211D }, { 0x2124, 0x2124 }, { 0x2126, 0x2126 }, { 0x2128, 0x2128 }, { 0x212A, 0x212D },
        { 0x212F, 0x2134 }, { 0x2139, 0x2139 }, { 0x213C, 0x213F }, { 0x2145, 0x2149 }, { 0x214E, 0x214E }, { 0x2183, 0x2183 }, { 0x2184, 0x2184 },
        { 0x2C00, 0x2C7B }, { 0x2C7E, 0x2CE4 }, { 0x2CEB, 0x2CEE }, { 0x2CF2, 0x2CF2 }, { 0x2CF3, 0x2CF3 }, { 0xA640, 0xA66D }, { 0xA680, 0xA69B },
        { 0xA722, 0xA76F }, { 0xA771, 0xA787 }, { 0xA78B, 0xA78E }, { 0xAB70, 0xABBF }, { 0xFB00, 0xFB06 }, { 0xFB13, 0xFB17 }, { 0xFF21, 0xFF3A },
        { 0xFF41, 0xFF5A }, { 0x10400, 0x1044F }, { 0x104B0, 0x104D3 }, { 0x104D8, 0x104FB }, { 0x10C80, 0x10CB2 }, { 0x10CC0, 0x10CF2 },
        { 0x118A0, 0x118DF }, { 0x1E900, 0x1E943 },
    };
    return RUNS_WITHIN(letters, c);
}
