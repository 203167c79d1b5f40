/* Chinese: ideographs into words, words into readings (syllable and tone), sandhi, and the ways to write a reading. */
#ifndef INK_TEXT_PINYIN_H
#define INK_TEXT_PINYIN_H

#include "base/buf.h"
#include "text/pinyin_tables.h"
#include "text/phonemes.h"

typedef struct ink_han_char { /* one ideograph of a run */
    uint32_t point;
    uint32_t at;      /* its first byte in the run */
    uint16_t reading; /* 0: not known */
    uint8_t tone;     /* as spoken, after sandhi */
    bool begins;      /* a word begins here */
    bool sure;        /* a phrase or the person's lexicon gave the reading */
} ink_han_char;

/* The tables' hash (FNV-1a, begun with INK_HAN_HASH) and what a slot holds behind it; NULL when absent. */
#define INK_HAN_HASH 0xCBF29CE484222325u
uint64_t ink_han_hash(const char *bytes, size_t n, uint64_t h);
const unsigned char *ink_han_slot(const unsigned char *table, uint32_t slots, size_t size, uint64_t h);
const unsigned char *ink_han_word(const char *word, size_t n); /* its slot behind the hash: cost, and three bytes; NULL when it is no word */

/* Marks where words begin. text: the run's bytes; chars[count] ends with `at` of the end. */
bool ink_han_segment(const char *text, ink_han_char *chars, size_t count, const ink_own_lexicon *own);
void ink_han_read(const char *text, ink_han_char *chars, size_t count, const ink_own_lexicon *own);
void ink_han_sandhi(const char *text, ink_han_char *chars, size_t count);

uint16_t ink_pinyin_find(const char *name, size_t n); /* "ni3"; 0 when it is no syllable */
void ink_pinyin_write(uint16_t reading, unsigned tone, ink_style style, ink_buf *out);

enum { INK_HAN_LONGEST = 8 }; /* characters of a word */

#endif
