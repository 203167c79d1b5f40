/* ink/data.h: looking at what would be learned before any time is spent: data sets in every format that training reads, their rows
   checked with the tokenizer and the chat template of the model, counted, shown, freed of duplicates and cut into shards. One thread at
   a time uses an ink_data. */
#ifndef INK_DATA_H
#define INK_DATA_H

#include <ink/model.h>

typedef struct ink_data_options {
    const char *format;      /* NULL: by content */
    size_t cutoff;           /* most tokens of a sample; 0: 1024, or the model's context where that is less */
    bool prompts;            /* of conversations everything is learned, not only what the assistant says */
    bool dedupe;             /* a row that was there before, whatever its blanks, is left out */
    const char *out;         /* write the usable rows here, a line of JSON each; NULL: nowhere */
    size_t shards;           /* to so many files NAME-00001-of-00004.jsonl, row by row in turn; 0 or 1: one */
    void (*bad)(void *user, size_t line, const char *reason); /* each row that cannot be used; may be NULL */
    void *user;
} ink_data_options;

typedef struct ink_data_report {
    const char *format;
    size_t samples, bad, duplicates, written;
    size_t tokens, learned, longest;
} ink_data_report;

typedef struct ink_data ink_data;
/* Reads it all; the model must outlive what is made. Files that cannot be read at all are an error, rows are not. What is written appears whole. */
INK_API ink_status ink_data_open(const ink_model *model, const char *path, const ink_data_options *o, ink_data **out, ink_err *err);
INK_API const ink_data_report *ink_data_describe(const ink_data *d);
/* Token `at` of a sample, and whether it is learned; -1 past its end. */
INK_API int32_t ink_data_token(const ink_data *d, size_t sample, size_t at, bool *learned);
INK_API void ink_data_close(ink_data *d); /* NULL is fine */

#endif
