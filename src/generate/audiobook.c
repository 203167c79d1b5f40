/* A book, chapter by chapter. What is done is kept in book.json, by the hash of a chapter's text and of all that its sound depends on. */
#define _GNU_SOURCE
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/text.h"
#include "generate/audiobook.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ink/sound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { AUDIOBOOK_RECORD = 64 << 20, AUDIOBOOK_NAME = 40 };

/* ---- the folder ---- */

static ink_status audiobook_lock(audiobook *a, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_make(a->folder, err));
    INK_TRY(ink_path_format(&path, err, "%s/.lock", a->folder));
    a->lock = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (a->lock < 0)
        return ink_fail(err, INK_E_IO, "%s: cannot be made: %s", path.text, strerror(errno));
    return flock(a->lock, LOCK_EX | LOCK_NB) ? ink_fail(err, INK_E_IO, "%s: another program is writing this book", a->folder) : INK_OK;
}

/* What a run that was ended left half written. */
static void audiobook_sweep(const audiobook *a)
{
    DIR *dir = opendir(a->folder);
    ink_path path;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (ink_ends(e->d_name, ".tmp") && ink_path_format(&path, NULL, "%s/%s", a->folder, e->d_name) == INK_OK)
            unlink(path.text);
    if (dir)
        closedir(dir);
}

/* "003-chapter-iii": a number, and letters of the title that fit every file system. */
static void audiobook_name(const ink_book_chapter *c, size_t number, char out[AUDIOBOOK_NAME])
{
    size_t n = (size_t)snprintf(out, AUDIOBOOK_NAME, "%03zu", number + 1);
    bool dash = true;
    for (const char *at = c->title ? c->title : ""; *at && n < AUDIOBOOK_NAME - 2; at++) {
        const unsigned char ch = (unsigned char)*at;
        if (ch < 0x80 && isalnum(ch)) {
            if (dash)
                out[n++] = '-';
            out[n++] = (char)tolower(ch);
        }
        dash = ch >= 0x80 ? dash : !isalnum(ch);
    }
    out[n] = 0;
}

static void audiobook_hash(const audiobook *a, const ink_book_chapter *c, char out[INK_SHA256_HEX])
{
    ink_sha256 s;
    ink_sha256_init(&s);
    ink_sha256_add(&s, a->o->identity, strlen(a->o->identity) + 1);
    for (size_t i = 0; i < c->count; i++) {
        ink_sha256_add(&s, c->paragraphs[i].heading ? "#" : " ", 1);
        ink_sha256_add(&s, c->paragraphs[i].text, c->paragraphs[i].size + 1);
    }
    ink_sha256_hex(&s, out);
}

/* ---- the record ---- */

static ink_status audiobook_read_record(audiobook *a, ink_err *err)
{
    ink_path path;
    ink_json *old = NULL;
    INK_TRY(ink_path_format(&path, err, "%s/book.json", a->folder));
    if (ink_file_kind(path.text) == 'f')
        INK_TRY(ink_json_read(path.text, AUDIOBOOK_RECORD, &old, err));
    a->old = old;
    return INK_OK;
}

/* What the record says of a chapter that is done: the same text in the same voice, and its files are there. */
static const ink_json *audiobook_done(const audiobook *a, const char *name, const char *hash)
{
    ink_path sound, subtitles;
    const ink_json *chapters = ink_json_get(a->old, "chapters");
    for (size_t i = 0; i < ink_json_size(chapters); i++) {
        const ink_json *c = ink_json_at(chapters, i);
        if (strcmp(ink_json_string(ink_json_get(c, "hash"), ""), hash) || strcmp(ink_json_string(ink_json_get(c, "name"), ""), name) || ink_json_integer(ink_json_get(c, "samples"), -1) < 0)
            continue;
        const bool there = ink_path_format(&sound, NULL, "%s/%s.%s", a->folder, name, a->o->suffix) == INK_OK && ink_path_format(&subtitles, NULL, "%s/%s.srt", a->folder, name) == INK_OK &&
                           ink_file_kind(sound.text) == 'f' && ink_file_kind(subtitles.text) == 'f';
        return there ? c : NULL;
    }
    return NULL;
}

