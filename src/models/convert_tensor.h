/* One tensor on its way from a file into another: found, turned, widened, rounded, in pieces that all threads share. */
#ifndef INK_MODELS_CONVERT_TENSOR_H
#define INK_MODELS_CONVERT_TENSOR_H

#include "base/pool.h"
#include "formats/write.h"
#include "kernels/kernels.h"
#include "tensor/names.h"

typedef struct ink_passage {
    const ink_tensor **parts;   /* tensors that follow each other in the first dimension; mostly one */
    size_t part_count;
    ink_name_change undo, make; /* what has to be done to have Hugging Face's layout, and from that the other file's */
    ink_name_heads heads;       /* of rows that change places */
    const float *made;          /* values that no file has; parts is NULL then */
    ptrdiff_t before;           /* rows of zeros that come first; negative: as many of the part's own are left out */
    const float *weight;        /* [columns of each part] how much errors matter, or NULL */
} ink_passage;

typedef struct ink_passing { /* what all passages share */
    const ink_weights *file;
    const ink_kernels *kernels;
    ink_pool *pool;
} ink_passing;

/* Writes the tensor that `as` describes. Memory: a few MiB. */
ink_status ink_pass(const ink_passing *s, const ink_passage *p, const ink_write_tensor *as, ink_write_sink *to, ink_err *err);

#endif
