/* ink/weights.h: named tensors over mapped files, whatever the format (GGUF, safetensors; single, split or sharded;
   a Hugging Face folder). Nothing is copied: data points into the mapping. Every size has been checked against the
   real file length before a tensor is listed. Reading is safe from many threads; releasing pages is not. */
#ifndef INK_WEIGHTS_H
#define INK_WEIGHTS_H

#include <ink/types.h>
#include <stdbool.h>

enum { INK_MAX_DIMS = 6 };

typedef struct ink_tensor {
    const char *name;           /* the file's own name */
    ink_type type;
    size_t ndim;
    uint64_t dims[INK_MAX_DIMS]; /* outermost first, as in PyTorch: a linear weight is [out, in] */
    uint64_t count;             /* elements */
    const uint8_t *data;        /* may be unaligned */
    size_t bytes;
    size_t file;                /* which of the mapped files; for ink_weights_release */
} ink_tensor;

typedef enum ink_meta_type { INK_META_NONE, INK_META_INTEGER, INK_META_REAL, INK_META_BOOL, INK_META_TEXT, INK_META_ARRAY } ink_meta_type;

typedef struct ink_text { /* borrowed bytes, not NUL-terminated */
    const char *data;
    size_t size;
} ink_text;

/* A metadata value of GGUF (or of safetensors' __metadata__: all text). Arrays hold one element type. */
typedef struct ink_meta {
    ink_text key;
    ink_meta_type type;
    int64_t integer;       /* u64 beyond int64's range is refused when the file is opened */
    double real;
    bool boolean;
    ink_text text;
    ink_meta_type element; /* arrays: what they hold … */
    size_t count;          /* … and how many */
    const void *array;     /* private; use the readers below */
} ink_meta;

typedef struct ink_weights ink_weights;

/* path: a .gguf (a split file's first part opens all), a .safetensors, an index.json, or a folder holding them. Probed by
   content, never by suffix. */
INK_API ink_status ink_weights_open(const char *path, ink_weights **out, ink_err *err);
INK_API void ink_weights_close(ink_weights *w); /* NULL is fine */

INK_API const char *ink_weights_path(const ink_weights *w);
INK_API const char *ink_weights_folder(const ink_weights *w); /* where config.json and tokenizer.json would lie; NULL for a GGUF */
INK_API const char *ink_weights_format(const ink_weights *w); /* "gguf" or "safetensors" */
INK_API size_t ink_weights_bytes(const ink_weights *w);       /* of all files */
INK_API size_t ink_weights_count(const ink_weights *w);
INK_API const ink_tensor *ink_weights_at(const ink_weights *w, size_t i);           /* in file order */
INK_API const ink_tensor *ink_weights_find(const ink_weights *w, const char *name); /* NULL when absent */
/* Gives back the pages that hold this tensor alone (they come again from the file if touched). */
INK_API void ink_weights_release(const ink_weights *w, const ink_tensor *t);

INK_API size_t ink_weights_meta_count(const ink_weights *w);
INK_API const ink_meta *ink_weights_meta_at(const ink_weights *w, size_t i);
INK_API const ink_meta *ink_weights_meta(const ink_weights *w, const char *key); /* NULL when absent */
INK_API ink_text ink_meta_text_at(const ink_meta *array, size_t i);   /* i < count; element TEXT */
INK_API double ink_meta_number_at(const ink_meta *array, size_t i);   /* element INTEGER, REAL or BOOL */

#endif
