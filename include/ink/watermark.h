/* ink/watermark.h: a mark in sound that is not heard: noise of a key's own, 34 dB below the sound around it, found again by whoever knows
   the key, also after a lossy format or another sample rate. It says that sound was generated; it hides no message. */
#ifndef INK_WATERMARK_H
#define INK_WATERMARK_H

#include <ink/err.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ink_watermark { /* of one stream of sound; pieces change nothing */
    double rate, level, loud; /* samples a second; mean square of late; of the mark, part of it */
    uint64_t key, at;         /* samples that are done */
} ink_watermark;

INK_API void ink_watermark_begin(ink_watermark *w, const char *key, size_t rate);
INK_API void ink_watermark_add(ink_watermark *w, float *samples, size_t n); /* in place */

enum { INK_WATERMARK_SURE = 7 }; /* a score from which on the mark is there: by chance once in some ten million files */
/* How far the key's best place stands out, in deviations of all places. INK_E_ARGUMENT for less than a second of sound. */
INK_API ink_status ink_watermark_find(const float *samples, size_t n, size_t rate, const char *key, double *score, ink_err *err);

#endif
