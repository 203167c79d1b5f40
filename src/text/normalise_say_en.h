/* Numbers in English words, and the other verbs of the English table. */
#ifndef INK_TEXT_NORMALISE_SAY_EN_H
#define INK_TEXT_NORMALISE_SAY_EN_H

#include "text/normalise.h"

extern const ink_say_verb ink_say_english_verbs[];

#endif
