/* The ops: builders of nodes. Each op is a file of this folder and a line of ops.def; formulas stand beside their code. */
#ifndef INK_OPS_OPS_H
#define INK_OPS_OPS_H

#include "graph/graph.h"
#include "tensor/kv.h"

#define INK_OP(name, meaning) extern const ink_op ink_op_##name;
#include "ops/ops.def"
#undef INK_OP

/* x [rows, n]; b the same, or one row that is added to all */
ink_node *ink_add(ink_graph *g, ink_node *a, ink_node *b);
ink_node *ink_mul(ink_graph *g, ink_node *a, ink_node *b);
ink_node *ink_scale(ink_graph *g, ink_node *x, float by);
ink_node *ink_gelu_tanh(ink_graph *g, ink_node *x);
ink_node *ink_silu_mul(ink_graph *g, ink_node *gate, ink_node *up);
ink_node *ink_gelu_tanh_mul(ink_graph *g, ink_node *gate, ink_node *up);
ink_node *ink_softcap(ink_graph *g, ink_node *x, float cap);

/* Norms over groups of `width` values of a row: the whole row, or each head of it. Weights [width]. */
ink_node *ink_rms_norm(ink_graph *g, ink_node *x, ink_node *weight, float eps);
ink_node *ink_layer_norm(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, float eps);

ink_node *ink_act(ink_graph *g, ink_node *x, ink_act_form form);    /* a row in the form that a product wants */
ink_node *ink_linear(ink_graph *g, ink_node *x, ink_node *weight);  /* x in the form of the weight; y [rows, out] */
/* ids [rows] int32; y[row] = table[ids[row]]; ids from INK_EMBED_VIRTUAL on are rows of `second`, which may be NULL. */
ink_node *ink_embed(ink_graph *g, ink_node *ids, ink_node *table, ink_node *second);
#define INK_EMBED_VIRTUAL 0x80000000u
ink_node *ink_select(ink_graph *g, ink_node *x, ink_node *index);   /* y[i] = x[index[i]]; x is an input of the plan */
ink_node *ink_slice(ink_graph *g, ink_node *x, size_t from, size_t columns);
/* Of a row that is `groups` alike: columns [from, from + columns) of each, one after the other. */
typedef struct ink_slice_options {
    size_t groups, from;
} ink_slice_options;
ink_node *ink_slice_each(ink_graph *g, ink_node *x, size_t groups, size_t from, size_t columns);
ink_node *ink_shift(ink_graph *g, ink_node *ids, uint32_t by);      /* ids + by, as ids */

/* y [rows, 2 pairs]: cos then sin of position × frequency[pair], times `scale`. positions [rows] int32. */
ink_node *ink_rope_angles(ink_graph *g, ink_node *positions, const double *frequency, size_t pairs, float scale);
/* Rotates the first 2 pairs dims of each head; halves: pairs (i, i + pairs), else neighbours. */
ink_node *ink_rope(ink_graph *g, ink_node *x, ink_node *angles, size_t heads, bool halves);

/* ---- experts ---- */

enum { INK_ROUTE_EXPERTS = 1024 };
typedef struct ink_route_options {
    size_t used;     /* experts that a row goes to */
    bool normalised; /* their weights sum to one */
} ink_route_options;
ink_node *ink_route(ink_graph *g, ink_node *x, const ink_route_options *o); /* [rows, experts]: weights, mostly zero */
/* One row of it: n weights y, from x; p is what the softmax over all gives. */
void ink_route_row(const ink_kernels *k, const ink_route_options *o, size_t n, const float *x, float *p, float *y);
ink_node *ink_weigh(ink_graph *g, ink_node *x, ink_node *w, size_t column); /* x times that column of w */
typedef struct ink_experts_options {
    const ink_constant *const *weights; /* [count] packed alike, each [out, in]; they outlive the graph */
    size_t count, used;
    bool slots;                         /* x [rows, used × in], else [rows, in] for all */
} ink_experts_options;
ink_node *ink_experts(ink_graph *g, ink_node *x, ink_node *route, const ink_experts_options *o); /* [rows, used × out] */
ink_node *ink_sum_slots(ink_graph *g, ink_node *slots, ink_node *route, size_t width);                 /* [rows, width] */

