/* Tensors on their way into a file. Files appear whole; tensors may be made one at a time, so that none but the one being
   written is in memory. */
#ifndef INK_FORMATS_WRITE_H
#define INK_FORMATS_WRITE_H

#include "base/buf.h"

#include <ink/file.h>
#include <ink/weights.h>

typedef struct ink_write_tensor {
    const char *name;
    ink_type type;
    size_t ndim;
    uint64_t dims[INK_MAX_DIMS]; /* outermost first */
    const void *data;            /* unused when tensors are fed */
    size_t bytes;
} ink_write_tensor;

typedef struct ink_write_sink { /* where the bytes of one tensor go */
    ink_writer *file;
    uint64_t left; /* bytes that are still to come */
} ink_write_sink;
ink_status ink_write_more(ink_write_sink *to, const void *bytes, size_t n, ink_err *err);

/* Writes all `bytes` of tensor `which` with ink_write_more. A list without a feed has its data in memory. */
typedef struct ink_write_feed {
    ink_status (*tensor)(void *user, size_t which, ink_write_sink *to, ink_err *err);
    void *user;
} ink_write_feed;

ink_status ink_safetensors_write(const char *path, const ink_write_tensor *list, size_t count, const ink_write_feed *feed, ink_err *err); /* feed: or NULL */

/* ---- GGUF ---- */

/* Its metadata, gathered before the file is begun. Nothing fails here: what did not fit is told by ink_gguf_write. */
typedef struct ink_gguf_pairs { /* a pair: key, type, value */
    ink_buf bytes;
    uint64_t count;
} ink_gguf_pairs;
void ink_gguf_pairs_init(ink_gguf_pairs *p);
void ink_gguf_pairs_clear(ink_gguf_pairs *p);
void ink_gguf_text(ink_gguf_pairs *p, const char *key, const char *text, size_t n);
void ink_gguf_count(ink_gguf_pairs *p, const char *key, uint32_t v);
void ink_gguf_real(ink_gguf_pairs *p, const char *key, double v); /* f32 */
void ink_gguf_bool(ink_gguf_pairs *p, const char *key, bool v);
void ink_gguf_texts(ink_gguf_pairs *p, const char *key, const ink_text *list, size_t count);
void ink_gguf_integers(ink_gguf_pairs *p, const char *key, const int32_t *list, size_t count);
void ink_gguf_bytes(ink_gguf_pairs *p, const char *key, const void *bytes, size_t n); /* an array of u8 */
void ink_gguf_reals(ink_gguf_pairs *p, const char *key, const float *list, size_t count);
void ink_gguf_meta(ink_gguf_pairs *p, const ink_meta *m); /* a pair of another GGUF, in a type that holds the same values */

/* Version 3, alignment 32. Every type but INK_BOOL and INK_U8; at most 4 dimensions. */
ink_status ink_gguf_write(const char *path, const ink_gguf_pairs *pairs, const ink_write_tensor *list, size_t count, const ink_write_feed *feed, ink_err *err);

/* ---- what both do ---- */

/* The data of tensor `which`, from the list or the feed; all of it came, or it is an error. */
ink_status ink_write_data(ink_writer *w, const ink_write_tensor *list, size_t which, const ink_write_feed *feed, ink_err *err);

#endif
