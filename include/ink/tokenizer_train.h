/* ink/tokenizer_train.h: tokenizers from texts. What is learned is written as a tokenizer.json that Hugging Face's tokenizers open (and
   inkstone, where it has the kind), beside the older files of the same kind. One thread. */
#ifndef INK_TOKENIZER_TRAIN_H
#define INK_TOKENIZER_TRAIN_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>

INK_API extern const char *const ink_tokenizer_kinds[]; /* NULL-terminated: bpe (byte-level), spm-bpe (SentencePiece's), wordpiece, unigram */

typedef struct ink_tokenizer_training {
    int kind;                       /* index into ink_tokenizer_kinds */
    size_t vocab;                   /* tokens to end with, all included */
    size_t least;                   /* a pair must stand there so often to be merged; 0: 2 */
    const char *const *specials;    /* tokens that are never cut, first in the vocabulary; none: the kind's own */
    size_t special_count;
    const char *split;              /* bpe: how the text is cut before merging, by the name that a GGUF has for it; NULL: gpt-2 */
    double coverage;                /* spm-bpe, unigram: part of all characters that get a token of their own; 0: 0.9995 */
    bool keep_case;                 /* wordpiece: capitals and accents stay */
    bool (*step)(void *user, size_t done, size_t total); /* false stops with INK_E_STOPPED; may be NULL */
    void *user;
} ink_tokenizer_training;

typedef struct ink_tokenizer_trained {
    size_t vocab, merges;
    size_t words, different;        /* pieces of the text that merging stays within */
    size_t bytes;
} ink_tokenizer_trained;

INK_API ink_status ink_tokenizer_train(const char *const *paths, size_t count, const ink_tokenizer_training *o, const char *folder, ink_tokenizer_trained *out, ink_err *err);

#endif
