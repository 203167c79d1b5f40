/* The tables that share/lexicons/en_pack.py makes: a pronouncing dictionary, and a model of how unknown words are said. */
#ifndef INK_TEXT_G2P_TABLES_H
#define INK_TEXT_G2P_TABLES_H

#include <stdint.h>

enum { INK_G2P_ORDER = 5, INK_G2P_BLOCK = 16, INK_G2P_EMPTY = 255, INK_G2P_BEGIN = 1, INK_G2P_END = 2, INK_G2P_FIRST = 3 };

typedef struct ink_english_sizes {
    uint32_t words, blocks, slots, units;
} ink_english_sizes;

extern const ink_english_sizes ink_english;
extern const uint32_t ink_english_blocks[]; /* where each block of words begins */
extern const unsigned char ink_english_words[]; /* of each: bytes shared with the one before, bytes that follow, those, phones, those */
extern const unsigned char ink_english_grams[]; /* slots of five bytes */
extern const unsigned char ink_english_sayings[]; /* of each unit, in order of letters: letter, phone or 255, phone or 255 */

#endif
