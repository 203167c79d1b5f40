/* WordPiece (Schuster and Nakajima 2012, as BERT uses it): a text is cleaned, cut at white space and punctuation, and each word is
   spelled by the longest tokens from its beginning on, those that go on with a word marked by a prefix. */
#ifndef INK_TEXT_WORDPIECE_H
#define INK_TEXT_WORDPIECE_H

#include "text/vocab.h"

#include "base/buf.h"

/* Appends what the text becomes before it is cut. false when memory is refused. */
bool ink_wordpiece_normal(const ink_wordpiece *w, const char *text, size_t n, ink_buf *out);
/* Gives each token of a text in its normal form; unknown: for words that cannot be spelled. */
void ink_wordpiece_cut(const ink_wordpiece *w, const ink_vocab *v, int32_t unknown, const char *text, size_t n, void (*give)(void *user, int32_t id), void *user);

#endif
