/* The table of kernels. A kernel is serial, sees flat arrays, allocates nothing, knows no tensor and no thread.
   Plain C fills every slot; each instruction set overrides what it improves, with the same bits as the result. */
#ifndef INK_KERNELS_H
#define INK_KERNELS_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/packing.h"

enum { INK_CPU_AVX2 = 1, INK_CPU_AVX512 = 2, INK_CPU_BF16 = 4, INK_CPU_AMX = 8, INK_CPU_AMX_BF16 = 16 };

/* ---- keys and values (kernels/attention.c; owner of the layout: kernels/kv_layout.h) ---- */

typedef enum ink_kv_type { INK_KV_F32, INK_KV_F16, INK_KV_Q8 } ink_kv_type;

enum {
    INK_KV_BLOCK = 64, /* tokens whose keys and values lie together */
    INK_KV_RUN = 256,  /* absolute positions computed from scratch before they are folded: part of the definition */
};

/* Queries of consecutive positions of one sequence, all heads of one group, against one KV head. */
typedef struct ink_attend {
    ink_kv_type type;
    size_t head_dim;             /* D: of q, k and v */
    const uint8_t *const *keys;  /* [block of the sequence] address of this layer's and head's keys */
    const uint8_t *const *values;
    size_t rows;                 /* query positions: first_position, first_position + 1, … */
    size_t first_position;
    size_t group;                /* query heads that share this KV head */
    const float *q;              /* [rows][q_stride]: heads of the group lie head_dim apart */
    size_t q_stride;
    float *out;                  /* [rows][out_stride], heads head_dim apart */
    size_t out_stride;
    float scale;                 /* on q·k */
    float softcap;               /* c tanh(s/c) before the mask; 0: none */
    const float *slopes;         /* [group] a score sinks by this for each position that its key lies back; NULL: not */
    const float *bias;           /* [far + 1][bias_gap] of distances -far to 0 (the key's position less the query's), and of the group's heads what is added to
                                    a score; what lies further back is as far. NULL: nothing */
    size_t bias_gap, far;
    size_t seen;                 /* every query sees so many keys, wherever it stands; 0: those up to itself */
    size_t window;               /* a key is visible when 0 <= position(q) - position(k) < window; 0: no window */
    void *scratch;               /* attend_scratch bytes, 64-aligned, this thread's */
} ink_attend;

/* ---- products of training (kernels/gemm.c) ---- */

enum { INK_GEMM_SCRATCH = 1 << 20, INK_GEMM_LANES = 96 /* whole panels of every kernel's sides */ };

typedef struct ink_gemm {
    size_t rows, columns, depth;  /* c [rows, columns] = a [rows, depth] b [depth, columns] */
    const float *a, *b;           /* a(r, k) = a[r a_row + k a_step], b(k, c) = b[k b_step + c b_column] */
    size_t a_row, a_step, b_step, b_column;
    float *c;
    size_t c_row;
    bool more;                    /* added to what c holds */
    const void *a_panels, *b_panels; /* a or b, from its first row or column, gathered already over the whole depth (at most one of them); NULL: not */
    void *scratch;                /* INK_GEMM_SCRATCH bytes, 64-aligned */
} ink_gemm;

typedef enum ink_gemm_which { INK_GEMM_A, INK_GEMM_B } ink_gemm_which;

/* How a kernel wants a side of a product to lie: in panels of some rows of a or columns of b over the whole depth. */
typedef struct ink_gemm_form {
    size_t lanes[2];                                    /* of a panel, by side */
    size_t (*panel)(ink_gemm_which side, size_t depth); /* bytes of a panel, a multiple of 64 if of whole panels of INK_GEMM_LANES */
    void (*gather)(const ink_gemm *g, ink_gemm_which side, void *out); /* all rows of a, or columns of b */
    bool rows_stay;                                     /* those of a, if a_step is 1, are as fast where they lie */
} ink_gemm_form;

