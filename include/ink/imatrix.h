/* ink/imatrix.h: what a text shows of a model's weights: for each matrix the mean squares of the values that its columns are multiplied
   with. Quantising weighs its errors by them (ink_convert_options.importance; Frantar et al. 2023, section 3: the diagonal of what they
   use). */
#ifndef INK_IMATRIX_H
#define INK_IMATRIX_H

#include <ink/model.h>

typedef struct ink_imatrix_options {
    size_t context;  /* tokens of a chunk; 0: 512, or the model's when smaller */
    size_t chunks;   /* 0: all that the text has */
    size_t threads;  /* 0: the physical cores */
    int32_t first;   /* stands in for each chunk's first id (the model's BOS); -1: nothing does */
    bool (*chunk)(void *user, size_t done, size_t total); /* after each; false stops with INK_E_STOPPED. May be NULL */
    void *user;
} ink_imatrix_options;

typedef struct ink_imatrix_report {
    size_t chunks, tokens, matrices;
} ink_imatrix_report;

/* Writes a GGUF with NAME.in_sum2 and NAME.counts, named as a GGUF of the model names its tensors. A text shorter than a chunk is
   INK_E_ARGUMENT. Memory: the packed weights, and the activations of one chunk. */
INK_API ink_status ink_imatrix_write(ink_model *model, const int32_t *ids, size_t count, const char *path, const ink_imatrix_options *options, ink_imatrix_report *out, ink_err *err);

#endif
