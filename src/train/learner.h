/* A model that learns: the graph of its losses and their gradients as one plan, another for losses alone, over weights that
   change. The architecture is the one that runs. */
#ifndef INK_TRAIN_LEARNER_H
#define INK_TRAIN_LEARNER_H

#include "graph/plan.h"
#include "graph/recompute.h"
#include "models/adapter.h"
#include "train/mask.h"
#include "train/prompt_encoder.h"
#include "train/span.h"

typedef struct ink_learner_options {
    size_t threads, samples, context; /* the most samples computed at a time, and tokens of one */
    size_t measured;                /* the most samples measured at a time; 0: as many as are learned */
    bool bf16;                      /* products in bf16, everything else in f32 */
    ink_recompute recompute;        /* what is computed twice so that it need not be kept; the results are the same */
    ink_nn_learns *learns;
    const void *learns_user;
    const ink_masking *masking;     /* of an encoder; borrowed. NULL: the model foresees text */
    bool pairs;                     /* of a model that reads one sequence and writes another: samples are pairs, */
    const ink_spans *spans;         /* or texts whose spans are drawn; borrowed. NULL: pairs alone */
    const struct ink_labels *tags; /* of an encoder whose words get tags; borrowed. NULL: none do */
    double temperature;             /* of an encoder whose samples are texts two and two, whose vectors are to be near; 0: they are not */
    bool keeps;                     /* the model's matrices stay as its file has them */
    const char *template;           /* chat template that is left beside what is saved; static. NULL: the model has its own, or needs none */
    const char *adapter;            /* PEFT folder whose tensors learn instead of the model's; NULL: the model's */
    size_t classes;                 /* labels that a head of its own tells apart; 0: the model's own head is taught */
    bool encodes;                   /* of a prompt or prefix the network that makes it learns, not its rows */
    double dropout, lora_dropout;   /* the parts of values that are lost while learning */
    uint64_t seed;                  /* of what is drawn */
    size_t moments;                 /* floats that the optimiser and others keep for one that learns */
    bool at_once;                   /* a step is one batch, whose gradients are used before the next */
} ink_learner_options;

typedef struct ink_learner_need { /* bytes; known before any is taken */
    double weights, learning, plan; /* as they are; of what learns, with its gradients and moments; of the larger plan, of which one rests */
    double have;
} ink_learner_need;

typedef struct ink_learner_room { /* the most that is computed at a time */
    size_t samples, rows;
    size_t parts, part_rows; /* the head and its losses are computed for a part of the scored rows at a time */
} ink_learner_room;

typedef struct ink_learner {
    ink_model *model;
    ink_arena *arena;
    ink_kernels kernels;
    ink_pool *pool;
    ink_nn_weights weights;
    ink_adapters adapters;
    ink_prompt_encoder *encoder;       /* what makes the adapter's table; NULL: it learns itself */
    ink_nn_weights *learning;          /* of the model, of the adapter, or of what makes it */
    size_t prompt, prefix;             /* tokens that stand before a sample, in rows of their own or as keys and values */
    ink_graph learn_graph, measure_graph;
    ink_plan learn, measure, *latest;  /* the one that ran; the other has no memory */
    ink_node *learn_losses, *measure_losses;
    ink_learner_room rooms[2];         /* while measuring, while learning */
    size_t context;
    bool bf16;
    bool at_once;                      /* gradients are made anew by every batch, in the memory of its values */
    ink_recompute recompute;
    ink_learner_need need;
    float dropout, lora_dropout;
    ink_draw draw;                     /* step: counts what was learned; whoever teaches sets it */
    size_t classes, right;             /* labels; those measured that were the likeliest, counted up */
    ink_node *judged;                  /* of the measuring graph: what the head says of labels */
    const ink_masking *masking;
    const struct ink_labels *tags;
    const char *template;              /* left beside what is saved, or NULL */
    double temperature;
    const ink_spans *spans;
    uint64_t round;                    /* which draws masks and spans come from: the epoch */
    bool pairs;
    int32_t *read, *read_ids, *read_positions; /* [rows of the larger room] of a sample, as its spans leave it, and of a batch: what is read, as are the following */
    ink_segment *sources, *crosses;    /* its rows, and which of them what is written sees */
    int32_t *types;                    /* [rows] zeros, for encoders */
    int32_t *shown, *asked;            /* [rows] a sample as its masks leave it */
    int32_t *ids, *positions, *labels; /* [rows] of a batch, as are the following */
    uint32_t *index;
    float *shares;                     /* what each scored row's loss counts */
    ink_segment *segments;
    ink_meter *meters;                 /* [thread] of products */
} ink_learner;

ink_status ink_learner_open(ink_model *model, const ink_learner_options *o, ink_learner **out, ink_err *err);
void ink_learner_close(ink_learner *l);

/* Computes them once more, op by op, and says which is the first whose values are not finite ("silu_mul (…) behind …"); false: none, or no memory to
   look. What gradients there were are gone then. */
bool ink_learner_look(ink_learner *l, const ink_examples *e, const uint32_t *which, size_t count, double share, char *where, size_t size);
/* batch.c: fills the lists with the samples' rows, and the sizes of the run. */
void ink_learner_batch(ink_learner *l, const ink_learner_room *room, const ink_examples *e, const uint32_t *which, size_t count, ink_run *r);

/* The sum of the losses of these samples' targets; learning adds their gradients, each loss counting `share`. */
double ink_learner_learn(ink_learner *l, const ink_examples *e, const uint32_t *which, size_t count, double share);
void ink_learner_products(ink_learner *l, double *gops, double *seconds); /* since they were asked for last: their rate with all threads, and a thread's time for them */
size_t ink_learner_scored(const ink_learner *l, const ink_examples *e, size_t which); /* targets of one sample */
/* sums [count], or NULL: of each sample. */
double ink_learner_measure(ink_learner *l, const ink_examples *e, const uint32_t *which, size_t count, double *sums);

#endif
