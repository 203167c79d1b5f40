/* The growing list of words and warnings of one utterance. */
#include "text/phonemes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UTTER_WARNINGS = 64 };

void ink_phonemes_clear(ink_phonemes *p)
{
    free(p->words);
    free(p->warnings);
    ink_arena_free(p->memory);
    *p = (ink_phonemes){ 0 };
}

char *ink_utter_copy(ink_uttering *u, const char *text, size_t n)
{
    char *copy = ink_arena_text(u->out->memory, text, n);
    u->failed = u->failed || !copy;
    return copy;
}

static ink_word *utter_room(ink_uttering *u)
{
    if (u->out->count == u->room) {
        const size_t room = u->room ? 2 * u->room : 32;
        void *more = realloc(u->out->words, room * sizeof *u->out->words);
        u->failed = u->failed || !more;
        if (!more)
            return NULL;
        u->out->words = more;
        u->room = room;
    }
    return &u->out->words[u->out->count];
}

ink_word *ink_utter(ink_uttering *u, const char *text, size_t n, const char *phonemes, size_t m)
{
    ink_word *w = u->failed ? NULL : utter_room(u);
    if (!w)
        return NULL;
    *w = (ink_word){ .at = u->at, .size = u->size, .text = ink_utter_copy(u, text, n), .blank = u->blank && u->out->count };
    w->phonemes = phonemes ? ink_utter_copy(u, phonemes, m) : "";
    if (u->failed)
        return NULL;
    u->out->count++;
    u->blank = false;
    return w;
}

void ink_utter_mark(ink_uttering *u, char mark)
{
    ink_utter_release(u, -1);
    u->neighbour = false;
    u->blank = false;
    ink_word *last = u->out->count ? &u->out->words[u->out->count - 1] : NULL;
    if (last && last->mark && last->phonemes[0] == mark) /* "..." is one */
        return;
    ink_word *w = ink_utter(u, &mark, 1, &mark, 1);
    if (w)
        w->mark = true;
    u->blank = true;
}

static bool utter_warned(const ink_uttering *u, const char *text)
{
    for (size_t i = 0; i < u->out->warning_count; i++)
        if (!strcmp(u->out->warnings[i], text))
            return true;
    return false;
}

void ink_utter_warn(ink_uttering *u, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (u->failed || utter_warned(u, text))
        return;
    if (!u->out->warnings)
        u->out->warnings = calloc(UTTER_WARNINGS, sizeof *u->out->warnings);
    if (u->out->warning_count == UTTER_WARNINGS) {
        u->out->warnings_left++;
        return;
    }
    const char *copy = u->out->warnings ? ink_utter_copy(u, text, strlen(text)) : NULL;
    u->failed = u->failed || !copy;
    if (copy)
        u->out->warnings[u->out->warning_count++] = copy;
}

ink_status ink_phonemes_text(const ink_phonemes *p, char **out, ink_err *err)
{
    ink_buf b;
    ink_buf_init(&b, 0);
    ink_buf_add(&b, "", 0);
    for (size_t i = 0; i < p->count; i++) {
        if (p->words[i].blank)
            ink_buf_char(&b, ' ');
        ink_buf_text(&b, p->words[i].phonemes);
    }
    ink_status status = ink_buf_check(&b, "a row of phonemes", err);
    if (status)
        ink_buf_clear(&b);
    *out = b.data;
    return status;
}
