/* Contrastive search (Su et al. 2022, section 2.3): of the k likeliest next tokens the one whose probability, less how like its row is to one of the text's, is
   the largest. Every candidate is computed, so a step has k rows. */
#ifndef INK_GENERATE_CONTRAST_H
#define INK_GENERATE_CONTRAST_H

#include "generate/answer.h"

/* As ink_generate without a sequence of the caller's, for options that ask for it. */
ink_status ink_contrast(ink_llm *llm, const int32_t *ids, size_t count, const ink_generate_options *options, ink_generation *out, ink_err *err);

#endif
