#include "base/count.h"
#include "generate/prefixes.h"
#include "kernels/kv_layout.h"

#include <stdlib.h>
#include <string.h>

size_t ink_prefix_common(const int32_t *a, size_t n, const int32_t *b, size_t m)
{
    size_t same = 0, most = n < m ? n : m;
    while (same < most && a[same] == b[same])
        same++;
    return same;
}

/* What a sequence takes from the room: whole blocks. */
static size_t prefixes_room(size_t count)
{
    return ink_round_up(count, INK_KV_BLOCK);
}

static void prefixes_drop(ink_prefixes *p, size_t i)
{
    p->tokens -= prefixes_room(p->at[i].count);
    ink_seq_free(p->at[i].seq);
    free(p->at[i].ids);
    p->at[i] = p->at[--p->count];
}

bool ink_prefixes_evict(ink_prefixes *p)
{
    size_t oldest = 0;
    for (size_t i = 1; i < p->count; i++)
        if (p->at[i].used < p->at[oldest].used)
            oldest = i;
    if (!p->count)
        return false;
    prefixes_drop(p, oldest);
    return true;
}

static bool prefixes_add(ink_prefixes *p, uint64_t owner, ink_seq *seq, const int32_t *ids, size_t count)
{
    if (!p->at)
        p->at = calloc(p->most, sizeof *p->at);
    int32_t *copy = malloc(count * sizeof *copy);
    if (!p->at || !copy) {
        free(copy);
        return false;
    }
    memcpy(copy, ids, count * sizeof *copy);
    while (p->count == p->most || (p->count && p->tokens + prefixes_room(count) > p->most_tokens))
        ink_prefixes_evict(p);
    p->tokens += prefixes_room(count);
    p->at[p->count++] = (ink_prefix){ .owner = owner, .ids = copy, .count = count, .seq = seq, .used = ++p->clock };
    return true;
}

static size_t prefixes_common(const ink_prefix *p, uint64_t owner, const int32_t *ids, size_t count)
{
    return p->owner == owner ? ink_prefix_common(ids, count, p->ids, p->count) : 0;
}

void ink_prefixes_keep(ink_prefixes *p, uint64_t owner, ink_seq *seq, const int32_t *ids, size_t count)
{
    bool useful = count > 0 && prefixes_room(count) <= p->most_tokens && p->most > 0;
    for (size_t i = 0; useful && i < p->count;) {
        size_t same = prefixes_common(&p->at[i], owner, ids, count);
        if (same == count) { /* that one holds all of this */
            p->at[i].used = ++p->clock;
            useful = false;
        } else if (same && same == p->at[i].count)
            prefixes_drop(p, i);
        else
            i++;
    }
    if (!useful || !prefixes_add(p, owner, seq, ids, count))
        ink_seq_free(seq);
}

const ink_prefix *ink_prefixes_find(ink_prefixes *p, uint64_t owner, const int32_t *ids, size_t count, size_t *common)
{
    ink_prefix *best = NULL;
    *common = 0;
    for (size_t i = 0; i < p->count; i++) {
        size_t same = prefixes_common(&p->at[i], owner, ids, count);
        if (same > *common) {
            *common = same;
            best = &p->at[i];
        }
    }
    if (best)
        best->used = ++p->clock;
    return best;
}

void ink_prefixes_clear(ink_prefixes *p)
{
    while (p->count)
        prefixes_drop(p, p->count - 1);
    free(p->at);
    *p = (ink_prefixes){ .most = p->most, .most_tokens = p->most_tokens };
}
