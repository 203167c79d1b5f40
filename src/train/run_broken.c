/* A step whose numbers ended: it is computed once more, op by op, to say where. */
#include "train/run.h"

#include <stdio.h>

/* The first op of a step that leaves what is not finite. */
static void run_where(ink_teaching *r, const uint32_t *which, size_t count, double share, char *where, size_t size)
{
    bool found = false;
    for (size_t i = 0, at = 0, n; i < count && !found; i += (size_t)r->o->batch, at += n) {
        n = ink_teaching_batch(r, which, count, i);
        found = ink_learner_look(r->learner, &r->train, r->chosen + at, n, share, where, size);
    }
}

/* Where numbers ended: the op, the samples, and the first weight, in the order of the model, that feels it. */
ink_status ink_teaching_broken(ink_teaching *r, const char *what, const uint32_t *which, size_t count, size_t samples, double share, ink_err *err)
{
    char list[128] = "", where[512] = "";
    for (size_t i = 0, at = 0; i < samples && at < sizeof list - 16; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%u", i ? ", " : "", r->chosen[i] + 1);
    const char *weight = ink_optimiser_broken(&r->optimiser);
    run_where(r, which, count, share, where, sizeof where);
    return ink_fail(err, INK_E_FORMAT, "step %zu: %s is not a number any more%s%s, and felt first in the gradient of %s, with samples %s; the last checkpoint (step %zu) is untouched; try a smaller learning_rate",
                    r->at.step + 1, what, *where ? ": the first op whose result is not finite is " : "", where, weight ? weight : "no weight", list, r->saved);
}