ink_node *ink_gelu(ink_graph *g, ink_node *x);
ink_node *ink_tanh(ink_graph *g, ink_node *x);
ink_node *ink_exp(ink_graph *g, ink_node *x);
ink_node *ink_leaky_relu(ink_graph *g, ink_node *x, float slope);
static inline ink_node *ink_relu(ink_graph *g, ink_node *x) { return ink_leaky_relu(g, x, 0); }
ink_node *ink_gate_tanh(ink_graph *g, ink_node *x);                 /* [rows, 2n] to [rows, n] */
ink_node *ink_reverse(ink_graph *g, ink_node *x);                   /* columns */
ink_node *ink_concat(ink_graph *g, ink_node *a, ink_node *b);       /* columns */

/* ---- convolutions over time: rows are moments, columns channels ---- */

typedef struct ink_frames { /* data of a span, an input leaf: the frames of the run whose results are wanted */
    size_t first, count;
} ink_frames;
typedef struct ink_conv_reach { /* with a span: rows of y that a frame has, and how many beyond the wanted frames are needed */
    size_t rows_per_frame, margin;
} ink_conv_reach;
typedef struct ink_conv_entry { /* what is done to x: leaky(scale x) */
    float slope, scale; /* 1: nothing */
} ink_conv_entry;
typedef struct ink_conv1d_options {
    size_t taps, dilation, before; /* rows of zeros before the first */
    ink_conv_entry entry;
    ink_conv_reach reach;
    size_t bias, span, add, adds;  /* private: which inputs these are; 0: none */
} ink_conv1d_options;
/* weight: packed [out, taps × in]; bias [out], span and adds may be NULL; adds [rows, out] are added last, in their order. */
ink_node *ink_conv1d(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv1d_options *o, ink_node *const adds[INK_CONV_ADDS]);
/* The same by tiles, with fewer products. weight: packed [6 × out, groups of taps × in], out and in rounded up to 16. */
ink_node *ink_conv1d_tiled(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, size_t out, const ink_conv1d_options *o, ink_node *const adds[INK_CONV_ADDS]);
size_t ink_conv1d_tile(size_t taps, size_t dilation);       /* runs that begin at multiples of so many rows have the same rows */
/* Rows on each side that a row depends on: all that its tile takes up have a part in its rounding. */
size_t ink_conv1d_tile_reach(size_t taps, size_t dilation);
size_t ink_conv1d_tile_block(size_t taps, size_t dilation); /* the least rows that are computed together */
/* weight: values [taps × in] of the only output; y [frames, rows of x that a frame has]. */
ink_node *ink_conv_last(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv1d_options *o);
/* weight: values [taps, channels]. */
ink_node *ink_conv_depthwise(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, const ink_conv1d_options *o);

typedef struct ink_conv_up_options {
    size_t taps, stride, pad;  /* taps: of x that a row of y needs */
    ink_conv_entry entry;
    ink_conv_reach reach;
    size_t span;               /* private */
} ink_conv_up_options;
/* weight: packed [stride × out, taps × in], phase by phase; bias [stride × out]. */
ink_node *ink_conv_up(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *span, const ink_conv_up_options *o);

/* softmax(q k^T / sqrt(dims)) v over all rows, each also seeing near ones by how far off they are (Shaw, Uszkoreit and Vaswani 2018):
   near_k and near_v: values [2 window + 1, dims], of all heads. */
typedef struct ink_near_attention_options {
    size_t heads, window;
} ink_near_attention_options;
ink_node *ink_near_attention(ink_graph *g, ink_node *q, ink_node *k, ink_node *v, ink_node *near_k, ink_node *near_v, const ink_near_attention_options *o);

/* One column of x through a monotonic rational-quadratic spline, backwards; h [rows, 3 bins - 1] holds widths, heights and inner slopes. */
typedef struct ink_spline_options {
    size_t bins;
    float bound, scale; /* identity beyond ±bound; widths and heights are multiplied by scale */
} ink_spline_options;
ink_node *ink_spline_inverse(ink_graph *g, ink_node *x, ink_node *h, const ink_spline_options *o);

