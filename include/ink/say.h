/* ink/say.h: a text said aloud: made into phonemes, cut into sentences, each spoken by itself with a silence after it. The first
   sentence is heard before the last is computed. A sayer takes texts one after the other; ink_say is one that takes one. */
#ifndef INK_SAY_H
#define INK_SAY_H

#include <ink/arena.h>
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

typedef struct ink_said_part { /* a word or a sentence */
    const char *text;      /* as it stands in the source, but for tags; NUL-terminated */
    size_t at, size;       /* bytes of all text that was given */
    size_t first, samples; /* when it is heard, and how long */
} ink_said_part;

typedef struct ink_said { /* owned by whoever declared it; start as { 0 } */
    ink_ids ids;          /* of all sentences */
    float *durations;     /* [ids.count], as in ink_speech */
    ink_said_part *sentence_list, *words; /* in order */
    size_t sentences, word_count, samples;
    double seconds;       /* of computing */
    ink_arena *memory;    /* of texts */
    size_t sentence_room, word_room;
} ink_said;
INK_API void ink_said_clear(ink_said *s); /* frees */

typedef struct ink_sayer ink_sayer; /* one caller at a time */

/* What it is given is borrowed until it is closed; `out` must be { 0 } and is filled as it goes. */
INK_API ink_status ink_sayer_open(ink_speaker *s, const ink_say_options *o, ink_on_sound *on, void *user, ink_said *out, ink_sayer **sayer, ink_err *err);
INK_API void ink_sayer_close(ink_sayer *y); /* NULL is fine */
/* Lines are paragraphs. A text of no words says nothing. */
INK_API ink_status ink_sayer_say(ink_sayer *y, const char *text, size_t n, ink_err *err);
/* A part of a paragraph that goes on: its end is a sentence's only where a mark says so. */
INK_API ink_status ink_sayer_more(ink_sayer *y, const char *text, size_t n, ink_err *err);
/* From now on another voice says it, of the same rate. */
INK_API void ink_sayer_turn(ink_sayer *y, ink_speaker *s, const ink_say_options *o);
INK_API void ink_sayer_pause(ink_sayer *y, double seconds);  /* before what is said next: at least so long */
INK_API void ink_sayer_speaker(ink_sayer *y, int32_t speaker); /* who says what is said next */
INK_API void ink_sayer_slower(ink_sayer *y, double factor);  /* how much longer that takes than the options say; 1: as long */

INK_API ink_status ink_say(ink_speaker *s, const char *text, size_t n, const ink_say_options *o, ink_on_sound *on, void *user, ink_said *out, ink_err *err);

/* A subset of SSML 1.1: p s break say-as sub phoneme lang voice prosody(rate) mark. What it does not know is named in a warning and its
   text is said. `ink_ssml_is`: whether a text begins as one. */
INK_API bool ink_ssml_is(const char *text, size_t n);
INK_API ink_status ink_sayer_ssml(ink_sayer *y, const char *text, size_t n, ink_err *err);

/* Sentences or words as subtitles (SubRip); neighbours that stand for the same bytes, as the words of a number do, are one.
   `rate`: samples a second. malloc'd, NUL-terminated, the caller's to free. */
INK_API ink_status ink_said_srt(const ink_said_part *parts, size_t count, size_t rate, char **out, ink_err *err);

#endif
