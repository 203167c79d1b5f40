/* Lion (Chen et al. 2023, algorithm 2): the sign of a mix of the mean and the gradient is the step; one moment, half of Adam's memory. */
#include "train/train.h"

static void lion_update(ink_optimiser *p, const ink_optimiser_pass *s, bool decays, size_t from, size_t to)
{
    const ink_nn_weights *w = p->l->learning;
    float *x = ink_optimiser_at(&w->learned, from), *m = ink_optimiser_at(&p->first, from), *g = ink_optimiser_at(&w->gradients, from);
    const float keep = decays ? (float)(1 - s->rate * p->o->decay) : 1, rate = (float)s->rate, scale = (float)s->scale;
    const float beta1 = (float)p->o->beta1, new1 = (float)(1 - p->o->beta1), beta2 = (float)p->o->beta2, new2 = (float)(1 - p->o->beta2);
    for (size_t i = 0; i < to - from; i++) {
        const float now = g[i] * scale, mix = beta1 * m[i] + new1 * now;
        x[i] = keep * x[i] - rate * (float)((mix > 0) - (mix < 0));
        m[i] = beta2 * m[i] + new2 * now;
        g[i] = 0;
    }
}

const ink_optimiser_kind ink_optimiser_lion = { .moments = 1, .update = lion_update };
