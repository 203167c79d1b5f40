/* Between the files that convert models: convert.c (plans, GGUF to GGUF), convert_model.c (between GGUF and folders). */
#ifndef INK_MODELS_CONVERT_H
#define INK_MODELS_CONVERT_H

#include "models/config.h"
#include "models/convert_tensor.h"
#include "models/importance.h"
#include "models/mix.h"

#include <ink/convert.h>

typedef struct ink_conversion {
    const char *from, *to;
    const ink_convert_options *options;
    bool gguf;              /* what is written */
    const ink_mix *mix;     /* NULL: floats stay */
    ink_mix_model model;
    ink_importance importance;
    ink_arena *arena;
    ink_pool *pool;
    ink_kernels kernels;
    ink_weights *weights;   /* belongs to `opened` where there is one */
    ink_model *opened;
    const ink_kind *kind;
    ink_write_tensor *list;
    ink_passage *passages;
    size_t count, room;
    size_t left_out;        /* of ink_convert_report */
    uint64_t done, total;   /* bytes read */
} ink_conversion;

ink_status ink_convert_room(ink_conversion *c, size_t tensors, ink_err *err);
/* Adds a tensor whose values come `from` this type; its own type and bytes are chosen here. */
ink_status ink_convert_add(ink_conversion *c, ink_write_tensor t, ink_passage p, ink_type from, ink_err *err);
ink_status ink_convert_one(ink_conversion *c, ink_write_tensor t, const ink_tensor *from, ink_passage p, ink_err *err);
void ink_convert_about(const ink_conversion *c, ink_gguf_pairs *pairs); /* what every GGUF that we write says of itself */
ink_status ink_convert_write(ink_conversion *c, const ink_gguf_pairs *pairs, ink_err *err); /* pairs NULL: model.safetensors of the folder */

/* A folder becomes a GGUF, or a GGUF a folder. */
ink_status ink_convert_model(ink_conversion *c, ink_err *err);

#endif