typedef struct ink_adamw { /* one step of the optimiser for values that share these numbers */
    float keep;                   /* 1 - rate × decay */
    float new1, beta2, new2;      /* 1 - beta1, beta2, 1 - beta2 */
    float step, root2, eps;       /* rate / (1 - beta1^t), sqrt(1 - beta2^t) */
    float scale;                  /* of the gradient: clipping */
} ink_adamw;

typedef struct ink_sgd {
    float scale;                  /* of the gradient: clipping */
    float decay, momentum, rate;
} ink_sgd;

/* ---- recurrent cells (kernels/cells.c) ---- */

typedef enum ink_cell_kind { INK_CELL_TANH, INK_CELL_RELU, INK_CELL_LSTM, INK_CELL_GRU, INK_CELLS } ink_cell_kind;

/* Everything is counted in parts of n floats: gates 1, 1, 4 (i f g o), 3 (r z n); y begins with the state, h first (LSTM: then c). */
typedef struct ink_cell {
    size_t n;
    const float *x, *u;           /* [gates] products with the input and with the h before, biases included */
    const float *before;          /* the state before */
    float *y;                     /* [1, 1, 6, 5]: the state, and what the gradient needs */
} ink_cell;

typedef struct ink_cell_back {
    size_t n;
    const float *y, *before;
    const float *dh;              /* from everything but the carry */
    float *carry;                 /* [1] what goes from step to step beside the product with h; begins with zeros */
    float *d;                     /* [gates] of both products; GRU: of x, then of u */
} ink_cell_back;

/* ---- convolution over time (kernels/conv.c) ---- */

enum { INK_CONV_ADDS = 2, INK_CONV_SPARE = 15 };

typedef struct ink_conv {
    const ink_packed *w;     /* F32 or BF16; its columns are taps × channels, tap by tap */
    size_t taps, dilation;
    size_t channels;         /* in steps of 4 bytes: floats, or pairs of bf16, whole sixteens of them */
    size_t rows;             /* of y; conv_bf16 reads up to INK_CONV_SPARE rows of x more, which change nothing */
    const void *x;           /* the first tap of the first row; rows x_stride steps apart */
    size_t x_stride;
    float *y;                /* whole panels are written, so rows have room for 16 × panels */
    size_t y_stride;
    const float *bias;       /* of each output, or NULL */
    struct {
        const float *x;      /* rows that are added last, one after the other; not y; NULL: no more */
        size_t stride;
    } add[INK_CONV_ADDS];
} ink_conv;

/* Rows of bf16 for conv_bf16: leaky(scale x), rounded to nearest. */
typedef struct ink_conv_rows {
    size_t rows, n;          /* values of a row */
    const float *x;
    size_t x_stride;
    float scale, slope;
    uint16_t *y;
    size_t y_stride;
    size_t rest;             /* so much further stands what the rounding left, rounded too; 0: nowhere */
} ink_conv_rows;

/* conv_tiles.c: four rows of three taps, or two rows of five, by six products instead of twelve or ten. */
enum { INK_CONV_POINTS = 6, INK_CONV_TILE = 4 };

typedef struct ink_conv_tiling {
    size_t rows, taps; /* of a tile; a convolution of more taps adds up several */
} ink_conv_tiling;
static inline ink_conv_tiling ink_conv_tiling_of(size_t taps) { return taps == 5 ? (ink_conv_tiling){ 2, 5 } : (ink_conv_tiling){ INK_CONV_TILE, 3 }; }

typedef struct ink_conv_tile {
    const float *m;          /* the six products, m_step apart */
    size_t m_step;
    const float *bias;       /* or NULL */
    size_t rows;             /* of the tile */
    float *y[INK_CONV_TILE]; /* NULL: not wanted; rows have room for whole sixteens */
    const float *add[INK_CONV_ADDS][INK_CONV_TILE]; /* added last; NULL: no more */
} ink_conv_tile;

