/* Tensors on their way into a file. */
#ifndef INK_FORMATS_WRITE_H
#define INK_FORMATS_WRITE_H

#include <ink/weights.h>

typedef struct ink_write_tensor {
    const char *name;
    ink_type type;
    size_t ndim;
    uint64_t dims[INK_MAX_DIMS];
    const void *data;
    size_t bytes;
} ink_write_tensor;

ink_status ink_safetensors_write(const char *path, const ink_write_tensor *list, size_t count, ink_err *err);

#endif
