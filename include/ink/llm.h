/* ink/llm.h: a language model ready to compute: packed weights, plans, threads, and room for keys and values. One
   thread at a time uses an ink_llm and its sequences; it works with the threads it was opened with. */
#ifndef INK_LLM_H
#define INK_LLM_H

#include <ink/model.h>
#include <ink/products.h>

typedef enum ink_llm_kv { INK_LLM_KV_AUTO, INK_LLM_KV_F32, INK_LLM_KV_F16, INK_LLM_KV_Q8 } ink_llm_kv; /* AUTO: f32 for F32 weights, else f16 */

typedef struct ink_llm_options {
    size_t threads;   /* 0: the physical cores. The numbers that come out do not depend on it */
    size_t context;   /* most positions of one sequence; 0: the smaller of the model's and 8192 */
    size_t tokens;    /* room for keys and values of all sequences together; 0: one full context. Touched only when used */
    size_t rows;      /* most tokens computed in one step; 0: 512 */
    ink_llm_kv kv;
    const char *const *adapters; /* PEFT folders, or LoRA as a GGUF, each as PATH or PATH:scale */
    size_t adapter_count;
    bool states;      /* rows after the last norm are kept beside logits, for contrastive search */
    const struct ink_llm *base;  /* of the same model, with or without adapters, and closed later: its packed weights are used, not packed again. NULL: none */
} ink_llm_options;

typedef struct ink_llm ink_llm;

/* Packs the weights (source pages are given back as it goes) and makes the plans. A context that the model does not
   have is INK_E_LIMIT, memory that the machine does not have INK_E_MEMORY: both numbers are named, before any work. */
INK_API ink_status ink_llm_open(ink_model *model, const ink_llm_options *options, ink_llm **out, ink_err *err);
INK_API void ink_llm_close(ink_llm *llm);           /* NULL is fine; after its sequences are freed */
INK_API const ink_model *ink_llm_model(const ink_llm *llm);
INK_API size_t ink_llm_context(const ink_llm *llm);
INK_API size_t ink_llm_room(const ink_llm *llm); /* tokens whose keys and values can be kept beside those that are, in whole blocks */
INK_API size_t ink_llm_threads(const ink_llm *llm);

/* ---- one conversation: how many tokens it has, and their keys and values, in blocks of 64 shared by equal prefixes ---- */

typedef struct ink_seq ink_seq;
INK_API ink_status ink_seq_new(ink_llm *llm, ink_seq **out, ink_err *err);
/* A new sequence that starts with the first `tokens` of `from`. Whole blocks are shared, the rest is copied. */
INK_API ink_status ink_seq_fork(const ink_seq *from, size_t tokens, ink_seq **out, ink_err *err);
INK_API void ink_seq_keep(ink_seq *seq, size_t tokens); /* forgets what comes after; 0 clears */
INK_API size_t ink_seq_length(const ink_seq *seq);
INK_API void ink_seq_free(ink_seq *seq);                /* NULL is fine */
/* Keys and values on disk, so that a long prompt need not be computed again. ids: the sequence's, as many as its length. The file appears
   whole. Loading takes the same weights and way of keeping (INK_E_ARGUMENT otherwise); a damaged file is INK_E_FORMAT, no room INK_E_LIMIT. */
INK_API ink_status ink_seq_save(const ink_seq *seq, const int32_t *ids, const char *path, ink_err *err);
INK_API ink_status ink_seq_load(ink_llm *llm, const char *path, ink_seq **out, ink_ids *ids, ink_err *err);

/* Models that read one sequence and write another (T5): whether this is one, the token that every answer begins with, and what an empty sequence, or
   its forks, will answer to. Reading computes all of it now; what was read before is forgotten. No ids, or an id outside the vocabulary, are
   INK_E_ARGUMENT; more than the context, or than there is room for, is INK_E_LIMIT. */
INK_API bool ink_llm_reads(const ink_llm *llm);
INK_API int32_t ink_llm_start(const ink_llm *llm);
INK_API ink_status ink_seq_read(ink_seq *seq, const int32_t *ids, size_t count, ink_err *err);

/* ---- computing ---- */

typedef enum ink_want { INK_WANT_NONE, INK_WANT_LAST, INK_WANT_ALL } ink_want; /* for which of the ids logits are wanted */

typedef struct ink_feed {
    ink_seq *seq;       /* at most once in a call */
    const int32_t *ids; /* appended to it */
    size_t count;
    ink_want want;
} ink_feed;

/* Logits of the index-th id of a feed: `vocab` floats, valid during the call. Rows come in order of feeds, then indices. */
typedef void ink_on_logits(void *user, size_t feed, size_t index, const float *logits);

/* Appends the ids of many sequences in as few steps as `rows` allows. An id outside the vocabulary is INK_E_ARGUMENT, a
   sequence that would outgrow its context or the room for all INK_E_LIMIT: nothing has been computed then. */
INK_API ink_status ink_llm_step(ink_llm *llm, const ink_feed *feeds, size_t count, ink_on_logits *on, void *user, ink_err *err);

/* ---- measuring ---- */

INK_API void ink_llm_meter_set(ink_llm *llm, bool on);  /* starts at zero; costs two clock readings a chunk */
INK_API ink_products ink_llm_meter_read(const ink_llm *llm); /* since the meter was set */
/* Bytes of packed weights, keys and values that computing one token at this position reads. */
INK_API double ink_llm_bytes_per_token(const ink_llm *llm, size_t position);
INK_API int ink_llm_matmul_form(const ink_llm *llm);    /* arithmetic of most of the weights: 'i' int8, 'b' bf16, 'f' f32 */

#endif
