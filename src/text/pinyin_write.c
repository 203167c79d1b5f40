/* Ways to write a syllable: pinyin, bopomofo, and the IPA that voices of VITS-fast-fine-tuning and MoeGoe were taught. */
#include "text/pinyin.h"

#include <string.h>

typedef struct pinyin_part {
    const char *pinyin, *bopomofo, *ipa;
} pinyin_part;

static const pinyin_part pinyin_initials[] = {
    { "zh", "ㄓ", "ts`⁼" }, { "ch", "ㄔ", "ts`ʰ" }, { "sh", "ㄕ", "s`" }, { "b", "ㄅ", "p⁼" }, { "p", "ㄆ", "pʰ" }, { "m", "ㄇ", "m" }, { "f", "ㄈ", "f" },
    { "d", "ㄉ", "t⁼" }, { "t", "ㄊ", "tʰ" }, { "n", "ㄋ", "n" }, { "l", "ㄌ", "l" }, { "g", "ㄍ", "k⁼" }, { "k", "ㄎ", "kʰ" }, { "h", "ㄏ", "x" },
    { "j", "ㄐ", "tʃ⁼" }, { "q", "ㄑ", "tʃʰ" }, { "x", "ㄒ", "ʃ" }, { "r", "ㄖ", "ɹ`" }, { "z", "ㄗ", "ts⁼" }, { "c", "ㄘ", "tsʰ" }, { "s", "ㄙ", "s" },
    { NULL, NULL, NULL },
};

/* After y and w, and ü after j q x, are written out: see pinyin_spread. */
static const pinyin_part pinyin_finals[] = {
    { "a", "ㄚ", "a" }, { "o", "ㄛ", "o" }, { "e", "ㄜ", "ə" }, { "ai", "ㄞ", "aɪ" }, { "ei", "ㄟ", "eɪ" }, { "ao", "ㄠ", "ɑʊ" }, { "ou", "ㄡ", "oʊ" },
    { "an", "ㄢ", "an" }, { "en", "ㄣ", "ən" }, { "ang", "ㄤ", "ɑŋ" }, { "eng", "ㄥ", "əŋ" }, { "er", "ㄦ", "əɻ" }, { "i", "ㄧ", "i" }, { "ia", "ㄧㄚ", "ja" },
    { "io", "ㄧㄛ", "jo" }, { "ie", "ㄧㄝ", "jɛ" }, { "iai", "ㄧㄞ", "jaɪ" }, { "iao", "ㄧㄠ", "jɑʊ" }, { "iu", "ㄧㄡ", "joʊ" }, { "ian", "ㄧㄢ", "jɛn" },
    { "in", "ㄧㄣ", "in" }, { "iang", "ㄧㄤ", "jɑŋ" }, { "ing", "ㄧㄥ", "iŋ" }, { "iong", "ㄩㄥ", "jʊŋ" }, { "u", "ㄨ", "u" }, { "ua", "ㄨㄚ", "wa" },
    { "uo", "ㄨㄛ", "wo" }, { "uai", "ㄨㄞ", "waɪ" }, { "ui", "ㄨㄟ", "weɪ" }, { "uan", "ㄨㄢ", "wan" }, { "un", "ㄨㄣ", "wən" }, { "uang", "ㄨㄤ", "wɑŋ" },
    { "ueng", "ㄨㄥ", "wəŋ" }, { "ong", "ㄨㄥ", "ʊŋ" }, { "v", "ㄩ", "ɥ" }, { "ve", "ㄩㄝ", "ɥɛ" }, { "van", "ㄩㄢ", "ɥæn" }, { "vn", "ㄩㄣ", "ɥn" },
    { "ê", "ㄝ", "ɛ" }, { "m", "ㄇ", "m" }, { "n", "ㄋ", "n" }, { "ng", "ㄫ", "ŋ" }, { NULL, NULL, NULL },
};

