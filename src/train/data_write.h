/* Rows on their way to files: those seen before are left out, the others go to shards in turn. */
#ifndef INK_TRAIN_DATA_WRITE_H
#define INK_TRAIN_DATA_WRITE_H

#include "text/words.h"
#include "train/examples.h"

#include <ink/data.h>
#include <ink/file.h>

typedef struct ink_data_writing {
    const ink_data_options *o;
    ink_words seen;          /* digests */
    ink_writer *shards;
    size_t count, open;
    size_t written, duplicates;
    ink_status status;       /* the first failure, since rows come through a callback */
    ink_err err;
} ink_data_writing;

ink_status ink_data_writing_begin(ink_data_writing *w, const ink_data_options *o, ink_err *err);
bool ink_data_writing_row(ink_data_writing *w, const char *row, size_t n); /* false: it was there before */
ink_status ink_data_writing_end(ink_data_writing *w, ink_status status, ink_err *err); /* commits when all went well, else abandons */

#endif
