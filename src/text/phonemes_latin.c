/* Words in Latin letters: as English, or where a voice knows no English as its letters' names in Chinese. */
#include "text/phonemes.h"
#include "text/chars.h"
#include "text/unicode.h"

#include <string.h>

static bool latin_is_upper(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word[i] < 'A' || word[i] > 'Z')
            return false;
    return true;
}

/* Letters that do not come apart into a letter and its marks. */
static const ink_say_pair latin_letters[] = {
    { "æ", "ae" }, { "œ", "oe" }, { "ø", "o" }, { "ß", "ss" }, { "đ", "d" }, { "ð", "th" }, { "þ", "th" }, { "ł", "l" }, { "ı", "i" },
    { "ħ", "h" }, { "ŋ", "ng" }, { NULL, NULL },
};

/* Lower case without accents: letters and apostrophes only. Whether all could be kept. */
static bool latin_plain(const char *word, size_t n, ink_buf *out)
{
    ink_buf apart;
    ink_buf_init(&apart, 0);
    bool all = ink_unicode_normal(word, n, false, true, &apart);
    for (const char *at = apart.data, *end = at + apart.len; at && at < end;) {
        const uint32_t c = ink_unicode_lower(ink_utf8_next(&at, end));
        char letter[4];
        const size_t size = ink_utf8_put(c, letter);
        const char *as = c < 0x80 ? NULL : ink_say_find(latin_letters, letter, size, false);
        if (c >= 'a' && c <= 'z')
            ink_buf_char(out, (char)c);
        else if (c == '\'' || c == 0x2019)
            ink_buf_char(out, '\'');
        else if (as)
            ink_buf_text(out, as);
        else
            all = all && ink_class_of(c) & INK_MARK;
    }
    ink_buf_clear(&apart);
    return all;
}

/* How a letter is called; the dictionary lacks w, q and x, and has a as a word. */
static bool latin_letter(char letter, ink_phones *out)
{
    static const struct { char letter; uint8_t count, at[8]; } names[] = {
        { 'a', 1, { INK_VOWEL(EY, 1) } },
        { 'q', 3, { INK_P_K, INK_P_Y, INK_VOWEL(UW, 1) } },
        { 'w', 7, { INK_P_D, INK_VOWEL(AH, 1), INK_P_B, INK_VOWEL(AH, 0), INK_P_L, INK_P_Y, INK_VOWEL(UW, 0) } },
        { 'x', 3, { INK_VOWEL(EH, 1), INK_P_K, INK_P_S } },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].letter == letter) {
            out->count = names[i].count;
            memcpy(out->at, names[i].at, names[i].count);
            return true;
        }
    }
    return ink_g2p_known(&letter, 1, out);
}

/* Letters one by one: secondary stress on all but the last. */
static void latin_spell(const char *word, size_t n, ink_phones *out)
{
    out->count = 0;
    for (size_t i = 0; i < n && out->count + 8 < INK_PHONES; i++) {
        ink_phones name;
        if (!latin_letter(word[i], &name))
            continue;
        for (size_t k = 0; k < name.count; k++)
            out->at[out->count++] = (uint8_t)(name.at[k] + (ink_phone_is_vowel(name.at[k]) && ink_phone_stress(name.at[k]) == 1 && i + 1 < n));
    }
}

static bool latin_has_vowel(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr("aeiouy", word[i]))
            return true;
    return false;
}

/* Capitals that are letters although a word is spelled so. */
static bool latin_is_letters(const char *word, size_t n)
{
    static const ink_say_pair letters[] = {
        { "us", "" }, { "am", "" }, { "it", "" }, { "id", "" }, { "ai", "" }, { "pm", "" }, { "phd", "" }, { "ad", "" }, { "bc", "" }, { "est", "" },
        { "cd", "" }, { "tv", "" }, { "uk", "" }, { "eu", "" }, { "un", "" }, { "uae", "" }, { "usa", "" }, { "fbi", "" }, { "cia", "" }, { "ceo", "" },
        { "iq", "" }, { "io", "" }, { "ui", "" }, { "pa", "" }, { "la", "" }, { "ip", "" }, { "os", "" }, { "vip", "" }, { "faq", "" }, { "api", "" }, { "url", "" },
        { NULL, NULL },
    };
    return ink_say_find(letters, word, n, false);
}

