/* What an answer must be: flags of `generate` and `chat`. */
#ifndef CLI_CONSTRAIN_H
#define CLI_CONSTRAIN_H

#include "cli.h"

#include <ink/constraint.h>

typedef struct cli_constrain {
    const char *grammar, *schema, *regex; /* file, file, expression */
    ink_param_texts choices;
} cli_constrain;
extern const ink_param cli_constrain_params[];

bool cli_constrain_asked(const cli_constrain *o);
/* NULL when nothing is asked for. Freed by ink_constraint_free, before the model is closed. */
ink_status cli_constrain_make(const cli_constrain *o, const cli_model *model, ink_constraint **out, ink_err *err);

#endif
