/* An optimiser over everything that learns: one pass that clips, moves the moments, updates, and clears the gradient, in pieces of a
   fixed size for whichever thread comes. What happens to a value is its own file's (optimisers/NAME.c). */
#include "base/count.h"
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

size_t ink_optimiser_moments(const ink_train_options *o) { return optimiser_kinds[o->optimiser]->moments; }

/* Of kinds that work weight by weight: where each one's state lies, and room for every thread. */
static ink_status optimiser_states(ink_optimiser *p, ink_err *err)
{
    enum { LINE = 16 }; /* floats that begin a line of the cache */
    const ink_nn_weights *w = p->l->learning;
    size_t all = 0;
    p->states = malloc((w->count + 1) * sizeof *p->states);
    if (!p->states)
        return ink_fail(err, INK_E_MEMORY, "no memory for the states of %zu weights", w->count);
    for (size_t i = 0; i < w->count; i++) {
        p->states[i] = all;
        if (!w->list[i]->learns)
            continue;
        all += ink_round_up(p->kind->state(w->list[i]), LINE);
        const size_t room = p->kind->scratch ? ink_round_up(p->kind->scratch(w->list[i]), LINE) : 0;
        p->scratch_each = room > p->scratch_each ? room : p->scratch_each;
    }
    INK_TRY(ink_huge_new(all * sizeof(float), "the moments", &p->first, err));
    return p->scratch_each ? ink_huge_new(p->scratch_each * ink_pool_threads(p->l->pool) * sizeof(float), "the optimiser's room", &p->scratch, err) : INK_OK;
}

ink_status ink_optimiser_open(ink_optimiser *p, const ink_train_options *o, const ink_method_layers *layers, ink_learner *l, ink_err *err)
{
    const size_t bytes = l->learning->learned_bytes;
    *p = (ink_optimiser){ .kind = optimiser_kinds[o->optimiser], .o = o, .layers = layers, .l = l, .pieces = ink_pieces(bytes / sizeof(float), OPTIMISER_PIECE) };
    p->partial = malloc((p->pieces + 1) * sizeof *p->partial);
    p->rates = malloc((l->learning->count + 1) * sizeof *p->rates);
    if (!p->partial || !p->rates)
        return ink_fail(err, INK_E_MEMORY, "no memory for the norm of the gradient");
    if (p->kind->whole && o->pissa)
        return ink_fail(err, INK_E_ARGUMENT, "optim %s moves a weight as a whole, and of PiSSA's a half rests; adamw, sgd and lion can", ink_optimiser_names[o->optimiser]);
    if (p->kind->whole)
        return optimiser_states(p, err);
    INK_TRY(ink_huge_new(bytes, "the moments", &p->first, err));
    if (p->kind->moments > 1)
        INK_TRY(ink_huge_new(bytes, "the moments", &p->second, err));
    return INK_OK;
}

void ink_optimiser_close(ink_optimiser *p)
{
    ink_huge_free(&p->first);
    ink_huge_free(&p->second);
    ink_huge_free(&p->scratch);
    free(p->states);
    free(p->partial);
    free(p->rates);
    p->partial = p->rates = NULL;
    p->states = NULL;
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

/* What of a weight lies in a piece; they lie in the order in which they were asked for, with gaps that mean nothing. */
typedef struct stretch {
    size_t from, to;
} stretch;

static stretch optimiser_stretch(const ink_optimiser *p, size_t piece, const ink_nn_weight *w)
{
    const size_t from = piece * OPTIMISER_PIECE, to = from + optimiser_piece(p, piece), first = w->at / sizeof(float), last = first + w->tensor->count;
    return (stretch){ first > from ? first : from, last < to ? last : to };
}

static void optimiser_norm(void *user, size_t thread)
{
    pass *s = user;
    const ink_nn_weights *w = s->p->l->learning;
    (void)thread;
    for (size_t i; (i = ink_pool_take(&s->next)) < s->p->pieces;) {
        s->p->partial[i] = 0;
        for (size_t n = 0; n < w->count; n++) {
            const stretch x = optimiser_stretch(s->p, i, w->list[n]);
            if (w->list[n]->learns && x.from < x.to)
                s->p->partial[i] += (double)s->p->l->kernels.squares(x.to - x.from, ink_optimiser_at(&w->gradients, x.from));
        }
    }
}

/* Of PiSSA's tensors the second half is how they began, which rests. */
static void optimiser_pissa(const ink_nn_weights *w, const ink_nn_weight *x)
{
    float *g = ink_optimiser_at(&w->gradients, x->at / sizeof(float));
    const size_t rows = x->tensor->dims[0], width = x->tensor->dims[1];
    if (strstr(x->name, ".lora_A."))
        memset(g + rows / 2 * width, 0, rows / 2 * width * sizeof *g);
    for (size_t r = 0; strstr(x->name, ".lora_B.") && r < rows; r++)
        memset(g + r * width + width / 2, 0, width / 2 * sizeof *g);
}

/* What rests has no gradient. */
static void optimiser_rates(ink_optimiser *p, size_t epoch)
{
    const ink_nn_weights *w = p->l->learning;
    for (size_t i = 0; i < w->count; i++) {
        p->rates[i] = ink_method_rate(p->layers, w->list[i]->name, epoch);
        if (w->list[i]->learns && p->o->pissa)
            optimiser_pissa(w, w->list[i]);
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

static void optimiser_step(void *user, size_t thread)
{
    pass *s = user;
    const ink_nn_weights *w = s->p->l->learning;
    (void)thread;
    for (size_t i; (i = ink_pool_take(&s->next)) < s->p->pieces;) {
        for (size_t n = 0; n < w->count; n++) {
            const stretch x = optimiser_stretch(s->p, i, w->list[n]);
            ink_optimiser_pass how = s->how;
            how.rate *= s->p->rates[n];
            if (w->list[n]->learns && x.from < x.to)
                s->p->kind->update(s->p, &how, w->list[n]->tensor->ndim > 1, x.from, x.to);
        }
    }
}

static void optimiser_whole(void *user, size_t thread)
{
    pass *s = user;
    ink_optimiser *p = s->p;
    const ink_nn_weights *w = p->l->learning;
    float *scratch = p->scratch_each ? ink_optimiser_at(&p->scratch, thread * p->scratch_each) : NULL;
    for (size_t n; (n = ink_pool_take(&s->next)) < w->count;) {
        ink_optimiser_pass how = s->how;
        how.rate *= p->rates[n];
        if (w->list[n]->learns)
            p->kind->whole(p, &how, w->list[n], ink_optimiser_at(&p->first, p->states[n]), scratch);
    }
}

void ink_optimiser_step(ink_optimiser *p, size_t step, double rate, double scale)
{
    pass s = { .p = p, .how = { step, rate, scale } };
    ink_pool_run(p->l->pool, p->kind->whole ? optimiser_whole : optimiser_step, &s);
}