typedef struct ink_attention_options {
    bool both;            /* rows see those after them too (ink_attend_rows) */
    ink_kv_type type;
    size_t layer, heads, kv_heads, head_dim;
    float scale, softcap; /* softcap 0: none */
    size_t window;        /* 0: none */
    const float *slopes;  /* [heads]: a score sinks by this for each position that its key lies back (ALiBi); NULL: not. Lives as long as the graph */
    size_t far;           /* with a bias: a key further off than this is as far */
    bool prefixed, biased, bf16; /* private: what the inputs are, and whether products are of bf16 (ink_attend_rows) */
} ink_attention_options;
/* Numbers that are always the same, [count, 1]: for looking up rows of a table. They live as long as the graph. */
ink_node *ink_fixed(ink_graph *g, const uint32_t *numbers, size_t count);
/* kv: an input leaf, its data an ink_ragged. The store's result is a token of order alone: attention takes it as an input.
   bias [far + 1, heads], or NULL: what is added to the scores of keys `far` back, …, of the query's own position. */
ink_node *ink_kv_store(ink_graph *g, ink_node *k, ink_node *v, ink_node *kv, const ink_attention_options *o);
ink_node *ink_attention(ink_graph *g, ink_node *q, ink_node *stored, ink_node *kv, ink_node *bias, const ink_attention_options *o);

/* ---- learning ---- */

/* y [as like, but for the width] = a b; turned: the matrix lies [columns, rows]. Weights are float matrices, row after row. */
ink_node *ink_product(ink_graph *g, const ink_node *like, ink_node *a, bool a_turned, ink_node *b, bool b_turned);
/* y = x W, or turned x W^T, over a matrix that does not learn and lies as its file has it: of any type, its rows where constant.rows says. */
ink_node *ink_frozen(ink_graph *g, ink_node *x, ink_node *weight, bool turned);
/* What LoRA is made of. matrix [few, width], a weight or a node: y [rows, few] = x matrix^T; y [rows, width] = x + low matrix, low [rows, few], x or NULL. */
ink_node *ink_rank_down(ink_graph *g, ink_node *x, ink_node *matrix);
ink_node *ink_rank_up(ink_graph *g, ink_node *x, ink_node *low, ink_node *matrix);
ink_node *ink_rank_sum(ink_graph *g, const ink_node *like, ink_node *low, ink_node *x);   /* y [as like: few, width] = low^T x */
ink_node *ink_transpose(ink_graph *g, ink_node *matrix);
enum { INK_RANK_FEW = 16 }; /* beyond that many rows of a matrix products are faster */
/* Floats from row to row of an input that is a matrix: a weight lies dense. */
static inline size_t ink_matrix_gap(const ink_job *j, size_t i)
{
    return j->y->in[i]->leaf == INK_LEAF_WEIGHT ? ink_node_width(j->y->in[i]) : j->in[i].stride / sizeof(float);
}
/* Attention among the rows of the step. batch: an input leaf, its data an ink_ragged of which the segments count. */
/* prefix [n, 2 layers × kv_heads × head_dim], a weight: before every sequence stand n more keys (columns of 2 layer) and values. bias: as of
   ink_attention, and where rows see those after them, [2 far + 1, heads] up to `far` ahead. Either is NULL. Segments with keys of their own see all of
   those rows of k and v, which then may be of another part of the step than q. */
ink_node *ink_attend_rows(ink_graph *g, ink_node *q, ink_node *k, ink_node *v, ink_node *batch, ink_node *prefix, ink_node *bias, const ink_attention_options *o);
typedef struct ink_draw { /* what a run draws from: an input of one row */
    uint64_t seed, step;
} ink_draw;
typedef struct ink_dropout_options {
    float part;    /* that is lost, of 1 */
    uint32_t site; /* below 65536: places in a graph draw apart */
} ink_dropout_options;
ink_node *ink_dropout(ink_graph *g, ink_node *x, ink_node *draw, const ink_dropout_options *o);
ink_node *ink_cross_entropy(ink_graph *g, ink_node *x, ink_node *labels); /* labels [rows] int32; y [rows, 1] */

