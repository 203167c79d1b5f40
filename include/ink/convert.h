/* ink/convert.h: models from one form of file into another, and into fewer bits. A Hugging Face folder becomes a GGUF and a GGUF
   a folder, with configuration, tokenizer and chat template; a GGUF becomes a smaller GGUF. Tensors pass through one at a time, so
   memory for one is enough; what is written appears whole or not at all. */
#ifndef INK_CONVERT_H
#define INK_CONVERT_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ink_convert_options {
    const char *type;       /* as ink_convert_type names it, any case; NULL: floats stay what they are, and in a folder blocks become F16 */
    const char *importance; /* what `inkstone imatrix` wrote, or NULL: how much an error of each column matters */
    bool pure;              /* every matrix in the type itself, none in a wider one */
    size_t threads;         /* 0: the physical cores. The bytes do not depend on it */
    bool (*progress)(void *user, uint64_t done, uint64_t total); /* bytes read; false stops with INK_E_STOPPED; may be NULL */
    void *user;
} ink_convert_options;

typedef struct ink_convert_report {
    const char *architecture; /* as the file that was written calls it; "" where it was not asked */
    size_t tensors;
    size_t left_out;          /* tensors of an encoder's head for masked words, for which a GGUF has no place */
    uint64_t bytes_in, bytes_out; /* of tensors */
    uint64_t values;
    double seconds;
    char type[16];            /* of most bytes written */
} ink_convert_report;

/* `from`: what ink_weights_open reads. `to`: a file that ends in .gguf, or else a folder, made if it must be. INK_E_UNSUPPORTED names what
   the other form cannot say: an architecture that it does not know, a tokenizer that has no name there, a setting without a word. */
INK_API ink_status ink_convert(const char *from, const char *to, const ink_convert_options *options, ink_convert_report *report, ink_err *err);

/* The i-th type, widest first: its name, and *about (may be NULL) what it is. NULL past the last. */
INK_API const char *ink_convert_type(size_t i, const char **about);

#endif
