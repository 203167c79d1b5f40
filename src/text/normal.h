/* Unicode normal forms, as a tokenizer's normalizer asks for them. */
#ifndef INK_TEXT_NORMAL_H
#define INK_TEXT_NORMAL_H

#include "base/buf.h"

#include <stdint.h>

/* The text (any bytes) in the form asked for (INK_NORMAL_*) is appended to out; bytes that are not UTF-8 stay. out->failed when memory is
   refused. A run of more than 4 KiB of combining marks is taken in parts. */
void ink_normalize(const uint8_t *p, size_t n, int form, ink_buf *out);

#endif
