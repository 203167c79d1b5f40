/* Continuations scored by a model: `score` and `classify`. */
#ifndef CLI_SCORED_H
#define CLI_SCORED_H

#include "cli.h"

#include <ink/score.h>

typedef struct cli_scored {
    cli_model model;
    ink_score *scores; /* [count] */
} cli_scored;
typedef struct cli_scored_options {
    const char *model;
    int64_t threads, ctx;
    int kv;
    ink_param_texts adapters;
} cli_scored_options;
ink_status cli_scored_make(cli_scored *s, const cli_scored_options *o, const char *prompt, const ink_param_texts *texts, ink_err *err);
void cli_scored_clear(cli_scored *s);

#endif
