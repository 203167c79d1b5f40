/* One step of recurrent cells over one row, and its gradient. Gates and parts lie one after the other, n floats each, in PyTorch's
   order. Elman 1990: h = f(a). LSTM (Hochreiter and Schmidhuber 1997; Gers et al. 2000): c = f c' + i g, h = o tanh c. GRU (Cho et al.
   2014, with the recurrent bias inside the reset, as cuDNN has it): m = tanh(x + r u), h = m + z (h' - m). */
#include "kernels/kernels.h"
#include "kernels/lanes.h"

/* The i-th part's lanes from `at` on, `m` of which count. */
typedef struct cell_place {
    size_t n, at, m;
} cell_place;

static inline f32x16 cell_get(const cell_place *s, const float *x, size_t part)
{
    x += part * s->n + s->at;
    return s->m == LANES ? f_load(x) : f_load_n(x, s->m);
}

static inline void cell_put(const cell_place *s, float *y, size_t part, f32x16 v)
{
    y += part * s->n + s->at;
    if (s->m == LANES)
        f_store(y, v);
    else
        f_store_n(y, v, s->m);
}

static inline f32x16 cell_sum(const cell_place *s, const ink_cell *c, size_t gate) { return f_add(cell_get(s, c->x, gate), cell_get(s, c->u, gate)); }
static inline f32x16 cell_sigmoid(f32x16 x) { return f_gate(f_set1(1.0f), x); }
static inline f32x16 cell_sigmoid_slope(f32x16 y) { return f_mul(y, f_sub(f_set1(1.0f), y)); } /* of its result */
static inline f32x16 cell_tanh_slope(f32x16 y) { return f_sub(f_set1(1.0f), f_mul(y, y)); }

typedef void cell_step(const ink_cell *c, const cell_place *s);
typedef void cell_step_back(const ink_cell_back *c, const cell_place *s);

static inline void cell_tanh(const ink_cell *c, const cell_place *s) { cell_put(s, c->y, 0, f_tanh(cell_sum(s, c, 0))); }
static inline void cell_relu(const ink_cell *c, const cell_place *s) { cell_put(s, c->y, 0, f_max(cell_sum(s, c, 0), f_zero())); }

/* y: h, c, i, f, g, o */
static inline void cell_lstm(const ink_cell *c, const cell_place *s)
{
    const f32x16 i = cell_sigmoid(cell_sum(s, c, 0)), f = cell_sigmoid(cell_sum(s, c, 1)), g = f_tanh(cell_sum(s, c, 2)), o = cell_sigmoid(cell_sum(s, c, 3));
    const f32x16 kept = f_fma(f, cell_get(s, c->before, 1), f_mul(i, g));
    cell_put(s, c->y, 0, f_mul(o, f_tanh(kept)));
    cell_put(s, c->y, 1, kept);
    cell_put(s, c->y, 2, i);
    cell_put(s, c->y, 3, f);
    cell_put(s, c->y, 4, g);
    cell_put(s, c->y, 5, o);
}

/* y: h, r, z, m, u of m */
static inline void cell_gru(const ink_cell *c, const cell_place *s)
{
    const f32x16 r = cell_sigmoid(cell_sum(s, c, 0)), z = cell_sigmoid(cell_sum(s, c, 1)), u = cell_get(s, c->u, 2);
    const f32x16 m = f_tanh(f_fma(r, u, cell_get(s, c->x, 2)));
    cell_put(s, c->y, 0, f_fma(z, f_sub(cell_get(s, c->before, 0), m), m));
    cell_put(s, c->y, 1, r);
    cell_put(s, c->y, 2, z);
    cell_put(s, c->y, 3, m);
    cell_put(s, c->y, 4, u);
}

static inline void cell_tanh_back(const ink_cell_back *c, const cell_place *s)
{
    cell_put(s, c->d, 0, f_mul(cell_get(s, c->dh, 0), cell_tanh_slope(cell_get(s, c->y, 0))));
}

static inline void cell_relu_back(const ink_cell_back *c, const cell_place *s)
{
    cell_put(s, c->d, 0, f_if_less(f_zero(), cell_get(s, c->y, 0), cell_get(s, c->dh, 0), f_zero()));
}

