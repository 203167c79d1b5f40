#include "text/words.h"

#include "text/vocab.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *words_slot(const ink_words *w, const char *p, size_t n)
{
    size_t i = ink_hash_bytes((const uint8_t *)p, n) & (w->slot_count - 1);
    for (; w->slots[i]; i = (i + 1) & (w->slot_count - 1)) {
        const ink_text t = ink_words_at(w, w->slots[i] - 1);
        if (t.size == n && !memcmp(t.data, p, n))
            break;
    }
    return &w->slots[i];
}

static bool words_grow_slots(ink_words *w)
{
    ink_words more = *w;
    more.slot_count = w->slot_count ? 2 * w->slot_count : 1024;
    more.slots = calloc(more.slot_count, sizeof *more.slots);
    if (!more.slots)
        return false;
    for (size_t i = 0; i < w->count; i++) {
        const ink_text t = ink_words_at(w, i);
        *words_slot(&more, t.data, t.size) = (uint32_t)i + 1;
    }
    free(w->slots);
    *w = more;
    return true;
}

static bool words_grow(ink_words *w)
{
    const size_t room = w->room ? 2 * w->room : 1024;
    size_t *starts = realloc(w->starts, (room + 1) * sizeof *starts);
    w->starts = starts ? starts : w->starts;
    uint64_t *counts = realloc(w->counts, room * sizeof *counts);
    w->counts = counts ? counts : w->counts;
    if (!starts || !counts)
        return false;
    starts[w->count] = w->count ? starts[w->count] : 0;
    w->room = room;
    return true;
}

static bool words_grow_bytes(ink_words *w, size_t need)
{
    const size_t room = 2 * need + 4096;
    char *bytes = need <= w->bytes_room ? w->bytes : realloc(w->bytes, room);
    if (!bytes)
        return false;
    w->bytes_room = need <= w->bytes_room ? w->bytes_room : room;
    w->bytes = bytes;
    return true;
}

ink_status ink_words_add(ink_words *w, const char *p, size_t n, uint64_t by, uint32_t *number, ink_err *err)
{
    if (w->count == UINT32_MAX - 1)
        return ink_fail(err, INK_E_LIMIT, "more than %u different words", UINT32_MAX - 1);
    if ((2 * w->count >= w->slot_count && !words_grow_slots(w)) || (w->count == w->room && !words_grow(w)) || !words_grow_bytes(w, w->starts[w->count] + n))
        return ink_fail(err, INK_E_MEMORY, "no memory for more than %zu different words", w->count);
    uint32_t *slot = words_slot(w, p, n);
    if (!*slot) {
        memcpy(w->bytes + w->starts[w->count], p, n);
        w->starts[w->count + 1] = w->starts[w->count] + n;
        w->counts[w->count++] = 0;
        *slot = (uint32_t)w->count;
    }
    w->counts[*slot - 1] += by;
    *number = *slot - 1;
    return INK_OK;
}

uint32_t ink_words_find(const ink_words *w, const char *p, size_t n)
{
    return w->slot_count ? *words_slot(w, p, n) - 1 : INK_WORDS_NONE; /* an empty slot holds 0 */
}

void ink_words_clear(ink_words *w)
{
    free(w->bytes);
    free(w->starts);
    free(w->counts);
    free(w->slots);
    *w = (ink_words){ 0 };
}
