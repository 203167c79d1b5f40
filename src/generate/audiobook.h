/* Between the files of audiobooks: audiobook.c (what is done), audiobook_say.c (one chapter), audiobook_page.c (the contents). */
#ifndef INK_GENERATE_AUDIOBOOK_H
#define INK_GENERATE_AUDIOBOOK_H

#include "base/json.h"
#include "base/sha256.h"

#include <ink/audiobook.h>

typedef struct audiobook_chapter {
    char name[40], hash[INK_SHA256_HEX];
    uint64_t samples, sentences;
    bool known; /* it is done */
} audiobook_chapter;

typedef struct audiobook {
    const ink_book *book;
    const char *folder;
    const ink_audiobook_options *o;
    ink_audiobook_report *report;
    audiobook_chapter *chapters;
    ink_json *old;    /* the record of earlier runs; NULL: none */
    uint64_t spoken;  /* bytes of the book that are done */
    int lock;
} audiobook;

ink_status audiobook_say(audiobook *a, size_t chapter, ink_err *err);
ink_status audiobook_contents(const audiobook *a, ink_err *err); /* index.html and book.m3u8 */

#endif
