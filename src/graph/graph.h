/* A computation before it is planned: nodes in the order in which they were built. Shapes are products of a fixed count
   and a named size, which has its value only when the plan runs. A graph and its nodes live in one arena. */
#ifndef INK_GRAPH_GRAPH_H
#define INK_GRAPH_GRAPH_H

#include "kernels/kernels.h"

#include <ink/arena.h>
#include <ink/types.h>

typedef enum ink_size { /* the named sizes */
    INK_SIZE_ONE,       /* always 1 */
    INK_SIZE_ROWS,      /* tokens of the step */
    INK_SIZE_OUTPUTS,   /* rows for which a result is wanted */
    INK_SIZE_CONTEXT,   /* positions of a sequence; only its bound matters */
    INK_SIZE_PART,      /* one of the equal parts of the outputs */
    INK_SIZE_SOURCE,    /* tokens of what is read, where a model reads one sequence and writes another */
    INK_SIZES,
} ink_size;

enum { INK_NODE_INPUTS = 6, INK_NODE_DIMS = 6 };

typedef struct ink_dim {
    size_t count;
    ink_size size; /* the extent is count × the value of this size */
} ink_dim;

typedef struct ink_graph ink_graph;
typedef struct ink_node ink_node;
typedef struct ink_op ink_op;

typedef enum ink_leaf { /* where a node without an op has its values from */
    INK_LEAF_NONE,
    INK_LEAF_WEIGHT,    /* a constant: *weight, filled before the plan runs */
    INK_LEAF_INPUT,     /* given at every run, by slot */
} ink_leaf;

typedef struct ink_constant { /* of a weight leaf; owned by whoever made the leaf, filled before the first run */
    const char *name;         /* for sentences */
    ink_type type;            /* of data */
    const void *data;         /* values as they are in the file, row after row, or NULL when packed */
    const uint32_t *rows;     /* of data that stays in its file: row r is its row rows[r]; NULL: in order */
    const ink_packed *packed; /* a matrix for products, or NULL */
    bool learns;              /* a gradient is wanted: */
    float *gradient;          /* summed up here, row after row like data; filled before the first run */
    size_t gradient_at;       /* where it begins among all gradients, in bytes; what graph.gradients asks for */
} ink_constant;

struct ink_node {
    const ink_op *op;                  /* NULL: a leaf */
    ink_node *in[INK_NODE_INPUTS];
    size_t inputs;
    ink_act_form form;                 /* INK_ACT_F32, or what a product wants its rows as */
    size_t ndim;
    ink_dim dim[INK_NODE_DIMS];        /* outermost first; the last is the width of a row and has a fixed size */
    const void *options;               /* the op's own struct */
    ink_leaf leaf;
    const ink_constant *constant;      /* INK_LEAF_WEIGHT */
    size_t slot;                       /* INK_LEAF_INPUT */
    bool wants;                        /* a gradient with respect to it is wanted (graph/gradient.h) */
    const ink_constant *into;          /* its values are added to this constant's gradient and lie nowhere else */
    bool output;                       /* kept until the run ends; see ink_plan_data */
    bool again;                        /* made again for the way back (graph/recompute.h): never before its place */
    bool kept;                         /* its memory is its own for as long as the plan lives, and zero before the first run */
    const char *name;                  /* for people; may be NULL */
    size_t index;                      /* its place in the graph */
};

struct ink_graph {
    ink_arena *arena;
    ink_node **nodes;
    size_t count, room;
    ink_err *err;          /* the first failure; building goes on with harmless nodes, and ink_graph_check tells */
    ink_status status;
    bool bf16;             /* ops that are built from now on may round what they multiply to bf16 */
    size_t gradients;      /* bytes of all constants' gradients, with which the plan's memory begins: each is made anew by a run and until then its place
                              serves other values. 0: they lie elsewhere, and a run adds to what is there */
    ink_node nowhere;      /* stands in after a failure */
};

/* A piece of a node's values: rows `stride` bytes apart (0: one row that serves for all). */
typedef struct ink_view {
    uint8_t *data;
    size_t stride;
} ink_view;

static inline float *ink_view_row(ink_view v, size_t row) { return (float *)(void *)(v.data + row * v.stride); }