static ink_status audiobook_write_record(audiobook *a, ink_err *err)
{
    ink_path path;
    ink_json *root = ink_json_new_object(), *chapters = ink_json_new_array();
    for (size_t i = 0; i < a->book->count; i++) {
        const audiobook_chapter *c = &a->chapters[i];
        if (!c->known)
            continue;
        ink_json *row = ink_json_new_object();
        ink_json_set(row, "name", ink_json_new_text(c->name, strlen(c->name)));
        ink_json_set(row, "hash", ink_json_new_text(c->hash, strlen(c->hash)));
        ink_json_set(row, "samples", ink_json_new_integer((int64_t)c->samples));
        ink_json_set(row, "sentences", ink_json_new_integer((int64_t)c->sentences));
        ink_json_append(chapters, row);
    }
    ink_json_set(root, "generated", ink_json_new_text("computed by inkstone, spoken by no person", 41));
    ink_json_set(root, "sample_rate", ink_json_new_integer((int64_t)a->o->narrator.rate));
    ink_json_set(root, "chapters", chapters);
    ink_status status = ink_path_format(&path, err, "%s/book.json", a->folder);
    if (status == INK_OK)
        status = ink_json_write(path.text, root, err);
    ink_json_free(root);
    return status;
}

/* ---- all chapters ---- */

static ink_status audiobook_chapter_at(audiobook *a, size_t i, ink_err *err)
{
    audiobook_chapter *c = &a->chapters[i];
    const ink_json *done = audiobook_done(a, c->name, c->hash);
    if (done) {
        c->samples = (uint64_t)ink_json_integer(ink_json_get(done, "samples"), 0);
        c->sentences = (uint64_t)ink_json_integer(ink_json_get(done, "sentences"), 0);
    } else {
        INK_TRY(audiobook_say(a, i, err));
        a->report->made++;
    }
    c->known = true;
    a->spoken += a->book->chapters[i].bytes;
    a->report->seconds += (double)c->samples / (double)a->o->narrator.rate;
    return done ? INK_OK : audiobook_write_record(a, err);
}

static ink_status audiobook_all(audiobook *a, ink_err *err)
{
    INK_TRY(audiobook_lock(a, err));
    audiobook_sweep(a);
    INK_TRY(audiobook_read_record(a, err));
    a->chapters = calloc(a->book->count, sizeof *a->chapters);
    if (!a->chapters)
        return ink_fail(err, INK_E_MEMORY, "no memory for a book of %zu chapters", a->book->count);
    for (size_t i = 0; i < a->book->count; i++) {
        audiobook_name(&a->book->chapters[i], i, a->chapters[i].name);
        audiobook_hash(a, &a->book->chapters[i], a->chapters[i].hash);
    }
    for (size_t i = 0; i < a->book->count; i++)
        INK_TRY(audiobook_chapter_at(a, i, err));
    INK_TRY(audiobook_write_record(a, err));
    return audiobook_contents(a, err);
}

ink_status ink_audiobook_make(const ink_book *b, const char *folder, const ink_audiobook_options *o, ink_audiobook_report *report, ink_err *err)
{
    const double began = ink_clock_seconds();
    *report = (ink_audiobook_report){ .chapters = b->count };
    audiobook a = { .book = b, .folder = folder, .o = o, .report = report, .lock = -1 };
    if (o->quotes.speaker && o->quotes.rate != o->narrator.rate)
        return ink_fail(err, INK_E_ARGUMENT, "the voice of quotations has %zu samples a second, the narrator %zu; both must be the same", o->quotes.rate, o->narrator.rate);
    ink_status status = audiobook_all(&a, err);
    report->computing = ink_clock_seconds() - began;
    ink_json_free(a.old);
    free(a.chapters);
    if (a.lock >= 0)
        close(a.lock);
    return status;
}
