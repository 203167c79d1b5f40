/* inkstone logits: what a model says about every next token, as numbers. */
#include "cli.h"

#include <ink/embed.h>
#include <ink/file.h>
#include <stdlib.h>

typedef struct logits_options {
    const char *model, *out;
    ink_param_ints ids, decoder_ids;
    int64_t threads, ctx, chunk, copies, reuse;
    int kv;
    bool all, hidden, json;
    ink_param_texts adapters;
} logits_options;

static const ink_param logits_params[] = {
    CLI_MODEL(logits_options),
    { .name = "ids", .type = INK_PARAM_INTS, .bits = INK_PARAM_REQUIRED, .at = offsetof(logits_options, ids), .help = "the tokens; nothing is added" },
    { .name = "decoder_ids", .type = INK_PARAM_INTS, .at = offsetof(logits_options, decoder_ids),
      .help = "of a model that reads one text and writes another (t5): --ids are read, and these are written, the token that answers begin with first" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(logits_options, out),
      .help = "where the numbers go: little-endian f32, one row for each position" },
    { .name = "all", .type = INK_PARAM_BOOL, .at = offsetof(logits_options, all), .help = "a row for every position, not for the last alone" },
    { .name = "hidden", .type = INK_PARAM_BOOL, .at = offsetof(logits_options, hidden), .help = "of an encoder: the last layer's rows instead of logits" },
    CLI_THREADS(logits_options),
    CLI_CONTEXT(logits_options),
    CLI_KV(logits_options),
    CLI_ADAPTER(logits_options),
    { .name = "chunk", .type = INK_PARAM_INT, .at = offsetof(logits_options, chunk), .min = 1, .max = 1e15, .def = 0, .shown = "all at once",
      .help = "feed so many tokens at a time" },
    { .name = "copies", .type = INK_PARAM_INT, .at = offsetof(logits_options, copies), .min = 1, .max = 1024, .def = 1,
      .help = "compute it as one of so many sequences of different lengths" },
    { .name = "reuse", .type = INK_PARAM_INT, .at = offsetof(logits_options, reuse), .min = 0, .max = 1e15, .def = 0,
      .help = "take the first so many tokens from another sequence's keys and values" },
    CLI_JSON(logits_options),
    { 0 },
};

typedef struct logits_neighbour {
    ink_seq *seq;
    int32_t *ids;
    size_t count, at;
} logits_neighbour;

typedef struct logits_work {
    const logits_options *o;
    cli_model model;
    ink_param_ints ids; /* whose logits are wanted */
    bool reads;         /* and --ids are read */
    ink_seq *seq, *shared;
    logits_neighbour *neighbours;
    size_t neighbour_count;
    ink_feed *feeds;
    size_t ours;        /* place of our feed among them */
    ink_writer writer;
    size_t row_bytes, rows;
    double seconds;     /* of all steps */
    ink_status status;  /* of writing */
    ink_err *err;
} logits_work;

static void logits_on(void *user, size_t feed, size_t index, const float *logits)
{
    logits_work *w = user;
    (void)index;
    if (feed != w->ours || w->status)
        return;
    w->status = ink_writer_add(&w->writer, logits, w->row_bytes, w->err);
    w->rows++;
}

/* Ids [from, to) of ours, in chunks, into seq; each step takes along what the neighbours have left. */
static ink_status logits_feed(logits_work *w, ink_seq *seq, size_t from, size_t to, bool last)
{
    size_t chunk = w->o->chunk ? (size_t)w->o->chunk : to - from;
    for (size_t n; from < to; from += n) {
        size_t count = 0;
        n = to - from < chunk ? to - from : chunk;
        for (size_t i = 0; i <= w->neighbour_count; i++) {
            logits_neighbour *b = i < w->neighbour_count ? &w->neighbours[i] : NULL;
            if (i == w->neighbour_count / 2) {
                w->ours = count;
                ink_want want = w->o->all ? INK_WANT_ALL : last && from + n == to ? INK_WANT_LAST : INK_WANT_NONE;
                w->feeds[count++] = (ink_feed){ .seq = seq, .ids = w->ids.at + from, .count = n, .want = want };
            }
            if (!b || b->at == b->count)
                continue;
            size_t part = b->count - b->at < chunk ? b->count - b->at : chunk;
            w->feeds[count++] = (ink_feed){ .seq = b->seq, .ids = b->ids + b->at, .count = part, .want = INK_WANT_LAST };
            b->at += part;
        }
        INK_TRY(ink_llm_step(w->model.llm, w->feeds, count, logits_on, w, w->err));
        INK_TRY(w->status);
        if (cli_stop_asked())
            return ink_fail(w->err, INK_E_STOPPED, "stopped; %s is as it was", w->o->out);
    }
    return INK_OK;
}

