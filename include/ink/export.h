/* ink/export.h: a model and the adapters that act on it, as one model. Weights are merged in f32 and written so; tensors that no adapter
   changes stay as they are. One tensor at a time is in memory. */
#ifndef INK_EXPORT_H
#define INK_EXPORT_H

#include <ink/convert.h>

typedef struct ink_export_options {
    const char *const *adapters; /* of the LoRA family or IA3, as in ink_llm_options; prompts and prefixes are no weights */
    size_t adapter_count;
    bool alone;                  /* the adapter itself, a LoRA, in a GGUF that llama.cpp takes too: one adapter, its scale becomes part of it, no type */
    const char *type;            /* of what is written, as ink_convert_type names it; NULL: as above */
    size_t threads;
} ink_export_options;

typedef struct ink_export_report {
    size_t tensors, merged;
} ink_export_report;

/* model: a Hugging Face folder, or a GGUF, whose blocks become floats first. to: a file that ends in .gguf, or else a folder. An adapter
   with a tensor that belongs to no weight of this model is INK_E_FORMAT. */
INK_API ink_status ink_export(const char *model, const ink_export_options *o, const char *to, ink_export_report *report, ink_err *err);

#endif
