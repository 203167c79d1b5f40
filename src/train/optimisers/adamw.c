/* AdamW (Loshchilov and Hutter 2019, algorithm 2): Adam's step, and a decay that does not go through the moments. */
#include "train/train.h"

#include <math.h>

ink_adamw ink_optimiser_adamw_of(const ink_train_options *o, const ink_optimiser_pass *s, bool decays)
{
    const double t = (double)s->step + 1;
    return (ink_adamw){ .keep = decays ? (float)(1 - s->rate * o->decay) : 1, .new1 = (float)(1 - o->beta1), .beta2 = (float)o->beta2, .new2 = (float)(1 - o->beta2),
                        .step = (float)(s->rate / (1 - pow(o->beta1, t))), .root2 = (float)sqrt(1 - pow(o->beta2, t)), .eps = (float)o->eps, .scale = (float)s->scale };
}

static void adamw_update(ink_optimiser *p, const ink_optimiser_pass *s, bool decays, size_t from, size_t to)
{
    const ink_nn_weights *w = p->l->learning;
    const ink_adamw how = ink_optimiser_adamw_of(p->o, s, decays);
    p->l->kernels.adamw(to - from, &how, ink_optimiser_at(&w->learned, from), ink_optimiser_at(&p->first, from), ink_optimiser_at(&p->second, from), ink_optimiser_at(&w->gradients, from));
}

const ink_optimiser_kind ink_optimiser_adamw = { .moments = 2, .update = adamw_update };