static size_t logits_neighbour_length(const logits_work *w, size_t i)
{
    return 1 + (i * 37 + w->ids.count / 2) % w->ids.count;
}

/* A sequence, which has read the first so many of --ids where there is something to read. */
static ink_status logits_begin(const logits_work *w, size_t count, ink_seq **out)
{
    INK_TRY(ink_seq_new(w->model.llm, out, w->err));
    return w->reads ? ink_seq_read(*out, w->o->ids.at, count, w->err) : INK_OK;
}

/* Neighbours hold our ids in other orders and other numbers. */
static ink_status logits_invite(logits_work *w)
{
    size_t n = (size_t)w->o->copies - 1, count = w->ids.count;
    w->neighbours = calloc(n + 1, sizeof *w->neighbours);
    w->feeds = calloc(n + 1, sizeof *w->feeds);
    if (!w->neighbours || !w->feeds)
        return ink_fail(w->err, INK_E_MEMORY, "no memory for %zu sequences", n);
    for (size_t i = 0; i < n; i++) {
        logits_neighbour *b = &w->neighbours[w->neighbour_count++];
        b->count = logits_neighbour_length(w, i);
        b->ids = malloc(b->count * sizeof *b->ids);
        if (!b->ids)
            return ink_fail(w->err, INK_E_MEMORY, "no memory for %zu sequences", n);
        for (size_t j = 0; j < b->count; j++)
            b->ids[j] = w->ids.at[(j * 3 + i * 7 + 1) % count];
        INK_TRY(logits_begin(w, 1 + i % w->o->ids.count, &b->seq));
    }
    return INK_OK;
}

/* Another sequence begins as ours does and goes its own way; ours takes its beginning over. */
static ink_status logits_share(logits_work *w, size_t k, size_t context)
{
    enum { AWAY = 40 };
    int32_t away[AWAY];
    size_t n = context - k < AWAY ? context - k : AWAY;
    INK_TRY(logits_begin(w, w->o->ids.count, &w->shared));
    INK_TRY(logits_feed(w, w->shared, 0, k, false));
    for (size_t i = 0; i < n; i++)
        away[i] = w->ids.at[(i * 5 + 2) % w->ids.count];
    const ink_feed feed = { .seq = w->shared, .ids = away, .count = n };
    INK_TRY(ink_llm_step(w->model.llm, &feed, 1, NULL, NULL, w->err));
    return ink_seq_fork(w->shared, k, &w->seq, w->err);
}

static ink_status logits_check(const logits_work *w, size_t context)
{
    const logits_options *o = w->o;
    if (!o->ids.count)
        return ink_fail(w->err, INK_E_ARGUMENT, "--ids wants at least one token");
    if (w->reads != (o->decoder_ids.count > 0))
        return ink_fail(w->err, INK_E_ARGUMENT, w->reads ? "%s reads --ids; what it writes is to be in --decoder-ids" : "--decoder-ids are for models that read one text and write another; %s does not", o->model);
    if ((size_t)o->reuse >= w->ids.count)
        return ink_fail(w->err, INK_E_ARGUMENT, "--reuse %lld leaves nothing to compute of %zu tokens", (long long)o->reuse, w->ids.count);
    INK_TRY(cli_model_check(&w->model, o->ids.at, o->ids.count, w->err));
    INK_TRY(cli_model_check(&w->model, o->decoder_ids.at, o->decoder_ids.count, w->err));
    if (w->ids.count > context || o->ids.count > context)
        return ink_fail(w->err, INK_E_LIMIT, "%zu tokens do not fit a context of %zu", w->ids.count > context ? w->ids.count : o->ids.count, context);
    return INK_OK;
}

static size_t logits_room(const logits_work *w, size_t context)
{
    enum { BLOCK = 128 };
    const size_t read = w->reads ? w->o->ids.count + BLOCK : 0;
    size_t room = 2 * (w->ids.count + BLOCK + read);
    for (size_t i = 0; i + 1 < (size_t)w->o->copies; i++)
        room += logits_neighbour_length(w, i) + BLOCK + read;
    return w->o->copies > 1 || w->o->reuse ? room + context : 0;
}

static void logits_on_row(void *user, size_t index, const float *row)
{
    logits_work *w = user;
    if (w->o->all || index + 1 == w->o->ids.count)
        logits_on(w, w->ours, index, row);
}

