/* Inside a run: what its files share. */
#ifndef INK_TRAIN_TRAIN_H
#define INK_TRAIN_TRAIN_H

#include "base/path.h"
#include "train/examples.h"
#include "train/learner.h"

#include <ink/buf.h>
#include <ink/train.h>

extern const char *const ink_schedule_names[], *const ink_optimiser_names[], *const ink_recompute_names[];

typedef struct ink_plateau { /* what the schedule plateau remembers of measurements */
    double best, factor;
    size_t waited;
} ink_plateau;
typedef struct ink_train_state { /* what a checkpoint holds beside weights and moments */
    size_t step;
    double best;               /* the lowest eval loss; INFINITY: none was measured */
    size_t best_step, waited;  /* when; and how often was measured since */
    ink_plateau plateau;
} ink_train_state;

/* ---- settings (words.c, settle.c, lookup.c) ---- */

/* What a word of another trainer and its value come to; done: nothing is left to set. INK_E_ARGUMENT: it cannot be so here. */
ink_status ink_train_word_mean(const char **key, const char **value, bool *done, ink_err *err);
/* A setting that has no effect: its value is looked at, its name kept. INK_E_NOT_FOUND: it is none of those. */
ink_status ink_train_idle_set(const char *key, const char *value, ink_arena *arena, ink_train_options *into, ink_err *err);

typedef struct ink_settled { /* settings as a run takes them. It points into itself, and may not be moved */
    ink_train_options o;
    ink_path dataset, eval_dataset, from; /* where they lie; from: the checkpoint that is asked for, or empty */
    bool foreign;                         /* which is another run's */
} ink_settled;
/* What contradicts itself, lacks something, or cannot be found is refused in a sentence, before anything is read. */
ink_status ink_settle(const ink_train_options *asked, ink_settled *out, ink_err *err);
void ink_settle_epochs(ink_settled *s, size_t epoch_steps); /* what counts in epochs counts in steps from now on */
bool ink_settle_measures(const ink_train_options *o);       /* whether anything is to be measured */
/* The data set that a setting names: a file as it stands, or one of the folder dataset_dir, or names of its dataset_info.json. */
ink_status ink_dataset_find(const ink_train_options *o, const char *asked, ink_path *out, ink_err *err);

/* Another loss was measured. */
void ink_plateau_see(const ink_train_options *o, ink_plateau *p, double loss);
bool ink_schedule_waits(const ink_train_options *o); /* for measurements */
/* The rate of step number `step` (from 0) of `steps`. */
double ink_schedule_rate(const ink_train_options *o, const ink_plateau *p, size_t step, size_t steps);

/* Rows chosen by the seed go from e to `into`: a part of them below 1, or so many. INK_E_ARGUMENT: none would be left. */
ink_status ink_examples_set_aside(ink_examples *e, double part, uint64_t seed, ink_examples *into, ink_err *err);
/* What words are masked with, and spans stand for, in samples that want it; the model's tokenizer is asked for it. */
ink_status ink_masking_open(ink_masking *m, const ink_train_options *o, const ink_model *model, const ink_examples *train, const ink_examples *eval, ink_err *err);
ink_status ink_spans_open(ink_spans *s, const ink_train_options *o, const ink_model *model, const ink_examples *train, const ink_examples *eval, ink_err *err);

/* ---- what a run tells (tell.c) ---- */

typedef struct ink_tell { /* of the steps since the last line */
    double loss;
    size_t steps;
} ink_tell;
void ink_tell_step(ink_tell *t, const ink_train_options *o, const ink_train_hooks *hooks, const ink_train_report *r); /* a line every logging_steps */
void ink_tell_idle(const ink_train_options *o, const ink_train_hooks *hooks);                                          /* settings that have no effect */

/* The order of an epoch: a permutation that (seed, epoch) decide. */
void ink_order_make(size_t count, bool shuffle, uint64_t seed, uint64_t epoch, uint32_t *order);

