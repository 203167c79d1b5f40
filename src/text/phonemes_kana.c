/* Japanese kana in IPA: one syllable after another; っ doubles the consonant that follows, ん takes its place. */
#include "text/phonemes.h"
#include "text/unicode.h"

#include <string.h>

static const ink_say_pair kana_sounds[] = {
    { "あ", "a" }, { "い", "i" }, { "う", "ɯ" }, { "え", "e" }, { "お", "o" }, { "か", "ka" }, { "き", "kʲi" }, { "く", "kɯ" }, { "け", "ke" }, { "こ", "ko" },
    { "が", "ga" }, { "ぎ", "gʲi" }, { "ぐ", "gɯ" }, { "げ", "ge" }, { "ご", "go" }, { "さ", "sa" }, { "し", "ɕi" }, { "す", "sɯ" }, { "せ", "se" }, { "そ", "so" },
    { "ざ", "dza" }, { "じ", "dʑi" }, { "ず", "dzɯ" }, { "ぜ", "dze" }, { "ぞ", "dzo" }, { "た", "ta" }, { "ち", "tɕi" }, { "つ", "tsɯ" }, { "て", "te" },
    { "と", "to" }, { "だ", "da" }, { "ぢ", "dʑi" }, { "づ", "dzɯ" }, { "で", "de" }, { "ど", "do" }, { "な", "na" }, { "に", "ɲi" }, { "ぬ", "nɯ" }, { "ね", "ne" },
    { "の", "no" }, { "は", "ha" }, { "ひ", "çi" }, { "ふ", "ɸɯ" }, { "へ", "he" }, { "ほ", "ho" }, { "ば", "ba" }, { "び", "bʲi" }, { "ぶ", "bɯ" }, { "べ", "be" },
    { "ぼ", "bo" }, { "ぱ", "pa" }, { "ぴ", "pʲi" }, { "ぷ", "pɯ" }, { "ぺ", "pe" }, { "ぽ", "po" }, { "ま", "ma" }, { "み", "mʲi" }, { "む", "mɯ" }, { "め", "me" },
    { "も", "mo" }, { "や", "ja" }, { "ゆ", "jɯ" }, { "よ", "jo" }, { "ら", "ɾa" }, { "り", "ɾʲi" }, { "る", "ɾɯ" }, { "れ", "ɾe" }, { "ろ", "ɾo" }, { "わ", "wa" },
    { "ゐ", "i" }, { "ゑ", "e" }, { "を", "o" }, { "ゔ", "vɯ" }, { "ぁ", "a" }, { "ぃ", "i" }, { "ぅ", "ɯ" }, { "ぇ", "e" }, { "ぉ", "o" }, { "ゃ", "ja" },
    { "ゅ", "jɯ" }, { "ょ", "jo" }, { "ゎ", "wa" }, { "ゕ", "ka" }, { "ゖ", "ke" }, { NULL, NULL },
};

enum { KANA_SMALL_TSU = 0x3063, KANA_N = 0x3093, KANA_LONG = 0x30fc, KANA_TO_HIRAGANA = 0x60 };

static const char *kana_sound(uint32_t c)
{
    char letter[4];
    const size_t n = ink_utf8_put(c, letter);
    return ink_say_find(kana_sounds, letter, n, false);
}

/* Small ゃ ゅ ょ ぁ ぃ ぅ ぇ ぉ: the vowel takes the place of the one before. */
static bool kana_is_small(uint32_t c)
{
    static const uint32_t small[] = { 0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3083, 0x3085, 0x3087, 0x308e };
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (small[i] == c)
            return true;
    return false;
}

static size_t kana_vowel_bytes(const ink_buf *b) /* of the last vowel: ɯ has two */
{
    return b->len >= 2 && (unsigned char)b->data[b->len - 2] == 0xc9 && (unsigned char)b->data[b->len - 1] == 0xaf ? 2 : 1;
}

static bool kana_ends(const ink_buf *b, const char *with)
{
    const size_t n = strlen(with);
    return b->len >= n && !memcmp(b->data + b->len - n, with, n);
}

/* A glide after a consonant that the i before has softened already: kʲi + ja = kʲa; te + i = ti. */
static void kana_small(const char *sound, ink_buf *out)
{
    if (!out->len || out->failed)
        return;
    const bool glide = sound[0] == 'j';
    out->len -= kana_vowel_bytes(out);
    const bool soft = kana_ends(out, "ʲ") || kana_ends(out, "ɕ") || kana_ends(out, "ʑ") || kana_ends(out, "ɲ") || kana_ends(out, "ç");
    if (glide && !soft)
        ink_buf_text(out, "ʲ");
    else if (!glide && kana_ends(out, "ʲ"))
        out->len -= strlen("ʲ");
    ink_buf_text(out, glide ? sound + 1 : sound);
}

static const char *kana_n(const char *next)
{
    static const ink_say_pair before[] = { { "m", "m" }, { "p", "m" }, { "b", "m" }, { "k", "ŋ" }, { "g", "ŋ" }, { "t", "n" }, { "d", "n" }, { "n", "n" },
                                           { "s", "n" }, { NULL, NULL } };
    const char *as = next ? ink_say_find(before, next, 1, false) : NULL;
    return as ? as : "ɴ";
}

static void kana_letter(uint32_t c, const char *next, ink_buf *out)
{
    const char *sound = kana_sound(c);
    if (c == KANA_LONG)
        ink_buf_text(out, "ː");
    else if (c == KANA_N)
        ink_buf_text(out, kana_n(next));
    else if (c == KANA_SMALL_TSU && next && (unsigned char)next[0] < 0x80)
        ink_buf_char(out, next[0]);
    else if (c == KANA_SMALL_TSU)
        ink_buf_text(out, "ʔ");
    else if (kana_is_small(c) && out->len)
        kana_small(sound, out);
    else if (sound)
        ink_buf_text(out, sound);
}

static uint32_t kana_hiragana(uint32_t c)
{
    return c >= 0x30a1 && c <= 0x30f6 ? c - KANA_TO_HIRAGANA : c;
}

void ink_utter_kana(ink_uttering *u, const char *run, size_t n)
{
    ink_buf wide, out;
    ink_buf_init(&wide, 0);
    ink_buf_init(&out, 0);
    if (!ink_unicode_normal(run, n, true, true, &wide))
        wide.failed = true;
    for (const char *at = wide.data, *end = at + wide.len; at && at < end;) {
        const uint32_t c = kana_hiragana(ink_utf8_next(&at, end));
        const char *ahead = at;
        kana_letter(c, at < end ? kana_sound(kana_hiragana(ink_utf8_next(&ahead, end))) : NULL, &out);
    }
    u->failed = u->failed || wide.failed || out.failed;
    ink_utter(u, run, n, u->p->style == INK_STYLE_TEXT ? run : out.data ? out.data : "", u->p->style == INK_STYLE_TEXT ? n : out.len);
    ink_buf_clear(&wide);
    ink_buf_clear(&out);
}
