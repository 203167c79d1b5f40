/* Tone sandhi of Mandarin (Chao 1968, A Grammar of Spoken Chinese, section 1.3.4): 不, 一, a colouring 儿, and third tones beside each other. */
#include "text/pinyin.h"

enum { SANDHI_BU = 0x4E0D, SANDHI_YI = 0x4E00, SANDHI_DI = 0x7B2C, SANDHI_ER = 0x513F };

static bool sandhi_is_number(uint32_t c)
{
    static const uint32_t digits[] = { 0x3007, 0x96F6, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D, 0x5E7A, 0x5341, 0x70B9 };
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
        if (digits[i] == c)
            return true;
    return false;
}

/* A不A, A一A: light. */
static bool sandhi_between_same(const ink_han_char *c, size_t i, size_t count)
{
    return i && i + 1 < count && c[i - 1].point == c[i + 1].point;
}

static void sandhi_bu(ink_han_char *c, size_t i, size_t count)
{
    if (c[i].tone != 4)
        return;
    if (sandhi_between_same(c, i, count))
        c[i].tone = 5;
    else if (i + 1 < count && c[i + 1].tone == 4)
        c[i].tone = 2;
}

static void sandhi_yi(ink_han_char *c, size_t i, size_t count)
{
    const bool ordinal = i && c[i - 1].point == SANDHI_DI;
    const bool digit = (i && sandhi_is_number(c[i - 1].point)) || (i + 1 < count && sandhi_is_number(c[i + 1].point));
    if (c[i].tone != 1 || ordinal || digit || i + 1 == count || (!c[i].begins && (i + 1 == count || c[i + 1].begins)))
        return; /* in a number, or at the end of a word: as it is */
    if (sandhi_between_same(c, i, count))
        c[i].tone = 5;
    else
        c[i].tone = c[i + 1].tone == 4 || c[i + 1].tone == 5 ? 2 : 4;
}

/* 这儿 那儿 哪儿: it colours, and is light. */
static void sandhi_er(ink_han_char *c, size_t i)
{
    const uint32_t before = i && !c[i].begins ? c[i - 1].point : 0;
    if (before == 0x8FD9 || before == 0x90A3 || before == 0x54EA)
        c[i].tone = 5;
}

/* Third tones in a word of three: 2+1 as 2 2 3, 1+2 as 3 2 3; which it is, the words inside say. */
static bool sandhi_splits_late(const char *text, const ink_han_char *c)
{
    return ink_han_word(text + c[1].at, c[3].at - c[1].at) && !ink_han_word(text + c[0].at, c[2].at - c[0].at);
}

static void sandhi_third_word(const char *text, ink_han_char *c, size_t n)
{
    const bool late = n == 3 && c[0].tone == 3 && c[1].tone == 3 && c[2].tone == 3 && sandhi_splits_late(text, c);
    for (size_t i = late; i + 1 < n; i++)
        if (c[i].tone == 3 && c[i + 1].tone == 3)
            c[i].tone = 2;
}

static size_t sandhi_word_end(const ink_han_char *c, size_t count, size_t at)
{
    do
        at++;
    while (at < count && !c[at].begins);
    return at;
}

void ink_han_sandhi(const char *text, ink_han_char *c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (c[i].point == SANDHI_BU)
            sandhi_bu(c, i, count);
        else if (c[i].point == SANDHI_YI)
            sandhi_yi(c, i, count);
        else if (c[i].point == SANDHI_ER)
            sandhi_er(c, i);
    }
    for (size_t i = 0, end; i < count; i = end) {
        end = sandhi_word_end(c, count, i);
        sandhi_third_word(text, c + i, end - i);
    }
    for (size_t i = 0; i + 1 < count; i++)
        if (c[i + 1].begins && c[i].tone == 3 && c[i + 1].tone == 3)
            c[i].tone = 2;
}
