/* What a voice's configuration says of its symbols. */
#ifndef INK_TEXT_PHONEMES_SYMBOLS_H
#define INK_TEXT_PHONEMES_SYMBOLS_H

#include <ink/phonemes.h>

bool ink_symbols_sandhi(const ink_symbols *s); /* whether the voice was taught with tone sandhi */

#endif
