/* ink/train.h: teaching a model: one loop for every stage and every way of fine-tuning. A run is a table of settings, read
   from YAML (LLaMA-Factory's key names), from words key=value, or set by hand; what it makes lies in output_dir: the model as
   a Hugging Face folder (or the adapter as a PEFT folder), log.jsonl with a row a step, and checkpoints that a later run
   goes on from bit for bit. */
#ifndef INK_TRAIN_H
#define INK_TRAIN_H

#include <ink/param.h>

enum { INK_STAGE_PRETRAIN, INK_STAGE_SFT, INK_STAGE_MLM, INK_STAGE_SEQ2SEQ, INK_STAGE_SPAN, INK_STAGE_CLASSIFY, INK_STAGE_TAG, INK_STAGE_EMBED }; /* ink_train_options.stage */

enum { INK_WHEN_NOT_SAID = -1, INK_WHEN_NEVER, INK_WHEN_STEPS, INK_WHEN_EPOCH }; /* ink_train_options.eval_when, save_when */

typedef struct ink_train_options {
    int stage, schedule, optimiser, dtype, recompute, eval_when, save_when, bits; /* bits: of the base: 0 as it is, 1: 4, 2: 8 */
    const char *method, *model, *adapter, *tokenizer, *dataset, *dataset_format, *dataset_dir, *eval_dataset, *eval_pairs, *output_dir, *template_name, *resume_from;
    const char *lora_target, *anchors;
    ink_param_texts sample_prompts, idle; /* idle: settings that were given and have no effect (ink_train_idle) */
    bool shuffle, resume, overwrite, rslora, dora, pissa, train_on_prompt, load_best, packing, projection, only_model;
    int64_t batch, eval_batch, accumulate, max_steps, max_samples, warmup_steps, eval_steps, save_steps, save_total_limit, logging_steps, seed, threads, cutoff, layers, rank, virtual_tokens, patience, plateau_patience, encoder_width, encoder_layers, sample_tokens;
    double epochs, rate, min_rate, warmup_ratio, decay_ratio, lora_plus, layer_decay, beta1, beta2, eps, momentum, decay, max_norm, alpha, plateau_factor, average, dropout, lora_dropout, masked, span, temperature, val_size;
} ink_train_options;

INK_API extern const ink_param ink_train_params[]; /* in tables by what they are about */

typedef struct ink_train_synonym { /* what a word of other trainers comes to */
    const char *key, *value;   /* value NULL: any */
    const char *name, *means;  /* the setting and its value; means NULL: the value that was given; name NULL: it is so anyway */
} ink_train_synonym;
INK_API extern const ink_train_synonym ink_train_synonyms[]; /* ends with a NULL key */
/* Settings of other trainers that are taken and change nothing here; their help says why. Each of type BOOL, INT or TEXT. */
INK_API extern const ink_param ink_train_idle[];
/* Settings of a YAML file over those that are there; an unknown key is INK_E_ARGUMENT and the nearest is named. Paths that
   do not exist are looked for beside the file. */
INK_API ink_status ink_train_config(const char *path, ink_arena *arena, ink_train_options *into, ink_err *err);
INK_API ink_status ink_train_word(const char *key_value, ink_arena *arena, ink_train_options *into, ink_err *err);

typedef struct ink_train_sample { /* NUL-terminated; the answer may hold bytes that are not UTF-8 */
    const char *prompt, *text;
} ink_train_sample;

typedef struct ink_train_report { /* after a step */
    size_t step, steps;
    double epoch, loss, grad_norm, rate, tokens_per_second;
    double product_gops, product_time; /* rate of the matrix products, 10^9 operations a second, and their part of the step's time */
    double eval_loss;             /* NaN: none was measured, as are the following */
    double eval_perplexity;
    double eval_accuracy;         /* stage classify: the part of the labels that are found */
    double pairs_accuracy;        /* the part of the minimal pairs of which the good sentence is likelier */
    const ink_train_sample *samples; /* what the model wrote when it was measured, until the next step */
    size_t sample_count;
} ink_train_report;

typedef struct ink_train_hooks { /* each may be NULL */
    void (*say)(void *user, const char *sentence);
    bool (*step)(void *user, const ink_train_report *r); /* false: save, and end in INK_E_STOPPED */
    void *user;
} ink_train_hooks;
/* Goes on, or afresh, until the run is done. A full disk, a file that is not what it should be, and what does not fit are refused by a
   sentence; what lay in output_dir before is whole then. Blocks; hooks are called from the calling thread. */
INK_API ink_status ink_train_run(const ink_train_options *o, const ink_train_hooks *hooks, ink_err *err);

/* ---- what a run will take ---- */

enum { INK_TRAIN_PARTS = 12, INK_TRAIN_SHARES = 8 };
typedef struct ink_train_part {
    const char *name;             /* "attention"; static */
    double parameters, learning;  /* all; those that change */
} ink_train_part;
typedef struct ink_train_share {
    const char *name;             /* of what computes it: "product"; static */
    double values, bytes;
} ink_train_share;
typedef struct ink_train_plan {
    ink_train_part parts[INK_TRAIN_PARTS];
    size_t part_count, samples, epoch_steps, steps;
    double parameters, learning;
    double weight_bytes, learning_bytes, plan_bytes, free_bytes; /* weights; what learns with gradients and moments; values of a batch; what the machine has */
    ink_train_share fullest[INK_TRAIN_SHARES]; /* what of a batch lies in memory when most does, largest first */
    size_t share_count;
    const char *recompute;        /* what is computed twice: as the setting says, or as auto chose */
    double tokens;                /* of all steps */
    double operations_per_token;  /* multiplications and additions, forward and backward */
    double deserved_tokens;       /* 20 for every parameter (Hoffmann et al. 2022) */
    double tokens_per_second;     /* measured: the second of two batches */
    double seconds;               /* so long the steps will take */
} ink_train_plan;
/* Opens the model and reads the data as the run would, and leaves no file behind. What does not fit into memory is INK_E_MEMORY. */
INK_API ink_status ink_train_plan_make(const ink_train_options *o, ink_train_plan *plan, ink_err *err);

#endif
