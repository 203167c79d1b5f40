/* inkstone imatrix: what a text shows of a model's weights. */
#include "cli.h"

#include <ink/imatrix.h>

typedef struct imatrix_options {
    const char *model, *file, *out;
    int64_t ctx, chunks, threads;
    bool json;
} imatrix_options;

static const ink_param imatrix_params[] = {
    CLI_MODEL(imatrix_options),
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(imatrix_options, file), .help = "the text, - for standard input" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(imatrix_options, out), .help = "the file to write, for inkstone quantize --imatrix" },
    { .name = "ctx", .type = INK_PARAM_INT, .at = offsetof(imatrix_options, ctx), .min = 4, .max = 1e9, .def = 0, .shown = "512, or the model's when smaller", .help = "tokens of a chunk" },
    { .name = "chunks", .type = INK_PARAM_INT, .at = offsetof(imatrix_options, chunks), .min = 1, .max = 1e15, .def = 0, .shown = "the whole text", .help = "how many to read" },
    CLI_THREADS(imatrix_options),
    CLI_JSON(imatrix_options),
    { 0 },
};

static bool imatrix_chunk(void *user, size_t done, size_t total)
{
    cli_progress_step(user, "reading", done, total);
    return !cli_stop_asked();
}

static ink_status imatrix_measure(const imatrix_options *o, cli_model *m, ink_ids *ids, ink_imatrix_report *r, ink_err *err)
{
    cli_progress bar = { .unit = "chunks" };
    ink_imatrix_options how = { .context = (size_t)o->ctx, .chunks = (size_t)o->chunks, .threads = (size_t)o->threads, .chunk = imatrix_chunk, .user = &bar };
    INK_TRY(cli_model_open(m, o->model, err));
    INK_TRY(cli_text_ids(m, o->file, ids, &how.first, err));
    ink_status status = ink_imatrix_write(m->model, ids->at, ids->count, o->out, &how, r, err);
    cli_progress_end(&bar);
    return status;
}

static ink_status imatrix_run(const void *options, ink_err *err)
{
    const imatrix_options *o = options;
    cli_model m = { 0 };
    ink_ids ids = { 0 };
    ink_imatrix_report r;
    cli_stop_catch();
    ink_status status = imatrix_measure(o, &m, &ids, &r, err);
    ink_ids_clear(&ids);
    cli_model_close(&m);
    INK_TRY(status);
    if (!o->json) {
        printf("%s: what %zu tokens showed of %zu matrices\n", o->out, r.tokens, r.matrices);
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", o->out);
    ink_jot_integer(&j, "matrices", (int64_t)r.matrices);
    ink_jot_integer(&j, "tokens", (int64_t)r.tokens);
    ink_jot_integer(&j, "chunks", (int64_t)r.chunks);
    cli_jot_finish(&j);
    return INK_OK;
}

const cli_command cli_imatrix = {
    .params = imatrix_params,
    .size = sizeof(imatrix_options),
    .about = "The model reads the text in chunks, and the mean squares of what each matrix is given are noted, column by column. Quantising then errs less where it matters. Any "
             "text of the kind that the model is for will do; a hundred thousand tokens are plenty.",
    .examples = { { "imatrix -m model-f16.gguf -f text.txt -o model.imatrix", "before quantize --imatrix" } },
    .computes = true,
    .run = imatrix_run,
};
