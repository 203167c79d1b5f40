/* inkstone perplexity: how well a model foresees a text. */
#include "ngram.h"

#include <ink/perplexity.h>

typedef struct perplexity_options {
    const char *model, *file;
    int64_t ctx, chunks, threads;
    int kv;
    bool json;
    ink_param_texts adapters;
} perplexity_options;

static const ink_param perplexity_params[] = {
    CLI_MODEL(perplexity_options),
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(perplexity_options, file), .help = "the text, - for standard input" },
    { .name = "ctx", .type = INK_PARAM_INT, .at = offsetof(perplexity_options, ctx), .min = 4, .max = 1e15, .def = 512, .help = "tokens of a chunk; the second half is scored" },
    { .name = "chunks", .type = INK_PARAM_INT, .at = offsetof(perplexity_options, chunks), .min = 1, .max = 1e15, .def = 0, .shown = "the whole text", .help = "how many to score" },
    CLI_THREADS(perplexity_options),
    CLI_KV(perplexity_options),
    CLI_ADAPTER(perplexity_options),
    CLI_JSON(perplexity_options),
    { 0 },
};

static bool perplexity_chunk(void *user, size_t done, size_t total, double nll)
{
    (void)nll;
    cli_progress_step(user, "perplexity", done, total);
    return !cli_stop_asked();
}

static ink_status perplexity_measure(const perplexity_options *o, cli_model *m, ink_ids *ids, ink_perplexity *p, ink_err *err)
{
    cli_progress bar = { .unit = "chunks" };
    ink_perplexity_options how = { .context = (size_t)o->ctx, .chunks = (size_t)o->chunks, .chunk = perplexity_chunk, .user = &bar };
    const ink_llm_options llm = { .threads = (size_t)o->threads, .context = (size_t)o->ctx, .kv = (ink_llm_kv)o->kv, .adapters = o->adapters.at, .adapter_count = o->adapters.count };
    INK_TRY(cli_model_open(m, o->model, err));
    INK_TRY(cli_text_ids(m, o->file, ids, &how.first, err));
    INK_TRY(ink_perplexity_fits(ids->count, (size_t)o->ctx, &how, err));
    INK_TRY(cli_model_pack(m, &llm, err));
    ink_status status = ink_perplexity_measure(m->llm, ids->at, ids->count, &how, p, err);
    cli_progress_end(&bar);
    return status;
}

static ink_status perplexity_run(const void *options, ink_err *err)
{
    const perplexity_options *o = options;
    cli_model m = { 0 };
    ink_ids ids = { 0 };
    ink_perplexity p;
    if (cli_is_ngram(o->model))
        return o->chunks || o->adapters.count ? ink_fail(err, INK_E_ARGUMENT, "%s is an n-gram model, which scores whole lines and takes no adapter", o->model)
                                              : cli_ngram_ask(o->model, o->file, NULL, 0, 0, o->json, err);
    cli_stop_catch();
    ink_status status = perplexity_measure(o, &m, &ids, &p, err);
    ink_ids_clear(&ids);
    cli_model_close(&m);
    INK_TRY(status);
    if (!o->json) {
        printf("perplexity %.4f (%.5f nats a token, %zu tokens scored in %zu chunks of %lld)\n", p.perplexity, p.nll, p.tokens, p.chunks, (long long)o->ctx);
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_number(&j, "perplexity", p.perplexity);
    ink_jot_number(&j, "nll", p.nll);
    ink_jot_integer(&j, "tokens", (int64_t)p.tokens);
    ink_jot_integer(&j, "chunks", (int64_t)p.chunks);
    cli_jot_finish(&j);
    return INK_OK;
}

const cli_command cli_perplexity = {
    .params = perplexity_params,
    .size = sizeof(perplexity_options),
    .about = "The text is cut into chunks of --ctx tokens, and the second half of each is scored, every token given all before it in the chunk. No special "
             "tokens are added, but where the model wants BOS it takes the place of each chunk's first token. "
             "An n-gram model (ARPA) scores every word of the text, line by line.",
    .examples = { { "perplexity -m smollm2 -f wikitext2.test.txt --chunks 20", "compare two quantisations of one model on the same text" } },
    .computes = true,
    .made = true,
    .run = perplexity_run,
};
