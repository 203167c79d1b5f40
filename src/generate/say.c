/* A text, sentence by sentence. Lines are paragraphs; a sentence ends with its mark, and a very long one where a breath would. */
#include "generate/speaker.h"

#include <ink/say.h>
#include <stdlib.h>
#include <string.h>

enum { SAY_BREATH = 40, SAY_LONGEST = 80, SAY_QUIET = 1024 }; /* words after which a comma ends, and after which anything does; samples */

typedef struct say {
    ink_speaker *s;
    const ink_say_options *o;
    ink_on_sound *on;
    void *user;
    ink_said *out;
    double owed; /* seconds of silence before the next sentence */
} say;

static bool say_sound(void *user, const float *samples, size_t n)
{
    say *y = user;
    y->out->samples += n;
    return y->on(y->user, samples, n);
}

static ink_status say_silence(say *y, ink_err *err)
{
    static const float quiet[SAY_QUIET];
    size_t left = (size_t)(y->owed * (double)y->s->voice->info.rate);
    for (size_t n; left; left -= n) {
        n = left < SAY_QUIET ? left : SAY_QUIET;
        if (!say_sound(y, quiet, n))
            return ink_fail(err, INK_E_STOPPED, "stopped before sentence %zu", y->out->sentences + 1);
    }
    y->owed = 0;
    return INK_OK;
}

/* What was spoken is added to what is reported. */
static ink_status say_note(say *y, const ink_ids *ids, const ink_speech *speech, ink_err *err)
{
    ink_said *out = y->out;
    float *durations = realloc(out->durations, (out->ids.count + ids->count) * sizeof *durations);
    if (!durations)
        return ink_fail(err, INK_E_MEMORY, "no memory for the durations of %zu ids", out->ids.count + ids->count);
    out->durations = durations;
    memcpy(durations + out->ids.count, speech->durations, ids->count * sizeof *durations);
    for (size_t i = 0; i < ids->count; i++)
        INK_TRY(ink_ids_add(&out->ids, ids->at[i], err));
    out->sentences++;
    out->seconds += speech->seconds;
    return INK_OK;
}

static ink_status say_ids(say *y, const ink_ids *ids, ink_err *err)
{
    ink_utterance u = y->o->how;
    ink_speech speech = { 0 };
    INK_TRY(say_silence(y, err));
    u.ids = ids->at;
    u.count = ids->count;
    u.stream += y->out->sentences;
    ink_status status = ink_speak(y->s, &u, say_sound, y, &speech, err);
    if (status == INK_OK)
        status = say_note(y, ids, &speech, err);
    ink_speech_clear(&speech);
    y->owed = y->o->sentence;
    return status;
}

static bool say_is(const ink_word *w, const char *marks) { return w->mark && w->phonemes[0] && strchr(marks, w->phonemes[0]); }

/* How many words the sentence has that begins with the first of them. */
static size_t say_sentence(const ink_word *words, size_t count)
{
    size_t n = 0;
    while (n < count && n < SAY_LONGEST) {
        const ink_word *w = &words[n++];
        const bool more = n < count && words[n].mark; /* "?!" is one end */
        if (!more && (say_is(w, ".!?") || (n > SAY_BREATH && w->mark)))
            break;
    }
    return n;
}

static bool say_any(const ink_word *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!words[i].mark)
            return true;
    return false;
}

static ink_status say_words(say *y, ink_phonemes *all, ink_err *err)
{
    for (size_t at = 0, n; at < all->count; at += n) {
        ink_phonemes part = *all; /* some of its words; what it warns of is its whole's */
        ink_ids ids = { 0 };
        n = part.count = say_sentence(all->words + at, all->count - at);
        part.words += at;
        if (!say_any(part.words, n))
            continue;
        ink_status status = ink_symbols_ids(y->o->symbols, &part, &ids, NULL, err);
        all->warnings = part.warnings;
        all->warning_count = part.warning_count;
        all->warnings_left = part.warnings_left;
        if (status == INK_OK)
            status = say_ids(y, &ids, err);
        ink_ids_clear(&ids);
        INK_TRY(status);
    }
    return INK_OK;
}

static ink_status say_line(say *y, const char *line, size_t n, ink_err *err)
{
    ink_phonemes p = { 0 };
    const size_t before = y->out->sentences;
    ink_status status = ink_phonemize(y->o->phonemizer, line, n, &p, err);
    if (status == INK_OK)
        status = say_words(y, &p, err);
    for (size_t i = 0; i < p.warning_count && y->o->warn; i++)
        y->o->warn(y->o->user, p.warnings[i]);
    ink_phonemes_clear(&p);
    if (y->out->sentences > before)
        y->owed = y->o->paragraph;
    return status;
}

ink_status ink_say(ink_speaker *s, const char *text, size_t n, const ink_say_options *o, ink_on_sound *on, void *user, ink_said *out, ink_err *err)
{
    say y = { .s = s, .o = o, .on = on, .user = user, .out = out };
    ink_said_clear(out);
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        const size_t size = end ? (size_t)(end - text) - at : n - at;
        INK_TRY(say_line(&y, text + at, size, err));
        at += size + 1;
    }
    return out->sentences ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "there is nothing to say: the text has no words");
}

void ink_said_clear(ink_said *s)
{
    ink_ids_clear(&s->ids);
    free(s->durations);
    *s = (ink_said){ 0 };
}