typedef struct ink_packs { /* samples that are computed side by side (pack.c) */
    uint32_t *samples;  /* pack after pack */
    size_t *starts;     /* [count + 1] */
    size_t count, longest; /* longest: tokens */
} ink_packs;
/* Packs of at most `room` tokens, which no sample exceeds; 0: each sample is one. */
ink_status ink_packs_make(const ink_examples *e, size_t room, ink_packs *out, ink_err *err);
ink_status ink_packs_pairs(const ink_examples *e, ink_packs *out, ink_err *err); /* two and two; longest: tokens of a sample */
void ink_packs_clear(ink_packs *p);

/* Where the model lies, malloc'd; a model from nothing is made first. */
ink_status ink_start_from(const ink_train_options *o, char **path, ink_err *err);

/* ---- methods (method.c, methods/NAME.c, adapter.c) ---- */

typedef struct ink_adapter_new ink_adapter_new; /* adapter.h */
typedef struct ink_method_adapter {
    const char *peft;         /* its type, in PEFT's words */
    bool principal;           /* may begin as the strongest directions of each weight */
    bool before;              /* it is rows that stand before a sequence */
    bool encodes, projects;   /* a network makes the rows that stand before a sequence; may make them */
    ink_status (*draw)(ink_adapter_new *a, ink_err *err);           /* its tensors */
    void (*describe)(const ink_adapter_new *a, ink_json *config);   /* its own settings */
} ink_method_adapter;
typedef struct ink_method_layers ink_method_layers;
typedef struct ink_method {
    const char *name;
    bool (*learns)(const ink_method_layers *m, const char *name);   /* NULL: everything does */
    bool (*rests)(size_t depth, size_t epoch);                      /* NULL: nothing does; depth: 0 above the layers, 1 the last of them */
    bool keeps;                                                     /* what rests stays as its file has it, quantised */
    const ink_method_adapter *adapter;                              /* NULL: the model itself changes */
} ink_method;
#define INK_METHOD(name) extern const ink_method ink_method_##name;
#include "train/methods.def"
#undef INK_METHOD
const ink_method *ink_method_find(const ink_train_options *o, ink_err *err); /* NULL with err filled */
bool ink_method_encodes(const ink_train_options *o, const ink_method *m);
/* A copy of the model in output_dir instead (base.c): quantised, where quantization_bit asks for it and it is not; of floats, where all of a GGUF changes. *path is malloc'd. */
ink_status ink_start_base(const ink_train_options *o, const ink_method *method, const ink_train_hooks *hooks, char **path, ink_err *err);

struct ink_method_layers {
    const ink_method *method;
    size_t layers;
    int64_t some;          /* the last so many, or the first when below 0 */
    const char *embedding;
    double layer_decay;    /* the rate of a layer divided by that of the one below */
    double up;             /* the rate of LoRA's B divided by that of A */
};
long ink_method_layer(const char *name); /* the number of the layer that a name belongs to, or -1 */
bool ink_method_above(const ink_method_layers *m, const char *name); /* of a name without a layer: it stands above them, as the last norm and the head do */
bool ink_method_among(const ink_method_layers *m, const char *name); /* of one of `some` layers */
bool ink_method_learns(const void *layers, const char *name);
double ink_method_rate(const ink_method_layers *m, const char *name, size_t epoch); /* what the rate of a weight is multiplied by; 0: it rests */
/* A new adapter as a PEFT folder, its values drawn. */
ink_status ink_adapter_create(const ink_train_options *o, const ink_method_adapter *m, const ink_model *model, const struct ink_labels *labels, const char *folder, ink_err *err); /* labels: NULL, or of a head in it */

/* ---- tags (labels.c) ---- */

/* A head drawn for tags, [count, width], its values about 0.02 from zero. */
void ink_labels_draw(const struct ink_labels *l, uint64_t seed, size_t width, float *weight);
/* Before anything is read: the tags that the model, or the adapter to start from, knows. */
ink_status ink_labels_known(struct ink_labels *l, const ink_model *model, const char *adapter, ink_err *err);
/* After it: a head for them in the model's weights, if it has none; INK_E_FORMAT: it has one for others. */
ink_status ink_labels_head(const struct ink_labels *l, ink_model *model, uint64_t seed, ink_err *err);