/* An encoder has no chunks, neighbours or beginnings: a text is computed at once. */
static ink_status logits_encode(logits_work *w)
{
    const logits_options *o = w->o;
    const ink_model_info *info = ink_model_describe(w->model.model);
    const ink_embed_text text = { o->ids.at, o->ids.count };
    ink_embedder *e;
    if (o->chunk || o->copies > 1 || o->reuse)
        return ink_fail(w->err, INK_E_ARGUMENT, "--chunk, --copies and --reuse are for models that foresee text; this is an encoder");
    INK_TRY(ink_embedder_open(w->model.model, &(ink_embed_options){ .threads = (size_t)o->threads, .raw = true, .head = !o->hidden || o->adapters.count, .adapters = o->adapters.at, .adapter_count = o->adapters.count }, &e, w->err));
    w->model.load_seconds = cli_now() - w->model.began;
    w->row_bytes = (o->hidden ? info->width : info->vocab) * sizeof(float);
    const double began = cli_now();
    ink_status status = ink_writer_begin(&w->writer, o->out, w->err);
    if (!status)
        status = ink_embedder_rows(e, &text, !o->hidden, logits_on_row, w, w->err);
    w->seconds = cli_now() - began;
    ink_embedder_close(e);
    INK_TRY(status);
    INK_TRY(w->status);
    return ink_writer_commit(&w->writer, w->err);
}

static ink_status logits_work_run(logits_work *w)
{
    const logits_options *o = w->o;
    INK_TRY(cli_model_open(&w->model, o->model, w->err));
    w->reads = ink_model_describe(w->model.model)->reads && !o->hidden;
    w->ids = w->reads ? o->decoder_ids : o->ids;
    const size_t usual = cli_model_context(&w->model, o->ctx), most = ink_model_describe(w->model.model)->context;
    const size_t context = o->ctx || w->ids.count <= usual ? usual : w->ids.count < most ? w->ids.count : most; /* nobody said less */
    INK_TRY(logits_check(w, context));
    if (ink_model_describe(w->model.model)->encoder || (ink_model_describe(w->model.model)->reads && o->hidden))
        return logits_encode(w);
    if (o->hidden)
        return ink_fail(w->err, INK_E_ARGUMENT, "--hidden is for encoders");
    const ink_llm_options llm = { .threads = (size_t)o->threads, .context = context, .kv = (ink_llm_kv)o->kv, .adapters = o->adapters.at, .adapter_count = o->adapters.count, .tokens = logits_room(w, context) };
    INK_TRY(cli_model_pack(&w->model, &llm, w->err));
    w->row_bytes = ink_model_describe(w->model.model)->vocab * sizeof(float);
    INK_TRY(ink_writer_begin(&w->writer, o->out, w->err));
    INK_TRY(logits_invite(w));
    const double began = cli_now();
    if (o->reuse)
        INK_TRY(logits_share(w, (size_t)o->reuse, context));
    else
        INK_TRY(logits_begin(w, o->ids.count, &w->seq));
    INK_TRY(logits_feed(w, w->seq, (size_t)o->reuse, w->ids.count, true));
    w->seconds = cli_now() - began;
    return ink_writer_commit(&w->writer, w->err);
}

static void logits_json(const logits_work *w)
{
    const size_t tokens = w->o->ids.count + (w->reads ? w->ids.count : 0);
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", w->o->out);
    ink_jot_integer(&j, "rows", (int64_t)w->rows);
    ink_jot_integer(&j, "vocab", (int64_t)(w->row_bytes / sizeof(float)));
    ink_jot_integer(&j, "bytes", (int64_t)(w->rows * w->row_bytes));
    ink_jot_object(&j, "timings");
    ink_jot_number(&j, "load_ms", 1e3 * w->model.load_seconds);
    ink_jot_integer(&j, "prompt_n", (int64_t)tokens);
    ink_jot_number(&j, "prompt_ms", 1e3 * w->seconds);
    ink_jot_number(&j, "prompt_per_second", w->seconds > 0 ? (double)tokens / w->seconds : 0);
    cli_jot_finish(&j);
}

static ink_status logits_run(const void *options, ink_err *err)
{
    logits_work w = { .o = options, .writer = { .fd = -1 }, .err = err };
    cli_stop_catch();
    ink_status status = logits_work_run(&w);
    if (!status && w.o->json)
        logits_json(&w);
    ink_writer_abandon(&w.writer);
    for (size_t i = 0; i < w.neighbour_count; i++) {
        ink_seq_free(w.neighbours[i].seq);
        free(w.neighbours[i].ids);
    }
    ink_seq_free(w.seq);
    ink_seq_free(w.shared);
    free(w.neighbours);
    free(w.feeds);
    cli_model_close(&w.model);
    return status;
}

const cli_command cli_logits = {
    .params = logits_params,
    .size = sizeof(logits_options),
    .about = "Rows are written as they come; the file appears when all are there. Chunks, neighbours and a shared beginning change how the work is cut "
             "and nothing else: the numbers stay the same, bit for bit.",
    .examples = { { "logits -m smollm2 --ids 1,2,3 -o last.f32", "one number for each token of the vocabulary" },
                  { "logits -m smollm2 --ids 1,2,3 --all -o all.f32 --json", "three rows; says how many numbers each has, and how long it took" } },
    .computes = true,
    .made = true,
    .run = logits_run,
};
