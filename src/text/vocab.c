#include "text/vocab.h"

#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

enum { VOCAB_PROBES = 4096 }; /* an honest table needs a dozen */

static uint64_t vocab_load(const uint8_t *p, size_t n) /* n <= 8 */
{
    uint64_t v = 0;
    if (n >= 4) {
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        return (uint64_t)high << 32 | low;
    }
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static uint64_t vocab_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t ink_hash_bytes(const uint8_t *p, size_t n)
{
    uint64_t h = n * 0x9E3779B97F4A7C15u;
    for (; n > 16; p += 8, n -= 8)
        h = vocab_mix(h ^ vocab_load(p, 8), 0xA0761D6478BD642Fu);
    const size_t first = n < 8 ? n : 8;
    return vocab_mix(h ^ vocab_load(p, first) ^ 0xE7037ED1A0B428DBu, vocab_load(p + n - first, first) ^ 0x8EBC6AF09C88C6E3u);
}

/* GPT-2's alphabet: bytes that print stand for themselves, the 68 others for U+0100 and on, in order. */
static int vocab_byte_of(uint32_t point)
{
    if ((point >= '!' && point <= '~') || (point >= 0xA1 && point <= 0xFF && point != 0xAD))
        return (int)point;
    if (point < 0x100 || point >= 0x144)
        return -1;
    point -= 0x100;
    return (int)(point <= 32 ? point : point <= 66 ? point + 94 : 0xAD);
}

void ink_spelling_letter(uint8_t byte, char out[4])
{
    uint32_t point = 0;
    while (vocab_byte_of(point) != byte)
        point++;
    out[ink_utf8_put(point, out)] = 0;
}

static size_t spelling_bytes(ink_text spelling, uint8_t *out)
{
    const uint8_t *p = (const uint8_t *)spelling.data, *end = p + spelling.size;
    size_t n = 0;
    while (p < end) {
        int byte = *p;
        size_t size = 1;
        if (*p >= 0x80 || *p <= ' ' || *p == 0x7F) {
            ink_char c = ink_char_at(p, end);
            byte = vocab_byte_of(c.point);
            size = c.size;
        }
        if (byte < 0) {
            memmove(out, spelling.data, spelling.size);
            return spelling.size;
        }
        out[n++] = (uint8_t)byte;
        p += size;
    }
    return n;
}

/* Whether all of it is GPT-2's letters: what is not is met by no text. */
static bool spelling_letters(ink_text spelling)
{
    const uint8_t *p = (const uint8_t *)spelling.data, *end = p + spelling.size;
    while (p < end) {
        const ink_char c = ink_char_at(p, end);
        if (vocab_byte_of(c.point) < 0)
            return false;
        p += c.size;
    }
    return true;
}

static size_t spelling_text(ink_text spelling, uint8_t *out)
{
    const char *p = spelling.data, *end = p + spelling.size;
    size_t n = 0;
    while (p < end) {
        bool space = end - p >= 3 && !memcmp(p, "\xe2\x96\x81", 3);
        out[n++] = (uint8_t)(space ? ' ' : *p);
        p += space ? 3 : 1;
    }
    return n;
}

size_t ink_spelling_read(bool byte_level, ink_text spelling, uint8_t *out)
{
    return byte_level ? spelling_bytes(spelling, out) : spelling_text(spelling, out);
}

static int vocab_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of <0xHH>, or -1. */
static int vocab_byte_token(ink_text t)
{
    if (t.size != 6 || memcmp(t.data, "<0x", 3) || t.data[5] != '>')
        return -1;
    int high = vocab_hex(t.data[3]), low = vocab_hex(t.data[4]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* The bytes of token i go to out; how many. */
static size_t vocab_read(ink_vocab *v, const ink_tokenizer_spec *spec, uint32_t i, uint8_t *out)
{
    const ink_text t = spec->tokens[i];
    const unsigned kind = v->kinds[i] = spec->kinds[i];
    if (kind == INK_TOKEN_BYTE) {
        int byte = vocab_byte_token(t);
        if (byte >= 0) {
            *out = (uint8_t)byte;
            v->byte_ids[byte] = (int32_t)i;
            return 1;
        }
        v->kinds[i] = INK_TOKEN_CONTROL; /* looks like no byte: it can only be itself */
    }
    if (kind == INK_TOKEN_NORMAL && spec->byte_level && !spelling_letters(t))
        v->kinds[i] = INK_TOKEN_UNUSED;
    if (kind == INK_TOKEN_NORMAL || kind == INK_TOKEN_UNUSED || kind == INK_TOKEN_CONTROL_PART)
        return ink_spelling_read(spec->byte_level, t, out);
    memcpy(out, t.data, t.size);
    return t.size;
}

/* Puts token i where its bytes lead. */
static ink_status vocab_insert(ink_vocab *v, uint32_t i, const char *where, ink_err *err)
{
    const ink_text t = ink_vocab_bytes(v, (int32_t)i);
    const uint64_t h = ink_hash_bytes((const uint8_t *)t.data, t.size), tag = h & 0xFFFFFFFF00000000u;
    for (uint64_t at = h, probes = 0; probes < VOCAB_PROBES; at++, probes++) {
        uint64_t *slot = &v->slots[at & v->mask];
        if (!*slot) {
            *slot = tag | (i + 1);
            return INK_OK;
        }
        if ((*slot & 0xFFFFFFFF00000000u) != tag)
            continue;
        uint32_t other = (uint32_t)*slot - 1;
        ink_text o = ink_vocab_bytes(v, (int32_t)other);
        if (o.size == t.size && !memcmp(o.data, t.data, t.size)) {
            if (!ink_vocab_joins(v, (int32_t)other) && ink_vocab_joins(v, (int32_t)i))
                *slot = tag | (i + 1);
            return INK_OK;
        }
    }
    return ink_fail(err, INK_E_FORMAT, "%s: the tokens are made so that looking one up takes forever", where);
}

int32_t ink_vocab_find(const ink_vocab *v, const uint8_t *p, size_t n)
{
    const uint64_t h = ink_hash_bytes(p, n);
    for (uint64_t at = h;; at++) {
        const uint64_t slot = v->slots[at & v->mask];
        if (!slot)
            return -1;
        if ((slot ^ h) >> 32)
            continue;
        const uint32_t id = (uint32_t)slot - 1, start = v->starts[id];
        if (v->starts[id + 1] - start == n && !memcmp(v->bytes + start, p, n))
            return (int32_t)id;
    }
}

static ink_status vocab_allocate(ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err)
{
    size_t bytes = 8, slots = 16;
    if (!spec->count || spec->count > INK_TOKENIZER_TOKENS)
        return ink_fail(err, INK_E_LIMIT, "%s: %zu tokens; a tokenizer has 1 to %d", spec->where, spec->count, INK_TOKENIZER_TOKENS);
    for (size_t i = 0; i < spec->count; i++)
        bytes += spec->tokens[i].size;
    if (bytes > UINT32_MAX / 2)
        return ink_fail(err, INK_E_LIMIT, "%s: the tokens take %zu bytes, more than 2 GiB", spec->where, bytes);
    while (slots < 2 * spec->count)
        slots *= 2;
    v->count = (uint32_t)spec->count;
    v->mask = slots - 1;
    v->starts = malloc((spec->count + 1) * sizeof *v->starts);
    v->bytes = malloc(bytes);
    v->kinds = malloc(spec->count);
    v->slots = calloc(slots, sizeof *v->slots);
    if (!v->starts || !v->bytes || !v->kinds || !v->slots)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu tokens", spec->where, spec->count);
    return INK_OK;
}

ink_status ink_vocab_make(ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err)
{
    INK_TRY(vocab_allocate(v, spec, err));
    memset(v->byte_ids, -1, sizeof v->byte_ids);
    uint32_t at = 0;
    for (uint32_t i = 0; i < v->count; i++) {
        v->starts[i] = at;
        at += (uint32_t)vocab_read(v, spec, i, v->bytes + at);
    }
    v->starts[v->count] = at;
    for (uint32_t i = 0; i < v->count; i++)
        if (v->kinds[i] != INK_TOKEN_BYTE && v->starts[i + 1] > v->starts[i])
            INK_TRY(vocab_insert(v, i, spec->where, err));
    for (unsigned b = 0; spec->byte_level && b < 256; b++) {
        int32_t id = ink_vocab_find(v, (const uint8_t[]){ (uint8_t)b }, 1);
        v->byte_ids[b] = ink_vocab_joins(v, id) ? id : -1;
    }
    return INK_OK;
}

void ink_vocab_clear(ink_vocab *v)
{
    free(v->starts);
    free(v->bytes);
    free(v->kinds);
    free(v->slots);
}
