/* ink/classify.h: which label a text deserves, by a model whose head was taught labels (inkstone train stage=classify, or a folder of transformers'
   *ForSequenceClassification). One thread at a time for a classifier. */
#ifndef INK_CLASSIFY_H
#define INK_CLASSIFY_H

#include <ink/model.h>

typedef struct ink_classifier ink_classifier;

/* How many labels the head of the model, or of an adapter (a PEFT folder; NULL: none), knows; 0: there is no such head. INK_E_FORMAT: what is there contradicts
   its configuration. */
INK_API ink_status ink_classifier_labels(const ink_model *model, const char *adapter, size_t *count, ink_err *err);
/* Packs the weights. The model must outlive it. threads 0: the physical cores. INK_E_UNSUPPORTED: the model has no head for labels. */
INK_API ink_status ink_classifier_open(const ink_model *model, const char *adapter, size_t threads, ink_classifier **out, ink_err *err);
INK_API void ink_classifier_close(ink_classifier *c); /* NULL is fine */
INK_API const char *ink_classifier_label(const ink_classifier *c, size_t i); /* its name, from the model's id2label; borrowed */

/* probabilities [labels]: the softmax of what the head says of a text, or of two (second NULL: one), of which the longer loses its end where the model has no
   room. *cut: it did. A text without tokens is INK_E_ARGUMENT. */
INK_API ink_status ink_classifier_run(ink_classifier *c, const char *text, const char *second, double *probabilities, bool *cut, ink_err *err);

#endif
