/* Inside a history: what its files share. */
#ifndef INK_TRAIN_HISTORY_H
#define INK_TRAIN_HISTORY_H

#include "base/path.h"
#include "train/chart.h"
#include "train/train.h"

#include <ink/history.h>

enum { INK_HISTORY_MODELS = 16, INK_HISTORY_POINTS = 512 };

typedef struct ink_history_curve {
    char name[64];
    ink_history_row row;
    size_t count;
    ink_chart_point points[INK_HISTORY_POINTS]; /* tokens, nats */
} ink_history_curve;

typedef struct ink_history {
    const ink_history_hooks *hooks;
    ink_arena *arena;
    const char *config;
    ink_train_options o;
    const char *models[INK_HISTORY_MODELS];
    size_t model_count;
    int64_t order, vocab;
    ink_tokenizer *tokenizer;
    ink_path folder;             /* of the tokenizer */
    double eval_bytes, eval_tokens;
    ink_history_curve *curves;
    size_t count, at;            /* at: the one that learns */
    double seen;                 /* tokens, so far */
} ink_history;

/* history_picture.c: table.md, table.json and perplexity.svg. */
ink_status ink_history_show(const ink_history *h, ink_err *err);

#endif
