/* inkstone diff A B: two models side by side over one text. */
#include "cli.h"

#include <ink/compare.h>
#include <ink/weights.h>
#include <math.h>

typedef struct diff_options {
    const char *first, *second, *file;
    int64_t ctx, chunks, threads;
    int kv;
    bool json;
} diff_options;

static const ink_param diff_params[] = {
    { .name = "a", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(diff_options, first), .value = "A", .help = "the model that counts as right" },
    { .name = "b", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(diff_options, second), .value = "B", .help = "the model that is held against it" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(diff_options, file), .help = "the text, - for standard input; A's tokenizer cuts it" },
    { .name = "ctx", .type = INK_PARAM_INT, .at = offsetof(diff_options, ctx), .min = 4, .max = 1e9, .def = 512, .help = "tokens of a chunk; the second half is compared" },
    { .name = "chunks", .type = INK_PARAM_INT, .at = offsetof(diff_options, chunks), .min = 1, .max = 1e15, .def = 0, .shown = "the whole text", .help = "how many to compare" },
    CLI_THREADS(diff_options),
    CLI_KV(diff_options),
    CLI_JSON(diff_options),
    { 0 },
};

static bool diff_chunk(void *user, size_t done, size_t total, double kl)
{
    (void)kl;
    cli_progress_step(user, "comparing", done, total);
    return !cli_stop_asked();
}

static ink_status diff_measure(const diff_options *o, cli_model m[2], ink_ids *ids, ink_comparison *c, ink_err *err)
{
    const char *const names[2] = { o->first, o->second };
    cli_progress bar = { .unit = "chunks" };
    ink_compare_options how = { .context = (size_t)o->ctx, .chunks = (size_t)o->chunks, .chunk = diff_chunk, .user = &bar };
    const ink_llm_options llm = { .threads = (size_t)o->threads, .context = (size_t)o->ctx, .kv = (ink_llm_kv)o->kv };
    for (size_t i = 0; i < 2; i++)
        INK_TRY(cli_model_open(&m[i], names[i], err));
    INK_TRY(cli_text_ids(&m[0], o->file, ids, &how.first, err));
    for (size_t i = 0; i < 2; i++)
        INK_TRY(cli_model_pack(&m[i], &llm, err));
    ink_status status = ink_compare(m[0].llm, m[1].llm, ids->at, ids->count, &how, c, err);
    cli_progress_end(&bar);
    return status;
}

static void diff_json(const diff_options *o, const cli_model m[2], const ink_comparison *c)
{
    const char *const keys[2] = { "a", "b" }, *const names[2] = { o->first, o->second };
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_number(&j, "kl", c->kl);
    ink_jot_number(&j, "kl_max", c->kl_most);
    ink_jot_number(&j, "top1_agreement", c->same);
    ink_jot_integer(&j, "tokens", (int64_t)c->tokens);
    ink_jot_integer(&j, "chunks", (int64_t)c->chunks);
    for (size_t i = 0; i < 2; i++) {
        ink_jot_object(&j, keys[i]);
        ink_jot_text(&j, "model", names[i]);
        ink_jot_number(&j, "perplexity", exp(c->nll[i]));
        ink_jot_integer(&j, "bytes", (int64_t)ink_weights_bytes(ink_model_weights(m[i].model)));
        ink_jot_number(&j, "tokens_per_second", c->tokens_per_second[i]);
        ink_jot_end(&j);
    }
    cli_jot_finish(&j);
}

static void diff_text(const diff_options *o, const cli_model m[2], const ink_comparison *c)
{
    char size[2][32];
    for (size_t i = 0; i < 2; i++)
        cli_size((double)ink_weights_bytes(ink_model_weights(m[i].model)), size[i], sizeof size[i]);
    printf("%-12s %16s %16s\n", "", "A", "B");
    printf("%-12s %16.4f %16.4f\n", "perplexity", exp(c->nll[0]), exp(c->nll[1]));
    printf("%-12s %16s %16s\n", "size", size[0], size[1]);
    printf("%-12s %16.1f %16.1f\n", "tokens/s", c->tokens_per_second[0], c->tokens_per_second[1]);
    printf("B from A: %.5f nats a token (KL; at worst %.3f), the same likeliest token %.2f %% of the time, over %zu tokens\nA %s, B %s\n", c->kl, c->kl_most, 100 * c->same, c->tokens, o->first,
           o->second);
}

static ink_status diff_run(const void *options, ink_err *err)
{
    const diff_options *o = options;
    cli_model m[2] = { { 0 }, { 0 } };
    ink_ids ids = { 0 };
    ink_comparison c;
    cli_stop_catch();
    ink_status status = diff_measure(o, m, &ids, &c, err);
    if (status == INK_OK)
        (o->json ? diff_json : diff_text)(o, m, &c);
    ink_ids_clear(&ids);
    cli_model_close(&m[0]);
    cli_model_close(&m[1]);
    return status;
}

const cli_command cli_diff = {
    .params = diff_params,
    .size = sizeof(diff_options),
    .about = "Both models read the same text, and over its tokens it is measured how far B's distribution of the next token is from A's (Kullback-Leibler), how often both have "
             "the same likeliest token, and how well each foresees the text. With A in full precision this tells what quantising to B has cost.",
    .examples = { { "diff model-f16.gguf model-q4.gguf -f wikitext2.test.txt --chunks 20", "what four bits cost" } },
    .computes = true,
    .run = diff_run,
};
