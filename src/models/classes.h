/* Models that say which label a text deserves: Hugging Face's *ForSequenceClassification. Encoders read it from the row of the first token, by two layers
   (ink_label_names); models that foresee text from the last row after their last norm, by the weight score.weight. */
#ifndef INK_MODELS_CLASSES_H
#define INK_MODELS_CLASSES_H

#include "formats/write.h"
#include "models/config.h"
#include "models/labels.h"

#define INK_CLASSES_SCORE "score"
/* A label that is a number: all those up to it are there, as transformers calls them: LABEL_0 and so on. */
ink_status ink_classes_number(ink_labels *l, int64_t number, ink_err *err);
/* What an adapter's folder (or NULL) or the model's config.json calls its labels, closed; none where nobody has a head for them. */
ink_status ink_classes_of(const ink_model *m, const char *adapter, ink_labels *out, ink_err *err);

/* From the body's rows to where a head for labels begins: an encoder's as they are, others' after the last norm. What is built later than these rows is taken back. */
ink_node *ink_classes_rows(ink_net *n, const ink_architecture *a, const ink_config *c, ink_node *x);
ink_node *ink_classes_head(ink_net *n, const ink_architecture *a, const ink_config *c, ink_node *rows, size_t labels); /* [rows, labels] */

/* The weights of the body up to those rows, and of a head for so many labels (0: none), asked for as ink_architecture_ask does. */
ink_status ink_classes_ask(const ink_architecture *a, const ink_config *c, size_t labels, ink_nn_weights *weights, ink_err *err);

/* Appends a text's ids, or a pair's (second NULL: none), with what the model wants around and between them; the longer loses its end until they fit `longest`.
   *second: where that begins, counted from the text's first id; 0 where there is none. *cut: something was left out. */
typedef struct ink_class_text {
    const char *first, *second;
    size_t first_size, second_size;
} ink_class_text;
ink_status ink_classes_ids(const ink_model *m, const ink_class_text *text, size_t longest, ink_ids *ids, size_t *second, bool *cut, ink_err *err);

/* A head beside a model's weights; what the model has of it stays, the rest is drawn. */
typedef struct ink_class_head {
    const ink_model *model;
    size_t labels;
    uint64_t seed;
    ink_arena *arena;        /* of what is drawn */
    ink_nn_weights weights;  /* the model's, as far as they are asked for, and the head's */
} ink_class_head;
ink_status ink_class_head_ask(ink_class_head *h, ink_err *err);
bool ink_class_head_owns(const ink_class_head *h, size_t which); /* whether this weight is the head's */
ink_status ink_class_head_tensor(const ink_class_head *h, size_t which, ink_write_tensor *out, ink_err *err);
/* A folder of all of it, and a config.json that names the labels. */
ink_status ink_classes_create(const ink_model *m, const ink_labels *labels, uint64_t seed, const char *folder, ink_err *err);

#endif
