/* From the name of a model to one that computes, as every command that runs a model does it. */
#include "cli.h"

#include <ink/file.h>
#include <ink/store.h>
#include <stdlib.h>
#include <time.h>

const char *const cli_kv_types[] = { "auto", "f32", "f16", "q8", NULL };

double cli_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

ink_status cli_model_open(cli_model *m, const char *name, ink_err *err)
{
    *m = (cli_model){ .began = cli_now() };
    INK_TRY(ink_store_resolve(name, &m->path, err));
    return ink_model_open(m->path, &m->model, err);
}

size_t cli_model_context(const cli_model *m, int64_t ctx)
{
    return ctx ? (size_t)ctx : ink_model_describe(m->model)->usual;
}

ink_status cli_model_check(const cli_model *m, const int32_t *ids, size_t count, ink_err *err)
{
    size_t vocab = ink_model_describe(m->model)->vocab;
    for (size_t i = 0; i < count; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= vocab)
            return ink_fail(err, INK_E_ARGUMENT, "token %zu of the prompt is %d, but this model's vocabulary has %zu tokens, from 0 on", i + 1, ids[i], vocab);
    return INK_OK;
}

ink_status cli_model_pack(cli_model *m, const ink_llm_options *options, ink_err *err)
{
    INK_TRY(ink_llm_open(m->model, options, &m->llm, err));
    m->load_seconds = cli_now() - m->began;
    return INK_OK;
}

ink_status cli_text_ids(const cli_model *m, const char *file, ink_ids *ids, int32_t *first, ink_err *err)
{
    const ink_tokenizer *t;
    char *text;
    size_t n;
    INK_TRY(ink_model_tokenizer(m->model, &t, err));
    INK_TRY(ink_file_text(file, 0, &text, &n, err));
    ink_status status = ink_tokenize(t, text, n, 0, ids, err);
    free(text);
    *first = ink_tokenizer_adds_bos(t) ? ink_tokenizer_bos(t) : -1;
    return status;
}

void cli_model_close(cli_model *m)
{
    ink_llm_close(m->llm);
    ink_model_close(m->model);
    free(m->path);
    *m = (cli_model){ 0 };
}
