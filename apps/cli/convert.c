/* inkstone convert IN OUT: a model from one form of file into another. */
#include "passage.h"

typedef struct convert_options {
    const char *from, *to, *type;
    int64_t threads;
    bool json;
} convert_options;

static const ink_param convert_params[] = {
    { .name = "in", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(convert_options, from), .value = "IN",
      .help = "a GGUF, or a Hugging Face folder" },
    { .name = "out", .type = INK_PARAM_PATH, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(convert_options, to), .value = "OUT",
      .help = "a file that ends in .gguf, or else a folder" },
    { .name = "type", .type = INK_PARAM_TEXT, .at = offsetof(convert_options, type), .value = "TYPE", .shown = "as they are; in a folder, F16 for blocks",
      .help = "what matrices are kept in: F32, F16, BF16, or for a GGUF whatever inkstone quantize lists" },
    CLI_THREADS(convert_options),
    CLI_JSON(convert_options),
    { 0 },
};

static ink_status convert_run(const void *options, ink_err *err)
{
    const convert_options *o = options;
    ink_convert_options how = { .type = o->type, .threads = (size_t)o->threads };
    return cli_passage(o->from, o->to, &how, o->json, err);
}

const cli_command cli_convert = {
    .params = convert_params,
    .size = sizeof(convert_options),
    .about = "Configuration, tokenizer and chat template go along, so that what is written opens in llama.cpp and transformers. Whatever the other form has no words "
             "for is a sentence, and nothing is written. One tensor at a time is in memory.",
    .examples = { { "convert ./SmolLM2-135M smollm2.gguf --type F16", "a Hugging Face folder as a GGUF" },
                  { "convert smollm2.gguf ./folder", "and back, for transformers" } },
    .run = convert_run,
};
