/* AdamW or SGD over everything that learns: one pass that clips, moves the moments, updates, and clears the gradient, in pieces of a
   fixed size for whichever thread comes. */
#include "train/train.h"

#include <math.h>
#include <stdlib.h>

const char *const ink_optimiser_names[] = { "adamw", "sgd", NULL };

enum { OPTIMISER_PIECE = 1 << 14 }; /* floats */

ink_status ink_optimiser_open(ink_optimiser *p, const ink_train_options *o, ink_learner *l, ink_err *err)
{
    const size_t bytes = l->learning->learned_bytes;
    *p = (ink_optimiser){ .o = o, .l = l, .pieces = (bytes / sizeof(float) + OPTIMISER_PIECE - 1) / OPTIMISER_PIECE };
    INK_TRY(ink_huge_new(bytes, "the moments", &p->first, err));
    INK_TRY(ink_huge_new(bytes, "the moments", &p->second, err));
    p->partial = malloc((p->pieces + 1) * sizeof *p->partial);
    return p->partial ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for the norm of the gradient");
}

void ink_optimiser_close(ink_optimiser *p)
{
    ink_huge_free(&p->first);
    ink_huge_free(&p->second);
    free(p->partial);
    p->partial = NULL;
}

typedef struct pass {
    ink_optimiser *p;
    ink_adamw with, without; /* decay */
    double rate;
    _Atomic uint32_t next;
} pass;

static float *optimiser_at(const ink_huge *h, size_t at) { return (float *)(void *)h->data + at; }

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
        s->p->partial[i] = (double)s->p->l->kernels.squares(optimiser_piece(s->p, i), optimiser_at(&s->p->l->learning->gradients, i * OPTIMISER_PIECE));
}

double ink_optimiser_norm(ink_optimiser *p)
{
    pass s = { .p = p };
    double sum = 0;
    ink_pool_run(p->l->pool, optimiser_norm, &s);
    for (size_t i = 0; i < p->pieces; i++)
        sum += p->partial[i];
    return sqrt(sum);
}

/* [from, to) of one weight, as each optimiser does it; in the order of ink_optimiser_names. */
typedef void optimiser_update(const pass *s, bool decays, size_t from, size_t to);

static void optimiser_adamw(const pass *s, bool decays, size_t from, size_t to)
{
    const ink_nn_weights *w = s->p->l->learning;
    s->p->l->kernels.adamw(to - from, decays ? &s->with : &s->without, optimiser_at(&w->learned, from), optimiser_at(&s->p->first, from), optimiser_at(&s->p->second, from),
                           optimiser_at(&w->gradients, from));
}

static void optimiser_sgd(const pass *s, bool decays, size_t from, size_t to)
{
    const ink_nn_weights *w = s->p->l->learning;
    const ink_sgd how = { .scale = s->with.scale, .decay = decays ? (float)s->p->o->decay : 0, .momentum = (float)s->p->o->momentum, .rate = (float)s->rate };
    s->p->l->kernels.sgd(to - from, &how, optimiser_at(&w->learned, from), optimiser_at(&s->p->first, from), optimiser_at(&w->gradients, from));
}

static optimiser_update *const optimiser_updates[] = { optimiser_adamw, optimiser_sgd };

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
            if (x->learns && first < to && from < last)
                optimiser_updates[s->p->o->optimiser](s, x->tensor->ndim > 1, first > from ? first : from, last < to ? last : to);
        }
    }
}

void ink_optimiser_step(ink_optimiser *p, size_t step, double rate, double scale)
{
    const ink_train_options *o = p->o;
    const double t = (double)step + 1;
    pass s = { .p = p, .rate = rate, .without = { .keep = 1, .new1 = (float)(1 - o->beta1), .beta2 = (float)o->beta2, .new2 = (float)(1 - o->beta2),
                                    .step = (float)(rate / (1 - pow(o->beta1, t))), .root2 = (float)sqrt(1 - pow(o->beta2, t)), .eps = (float)o->eps, .scale = (float)scale } };
    s.with = s.without;
    s.with.keep = (float)(1 - rate * o->decay);
    ink_pool_run(p->l->pool, optimiser_step, &s);
}