enum { LATIN_GUESSED = 512 };

struct ink_guessed { /* direct-mapped: a text says its strange words more than once */
    char word[INK_WORD_LONGEST + 1];
    ink_phones phones;
};

static void latin_guess(ink_uttering *u, const char *plain, size_t n, ink_phones *out)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)plain[i]) * 16777619u;
    if (!u->guessed)
        u->guessed = ink_arena_array(u->out->memory, LATIN_GUESSED, sizeof *u->guessed);
    struct ink_guessed *slot = u->guessed ? &u->guessed[h % LATIN_GUESSED] : NULL;
    if (!slot || strlen(slot->word) != n || memcmp(slot->word, plain, n))
        ink_g2p_guess(plain, n, out);
    else
        *out = slot->phones;
    if (slot) {
        memcpy(slot->word, plain, n);
        slot->word[n] = 0;
        slot->phones = *out;
    }
}

/* How a word of at most INK_WORD_LONGEST plain letters is said. */
static void latin_phones(ink_uttering *u, const char *plain, size_t n, bool capitals, ink_phones *out)
{
    if (n == 1 || (capitals && (latin_is_letters(plain, n) || (n <= 5 && !latin_has_vowel(plain, n)))))
        latin_spell(plain, n, out);
    else if (!ink_g2p_known(plain, n, out) && !(!latin_has_vowel(plain, n) && n <= 5))
        latin_guess(u, plain, n, out);
    else if (!out->count)
        latin_spell(plain, n, out);
}

void ink_utter_release(ink_uttering *u, int next)
{
    if (u->held < 0)
        return;
    ink_word *w = &u->out->words[u->held];
    const bool alone = !u->neighbour && next < 0;
    ink_buf plain, ipa;
    ink_buf_init(&plain, 0);
    ink_buf_init(&ipa, 0);
    latin_plain(w->text, strlen(w->text), &plain);
    if (plain.data)
        ink_g2p_ipa(plain.data, plain.len, &u->held_phones, (alone ? 0 : INK_IPA_WEAK) | (next >= INK_PHONE_VOWEL ? INK_IPA_BEFORE_VOWEL : 0), &ipa);
    const char *copy = ipa.failed || plain.failed ? NULL : ink_utter_copy(u, ipa.data ? ipa.data : "", ipa.len);
    u->failed = u->failed || !copy;
    if (copy)
        w->phonemes = copy;
    ink_buf_clear(&plain);
    ink_buf_clear(&ipa);
    u->held = -1;
    u->neighbour = true;
}

/* A piece that is short enough for the dictionary. */
static void latin_piece(ink_uttering *u, const char *word, size_t n, const char *plain, size_t m)
{
    ink_phones phones = { .count = 0 };
    latin_phones(u, plain, m, n > 1 && latin_is_upper(word, n), &phones);
    if (!phones.count)
        ink_utter_warn(u, "\"%.*s\" cannot be spoken and is left out", (int)(n < 80 ? n : 80), word);
    ink_utter_release(u, phones.count ? phones.at[0] : -1);
    if (ink_utter(u, word, n, NULL, 0)) {
        u->held = (ptrdiff_t)u->out->count - 1;
        u->held_phones = phones;
    }
}

/* The names of letters in Chinese mouths, in pinyin. */
static void latin_in_chinese(ink_uttering *u, const char *word, size_t n, const char *plain, size_t m)
{
    static const char *const names[] = { "诶", "必", "西", "弟", "衣", "艾弗", "吉", "艾尺", "艾", "杰", "开", "艾勒", "艾马", "艾娜", "哦", "披", "酷", "阿儿",
                                         "艾丝", "提", "优", "维", "打布流", "艾克斯", "歪", "贼德" };
    ink_utter_warn(u, "\"%.*s\" is spelled out: this way of writing phonemes has none for English", (int)(n < 80 ? n : 80), word);
    for (size_t i = 0; i < m; i++)
        if (plain[i] >= 'a')
            ink_utter_han(u, names[plain[i] - 'a'], strlen(names[plain[i] - 'a']), NULL, 0);
}

