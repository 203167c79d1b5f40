/* A text, sentence by sentence. Lines are paragraphs; a sentence ends with its mark, and a very long one where a breath would. */
#include "generate/say.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAY_BREATH = 40, SAY_LONGEST = 80, SAY_QUIET = 1024 }; /* words after which a comma ends, and after which anything does; samples */

static bool say_sound(void *user, const float *samples, size_t n)
{
    ink_sayer *y = user;
    y->out->samples += n;
    return y->on(y->user, samples, n);
}

static ink_status say_silence(ink_sayer *y, ink_err *err)
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

void ink_sayer_warn(ink_sayer *y, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (y->o.warn)
        y->o.warn(y->o.user, text);
}

/* ---- what is reported ---- */

static ink_status say_room(ink_said_part **list, size_t count, size_t *room, ink_err *err)
{
    if (count < *room)
        return INK_OK;
    const size_t more = *room ? 2 * *room : 64;
    ink_said_part *grown = realloc(*list, more * sizeof *grown);
    if (!grown)
        return ink_fail(err, INK_E_MEMORY, "no memory for the times of %zu words", more);
    *list = grown;
    *room = more;
    return INK_OK;
}

/* Takes the marks out of a text that people will read: [[phonemes]] and tags of languages. */
static void say_unmark(char *text)
{
    static const char *const marks[] = { "[[", "]]", "[ZH]", "[EN]", "[JA]" };
    char *to = text;
    while (*text) {
        size_t n = 0;
        for (size_t i = 0; i < sizeof marks / sizeof *marks && !n; i++)
            n = strncmp(text, marks[i], strlen(marks[i])) ? 0 : strlen(marks[i]);
        text += n;
        if (!n)
            *to++ = *text++;
    }
    *to = 0;
}

/* Bytes [at, end) of the line. */
static ink_status say_part(const ink_sayer *y, const char *line, size_t at, size_t end, size_t first, size_t samples, ink_said_part *out, ink_err *err)
{
    char *text = ink_arena_text(y->out->memory, line + at, end - at);
    if (text)
        say_unmark(text);
    *out = (ink_said_part){ text, y->given + at, end - at, first, samples };
    return text ? INK_OK : ink_arena_refused(y->out->memory, end - at, err);
}

/* One of a sentence's ids on the way to its words' times. */
typedef struct say_timing {
    const char *line;
    const ink_word *words;
    size_t count;
    const ink_ids *owners; /* of each id, its word; -1: none */
    const float *durations;
    size_t first;          /* sample that the sentence begins with */
} say_timing;

static ink_status say_time_words(ink_sayer *y, const say_timing *t, ink_err *err)
{
    ink_said *out = y->out;
    const size_t hop = y->s->voice->info.hop, ids = t->owners->count;
    size_t at = t->first;
    for (size_t i = 0, w = 0; w < t->count; w++) {
        for (; i < ids && t->owners->at[i] < (int32_t)w; i++)
            at += (size_t)ceilf(t->durations[i]) * hop;
        const size_t from = at;
        for (; i < ids && t->owners->at[i] == (int32_t)w; i++)
            at += (size_t)ceilf(t->durations[i]) * hop;
        if (t->words[w].mark)
            continue;
        INK_TRY(say_room(&out->words, out->word_count, &out->word_room, err));
        INK_TRY(say_part(y, t->line, t->words[w].at, t->words[w].at + t->words[w].size, from, at - from, &out->words[out->word_count], err));
        out->word_count++;
    }
    return INK_OK;
}

static ink_status say_time_sentence(ink_sayer *y, const say_timing *t, ink_err *err)
{
    ink_said *out = y->out;
    const ink_word *last = &t->words[t->count - 1];
    INK_TRY(say_room(&out->sentence_list, out->sentences, &out->sentence_room, err));
    INK_TRY(say_part(y, t->line, t->words[0].at, last->at + last->size, t->first, out->samples - t->first, &out->sentence_list[out->sentences], err));
    out->sentences++;
    return INK_OK;
}

/* What was spoken is added to what is reported. */
static ink_status say_note(ink_sayer *y, const ink_ids *ids, const ink_speech *speech, ink_err *err)
{
    ink_said *out = y->out;
    float *durations = realloc(out->durations, (out->ids.count + ids->count) * sizeof *durations);
    if (!durations)
        return ink_fail(err, INK_E_MEMORY, "no memory for the durations of %zu ids", out->ids.count + ids->count);
    out->durations = durations;
    memcpy(durations + out->ids.count, speech->durations, ids->count * sizeof *durations);
    for (size_t i = 0; i < ids->count; i++)
        INK_TRY(ink_ids_add(&out->ids, ids->at[i], err));
    out->seconds += speech->seconds;
    return INK_OK;
}

/* ---- sentences ---- */