typedef struct ink_match_options {
    float temperature;
    size_t most;   /* pairs at most */
} ink_match_options;
/* x [rows, width], all rows of the step, whose segments are pairs, two and two; y [rows, 1]: row i is the loss of pair i, then zeros. */
ink_node *ink_match(ink_graph *g, ink_node *x, ink_node *batch, const ink_match_options *o);

/* Convolutions while weights change: what each row sees, side by side, times weights as files have them. */
typedef struct ink_unfold_options {
    size_t taps, dilation, stride, before; /* stride: rows of the longer side for one of the shorter; before: rows of zeros */
} ink_unfold_options;
ink_node *ink_unfold(ink_graph *g, ink_node *x, const ink_unfold_options *o); /* y [rows / stride, channels × taps] */
ink_node *ink_fold(ink_graph *g, ink_node *x, const ink_unfold_options *o);   /* x [rows, channels × taps], y [rows × stride, channels] */
/* y [out, in]: each row of a direction over its norm, times its length, [out, 1]. Both are weights. */
ink_node *ink_weight_norm(ink_graph *g, ink_node *direction, ink_node *length);
/* ink_spline_inverse the other way; y [rows, 2]: what becomes of x, and the logarithm of the slope there. */
ink_node *ink_spline(ink_graph *g, ink_node *x, ink_node *h, const ink_spline_options *o);

/* What losses are made of. */
ink_node *ink_softplus(ink_graph *g, ink_node *x);
ink_node *ink_log_sigmoid(ink_graph *g, ink_node *x);
ink_node *ink_sigmoid(ink_graph *g, ink_node *x);
ink_node *ink_ln(ink_graph *g, ink_node *x);                        /* x above zero */
ink_node *ink_offset(ink_graph *g, ink_node *x, float by);
ink_node *ink_detach(ink_graph *g, ink_node *x);                    /* x, which learns nothing from what is made of it here */
ink_node *ink_sum_columns(ink_graph *g, ink_node *x);               /* y [rows, 1] */
ink_node *ink_spread(ink_graph *g, ink_node *x, size_t columns);    /* x [rows, 1], in every column */

/* ---- rows that depend on those before them in their sequence; where sequences have blocks, what came before is kept there ---- */

typedef struct ink_recur_options {
    ink_cell_kind cell;
    size_t width, layer;
} ink_recur_options;
/* A recurrent layer's steps. x [rows, gates × width]: products with the input, biases included; weight [gates × width, width], bias [gates × width]
   or NULL; y begins with the output [width], kernels.h tells what follows. batch: an input leaf, its data an ink_ragged. */
ink_node *ink_recur(ink_graph *g, ink_node *x, ink_node *weight, ink_node *bias, ink_node *batch, const ink_recur_options *o);

typedef struct ink_lag_options {
    size_t columns;     /* the first so many of x */
    size_t first, last; /* y: rows `last` before its own, …, `first` before it, side by side; zeros before the sequence */
    size_t layer;       /* where blocks keep them */
} ink_lag_options;
ink_node *ink_lag(ink_graph *g, ink_node *x, ink_node *batch, const ink_lag_options *o);

/* The rows of results in equal parts: y [part] = part number `which` of x [outputs]; y [outputs] = parts from number `first` on, zeros elsewhere. */
ink_node *ink_part(ink_graph *g, ink_node *x, size_t which);
ink_node *ink_parts(ink_graph *g, size_t count, ink_node *const *parts, size_t first);

