/* English letters to phones (ARPAbet), and phones to the IPA that piper's voices read. */
#ifndef INK_TEXT_G2P_H
#define INK_TEXT_G2P_H

#include "base/buf.h"

#include <stdint.h>

/* Consonants from 0 on in alphabetical order; from INK_PHONE_VOWEL on each vowel three times: without stress, with primary, with secondary. */
enum {
    INK_P_B, INK_P_CH, INK_P_D, INK_P_DH, INK_P_F, INK_P_G, INK_P_HH, INK_P_JH, INK_P_K, INK_P_L, INK_P_M, INK_P_N, INK_P_NG, INK_P_P, INK_P_R,
    INK_P_S, INK_P_SH, INK_P_T, INK_P_TH, INK_P_V, INK_P_W, INK_P_Y, INK_P_Z, INK_P_ZH, INK_PHONE_VOWEL,
};
enum { INK_V_AA, INK_V_AE, INK_V_AH, INK_V_AO, INK_V_AW, INK_V_AY, INK_V_EH, INK_V_ER, INK_V_EY, INK_V_IH, INK_V_IY, INK_V_OW, INK_V_OY, INK_V_UH, INK_V_UW };
#define INK_VOWEL(v, stress) (INK_PHONE_VOWEL + 3 * INK_V_##v + (stress))

static inline bool ink_phone_is_vowel(uint8_t p)
{
    return p >= INK_PHONE_VOWEL;
}

static inline unsigned ink_phone_stress(uint8_t p) /* of a vowel */
{
    return (p - INK_PHONE_VOWEL) % 3u;
}

static inline unsigned ink_phone_vowel(uint8_t p) /* INK_V_* */
{
    return (p - INK_PHONE_VOWEL) / 3u;
}

enum { INK_PHONES = 96, INK_WORD_LONGEST = 44 };
typedef struct ink_phones {
    uint8_t at[INK_PHONES];
    size_t count;
} ink_phones;

/* word: a to z and ', at most INK_WORD_LONGEST of them. */
bool ink_g2p_known(const char *word, size_t n, ink_phones *out);  /* from the dictionary, also with 's or s' after a known word */
void ink_g2p_guess(const char *word, size_t n, ink_phones *out);  /* by the model; at least one phone where there is a letter */

/* Of a word said in two ways, the IPA of the one that fits behind the word before (m 0: none); NULL for all other words. */
const char *ink_g2p_heteronym(const char *word, size_t n, const char *before, size_t m);

enum { INK_IPA_WEAK = 1 /* a function word in its place: no stress, the weak form */, INK_IPA_BEFORE_VOWEL = 2 };
void ink_g2p_ipa(const char *word, size_t n, const ink_phones *phones, unsigned how, ink_buf *out);

#endif
