/* ink/audiobook.h: a book read aloud into a folder: a file of sound and one of subtitles for each chapter, a page of contents, and a
   record of what is done. A chapter appears whole or not at all; what is done and has not changed is not done again, so that a run
   which ended at any instant is gone on with by running it again. */
#ifndef INK_AUDIOBOOK_H
#define INK_AUDIOBOOK_H

#include <ink/book.h>
#include <ink/say.h>

typedef struct ink_audiobook_voice {
    ink_speaker *speaker;             /* NULL: the narrator says this too */
    const ink_phonemizer *phonemizer;
    const ink_symbols *symbols;
    ink_utterance how;
    size_t rate;                      /* the same for both */
    const char *name, *licence;       /* for the page of contents; licence may be NULL */
} ink_audiobook_voice;

typedef struct ink_audiobook_options {
    ink_audiobook_voice narrator, quotes; /* quotes: what stands between quotation marks */
    const char *suffix;                   /* of the sound: "flac", "wav", "ogg", "opus", "mp3" */
    const char *identity;                 /* what else the sound depends on, as a text: a change makes all chapters anew */
    double sentence, paragraph, heading;  /* seconds of silence */
    const char *notice;                   /* said at each chapter's beginning; NULL: nothing */
    bool tones;                           /* each chapter begins with ink_sound_notice */
    const char *watermark;                /* as in ink_sound_about */
    void (*warn)(void *user, const char *sentence);
    bool (*progress)(void *user, size_t chapter, const char *title, uint64_t done, uint64_t total); /* bytes of text; false stops */
    void *user;
} ink_audiobook_options;

typedef struct ink_audiobook_report {
    size_t chapters, made;     /* made: in this run */
    double seconds, computing; /* of sound, all chapters; of this run */
} ink_audiobook_report;

/* INK_E_STOPPED when progress said so. Two programs cannot write one folder: the second gets a sentence. */
INK_API ink_status ink_audiobook_make(const ink_book *b, const char *folder, const ink_audiobook_options *o, ink_audiobook_report *report, ink_err *err);

#endif
