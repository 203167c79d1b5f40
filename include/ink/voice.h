/* ink/voice.h: a voice that speaks: from the ids of its symbols to sound. A voice is a file with its settings beside it
   (piper's .onnx and .onnx.json), or a GGUF (docs/voices.md); a speaker is a voice made ready to compute. Sound comes in pieces while it is computed;
   whichever pieces, and however many threads, the samples are the same. */
#ifndef INK_VOICE_H
#define INK_VOICE_H

#include <ink/weights.h>

typedef struct ink_voice ink_voice;

typedef struct ink_voice_info {
    size_t rate;           /* samples a second */
    size_t hop;            /* samples of a frame: durations count frames */
    size_t symbols;        /* ids go from 0 to below this */
    size_t speakers;       /* 0: one voice */
    bool stochastic;       /* durations are drawn */
    bool pairs;            /* the decoder's residual blocks are HiFi-GAN's first type, else its second */
    size_t width, layers, heads, flows, decoder_width, stages; /* of the parts */
    double noise_scale, length_scale, noise_w; /* as the voice was made */
    size_t settings_size;
    const char *settings;  /* the JSON beside it, for ink_symbols_make; NULL: none */
} ink_voice_info;

/* path: what ink_store_resolve gives. */
INK_API ink_status ink_voice_open(const char *path, ink_voice **out, ink_err *err);
INK_API void ink_voice_close(ink_voice *v); /* NULL is fine; after its speakers */
INK_API const ink_voice_info *ink_voice_describe(const ink_voice *v);
INK_API const ink_weights *ink_voice_weights(const ink_voice *v);
/* Writes a GGUF with everything inside: it speaks the same samples. Tensors keep their types, and weights in two parts stay so. */
INK_API ink_status ink_voice_save(const ink_voice *v, const char *path, ink_err *err);
INK_API bool ink_voice_is(const ink_weights *w); /* whether the file holds a voice */
/* Its parts, from 0 on; false past the last. */
typedef struct ink_voice_part {
    const char *name;      /* in Hugging Face's words */
    size_t tensors;        /* 0: the file lacks it */
    uint64_t values;
} ink_voice_part;
INK_API bool ink_voice_part_at(const ink_voice *v, size_t i, ink_voice_part *out);
INK_API const char *ink_voice_speaker_name(const ink_voice *v, size_t id); /* NULL: it has none */
/* The number of a speaker, by name or written as a number; INK_E_ARGUMENT names those there are. */
INK_API ink_status ink_voice_speaker(const ink_voice *v, const char *name, int32_t *id, ink_err *err);

typedef struct ink_speaker ink_speaker; /* one caller at a time */

INK_API extern const char *const ink_voice_dtypes[]; /* NULL-terminated, as a person says them; the first unless said */
INK_API ink_type ink_voice_dtype(int i);             /* what the name at i means */

/* threads: 0 for the physical cores. type: INK_F32, or INK_BF16: the decoder rounds what it multiplies; durations are those of INK_F32
   (docs/voices.md says how far the sound is). Another type is INK_E_ARGUMENT. */
INK_API ink_status ink_speaker_open(const ink_voice *v, size_t threads, ink_type type, ink_speaker **out, ink_err *err);
INK_API void ink_speaker_close(ink_speaker *s); /* NULL is fine */

typedef struct ink_utterance {
    const int32_t *ids;
    size_t count;
    int32_t speaker;       /* 0 for one voice */
    double noise_scale, length_scale, noise_w;
    uint64_t seed, stream; /* noise is a function of both: sentences of one text count up the stream */
    const float *duration_noise, *noise; /* given instead of drawn, channel by channel: 2 × count, channels × frames; NULL: drawn */
    size_t duration_noise_count, noise_count;
} ink_utterance;

typedef struct ink_speech { /* owned by whoever declared it; start as { 0 } */
    float *durations;       /* [count] frames of each id, before they are rounded up */
    size_t count, frames;
    double first_seconds, seconds; /* until the first sound, and all */
} ink_speech;
INK_API void ink_speech_clear(ink_speech *s); /* frees */

typedef bool ink_on_sound(void *user, const float *samples, size_t n); /* false: stop */
INK_API ink_status ink_speak(ink_speaker *s, const ink_utterance *u, ink_on_sound *on, void *user, ink_speech *out, ink_err *err);

#endif
