/* The word lists of the English normaliser. */
#ifndef INK_TEXT_NORMALISE_WORDS_EN_H
#define INK_TEXT_NORMALISE_WORDS_EN_H

#include "text/normalise.h"

extern const ink_say_pair ink_english_ordinals[], ink_english_currencies[], ink_english_scales[], ink_english_cents[], ink_english_units[], ink_english_unit_singles[], ink_english_signs[],
    ink_english_abbreviations[], ink_english_states[];
extern const char *const ink_english_months[12], *const ink_english_days[7];

#endif
