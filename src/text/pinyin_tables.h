/* The tables that share/lexicons/zh_pack.py makes: words, readings, and a model of which reading a character has. A reading is a
   number: five times the place of its syllable in ink_pinyin_names, plus its tone from 1 to 5; 0 is none. */
#ifndef INK_TEXT_PINYIN_TABLES_H
#define INK_TEXT_PINYIN_TABLES_H

#include <stdint.h>

enum { INK_HAN_FIRST = 0x3400, INK_HAN_LAST = 0x9FFF };

typedef struct ink_han_sizes {
    uint32_t words, weights; /* slots of the two tables */
    uint32_t options, names; /* characters of several readings; syllables */
    int32_t rare;            /* what a character costs that is no word */
    int32_t trust[2];        /* weight of the dictionary's reading: where it is only the usual one, where a phrase says so */
} ink_han_sizes;

extern const ink_han_sizes ink_han;
extern const char *const ink_pinyin_names[];
extern const uint16_t ink_han_readings[]; /* of each character from INK_HAN_FIRST on: the usual one */
extern const uint16_t ink_han_said[];     /* readings of words, one after another */
extern const uint16_t ink_han_options[];  /* character, where its labels begin; in order, then an end */
extern const uint16_t ink_han_labels[];
extern const unsigned char ink_han_words[];   /* slots: four bytes of the hash, cost, three bytes: 0 no phrase, 1 read as its characters, else 2 + place in ink_han_said */
extern const unsigned char ink_han_weights[]; /* slots: four bytes of the hash, a signed byte */

#endif