static ink_status say_ids(ink_sayer *y, const ink_ids *ids, say_timing *t, ink_err *err)
{
    ink_utterance u = y->o.how;
    ink_speech speech = { 0 };
    INK_TRY(say_silence(y, err));
    u.ids = ids->at;
    u.count = ids->count;
    u.stream += y->out->sentences;
    u.length_scale *= y->slower;
    t->first = y->out->samples;
    ink_status status = ink_speak(y->s, &u, say_sound, y, &speech, err);
    t->durations = speech.durations;
    if (status == INK_OK)
        status = say_note(y, ids, &speech, err);
    if (status == INK_OK)
        status = say_time_words(y, t, err);
    if (status == INK_OK)
        status = say_time_sentence(y, t, err);
    ink_speech_clear(&speech);
    y->owed = y->o.sentence;
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

static ink_status say_words(ink_sayer *y, const char *line, ink_phonemes *all, ink_err *err)
{
    for (size_t at = 0, n; at < all->count; at += n) {
        ink_phonemes part = *all; /* some of its words; what it warns of is its whole's */
        ink_ids ids = { 0 }, owners = { 0 };
        n = part.count = say_sentence(all->words + at, all->count - at);
        part.words += at;
        if (!say_any(part.words, n))
            continue;
        say_timing t = { .line = line, .words = part.words, .count = n, .owners = &owners };
        ink_status status = ink_symbols_ids(y->o.symbols, &part, &ids, &owners, err);
        all->warnings = part.warnings;
        all->warning_count = part.warning_count;
        all->warnings_left = part.warnings_left;
        if (status == INK_OK)
            status = say_ids(y, &ids, &t, err);
        ink_ids_clear(&ids);
        ink_ids_clear(&owners);
        INK_TRY(status);
    }
    return INK_OK;
}

static ink_status say_line(ink_sayer *y, const char *line, size_t n, ink_err *err)
{
    ink_phonemes p = { 0 };
    const size_t before = y->out->sentences;
    ink_status status = ink_phonemize(y->o.phonemizer, line, n, &p, err);
    if (status == INK_OK)
        status = say_words(y, line, &p, err);
    for (size_t i = 0; i < p.warning_count; i++)
        ink_sayer_warn(y, "%s", p.warnings[i]);
    if (p.warnings_left)
        ink_sayer_warn(y, "and %zu more warnings of this line", p.warnings_left);
    ink_phonemes_clear(&p);
    if (y->out->sentences > before && y->owed < y->o.paragraph)
        y->owed = y->o.paragraph;
    return status;
}

/* ---- the sayer ---- */

ink_status ink_sayer_open(ink_speaker *s, const ink_say_options *o, ink_on_sound *on, void *user, ink_said *out, ink_sayer **sayer, ink_err *err)
{
    if (!out->memory)
        INK_TRY(ink_arena_new("what was said", 0, &out->memory, err));
    ink_sayer *y = calloc(1, sizeof *y);
    if (!y)
        return ink_fail(err, INK_E_MEMORY, "no memory to say a text");
    *y = (ink_sayer){ .s = s, .o = *o, .on = on, .user = user, .out = out, .slower = 1 };
    *sayer = y;
    return INK_OK;
}

void ink_sayer_close(ink_sayer *y) { free(y); }
void ink_sayer_speaker(ink_sayer *y, int32_t speaker) { y->o.how.speaker = speaker; }
void ink_sayer_slower(ink_sayer *y, double factor) { y->slower = factor; }

void ink_sayer_pause(ink_sayer *y, double seconds)
{
    if (y->owed < seconds)
        y->owed = seconds;
}

ink_status ink_sayer_say(ink_sayer *y, const char *text, size_t n, ink_err *err)
{
    for (size_t at = 0, size; at < n; at += size + 1) {
        const char *end = memchr(text + at, '\n', n - at);
        size = end ? (size_t)(end - text) - at : n - at;
        INK_TRY(say_line(y, text + at, size, err));
        y->given += size + (end != NULL);
    }
    return INK_OK;
}

/* Whether a sentence ends where the text does. */
static bool say_ends(const char *text, size_t n)
{
    static const char *const marks[] = { ".", "!", "?", "。", "！", "？", "…" }, *const after[] = { " ", "\t", "\"", "'", ")", "]", "”", "’", "」", "』", "»" };
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        const size_t m = strlen(after[i]);
        if (n >= m && !memcmp(text + n - m, after[i], m)) {
            n -= m;
            i = (size_t)-1; /* and again */
        }
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (n >= strlen(marks[i]) && !memcmp(text + n - strlen(marks[i]), marks[i], strlen(marks[i])))
            return true;
    return false;
}

ink_status ink_sayer_more(ink_sayer *y, const char *text, size_t n, ink_err *err)
{
    const size_t before = y->out->sentences;
    INK_TRY(ink_sayer_say(y, text, n, err));
    if (y->out->sentences > before)
        y->owed = say_ends(text, n) ? y->o.sentence : 0;
    return INK_OK;
}

void ink_sayer_turn(ink_sayer *y, ink_speaker *s, const ink_say_options *o)
{
    y->s = s;
    y->o = *o;
}

ink_status ink_say(ink_speaker *s, const char *text, size_t n, const ink_say_options *o, ink_on_sound *on, void *user, ink_said *out, ink_err *err)
{
    ink_sayer *y = NULL;
    ink_said_clear(out);
    INK_TRY(ink_sayer_open(s, o, on, user, out, &y, err));
    ink_status status = ink_sayer_say(y, text, n, err);
    ink_sayer_close(y);
    INK_TRY(status);
    return out->sentences ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "there is nothing to say: the text has no words");
}

void ink_said_clear(ink_said *s)
{
    ink_ids_clear(&s->ids);
    free(s->durations);
    free(s->sentence_list);
    free(s->words);
    ink_arena_free(s->memory);
    *s = (ink_said){ 0 };
}
