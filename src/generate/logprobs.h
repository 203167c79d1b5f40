/* Log-probabilities in double precision, from the logits as the model gave them. */
#ifndef INK_GENERATE_LOGPROBS_H
#define INK_GENERATE_LOGPROBS_H

#include "kernels/kernels.h"

#include <ink/generate.h>

/* ln Σ exp(logit): a token's log-probability is its logit less this. */
double ink_log_sum_exp(const ink_kernels *k, const float *logits, size_t n);
/* out[0]: the chosen token; out[1 .. n): the n - 1 likeliest, or id -1 past the vocabulary's end. heap: n entries. */
void ink_logprobs(const ink_kernels *k, const float *logits, size_t vocab, int32_t chosen, size_t n, uint64_t *heap, ink_logprob *out);

#endif
