/* Samples that share a row of a batch. Nothing is padded here and none sees another, so what packing gives is batches of even
   size: each pack takes the longest sample that fits, and again, until none does. */
#include "train/train.h"

#include <stdlib.h>

enum { PACK_NONE = UINT32_MAX };

typedef struct packing {
    const ink_examples *e;
    size_t room;
    uint32_t *first, *next; /* [room + 1] samples by length, [count] of the same length */
} packing;

static void pack_sort(packing *p)
{
    for (size_t n = 0; n <= p->room; n++)
        p->first[n] = PACK_NONE;
    for (size_t i = p->e->count; i-- > 0;) {
        const size_t n = ink_examples_length(p->e, i);
        p->next[i] = p->first[n];
        p->first[n] = (uint32_t)i;
    }
}

/* Lengths are looked at from the longest down, once for each pack. */
static void pack_fill(packing *p, ink_packs *out)
{
    size_t done = 0;
    while (done < p->e->count) {
        size_t left = p->room;
        for (size_t n = left; n; n = n - 1 < left ? n - 1 : left)
            while (n <= left && p->first[n] != PACK_NONE) {
                out->samples[done++] = p->first[n];
                p->first[n] = p->next[p->first[n]];
                left -= n;
            }
        out->starts[++out->count] = done;
        out->longest = p->room - left > out->longest ? p->room - left : out->longest;
    }
}

ink_status ink_packs_make(const ink_examples *e, size_t room, ink_packs *out, ink_err *err)
{
    packing p = { .e = e, .room = room };
    *out = (ink_packs){ .samples = malloc((e->count + 1) * sizeof *out->samples), .starts = calloc(e->count + 2, sizeof *out->starts), .longest = e->longest };
    p.first = malloc((room + 1) * sizeof *p.first);
    p.next = malloc((e->count + 1) * sizeof *p.next);
    const bool there = out->samples && out->starts && p.first && p.next;
    if (there && room) {
        pack_sort(&p);
        pack_fill(&p, out);
    }
    for (size_t i = 0; there && !room && i < e->count; i++) {
        out->samples[i] = (uint32_t)i;
        out->starts[++out->count] = i + 1;
    }
    free(p.first);
    free(p.next);
    return there ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory to pack %zu samples", e->count);
}

ink_status ink_packs_pairs(const ink_examples *e, ink_packs *out, ink_err *err)
{
    INK_TRY(ink_packs_make(e, 0, out, err));
    out->count = e->count / 2;
    for (size_t i = 0; i <= out->count; i++)
        out->starts[i] = 2 * i;
    return INK_OK;
}

void ink_packs_clear(ink_packs *p)
{
    free(p->samples);
    free(p->starts);
    *p = (ink_packs){ 0 };
}
