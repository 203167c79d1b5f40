/* Any bytes as a book: an even first byte makes it plain text, an odd one Markdown. */
#include "text/book.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_err err = { 0 };
    ink_book b = { 0 };
    if (!size || size > 1 << 18 || ink_arena_new("fuzz", 0, &b.memory, &err))
        return 0;
    char *text = malloc(size); /* a NUL ends what a file's reader gives */
    if (!text)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    ink_status status = (*data % 2 ? book_read_markdown : book_read_plain)(&b, text, size - 1, &err);
    if (status && !err.text[0])
        abort();
    size_t bytes = 0;
    for (size_t i = 0; i < b.count; i++)
        for (size_t k = 0; k < b.chapters[i].count; k++)
            bytes += strlen(b.chapters[i].paragraphs[k].text);
    if (bytes != b.bytes)
        abort();
    ink_book_clear(&b);
    free(text);
    return 0;
}
