/* Gradient descent with momentum, as PyTorch's SGD. */
#include "train/train.h"

static void sgd_update(ink_optimiser *p, const ink_optimiser_pass *s, bool decays, size_t from, size_t to)
{
    const ink_nn_weights *w = p->l->learning;
    const ink_sgd how = { .scale = (float)s->scale, .decay = decays ? (float)p->o->decay : 0, .momentum = (float)p->o->momentum, .rate = (float)s->rate };
    p->l->kernels.sgd(to - from, &how, ink_optimiser_at(&w->learned, from), ink_optimiser_at(&p->first, from), ink_optimiser_at(&w->gradients, from));
}

const ink_optimiser_kind ink_optimiser_sgd = { .moments = 1, .update = sgd_update };
