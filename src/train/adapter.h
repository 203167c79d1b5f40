/* A new adapter: what its kinds (methods/NAME.c) share. */
#ifndef INK_TRAIN_ADAPTER_H
#define INK_TRAIN_ADAPTER_H

#include "formats/write.h"
#include "train/train.h"

typedef struct ink_adapter_file { /* tensors that are to be written */
    ink_write_tensor *list;
    size_t count, room;
} ink_adapter_file;

struct ink_adapter_new {
    const ink_train_options *o;
    const ink_method_adapter *m;
    const ink_model *model;
    const struct ink_labels *labels; /* of a head, of stage classify or for tags, which is part of the adapter; or NULL */
    ink_arena *arena;
    ink_nn_weights weights;       /* what the model asks for while it describes itself */
    ink_adapter_file own, encoder; /* the adapter's, and those of what makes it (prompt_encoder.h) */
    ink_json *targets;            /* the last parts of the names of its layers */
    bool turned;                  /* GPT-2's layers */
    size_t anchors;               /* rows of a prompt that stay */
    ink_kernels kernels;          /* of PiSSA */
};

/* Values of a tensor that the file is to hold; NULL: no memory. ndim 1: width values. */
float *ink_adapter_tensor(ink_adapter_new *a, ink_adapter_file *f, const char *name, size_t ndim, size_t rows, size_t width);
/* Of a layer, by PEFT's name of the part. */
float *ink_adapter_part(ink_adapter_new *a, const char *layer, const char *part, size_t ndim, size_t rows, size_t width);

typedef struct ink_adapter_layer {
    const ink_nn_weight *w;
    const char *name;
    size_t out, in;
} ink_adapter_layer;
typedef ink_status ink_adapter_draws(ink_adapter_new *a, const ink_adapter_layer *l, ink_err *err);
/* What the model multiplies with, but for its table of tokens and its head, where the name ends in one of `target`, parted by commas; or "all". */
ink_status ink_adapter_layers(ink_adapter_new *a, const char *target, ink_adapter_draws *draw, ink_err *err);
bool ink_adapter_named(const char *layer, const char *list);       /* whether its name ends in one of these */
float *ink_adapter_floats(const ink_adapter_layer *l);              /* the weight [out, in], malloc'd; NULL: no memory */
void ink_adapter_text(ink_json *j, const char *key, const char *text);
void ink_adapter_targets(const ink_adapter_new *a, ink_json *config); /* target_modules, and whether these lie turned */

/* methods/lora.c, of all its family */
ink_status ink_lora_draw(ink_adapter_new *a, ink_err *err);
ink_status ink_lora_layer(ink_adapter_new *a, const ink_adapter_layer *l, ink_err *err);
void ink_lora_describe(const ink_adapter_new *a, ink_json *config);
double ink_lora_scale(const ink_train_options *o);
/* methods/prompt.c and prefix.c */
void ink_prompt_describe(const ink_adapter_new *a, ink_json *config);
ink_status ink_prefix_draw(ink_adapter_new *a, ink_err *err);
void ink_prefix_describe(const ink_adapter_new *a, ink_json *config);
/* methods/ptuning_mlp.c */
ink_status ink_ptuning_draw(ink_adapter_new *a, bool recurrent, ink_err *err);
void ink_ptuning_describe(const ink_adapter_new *a, ink_json *config, const char *encoder, int64_t layers);
/* adapter_encoder.c: a layer of an encoder, as PyTorch draws one; its inputs are `in` wide. False: no memory. */
bool ink_encoder_linear(ink_adapter_new *a, const char *layer, size_t out, size_t in);
bool ink_encoder_lstm(ink_adapter_new *a, size_t layers, size_t width, size_t in);
bool ink_encoder_tokens(ink_adapter_new *a, size_t width);      /* num_virtual_tokens of them */
size_t ink_encoder_width(const ink_adapter_new *a);             /* of its inside */

#endif
