/* ink/tag.h: a tag for every word, by an encoder that was taught to give them (stage tag of ink/train.h, or Hugging Face's *ForTokenClassification), or by one with an
   adapter that was. One thread at a time for a tagger. */
#ifndef INK_TAG_H
#define INK_TAG_H

#include <ink/embed.h>

typedef struct ink_tagger ink_tagger;

typedef struct ink_tagger_options {
    size_t threads;              /* 0: the physical cores */
    const char *const *adapters; /* as in ink_llm_options */
    size_t adapter_count;
} ink_tagger_options;

/* Packs the weights. The model must outlive it. INK_E_UNSUPPORTED: neither it nor an adapter has a head for tags; INK_E_FORMAT: the head's tags have no names. */
INK_API ink_status ink_tagger_open(const ink_model *model, const ink_tagger_options *options, ink_tagger **out, ink_err *err);
INK_API void ink_tagger_close(ink_tagger *t); /* NULL is fine */

typedef struct ink_tag {
    const char *name; /* borrowed from the tagger; NULL: a word without a token */
    double p;         /* how likely it is, among all tags */
} ink_tag;

/* tags [count]. Words are seen together, as one text; INK_E_LIMIT: more tokens than the model takes. */
INK_API ink_status ink_tagger_words(ink_tagger *t, const ink_text *words, size_t count, ink_tag *tags, ink_err *err);

#endif