typedef struct ink_lean { /* y [few, n] += low^T x over rows in their order, low [rows, few], x [rows, n] */
    size_t rows, few, n;
    const float *low, *x;
    size_t low_gap, gap; /* floats from row to row */
    float *y;
    size_t y_gap;
} ink_lean;

typedef struct ink_kernels {
    const char *name; /* "scalar", "avx2", "avx512" */
    unsigned cpu;     /* INK_CPU_… bits in use */

    /* rows.c: one row of n floats each; y may be x. Weights may be NULL where said. */
    void (*add)(size_t n, const float *a, const float *b, float *y);
    void (*add_rows)(size_t rows, size_t n, const float *x, size_t stride, float *y); /* y += each of rows `stride` floats apart, in their order */
    void (*mul)(size_t n, const float *a, const float *b, float *y);
    void (*mul_add)(size_t n, const float *a, const float *b, const float *c, float *y); /* a b + c, rounded once */
    float (*dot)(size_t n, const float *a, const float *b); /* in 16 lanes, then the tree */
    void (*dots)(size_t n, size_t count, const float *x, const float *a, size_t stride, float *y); /* y[i] = dot of x and row i of a */
    void (*lean_sum)(const ink_lean *l);
    void (*mix)(size_t n, size_t count, const float *w, const float *a, size_t stride, const float *x, float *y); /* y = x + w[0] row 0 of a + …; x may be NULL: 0 */
    void (*scale)(size_t n, const float *x, float s, float *y);
    void (*silu)(size_t n, const float *x, float *y);
    void (*gelu_tanh)(size_t n, const float *x, float *y);
    void (*gelu)(size_t n, const float *x, float *y);                                /* with erf */
    void (*tanh)(size_t n, const float *x, float *y);
    void (*exp)(size_t n, const float *x, float *y);
    void (*softplus)(size_t n, const float *x, float *y);                            /* log(1 + e^x) */
    void (*leaky)(size_t n, const float *x, float slope, float *y);                  /* max(x, slope x), slope from 0 to 1 */
    void (*gate_tanh)(size_t n, const float *a, const float *b, float *y);           /* tanh(a) sigmoid(b) */
    void (*silu_mul)(size_t n, const float *gate, const float *up, float *y);
    void (*gelu_tanh_mul)(size_t n, const float *gate, const float *up, float *y);
    void (*softcap)(size_t n, const float *x, float cap, float *y);
    void (*rms_norm)(size_t n, const float *x, const float *weight, float eps, float *y);                    /* weight NULL: ones */
    void (*layer_norm)(size_t n, const float *x, const float *weight, const float *bias, float eps, float *y); /* either NULL */
    /* Rotates n_rot dims of each head; cos and sin hold n_rot/2 entries. half: pairs (i, i + n_rot/2), else (2i, 2i+1). */
    void (*rope)(size_t heads, size_t head_dim, size_t n_rot, bool half, const float *cosine, const float *sine, const float *x, float *y);
    float (*max)(size_t n, const float *x);
    size_t (*argmax)(size_t n, const float *x);        /* the lowest index among equals; NaN never wins */
    void (*softmax)(size_t n, const float *x, float *y); /* e^(x - max) / sum, sum in 16 lanes, then the tree */

    /* activations.c, rows_back.c: dx from x (softcap: from its result y) and dy; weights are given */
    void (*silu_back)(size_t n, const float *x, const float *dy, float *dx);
    void (*gelu_tanh_back)(size_t n, const float *x, const float *dy, float *dx);
    void (*gelu_back)(size_t n, const float *x, const float *dy, float *dx);
    void (*leaky_back)(size_t n, const float *x, float slope, const float *dy, float *dx);
    void (*gate_tanh_back)(size_t n, const float *a, const float *b, const float *dy, float *da, float *db);
    void (*softcap_back)(size_t n, const float *y, float cap, const float *dy, float *dx);
    void (*rms_norm_back)(size_t n, const float *x, const float *weight, float eps, const float *dy, float *dx);
    void (*layer_norm_back)(size_t n, const float *x, const float *weight, float eps, const float *dy, float *dx);
    void (*softmax_back)(size_t n, const float *p, const float *dp, float by, float *dx); /* from the result p; times `by` */
    float (*sum_exp)(size_t n, const float *x, float top);   /* of e^(x - top) */
    float (*squares)(size_t n, const float *x);              /* the sum of x^2 */
    void (*adamw)(size_t n, const ink_adamw *o, float *p, float *m, float *v, float *g); /* updates p, m and v; g is zero then */
    void (*sgd)(size_t n, const ink_sgd *o, float *p, float *m, float *g);               /* updates p and m; g is zero then */

    /* cells.c */
    void (*cell[INK_CELLS])(const ink_cell *c);
    void (*cell_back[INK_CELLS])(const ink_cell_back *c);

    /* attention.c */
    void (*kv_store)(ink_kv_type type, size_t head_dim, size_t slot, const float *k, const float *v, uint8_t *keys, uint8_t *values);
    size_t (*attend_scratch)(ink_kv_type type, size_t head_dim, size_t rows, size_t group); /* bytes for attend */
    void (*attend)(const ink_attend *a);                    /* every run, folded left to right, then divided */
    /* Decode splits by run: part[row·group][16 + D rounded up to 16] = own maximum, sum, 14 unused, values. */
    void (*attend_run)(const ink_attend *a, size_t run, float *part);
    void (*attend_fold)(const ink_attend *a, size_t runs, const float *parts); /* parts: of consecutive runs, the first that a row sees to the last */

    /* matmul.c, dense.c: y[row][·] = x[row] · W^T for the 16-row panels p0 ≤ p < p1, column 0 of y being the first row of
       panel p0. Writes whole panels: y has room for 16 (p1 - p0) columns. */
    void (*matmul[INK_PACK_KINDS])(const ink_packed *w, size_t p0, size_t p1, const void *x, size_t rows, float *y, size_t y_stride,
                                   void *scratch);
    /* A row of activations in the form that a packing asks for (ink_act_bytes(form, n) bytes each). */
    void (*act[INK_ACT_FORMS])(size_t n, const float *x, void *dst);

    /* encode.c. encode: n values, whole blocks of rows of `columns`, as a file has them. weight[columns]: how much an error of each column
       matters, or NULL. false: a type that is not written. */
    void (*widen)(ink_type type, const void *src, size_t n, float *dst); /* ink_dequantize, faster */
    bool (*encode)(ink_type type, const float *x, size_t n, const float *weight, size_t columns, uint8_t *dst);

    /* gemm.c */
    void (*gemm)(const ink_gemm *g);
    void (*gemm_bf16)(const ink_gemm *g); /* both sides rounded to bf16 where the processor gains by it */
    const ink_gemm_form *gemm_form, *gemm_bf16_form;
    void (*conv)(const ink_conv *c, size_t p0, size_t p1);      /* of floats, panels p0 ≤ p < p1 */
    void (*conv_bf16)(const ink_conv *c, size_t p0, size_t p1);
    void (*leaky_bf16)(const ink_conv_rows *r);
    /* n floats of six rows x_step apart to what the six products want, v_step apart; whole sixteens are read and written. */
    void (*conv_tile_in)(size_t n, const float *x, size_t x_step, float *v, size_t v_step);
    void (*conv_tile_out)(size_t n, const ink_conv_tile *t);

    /* peak.c: n rounds of arithmetic on registers, returning how many operations those were, the outcome to *sink; and n bytes read. */
    double (*peak[INK_ACT_FORMS])(size_t n, float *sink);
    float (*read)(const uint8_t *p, size_t n);
} ink_kernels;

/* Fills the table for this processor, masked by INK_CPU=scalar|avx2|avx512|amx; a set that the machine lacks is
   INK_E_UNSUPPORTED. */
ink_status ink_kernels_init(ink_kernels *k, ink_err *err);
unsigned ink_cpu_detect(void); /* what the processor and the system offer, unmasked */

#endif
