/* Protocol buffers as data: fields one after the other, each with a number and one of four forms. Nothing is copied and
   nothing recurses; a caller that meets a message inside a field begins a new walk over its bytes. */
#ifndef INK_FORMATS_PROTOBUF_H
#define INK_FORMATS_PROTOBUF_H

#include <ink/weights.h>

typedef struct pb_walk {
    const uint8_t *at, *end;
    bool damaged; /* a length or number ran past the end, or a form does not exist */
} pb_walk;

typedef enum pb_form { PB_NUMBER = 0, PB_EIGHT = 1, PB_BYTES = 2, PB_FOUR = 5 } pb_form;

typedef struct pb_field {
    uint32_t number;
    pb_form form;
    uint64_t value;  /* PB_NUMBER, PB_FOUR, PB_EIGHT */
    ink_text bytes;  /* PB_BYTES; inside the walk's bytes */
} pb_field;

static inline pb_walk pb_begin(ink_text bytes)
{
    const uint8_t *at = (const uint8_t *)(bytes.data ? bytes.data : "");
    return (pb_walk){ .at = at, .end = at + bytes.size };
}

/* Seven bits a byte, the lowest first, ten bytes at most. */
static inline bool pb_number(pb_walk *w, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 70 && w->at < w->end; shift += 7) {
        const uint8_t byte = *w->at++;
        *out |= (uint64_t)(byte & 0x7f) << (shift < 64 ? shift : 63);
        if (byte < 0x80)
            return true;
    }
    w->damaged = true;
    return false;
}

static inline bool pb_take(pb_walk *w, uint64_t n, const uint8_t **at)
{
    if (n > (uint64_t)(w->end - w->at)) {
        w->damaged = true;
        return false;
    }
    *at = w->at;
    w->at += n;
    return true;
}

/* The next field; false at the end, and where the bytes are damaged. */
static inline bool pb_next(pb_walk *w, pb_field *f)
{
    uint64_t key, n;
    const uint8_t *at;
    *f = (pb_field){ 0 };
    if (w->damaged || w->at == w->end || !pb_number(w, &key))
        return false;
    f->number = (uint32_t)(key >> 3);
    f->form = (pb_form)(key & 7);
    switch (f->form) {
    case PB_NUMBER: return pb_number(w, &f->value);
    case PB_BYTES:
        if (!pb_number(w, &n) || !pb_take(w, n, &at))
            return false;
        f->bytes = (ink_text){ (const char *)at, (size_t)n };
        return true;
    case PB_FOUR:
    case PB_EIGHT:
        n = f->form == PB_FOUR ? 4 : 8;
        if (!pb_take(w, n, &at))
            return false;
        for (size_t i = 0; i < n; i++)
            f->value |= (uint64_t)at[i] << 8 * i;
        return true;
    }
    w->damaged = true;
    return false;
}

#endif
