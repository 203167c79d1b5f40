/* ink/say.h: a text said aloud: made into phonemes, cut into sentences, each spoken by itself with a silence after it. The first
   sentence is heard before the last is computed. */
#ifndef INK_SAY_H
#define INK_SAY_H

#include <ink/phonemes.h>
#include <ink/voice.h>

typedef struct ink_say_options {
    const ink_phonemizer *phonemizer; /* of the voice's symbols */
    const ink_symbols *symbols;
    ink_utterance how;                /* scales, speaker, seed; its ids are not looked at, and its stream counts up */
    double sentence, paragraph;       /* seconds of silence after each, but for the last */
    void (*warn)(void *user, const char *sentence); /* or NULL */
    void *user;
} ink_say_options;

typedef struct ink_said { /* owned by whoever declared it; start as { 0 } */
    ink_ids ids;          /* of all sentences */
    float *durations;     /* [ids.count], as in ink_speech */
    size_t sentences, samples;
    double seconds;       /* of computing */
} ink_said;
INK_API void ink_said_clear(ink_said *s); /* frees */

INK_API ink_status ink_say(ink_speaker *s, const char *text, size_t n, const ink_say_options *o, ink_on_sound *on, void *user, ink_said *out, ink_err *err);

#endif
