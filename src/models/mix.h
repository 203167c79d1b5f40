/* Which type each tensor of a quantised model is kept in: most in one type, those that matter more in a wider one. The choices are
   the ones people know from llama-quantize, so that a Q4_K_M here is a Q4_K_M there. */
#ifndef INK_MODELS_MIX_H
#define INK_MODELS_MIX_H

#include <ink/types.h>
#include <stdbool.h>

typedef struct ink_mix {
    const char *name; /* as people write it, "Q4_K_M" */
    ink_type type;    /* of most */
    unsigned file;    /* general.file_type */
    const char *about;
} ink_mix;

const ink_mix *ink_mix_named(const char *name); /* any case; NULL when there is none */
const ink_mix *ink_mix_at(size_t i);            /* NULL past the end */

typedef struct ink_mix_model { /* what a choice may depend on */
    size_t layers, share, experts; /* heads that share keys; 0: not known */
    bool falcon, tied, importance;
} ink_mix_model;

/* Of a tensor by its name in a GGUF, rows of `columns` values. INK_F32 stands for: leave it in floats. */
ink_type ink_mix_type(const ink_mix *mix, const ink_mix_model *m, const char *name, size_t columns, bool pure);

#endif
