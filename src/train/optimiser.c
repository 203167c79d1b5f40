/* An optimiser over everything that learns: one pass that clips, moves the moments, updates, and clears the gradient, in pieces of a
   fixed size for whichever thread comes. What happens to a value is its own file's (optimisers/NAME.c). */
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INK_OPTIMISER(name) #name,
const char *const ink_optimiser_names[] = {
#include "train/optimisers.def"
    NULL,
};
#undef INK_OPTIMISER
#define INK_OPTIMISER(name) &ink_optimiser_##name,
static const ink_optimiser_kind *const optimiser_kinds[] = {
#include "train/optimisers.def"
};
#undef INK_OPTIMISER

enum { OPTIMISER_PIECE = 1 << 14 }; /* floats */

ink_status ink_optimiser_open(ink_optimiser *p, const ink_train_options *o, const ink_method_layers *layers, ink_learner *l, ink_err *err)
{
    const size_t bytes = l->learning->learned_bytes;
    *p = (ink_optimiser){ .kind = optimiser_kinds[o->optimiser], .o = o, .layers = layers, .l = l, .pieces = (bytes / sizeof(float) + OPTIMISER_PIECE - 1) / OPTIMISER_PIECE };
    INK_TRY(ink_huge_new(bytes, "the moments", &p->first, err));
    if (p->kind->moments > 1)
        INK_TRY(ink_huge_new(bytes, "the moments", &p->second, err));
    p->partial = malloc((p->pieces + 1) * sizeof *p->partial);
    p->rates = malloc((l->learning->count + 1) * sizeof *p->rates);
    return p->partial && p->rates ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for the norm of the gradient");
}

void ink_optimiser_close(ink_optimiser *p)
{
    ink_huge_free(&p->first);
    ink_huge_free(&p->second);
    free(p->partial);
    free(p->rates);
    p->partial = p->rates = NULL;
}

typedef struct pass {
    ink_optimiser *p;
    ink_optimiser_pass how;
    _Atomic uint32_t next;
} pass;

static size_t optimiser_piece(const ink_optimiser *p, size_t i)
{
    size_t left = p->l->learning->learned_bytes / sizeof(float) - i * OPTIMISER_PIECE;
    return left < OPTIMISER_PIECE ? left : OPTIMISER_PIECE;
}

static void optimiser_norm(void *user, size_t thread)
{
    pass *s = user;
    (void)thread;
    for (size_t i; (i = ink_pool_take(&s->next)) < s->p->pieces;)
        s->p->partial[i] = (double)s->p->l->kernels.squares(optimiser_piece(s->p, i), ink_optimiser_at(&s->p->l->learning->gradients, i * OPTIMISER_PIECE));
}

/* What rests has no gradient. */
static void optimiser_rates(ink_optimiser *p, size_t epoch)
{
    const ink_nn_weights *w = p->l->learning;
    for (size_t i = 0; i < w->count; i++) {
        p->rates[i] = ink_method_rate(p->layers, w->list[i]->name, epoch);
        if (w->list[i]->learns && p->rates[i] == 0)
            memset(w->gradients.data + w->list[i]->at, 0, w->list[i]->tensor->count * sizeof(float));
    }
}

const char *ink_optimiser_broken(const ink_optimiser *p)
{
    const ink_nn_weights *w = p->l->learning;
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i]->learns && !isfinite(p->l->kernels.squares(w->list[i]->tensor->count, ink_optimiser_at(&w->gradients, w->list[i]->at / sizeof(float)))))
            return w->list[i]->name;
    return NULL;
}

double ink_optimiser_norm(ink_optimiser *p, size_t epoch)
{
    pass s = { .p = p };
    optimiser_rates(p, epoch);
    double sum = 0;
    ink_pool_run(p->l->pool, optimiser_norm, &s);
    for (size_t i = 0; i < p->pieces; i++)
        sum += p->partial[i];
    return sqrt(sum);
}

/* The weights that a piece overlaps; they lie in the order in which they were asked for. */
static void optimiser_step(void *user, size_t thread)
{
    pass *s = user;
    const ink_nn_weights *w = s->p->l->learning;
    (void)thread;
    for (size_t i; (i = ink_pool_take(&s->next)) < s->p->pieces;) {
        const size_t from = i * OPTIMISER_PIECE, to = from + optimiser_piece(s->p, i);
        for (size_t n = 0; n < w->count; n++) {
            const ink_nn_weight *x = w->list[n];
            const size_t first = x->at / sizeof(float), last = first + x->tensor->count;
            ink_optimiser_pass how = s->how;
            how.rate *= s->p->rates[n];
            if (x->learns && first < to && from < last)
                s->p->kind->update(s->p, &how, x->tensor->ndim > 1, first > from ? first : from, last < to ? last : to);
        }
    }
}

void ink_optimiser_step(ink_optimiser *p, size_t step, double rate, double scale)
{
    pass s = { .p = p, .how = { step, rate, scale } };
    ink_pool_run(p->l->pool, optimiser_step, &s);
}
