/* A file format of weights: one file with one `const ink_format`, and one line in formats.def. */
#ifndef INK_FORMATS_FORMAT_H
#define INK_FORMATS_FORMAT_H

#include "tensor/weights.h"

#include <string.h>

typedef struct ink_format {
    const char *name;
    bool (*probe)(const uint8_t *head, size_t n); /* by content, never by suffix; n may be anything from 0 */
    ink_status (*open)(const char *path, ink_weights **out, ink_err *err);
    const char *const *entries; /* files that make a folder a model in this format, best first; NULL-terminated; may be NULL */
} ink_format;

#define INK_FORMAT(name) extern const ink_format ink_format_##name;
#include "formats/formats.def"
#undef INK_FORMAT

/* The first bytes of a file; *n may be less than room. */
ink_status format_head(const char *path, uint8_t *head, size_t room, size_t *n, ink_err *err);
/* The folder of a file, where its config.json would lie. */
ink_status format_folder(const char *path, char *out, size_t size, ink_err *err);

/* Little-endian numbers at any address. */
static inline uint32_t format_u32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static inline uint64_t format_u64(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are read where they lie, and they are little-endian");

#endif
