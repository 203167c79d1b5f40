/* Phones of American English in IPA, as espeak's en-us writes it and as piper's voices were taught: stress marks before vowels,
   long vowels marked, flaps, r-coloured vowels; weak forms of function words. The rules are phonology's, not espeak's tables. */
#include "text/g2p.h"

#include <stdlib.h>
#include <string.h>

typedef struct ipa_word {
    const char *word;
    size_t letters;
    const ink_phones *p;
} ipa_word;

static const char *const ipa_consonants[] = { "b", "tʃ", "d", "ð", "f", "ɡ", "h", "dʒ", "k", "l", "m", "n", "ŋ", "p", "ɹ", "s", "ʃ", "t", "θ", "v", "w", "j",
                                              "z", "ʒ" };
static const char *const ipa_vowels[] = { "ɑː", "æ", "ʌ", "ɔː", "aʊ", "aɪ", "ɛ", "ɜː", "eɪ", "ɪ", "iː", "oʊ", "ɔɪ", "ʊ", "uː" };

static bool ipa_begins(const ipa_word *w, const char *with)
{
    return w->letters > strlen(with) && !strncmp(w->word, with, strlen(with));
}

static bool ipa_ends(const ipa_word *w, const char *with)
{
    const size_t n = strlen(with);
    return w->letters > n && !strncmp(w->word + w->letters - n, with, n);
}

static bool ipa_has(const ipa_word *w, const char *part)
{
    const size_t n = strlen(part);
    for (size_t i = 0; i + n <= w->letters; i++)
        if (!strncmp(w->word + i, part, n))
            return true;
    return false;
}

static int ipa_at(const ipa_word *w, size_t i) /* the phone, or -1 past the end */
{
    return i < w->p->count ? w->p->at[i] : -1;
}

static bool ipa_vowel_at(const ipa_word *w, size_t i)
{
    return i < w->p->count && ink_phone_is_vowel(w->p->at[i]);
}

static bool ipa_first_vowel(const ipa_word *w, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (ink_phone_is_vowel(w->p->at[k]))
            return false;
    return true;
}

/* Vowels before r, which colours them. */
static const char *ipa_before_r(const ipa_word *w, unsigned vowel)
{
    switch (vowel) {
    case INK_V_IY: return "ɪ";
    case INK_V_UW: return "ʊ";
    case INK_V_AO: return ipa_has(w, "ore") || ipa_has(w, "oar") || ipa_has(w, "oor") || ipa_has(w, "our") ? "oː" : "ɔː";
    case INK_V_EH: return ipa_has(w, "arr") ? "æ" : "ɛ";
    default: return ipa_vowels[vowel];
    }
}

/* Vowels without stress. */
static const char *ipa_reduced(const ipa_word *w, size_t i, unsigned vowel)
{
    const bool first = ipa_first_vowel(w, i), last = i + 2 == w->p->count;
    if (vowel == INK_V_ER)
        return "ɚ";
    if (vowel == INK_V_IY)
        return i + 1 < w->p->count && !ipa_vowel_at(w, i + 1) && !last ? "ɪ" : "i";
    if (first && vowel == INK_V_IH && ipa_begins(w, "ex"))
        return "ɛ";
    if (vowel == INK_V_AH && first && (ipa_begins(w, "un") || ipa_begins(w, "sub")))
        return "ʌ";
    if (vowel == INK_V_AH && i && ipa_at(w, i - 1) == INK_P_Y && ipa_at(w, i + 1) == INK_P_L)
        return "ʊ";
    if ((vowel == INK_V_AH || vowel == INK_V_AE) && !i && w->word[0] == 'a')
        return "ɐ";
    if ((vowel == INK_V_AH || vowel == INK_V_IH) && last && (ipa_ends(w, "ed") || ipa_ends(w, "es")))
        return "ᵻ";
    if (first && vowel == INK_V_IH && (ipa_begins(w, "be") || ipa_begins(w, "de") || ipa_begins(w, "re")))
        return "ᵻ";
    return vowel == INK_V_AH ? "ə" : ipa_vowels[vowel];
}

static void ipa_vowel(const ipa_word *w, size_t i, bool weak, ink_buf *out)
{
    static const char *const marks[] = { "", "ˈ", "ˌ" };
    const uint8_t p = w->p->at[i];
    const unsigned vowel = ink_phone_vowel(p), stress = ink_phone_stress(p);
    ink_buf_text(out, weak ? "" : marks[stress]);
    if (ipa_at(w, i + 1) == INK_P_R)
        ink_buf_text(out, !stress && vowel == INK_V_AH ? "ə" : ipa_before_r(w, vowel));
    else
        ink_buf_text(out, stress ? ipa_vowels[vowel] : ipa_reduced(w, i, vowel));
    if (vowel == INK_V_ER && ipa_vowel_at(w, i + 1))
        ink_buf_text(out, "ɹ");
}

