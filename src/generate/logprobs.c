#include "generate/logprobs.h"
#include "generate/rank.h"

#include <math.h>

double ink_log_sum_exp(const ink_kernels *k, const float *logits, size_t n)
{
    double top = (double)k->max(n, logits), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - top);
    return top + log(sum);
}

void ink_logprobs(const ink_kernels *k, const float *logits, size_t vocab, int32_t chosen, size_t n, uint64_t *heap, ink_logprob *out)
{
    double all = ink_log_sum_exp(k, logits, vocab);
    size_t likeliest = n - 1 < vocab ? n - 1 : vocab;
    out[0] = (ink_logprob){ .id = chosen, .logprob = (double)logits[chosen] - all };
    ink_rank(k, logits, vocab, likeliest, heap);
    for (size_t i = 0; i < n - 1; i++) {
        size_t id = i < likeliest ? ink_rank_at(heap[i]) : 0;
        out[i + 1] = i < likeliest ? (ink_logprob){ .id = (int32_t)id, .logprob = (double)logits[id] - all } : (ink_logprob){ .id = -1 };
    }
}
