/* ink/model.h: an architecture with its configuration and weights, tokenizer and template included. Opening maps the
   files and reads the configuration; nothing is packed or computed before somebody asks for it (ink/llm.h). */
#ifndef INK_MODEL_H
#define INK_MODEL_H

#include <ink/tokenizer.h>

typedef struct ink_model ink_model;

/* path: what ink_store_resolve gives. INK_E_UNSUPPORTED names an architecture that inkstone does not know;
   INK_E_FORMAT a configuration that contradicts its tensors. */
INK_API ink_status ink_model_open(const char *path, ink_model **out, ink_err *err);
INK_API void ink_model_close(ink_model *m); /* NULL is fine; after everything made from it is closed */

typedef struct ink_model_info {
    const char *architecture;    /* as models.def spells it */
    size_t layers, width, heads, kv_heads, head_dim, ffn, vocab, context;
    size_t usual;                /* tokens of a sequence where nobody asks for more: the smaller of the context and 8192, or what the model was made for before it was stretched (LongRoPE) */
    size_t window;               /* of sliding layers; 0: none slide */
    bool encoder;                /* rows see all of their text (BERT): for vectors and gaps, not for going on */
    bool reads;                  /* one sequence is read, then another is written (T5) */
    bool float32;                /* the weights are F32: keys and values default to f32 */
} ink_model_info;
INK_API const ink_model_info *ink_model_describe(const ink_model *m);

INK_API const ink_weights *ink_model_weights(const ink_model *m);
/* Opened at the first call (one thread at a time until then); INK_E_NOT_FOUND when the model carries none. Borrowed. */
INK_API ink_status ink_model_tokenizer(const ink_model *m, const ink_tokenizer **out, ink_err *err);
/* Whether generation ends after this id: the tokenizer's end tokens, or the configuration's where there is no tokenizer. */
INK_API bool ink_model_is_end(const ink_model *m, int32_t id);

#endif
