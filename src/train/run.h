/* A run on its way: what its parts share. It points into itself, and may not be moved once it has begun. */
#ifndef INK_TRAIN_RUN_H
#define INK_TRAIN_RUN_H

#include "train/train.h"

typedef struct ink_teaching {
    ink_settled settled;
    const ink_train_options *o; /* settled, from run_begin on */
    const ink_train_hooks *hooks;
    char *model_path;
    ink_model *model;
    ink_examples train, eval, pairs;
    ink_learner *learner;
    ink_optimiser optimiser;
    ink_average average;
    ink_log log;
    ink_method_layers layers;
    ink_packs packs;      /* of samples to learn from: what an order puts in order */
    ink_masking masking;  /* stage mlm */
    ink_spans spans;      /* stage span */
    ink_labels labels;    /* stage tag */
    ink_labels classes;   /* stage classify */
    ink_samples samples;
    const char *template; /* stage sft, of a model without one; static */
    uint32_t *order;      /* of epoch `epoch` */
    uint32_t *chosen;     /* samples of a step */
    size_t epoch, epoch_steps, steps;
    ink_train_state at;
    size_t saved;         /* the step of the last checkpoint */
    ink_tell tell;
} ink_teaching;

void ink_teaching_say(const ink_teaching *r, const char *format, ...) __attribute__((format(printf, 2, 3))); /* to whoever looks on */
/* Reads and checks everything, and makes what learns (run_open.c). */
ink_status ink_teaching_open(ink_teaching *r, ink_err *err);
size_t ink_teaching_eval_batch(const ink_teaching *r); /* samples that are measured at a time */

/* Samples of the batch that begins with pack `i` of a step's `count`; what is lost of them is drawn from now on. */
size_t ink_teaching_batch(ink_teaching *r, const uint32_t *which, size_t count, size_t i);
/* The sentence about a step whose numbers ended (run_broken.c): the first op, the samples chosen, and the first weight that feels it. share: what each loss counts. */
ink_status ink_teaching_broken(ink_teaching *r, const char *what, const uint32_t *which, size_t count, size_t samples, double share, ink_err *err);

#endif
