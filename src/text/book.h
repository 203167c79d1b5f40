/* How readers of books put them together. */
#ifndef INK_TEXT_BOOK_H
#define INK_TEXT_BOOK_H

#include "base/buf.h"

#include <ink/book.h>

/* Runs of white space become one blank; a paragraph of none but these is left out. */
ink_status book_paragraph(ink_book *b, const char *text, size_t n, bool heading, ink_err *err);
/* A chapter begins, named so; headings that follow each other are one title. */
ink_status book_chapter(ink_book *b, const char *title, size_t n, ink_err *err);
const char *book_copy(ink_book *b, const char *text, size_t n, ink_err *err); /* NULL, and a sentence, when memory is refused */

ink_status book_read_plain(ink_book *b, const char *text, size_t n, ink_err *err);
ink_status book_read_markdown(ink_book *b, const char *text, size_t n, ink_err *err);
ink_status book_read_epub(ink_book *b, const char *path, ink_err *err);

#endif