/* Whole syllables that begin with y or w, or whose u is a ü, as their finals. */
static const ink_say_pair pinyin_spread[] = {
    { "yi", "i" }, { "ya", "ia" }, { "yo", "io" }, { "ye", "ie" }, { "yai", "iai" }, { "yao", "iao" }, { "you", "iu" }, { "yan", "ian" }, { "yin", "in" },
    { "yang", "iang" }, { "ying", "ing" }, { "yong", "iong" }, { "wu", "u" }, { "wa", "ua" }, { "wo", "uo" }, { "wai", "uai" }, { "wei", "ui" },
    { "wan", "uan" }, { "wen", "un" }, { "wang", "uang" }, { "weng", "ueng" }, { "yu", "v" }, { "yue", "ve" }, { "yuan", "van" }, { "yun", "vn" },
    { NULL, NULL },
};

static const pinyin_part *pinyin_initial(const char *name)
{
    for (const pinyin_part *p = pinyin_initials; p->pinyin; p++)
        if (!strncmp(name, p->pinyin, strlen(p->pinyin)) && name[strlen(p->pinyin)])
            return p;
    return NULL;
}

static const pinyin_part *pinyin_final(const char *final)
{
    for (const pinyin_part *p = pinyin_finals; p->pinyin; p++)
        if (!strcmp(p->pinyin, final))
            return p;
    return NULL;
}

/* The final behind an initial; u is ü behind j, q, x. */
static const pinyin_part *pinyin_final_of(const char *name, const pinyin_part *initial)
{
    char final[16] = "";
    const char *spread = ink_say_find(pinyin_spread, name, strlen(name), false);
    strncpy(final, spread ? spread : name + (initial ? strlen(initial->pinyin) : 0), sizeof final - 1);
    if (initial && strchr("jqx", initial->pinyin[0]) && final[0] == 'u')
        final[0] = 'v';
    return pinyin_final(final);
}

static bool pinyin_is_bare(const pinyin_part *initial, const pinyin_part *final) /* zhi chi shi ri zi ci si: no vowel of its own */
{
    static const char *const bare[] = { "zh", "ch", "sh", "r", "z", "c", "s" };
    for (size_t i = 0; initial && i < sizeof bare / sizeof *bare; i++)
        if (!strcmp(initial->pinyin, bare[i]))
            return !strcmp(final->pinyin, "i");
    return false;
}

static void write_pinyin(const char *name, unsigned tone, ink_buf *out)
{
    ink_buf_text(out, name);
    ink_buf_char(out, (char)('0' + tone));
}

static void write_bopomofo(const pinyin_part *initial, const pinyin_part *final, unsigned tone, ink_buf *out)
{
    static const char *const tones[] = { "", "ˉ", "ˊ", "ˇ", "ˋ", "˙" };
    ink_buf_text(out, initial ? initial->bopomofo : "");
    ink_buf_text(out, pinyin_is_bare(initial, final) ? "" : final->bopomofo);
    ink_buf_text(out, tones[tone]);
}

static void write_ipa(const pinyin_part *initial, const pinyin_part *final, unsigned tone, bool tones, ink_buf *out)
{
    static const char *const marks[] = { "", "→", "↑", "↓↑", "↓", "" };
    const bool labial = initial && strchr("bpmf", initial->pinyin[0]) && !strcmp(final->pinyin, "o");
    ink_buf_text(out, initial ? initial->ipa : "");
    if (pinyin_is_bare(initial, final))
        ink_buf_text(out, strchr("zcs", initial->pinyin[0]) && !initial->pinyin[1] ? "ɹ" : initial->pinyin[0] == 'r' ? "" : "ɹ`");
    else
        ink_buf_text(out, labial ? "wo" : final->ipa);
    ink_buf_text(out, tones ? marks[tone] : "");
}

void ink_pinyin_write(uint16_t reading, unsigned tone, ink_style style, ink_buf *out)
{
    const char *name = ink_pinyin_names[(reading - 1) / 5];
    const pinyin_part *initial = pinyin_initial(name), *final = pinyin_final_of(name, initial);
    if (style == INK_STYLE_PINYIN || style == INK_STYLE_TEXT || !final)
        write_pinyin(name, tone, out);
    else if (style == INK_STYLE_BOPOMOFO)
        write_bopomofo(initial, final, tone, out);
    else
        write_ipa(initial, final, tone, style == INK_STYLE_BOPOMOFO_IPA, out);
}