/* carry: the gradient of c. */
static inline void cell_lstm_back(const ink_cell_back *c, const cell_place *s)
{
    const f32x16 i = cell_get(s, c->y, 2), f = cell_get(s, c->y, 3), g = cell_get(s, c->y, 4), o = cell_get(s, c->y, 5), t = f_tanh(cell_get(s, c->y, 1));
    const f32x16 dh = cell_get(s, c->dh, 0), dc = f_fma(f_mul(dh, o), cell_tanh_slope(t), cell_get(s, c->carry, 0));
    cell_put(s, c->d, 0, f_mul(f_mul(dc, g), cell_sigmoid_slope(i)));
    cell_put(s, c->d, 1, f_mul(f_mul(dc, cell_get(s, c->before, 1)), cell_sigmoid_slope(f)));
    cell_put(s, c->d, 2, f_mul(f_mul(dc, i), cell_tanh_slope(g)));
    cell_put(s, c->d, 3, f_mul(f_mul(dh, t), cell_sigmoid_slope(o)));
    cell_put(s, c->carry, 0, f_mul(dc, f));
}

/* carry: what of h went past the product. d: of the input's product, then of the state's, which differ in m alone. */
static inline void cell_gru_back(const ink_cell_back *c, const cell_place *s)
{
    const f32x16 r = cell_get(s, c->y, 1), z = cell_get(s, c->y, 2), m = cell_get(s, c->y, 3), u = cell_get(s, c->y, 4);
    const f32x16 dh = f_add(cell_get(s, c->dh, 0), cell_get(s, c->carry, 0)), dm = f_mul(f_mul(dh, f_sub(f_set1(1.0f), z)), cell_tanh_slope(m));
    const f32x16 dr = f_mul(f_mul(dm, u), cell_sigmoid_slope(r)), dz = f_mul(f_mul(dh, f_sub(cell_get(s, c->before, 0), m)), cell_sigmoid_slope(z));
    cell_put(s, c->d, 0, dr);
    cell_put(s, c->d, 1, dz);
    cell_put(s, c->d, 2, dm);
    cell_put(s, c->d, 3, dr);
    cell_put(s, c->d, 4, dz);
    cell_put(s, c->d, 5, f_mul(dm, r));
    cell_put(s, c->carry, 0, f_mul(dh, z));
}

static inline __attribute__((always_inline)) void cell_row(const ink_cell *c, cell_step *step)
{
    for (cell_place s = { .n = c->n }; s.at < s.n; s.at += LANES) {
        s.m = s.n - s.at < LANES ? s.n - s.at : LANES;
        step(c, &s);
    }
}

static inline __attribute__((always_inline)) void cell_row_back(const ink_cell_back *c, cell_step_back *step)
{
    for (cell_place s = { .n = c->n }; s.at < s.n; s.at += LANES) {
        s.m = s.n - s.at < LANES ? s.n - s.at : LANES;
        step(c, &s);
    }
}

#define CELL_FUNCTIONS(name)                                                                \
    static void cell_row_##name(const ink_cell *c) { cell_row(c, cell_##name); }            \
    static void cell_row_back_##name(const ink_cell_back *c) { cell_row_back(c, cell_##name##_back); }
CELL_FUNCTIONS(tanh)
CELL_FUNCTIONS(relu)
CELL_FUNCTIONS(lstm)
CELL_FUNCTIONS(gru)

void INK_KERNEL(ink_cells)(ink_kernels *k);
void INK_KERNEL(ink_cells)(ink_kernels *k)
{
    k->cell[INK_CELL_TANH] = cell_row_tanh;
    k->cell[INK_CELL_RELU] = cell_row_relu;
    k->cell[INK_CELL_LSTM] = cell_row_lstm;
    k->cell[INK_CELL_GRU] = cell_row_gru;
    k->cell_back[INK_CELL_TANH] = cell_row_back_tanh;
    k->cell_back[INK_CELL_RELU] = cell_row_back_relu;
    k->cell_back[INK_CELL_LSTM] = cell_row_back_lstm;
    k->cell_back[INK_CELL_GRU] = cell_row_back_gru;
}
