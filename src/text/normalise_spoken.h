/* Text made clean: what is not UTF-8 becomes U+FFFD, and is counted; for Chinese, full-width letters, digits and marks become ASCII. */
#ifndef INK_TEXT_NORMALISE_SPOKEN_H
#define INK_TEXT_NORMALISE_SPOKEN_H

#include "text/normalise.h"

typedef struct ink_clean {
    ink_buf text;
    size_t bad, first, changed; /* how many bytes were not UTF-8, and where the first stood; changed: characters that are others now */
} ink_clean;

ink_status ink_clean_make(const char *text, size_t n, bool narrow, ink_clean *out, ink_err *err); /* narrow: full width to ASCII */
void ink_clean_free(ink_clean *c);

typedef struct ink_clean_walk { /* from places of the clean text, which never go back, to those of its source */
    const char *source, *end;
    size_t clean, from;
    bool narrow;
} ink_clean_walk;
void ink_clean_start(ink_clean_walk *w, const char *source, size_t n, bool narrow);
size_t ink_clean_place(ink_clean_walk *w, size_t clean);

ink_status ink_spoken_with(const ink_normaliser *n, const ink_clean *c, ink_spoken *out, ink_err *err); /* n NULL: as it is */

#endif
