/* Text to ids: added tokens are cut out, then those that are looked for in the normal form of what lies between, what is left is split
   into pieces, and each piece is joined from its bytes or characters. All memory of a call is its own. */
#include "text/cache.h"
#include "text/rewrite.h"

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
    ink_unigram_place *places;
    size_t place_room;
    ink_rewriter rewriter;
    bool controls;            /* control tokens are read too */
    bool refused;             /* memory was; what follows is passed over */
    ink_err *err;
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
            s[count] = (ink_symbol){ ink_vocab_joins(v, id) ? id : -1, (uint32_t)i };
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

static void encode_likeliest(void *user, int32_t id, const uint8_t *p, size_t n)
{
    encoder *e = user;
    if (id >= 0)
        encode_id(e, id);
    else
        encode_unknown(e, p, n, false);
}

static void encode_unigram(encoder *e, const uint8_t *p, size_t n)
{
    if (n >= e->place_room) {
        free(e->places);
        e->place_room = n + n / 2 + 64;
        e->places = malloc(e->place_room * sizeof *e->places);
        e->place_room = e->places ? e->place_room : 0;
    }
    e->refused |= !e->places;
    if (!e->refused)
        ink_unigram_cut(&e->t->unigram, &e->t->vocab, e->controls, p, n, e->places, encode_likeliest, e);
}

static void encode_joined(encoder *e, const uint8_t *p, size_t n)
{
    ink_symbol few[INK_JOIN_SHORT + 1], *s = few;
    if (e->t->unigram.edges) {
        encode_unigram(e, p, n);
        return;
    }
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
        if (ink_vocab_joins(&e->t->vocab, id) && (e->controls || !ink_tokenizer_is_control(e->t, id))) {
            encode_id(e, id);
            return;
        }
    }
    for (const uint8_t *q = p + 1; q < end && !e->t->unigram.edges; q++)
        if (!(e->t->inside[q[-1]][*q >> 6] >> (*q & 63) & 1) && (e->t->byte_level || (*q & 0xC0) != 0x80)) {
            encode_part(e, start, (size_t)(q - start));
            start = q;
        }
    encode_part(e, start, (size_t)(end - start));
}

/* A search for added tokens, and what lies between two of them. */
typedef struct encode_pass {
    const ink_added_set *added;
    ink_status (*between)(encoder *e, ink_text text, bool first);
} encode_pass;

static ink_status encode_pass_over(encoder *e, const encode_pass *pass, ink_text text, bool first)
{
    ink_added_match m = { 0 };
    for (size_t at = 0; ink_added_find(pass->added, (const uint8_t *)text.data, text.size, &m); at = m.end) {
        if (m.start > at)
            INK_TRY(pass->between(e, (ink_text){ text.data + at, m.start - at }, first && !at));
        if (m.end > m.start) /* nothing is left when the one before took all its white space */
            encode_id(e, m.added->id);
    }
    if (m.end == text.size)
        return INK_OK;
    return pass->between(e, (ink_text){ text.data + m.end, text.size - m.end }, first && !m.end);
}

static void encode_give(void *user, int32_t id)
{
    encode_id(user, id);
}

static ink_status encode_pieces(encoder *e, ink_text text, bool first)
{
    if (e->t->wordpiece.on) {
        ink_wordpiece_cut(&e->t->wordpiece, &e->t->vocab, e->t->unknown, text.data, text.size, encode_give, e);
        return INK_OK;
    }
    if (!ink_rewrite_pretokenize(&e->rewriter, e->t, first, &text))
        return ink_fail(e->err, INK_E_MEMORY, "no memory to rewrite %zu bytes of text", text.size);
    const uint8_t *p = (const uint8_t *)text.data;
    e->end = p + text.size;
    if (!ink_split_text(&e->t->split, p, text.size, encode_piece, e))
        return ink_fail(e->err, INK_E_LIMIT, "the tokenizer's regular expression took too many steps on this text");
    return INK_OK;
}

static ink_status encode_normal(encoder *e, ink_text text, bool first)
{
    const encode_pass pass = { &e->t->added[1][e->controls], encode_pieces };
    if (!ink_rewrite_normal(&e->rewriter, e->t, first, &text))
        return ink_fail(e->err, INK_E_MEMORY, "no memory to rewrite %zu bytes of text", text.size);
    return encode_pass_over(e, &pass, text, first);
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
    encoder e = { .t = t, .ids = ids, .joiner = { .vocab = &t->vocab, .merges = &t->merges }, .controls = flags & INK_TOKENIZE_SPECIAL, .err = err };
    const encode_pass pass = { &t->added[0][e.controls], encode_normal };
    const size_t before = ids->count;
    if (!ids_reserve(ids, n / 4 + 8))
        return ink_fail(err, INK_E_MEMORY, "no memory for the ids of %zu bytes of text", n);
    encode_open_cache(&e, n);
    ink_rewriter_init(&e.rewriter);
    ink_status status = encode_pass_over(&e, &pass, (ink_text){ text, n }, true);
    if (!status && e.refused)
        status = ink_fail(err, INK_E_MEMORY, "no memory to tokenize %zu bytes", n);
    if (status)
        ids->count = before;
    ink_joiner_clear(&e.joiner);
    free(e.symbols);
    free(e.places);
    ink_rewriter_clear(&e.rewriter);
    free(e.cache);
    return status;
}
