/* ink/book.h: books as chapters of paragraphs, from plain text, Markdown and EPUB. Texts are UTF-8 and belong to the book; what is not
   said aloud (markup, hyphens at the ends of lines) is gone. A plain text's chapters are its lines such as "CHAPTER IV" or 第四回. */
#ifndef INK_BOOK_H
#define INK_BOOK_H

#include <ink/arena.h>
#include <stdbool.h>

typedef struct ink_book_paragraph {
    const char *text; /* one line, NUL-terminated */
    size_t size;
    bool heading;
} ink_book_paragraph;

typedef struct ink_book_chapter {
    const char *title; /* NULL: it has none; else it is the first paragraph too */
    ink_book_paragraph *paragraphs;
    size_t count, room, bytes; /* bytes: of all its paragraphs */
} ink_book_chapter;

typedef struct ink_book { /* owned by whoever declared it; start as { 0 } */
    const char *title, *author, *language; /* NULL: not said */
    ink_book_chapter *chapters;
    size_t count, room, bytes;
    ink_arena *memory;
} ink_book;

/* .epub by its content, .md and .markdown by their name; anything else is plain text. At most 256 MiB. */
INK_API ink_status ink_book_read(const char *path, ink_book *out, ink_err *err);
INK_API void ink_book_clear(ink_book *b); /* frees */

#endif
