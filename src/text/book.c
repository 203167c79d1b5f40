/* Books: which reader a file wants, and how chapters and paragraphs are put together. */
#include "text/book.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { BOOK_BYTES = 256 << 20, BOOK_CHAPTERS = 100000 };

const char *book_copy(ink_book *b, const char *text, size_t n, ink_err *err)
{
    const char *copy = ink_arena_text(b->memory, text, n);
    if (!copy)
        ink_arena_refused(b->memory, n, err);
    return copy;
}

/* In one line, with single blanks, none at its ends. */
static ink_status book_line(ink_book *b, const char *text, size_t n, const char **out, size_t *size, ink_err *err)
{
    char *line = ink_arena_text(b->memory, text, n), *to = line;
    if (!line)
        return ink_arena_refused(b->memory, n, err);
    bool blank = false;
    for (size_t i = 0; i < n; i++) {
        const bool wide = i + 1 < n && text[i] == '\xc2' && text[i + 1] == '\xa0'; /* a blank that does not break */
        const bool white = wide || text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r');
        i += wide;
        if (!white && blank && to > line)
            *to++ = ' ';
        if (!white && text[i])
            *to++ = text[i];
        blank = white;
    }
    *to = 0;
    *out = line;
    *size = (size_t)(to - line);
    return INK_OK;
}

static ink_status book_room(void *list, size_t count, size_t *room, size_t size, ink_err *err)
{
    void *old, *grown;
    if (count < *room)
        return INK_OK;
    const size_t more = *room ? 2 * *room : 16;
    memcpy(&old, list, sizeof old); /* list points to a typed pointer */
    grown = realloc(old, more * size);
    if (!grown)
        return ink_fail(err, INK_E_MEMORY, "no memory for a book of %zu parts", more);
    memcpy(list, &grown, sizeof grown);
    *room = more;
    return INK_OK;
}

static ink_status book_open(ink_book *b, ink_err *err)
{
    if (b->count == BOOK_CHAPTERS)
        return ink_fail(err, INK_E_LIMIT, "a book of more than %d chapters", BOOK_CHAPTERS);
    INK_TRY(book_room(&b->chapters, b->count, &b->room, sizeof *b->chapters, err));
    b->chapters[b->count++] = (ink_book_chapter){ 0 };
    return INK_OK;
}

ink_status book_paragraph(ink_book *b, const char *text, size_t n, bool heading, ink_err *err)
{
    ink_book_paragraph p = { .heading = heading };
    INK_TRY(book_line(b, text, n, &p.text, &p.size, err));
    if (!p.size)
        return INK_OK;
    INK_TRY(b->count ? INK_OK : book_open(b, err));
    ink_book_chapter *c = &b->chapters[b->count - 1];
    INK_TRY(book_room(&c->paragraphs, c->count, &c->room, sizeof *c->paragraphs, err));
    c->paragraphs[c->count++] = p;
    c->bytes += p.size;
    b->bytes += p.size;
    return INK_OK;
}

static bool book_only_headings(const ink_book_chapter *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (!c->paragraphs[i].heading)
            return false;
    return true;
}

ink_status book_chapter(ink_book *b, const char *title, size_t n, ink_err *err)
{
    const char *line;
    size_t size;
    INK_TRY(book_line(b, title, n, &line, &size, err));
    if (!size)
        return INK_OK;
    if (!b->count || !book_only_headings(&b->chapters[b->count - 1]))
        INK_TRY(book_open(b, err));
    ink_book_chapter *c = &b->chapters[b->count - 1];
    c->title = c->title ? ink_arena_format(b->memory, "%s. %s", c->title, line) : line;
    return c->title ? book_paragraph(b, line, size, true, err) : ink_arena_refused(b->memory, size, err);
}

/* ---- reading ---- */

static ink_status book_read_text(ink_book *b, const char *path, ink_err *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    const bool markdown = ink_ends(path, ".md") || ink_ends(path, ".markdown");
    ink_buf text;
    INK_TRY(ink_file_read(path, BOOK_BYTES, &text, err));
    const size_t skip = text.len >= 3 && !memcmp(text.data, mark, 3) ? 3 : 0;
    ink_status status = (markdown ? book_read_markdown : book_read_plain)(b, text.data + skip, text.len - skip, err);
    ink_buf_clear(&text);
    return status;
}

/* A zip file whose first member says what it is. */
static bool book_is_epub(const char *path)
{
    ink_map map;
    ink_err none;
    if (ink_map_open(path, &map, &none) != INK_OK)
        return false;
    const bool is = map.size > 4 && !memcmp(map.data, "PK\3\4", 4);
    ink_map_close(&map);
    return is;
}

ink_status ink_book_read(const char *path, ink_book *out, ink_err *err)
{
    *out = (ink_book){ 0 };
    INK_TRY(ink_arena_new("book", 0, &out->memory, err));
    ink_status status = book_is_epub(path) ? book_read_epub(out, path, err) : book_read_text(out, path, err);
    if (status == INK_OK && !out->bytes)
        status = ink_fail(err, INK_E_FORMAT, "%s: the book has no text", path);
    if (status != INK_OK)
        ink_book_clear(out);
    return status;
}

void ink_book_clear(ink_book *b)
{
    for (size_t i = 0; i < b->count; i++)
        free(b->chapters[i].paragraphs);
    free(b->chapters);
    ink_arena_free(b->memory);
    *b = (ink_book){ 0 };
}
