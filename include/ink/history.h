/* ink/history.h: several language models on one text: an n-gram model and any number of architectures, with the same tokens, the same
   samples and the same settings, and one table and one picture of what came of them. */
#ifndef INK_HISTORY_H
#define INK_HISTORY_H

#include <ink/train.h>

typedef struct ink_history_row {
    const char *name;        /* borrowed */
    double parameters;       /* numbers that were learned; n-grams of an n-gram model */
    double nats;             /* a token of the text that it did not see */
    double bits_per_byte;
    double tokens_per_second, seconds; /* of learning */
} ink_history_row;

typedef struct ink_history_hooks { /* each may be NULL */
    void (*say)(void *user, const char *sentence);
    bool (*step)(void *user, const char *model, const ink_train_report *r); /* false stops with INK_E_STOPPED */
    void (*row)(void *user, const ink_history_row *row);
    void *user;
} ink_history_hooks;

/* config: YAML with settings of training, and `models` (files of configurations, between commas or as a list, beside it), `ngram_order` (0: no
   n-gram model), `vocab_size` (of a byte-level BPE tokenizer that is learned from the data set). words: key=value over those. OUTPUT_DIR gets
   table.md, table.json, perplexity.svg, the tokenizer, and a folder for each model. */
INK_API ink_status ink_history_run(const char *config, const char *const *words, size_t count, const ink_history_hooks *hooks, ink_err *err);

#endif
