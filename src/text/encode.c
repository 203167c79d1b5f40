/* Text to ids: added tokens are cut out, what lies between is split into pieces, and each piece is joined from its bytes or
   characters. All memory of a call is its own. */
#define _GNU_SOURCE
#include "text/cache.h"
#include "text/normal.h"
#include "text/parts.h"

#include <stdlib.h>

enum { ENCODE_CACHE = 1 << 14 };

typedef struct encoder {
    const ink_tokenizer *t;
    ink_ids *ids;
    const uint8_t *end;       /* of the text that pieces are parts of */
    ink_cache_entry *cache;
    size_t cache_mask;
    ink_joiner joiner;
    ink_symbol *symbols;
    size_t room;              /* of symbols */
    uint8_t *text;            /* a fragment rewritten */
    size_t text_room;
    ink_buf normal;           /* a fragment in its normal form */
    bool refused;             /* memory was; what follows is passed over */
} encoder;

void ink_ids_clear(ink_ids *ids)
{
    free(ids->at);
    *ids = (ink_ids){ 0 };
}

static bool ids_reserve(ink_ids *ids, size_t more)
{
    if (ids->room - ids->count >= more)
        return true;
    size_t room = ids->room + ids->room / 2 + more + 64;
    int32_t *at = room < SIZE_MAX / sizeof *at ? realloc(ids->at, room * sizeof *at) : NULL;
    if (!at)
        return false;
    ids->at = at;
    ids->room = room;
    return true;
}

ink_status ink_ids_add(ink_ids *ids, int32_t id, ink_err *err)
{
    if (!ids_reserve(ids, 1))
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu token ids", ids->count + 1);
    ids->at[ids->count++] = id;
    return INK_OK;
}

static void encode_id(encoder *e, int32_t id)
{
    if (id < 0)
        return;
    e->refused |= !ids_reserve(e->ids, 1);
    if (!e->refused)
        e->ids->at[e->ids->count++] = id;
}

/* A symbol that is no token: its bytes, or the unknown token for all of them; again: so was the one before. */
static void encode_unknown(encoder *e, const uint8_t *p, size_t n, bool again)
{
    bool bytes = e->t->byte_fallback;
    for (size_t i = 0; i < n && bytes; i++)
        bytes = e->t->vocab.byte_ids[p[i]] >= 0;
    if (!bytes && !(again && e->t->fuse_unknown))
        encode_id(e, e->t->unknown);
    for (size_t i = 0; i < n && bytes; i++)
        encode_id(e, e->t->vocab.byte_ids[p[i]]);
}

/* The smallest parts of a piece: bytes, or characters. */
static size_t encode_symbols(const encoder *e, const uint8_t *p, size_t n, ink_symbol *s)
{
    const ink_vocab *v = &e->t->vocab;
    size_t count = 0;
    if (e->t->byte_level)
        for (size_t i = 0; i < n; i++) {
            s[count] = (ink_symbol){ v->byte_ids[p[i]], (uint32_t)i };
            count += s[count].id >= 0;
        }
    else
        for (size_t i = 0; i < n; count++) {
            const size_t size = ink_char_at(p + i, p + n).size;
            const int32_t id = ink_vocab_find(v, p + i, size);
            s[count] = (ink_symbol){ id >= 0 && v->kinds[id] == INK_TOKEN_NORMAL ? id : -1, (uint32_t)i };
            i += size;
        }
    s[count] = (ink_symbol){ -1, (uint32_t)n };
    return count;
}

static bool encode_room(encoder *e, size_t n)
{
    if (n >= e->room) {
        free(e->symbols);
        e->room = n + n / 2 + 1;
        e->symbols = e->room < UINT32_MAX ? malloc(e->room * sizeof *e->symbols) : NULL;
        e->room = e->symbols ? e->room : 0;
    }
    e->refused |= !e->symbols;
    return !e->refused;
}

static void encode_joined(encoder *e, const uint8_t *p, size_t n)
{
    ink_symbol few[INK_JOIN_SHORT + 1], *s = few;
    if (n > INK_JOIN_SHORT) {
        if (!encode_room(e, n))
            return;
        s = e->symbols;
    }
    const size_t symbols = encode_symbols(e, p, n, s);
    const size_t count = ink_join(&e->joiner, p, s, symbols, e->t->byte_level && symbols == n);
    e->refused |= count == SIZE_MAX;
    for (size_t i = 0; i < count && !e->refused; i++)
        if (s[i].id >= 0)
            encode_id(e, s[i].id);
        else
            encode_unknown(e, p + s[i].start, s[i + 1].start - s[i].start, i && s[i - 1].id < 0);
}

/* What nothing reaches into or out of: from the cache, or joined and kept there. */
static void encode_part(encoder *e, const uint8_t *p, size_t n)
{
    if (n == 1 && e->t->byte_level) {
        encode_id(e, e->t->vocab.byte_ids[*p]);
        return;
    }
    if (n > INK_CACHE_BYTES || !e->cache) {
        encode_joined(e, p, n);
        return;
    }
    const ink_cache_key key = ink_cache_key_of(p, n, (size_t)(e->end - p));
    ink_cache_entry *entry = &e->cache[ink_cache_slot(key) & e->cache_mask];
    if (entry->key.low == key.low && entry->key.high == key.high) {
        e->refused |= !ids_reserve(e->ids, INK_CACHE_IDS);
        if (e->refused)
            return;
        memcpy(e->ids->at + e->ids->count, entry->ids, sizeof entry->ids);
        e->ids->count += 1u + (entry->ids[1] >= 0) + (entry->ids[2] >= 0) + (entry->ids[3] >= 0);
        return;
    }
    const size_t before = e->ids->count;
    encode_joined(e, p, n);
    const size_t count = e->ids->count - before;
    if (!count || count > INK_CACHE_IDS)
        return;
    entry->key = key;
    for (size_t i = 0; i < INK_CACHE_IDS; i++)
        entry->ids[i] = i < count ? e->ids->at[before + i] : -1;
}

