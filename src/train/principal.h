/* The strongest directions of a matrix. */
#ifndef INK_TRAIN_PRINCIPAL_H
#define INK_TRAIN_PRINCIPAL_H

#include "kernels/kernels.h"

#include <ink/err.h>

typedef struct ink_principal {
    const ink_kernels *kernels;
    const float *matrix;        /* [rows, columns] */
    size_t rows, columns, rank; /* rank: how many are wanted; what the matrix has not is zero */
    uint64_t seed;
    float *left, *right;        /* [rows, rank], [rank, columns]: vectors times the roots of their singular values, so that left right is near the matrix */
} ink_principal;
ink_status ink_principal_find(const ink_principal *o, ink_err *err);

#endif
