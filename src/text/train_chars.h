/* Words as characters: what kinds of tokenizers share that do not begin with bytes. */
#ifndef INK_TEXT_TRAIN_CHARS_H
#define INK_TEXT_TRAIN_CHARS_H

#include "text/train.h"

/* The characters of all words, the most frequent first (then by code point), as many as make up `coverage` of the text. */
ink_status ink_training_chars(ink_token_training *t, double coverage, ink_words *chars);
/* Calls part for each run of characters of a word that are in chars. */
typedef ink_status ink_training_part(void *user, const char *p, size_t n, uint64_t count);
ink_status ink_training_parts(const ink_token_training *t, const ink_words *chars, ink_training_part *part, void *user);

#define INK_TRAINING_SPACE "\xe2\x96\x81" /* U+2581 */
/* Words between blanks, each begun by U+2581, in NFKC. */
ink_status ink_training_spaced(ink_token_training *t, const char *text, size_t n);
enum { INK_TRAINING_LONGEST = 16 };
/* A piece has at most sixteen characters; U+2581 stands only before the others, and letters, digits and other signs do not mix. */
bool ink_training_fits(ink_text piece);
/* The bytes of a character of well-formed text. */
size_t ink_training_char(const char *p, const char *end);

#endif
