#include "text/merging.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more; *at stays where it was when memory is refused. */
static bool merging_room(void *at, size_t count, size_t *room, size_t size)
{
    void **list = at;
    if (count < *room)
        return true;
    const size_t more = *room ? 2 * *room : 256;
    void *grown = realloc(*list, more * size);
    if (!grown)
        return false;
    *list = grown;
    *room = more;
    return true;
}

static ink_status merging_memory(const ink_merging *m, ink_err *err)
{
    return ink_fail(err, INK_E_MEMORY, "no memory to merge the symbols of %zu words", m->words);
}

ink_status ink_merging_word(ink_merging *m, const uint32_t *symbols, size_t n, uint64_t count, ink_err *err)
{
    if (m->words == m->words_room) {
        const size_t room = m->words_room ? 2 * m->words_room : 1024;
        size_t *starts = realloc(m->starts, room * sizeof *starts);
        m->starts = starts ? starts : m->starts;
        uint32_t *lengths = realloc(m->lengths, room * sizeof *lengths);
        m->lengths = lengths ? lengths : m->lengths;
        uint64_t *counts = realloc(m->counts, room * sizeof *counts);
        m->counts = counts ? counts : m->counts;
        if (!starts || !lengths || !counts)
            return merging_memory(m, err);
        m->words_room = room;
    }
    while (m->used + n > m->sequence_room)
        if (!merging_room(&m->sequence, m->sequence_room, &m->sequence_room, sizeof *m->sequence))
            return merging_memory(m, err);
    memcpy(m->sequence + m->used, symbols, n * sizeof *symbols);
    m->starts[m->words] = m->used;
    m->lengths[m->words] = (uint32_t)n;
    m->counts[m->words++] = count;
    m->used += n;
    return INK_OK;
}

/* ---- pairs ---- */

static uint32_t *merging_slot(const ink_merging *m, ink_pair p)
{
    const uint64_t key = (uint64_t)p.left << 32 | p.right;
    size_t i = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & (m->slot_count - 1);
    for (; m->slots[i]; i = (i + 1) & (m->slot_count - 1)) {
        const ink_pair q = m->pairs[m->slots[i] - 1].pair;
        if (q.left == p.left && q.right == p.right)
            break;
    }
    return &m->slots[i];
}

static bool merging_slots(ink_merging *m)
{
    if (2 * m->pair_count < m->slot_count)
        return true;
    ink_merging more = *m;
    more.slot_count = m->slot_count ? 2 * m->slot_count : 4096;
    more.slots = calloc(more.slot_count, sizeof *more.slots);
    if (!more.slots)
        return false;
    for (size_t i = 0; i < m->pair_count; i++)
        *merging_slot(&more, m->pairs[i].pair) = (uint32_t)i + 1;
    free(m->slots);
    *m = more;
    return true;
}

static ink_merging_pair *merging_pair(ink_merging *m, ink_pair p)
{
    if (!merging_slots(m) || !merging_room(&m->pairs, m->pair_count, &m->pair_room, sizeof *m->pairs))
        return NULL;
    uint32_t *slot = merging_slot(m, p);
    if (!*slot) {
        m->pairs[m->pair_count++] = (ink_merging_pair){ .pair = p };
        *slot = (uint32_t)m->pair_count;
    }
    return &m->pairs[*slot - 1];
}

/* ---- the heap ---- */

typedef struct ink_merging_entry entry;

static bool merging_before(const ink_merging *m, entry a, entry b)
{
    if (a.count != b.count)
        return a.count > b.count;
    return m->rules->order(m, m->pairs[a.pair].pair, m->pairs[b.pair].pair) > 0;
}

static bool merging_push(ink_merging *m, uint32_t pair)
{
    if (!merging_room(&m->heap, m->heap_count, &m->heap_room, sizeof *m->heap))
        return false;
    const entry e = { m->pairs[pair].count, pair };
    size_t i = m->heap_count++;
    for (; i && merging_before(m, e, m->heap[(i - 1) / 2]); i = (i - 1) / 2)
        m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = e;
    return true;
}

static entry merging_pop(ink_merging *m)
{
    const entry top = m->heap[0], last = m->heap[--m->heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < m->heap_count; i = child) {
        child += child + 1 < m->heap_count && merging_before(m, m->heap[child + 1], m->heap[child]);
        if (!merging_before(m, m->heap[child], last))
            break;
        m->heap[i] = m->heap[child];
    }
    m->heap[i] = last;
    return top;
}

/* ---- merging ---- */

/* Counts the pairs of a word, or takes them back. Pairs with the symbol `only` (INK_WORDS_NONE: all) remember the word. */
static bool merging_count(ink_merging *m, uint32_t word, int64_t sign, uint32_t only)
{
    const uint32_t *s = m->sequence + m->starts[word];
    for (size_t i = 0; i + 1 < m->lengths[word]; i++) {
        ink_merging_pair *p = merging_pair(m, (ink_pair){ s[i], s[i + 1] });
        if (!p)
            return false;
        p->count += sign * (int64_t)m->counts[word];
        if (sign < 0 || (only != INK_WORDS_NONE && s[i] != only && s[i + 1] != only))
            continue;
        if (!merging_room(&p->words, p->word_count, &p->room, sizeof *p->words))
            return false;
        p->words[p->word_count++] = word;
    }
    return true;
}

