#include "text/merges.h"

#include <stdlib.h>
#include <string.h>

enum { MERGES_PROBES = 4096, MERGES_LONGEST = 1 << 16 };

/* The two sides of a listed merge. A space at the very start is no border. */
static bool merges_sides(const ink_tokenizer_spec *spec, uint32_t i, ink_text side[2])
{
    const ink_text left = spec->merges[i];
    if (spec->rights) {
        side[0] = left;
        side[1] = spec->rights[i];
    } else {
        const char *space = left.size < 3 ? NULL : memchr(left.data + 1, ' ', left.size - 1);
        if (!space)
            return false;
        side[0] = (ink_text){ left.data, (size_t)(space - left.data) };
        side[1] = (ink_text){ space + 1, left.size - side[0].size - 1 };
    }
    return side[0].size && side[1].size && side[0].size < MERGES_LONGEST / 2 && side[1].size < MERGES_LONGEST / 2;
}

typedef struct merges_maker {
    ink_merges *m;
    const ink_vocab *v;
    const ink_tokenizer_spec *spec;
    uint8_t *spelling;    /* MERGES_LONGEST bytes */
    int32_t last;         /* what the merge before made: the next one mostly makes the next token */
} merges_maker;

/* The token that both sides make together, which lie in spelling: n bytes. */
static int32_t merges_result(merges_maker *k, size_t n)
{
    if ((uint32_t)k->last + 1 < k->v->count && ink_vocab_joins(k->v, k->last + 1)) {
        ink_text t = ink_vocab_bytes(k->v, k->last + 1);
        if (t.size == n && !memcmp(t.data, k->spelling, n))
            return ++k->last;
    }
    int32_t id = ink_vocab_find(k->v, k->spelling, n);
    if (id >= 0)
        k->last = id;
    return id;
}

static ink_status merges_insert(ink_merges *m, int32_t left, int32_t right, uint32_t rank, const char *where, ink_err *err)
{
    const uint64_t pair = (uint64_t)(uint32_t)left << 21 | (uint32_t)right;
    uint64_t at = ink_merges_hash(pair);
    for (size_t probes = 0; probes < MERGES_PROBES; probes++, at++) {
        uint64_t *slot = &m->slots[at & m->mask];
        if (*slot == UINT64_MAX) {
            *slot = pair << 22 | rank;
            return INK_OK;
        }
        if (*slot >> 22 == pair) /* listed twice: the first counts */
            return INK_OK;
    }
    return ink_fail(err, INK_E_FORMAT, "%s: the merges are made so that looking one up takes forever", where);
}

/* A merge of or into something that is no token can never happen, and is passed over. */
static ink_status merges_add(merges_maker *k, uint32_t rank, ink_err *err)
{
    ink_text side[2];
    k->m->joined[rank] = 0;
    if (!merges_sides(k->spec, rank, side))
        return INK_OK;
    const size_t a = ink_spelling_read(k->spec->byte_level, side[0], k->spelling);
    const size_t b = ink_spelling_read(k->spec->byte_level, side[1], k->spelling + a);
    const int32_t left = a == 1 && k->spec->byte_level ? k->v->byte_ids[k->spelling[0]] : ink_vocab_find(k->v, k->spelling, a);
    const int32_t right = ink_vocab_find(k->v, k->spelling + a, b);
    const int32_t both = merges_result(k, a + b);
    if (left < 0 || right < 0 || both < 0)
        return INK_OK;
    k->m->joined[rank] = (uint32_t)both;
    if (k->m->pairs && a == 1 && b == 1) {
        uint32_t *pair = &k->m->pairs[k->spelling[0] << 8 | k->spelling[1]];
        *pair = *pair == INK_NO_RANK ? rank : *pair;
    }
    return merges_insert(k->m, left, right, rank, k->spec->where, err);
}

static ink_status merges_listed(ink_merges *m, const ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err)
{
    size_t slots = 16;
    if (spec->merge_count > INK_TOKENIZER_MERGES)
        return ink_fail(err, INK_E_LIMIT, "%s: %zu merges; at most %d are read", spec->where, spec->merge_count, INK_TOKENIZER_MERGES);
    while (slots < 2 * spec->merge_count)
        slots *= 2;
    m->mask = slots - 1;
    m->slots = malloc(slots * sizeof *m->slots);
    m->joined = malloc((spec->merge_count + 1) * sizeof *m->joined);
    m->pairs = spec->byte_level ? malloc(65536 * sizeof *m->pairs) : NULL;
    merges_maker k = { m, v, spec, malloc(MERGES_LONGEST), 0 };
    ink_status status = INK_OK;
    if (!m->slots || !m->joined || !k.spelling || (spec->byte_level && !m->pairs))
        status = ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu merges", spec->where, spec->merge_count);
    else {
        memset(m->slots, -1, slots * sizeof *m->slots);
        for (size_t i = 0; m->pairs && i < 65536; i++)
            m->pairs[i] = INK_NO_RANK;
    }
    for (uint32_t i = 0; !status && i < spec->merge_count; i++)
        status = merges_add(&k, i, err);
    free(k.spelling);
    return status;
}

typedef struct scored {
    double score;
    uint32_t id;
} scored;

static int merges_compare(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Ranks by falling score; equal scores share a rank, so that the leftmost pair goes first. Files mostly list them in order. */
static ink_status merges_scored(ink_merges *m, const ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err)
{
    scored *list = malloc((v->count + 1) * sizeof *list);
    m->order = malloc((v->count + 1) * sizeof *m->order);
    if (!list || !m->order) {
        free(list);
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for the ranks of %u tokens", spec->where, v->count);
    }
    size_t count = 0;
    bool sorted = true;
    for (uint32_t i = 0; i < v->count; i++) {
        m->order[i] = INK_NO_RANK;
        if (v->kinds[i] != INK_TOKEN_NORMAL || spec->scores[i] != spec->scores[i]) /* NaN is no score */
            continue;
        list[count++] = (scored){ spec->scores[i], i };
        sorted = sorted && (count < 2 || list[count - 2].score >= list[count - 1].score);
    }
    if (!sorted)
        qsort(list, count, sizeof *list, merges_compare);
    for (uint32_t i = 0, rank = 0; i < count; i++) {
        rank += i && list[i].score < list[i - 1].score;
        m->order[list[i].id] = rank;
    }
    free(list);
    return INK_OK;
}

ink_status ink_merges_make(ink_merges *m, const ink_vocab *v, const ink_tokenizer_spec *spec, ink_err *err)
{
    return spec->scores && !spec->merges ? merges_scored(m, v, spec, err) : merges_listed(m, v, spec, err);
}

void ink_merges_clear(ink_merges *m)
{
    free(m->slots);
    free(m->joined);
    free(m->pairs);
    free(m->order);
}
