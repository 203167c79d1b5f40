/* ink/about.h: what a file or folder of weights says of itself, whether or not inkstone can run its architecture. Nothing
   here is checked against the tensors; that is ink_model_open's work (ink/model.h). */
#ifndef INK_ABOUT_H
#define INK_ABOUT_H

#include <ink/arena.h>
#include <ink/weights.h>

typedef struct ink_about {
    const char *architecture, *name, *licence;              /* NULL: not said; so with all texts here */
    const char *tokenizer, *split;                          /* kind of tokenizer; what its words are split by, as the file names it */
    const char *chat_template;
    size_t layers, width, heads, kv_heads, head_dim, ffn;   /* 0: not said; the largest where layers differ */
    size_t vocab, context, window;
    uint64_t weights, biases, others;                       /* elements; others: whole numbers, such as position ids */
    uint64_t weight_bytes;                                  /* of all tensors */
    const ink_tensor *embedding, *head;                     /* of tokens; NULL: none. The same when the head is tied */
    ink_type type;                                          /* of most bytes */
    bool decoder;                                           /* writes token after token, and keeps keys and values */
    uint64_t kv_values;                                     /* of one position, all layers; 0: none, or not known */
} ink_about;

/* From the metadata of a GGUF, or config.json and its like beside safetensors. Texts belong to the arena; what is absent,
   damaged, or does not fit it is not said. */
INK_API ink_about ink_about_read(const ink_weights *w, ink_arena *arena);

#endif
