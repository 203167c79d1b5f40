/* ink/tokenizer.h: text to token ids and back. Byte-level BPE, SentencePiece BPE with byte fallback and unigram models, and
   WordPiece, from GGUF metadata or a tokenizer.json. A tokenizer is immutable after it is made: any number of threads may use it. */
#ifndef INK_TOKENIZER_H
#define INK_TOKENIZER_H

#include <ink/weights.h>

typedef struct ink_tokenizer ink_tokenizer;

enum { INK_TOKENIZE_SPECIAL = 1 }; /* read control tokens written in the text (user-defined ones are always read) */

typedef struct ink_ids { /* growing list, owned by whoever declared it; start as { 0 } */
    int32_t *at;
    size_t count, room;
} ink_ids;
INK_API void ink_ids_clear(ink_ids *ids); /* frees */
INK_API ink_status ink_ids_add(ink_ids *ids, int32_t id, ink_err *err);

/* From the metadata of a GGUF, or from the folder of safetensors (tokenizer.json, tokenizer_config.json,
   generation_config.json). INK_E_NOT_FOUND when there is none. */
INK_API ink_status ink_tokenizer_open(const ink_weights *w, ink_tokenizer **out, ink_err *err);
INK_API void ink_tokenizer_close(ink_tokenizer *t); /* NULL is fine */

/* Appends the ids of exactly these bytes; no BOS or EOS is added. Linear in n, whatever the bytes; invalid UTF-8 is safe
   (n log n for a run that nothing splits). A byte that a byte-level vocabulary has no token for is left out, as elsewhere. */
INK_API ink_status ink_tokenize(const ink_tokenizer *t, const char *text, size_t n, unsigned flags, ink_ids *ids, ink_err *err);
/* The bytes one token stands for (borrowed). Control tokens give their own spelling. An id out of range gives no bytes. */
INK_API ink_text ink_token_bytes(const ink_tokenizer *t, int32_t id);
/* What writing these tokens as text gives, from a sequence's start (SentencePiece drops the first space there): appended
   bytes may end inside a UTF-8 sequence. Control tokens are left out unless special is true. */
INK_API ink_text ink_token_display(const ink_tokenizer *t, int32_t id, bool first, bool special);

INK_API size_t ink_tokenizer_size(const ink_tokenizer *t);
INK_API const char *ink_tokenizer_kind(const ink_tokenizer *t); /* "byte-level BPE", "SentencePiece BPE", … */
INK_API int32_t ink_tokenizer_find(const ink_tokenizer *t, const char *token, size_t n); /* -1 when absent */
INK_API int32_t ink_tokenizer_bos(const ink_tokenizer *t);     /* -1 when there is none */
INK_API int32_t ink_tokenizer_eos(const ink_tokenizer *t);
INK_API int32_t ink_tokenizer_closing(const ink_tokenizer *t); /* what an encoder wants after a text; -1: nothing */
INK_API bool ink_tokenizer_adds_bos(const ink_tokenizer *t);   /* the model wants BOS before a text */
/* Appends what the model wants before a text: BOS, and what a GLM has after it; or nothing. */
INK_API ink_status ink_tokenizer_begin(const ink_tokenizer *t, ink_ids *ids, ink_err *err);
INK_API bool ink_tokenizer_is_control(const ink_tokenizer *t, int32_t id);
INK_API bool ink_tokenizer_is_end(const ink_tokenizer *t, int32_t id); /* eos, eot, eom and their known names */
INK_API const char *ink_tokenizer_template(const ink_tokenizer *t); /* the chat template's source, or NULL */
INK_API const char *ink_tokenizer_warning(const ink_tokenizer *t);  /* e.g. an unknown pre-tokeniser; NULL when all is known */

#endif
