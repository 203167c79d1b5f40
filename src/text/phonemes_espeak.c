/* espeak-ng as a guest: loaded when asked for, where it is installed; nothing of it is part of this program. */
#include "text/phonemes.h"
#include "text/unicode.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ESPEAK_RETRIEVAL = 1, ESPEAK_DONT_EXIT = 0x8000, ESPEAK_UTF8 = 1, ESPEAK_IPA = 2 };

typedef struct espeak {
    int (*set_voice)(const char *name);
    const char *(*phonemes)(const void **text, int characters, int how);
    char voice[40];
} espeak;

/* The library has one state for the whole process. */
static pthread_mutex_t espeak_turn = PTHREAD_MUTEX_INITIALIZER;

static void *espeak_library(ink_err *err)
{
    static const char *const names[] = { "libespeak-ng.so.1", "libespeak-ng.so", "libespeak-ng.1.dylib" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library)
            return library;
    }
    ink_fail(err, INK_E_NOT_FOUND, "espeak-ng is not installed (libespeak-ng.so.1 was sought); on Debian: apt-get install libespeak-ng1");
    return NULL;
}

/* Starts it. Starting twice is harmless, and it is never unloaded: other phonemizers may use it. */
static bool espeak_start(void *library, espeak *e, ink_err *err)
{
    int (*initialize)(int output, int buffer, const char *path, int options);
    *(void **)&initialize = dlsym(library, "espeak_Initialize");
    *(void **)&e->set_voice = dlsym(library, "espeak_SetVoiceByName");
    *(void **)&e->phonemes = dlsym(library, "espeak_TextToPhonemes");
    if (!initialize || !e->set_voice || !e->phonemes || initialize(ESPEAK_RETRIEVAL, 0, NULL, ESPEAK_DONT_EXIT) < 0) {
        ink_fail(err, INK_E_NOT_FOUND, "the installed espeak-ng cannot be used: it lacks its data or a function");
        return false;
    }
    return true;
}

void *ink_espeak_open(const char *voice, ink_err *err)
{
    void *library = espeak_library(err);
    espeak *e = library ? calloc(1, sizeof *e) : NULL;
    if (!e)
        return NULL;
    const char *name = !strcmp(voice, "en") ? "en-us" : !strcmp(voice, "zh") ? "cmn" : voice;
    strncpy(e->voice, name, sizeof e->voice - 1);
    pthread_mutex_lock(&espeak_turn);
    bool ok = espeak_start(library, e, err);
    if (ok && e->set_voice(e->voice)) {
        ink_fail(err, INK_E_NOT_FOUND, "espeak-ng has no voice \"%s\"", e->voice);
        ok = false;
    }
    pthread_mutex_unlock(&espeak_turn);
    if (!ok)
        free(e);
    return ok ? e : NULL;
}

/* "(en)" and the like: switches of language. */
static void espeak_add(ink_uttering *u, const char *word, size_t n)
{
    ink_buf plain;
    ink_buf_init(&plain, 0);
    for (size_t i = 0; i < n; i++)
        if (word[i] == '(' && memchr(word + i, ')', n - i))
            i = (size_t)((const char *)memchr(word + i, ')', n - i) - word);
        else
            ink_buf_char(&plain, word[i]);
    u->failed = u->failed || plain.failed;
    if (plain.len)
        ink_utter(u, plain.data, plain.len, plain.data, plain.len);
    ink_buf_clear(&plain);
}

static void espeak_words(ink_uttering *u, const char *said)
{
    while (said && *said) {
        const size_t n = strcspn(said, " \n_");
        if (n)
            espeak_add(u, said, n);
        u->blank = true;
        said += n + (said[n] != 0);
    }
}

/* A clause is said at a time; the mark that ended it is the last that was read. */
static void espeak_clauses(ink_uttering *u, const espeak *e, const char *text, size_t n, ink_place *place)
{
    const char *end = text + n;
    for (const void *at = text; at && !u->failed;) {
        const char *from = at, *said = e->phonemes(&at, ESPEAK_UTF8, ESPEAK_IPA), *to = at ? at : end;
        if (to > end || to <= from)
            to = end;
        ink_place_set(place, u, (size_t)(from - text), (size_t)(to - text));
        espeak_words(u, said);
        while (to > from && strchr(" \n\r\t\"')", to[-1]))
            to--;
        if (to > from && strchr(",.;:?!", to[-1]))
            ink_utter_mark(u, to[-1]);
    }
}

ink_status ink_espeak_speak(ink_uttering *u, const char *text, size_t n, ink_place *place, ink_err *err)
{
    const espeak *e = u->p->espeak;
    if (!n)
        return INK_OK;
    if (memchr(text, 0, n)) {
        ink_utter_warn(u, "the control character U+0000 ends the text for espeak; what follows is left out");
        n = strlen(text);
    }
    pthread_mutex_lock(&espeak_turn);
    const bool ok = !e->set_voice(e->voice);
    if (ok)
        espeak_clauses(u, e, text, n, place);
    pthread_mutex_unlock(&espeak_turn);
    return ok ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "espeak-ng lost its voice \"%s\"", e->voice);
}