/* Whether IPA begins with a vowel: told to the word before, as a phone would. */
static int latin_first(const char *ipa)
{
    static const char *const vowels[] = { "a", "æ", "ɑ", "ɐ", "ə", "ɚ", "ɛ", "e", "i", "ɪ", "ᵻ", "o", "ɔ", "u", "ʊ", "ʌ", "ɜ" };
    static const char stress[] = "ˈ";
    if (!strncmp(ipa, stress, strlen(stress)) || !strncmp(ipa, "ˌ", strlen("ˌ")))
        ipa += strlen(stress);
    for (size_t i = 0; i < sizeof vowels / sizeof *vowels; i++)
        if (!strncmp(ipa, vowels[i], strlen(vowels[i])))
            return INK_PHONE_VOWEL;
    return 0;
}

/* The word before in the same clause, in small letters. */
static const char *latin_heteronym(const ink_uttering *u, const char *plain, size_t m)
{
    char before[16] = "";
    const ink_word *last = u->out->count ? &u->out->words[u->out->count - 1] : NULL;
    size_t n = last && !last->mark ? strlen(last->text) : 0;
    n = n < sizeof before ? n : 0;
    for (size_t i = 0; i < n; i++)
        before[i] = (char)(last->text[i] >= 'A' && last->text[i] <= 'Z' ? last->text[i] + 32 : last->text[i]);
    return ink_g2p_heteronym(plain, m, before, n);
}

static void latin_own(ink_uttering *u, const char *word, size_t n, const char *phonemes)
{
    ink_utter_release(u, latin_first(phonemes));
    ink_utter(u, word, n, phonemes, strlen(phonemes));
    u->neighbour = true;
}

static void latin_say(ink_uttering *u, const char *word, size_t n, const char *plain, size_t m)
{
    const char *own = ink_own_lexicon_find(u->p->own, plain, m);
    const bool ipa = u->p->style == INK_STYLE_IPA || u->p->style == INK_STYLE_BOPOMOFO_IPA;
    own = own || !ipa ? own : latin_heteronym(u, plain, m);
    if (own && ipa) {
        latin_own(u, word, n, own);
        return;
    }
    if (u->p->style == INK_STYLE_TEXT) {
        latin_own(u, word, n, plain);
        return;
    }
    if (u->p->style == INK_STYLE_PINYIN || u->p->style == INK_STYLE_BOPOMOFO) {
        latin_in_chinese(u, word, n, plain, m);
        return;
    }
    if (m <= INK_WORD_LONGEST) {
        latin_piece(u, word, n, plain, m);
        return;
    }
    ink_utter_warn(u, "a word of %zu letters is said in pieces of %d", m, INK_WORD_LONGEST);
    for (size_t at = 0; at < m; at += INK_WORD_LONGEST)
        latin_piece(u, plain + at, m - at < INK_WORD_LONGEST ? m - at : INK_WORD_LONGEST, plain + at, m - at < INK_WORD_LONGEST ? m - at : INK_WORD_LONGEST);
}

void ink_utter_latin(ink_uttering *u, const char *word, size_t n)
{
    ink_buf plain;
    ink_buf_init(&plain, 0);
    if (!latin_plain(word, n, &plain))
        ink_utter_warn(u, "\"%.*s\" has letters that English does not know; they are left out", (int)(n < 80 ? n : 80), word);
    u->failed = u->failed || plain.failed;
    const char *at = plain.data;
    size_t m = plain.len;
    while (m && at[m - 1] == '\'' && !(m > 1 && at[m - 2] == 's'))
        m--;
    while (m > 1 && at[0] == '\'' && !ink_g2p_known(at, m, &(ink_phones){ .count = 0 })) {
        at++;
        m--;
    }
    if (m && !u->failed)
        latin_say(u, word, n, at, m);
    ink_buf_clear(&plain);
}