/* A piece, cut further where no token has the two bytes side by side; for SentencePiece only between characters, of course. */
static void encode_piece(void *user, const uint8_t *p, size_t n)
{
    encoder *e = user;
    const uint8_t *end = p + n, *start = p;
    if (e->refused)
        return;
    if (e->t->ignore_merges && n > 1) {
        int32_t id = ink_vocab_find(&e->t->vocab, p, n);
        if (id >= 0 && e->t->vocab.kinds[id] == INK_TOKEN_NORMAL) {
            encode_id(e, id);
            return;
        }
    }
    for (const uint8_t *q = p + 1; q < end; q++)
        if (!(e->t->inside[q[-1]][*q >> 6] >> (*q & 63) & 1) && (e->t->byte_level || (*q & 0xC0) != 0x80)) {
            encode_part(e, start, (size_t)(q - start));
            start = q;
        }
    encode_part(e, start, (size_t)(end - start));
}

/* The next U+2581, which SentencePiece writes for a space, and so reads as one; NULL when there is none. */
static const uint8_t *encode_mark(const encoder *e, const uint8_t *p, const uint8_t *end)
{
    return e->t->byte_level ? NULL : memmem(p, (size_t)(end - p), "\xe2\x96\x81", 3);
}

static bool encode_rewrite(encoder *e, const uint8_t **p, size_t *n, bool prefix)
{
    const uint8_t *from = *p, *end = from + *n;
    if (e->t->prefix_lacking && (*from == ' ' || encode_mark(e, from, from + (*n < 3 ? *n : 3))))
        prefix = false;
    if (!prefix && !encode_mark(e, from, end))
        return true;
    if (e->text_room < *n + 1) {
        free(e->text);
        e->text = malloc(*n + 1);
        e->text_room = e->text ? *n + 1 : 0;
        if (!e->text)
            return false;
    }
    uint8_t *to = e->text;
    if (prefix)
        *to++ = ' ';
    while (from < end) {
        const uint8_t *found = encode_mark(e, from, end);
        const size_t plain = (size_t)((found ? found : end) - from);
        memcpy(to, from, plain);
        to += plain;
        from += plain;
        if (found) {
            *to++ = ' ';
            from += 3;
        }
    }
    *p = e->text;
    *n = (size_t)(to - e->text);
    return true;
}

/* What lies between two added tokens. */
static ink_status encode_fragment(encoder *e, const uint8_t *p, size_t n, bool first, ink_err *err)
{
    const bool prefix = e->t->add_space_prefix && (first || e->t->prefix_each);
    if (!n)
        return INK_OK;
    if (e->t->normal) {
        ink_buf_reset(&e->normal);
        ink_normalize(p, n, e->t->normal, &e->normal);
        INK_TRY(ink_buf_check(&e->normal, "the text in its normal form", err));
        p = (const uint8_t *)e->normal.data;
        n = e->normal.len;
        if (!n)
            return INK_OK;
    }
    if (!encode_rewrite(e, &p, &n, prefix))
        return ink_fail(err, INK_E_MEMORY, "no memory to rewrite %zu bytes of text", n);
    e->end = p + n;
    if (!ink_split_text(&e->t->split, p, n, encode_piece, e))
        return ink_fail(err, INK_E_LIMIT, "the tokenizer's regular expression took too many steps on this text");
    return INK_OK;
}

static ink_status encode_text(encoder *e, const uint8_t *text, size_t n, unsigned flags, ink_err *err)
{
    const ink_added_set *set = flags & INK_TOKENIZE_SPECIAL ? &e->t->all : &e->t->user;
    size_t at = 0, start, end;
    for (const ink_added *a; (a = ink_added_find(set, text, at, n, &start, &end)); at = end) {
        INK_TRY(encode_fragment(e, text + at, start - at, !at, err));
        encode_id(e, a->id);
    }
    INK_TRY(encode_fragment(e, text + at, n - at, !at, err));
    return e->refused ? ink_fail(err, INK_E_MEMORY, "no memory to tokenize %zu bytes", n) : INK_OK;
}

/* Worth its zeroing only when pieces come again. */
static void encode_open_cache(encoder *e, size_t n)
{
    size_t entries = 64;
    if (n < 256)
        return;
    while (entries < ENCODE_CACHE && entries < n / 8)
        entries *= 2;
    e->cache = calloc(entries, sizeof *e->cache);
    e->cache_mask = entries - 1;
}

ink_status ink_tokenize(const ink_tokenizer *t, const char *text, size_t n, unsigned flags, ink_ids *ids, ink_err *err)
{
    if (n >= INT32_MAX)
        return ink_fail(err, INK_E_LIMIT, "%zu bytes of text; at most %d are tokenized in one go", n, INT32_MAX - 1);
    encoder e = { .t = t, .ids = ids, .joiner = { .vocab = &t->vocab, .merges = &t->merges } };
    const size_t before = ids->count;
    ink_buf_init(&e.normal, 0);
    if (!ids_reserve(ids, n / 4 + 8))
        return ink_fail(err, INK_E_MEMORY, "no memory for the ids of %zu bytes of text", n);
    encode_open_cache(&e, n);
    ink_status status = encode_text(&e, (const uint8_t *)text, n, flags, err);
    if (status)
        ids->count = before;
    ink_joiner_clear(&e.joiner);
    free(e.symbols);
    free(e.text);
    ink_buf_clear(&e.normal);
    free(e.cache);
    return status;
}
