/* The weights that a model asks for while it describes itself: found by Hugging Face's name, checked against the shape
   that the description wants, then, once the whole budget is known, packed for the kernels or widened to floats. */
#ifndef INK_NN_WEIGHTS_H
#define INK_NN_WEIGHTS_H

#include "base/huge.h"
#include "base/pool.h"
#include "graph/graph.h"
#include "tensor/names.h"

/* How a convolution's weight lies for the kernels, from PyTorch's [out, in, kernel] ([in, out, kernel] when transposed). */
typedef enum ink_nn_layout {
    INK_NN_MATRIX,      /* no convolution: as the file has it */
    INK_NN_CONV,        /* [out, kernel × in] */
    INK_NN_CONV_TILED,  /* [6 × out, groups of taps × in], out and in rounded up to 16: what ops/conv1d_tiled.c wants */
    INK_NN_CONV_UP,     /* [stride × out, taps × in]: phase by phase, taps from the oldest row on (ops/conv_up.c) */
    INK_NN_DEPTHWISE,   /* [kernel, channels] */
} ink_nn_layout;
typedef struct ink_nn_shape {
    ink_nn_layout layout;
    size_t out, in, kernel, stride; /* depthwise: out channels, in 1 */
    size_t parts;                   /* not by tiles: 0 for floats; panels of bf16, the inputs of each tap rounded up to 32, which rows meet as bf16 (1),
                                       or as bf16 beside what rounding left (2) */
} ink_nn_shape;

typedef struct ink_nn_weight {
    char name[160];            /* Hugging Face's */
    const ink_tensor *tensor;
    ink_name_change change;
    ink_name_heads heads;      /* of rows that change places */
    const ink_tensor *whole;   /* the file's own: `tensor` may be a part of it */
    float plus;                /* vectors: added to each value */
    bool product, vector;      /* to be packed, to be widened; neither: read from the file, row by row */
    bool kept;                 /* a matrix that stays as its file has it */
    bool matrix, learns;       /* dense: floats as the file lays them out; and those that change while learning */
    ink_nn_shape shape;        /* of a convolution */
    const ink_tensor *norm;    /* weight normalisation: the length of each slice of the first dimension; NULL: none */
    size_t repeats;            /* vector: it is there so many times, one after the other */
    ink_packed packed;         /* product: its shape, and its data once loaded */
    ink_constant constant;     /* what leaves point to */
    size_t at;                 /* offset in the store, or in what is learned */
    const struct ink_nn_weight *lent; /* the lender's, which is used instead; NULL: none */
} ink_nn_weight;

typedef bool ink_nn_learns(const void *user, const char *name); /* whether a weight is to change */

typedef struct ink_nn_weights {
    const ink_weights *file;
    const ink_name_rule *rules;
    ink_arena *arena;
    ink_nn_weight **list;
    size_t count, room;
    ink_huge store;
    size_t bytes; /* of the store, and growing while weights are asked for */
    const struct ink_nn_weights *lender; /* of the same file, loaded, and there for longer: what it made of a tensor is not made again. NULL: none */
    /* Learning: matrices stay floats in rows, and those that learn lie together, their gradients in the same order. */
    bool dense;
    bool keeps;              /* matrices of products that do not learn stay as the file has them where its rows are theirs */
    size_t kept_bytes;       /* of those, in the file */
    ink_nn_learns *learns;   /* NULL: none does */
    const void *learns_user;
    ink_huge learned, gradients; /* gradients.data may be set before loading, to borrowed memory */
    size_t learned_bytes;
    /* A model that is yet to be: every tensor asked for is noted with the shape that is wanted; `has` answers for optional ones. */
    ink_nn_learns *has;      /* NULL: the tensors of the file are all there are */
    const void *has_user;
    bool finite;             /* loading refuses a tensor with a number that is not finite */
} ink_nn_weights;

/* A weight, asked for once and known from then on. NULL with err filled: absent (INK_E_NOT_FOUND) or out of memory. */
ink_nn_weight *ink_nn_weights_get(ink_nn_weights *s, const char *name, ink_err *err);
bool ink_nn_weights_has(const ink_nn_weights *s, const char *name);
ink_status ink_nn_weight_product(ink_nn_weights *s, ink_nn_weight *w, size_t out, size_t in, ink_name_heads heads, ink_err *err);
ink_status ink_nn_weight_vector(ink_nn_weights *s, ink_nn_weight *w, size_t width, ink_name_heads heads, float plus, ink_err *err);
/* Dense: [out, in], or as the file has it where that is turned. */
ink_status ink_nn_weight_matrix(ink_nn_weights *s, ink_nn_weight *w, size_t out, size_t in, ink_name_heads heads, ink_err *err);
/* Of a product, while learning: stays as the file has it where `keeps` is set and it can, w->kept; else dense. */
ink_status ink_nn_weight_factor(ink_nn_weights *s, ink_nn_weight *w, size_t out, size_t in, ink_name_heads heads, ink_err *err);
/* Dense, of as many values, whatever their dims. */
ink_status ink_nn_weight_dense(ink_nn_weights *s, ink_nn_weight *w, size_t rows, size_t cols, ink_err *err);
ink_status ink_nn_weight_table(ink_nn_weights *s, ink_nn_weight *w, size_t rows, size_t width, ink_err *err);
ink_status ink_nn_weight_repeated(ink_nn_weights *s, ink_nn_weight *w, size_t width, size_t times, ink_err *err); /* a vector, so many times */
/* conv_weights.c: NAME of a convolution, whole or as weight_g and weight_v (Salimans and Kingma 2016), which are folded. */
ink_nn_weight *ink_nn_weights_conv(ink_nn_weights *s, const char *name, ink_err *err);
/* Whether NAME is there in two parts alone, and their names. */
bool ink_nn_weights_conv_parts(const ink_nn_weights *s, const char *name, char *length, char *direction, size_t size);
/* product: panels for the kernels; else plain values. */
ink_status ink_nn_weight_conv(ink_nn_weights *s, ink_nn_weight *w, ink_nn_shape shape, bool product, ink_err *err);
size_t ink_nn_conv_rows(ink_nn_shape shape);
size_t ink_nn_conv_cols(ink_nn_shape shape);
/* Slices first to last of the tensor's first dimension, each to its place in zeroed memory; slices may be done by different threads. */
void ink_nn_conv_lay(const ink_nn_weight *w, size_t first, size_t last, void *to);

bool ink_nn_weights_asked(const ink_nn_weights *s, const ink_tensor *t);
/* Whether everything in the file was asked for: what a description does not know would be left out of what it computes. */
ink_status ink_nn_weights_complete(const ink_nn_weights *s, ink_err *err);
/* Fills the store, all threads sharing the work, and gives the file's pages back as it goes. */
ink_status ink_nn_weights_load(ink_nn_weights *s, ink_pool *pool, ink_err *err);
void ink_nn_weights_free(ink_nn_weights *s);

#endif
