/* The word lists of the Chinese normaliser. */
#ifndef INK_TEXT_NORMALISE_WORDS_ZH_H
#define INK_TEXT_NORMALISE_WORDS_ZH_H

#include "text/normalise.h"

extern const ink_say_pair ink_chinese_currencies[], ink_chinese_units[], ink_chinese_rates[], ink_chinese_signs[];
extern const ink_say_verb ink_say_chinese_verbs[];

#endif
