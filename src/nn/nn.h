/* Layers: compositions of ops that find their weights by name. A model file describes itself through an ink_net; names
   are Hugging Face's, joined to the net's prefix. After a failure building goes on with harmless nodes, and
   ink_graph_check tells. */
#ifndef INK_NN_NN_H
#define INK_NN_NN_H

#include "nn/adapter.h"
#include "ops/ops.h"

enum { INK_NET_NAME = 160 };

typedef struct ink_net {
    ink_graph *g;
    ink_nn_weights *weights;
    char prefix[INK_NET_NAME];  /* "model.layers.3." */
    ink_node *kv;               /* input: the step's ink_ragged, whose sequences have keys and values in blocks; or */
    ink_node *batch;            /* the same without blocks: rows attend to those of the step alone */
    ink_kv_type kv_type;
    size_t context;             /* most positions of a sequence; 0: nobody knows yet */
    ink_node *types;            /* input: which part of a pair a token is of; NULL: nobody asks */
    ink_node *ids;              /* input: the step's tokens, which an adapter may put its own before */
    ink_node *headed;           /* what the head multiplies, the last norm's rows */
    bool headless;              /* no head is wanted: its weight is not asked for, and what is built behind `headed` means nothing */
    ink_node *cross;            /* input: an ink_ragged of the step's rows, whose segments say which keys of what was read they see; NULL: nothing is read */
    struct ink_nn_kept *kept;   /* [layer] what is read by the same step; NULL: it lies in blocks of its own, or nobody asks for it */
    ink_node *before;           /* keys and values before every sequence (ink_attend_rows), or NULL */
    ink_nn_adapter *const *adapters;
    size_t adapter_count;
    /* Told of every product: x holds rows of the weight's columns, one or several in each of its own. Or NULL. */
    void (*watch)(void *user, struct ink_net *n, const ink_nn_weight *w, ink_node *x, size_t columns);
    void *watch_user;
    /* Learning: the part of values that is lost on residual branches and behind the embedding, and before LoRA; what is drawn from. */
    float dropout, lora_dropout;
    ink_node *draw;
    uint32_t dropped;           /* places so far */
    ink_node *quantised_from, *quantised; /* the last row that was put in a product's form, since siblings share it */
} ink_net;

void ink_net_at(ink_net *n, const char *format, ...) __attribute__((format(printf, 2, 3))); /* sets the prefix */
bool ink_net_has(const ink_net *n, const char *name); /* prefix + name */

/* x W^T + b: NAME.weight [out, in], and NAME.bias [out] where the file has one. */
ink_node *ink_nn_linear(ink_net *n, ink_node *x, const char *name, size_t out);
/* The same, of a weight whose rows are the dims of heads, which a file may interleave. */
ink_node *ink_nn_linear_heads(ink_net *n, ink_node *x, const char *name, size_t heads, size_t head_dim);
/* Queries, keys and values in one weight: of each head of keys its queries, then its key, then its value. */
ink_node *ink_nn_linear_qkv(ink_net *n, ink_node *x, const char *name, size_t heads, size_t kv_heads, size_t head_dim);
/* x T^T of a whole tensor name: the head of a model, tied or not. */
ink_node *ink_nn_head(ink_net *n, ink_node *x, const char *tensor, size_t out);
/* The head of a task, [labels, width] and its bias, of an adapter or the model's own (task.c); and how many labels the one that lies in a file has: 0, there is none. */
ink_node *ink_nn_task(ink_net *n, ink_node *x, size_t labels);
size_t ink_nn_task_labels(const ink_weights *w);
ink_node *ink_nn_matrix(ink_net *n, const char *tensor, size_t rows, size_t width); /* a whole tensor name, floats as they lie: while learning */
ink_node *ink_nn_row(ink_net *n, const char *tensor, size_t width); /* a whole tensor name, as one row for all */
/* Rows of the table NAME.weight [rows, width], by id. */
ink_node *ink_nn_embedding(ink_net *n, ink_node *ids, const char *name, size_t rows, size_t width);
/* plus: added to the weight (Gemma's 1 + w). The norm runs over the whole row, or over each group of `width` values. */
ink_node *ink_nn_rms_norm(ink_net *n, ink_node *x, const char *name, size_t width, float eps, float plus);
ink_node *ink_nn_layer_norm(ink_net *n, ink_node *x, const char *name, float eps);

