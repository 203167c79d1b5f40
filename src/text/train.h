/* Inside the training of tokenizers: texts become words with counts, each kind makes its vocabulary of them, files are written. */
#ifndef INK_TEXT_TRAIN_H
#define INK_TEXT_TRAIN_H

#include "base/json.h"
#include "text/merging.h"
#include "text/split.h"

#include <ink/tokenizer_train.h>

typedef struct ink_token_training {
    const ink_tokenizer_training *o;
    const char *const *specials;
    size_t special_count;
    ink_words words;            /* what the kind cuts texts into */
    size_t bytes;
    ink_status status;          /* the first failure of a callback */
    ink_err *err;
    ink_merging merging;
} ink_token_training;

typedef struct ink_token_trainer { /* a kind; every function answers with a status and err filled */
    const char *name;
    const char *const *specials; /* its own, NULL-terminated */
    ink_status (*read)(ink_token_training *t, const char *text, size_t n); /* adds words */
    ink_status (*learn)(ink_token_training *t);
    ink_status (*write)(const ink_token_training *t, const char *folder, ink_json *root, ink_tokenizer_trained *out); /* root: tokenizer.json, added tokens in it */
} ink_token_trainer;

#define INK_TOKEN_TRAINER(name, title) extern const ink_token_trainer ink_token_trainer_##name;
#include "text/trainers.def"
#undef INK_TOKEN_TRAINER

ink_status ink_training_word(ink_token_training *t, const char *p, size_t n);       /* counts one */
ink_status ink_training_merge(ink_token_training *t, const ink_merging_rules *rules, size_t symbols);
ink_json *ink_training_step(ink_json *root, const char *key, const char *type);     /* root[key] = {"type": type}; returned */
ink_status ink_training_file(const char *folder, const char *name, const ink_buf *text, ink_err *err);

#endif
