/* Samples: tokens, and for each of them the token that it should foresee, or INK_IGNORED. */
#ifndef INK_TRAIN_EXAMPLES_H
#define INK_TRAIN_EXAMPLES_H

#include "models/classes.h"

#include <ink/tokenizer.h>

enum { INK_IGNORED = -100 };

typedef struct ink_examples {
    ink_ids ids, targets;
    size_t *starts;          /* [count + 1] */
    int32_t *firsts;         /* [count] what a row before the sample should foresee; masked: below 0 where labels say what is asked for;
                                of models that read and write: so many of the tokens are read, below 0 where spans are drawn; labelled: where the second of
                                a pair begins, below 0 where there is none */
    uint32_t *rows;          /* [count] the row of the data that a sample is of, or a part of */
    size_t count, room, row; /* row: the next sample's */
    size_t longest;          /* tokens of the longest */
    size_t dropped;          /* rows that could not be used */
    const char *format;      /* as which the first file was read */
} ink_examples;

/* targets NULL: each token foresees the next, and what stands before the sample its first. A sample without a target is dropped and counted. */
ink_status ink_examples_add(ink_examples *e, const int32_t *ids, const int32_t *targets, int32_t first, size_t n, ink_err *err);
void ink_examples_clear(ink_examples *e);
static inline size_t ink_examples_length(const ink_examples *e, size_t i) { return e->starts[i + 1] - e->starts[i]; }

typedef struct ink_reading { /* what a format needs to know */
    const char *path;
    const ink_model *model;
    size_t cutoff, vocab;
    size_t most;         /* rows that are read of each file at most, of running text samples; 0: all */
    const char *template_name; /* of a model without a chat template; NULL: a plain one */
    bool masked;         /* words are masked: a token's target is itself, and control tokens have none */
    bool pairs, spans;   /* samples are what is read and what is written, or texts whose spans are drawn too */
    struct ink_labels *labels; /* words have tags, which are learned: these, and those that are met if it is not closed; or NULL */
    bool anchors;        /* texts come two and two, whose vectors are to be near */
    ink_labels *classes; /* of stage classify, which grows unless it is closed; NULL: of others */
    bool answers;        /* of conversations, only what the assistant says is learned */
    void (*say)(void *user, const char *sentence);
    /* A row that cannot be used, and why; NULL: a row that is not what its format says ends the reading. Lines count from 1. */
    void (*bad)(void *user, size_t line, const char *reason);
    void (*used)(void *user, size_t line, const char *row, size_t n); /* a row that became samples, as it stands there; or NULL */
    void *user;
    const char *picks;    /* names of dataset_info.json, between commas; NULL: all */
    const ink_json *info; /* of dataset_info.json: names of columns and tags that are not the usual ones; or NULL */
} ink_reading;

typedef struct ink_rows_format {
    const char *name;
    bool (*probe)(const char *head, size_t n);  /* by content */
    ink_status (*read)(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err);
} ink_rows_format;

#define INK_ROWS(name) extern const ink_rows_format ink_rows_##name;
#include "train/formats.def"
#undef INK_ROWS

/* format NULL: by content. */
ink_status ink_examples_read(const ink_reading *r, const char *format, ink_examples *into, ink_err *err);
/* rows.c: calls `row` for every line that is not empty, parsed, or for every entry of a file that is one array. What it refuses as
   INK_E_FORMAT or INK_E_LIMIT, with the bare reason, ends the reading in a sentence that names file and line, or goes to r->bad;
   INK_E_UNSUPPORTED leaves a row out in any case. */
typedef ink_status ink_json_row(void *user, const ink_json *row, ink_err *err);
ink_status ink_json_rows(const ink_reading *r, const char *text, size_t n, ink_json_row *row, void *user, ink_examples *into, ink_err *err);

char ink_json_first(const char *text, size_t n);                       /* the first character that is no space, or 0 */
bool ink_json_mentions(const char *head, size_t n, const char *key);   /* text that begins as JSON does and has this key */

/* A conversation, as an array of {"role", "content"} that is taken over: rendered with the model's template, or a plain one. */
ink_status ink_talk_add(const ink_reading *r, ink_json *messages, ink_examples *into, ink_err *err);
/* What is read and what is written by it; where a side is longer than the cutoff its end goes. */
ink_status ink_pair_add(const ink_reading *r, const int32_t *read, size_t n, const int32_t *written, size_t m, ink_examples *into, ink_err *err);
/* Each answer of a conversation, and all that was said before it. */
ink_status ink_pair_talk(const ink_reading *r, const ink_json *messages, ink_examples *into, ink_err *err);
/* What conversations are rendered with (template.c): NULL where the model has a template of its own, else the source of the one that is named; name NULL:
   Alpaca's headings. INK_E_UNSUPPORTED: it needs a token that the model lacks. */
ink_status ink_template_named(const ink_tokenizer *t, const char *name, const char **source, ink_err *err);
ink_status ink_template_leave(const char *source, const char *folder, ink_err *err); /* where the model's own would lie */
/* Messages as the template writes them (NULL: the model's own); opens: an answer is to follow. *text is malloc'd. */
ink_status ink_talk_render(const ink_tokenizer *t, const char *template, const ink_json *messages, bool opens, char **text, size_t *size, ink_err *err);
/* One message for ink_talk_add. */
void ink_talk_say(ink_json *messages, const char *role, const char *text, size_t n);
/* The name of a column or tag: what dataset_info.json calls it, or `usual`. group: "columns" or "tags". */
const char *ink_column(const ink_reading *r, const char *group, const char *key, const char *usual);
/* What may be masked: every token but control tokens. */
void ink_masked_targets(const ink_reading *r, const int32_t *ids, size_t n, int32_t *targets);
/* A running text, cut into samples. */
ink_status ink_text_add(const ink_reading *r, const char *text, size_t n, bool ends, ink_examples *into, ink_err *err);

#endif
