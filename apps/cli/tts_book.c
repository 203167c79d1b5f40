/* inkstone tts --book: a book read aloud into a folder. */
#include "tts.h"

#include <ink/audiobook.h>
#include <ink/store.h>
#include <stdlib.h>
#include <string.h>

typedef struct book_voice { /* that says quotations, where another does */
    char *path;
    ink_voice *voice;
    ink_speaker *speaker;
    ink_symbols *symbols;
    ink_phonemizer *phonemizer;
} book_voice;

typedef struct book_work {
    const tts_work *w;
    cli_progress progress;
} book_work;

static void book_close(book_voice *v)
{
    ink_phonemizer_close(v->phonemizer);
    ink_symbols_free(v->symbols);
    ink_speaker_close(v->speaker);
    ink_voice_close(v->voice);
    free(v->path);
}

static bool book_progress(void *user, size_t chapter, const char *title, uint64_t done, uint64_t total)
{
    book_work *b = user;
    char what[64];
    snprintf(what, sizeof what, "%zu %.40s", chapter + 1, title ? title : "");
    cli_progress_step(&b->progress, what, done, total);
    return !cli_stop_asked();
}

static void book_warn(void *user, const char *sentence)
{
    const book_work *b = user;
    if (!b->w->o->quiet)
        cli_note("%s", sentence);
}

/* A speaker of the narrator's own voice, or VOICE[:SPEAKER]. */
static ink_status book_quotes(const tts_work *w, const char *wanted, book_voice *own, ink_audiobook_voice *out, ink_err *err)
{
    ink_err none;
    char name[1024];
    *out = (ink_audiobook_voice){ .speaker = w->speaker, .phonemizer = w->phonemizer, .symbols = w->symbols, .how = tts_utterance(w, w->voice), .name = wanted,
                                  .rate = ink_voice_describe(w->voice)->rate };
    if (ink_voice_speaker(w->voice, wanted, &out->how.speaker, &none) == INK_OK)
        return INK_OK;
    const char *colon = strrchr(wanted, ':');
    snprintf(name, sizeof name, "%.*s", (int)(colon ? colon - wanted : (ptrdiff_t)strlen(wanted)), wanted);
    if (ink_store_resolve(wanted, &own->path, &none) != INK_OK)
        INK_TRY(ink_store_resolve(name, &own->path, err));
    else
        colon = NULL;
    INK_TRY(ink_voice_open(own->path, &own->voice, err));
    INK_TRY(ink_speaker_open(own->voice, (size_t)w->o->threads, ink_voice_dtype(w->o->type), &own->speaker, err));
    INK_TRY(tts_open_text(w, own->voice, own->path, &own->symbols, &own->phonemizer, err));
    *out = (ink_audiobook_voice){ .speaker = own->speaker, .phonemizer = own->phonemizer, .symbols = own->symbols, .how = tts_utterance(w, own->voice), .name = wanted,
                                  .rate = ink_voice_describe(own->voice)->rate };
    return ink_voice_speaker(own->voice, colon ? colon + 1 : "0", &out->how.speaker, err);
}

/* All that the sound depends on but the text. */
static void book_identity(const tts_work *w, char *out, size_t size)
{
    const tts_options *o = w->o;
    const ink_utterance u = tts_utterance(w, w->voice);
    const ink_weights *weights = ink_voice_weights(w->voice);
    snprintf(out, size, "%.900s %zu %s %s %.17g %.17g %.17g %lld %.17g %.17g %.17g %.900s %.900s %d %d %d %.900s", ink_weights_path(weights), ink_weights_bytes(weights), o->speaker, o->format,
             u.noise_scale, u.noise_w, u.length_scale, (long long)o->seed, o->sentence_silence, o->paragraph_silence, o->heading_silence, o->lexicon ? o->lexicon : "",
             o->quotes ? o->quotes : "", o->phonemizer, (int)ink_voice_dtype(o->type), o->notice, o->watermark ? o->watermark : "");
}

static const char *book_folder(const tts_options *o) { return o->folder ? o->folder : o->out; }

static void book_json(const tts_work *w, const ink_audiobook_report *r)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "folder", book_folder(w->o));
    ink_jot_integer(&j, "chapters", (int64_t)r->chapters);
    ink_jot_integer(&j, "made", (int64_t)r->made);
    ink_jot_number(&j, "seconds", r->seconds);
    ink_jot_number(&j, "computing_seconds", r->computing);
    cli_jot_finish(&j);
}

static ink_status book_make(const tts_work *w, const ink_book *book, book_voice *own, ink_err *err)
{
    char identity[4096];
    book_work b = { .w = w, .progress = { .unit = "bytes" } };
    ink_audiobook_report report;
    ink_audiobook_options o = { .suffix = w->o->format, .identity = identity, .sentence = w->o->sentence_silence, .paragraph = w->o->paragraph_silence,
                                .heading = w->o->heading_silence, .watermark = w->o->watermark, .tones = tts_notice_is(w->o, "morse"),
                                .notice = tts_notice_is(w->o, "voice") ? tts_notice_words(w) : NULL, .warn = book_warn, .progress = book_progress, .user = &b };
    o.narrator = (ink_audiobook_voice){ .speaker = w->speaker, .phonemizer = w->phonemizer, .symbols = w->symbols, .how = tts_utterance(w, w->voice), .name = w->o->model,
                                        .rate = ink_voice_describe(w->voice)->rate };
    book_identity(w, identity, sizeof identity);
    if (w->o->quotes)
        INK_TRY(book_quotes(w, w->o->quotes, own, &o.quotes, err));
    ink_status status = ink_audiobook_make(book, book_folder(w->o), &o, &report, err);
    cli_progress_end(&b.progress);
    if (status == INK_E_STOPPED)
        cli_note("%zu of %zu chapters are done; the same command goes on", report.chapters ? report.made : 0, report.chapters);
    INK_TRY(status);
    if (w->o->json)
        book_json(w, &report);
    else
        printf("%s: %zu chapters, %.0f minutes of sound, %zu of them made now in %.0f seconds\n", book_folder(w->o), report.chapters, report.seconds / 60, report.made, report.computing);
    return INK_OK;
}

ink_status tts_book(tts_work *w, ink_err *err)
{
    ink_book book;
    book_voice own = { 0 };
    INK_TRY(ink_book_read(w->o->book, &book, err));
    ink_status status = book_make(w, &book, &own, err);
    book_close(&own);
    ink_book_clear(&book);
    return status;
}
