/* inkstone export: a model with its adapters, as one model. */
#include "cli.h"

#include <ink/export.h>
#include <ink/store.h>
#include <stdlib.h>

typedef struct export_options {
    const char *model, *out, *type;
    int64_t threads;
    bool json, alone;
    ink_param_texts adapters;
} export_options;

static const ink_param export_params[] = {
    CLI_MODEL(export_options),
    CLI_ADAPTER(export_options),
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(export_options, out), .help = "a file that ends in .gguf, or else a folder" },
    { .name = "type", .type = INK_PARAM_TEXT, .at = offsetof(export_options, type), .shown = "what is merged F32, the rest as it is", .help = "of the tensors, as inkstone quantize names it" },
    { .name = "adapter_only", .type = INK_PARAM_BOOL, .at = offsetof(export_options, alone), .help = "write the adapter itself, a LoRA, as a GGUF that llama.cpp takes too" },
    CLI_THREADS(export_options),
    CLI_JSON(export_options),
    { 0 },
};

static ink_status export_run(const void *options, ink_err *err)
{
    const export_options *o = options;
    const ink_export_options how = { .adapters = o->adapters.at, .adapter_count = o->adapters.count, .alone = o->alone, .type = o->type, .threads = (size_t)o->threads };
    ink_export_report r;
    char *path;
    INK_TRY(ink_store_resolve(o->model, &path, err));
    ink_status status = ink_export(path, &how, o->out, &r, err);
    free(path);
    INK_TRY(status);
    if (!o->json) {
        printf("%s: %zu tensors", o->out, r.tensors);
        if (!o->alone)
            printf(", %zu of them merged", r.merged);
        putchar('\n');
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", o->out);
    ink_jot_integer(&j, "tensors", (int64_t)r.tensors);
    ink_jot_integer(&j, "merged", (int64_t)r.merged);
    cli_jot_finish(&j);
    return INK_OK;
}

const cli_command cli_export = {
    .params = export_params,
    .size = sizeof(export_options),
    .about = "Adapters of the LoRA family and IA3 become part of the weights, in f32. A folder gets model.safetensors with what lies beside the model's own; a GGUF may have fewer bits.",
    .examples = { { "export -m base --adapter saves/run1 -o merged", "a Hugging Face folder" }, { "export -m base --adapter saves/run1 -o merged.gguf --type Q8_0", "a small file" },
                  { "export -m base --adapter saves/run1 -o lora.gguf --adapter-only", "the adapter as llama.cpp keeps it" } },
    .run = export_run,
};
