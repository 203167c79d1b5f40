/* Any bytes as a book: an even first byte makes it plain text, an odd one Markdown. */
#include "fuzz.h"
#include "text/book.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_err err = { 0 };
    ink_book b = { 0 };
    if (!size || size > 1 << 18 || ink_arena_new("fuzz", 0, &b.memory, &err))
        return 0;
    char *text = malloc(size); /* a NUL ends what a file's reader gives */
    fuzz_need(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    ink_status status = (*data % 2 ? book_read_markdown : book_read_plain)(&b, text, size - 1, &err);
    fuzz_need(!status || err.text[0]);
    size_t bytes = 0;
    for (size_t i = 0; i < b.count; i++)
        for (size_t k = 0; k < b.chapters[i].count; k++)
            bytes += strlen(b.chapters[i].paragraphs[k].text);
    fuzz_need(bytes == b.bytes);
    ink_book_clear(&b);
    free(text);
    return 0;
}
