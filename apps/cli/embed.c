/* inkstone embed: a line in, a vector out. */
#include "cli.h"

#include <ink/embed.h>
#include <ink/file.h>
#include <stdlib.h>
#include <string.h>

typedef struct embed_options {
    const char *model, *file;
    int64_t threads;
    int pool;
    bool raw, json;
    ink_param_texts adapters;
} embed_options;

static const char *const embed_pools[] = { "auto", "mean", "cls", "last", NULL }; /* in the order of ink_pooling */

static const ink_param embed_params[] = {
    CLI_MODEL(embed_options),
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(embed_options, file), .text = "-", .help = "the texts, one a line; - for standard input" },
    { .name = "pool", .type = INK_PARAM_CHOICE, .at = offsetof(embed_options, pool), .choices = embed_pools, .shown = "what the model's folder says, else mean",
      .help = "what is made of a text's tokens: their mean, the first, or the last" },
    { .name = "raw", .type = INK_PARAM_BOOL, .at = offsetof(embed_options, raw), .help = "leave the vectors as long as they come, not of length 1" },
    CLI_THREADS(embed_options),
    CLI_ADAPTER(embed_options),
    CLI_JSON(embed_options),
    { 0 },
};

typedef struct embed_work {
    const embed_options *o;
    cli_model model;
    ink_embedder *embedder;
    char *text;
    ink_ids ids;           /* of all lines */
    ink_embed_text *texts; /* of each */
    size_t count, cut;
    float *vectors;
    double seconds;
} embed_work;

static size_t embed_lines(const char *text, size_t n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n' || i + 1 == n;
    return lines;
}

/* Ids of every line; where each begins is known only when the list has stopped growing. */
static ink_status embed_tokenize(embed_work *w, size_t n, ink_err *err)
{
    const size_t lines = embed_lines(w->text, n);
    w->texts = calloc(lines + 1, sizeof *w->texts);
    if (!w->texts)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu lines", lines);
    for (const char *at = w->text, *end = at + n; at < end; w->count++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at), before = w->ids.count;
        bool cut;
        length -= length && at[length - 1] == '\r';
        INK_TRY(ink_embedder_ids(w->embedder, at, length, &w->ids, &cut, err));
        w->texts[w->count].count = w->ids.count - before;
        w->cut += cut;
        at = stop ? stop + 1 : end;
    }
    size_t from = 0;
    for (size_t i = 0; i < w->count; from += w->texts[i++].count)
        w->texts[i].ids = w->ids.at + from;
    return INK_OK;
}

static void embed_json(const embed_work *w)
{
    const size_t width = ink_embedder_width(w->embedder);
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "vectors");
    for (size_t i = 0; i < w->count; i++) {
        ink_jot_array(&j, NULL);
        for (size_t k = 0; k < width; k++)
            ink_jot_float(&j, NULL, w->vectors[i * width + k]);
        ink_jot_end(&j);
    }
    ink_jot_end(&j);
    ink_jot_integer(&j, "tokens", (int64_t)w->ids.count);
    ink_jot_integer(&j, "cut", (int64_t)w->cut);
    ink_jot_object(&j, "timings");
    ink_jot_number(&j, "load_ms", 1e3 * w->model.load_seconds);
    ink_jot_number(&j, "embed_ms", 1e3 * w->seconds);
    ink_jot_number(&j, "texts_per_second", w->seconds > 0 ? (double)w->count / w->seconds : 0);
    const ink_products p = ink_embedder_products(w->embedder);
    ink_jot_number(&j, "matmul_gops", ink_products_rate(&p));
    ink_jot_number(&j, "matmul_time", w->seconds > 0 ? p.seconds / w->seconds : 0);
    cli_jot_finish(&j);
}

static void embed_text(const embed_work *w)
{
    const size_t width = ink_embedder_width(w->embedder);
    for (size_t i = 0; i < w->count; i++)
        for (size_t k = 0; k < width; k++)
            printf("%.9g%c", (double)w->vectors[i * width + k], k + 1 < width ? ' ' : '\n');
    if (w->cut)
        cli_note("%zu lines were longer than %zu tokens; what came after was left out", w->cut, ink_embedder_longest(w->embedder));
}

static ink_status embed_work_run(embed_work *w, ink_err *err)
{
    const embed_options *o = w->o;
    size_t n;
    INK_TRY(cli_model_open(&w->model, o->model, err));
    INK_TRY(ink_embedder_open(w->model.model, &(ink_embed_options){ .threads = (size_t)o->threads, .pooling = (ink_pooling)o->pool, .raw = o->raw, .adapters = o->adapters.at, .adapter_count = o->adapters.count }, &w->embedder, err));
    w->model.load_seconds = cli_now() - w->model.began;
    INK_TRY(ink_file_text(o->file, (size_t)1 << 30, &w->text, &n, err));
    const double began = cli_now();
    INK_TRY(embed_tokenize(w, n, err));
    w->vectors = calloc(w->count * ink_embedder_width(w->embedder) + 1, sizeof *w->vectors);
    if (!w->vectors)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu vectors", w->count);
    INK_TRY(ink_embedder_vectors(w->embedder, w->texts, w->count, w->vectors, err));
    w->seconds = cli_now() - began;
    (o->json ? embed_json : embed_text)(w);
    return INK_OK;
}

static ink_status embed_run(const void *options, ink_err *err)
{
    embed_work w = { .o = options };
    ink_status status = embed_work_run(&w, err);
    ink_embedder_close(w.embedder);
    cli_model_close(&w.model);
    ink_ids_clear(&w.ids);
    free(w.texts);
    free(w.text);
    free(w.vectors);
    return status;
}

const cli_command cli_embed = {
    .params = embed_params,
    .size = sizeof(embed_options),
    .about = "Each line of the input becomes a vector of length 1, by an encoder such as minilm, where texts that mean the same lie near each other, or by a model that foresees text. Lines are "
             "computed side by side; a vector is the same whatever stands beside it.",
    .examples = { { "embed -m minilm -f lines.txt", "a line of numbers for each line of text" },
                  { "embed -m minilm --json < lines.txt", "the same as JSON: {\"vectors\":[[…],…]}" } },
    .computes = true,
    .run = embed_run,
};
