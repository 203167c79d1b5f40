/* Adafactor (Shazeer and Stern 2018, algorithms 4 and 5) as PyTorch's: of a matrix's squares the means of rows and of columns alone are
   remembered, a step is never longer than a part of the weight itself, and adafactor_decay says how the memory grows. */
#include "train/train.h"

#include <math.h>

static const double adafactor_decay = -0.8, adafactor_least = 1.1920928955078125e-07 /* float's epsilon */, adafactor_part = 1e-3, adafactor_clip = 1;

static size_t adafactor_state(const ink_nn_weight *x)
{
    const ink_tensor *t = x->tensor;
    return t->ndim > 1 ? t->dims[0] + t->count / t->dims[0] : t->count;
}

/* Doubles, for the sums of columns. */
static size_t adafactor_scratch(const ink_nn_weight *x) { return 2 * (x->tensor->ndim > 1 ? x->tensor->count / x->tensor->dims[0] : x->tensor->count); }

typedef struct adafactor_weight {
    float *x, *g, *rows, *columns; /* rows: NULL where every value has its own square, in columns */
    size_t high, wide;
    double scale, fresh, mean;     /* of the gradient; how much of the new enters; of rows */
    double *sums;                  /* [wide] */
} adafactor_weight;

static double adafactor_moved(float *at, double to, double fresh)
{
    *at = (float)((double)*at + fresh * (to - (double)*at));
    return (double)*at;
}

static void adafactor_see(adafactor_weight *w)
{
    double all = 0;
    for (size_t c = 0; c < w->wide; c++)
        w->sums[c] = 0;
    for (size_t r = 0; r < w->high; r++) {
        double row = 0;
        for (size_t c = 0; c < w->wide; c++) {
            const double g = w->scale * (double)w->g[r * w->wide + c];
            row += g * g;
            w->sums[c] += g * g;
        }
        all += w->rows ? adafactor_moved(&w->rows[r], row / (double)w->wide, w->fresh) : 0;
    }
    w->mean = w->rows ? fmax(all / (double)w->high, adafactor_least) : 1;
    for (size_t c = 0; c < w->wide; c++)
        adafactor_moved(&w->columns[c], w->sums[c] / (double)w->high, w->fresh);
}

/* The gradient by the root of what is expected of its square. */
static double adafactor_at(const adafactor_weight *w, size_t r, size_t c)
{
    const double square = (w->rows ? (double)w->rows[r] : 1) * (double)w->columns[c] / w->mean;
    return w->scale * (double)w->g[r * w->wide + c] / sqrt(fmax(square, adafactor_least * adafactor_least));
}

static void adafactor_whole(ink_optimiser *p, const ink_optimiser_pass *s, const ink_nn_weight *x, float *state, float *scratch)
{
    const ink_tensor *t = x->tensor;
    const double step = (double)s->step + 1, n = (double)t->count;
    adafactor_weight w = { .x = ink_optimiser_at(&p->l->learning->learned, x->at / sizeof(float)), .g = ink_optimiser_at(&p->l->learning->gradients, x->at / sizeof(float)),
                           .high = t->ndim > 1 ? t->dims[0] : 1, .scale = s->scale, .fresh = pow(step, adafactor_decay) };
    w.sums = (double *)(void *)scratch;
    w.wide = t->count / w.high;
    w.rows = t->ndim > 1 ? state : NULL;
    w.columns = t->ndim > 1 ? state + w.high : state;
    adafactor_see(&w);
    double size = 0, length = 0;
    for (size_t r = 0; r < w.high; r++)
        for (size_t c = 0; c < w.wide; c++) {
            const double v = (double)w.x[r * w.wide + c], u = adafactor_at(&w, r, c);
            size += v * v;
            length += u * u;
        }
    const double far = fmax(adafactor_part, sqrt(size / n)) * fmin(s->rate, 1 / sqrt(step)) / fmax(1, sqrt(length / n) / adafactor_clip);
    const double keep = t->ndim > 1 ? 1 - s->rate * p->o->decay : 1;
    for (size_t r = 0; r < w.high; r++)
        for (size_t c = 0; c < w.wide; c++)
            w.x[r * w.wide + c] = (float)(keep * (double)w.x[r * w.wide + c] - far * adafactor_at(&w, r, c));
    for (size_t i = 0; i < t->count; i++)
        w.g[i] = 0;
}

const ink_optimiser_kind ink_optimiser_adafactor = { .state = adafactor_state, .scratch = adafactor_scratch, .whole = adafactor_whole };
