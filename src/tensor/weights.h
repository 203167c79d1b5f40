/* What a format fills while it opens a file; the readers of the result are in <ink/weights.h>. The order is: new, map,
   add what the file lists, check where the tensors of each file lie, seal. After a failure the format closes it. */
#ifndef INK_TENSOR_WEIGHTS_H
#define INK_TENSOR_WEIGHTS_H

#include "base/file.h"

#include <ink/arena.h>
#include <ink/weights.h>

enum { INK_WEIGHTS_TENSORS = 1 << 18, INK_WEIGHTS_KEYS = 1 << 16, INK_WEIGHTS_FILES = 1 << 10, INK_WEIGHTS_NAME = 1023 }; /* the most of each */

typedef enum ink_meta_kind { INK_META_UNSIGNED, INK_META_SIGNED, INK_META_FLOAT, INK_META_BYTES } ink_meta_kind;

/* Elements of a metadata array as they lie in the file. Texts: a u64 length, then the bytes; `starts` says where each begins. */
typedef struct ink_meta_array {
    const uint8_t *data;
    const uint32_t *starts; /* of texts; else NULL */
    ink_meta_kind kind;
    size_t width;           /* bytes of an element; texts: 0 */
} ink_meta_array;

int64_t ink_meta_bits(ink_meta_kind kind, size_t width, const uint8_t *at);  /* up to 8 bytes, sign carried on when SIGNED */
double ink_meta_decode(ink_meta_kind kind, size_t width, const uint8_t *at); /* not of BYTES */

struct ink_weights {
    ink_arena *arena; /* names, paths, arrays */
    const char *path, *folder, *format;
    ink_map *files;
    const char **file_paths;
    ink_tensor *tensors;
    ink_meta *meta;
    const ink_tensor **by_name; /* sorted; made by seal */
    const ink_meta **by_key;
    size_t file_count, count, meta_count;
    size_t tensor_room, meta_room; /* allocated */
};

/* folder: NULL for a format that keeps everything in the file. */
ink_status ink_weights_new(const char *path, const char *folder, const char *format, ink_weights **out, ink_err *err);
ink_status ink_weights_map(ink_weights *w, const char *path, size_t *file, ink_err *err);

/* Copies the name (n bytes) and fills count and bytes from type and dims. The caller has set type, ndim, dims and file;
   the data must lie in the file: from `start`, `offset` bytes on. */
ink_status ink_weights_add(ink_weights *w, ink_tensor t, const char *name, size_t n, size_t start, uint64_t offset, ink_err *err);
ink_status ink_weights_add_meta(ink_weights *w, const ink_meta *m, ink_err *err);

/* Of the tensors of one file, those from index `first` on: no two share bytes. whole: they also fill [start, end of file). */
ink_status ink_weights_check_layout(const ink_weights *w, size_t first, size_t file, size_t start, bool whole, ink_err *err);
/* Tensor i is called `name` from now on and, unless `data` is NULL, has these bytes of the arena instead of the file's; then ink_weights_seal again. */
ink_status ink_weights_put(ink_weights *w, size_t i, const char *name, const uint8_t *data, ink_err *err);
/* A tensor [rows, cols], or [cols] where rows is 0, that no file has: these floats, copied; then ink_weights_seal again. Nobody may hold a tensor of before. */
ink_status ink_weights_make(ink_weights *w, const char *name, size_t rows, size_t cols, const float *values, ink_err *err);
/* Indexes names and keys; a duplicate is an error. */
ink_status ink_weights_seal(ink_weights *w, ink_err *err);

/* Names that may stand in a sentence or on a terminal: not empty, not too long, no control characters. */
bool ink_weights_name_ok(const char *name, size_t n);

#endif
