/* ink/sound.h: sound into files. The suffix says the format: .wav, .flac, .ogg, .opus, .mp3 (as far as libsndfile has them),
   .raw (16-bit samples), .f32 (floats), both little-endian and without a header. A file appears whole or not at all. */
#ifndef INK_SOUND_H
#define INK_SOUND_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ink_sound ink_sound; /* one thread */

/* What every file of ours says of itself: people read the first half, GB 45438-2025 asks for the second. */
#define INK_SOUND_GENERATED "generated speech: computed by inkstone, spoken by no person {\"AIGC\":{\"Label\":\"1\",\"ContentProducer\":\"inkstone\"}}"

typedef struct ink_sound_about { /* written into formats that have a place for it; each may be NULL */
    const char *title, *comment, *licence;
    const char *watermark; /* in every format: the key of a mark that is not heard (ink/watermark.h); NULL: none */
} ink_sound_about;

/* path "-": raw 16-bit samples to standard output, as they come. */
INK_API ink_status ink_sound_create(const char *path, size_t rate, const ink_sound_about *about, ink_sound **out, ink_err *err);
INK_API ink_status ink_sound_add(ink_sound *s, const float *samples, size_t n, ink_err *err); /* -1 to 1; what is beyond is cut off */
INK_API ink_status ink_sound_finish(ink_sound *s, ink_err *err); /* closes it and lets the file appear */
INK_API void ink_sound_drop(ink_sound *s);                      /* nothing appears; NULL is fine */

/* A file that libsndfile reads, its channels made one. malloc'd, the caller's to free; at most 2^31 samples. */
INK_API ink_status ink_sound_read(const char *path, float **samples, size_t *count, size_t *rate, ink_err *err);

/* A second of tones that says "generated" where words would not do; false when `on` said stop. */
typedef bool ink_on_samples(void *user, const float *samples, size_t n);
INK_API bool ink_sound_notice(size_t rate, ink_on_samples *on, void *user);

#endif
