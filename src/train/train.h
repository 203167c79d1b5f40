/* Inside a run: what its files share. */
#ifndef INK_TRAIN_TRAIN_H
#define INK_TRAIN_TRAIN_H

#include "train/examples.h"
#include "train/learner.h"

#include <ink/train.h>

extern const char *const ink_schedule_names[], *const ink_optimiser_names[];

/* The rate of step number `step` (from 0) of `steps`. */
double ink_schedule_rate(const ink_train_options *o, size_t step, size_t steps);

/* The order of an epoch: a permutation that (seed, epoch) decide. */
void ink_order_make(size_t count, bool shuffle, uint64_t seed, uint64_t epoch, uint32_t *order);

/* Where the model lies, malloc'd; a model from nothing is made first. */
ink_status ink_start_from(const ink_train_options *o, char **path, ink_err *err);

/* ---- methods (method.c, adapter.c) ---- */

typedef enum ink_method_kind { INK_METHOD_FULL, INK_METHOD_TOP, INK_METHOD_FREEZE, INK_METHOD_GRADUAL, INK_METHOD_ADAPTER } ink_method_kind;
typedef struct ink_method {
    const char *name;
    ink_method_kind kind;
    bool dora;
    ink_adapter_kind adapter;
} ink_method;
const ink_method *ink_method_find(const ink_train_options *o, ink_err *err); /* NULL with err filled */

typedef struct ink_method_layers {
    const ink_method *method;
    size_t layers;
    int64_t some;          /* the last so many, or the first when below 0 */
    const char *embedding;
    double layer_decay;    /* the rate of a layer divided by that of the one below */
    double up;             /* the rate of LoRA's B divided by that of A */
} ink_method_layers;
bool ink_method_learns(const void *layers, const char *name);
double ink_method_rate(const ink_method_layers *m, const char *name, size_t epoch); /* what the rate of a weight is multiplied by; 0: it rests */
/* A new adapter as a PEFT folder, its values drawn. */
ink_status ink_adapter_create(const ink_train_options *o, const ink_method *m, const ink_model *model, const char *folder, ink_err *err);

/* ---- optimisers (optimiser.c) ---- */

typedef struct ink_optimiser ink_optimiser;
typedef struct ink_optimiser_pass { /* one step of it */
    size_t step;            /* from 0 */
    double rate, scale;     /* scale: of the gradient, clipping */
} ink_optimiser_pass;
typedef struct ink_optimiser_kind {
    size_t moments;         /* numbers that it remembers of each weight: 1 or 2 */
    /* Values [from, to) of what is learned, all of one weight: updates them and their moments, and zeroes their gradient. */
    void (*update)(ink_optimiser *p, const ink_optimiser_pass *s, bool decays, size_t from, size_t to);
} ink_optimiser_kind;

#define INK_OPTIMISER(name) extern const ink_optimiser_kind ink_optimiser_##name;
#include "train/optimisers.def"
#undef INK_OPTIMISER

struct ink_optimiser {
    const ink_optimiser_kind *kind;
    const ink_train_options *o;
    const ink_method_layers *layers;
    ink_learner *l;
    double *rates;          /* [weight] what ink_optimiser_norm found */
    ink_huge first, second; /* moments, laid out as what is learned; second is empty where the kind has one */
    double *partial;        /* of the norm, by piece */
    size_t pieces;
};
static inline float *ink_optimiser_at(const ink_huge *h, size_t at) { return (float *)(void *)h->data + at; }
ink_status ink_optimiser_open(ink_optimiser *p, const ink_train_options *o, const ink_method_layers *layers, ink_learner *l, ink_err *err);
void ink_optimiser_close(ink_optimiser *p);
double ink_optimiser_norm(ink_optimiser *p, size_t epoch);                             /* of the gradient of all weights that do not rest in this epoch */
const char *ink_optimiser_broken(const ink_optimiser *p);                              /* the first weight whose gradient is not finite, in the order of the model; NULL: none */
void ink_optimiser_step(ink_optimiser *p, size_t step, double rate, double scale);    /* step counts from 0; the gradient is zero after it */

/* ---- saving (save.c) ---- */

ink_status ink_save_model(const ink_learner *l, const char *folder, ink_err *err);    /* as a model that anybody opens, or as a PEFT folder */
/* Copies what lies beside weights: tokenizers alone, or configurations too. */
ink_status ink_save_beside(const char *from, const char *folder, bool tokenizers, ink_err *err);
ink_status ink_save_checkpoint(const ink_optimiser *p, const char *output, size_t step, size_t keep, ink_err *err);
ink_status ink_load_checkpoint(ink_optimiser *p, const char *output, size_t *step, ink_err *err); /* the newest; *step 0: there is none */
bool ink_has_checkpoint(const char *output);

/* ---- the log (log.c) ---- */

typedef struct ink_log {
    int fd;
    char path[4096];
} ink_log;
ink_status ink_log_open(ink_log *log, const char *output, size_t step, ink_err *err); /* rows after the step go */
ink_status ink_log_add(ink_log *log, const ink_train_report *r, ink_err *err);
void ink_log_sync(ink_log *log);
void ink_log_close(ink_log *log);

#endif
