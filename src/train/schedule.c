/* How the rate goes: up in a straight line for the warm-up, then down by the schedule's own shape. */
#include "train/train.h"

#include <math.h>

const char *const ink_schedule_names[] = { "linear", "cosine", "constant", NULL };

static double schedule_linear(double t) { return 1 - t; }
static double schedule_cosine(double t) { return 0.5 * (1 + cos(3.14159265358979323846 * t)); }
static double schedule_constant(double t) { (void)t; return 1; }

static double (*const schedule_shapes[])(double t) = { schedule_linear, schedule_cosine, schedule_constant };

double ink_schedule_rate(const ink_train_options *o, size_t step, size_t steps)
{
    const size_t warm = o->warmup_steps ? (size_t)o->warmup_steps : (size_t)ceil(o->warmup_ratio * (double)steps);
    if (step < warm)
        return o->rate * (double)step / (double)warm;
    double t = steps > warm ? (double)(step - warm) / (double)(steps - warm) : 1;
    return o->min_rate + (o->rate - o->min_rate) * schedule_shapes[o->schedule](t < 1 ? t : 1);
}
