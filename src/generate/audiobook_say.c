/* One chapter into its sound and its subtitles: paragraphs, and inside of them what the narrator and what others say. */
#include "base/path.h"
#include "generate/audiobook.h"

#include <ink/file.h>
#include <ink/sound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chapter_saying {
    audiobook *a;
    size_t chapter;
    ink_sound *sound;
    ink_sayer *sayer;
    ink_said said;
    ink_err *err;
    ink_status written;
    uint64_t done;     /* bytes of the chapter */
    bool quotes;       /* whose turn it is */
} chapter_saying;

static bool chapter_sound(void *user, const float *samples, size_t n)
{
    chapter_saying *s = user;
    const ink_audiobook_options *o = s->a->o;
    s->written = ink_sound_add(s->sound, samples, n, s->err);
    return s->written == INK_OK && (!o->progress || o->progress(o->user, s->chapter, s->a->book->chapters[s->chapter].title, s->a->spoken + s->done, s->a->book->bytes));
}

/* Sound that no sentence makes: times count from it on. */
static bool chapter_tones(void *user, const float *samples, size_t n)
{
    chapter_saying *s = user;
    s->said.samples += n;
    return chapter_sound(s, samples, n);
}

static ink_say_options chapter_options(const chapter_saying *s, const ink_audiobook_voice *v)
{
    const ink_audiobook_options *o = s->a->o;
    ink_say_options say = { .phonemizer = v->phonemizer, .symbols = v->symbols, .how = v->how, .sentence = o->sentence, .paragraph = o->paragraph, .warn = o->warn, .user = o->user };
    say.how.stream += (uint64_t)s->chapter << 24; /* a chapter sounds the same whichever were said before it */
    return say;
}

/* ---- quotations ---- */

static const char *const chapter_marks[][2] = { { "“", "”" }, { "\"", "\"" }, { "「", "」" }, { "『", "』" }, { "«", "»" }, { "„", "“" } };
enum { CHAPTER_MARKS = sizeof chapter_marks / sizeof *chapter_marks };

/* How many bytes belong together, from the beginning on: a quotation with its marks (one that is not closed goes to the end), or what
   stands before the next. */
static size_t chapter_stretch(const char *text, bool *quoted)
{
    for (size_t i = 0; i < CHAPTER_MARKS; i++) {
        const size_t n = strlen(chapter_marks[i][0]);
        if (strncmp(text, chapter_marks[i][0], n))
            continue;
        const char *end = strstr(text + n, chapter_marks[i][1]);
        *quoted = true;
        return end ? (size_t)(end - text) + strlen(chapter_marks[i][1]) : strlen(text);
    }
    *quoted = false;
    const char *first = NULL;
    for (size_t i = 0; i < CHAPTER_MARKS; i++) {
        const char *here = strstr(text, chapter_marks[i][0]);
        first = here && (!first || here < first) ? here : first;
    }
    return first ? (size_t)(first - text) : strlen(text);
}

static void chapter_turn(chapter_saying *s, bool quotes)
{
    const ink_audiobook_voice *v = quotes ? &s->a->o->quotes : &s->a->o->narrator;
    const ink_say_options say = chapter_options(s, v);
    if (quotes != s->quotes)
        ink_sayer_turn(s->sayer, v->speaker, &say);
    s->quotes = quotes;
}

static ink_status chapter_paragraph(chapter_saying *s, const ink_book_paragraph *p, ink_err *err)
{
    const ink_audiobook_options *o = s->a->o;
    for (size_t at = 0, n; at < p->size; at += n) {
        bool quoted = false;
        n = o->quotes.speaker && !p->heading ? chapter_stretch(p->text + at, &quoted) : p->size;
        chapter_turn(s, quoted);
        INK_TRY(ink_sayer_more(s->sayer, p->text + at, n, err));
    }
    ink_sayer_pause(s->sayer, p->heading ? o->heading : o->paragraph);
    s->done += p->size;
    return INK_OK;
}

/* ---- the chapter ---- */

/* That it was generated: each chapter may be heard alone. */
static ink_status chapter_notice(chapter_saying *s, ink_err *err)
{
    const ink_audiobook_options *o = s->a->o;
    if (o->tones && !ink_sound_notice(o->narrator.rate, chapter_tones, s))
        return s->written != INK_OK ? s->written : ink_fail(err, INK_E_STOPPED, "stopped before chapter %zu", s->chapter + 1);
    if (!o->notice)
        return INK_OK;
    INK_TRY(ink_sayer_say(s->sayer, o->notice, strlen(o->notice), err));
    ink_sayer_pause(s->sayer, o->heading);
    return INK_OK;
}

static ink_status chapter_sentences(chapter_saying *s, ink_err *err)
{
    const ink_book_chapter *c = &s->a->book->chapters[s->chapter];
    const ink_say_options say = chapter_options(s, &s->a->o->narrator);
    INK_TRY(ink_sayer_open(s->a->o->narrator.speaker, &say, chapter_sound, s, &s->said, &s->sayer, err));
    ink_status status = chapter_notice(s, err);
    for (size_t i = 0; i < c->count && status == INK_OK; i++)
        status = chapter_paragraph(s, &c->paragraphs[i], err);
    ink_sayer_close(s->sayer);
    return s->written != INK_OK ? s->written : status;
}

static ink_status chapter_subtitles(const chapter_saying *s, const char *name, ink_err *err)
{
    ink_path path;
    char *text;
    INK_TRY(ink_path_format(&path, err, "%s/%s.srt", s->a->folder, name));
    INK_TRY(ink_said_srt(s->said.sentence_list, s->said.sentences, s->a->o->narrator.rate, &text, err));
    ink_status status = ink_file_write(path.text, text, strlen(text), err);
    free(text);
    return status;
}

static ink_status chapter_write(chapter_saying *s, ink_err *err)
{
    audiobook_chapter *c = &s->a->chapters[s->chapter];
    const ink_sound_about about = { .title = s->a->book->chapters[s->chapter].title, .licence = s->a->o->narrator.licence, .comment = INK_SOUND_GENERATED,
                                    .watermark = s->a->o->watermark };
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/%s.%s", s->a->folder, c->name, s->a->o->suffix));
    INK_TRY(ink_sound_create(path.text, s->a->o->narrator.rate, &about, &s->sound, err));
    ink_status status = chapter_sentences(s, err);
    if (status == INK_OK)
        status = chapter_subtitles(s, c->name, err);
    if (status != INK_OK) {
        ink_sound_drop(s->sound);
        return status;
    }
    c->samples = s->said.samples;
    c->sentences = s->said.sentences;
    return ink_sound_finish(s->sound, err);
}

ink_status audiobook_say(audiobook *a, size_t chapter, ink_err *err)
{
    chapter_saying s = { .a = a, .chapter = chapter, .err = err };
    ink_status status = chapter_write(&s, err);
    ink_said_clear(&s.said);
    return status;
}