/* What a chunk of work sees. */
typedef struct ink_job {
    const ink_kernels *k;
    const ink_node *y;
    ink_view in[INK_NODE_INPUTS], out;
    size_t rows;      /* of y in this run */
    size_t threads;   /* of the plan: how work is best cut, never what comes out */
    const size_t *sizes; /* of this run */
    bool more;        /* out holds values to which those of y are added */
    uint8_t *shared;  /* op.workspace bytes for all threads; zero before the first run, and what a step leaves there stays */
    uint8_t *prepared; /* op.prepared bytes for all threads */
    uint8_t *scratch; /* op.scratch bytes for this thread */
} ink_job;

typedef enum ink_flow { /* how a node's work falls into pieces, and what the planner may do with it */
    INK_FLOW_ROWS,      /* row by row, each from the same row of its inputs */
    INK_FLOW_MATMUL,    /* in[0] activations, in[1] a packed weight */
    INK_FLOW_CHUNKS,    /* pieces of the op's own */
} ink_flow;

#define INK_NO_VIEW SIZE_MAX

struct ink_op {
    const char *name;
    ink_flow flow;
    bool elementwise;   /* ROWS: a column of y needs that column of its inputs alone, so it may run on a tile after a product */
    bool writes_shared; /* ROWS: writes what other rows read (the KV store), so only one thread may do a row */
    unsigned over;      /* ROWS: bit i: a row of y may be written where that of in[i] lies; of elementwise ops any */
    unsigned each;      /* ROWS: bit i: a column of y needs that column of in[i] alone; of elementwise ops any */
    unsigned whole;     /* bit i: the view of in[i] always starts at its first row, whichever rows of y are asked for */
    size_t (*view)(const ink_node *y); /* ROWS: the column of in[0] from which on a row of it is a row of y, or INK_NO_VIEW; NULL: there is none */
    /* ROWS: rows [row, row + rows) of y; the views point at the first of them, `columns` of them count. */
    void (*run)(const ink_job *j, size_t row, size_t rows, size_t columns);
    /* CHUNKS: how many pieces this run has, and the i-th of them. */
    size_t (*chunks)(const ink_job *j);
    void (*chunk)(const ink_job *j, size_t i);
    size_t (*workspace)(const ink_node *y, const size_t bounds[INK_SIZES]); /* NULL: none */
    /* CHUNKS: pieces that are all done before the first chunk begins, into job.prepared. NULL: none. */
    size_t (*prepares)(const ink_job *j);
    void (*prepare)(const ink_job *j, size_t i);
    size_t (*prepared)(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES]);
    double (*operations)(const ink_job *j); /* CHUNKS: what a meter of products counts; NULL: it does not */
    size_t (*scratch)(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES]); /* NULL: none */
    bool detached;      /* no gradient goes through it */
    bool adds;          /* CHUNKS: respects job.more, so its values may go into the gradient of a constant */
    bool part;          /* CHUNKS: writes some of its columns alone: what it adds to must be there, so no graph.gradients */
    /* Appends the nodes of dL/dx for the inputs that want one: dx[i] stays NULL where there is none. NULL: cannot learn. */
    void (*backward)(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx);
};

ink_status ink_graph_init(ink_graph *g, ink_arena *arena, ink_err *err);
ink_status ink_graph_check(const ink_graph *g); /* the first failure of building, its sentence in err */
void ink_graph_fail(ink_graph *g, ink_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

ink_node *ink_graph_input(ink_graph *g, size_t slot, const char *name, ink_size rows, size_t width);
ink_node *ink_graph_weight(ink_graph *g, const ink_constant *constant, size_t rows, size_t width);
/* A node with the shape of `like` but this width. Never NULL: out of memory gives a node that fails the check. */
ink_node *ink_graph_node(ink_graph *g, const ink_op *op, const ink_node *like, size_t width, size_t inputs, ink_node *const *in, const void *options, size_t options_size);

static inline size_t ink_node_width(const ink_node *n) { return n->dim[n->ndim - 1].count; }
size_t ink_node_rows(const ink_node *n, const size_t sizes[INK_SIZES]); /* product of all dims but the last */
size_t ink_node_stride(const ink_node *n);                              /* bytes from row to row, a multiple of 64 */

void ink_graph_print(const ink_graph *g, void (*put)(void *user, const char *line), void *user);

#endif
