/* The inside of ink/phonemes.h: one text on its way to phonemes. */
#ifndef INK_TEXT_PHONEMES_H
#define INK_TEXT_PHONEMES_H

#include "base/buf.h"
#include "text/g2p.h"
#include "text/normalise_spoken.h"

#include <ink/arena.h>
#include <ink/phonemes.h>

typedef enum ink_style { INK_STYLE_IPA, INK_STYLE_PINYIN, INK_STYLE_BOPOMOFO, INK_STYLE_BOPOMOFO_IPA, INK_STYLE_TEXT, INK_STYLES } ink_style;
extern const char *const ink_style_names[INK_STYLES];

typedef struct ink_own_lexicon ink_own_lexicon; /* a person's words (phonemes_lexicon.c) */
ink_status ink_own_lexicon_open(const char *path, ink_own_lexicon **out, ink_err *err);
void ink_own_lexicon_close(ink_own_lexicon *l); /* NULL is fine */
const char *ink_own_lexicon_find(const ink_own_lexicon *l, const char *word, size_t n); /* lower case; NULL when absent, or l is NULL */
size_t ink_own_lexicon_longest(const ink_own_lexicon *l); /* bytes of the longest word; 0 when l is NULL */

struct ink_phonemizer {
    char lang[16];
    ink_style style;
    bool sandhi, raw;
    ink_normaliser *english, *chinese;
    ink_own_lexicon *own;
    void *espeak; /* NULL: our own front end */
};

typedef struct ink_uttering { /* one call of ink_phonemize */
    const ink_phonemizer *p;
    const char *source;
    ink_phonemes *out;
    size_t room, warning_room;
    bool failed;           /* memory was refused */
    bool blank;            /* a blank stands before the next word */
    ptrdiff_t held;        /* the word whose form depends on the next one, or -1 */
    ink_phones held_phones;
    bool chinese, japanese; /* the language of the stretch */
    bool neighbour;        /* a word stands before it in its clause */
    struct ink_guessed *guessed; /* words that were guessed in this text */
    size_t at, size;       /* of the source: where the words come from that are added now */
} ink_uttering;

/* Appends a word; its text and phonemes are copied. NULL when memory is refused. phonemes NULL: the caller fills them in. */
ink_word *ink_utter(ink_uttering *u, const char *text, size_t n, const char *phonemes, size_t m);
void ink_utter_mark(ink_uttering *u, char mark);
void ink_utter_warn(ink_uttering *u, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *ink_utter_copy(ink_uttering *u, const char *text, size_t n); /* into the words' memory */

/* The languages: a run of letters of their own, clean UTF-8. `place` tells where in the source a byte of the run comes from. */
typedef struct ink_place {
    const ink_spoken *spoken;
    size_t part;
    ink_clean_walk walk;
    size_t base;          /* of the stretch in the source */
    size_t whole, end;    /* of the part, where it is no copy */
    bool known;           /* these two are */
} ink_place;
void ink_place_set(ink_place *p, ink_uttering *u, size_t from, size_t to); /* bytes of the spoken text; they never go back */

void ink_utter_latin(ink_uttering *u, const char *word, size_t n);   /* one word, with its apostrophes */
void ink_utter_release(ink_uttering *u, int next_phone);             /* the word that was held gets its form; -1: no word follows */
void ink_utter_han(ink_uttering *u, const char *run, size_t n, ink_place *place, size_t from);
void ink_utter_kana(ink_uttering *u, const char *run, size_t n);

void *ink_espeak_open(const char *voice, ink_err *err); /* NULL, and a sentence */
ink_status ink_espeak_speak(ink_uttering *u, const char *text, size_t n, ink_place *place, ink_err *err);

#endif