/* t between a vowel or r and a vowel without stress: a flap; a stop in the throat where n follows at the end. */
static bool ipa_t(const ipa_word *w, size_t i, ink_buf *out)
{
    if (!i || !(ipa_vowel_at(w, i - 1) || w->p->at[i - 1] == INK_P_R) || !ipa_vowel_at(w, i + 1) || ink_phone_stress(w->p->at[i + 1]))
        return false;
    const unsigned vowel = ink_phone_vowel(w->p->at[i + 1]);
    const bool nasal = (vowel == INK_V_AH || vowel == INK_V_IH) && ipa_at(w, i + 2) == INK_P_N;
    if (nasal && i + 3 == w->p->count && !ipa_ends(w, "ing")) {
        ink_buf_text(out, "ʔn̩");
        return true;
    }
    ink_buf_text(out, nasal && vowel == INK_V_AH ? "t" : "ɾ");
    return false;
}

static void ipa_consonant(const ipa_word *w, size_t i, ink_buf *out)
{
    const uint8_t p = w->p->at[i];
    const int next = ipa_at(w, i + 1);
    ink_buf_text(out, p == INK_P_N && (next == INK_P_K || next == INK_P_G) ? "ŋ" : ipa_consonants[p]);
}

static void ipa_phones(const ipa_word *w, bool weak, ink_buf *out)
{
    for (size_t i = 0; i < w->p->count; i++) {
        const size_t before = out->len;
        if (ink_phone_is_vowel(w->p->at[i]))
            ipa_vowel(w, i, weak, out);
        else if (w->p->at[i] == INK_P_T && ipa_t(w, i, out))
            i += 2;
        else if (out->len == before)
            ipa_consonant(w, i, out);
    }
}

typedef struct ipa_form {
    const char *word, *before_consonant, *before_vowel; /* NULL: as the dictionary has it, without stress */
} ipa_form;

/* Words that carry no stress in a sentence. In order, for the search. */
static const ipa_form ipa_weak_forms[] = {
    { "a", "ɐ", "ɐ" }, { "am", NULL, NULL }, { "an", "ɐn", "ɐn" }, { "and", "ænd", "ænd" }, { "are", "ɑːɹ", "ɑːɹ" }, { "as", "æz", "æz" }, { "at", "æt", "æt" },
    { "be", "biː", "biː" }, { "been", "bɪn", "bɪn" }, { "but", NULL, NULL }, { "by", NULL, NULL }, { "can", "kæn", "kæn" }, { "could", NULL, NULL },
    { "for", "fɔːɹ", "fɔːɹ" }, { "from", "fɹʌm", "fɹʌm" }, { "had", "hæd", "hæd" }, { "has", "hɐz", "hɐz" }, { "have", "hæv", "hæv" }, { "he", "hiː", "hiː" },
    { "her", "hɜː", "hɜːɹ" }, { "him", NULL, NULL }, { "his", NULL, NULL }, { "i", "aɪ", "aɪ" }, { "i'd", NULL, NULL }, { "i'll", NULL, NULL },
    { "i'm", NULL, NULL }, { "if", NULL, NULL }, { "in", "ɪn", "ɪn" }, { "is", NULL, NULL }, { "it", "ɪt", "ɪt" }, { "its", NULL, NULL }, { "me", "miː", "miː" },
    { "my", NULL, NULL }, { "of", "ʌv", "ʌv" }, { "on", "ɔn", "ɔn" }, { "or", "ɔːɹ", "ɔːɹ" }, { "our", NULL, NULL }, { "she", "ʃiː", "ʃiː" },
    { "so", NULL, NULL }, { "some", "sʌm", "sʌm" }, { "than", "ðɐn", "ðɐn" }, { "that", "ðæt", "ðæt" }, { "the", "ðə", "ðɪ" }, { "their", "ðɛɹ", "ðɛɹ" },
    { "them", "ðɛm", "ðɛm" }, { "they", NULL, NULL }, { "to", "tə", "tʊ" }, { "us", "ʌs", "ʌs" }, { "was", "wʌz", "wʌz" }, { "we", "wiː", "wiː" },
    { "were", "wɜː", "wɜːɹ" }, { "who", "huː", "huː" }, { "will", NULL, NULL }, { "with", NULL, NULL }, { "would", NULL, NULL }, { "you", "juː", "juː" },
    { "your", "jʊɹ", "jʊɹ" },
};

typedef struct ipa_key {
    const char *word;
    size_t n;
} ipa_key;

static int ipa_compare(const void *key, const void *form)
{
    const ipa_key *k = key;
    const char *word = ((const ipa_form *)form)->word;
    const int c = strncmp(k->word, word, k->n);
    return c ? c : -(word[k->n] != 0);
}

static const ipa_form *ipa_weak(const char *word, size_t n)
{
    const ipa_key key = { word, n };
    return bsearch(&key, ipa_weak_forms, sizeof ipa_weak_forms / sizeof *ipa_weak_forms, sizeof *ipa_weak_forms, ipa_compare);
}

void ink_g2p_ipa(const char *word, size_t n, const ink_phones *phones, unsigned how, ink_buf *out)
{
    const ipa_word w = { word, n, phones };
    const ipa_form *form = how & INK_IPA_WEAK ? ipa_weak(word, n) : NULL;
    if (form && form->before_vowel)
        ink_buf_text(out, how & INK_IPA_BEFORE_VOWEL ? form->before_vowel : form->before_consonant);
    else
        ipa_phones(&w, form, out);
}