/* ---- optimisers (optimiser.c) ---- */

typedef struct ink_optimiser ink_optimiser;
typedef struct ink_optimiser_pass { /* one step of it */
    size_t step;            /* from 0 */
    double rate, scale;     /* scale: of the gradient, clipping */
} ink_optimiser_pass;
typedef struct ink_optimiser_kind {
    size_t moments;         /* numbers that it remembers of each weight: at most */
    /* Values [from, to) of what is learned, all of one weight: updates them and their moments, and zeroes their gradient. */
    void (*update)(ink_optimiser *p, const ink_optimiser_pass *s, bool decays, size_t from, size_t to);
    /* Or weight by weight: floats that are remembered of one, floats of room that it wants (64-aligned), and the same work. */
    size_t (*state)(const ink_nn_weight *x);
    size_t (*scratch)(const ink_nn_weight *x); /* NULL: none */
    void (*whole)(ink_optimiser *p, const ink_optimiser_pass *s, const ink_nn_weight *x, float *state, float *scratch);
} ink_optimiser_kind;
/* A step of AdamW in numbers, also for what other optimisers leave to it. */
ink_adamw ink_optimiser_adamw_of(const ink_train_options *o, const ink_optimiser_pass *s, bool decays);

#define INK_OPTIMISER(name) extern const ink_optimiser_kind ink_optimiser_##name;
#include "train/optimisers.def"
#undef INK_OPTIMISER

struct ink_optimiser {
    const ink_optimiser_kind *kind;
    const ink_train_options *o;
    const ink_method_layers *layers;
    ink_learner *l;
    double *rates;          /* [weight] what ink_optimiser_norm found */
    ink_huge first, second; /* moments, laid out as what is learned; second is empty where the kind has one; or state, weight after weight */
    size_t *states;         /* [weight] where its state begins in `first`, for kinds that work weight by weight */
    ink_huge scratch;       /* of all threads */
    size_t scratch_each;    /* floats */
    double *partial;        /* of the norm, by piece */
    size_t pieces;
};
static inline float *ink_optimiser_at(const ink_huge *h, size_t at) { return (float *)(void *)h->data + at; }
size_t ink_optimiser_moments(const ink_train_options *o); /* floats it keeps for one that learns */
ink_status ink_optimiser_open(ink_optimiser *p, const ink_train_options *o, const ink_method_layers *layers, ink_learner *l, ink_err *err);
void ink_optimiser_close(ink_optimiser *p);
double ink_optimiser_norm(ink_optimiser *p, size_t epoch);                             /* of the gradient of all weights that do not rest in this epoch */
const char *ink_optimiser_broken(const ink_optimiser *p);                              /* the first weight whose gradient is not finite, in the order of the model; NULL: none */
void ink_optimiser_step(ink_optimiser *p, size_t step, double rate, double scale);    /* step counts from 0; the gradient is zero after it */

/* ---- the average of weights (average.c) ---- */

typedef struct ink_average {
    double keep;            /* 0: there is none */
    const ink_nn_weights *w;
    ink_huge values;        /* laid out as what is learned */
} ink_average;
ink_status ink_average_open(ink_average *a, double keep, const ink_nn_weights *w, ink_err *err);
void ink_average_close(ink_average *a);
void ink_average_see(ink_average *a, ink_pool *pool, size_t step); /* after step number `step`, from 1 */
void ink_average_swap(const ink_average *a);                       /* weights and average change places */

/* ---- what a run will take (plan.c) ---- */

void ink_plan_tell(const ink_learner *l, ink_train_plan *plan);
void ink_plan_clock(ink_optimiser *p, const ink_examples *e, const uint32_t *which, size_t count, ink_train_plan *plan); /* the weights are as they were after it */

/* ---- minimal pairs (pairs.c) ---- */

ink_status ink_pairs_read(const ink_reading *r, ink_examples *into, ink_err *err); /* of a file or all of a folder: good, bad, good, bad */
double ink_pairs_measure(ink_learner *l, const ink_examples *pairs, size_t batch);  /* the part in which the good one is likelier */