/* What gradients are made of. */
ink_node *ink_sum_rows(ink_graph *g, ink_node *x, const ink_node *like);                  /* y [1, width of like] */
ink_node *ink_gradient_like(ink_graph *g, ink_node *dx, const ink_node *x);               /* dx, or its sum where x is one row for all */
ink_node *ink_embed_back(ink_graph *g, ink_node *dy, ink_node *ids, const ink_node *table, bool second);
ink_node *ink_scatter(ink_graph *g, ink_node *x, ink_node *index, const ink_node *like);  /* y [as like], sums of rows; the index ascends */
ink_node *ink_pad_each(ink_graph *g, ink_node *x, size_t groups, size_t from, size_t width); /* the other way from ink_slice_each; groups of `width` */
/* Pads of what was sliced from one node, side by side: their sum, put together again; NULL: they are something else. */
ink_node *ink_pad_joined(ink_graph *g, ink_node *a, ink_node *b);
ink_node *ink_rank_up_joined(ink_graph *g, ink_node *a, ink_node *b);                     /* the sum, where one is ink_rank_up of nothing; NULL: neither is */
ink_node *ink_hat(ink_graph *g, ink_node *x, size_t width, float eps, bool centred);
ink_node *ink_rms_norm_back(ink_graph *g, ink_node *x, ink_node *weight, ink_node *dy, float eps);
ink_node *ink_layer_norm_back(ink_graph *g, ink_node *x, ink_node *weight, ink_node *dy, float eps);
ink_node *ink_silu_back(ink_graph *g, ink_node *x, ink_node *dy);
ink_node *ink_route_back(ink_graph *g, ink_node *x, ink_node *dy, const ink_route_options *o);
ink_node *ink_dot_rows(ink_graph *g, ink_node *a, ink_node *b);                           /* y [rows, 1] */
ink_node *ink_gelu_back(ink_graph *g, ink_node *x, ink_node *dy);
ink_node *ink_leaky_relu_back(ink_graph *g, ink_node *x, ink_node *dy, float slope);
ink_node *ink_gelu_tanh_back(ink_graph *g, ink_node *x, ink_node *dy);
ink_node *ink_softcap_back(ink_graph *g, ink_node *y, ink_node *dy, float cap);
ink_node *ink_cross_entropy_back(ink_graph *g, ink_node *x, ink_node *labels, ink_node *dy);
ink_node *ink_match_back(ink_graph *g, const ink_node *y, ink_node *dy);
ink_node *ink_attend_rows_back(ink_graph *g, const ink_node *y, ink_node *dy);            /* of q, k and v side by side */
ink_node *ink_attend_query_back(ink_graph *g, const ink_node *y, ink_node *dy);
ink_node *ink_attend_keys_back(ink_graph *g, const ink_node *y, ink_node *dy);            /* of k and v side by side */
ink_node *ink_attend_bias_back(ink_graph *g, const ink_node *y, ink_node *dy);
ink_node *ink_attend_prefix_back(ink_graph *g, const ink_node *y, ink_node *dy);
ink_node *ink_recur_back(ink_graph *g, ink_node *y, ink_node *dy);                        /* of x; GRU: then of the product with h */
ink_node *ink_lag_back(ink_graph *g, ink_node *dy, ink_node *batch, const ink_node *like, const ink_lag_options *o);
ink_node *ink_weight_norm_back(ink_graph *g, ink_node *direction, ink_node *length, ink_node *dy, size_t of); /* of: which input */
ink_node *ink_near_attention_back(ink_graph *g, const ink_node *y, ink_node *dy);              /* of q, k, v side by side */
ink_node *ink_near_attention_tables(ink_graph *g, const ink_node *y, ink_node *dy, size_t of); /* of: input 3 or 4 */
ink_node *ink_gate_tanh_back(ink_graph *g, ink_node *x, ink_node *dy);
/* place: x of ink_spline, the result of ink_spline_inverse. dx[0] of x, dx[1] of h. */
void ink_spline_gradient(ink_graph *g, ink_node *place, ink_node *h, ink_node *dy, const ink_spline_options *o, bool inverse, ink_node **dx);
ink_node *ink_panels(ink_graph *g, ink_node *weight, bool turned);                        /* a float matrix, or what it is turned, in panels for products */
/* y [1, out]: 1 / |row of W + scale B A|, through which no gradient goes. once: the weights do not change. */
ink_node *ink_weight_norms(ink_graph *g, const ink_node *like, ink_node *weight, ink_node *a, ink_node *b, float scale, bool turned, bool once);

#endif
