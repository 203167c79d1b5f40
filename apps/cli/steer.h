/* Other ways to choose, and texts longer than a context: flags of `generate` and `chat`. */
#ifndef CLI_STEER_H
#define CLI_STEER_H

#include "cli.h"

#include <ink/generate.h>

typedef struct cli_steer {
    double guidance, contrast;
    const char *negative;
    bool shift;
    int64_t sinks;
} cli_steer;
extern const ink_param cli_steer_params[];

size_t cli_steer_candidates(const ink_sampling *sampling); /* of contrastive search: what --top-k says */
/* What is asked for goes into the options of a model yet to be opened and of an answer; ids of the negative text are the caller's. */
ink_status cli_steer_make(const cli_steer *o, const ink_sampling *sampling, ink_llm_options *llm, ink_generate_options *out, ink_err *err);

#endif