/* PREFIX NAME SUFFIX, or NULL: then the graph has failed with its sentence. */
ink_nn_weight *ink_net_weight(ink_net *n, const char *name, const char *suffix);
/* A weight that was asked for as [rows, width] with this outcome, as a leaf; or the graph's failure. */
ink_node *ink_net_leaf(ink_net *n, ink_nn_weight *w, ink_status status, const ink_err *err, size_t rows, size_t width);

/* x with a part of its values lost, where one is to be. */
ink_node *ink_nn_dropout(ink_net *n, ink_node *x, float part);

/* ---- convolutions over time ---- */

typedef struct ink_nn_conv {
    size_t out, taps, dilation; /* dilation 0: 1 */
    size_t stride;              /* transposed convolutions */
    bool tiled;                 /* with fewer products, where ink_nn_conv_tiles: runs must begin at multiples of ink_conv1d_tile rows */
    bool fine;                  /* where the graph may round to bf16: of x the rounding's rest counts too */
    ink_conv_entry entry;       /* scale 0: nothing is done to x */
    ink_conv_reach reach;
    ink_node *span;             /* with reach; or NULL */
    ink_node *adds[INK_CONV_ADDS];
} ink_nn_conv;
/* NAME.weight, weight-normed or whole, and NAME.bias where the file has one; as many rows as x has. Where the graph may round to bf16,
   products of these and of ink_nn_conv_up do. */
ink_node *ink_nn_conv1d(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c);
ink_node *ink_nn_conv_last(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c);
ink_node *ink_nn_conv_depthwise(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c);
ink_node *ink_nn_conv_up(ink_net *n, ink_node *x, const char *name, const ink_nn_conv *c); /* stride times as many rows */
bool ink_nn_conv_tiles(size_t taps, size_t dilation);
size_t ink_nn_conv_reach(size_t taps, size_t dilation, bool tiled); /* rows on each side that a row depends on; tiled: when made by tiles where that can be */
typedef struct ink_nn_wavenet_options {
    size_t width, layers, taps, dilation; /* each layer's gap is `dilation` times the one before's */
    bool tiled;                           /* as in ink_nn_conv */
} ink_nn_wavenet_options;
/* x [rows, width] to [rows, width]: what all layers of NAME give out. condition: one row, of which each layer gets its share; or NULL. */
ink_node *ink_nn_wavenet(ink_net *n, ink_node *x, const char *name, ink_node *condition, const ink_nn_wavenet_options *o);
/* NAME, all of it, in one row. */
ink_node *ink_nn_vector(ink_net *n, const char *name, size_t width);

typedef struct ink_attend_options {
    size_t layer, heads, kv_heads, head_dim;
    float scale;   /* 0: 1 / sqrt(head_dim) */
    float softcap; /* 0: none */
    size_t window; /* 0: none */
    float sinking; /* scores sink with distance, by a slope of each head's times this (ALiBi); 0: they do not */
    bool both;     /* rows see those after them too: all are rows of the step */
    ink_node *bias; /* what scores gain by distance (ink_nn_distances), or NULL */
    size_t far;    /* of the bias */
} ink_attend_options;
/* q [rows, heads × head_dim], k and v [rows, kv_heads × head_dim], rotated already; causal unless `both`. */
ink_node *ink_nn_attention(ink_net *n, ink_node *q, ink_node *k, ink_node *v, const ink_attend_options *o);

/* A recurrent layer: NAME.weight_ih_LAYER [gates × width, in], NAME.weight_hh_LAYER, and biases where the file has them; LAYER is "l0" or "l0_reverse". */
ink_node *ink_nn_recurrent(ink_net *n, ink_node *x, const char *name, const char *layer, size_t gates, const ink_recur_options *o);

/* ---- what decoders are made of ---- */

typedef enum ink_nn_fusing { INK_NN_APART, INK_NN_BESIDE, INK_NN_GROUPED } ink_nn_fusing; /* three weights; one with q | k | v; one by heads of keys (ink_nn_linear_qkv) */
typedef struct ink_nn_self { /* attention of a sequence to itself; biases where the file has them */
    size_t layer, heads, kv_heads, head_dim, window;
    ink_node *angles;          /* NULL: positions do not turn */
    bool neighbours;           /* pairs (2i, 2i + 1) turn, not halves of a head */
    float sinking;             /* ALiBi */
    float scale;               /* 0: 1 / sqrt(head_dim) */
    bool both;
    ink_node *bias;            /* as of ink_attend_options, as are `both` and `far` */
    size_t far;
    ink_nn_fusing fusing;
    const char *q, *k, *v, *o; /* names of the weights; fused: q alone */
    const char *q_norm, *k_norm; /* NULL: none; over each head */
    float eps;
} ink_nn_self;
ink_node *ink_nn_self_attention(ink_net *n, ink_node *x, const ink_nn_self *o);

