/* Between the two files that read GGUF: gguf.c (header, tensors, split files) and gguf_meta.c (the key-value pairs). */
#ifndef INK_FORMATS_GGUF_H
#define INK_FORMATS_GGUF_H

#include "formats/format.h"

typedef struct gguf_reader { /* one file, read from front to back */
    ink_weights *weights;
    const char *path;
    const uint8_t *data;
    size_t size, at;
    size_t texts; /* elements of text arrays so far; bounded */
} gguf_reader;

/* The next n bytes; `what` they are, for the sentence that the file ends inside them. */
ink_status gguf_take(gguf_reader *r, uint64_t n, const char *what, const uint8_t **out, ink_err *err);
ink_status gguf_take_u32(gguf_reader *r, const char *what, uint32_t *out, ink_err *err);
ink_status gguf_take_u64(gguf_reader *r, const char *what, uint64_t *out, ink_err *err);
ink_status gguf_take_text(gguf_reader *r, const char *what, ink_text *out, ink_err *err);
ink_status gguf_take_pair(gguf_reader *r, ink_meta *out, ink_err *err);

#endif
