/* The tokens of a tokenizer: the bytes that each stands for, and the way back through one flat hash table. */
#ifndef INK_TEXT_VOCAB_H
#define INK_TEXT_VOCAB_H

#include "text/tokenizer.h"

typedef struct ink_vocab {
    uint32_t count;
    uint32_t *starts;        /* count + 1: where the bytes of each token begin */
    uint8_t *bytes;          /* readable for 8 bytes beyond its end */
    uint8_t *kinds;          /* ink_token_kind */
    uint64_t *slots;         /* upper half: of the hash; lower half: id + 1 */
    uint64_t mask;
    int32_t byte_ids[256];   /* the token of a single byte, or -1 */
} ink_vocab;

ink_status ink_vocab_make(ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err);
void ink_vocab_clear(ink_vocab *v);
int32_t ink_vocab_find(const ink_vocab *v, const uint8_t *p, size_t n); /* -1 when no token has these bytes; a normal token goes first */

/* Whether merges start from it and may make it. */
static inline bool ink_vocab_joins(const ink_vocab *v, int32_t id)
{
    return id >= 0 && (v->kinds[id] == INK_TOKEN_NORMAL || v->kinds[id] == INK_TOKEN_CONTROL_PART);
}

static inline ink_text ink_vocab_bytes(const ink_vocab *v, int32_t id)
{
    return (ink_text){ (const char *)v->bytes + v->starts[id], v->starts[id + 1] - v->starts[id] };
}

/* Writes what a spelling stands for into out, which has room for spelling.size bytes; the number of bytes. Byte-level
   spellings with characters beyond the alphabet stand for themselves. */
size_t ink_spelling_read(bool byte_level, ink_text spelling, uint8_t *out);

/* The other way: how the byte-level alphabet writes a byte, as UTF-8 of one or two bytes, ended by a NUL. */
void ink_spelling_letter(uint8_t byte, char out[4]);

uint64_t ink_hash_bytes(const uint8_t *p, size_t n);

#endif
