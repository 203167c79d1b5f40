/* A tokenizer's merges as tokenizer.json lists them, pairs of texts: as they are, or of a SentencePiece model, which has scores instead, those that its tokens come from. */
#include "base/text.h"
#include "models/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static ink_json *merges_text(ink_text t) { return ink_json_new_text(t.data, t.size); }

typedef struct merges_one {
    ink_text whole;
    size_t cut;
    double score;
    size_t id;
} merges_one;

static int merges_order(const void *a, const void *b)
{
    const merges_one *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->cut > y->cut) - (x->cut < y->cut);
}

static int merges_compare(const void *a, const void *b)
{
    const ink_text *x = *(const ink_text *const *)a, *y = *(const ink_text *const *)b;
    return ink_bytes_compare(x->data, x->size, y->data, y->size);
}

typedef struct merges_pieces { /* tokens that merges make and are made from, sorted */
    const ink_tokenizer_spec *spec;
    const ink_text **sorted;
    size_t count, found, room;
    merges_one *merges;
    bool failed;
} merges_pieces;

static bool merges_has(const merges_pieces *p, ink_text t)
{
    const ink_text *key = &t;
    return bsearch(&key, p->sorted, p->count, sizeof *p->sorted, merges_compare) != NULL;
}

static void merges_cuts(merges_pieces *p, size_t id)
{
    const ink_text whole = p->spec->tokens[id];
    for (size_t cut = 1; cut < whole.size && !p->failed; cut++) {
        if (((uint8_t)whole.data[cut] & 0xc0) == 0x80 || !merges_has(p, (ink_text){ whole.data, cut }) || !merges_has(p, (ink_text){ whole.data + cut, whole.size - cut }))
            continue;
        if (p->found == p->room) {
            p->room = p->room ? 2 * p->room : 4096;
            merges_one *grown = realloc(p->merges, p->room * sizeof *grown);
            p->failed = !grown;
            p->merges = grown ? grown : p->merges;
        }
        if (!p->failed)
            p->merges[p->found++] = (merges_one){ .whole = whole, .cut = cut, .score = p->spec->scores[id], .id = id };
    }
}

static ink_json *merges_pair(ink_text left, ink_text right)
{
    ink_json *pair = ink_json_new_array();
    ink_json_append(pair, merges_text(left));
    ink_json_append(pair, merges_text(right));
    return pair;
}

static ink_status merges_scored(const ink_tokenizer_spec *s, ink_json *list, ink_err *err)
{
    merges_pieces p = { .spec = s, .sorted = malloc((s->count + 1) * sizeof *p.sorted) };
    p.failed = !p.sorted;
    for (size_t i = 0; !p.failed && i < s->count; i++)
        if (s->kinds[i] == INK_TOKEN_NORMAL)
            p.sorted[p.count++] = &s->tokens[i];
    if (!p.failed)
        qsort(p.sorted, p.count, sizeof *p.sorted, merges_compare);
    for (size_t i = 0; !p.failed && i < s->count; i++)
        if (s->kinds[i] == INK_TOKEN_NORMAL)
            merges_cuts(&p, i);
    if (!p.failed)
        qsort(p.merges, p.found, sizeof *p.merges, merges_order);
    for (size_t i = 0; !p.failed && i < p.found; i++) {
        const merges_one *m = &p.merges[i];
        ink_json_append(list, merges_pair((ink_text){ m->whole.data, m->cut }, (ink_text){ m->whole.data + m->cut, m->whole.size - m->cut }));
    }
    free(p.sorted);
    free(p.merges);
    return p.failed ? ink_fail(err, INK_E_MEMORY, "no memory for the merges of a tokenizer") : INK_OK;
}

static void merges_listed(const ink_tokenizer_spec *s, ink_json *list)
{
    for (size_t i = 0; i < s->merge_count; i++) {
        const ink_text l = s->merges[i];
        const char *space = s->rights || !l.size ? NULL : memchr(l.data + 1, ' ', l.size - 1);
        if (space)
            ink_json_append(list, merges_pair((ink_text){ l.data, (size_t)(space - l.data) }, (ink_text){ space + 1, l.size - (size_t)(space - l.data) - 1 }));
        else if (s->rights)
            ink_json_append(list, merges_pair(l, s->rights[i]));
    }
}

ink_status ink_tokenizer_to_merges(const ink_tokenizer_spec *s, ink_json *list, ink_err *err)
{
    if (s->scores)
        return merges_scored(s, list, err);
    merges_listed(s, list);
    return INK_OK;
}