typedef ink_node *ink_nn_gate(ink_graph *g, ink_node *gate, ink_node *up); /* ink_silu_mul and its like */
/* down(gate(x) up(x)) of `ffn` values; up NULL: gate's weight holds both, one after the other. */
ink_node *ink_nn_gated(ink_net *n, ink_node *x, const char *gate, const char *up, const char *down, size_t ffn, ink_nn_gate *act);
/* down(act(up(x))) */
ink_node *ink_nn_mlp(ink_net *n, ink_node *x, const char *up, const char *down, size_t ffn, ink_node *(*act)(ink_graph *g, ink_node *x));

typedef struct ink_nn_experts {
    const char *router, *expert; /* names: of the weight that chooses, and what the names of expert %zu begin with */
    const char *gate, *up, *down;
    size_t count, used, ffn;
    bool normalised;             /* weights of those used sum to one */
} ink_nn_experts;
/* The sum of what the chosen experts, each a gated feed-forward with silu, make of x. */
ink_node *ink_nn_mixture(ink_net *n, ink_node *x, const ink_nn_experts *o);

/* ---- what is written by reading something else ---- */

typedef struct ink_nn_kept { /* keys and values of what is read, for one layer of what writes */
    ink_node *k, *v;
} ink_nn_kept;
typedef struct ink_nn_cross { /* a layer's attention to what is read; every row sees all of it */
    size_t layer, heads, head_dim;
    float scale;
    const char *q, *k, *v, *o; /* names of the weights */
} ink_nn_cross;
/* x [rows of what is read]: what the layer will see of it goes to its blocks, or is kept for rows of the same step; nothing happens where nobody will ask. */
void ink_nn_keep(ink_net *n, ink_node *x, const ink_nn_cross *o);
ink_node *ink_nn_cross_attention(ink_net *n, ink_node *x, const ink_nn_cross *o);

/* What scores gain by distance (Raffel et al. 2020, section 2.1): a row for each, from `far` back to the same place, and with `both` on to `far` ahead,
   of the table NAME.weight [buckets, heads]. Half of the buckets (of a direction) are a distance each, the others reach up to `far` by the logarithm. */
typedef struct ink_nn_buckets {
    size_t heads, buckets, far;
    bool both;
} ink_nn_buckets;
ink_node *ink_nn_distances(ink_net *n, const char *name, const ink_nn_buckets *o);

/* ---- rotary positions ---- */

typedef enum ink_rope_scaling { INK_ROPE_PLAIN, INK_ROPE_LINEAR, INK_ROPE_LLAMA3, INK_ROPE_YARN, INK_ROPE_LONG } ink_rope_scaling;
enum { INK_ROPE_STRETCHES = 256 }; /* pairs of LONG */
typedef struct ink_rope_options {
    size_t dims;               /* of a head that rotate; even */
    double base;
    ink_rope_scaling scaling;
    double factor;             /* how much longer the context became */
    double low, high;          /* llama3: low_freq_factor, high_freq_factor; yarn: beta_slow, beta_fast */
    double original;           /* context before scaling */
    double attention;          /* on cos and sin; 0: 1, for yarn 1 + ln(factor) / 10 */
    bool unrounded;            /* yarn: its ramp begins and ends between pairs */
    float stretch[2][INK_ROPE_STRETCHES]; /* LONG: a divisor for each pair, in contexts up to the original one and in longer ones */
    bool beyond;               /* LONG: the context is longer; ink_nn_rope sets it */
    const char *divisors;      /* a tensor of the file with a divisor for each pair, or NULL */
} ink_rope_options;
double ink_nn_rope_frequency(const ink_rope_options *o, size_t pair); /* turns of 1 / 2 pi a position, scaled */
/* Angles of the step's positions (input leaf), for every layer that shares these options. */
ink_node *ink_nn_rope(ink_net *n, ink_node *positions, const ink_rope_options *o);

#endif
