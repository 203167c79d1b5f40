/* Muon (Jordan et al. 2024): the momentum of a matrix between layers is made orthogonal, nearly, by five steps of an iteration
   after Newton and Schulz before it becomes a step; its length is that of AdamW's (Liu et al. 2025, section 2.2), so one rate serves
   both. What is no matrix of a layer, the table and the head too, goes by AdamW. */
#include "base/count.h"
#include "train/train.h"

#include <math.h>
#include <string.h>

enum { MUON_STEPS = 5 };
static const float muon_a = 3.4445f, muon_b = -4.7750f, muon_c = 2.0315f;
static const double muon_momentum = 0.95, muon_least = 1e-7, muon_length = 0.2;

static bool muon_is(const ink_nn_weight *x) { return x->tensor->ndim == 2 && ink_method_layer(x->name) >= 0; }
static size_t muon_state(const ink_nn_weight *x) { return muon_is(x) ? x->tensor->count : 2 * x->tensor->count; }

typedef struct muon_matrix { /* x [short, long] of a weight that may lie the other way */
    size_t high, wide, least, most;
    float *x, *next, *square, *mix;
    void *gemm;
} muon_matrix;

enum { MUON_ALIGN = 16 }; /* floats */
static size_t muon_room(size_t n) { return ink_round_up(n, MUON_ALIGN); }

static size_t muon_scratch(const ink_nn_weight *x)
{
    const size_t high = x->tensor->dims[0], wide = x->tensor->dims[1], least = high < wide ? high : wide;
    return muon_is(x) ? 2 * muon_room(high * wide) + 2 * muon_room(least * least) + INK_GEMM_SCRATCH / sizeof(float) : 0;
}

static muon_matrix muon_open(const ink_nn_weight *w, float *scratch)
{
    muon_matrix m = { .high = w->tensor->dims[0], .wide = w->tensor->dims[1], .gemm = scratch };
    m.least = m.high < m.wide ? m.high : m.wide;
    m.most = m.high < m.wide ? m.wide : m.high;
    m.x = scratch + INK_GEMM_SCRATCH / sizeof(float);
    m.next = m.x + muon_room(m.high * m.wide);
    m.square = m.next + muon_room(m.high * m.wide);
    m.mix = m.square + muon_room(m.least * m.least);
    return m;
}

static size_t muon_place(const muon_matrix *m, size_t r, size_t c) { return m->high <= m->wide ? r * m->wide + c : c * m->high + r; }

/* c = a b, or a b^T. */
static void muon_product(const ink_kernels *k, const muon_matrix *m, const float *a, const float *b, bool turned, size_t columns, size_t depth, float *c)
{
    const ink_gemm g = { .rows = m->least, .columns = columns, .depth = depth, .a = a, .b = b, .a_row = depth, .a_step = 1, .b_step = turned ? 1 : columns, .b_column = turned ? depth : 1,
                         .c = c, .c_row = columns, .scratch = m->gemm };
    k->gemm(&g);
}

/* x becomes a x + (b x x^T + c (x x^T)^2) x. */
static void muon_iterate(const ink_kernels *k, muon_matrix *m)
{
    const size_t n = m->least * m->least;
    muon_product(k, m, m->x, m->x, true, m->least, m->most, m->square);
    muon_product(k, m, m->square, m->square, false, m->least, m->least, m->mix);
    for (size_t i = 0; i < n; i++)
        m->mix[i] = muon_b * m->square[i] + muon_c * m->mix[i];
    muon_product(k, m, m->mix, m->x, false, m->most, m->least, m->next);
    for (size_t i = 0; i < m->least * m->most; i++)
        m->x[i] = muon_a * m->x[i] + m->next[i];
}

/* Nesterov's: what the momentum will be when the gradient stays. */
static void muon_look(const muon_matrix *m, float *momentum, float *g, double scale, double keep)
{
    double squares = 0;
    for (size_t r = 0; r < m->high; r++)
        for (size_t c = 0; c < m->wide; c++) {
            const size_t i = r * m->wide + c;
            const double now = scale * (double)g[i], kept = (double)momentum[i] + (1 - keep) * (now - (double)momentum[i]), ahead = now + keep * (kept - now);
            momentum[i] = (float)kept;
            m->x[muon_place(m, r, c)] = (float)ahead;
            squares += ahead * ahead;
            g[i] = 0;
        }
    const float by = (float)(1 / fmax(sqrt(squares), muon_least));
    for (size_t i = 0; i < m->high * m->wide; i++)
        m->x[i] *= by;
}

static void muon_whole(ink_optimiser *p, const ink_optimiser_pass *s, const ink_nn_weight *w, float *state, float *scratch)
{
    const bool decays = w->tensor->ndim > 1;
    float *x = ink_optimiser_at(&p->l->learning->learned, w->at / sizeof(float)), *g = ink_optimiser_at(&p->l->learning->gradients, w->at / sizeof(float));
    if (!muon_is(w)) {
        const ink_adamw how = ink_optimiser_adamw_of(p->o, s, decays);
        p->l->kernels.adamw(w->tensor->count, &how, x, state, state + w->tensor->count, g);
        return;
    }
    muon_matrix m = muon_open(w, scratch);
    muon_look(&m, state, g, s->scale, p->o->momentum > 0 ? p->o->momentum : muon_momentum);
    for (int i = 0; i < MUON_STEPS; i++)
        muon_iterate(&p->l->kernels, &m);
    const double far = s->rate * muon_length * sqrt((double)m.most), keep = 1 - s->rate * p->o->decay;
    for (size_t r = 0; r < m.high; r++)
        for (size_t c = 0; c < m.wide; c++)
            x[r * m.wide + c] = (float)(keep * (double)x[r * m.wide + c] - far * (double)m.x[muon_place(&m, r, c)]);
}

const ink_optimiser_kind ink_optimiser_muon = { .moments = 2, .state = muon_state, .scratch = muon_scratch, .whole = muon_whole };
