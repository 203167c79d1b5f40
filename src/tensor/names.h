/* A file's names in Hugging Face's words. A model file carries a table of rules; names and layouts are Hugging Face's
   everywhere above it, so one model definition, and one adapter, fits every format. */
#ifndef INK_TENSOR_NAMES_H
#define INK_TENSOR_NAMES_H

#include <ink/weights.h>

typedef enum ink_name_change { /* what must be done to get Hugging Face's layout */
    INK_NAME_SAME,
    INK_NAME_ROPE_ROWS,   /* rows of each head interleaved (2i, 2i + 1); Hugging Face has halves (i, i + d/2) */
    INK_NAME_TRANSPOSED,  /* [in, out] instead of [out, in] */
    INK_NAME_MINUS_LOG,   /* the file has e^-x; vectors only */
    INK_NAME_MINUS_ONE,   /* the file added 1 */
    INK_NAME_QKV_ROWS,    /* all queries, all keys, all values; Hugging Face has the queries, key and value of one head of keys after the other */
    INK_NAME_EXPERT,      /* one of a stack: the last * of Hugging Face's name is its place in the first dimension, and the file's name lacks it */
} ink_name_change;

typedef struct ink_name_heads { /* what the changes of rows need to know */
    size_t head_dim, kv_heads; /* the latter of QKV_ROWS */
} ink_name_heads;
/* Where row r of Hugging Face's layout lies in a file that wants this change; and the other way round. rows: of the whole matrix. */
size_t ink_name_row(ink_name_change change, ink_name_heads h, size_t rows, size_t r);
size_t ink_name_row_back(ink_name_change change, ink_name_heads h, size_t rows, size_t r);
static inline bool ink_name_moves(ink_name_change change) { return change == INK_NAME_ROPE_ROWS || change == INK_NAME_QKV_ROWS; }

typedef struct ink_name_rule {
    const char *format;   /* as ink_weights_format says; NULL ends the table */
    const char *file;     /* the file's name; each * stands for a number; ending in a dot, for all that begin so */
    const char *name;     /* Hugging Face's name, * for the same numbers */
    ink_name_change change;
    unsigned variants;    /* when writing: bit v, for the architecture's variant v alone; 0: for all */
    const struct ink_name_rule *more; /* of the last row (format NULL): a table that goes on from here, or NULL */
} ink_name_rule;

/* The tensor with Hugging Face's name, or NULL. A name that no rule of the file's format mentions stands for itself. *which, unless NULL:
   its place in the tensor's first dimension, where the change is EXPERT. */
const ink_tensor *ink_names_find(const ink_name_rule *rules, const ink_weights *w, const char *name, ink_name_change *change, uint64_t *which);

/* What a file of this format calls the tensor that is Hugging Face's `name`, and what must be undone to write it so; a name that no
   rule mentions stays. */
enum { INK_NAMES_LONGEST = 256 };
ink_name_change ink_names_foreign(const ink_name_rule *rules, const char *format, const char *name, int variant, char own[INK_NAMES_LONGEST]);
/* The other way round: Hugging Face's name of what a file of this format calls `own`, and what must be done to get it. */
ink_name_change ink_names_general(const ink_name_rule *rules, const char *format, const char *own, char name[INK_NAMES_LONGEST]);
/* The at-th of the names that rules have for `own`, from 0: families that share a table may mean different tensors. false: there are no more. */
bool ink_names_general_at(const ink_name_rule *rules, const char *format, const char *own, size_t at, char name[INK_NAMES_LONGEST], ink_name_change *change);

/* How a file of this format would lay out the tensor that it calls by Hugging Face's own name. */
ink_name_change ink_names_change(const ink_name_rule *rules, const char *format, const char *name);

#endif
