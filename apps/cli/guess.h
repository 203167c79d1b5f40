/* Guessing what comes next: flags of `generate` and `chat`. */
#ifndef CLI_GUESS_H
#define CLI_GUESS_H

#include "cli.h"

#include <ink/generate.h>

typedef struct cli_guess {
    bool lookup;
    const char *draft;
} cli_guess;
extern const ink_param cli_guess_params[];

/* What is asked for goes into the options; a smaller model is opened, with the threads of `like`, and closed by the caller. */
ink_status cli_guess_make(const cli_guess *o, const ink_llm_options *like, cli_model *draft, ink_generate_options *out, ink_err *err);

#endif
