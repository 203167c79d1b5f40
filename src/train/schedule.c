/* How the rate goes: up in a straight line for the warm-up, then down by the schedule's own shape. */
#include "train/train.h"

#include <math.h>
#include <string.h>

/* From the highest rate (1) to the lowest (0), as t goes from 0 to 1; decay: the part of the time that goes down. */
static double schedule_linear(double t, double decay) { (void)decay; return 1 - t; }
static double schedule_cosine(double t, double decay) { (void)decay; return 0.5 * (1 + cos(3.14159265358979323846 * t)); }
static double schedule_constant(double t, double decay) { (void)t, (void)decay; return 1; }
/* Warm-up, stable, decay (Hu et al. 2024, section 4): as it is until the last part, which goes down as a cosine does. */
static double schedule_wsd(double t, double decay) { return t <= 1 - decay ? 1 : schedule_cosine((t - 1 + decay) / decay, decay); }

typedef double schedule_shape(double t, double decay);

#define SCHEDULES(X) X(linear, linear, false) X(cosine, cosine, false) X(constant, constant, false) X(wsd, wsd, false) X(slanted, linear, true) X(plateau, constant, false)
#define SCHEDULE_NAME(name, form, slants) #name,
#define SCHEDULE_SHAPE(name, form, slants) { schedule_##form, slants },
const char *const ink_schedule_names[] = { SCHEDULES(SCHEDULE_NAME) NULL };
static const struct {
    schedule_shape *shape;
    bool slanted; /* up and down between a 32nd of the rate and all of it, the top after a tenth (Howard and Ruder 2018, section 3.2) */
} schedules[] = { SCHEDULES(SCHEDULE_SHAPE) };

enum { SCHEDULE_SLANT = 32, SCHEDULE_CUT = 10 };

static double schedule_between(double low, double high, double t) { return low + (high - low) * t; }

bool ink_schedule_waits(const ink_train_options *o) { return !strcmp(ink_schedule_names[o->schedule], "plateau"); }

/* As PyTorch's ReduceLROnPlateau: a loss is better when it is lower by a ten-thousandth of the best. */
void ink_plateau_see(const ink_train_options *o, ink_plateau *p, double loss)
{
    const double least = o->rate > 0 ? o->min_rate / o->rate : 0;
    const bool better = loss < p->best * (1 - 1e-4);
    p->best = better ? loss : p->best;
    p->waited = better ? 0 : p->waited + 1;
    if (p->waited <= (size_t)o->plateau_patience)
        return;
    p->waited = 0;
    p->factor = fmax(p->factor * o->plateau_factor, least);
}

double ink_schedule_rate(const ink_train_options *o, const ink_plateau *p, size_t step, size_t steps)
{
    const bool slanted = schedules[o->schedule].slanted;
    size_t warm = o->warmup_steps ? (size_t)o->warmup_steps : (size_t)ceil(o->warmup_ratio * (double)steps);
    warm = slanted && !warm ? steps / SCHEDULE_CUT : warm;
    const double low = slanted ? o->rate / SCHEDULE_SLANT : o->min_rate;
    if (step < warm)
        return schedule_between(slanted ? low : 0, o->rate, (double)step / (double)warm);
    if (ink_schedule_waits(o))
        return o->rate * p->factor;
    const double t = steps > warm ? (double)(step - warm) / (double)(steps - warm) : 1;
    return schedule_between(low, o->rate, schedules[o->schedule].shape(t < 1 ? t : 1, o->decay_ratio));
}
