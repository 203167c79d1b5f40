/* What becomes of a text before it is cut into pieces: its normal form, U+2581 read as the space that SentencePiece writes it for,
   and a space put before it. */
#ifndef INK_TEXT_REWRITE_H
#define INK_TEXT_REWRITE_H

#include "text/parts.h"

#include "base/buf.h"

typedef struct ink_rewriter { /* memory of one call */
    ink_buf normal, other, marked, prefixed;
} ink_rewriter;
void ink_rewriter_init(ink_rewriter *r);
void ink_rewriter_clear(ink_rewriter *r);

/* Each turns *text into what it becomes, which lies in r until the next call, or leaves it. first: it begins the whole text.
   false when memory is refused. */
bool ink_rewrite_normal(ink_rewriter *r, const ink_tokenizer *t, bool first, ink_text *text);    /* what a normalizer does … */
bool ink_rewrite_pretokenize(ink_rewriter *r, const ink_tokenizer *t, bool first, ink_text *text); /* … and a pre-tokenizer, between added tokens */

#endif