static bool merging_start(ink_merging *m)
{
    for (size_t w = 0; w < m->words; w++)
        if (!merging_count(m, (uint32_t)w, 1, INK_WORDS_NONE))
            return false;
    for (size_t i = 0; i < m->pair_count; i++)
        if ((!m->rules->allows || m->rules->allows(m, m->pairs[i].pair)) && !merging_push(m, (uint32_t)i))
            return false;
    return true;
}

static bool merging_has(const ink_merging *m, uint32_t word, ink_pair p)
{
    const uint32_t *s = m->sequence + m->starts[word];
    for (size_t i = 0; i + 1 < m->lengths[word]; i++)
        if (s[i] == p.left && s[i + 1] == p.right)
            return true;
    return false;
}

static void merging_rewrite(ink_merging *m, uint32_t word, ink_pair p, uint32_t into)
{
    uint32_t *s = m->sequence + m->starts[word];
    size_t n = 0;
    for (size_t i = 0; i < m->lengths[word]; i++) {
        const bool both = i + 1 < m->lengths[word] && s[i] == p.left && s[i + 1] == p.right;
        s[n++] = both ? into : s[i];
        i += both;
    }
    m->lengths[word] = (uint32_t)n;
}

/* Pairs with the new symbol grow; all others only shrink, which the heap finds out when they come up. */
static bool merging_apply(ink_merging *m, size_t which, uint32_t into)
{
    const ink_pair p = m->pairs[which].pair;
    const size_t words = m->pairs[which].word_count;
    for (size_t i = 0; i < words; i++) {
        const uint32_t word = m->pairs[which].words[i];
        if (!merging_has(m, word, p))
            continue;
        if (!merging_count(m, word, -1, into))
            return false;
        merging_rewrite(m, word, p, into);
        if (!merging_count(m, word, 1, into))
            return false;
    }
    free(m->pairs[which].words);
    m->pairs[which].words = NULL;
    m->pairs[which].word_count = m->pairs[which].room = 0;
    return true;
}

static bool merging_grown(ink_merging *m, size_t before, uint32_t into)
{
    for (size_t i = before; i < m->pair_count; i++) {
        const ink_pair p = m->pairs[i].pair;
        if ((p.left == into || p.right == into) && m->pairs[i].count > 0 && (!m->rules->allows || m->rules->allows(m, p)) && !merging_push(m, (uint32_t)i))
            return false;
    }
    return true;
}

static ink_status merging_spell(ink_merging *m, ink_pair p, uint32_t *into, ink_err *err)
{
    const ink_text left = ink_words_at(&m->symbols, p.left), right = ink_words_at(&m->symbols, p.right);
    const size_t skip = m->rules->skip < right.size ? m->rules->skip : 0;
    char *spelling = malloc(left.size + right.size + 1);
    if (!spelling)
        return merging_memory(m, err);
    memcpy(spelling, left.data, left.size);
    memcpy(spelling + left.size, right.data + skip, right.size - skip);
    ink_status status = ink_words_add(&m->symbols, spelling, left.size + right.size - skip, 0, into, err);
    free(spelling);
    return status;
}

static ink_status merging_best(ink_merging *m, size_t which, ink_err *err)
{
    const ink_pair p = m->pairs[which].pair;
    const size_t before = m->symbols.count, pairs = m->pair_count;
    uint32_t into;
    INK_TRY(merging_spell(m, p, &into, err));
    if (!merging_room(&m->merges, m->merge_count, &m->merge_room, sizeof *m->merges))
        return merging_memory(m, err);
    m->merges[m->merge_count++] = p;
    /* A symbol that was there already may be in pairs of before. */
    return merging_apply(m, which, into) && merging_grown(m, m->symbols.count > before ? pairs : 0, into) ? INK_OK : merging_memory(m, err);
}

ink_status ink_merging_run(ink_merging *m, const ink_merging_rules *rules, size_t symbols, uint64_t least, ink_merging_step *step, void *user, ink_err *err)
{
    m->rules = rules;
    if (!merging_start(m))
        return merging_memory(m, err);
    while (m->symbols.count < symbols && m->heap_count) {
        const entry top = merging_pop(m);
        const int64_t count = m->pairs[top.pair].count;
        if (count < top.count) { /* it has shrunk since */
            if (count > 0 && !merging_push(m, top.pair))
                return merging_memory(m, err);
            continue;
        }
        if (count > top.count) /* it grew, and stands there with its count too */
            continue;
        if (count < (int64_t)least)
            break;
        INK_TRY(merging_best(m, top.pair, err));
        if (step && !step(user, m->symbols.count, symbols))
            return ink_fail(err, INK_E_STOPPED, "stopped after %zu of %zu tokens", m->symbols.count, symbols);
    }
    return INK_OK;
}

void ink_merging_clear(ink_merging *m)
{
    for (size_t i = 0; i < m->pair_count; i++)
        free(m->pairs[i].words);
    ink_words_clear(&m->symbols);
    free(m->merges);
    free(m->sequence);
    free(m->lengths);
    free(m->starts);
    free(m->counts);
    free(m->pairs);
    free(m->slots);
    free(m->heap);
    *m = (ink_merging){ 0 };
}
