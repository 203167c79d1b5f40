/* ink/embed.h: texts as vectors, by an encoder (BERT, RoBERTa, DistilBERT), or by a transformer that foresees text, from its rows after
   the last norm, of texts of at most 4096 tokens. Texts are computed together, side by side and without
   padding; each vector is the same whatever stands beside it. One thread at a time for an embedder. */
#ifndef INK_EMBED_H
#define INK_EMBED_H

#include <ink/model.h>
#include <ink/products.h>

/* What becomes of a text's rows: what its folder says (1_Pooling), or their mean; their mean; the first; the last. */
typedef enum ink_pooling { INK_POOL_AUTO, INK_POOL_MEAN, INK_POOL_CLS, INK_POOL_LAST } ink_pooling;

typedef struct ink_embed_options {
    size_t threads;       /* 0: the physical cores */
    ink_pooling pooling;
    bool raw;             /* vectors as they come; else of length 1 */
    bool head;            /* ink_embedder_rows will be asked for logits */
    bool tags;            /* the same, of a head for tags (ink/tag.h), which the model or an adapter must have */
    size_t labels;        /* with head: it is one for so many labels of texts, and rows are the one that it reads (ink/classify.h); 0: it tells words */
    const char *const *adapters; /* PEFT folders, each as DIR or DIR:scale, as in ink_llm_options: LoRA and prefixes */
    size_t adapter_count;
} ink_embed_options;

typedef struct ink_embedder ink_embedder;

/* Packs the weights. The model must outlive it. INK_E_UNSUPPORTED: it makes no vectors (recurrent models), or no encoder was asked for a head. */
INK_API ink_status ink_embedder_open(const ink_model *model, const ink_embed_options *options, ink_embedder **out, ink_err *err);
INK_API void ink_embedder_close(ink_embedder *e); /* NULL is fine */
INK_API size_t ink_embedder_width(const ink_embedder *e);  /* numbers of a vector */
INK_API size_t ink_embedder_labels(const ink_embedder *e); /* tags that its head knows; 0: it has no such head */
INK_API size_t ink_embedder_longest(const ink_embedder *e); /* tokens of a text; what comes after is left out, as its makers did */
INK_API ink_products ink_embedder_products(const ink_embedder *e); /* of all texts so far */

/* Appends a text's ids, with what the model wants around them. *cut: some were left out. */
INK_API ink_status ink_embedder_ids(const ink_embedder *e, const char *text, size_t n, ink_ids *ids, bool *cut, ink_err *err);

typedef struct ink_embed_text { /* one text, as ids */
    const int32_t *ids;
    size_t count;
    size_t second; /* of a pair: where its second part begins, for models with kinds of tokens; 0: one text */
} ink_embed_text;
/* vectors [count][width]. An id outside the vocabulary, or no id at all, is INK_E_ARGUMENT; too many are INK_E_LIMIT. */
INK_API ink_status ink_embedder_vectors(ink_embedder *e, const ink_embed_text *texts, size_t count, float *vectors, ink_err *err);

/* What an encoder says of every token of one text: the last layer's rows [count][width], or with `logits` which token is masked there
   [count][vocab], row by row. Rows are valid during the call. */
typedef void ink_on_row(void *user, size_t index, const float *row);
INK_API ink_status ink_embedder_rows(ink_embedder *e, const ink_embed_text *text, bool logits, ink_on_row *on, void *user, ink_err *err);

#endif