/* ---- samples (sample.c) ---- */

typedef struct ink_samples {
    const ink_train_options *o;
    ink_ids *prompts;        /* [count] */
    ink_train_sample *said;  /* [count] */
    size_t count;
} ink_samples;
/* The prompts as tokens. INK_E_UNSUPPORTED: the stage makes no text. */
ink_status ink_samples_open(ink_samples *s, const ink_train_options *o, const ink_model *model, ink_err *err);
/* What the model, as it is now, answers: a function of weights and seed. It is saved for the occasion, and opened as any other. */
ink_status ink_samples_draw(ink_samples *s, const ink_learner *l, ink_err *err);
void ink_samples_close(ink_samples *s);

/* ---- saving (save.c) ---- */

ink_status ink_save_model(const ink_learner *l, const char *folder, ink_err *err);    /* as a model that anybody opens, or as a PEFT folder */
/* Copies what lies beside weights: tokenizers alone, or configurations too. */
ink_status ink_save_beside(const char *from, const char *folder, bool tokenizers, ink_err *err);
ink_status ink_save_checkpoint(const ink_optimiser *p, const ink_average *a, const char *output, const ink_train_state *s, bool whole, ink_err *err); /* whole: with the moments */
/* from: a checkpoint's folder; empty: the newest of output. step 0: there is none. */
ink_status ink_load_checkpoint(ink_optimiser *p, const ink_average *a, const char *output, const char *from, ink_train_state *s, ink_err *err);
ink_status ink_save_best(const ink_learner *l, const char *output, ink_err *err);                      /* the model as it is, in best/ */
ink_status ink_load_best(ink_learner *l, const char *output, ink_err *err);
bool ink_has_checkpoint(const char *output);
ink_status ink_drop_checkpoints(const char *output, ink_err *err); /* and the best */

/* ---- the log ---- */

enum { INK_LOG_SHEETS = 3 };
typedef struct ink_log_sheet { /* one of the files of the log */
    int fd;
    char path[4096];
} ink_log_sheet;
typedef struct ink_log {
    ink_log_sheet sheets[INK_LOG_SHEETS]; /* log.jsonl, log.csv, and TensorBoard's events */
} ink_log;
typedef struct ink_log_column { /* a number of a row */
    const char *key, *tag; /* its name in the rows, and in TensorBoard */
    size_t at;             /* in ink_train_report */
    bool measured;         /* of rows of measurements */
} ink_log_column;
extern const ink_log_column ink_log_columns[]; /* ends with a NULL key */
static inline double ink_log_value(const ink_train_report *r, const ink_log_column *c) { return *(const double *)(const void *)((const char *)r + c->at); }
/* Whether a row has this number. */
bool ink_log_has(const ink_train_report *r, const ink_log_column *c);

ink_status ink_log_open(ink_log *log, const char *output, size_t step, ink_err *err); /* rows after the step go */
ink_status ink_log_add(ink_log *log, const ink_train_report *r, ink_err *err);
void ink_log_sync(ink_log *log);
void ink_log_close(ink_log *log);

typedef ink_status ink_log_row(void *user, const ink_train_report *r, ink_err *err);
/* The whole rows of a log.jsonl, up to the step; what is not there has none. *bytes, or NULL: how far they reach. */
ink_status ink_log_read(const char *path, size_t step, ink_log_row *row, void *user, size_t *bytes, ink_err *err);

void ink_log_table_head(ink_buf *to);                                     /* log_table.c: CSV */
void ink_log_table_row(const ink_train_report *r, ink_buf *to);
void ink_log_events_head(double seconds, size_t step, ink_buf *to);       /* log_events.c; step: after which rows of earlier files are forgotten */
void ink_log_events_row(const ink_train_report *r, double seconds, ink_buf *to);

/* curve.c: loss.svg and loss.png, of the rows of log.jsonl. */
ink_status ink_curve_draw(const char *output, ink_err *err);

#endif
