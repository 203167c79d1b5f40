/* SentencePiece's normaliser (Kudo and Richardson 2018, section 3.2): a table of replacements as its model files carry it, a
   double-array trie (Aoe 1989) of what is replaced, then the replacements, each ended by a NUL. */
#ifndef INK_TEXT_CHARSMAP_H
#define INK_TEXT_CHARSMAP_H

#include "base/buf.h"

#include <stdint.h>

typedef struct ink_charsmap { /* start as { 0 } */
    uint32_t *units;
    char *texts;           /* ended by a NUL of our own */
    size_t count, size;    /* of units, of texts in bytes */
} ink_charsmap;

enum { INK_CHARSMAP_BYTES = 64 << 20, INK_CHARSMAP_KEY = 64, INK_CHARSMAP_TEXT = 1024 }; /* the most of a table, of what is replaced, of a replacement */

/* The four bytes that say how long the trie is, the trie, the texts. Empty: no replacements. INK_E_FORMAT and INK_E_LIMIT name `where`. */
ink_status ink_charsmap_make(ink_charsmap *m, const void *blob, size_t n, const char *where, ink_err *err);
void ink_charsmap_clear(ink_charsmap *m);

/* Appends what a text (any bytes; those that are not UTF-8 stay) becomes, in time linear in it. SentencePiece replaces the longest that stands at each place. Hugging
   Face's tokenizers look at clusters of characters first (Unicode Annex 29), of at most 5 bytes, and replace all of one by what stands
   for its shortest beginning. */
void ink_charsmap_apply(const ink_charsmap *m, const char *text, size_t n, bool clusters, ink_buf *out);

#endif
