/* inkstone quantize IN OUT TYPE: a model in fewer bits. */
#include "passage.h"

typedef struct quantize_options {
    const char *from, *to, *type, *importance;
    int64_t threads;
    bool pure, json;
} quantize_options;

static const ink_param quantize_params[] = {
    { .name = "in", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(quantize_options, from), .value = "IN",
      .help = "a GGUF, or a Hugging Face folder" },
    { .name = "out", .type = INK_PARAM_PATH, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(quantize_options, to), .value = "OUT",
      .help = "a file that ends in .gguf" },
    { .name = "type", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(quantize_options, type), .value = "TYPE",
      .help = "Q8_0 Q6_K Q5_K_M Q5_K_S Q5_1 Q5_0 Q4_K_M Q4_K_S Q4_1 Q4_0 IQ4_NL IQ4_XS Q3_K_L Q3_K_M Q3_K_S Q2_K Q2_K_S, or F32 F16 BF16" },
    { .name = "imatrix", .type = INK_PARAM_PATH, .at = offsetof(quantize_options, importance),
      .help = "what inkstone imatrix wrote: which columns matter more" },
    { .name = "pure", .type = INK_PARAM_BOOL, .at = offsetof(quantize_options, pure), .help = "every matrix in the type itself, none in a wider one" },
    CLI_THREADS(quantize_options),
    CLI_JSON(quantize_options),
    { 0 },
};

static ink_status quantize_run(const void *options, ink_err *err)
{
    const quantize_options *o = options;
    ink_convert_options how = { .type = o->type, .importance = o->importance, .pure = o->pure, .threads = (size_t)o->threads };
    return cli_passage(o->from, o->to, &how, o->json, err);
}

const cli_command cli_quantize = {
    .params = quantize_params,
    .size = sizeof(quantize_options),
    .about = "Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 round exactly as ggml's reference does. The others are searched for the smallest squares of errors, weighted by --imatrix "
             "where there is one. Unless --pure, the matrices that matter most are kept in a wider type, the same ones as other programs do: Q4_K_M is what most people "
             "take.\n\nA model that is quantised already loses again; begin with F16, BF16 or F32.",
    .examples = { { "quantize ./SmolLM2-135M smollm2-q4.gguf Q4_K_M", "straight from a Hugging Face folder" },
                  { "quantize model-f16.gguf model-q4.gguf Q4_K_M --imatrix model.imatrix", "with what a text showed of its columns" } },
    .run = quantize_run,
};
