/* A person's own words: a file of lines WORD<tab>PHONEMES, kept in order. */
#include "text/phonemes.h"
#include "text/unicode.h"

#include <ink/file.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_BYTES = 64 << 20 };

typedef struct own_word {
    const char *word, *phonemes;
} own_word;

struct ink_own_lexicon {
    char *text;
    own_word *words;
    size_t count, longest;
};

void ink_own_lexicon_close(ink_own_lexicon *l)
{
    if (!l)
        return;
    free(l->text);
    free(l->words);
    free(l);
}

static int own_compare(const void *a, const void *b)
{
    return strcmp(((const own_word *)a)->word, ((const own_word *)b)->word);
}

/* One line, cut in place. */
static ink_status own_line(ink_own_lexicon *l, char *line, const char *path, size_t number, ink_err *err)
{
    line[strcspn(line, "\r")] = 0;
    if (!*line || *line == '#')
        return INK_OK;
    char *tab = strchr(line, '\t');
    if (!tab || tab == line || !tab[1])
        return ink_fail(err, INK_E_FORMAT, "%s, line %zu: \"%.40s\" is not a word, a tab and its phonemes", path, number, line);
    *tab = 0;
    for (char *c = line; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    if (strlen(line) > l->longest)
        l->longest = strlen(line);
    l->words[l->count++] = (own_word){ line, tab + 1 };
    return INK_OK;
}

static ink_status own_read(ink_own_lexicon *l, const char *path, size_t n, ink_err *err)
{
    size_t lines = 1, number = 1;
    for (size_t i = 0; i < n; i++)
        lines += l->text[i] == '\n';
    if (ink_utf8_valid(l->text, n) < n || memchr(l->text, 0, n))
        return ink_fail(err, INK_E_FORMAT, "%s is not UTF-8 text at byte %zu", path, ink_utf8_valid(l->text, n));
    l->words = calloc(lines, sizeof *l->words);
    if (!l->words)
        return ink_fail(err, INK_E_MEMORY, "no memory for the %zu lines of %s", lines, path);
    for (char *line = l->text, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        INK_TRY(own_line(l, line, path, number, err));
    }
    qsort(l->words, l->count, sizeof *l->words, own_compare);
    return INK_OK;
}

ink_status ink_own_lexicon_open(const char *path, ink_own_lexicon **out, ink_err *err)
{
    ink_own_lexicon *l = calloc(1, sizeof *l);
    size_t n;
    if (!l)
        return ink_fail(err, INK_E_MEMORY, "no memory for the lexicon %s", path);
    ink_status status = ink_file_text(path, OWN_BYTES, &l->text, &n, err);
    if (!status)
        status = own_read(l, path, n, err);
    if (status)
        ink_own_lexicon_close(l);
    else
        *out = l;
    return status;
}

const char *ink_own_lexicon_find(const ink_own_lexicon *l, const char *word, size_t n)
{
    for (size_t low = 0, high = l ? l->count : 0; low < high;) {
        const size_t middle = (low + high) / 2;
        const own_word *w = &l->words[middle];
        const int c = strncmp(word, w->word, n);
        if (!c && !w->word[n])
            return w->phonemes;
        if (c > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t ink_own_lexicon_longest(const ink_own_lexicon *l)
{
    return l ? l->longest : 0;
}
