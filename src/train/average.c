/* An average of the weights over the steps that forgets by and by (Polyak and Juditsky 1992): what is measured and what is left, while
   the weights themselves go on learning. */
#include "train/train.h"

#include <string.h>

enum { AVERAGE_PIECE = 1 << 16 };

ink_status ink_average_open(ink_average *a, double keep, const ink_nn_weights *w, ink_err *err)
{
    *a = (ink_average){ .keep = keep, .w = w };
    return keep > 0 ? ink_huge_new(w->learned_bytes, "the average of the weights", &a->values, err) : INK_OK;
}

void ink_average_close(ink_average *a) { ink_huge_free(&a->values); }

typedef struct averaging {
    ink_average *a;
    size_t count;
    bool first;
    _Atomic uint32_t next;
} averaging;

static void average_step(void *user, size_t thread)
{
    averaging *s = user;
    const float keep = (float)s->a->keep, fresh = (float)(1 - s->a->keep);
    float *average = ink_optimiser_at(&s->a->values, 0);
    const float *now = ink_optimiser_at(&s->a->w->learned, 0);
    (void)thread;
    for (size_t at; (at = ink_pool_take(&s->next) * (size_t)AVERAGE_PIECE) < s->count;)
        for (size_t i = at; i < s->count && i < at + AVERAGE_PIECE; i++)
            average[i] = s->first ? now[i] : keep * average[i] + fresh * now[i];
}

void ink_average_see(ink_average *a, ink_pool *pool, size_t step)
{
    averaging s = { .a = a, .count = a->w->learned_bytes / sizeof(float), .first = step == 1 };
    if (a->keep > 0)
        ink_pool_run(pool, average_step, &s);
}

void ink_average_swap(const ink_average *a)
{
    float *average = a->keep > 0 ? ink_optimiser_at(&a->values, 0) : NULL, *now = ink_optimiser_at(&a->w->learned, 0);
    for (size_t i = 0; average && i < a->w->learned_bytes / sizeof(float); i++) {
        const float kept = now[i];
        now[i] = average[i];
        average[i] = kept;
    }
}
