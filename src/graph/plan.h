/* A compiled graph: fused steps in order, one arena laid out by lifetime, a budget known before anything is allocated.
   One plan serves any sizes within its bounds, without planning again and without allocating. A plan belongs to one
   caller at a time; its graph and the arena it was made in must outlive it. */
#ifndef INK_GRAPH_PLAN_H
#define INK_GRAPH_PLAN_H

#include "base/pool.h"
#include "graph/graph.h"

#include <ink/products.h>

enum { INK_PLAN_FEW = 4, INK_PLAN_PRODUCTS = 3, INK_PLAN_SLOTS = 12, INK_PLAN_CHAIN = 16 /* nodes of a chain of rows */,
       INK_PLAN_PASSED = 3 /* nodes that a chain may pass by for the sake of a later one */ };

typedef enum ink_place_kind {
    INK_PLACE_NONE,    /* a leaf, or a node that nobody needs */
    INK_PLACE_ARENA,   /* shared by all threads */
    INK_PLACE_TILE,    /* between a product and what follows it on the same tile: in the thread's scratch */
    INK_PLACE_ROW,     /* inside a chain of rows: one row in the thread's scratch */
    INK_PLACE_VIEW,    /* nothing is made of it: its rows are columns of those of its first input */
} ink_place_kind;

typedef struct ink_place {
    ink_place_kind kind;
    size_t at;         /* ARENA: offset; TILE: which tile; ROW: offset in scratch; VIEW: bytes into a row */
    size_t at_private; /* of a repeated step's node when rows are few: offset in the thread's own arena */
    bool repeated;     /* made by a step that every thread repeats when rows are few */
    size_t step, last; /* the step that makes it, the last that reads it */
    bool taken;        /* by a node of its last step, which lies where it lay */
    bool begins;       /* the first of a run that reaches a gradient which lies in the arena: it does not add */
} ink_place;

typedef enum ink_step_kind { INK_STEP_ROWS, INK_STEP_PRODUCTS, INK_STEP_CHUNKS } ink_step_kind;

/* PRODUCTS: one to three products that share their activations, then elementwise nodes on each tile while it is hot. When
   one of those joins two products (act·mul) all walk the same panels together. */
typedef struct ink_step {
    ink_step_kind kind;
    const ink_node *product[INK_PLAN_PRODUCTS];
    size_t products;
    bool joint;
    const ink_node **nodes; /* ROWS: the chain; PRODUCTS: what follows; CHUNKS: the one node */
    size_t *owner;          /* PRODUCTS: which product each of them follows */
    size_t count;
    size_t tiles;           /* buffers of one tile that it needs */
    bool repeatable;        /* ROWS: writes nothing that another thread reads */
    size_t phase;           /* steps of one phase have no barrier between them when rows are few */
    size_t rows_scratch;    /* ROWS: bytes for the rows between its nodes */
} ink_step;

typedef struct ink_plan {
    const ink_graph *graph;
    size_t bounds[INK_SIZES];
    ink_step *steps;
    size_t step_count;
    ink_place *places;       /* by node index */
    size_t arena_bytes, workspace_bytes, prepared_bytes; /* shared by all threads */
    size_t private_bytes, scratch_bytes;  /* for each thread */
    size_t threads;
    uint8_t *memory;         /* NULL until ink_plan_allocate */
    size_t memory_bytes;
    _Atomic uint32_t *next;  /* [2 + thread][step] chunks handed out, what is prepared for them, and chunks of products out of each thread's part */
} ink_plan;

/* Orders, fuses and lays out; allocates nothing but bookkeeping in the graph's arena. */
ink_status ink_plan_make(const ink_graph *g, const ink_kernels *k, const size_t bounds[INK_SIZES], size_t threads, ink_plan *out, ink_err *err);
size_t ink_plan_bytes(const ink_plan *p);          /* what ink_plan_allocate takes */
ink_status ink_plan_allocate(ink_plan *p, ink_err *err);
void ink_plan_rest(ink_plan *p);                   /* gives the memory's pages back: all of it is zero as before the first run, nothing of the last one is left */
void ink_plan_free(ink_plan *p);                   /* the memory; harmless twice */
double ink_plan_operations(const ink_plan *p, bool again); /* of products at its bounds: those made again, or the others */
typedef struct ink_plan_share { /* of the arena when it is fullest */
    const ink_op *op;      /* NULL: gradients of constants */
    size_t values, bytes;
} ink_plan_share;
/* What lies there, by the ops that made it; returns how many, at most `most`. */
size_t ink_plan_peak(const ink_plan *p, ink_plan_share *shares, size_t most);
void ink_plan_print(const ink_plan *p, void (*put)(void *user, const char *line), void *user);

typedef struct ink_meter { /* of one thread */
    _Alignas(64) int64_t product_ns;
    double product_ops;
} ink_meter;
ink_products ink_meters_sum(const ink_meter *meters, size_t threads);

typedef struct ink_look ink_look;
typedef struct ink_run {
    const ink_kernels *k;
    ink_pool *pool;                   /* of plan.threads */
    size_t sizes[INK_SIZES];          /* within the bounds */
    ink_view inputs[INK_PLAN_SLOTS];  /* by slot */
    ink_meter *meters;                /* [thread], or NULL */
    ink_look *look;                   /* looks at what each op leaves (graph/look.h); NULL: as it should be */
} ink_run;

void ink_plan_run(ink_plan *p, const ink_run *r);
ink_view ink_plan_data(const ink_plan *p, const ink_node *output); /* after a run */

/* memory.c: offsets for intervals so that none that live at the same time overlap. */
typedef struct ink_interval {
    size_t bytes, from, to; /* inclusive */
    size_t at;              /* out, or where it must lie */
    bool placed;            /* it must */
} ink_interval;
ink_status ink_memory_layout(ink_arena *arena, ink_interval *list, size_t count, size_t *total, ink_err *err);

#endif
