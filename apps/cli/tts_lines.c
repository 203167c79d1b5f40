/* Lines of a file or of standard input, said as they come. */
#define _GNU_SOURCE
#include "tts.h"

#include <errno.h>
#include <ink/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct tts_reader {
    FILE *from;
    char *line;
    size_t room;
    ssize_t n;
    size_t count;
    char *whole; /* SSML that goes over several lines */
    size_t whole_size;
} tts_reader;

static ink_status tts_reader_open(const tts_work *w, tts_reader *r, ink_err *err)
{
    const bool file = w->o->file && strcmp(w->o->file, "-");
    *r = (tts_reader){ .from = file ? fopen(w->o->file, "r") : stdin };
    return r->from ? INK_OK : ink_fail(err, errno == ENOENT ? INK_E_NOT_FOUND : INK_E_IO, "%s: cannot be read: %s", w->o->file, strerror(errno));
}

static void tts_reader_close(tts_reader *r)
{
    if (r->from && r->from != stdin)
        fclose(r->from);
    free(r->line);
    free(r->whole);
}

/* The next line, without its end. */
static bool tts_reader_next(tts_reader *r)
{
    r->n = getline(&r->line, &r->room, r->from);
    if (r->n < 0)
        return false;
    r->count++;
    while (r->n && (r->line[r->n - 1] == '\n' || r->line[r->n - 1] == '\r'))
        r->n--;
    return true;
}

/* The rest of a text that began as SSML. */
static ink_status tts_reader_rest(tts_reader *r, ink_err *err)
{
    FILE *all = open_memstream(&r->whole, &r->whole_size);
    if (!all)
        return ink_fail(err, INK_E_MEMORY, "no memory for the text");
    do
        fwrite(r->line, 1, (size_t)r->n, all), fputc('\n', all);
    while (tts_reader_next(r));
    return fclose(all) ? ink_fail(err, INK_E_MEMORY, "no memory for the text") : INK_OK;
}

ink_status tts_lines(tts_work *w, ink_err *err)
{
    tts_reader r;
    INK_TRY(tts_reader_open(w, &r, err));
    ink_status status = INK_OK;
    while (status == INK_OK && !cli_stop_asked() && tts_reader_next(&r)) {
        const bool ssml = !w->said.sentences && ink_ssml_is(r.line, (size_t)r.n);
        if (ssml)
            status = tts_reader_rest(&r, err);
        if (status == INK_OK)
            status = tts_say(w, ssml ? r.whole : r.line, ssml ? r.whole_size : (size_t)r.n, err);
    }
    tts_reader_close(&r);
    return status;
}

/* ---- a sound for each ---- */

static ink_status tts_one(tts_work *w, const char *text, size_t n, const char *path, ink_err *err)
{
    ink_status status = tts_begin(w, path, err);
    if (status == INK_OK)
        status = tts_say(w, text, n, err);
    INK_TRY(tts_end(w, path, status, err));
    if (!w->o->json && strcmp(path, "-"))
        puts(path);
    return cli_flush(err);
}

/* {"text": …, "speaker": NAME or "speaker_id": N, "output_file": PATH} */
static ink_status tts_object(tts_work *w, const tts_reader *r, const ink_json *line, const char *otherwise, ink_err *err)
{
    char number[32];
    size_t n = 0;
    const char *text = ink_json_text(ink_json_get(line, "text"), &n);
    const ink_json *id = ink_json_get(line, "speaker_id");
    const char *speaker = ink_json_string(ink_json_get(line, "speaker"), w->o->speaker), *path = ink_json_string(ink_json_get(line, "output_file"), otherwise);
    if (!text || !path)
        return ink_fail(err, INK_E_ARGUMENT, "line %zu: its object has no %s", r->count, text ? "output_file, and there is no --output-dir" : "text");
    if (ink_json_kind(id) == INK_JSON_INTEGER) {
        snprintf(number, sizeof number, "%lld", (long long)ink_json_integer(id, 0));
        speaker = number;
    }
    INK_TRY(ink_voice_speaker(w->voice, speaker, &w->speaker_id, err));
    return tts_one(w, text, n, path, err);
}

static ink_status tts_line(tts_work *w, const tts_reader *r, ink_err *err)
{
    char path[4096], source[32];
    ink_json *object = NULL;
    const int n = w->o->folder ? snprintf(path, sizeof path, "%s/%zu.wav", w->o->folder, r->count) : 0;
    if (n < 0 || (size_t)n >= sizeof path)
        return ink_fail(err, INK_E_LIMIT, "the path %.60s… is too long", w->o->folder);
    const char *otherwise = w->o->folder ? path : w->o->raw ? "-" : w->o->out;
    if (!w->o->json_input)
        return tts_one(w, r->line, (size_t)r->n, otherwise, err);
    snprintf(source, sizeof source, "line %zu", r->count);
    INK_TRY(ink_json_parse(r->line, (size_t)r->n, source, &object, err));
    ink_status status = tts_object(w, r, object, otherwise, err);
    ink_json_free(object);
    return status;
}

static bool tts_blank(const tts_reader *r) { return strspn(r->line, " \t\r\n") >= (size_t)r->n; }

ink_status tts_each(tts_work *w, ink_err *err)
{
    tts_reader r;
    if (w->o->folder && mkdir(w->o->folder, 0777) && errno != EEXIST)
        return ink_fail(err, INK_E_IO, "%s: the folder cannot be made: %s", w->o->folder, strerror(errno));
    INK_TRY(tts_reader_open(w, &r, err));
    ink_status status = INK_OK;
    while (status == INK_OK && !cli_stop_asked() && tts_reader_next(&r))
        if (!tts_blank(&r))
            status = tts_line(w, &r, err);
    tts_reader_close(&r);
    return status;
}
