/* inkstone data: what a data set would teach a model: rows checked and counted, one shown, duplicates removed, shards written. */
#include "cli.h"

#include <ink/buf.h>
#include <ink/data.h>
#include <ink/self_instruct.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct data_options {
    const char *file, *model, *format, *out, *seeds;
    int64_t cutoff, sample, shards, count, seed, threads;
    bool prompts, dedupe, json;
} data_options;

static const ink_param data_params[] = {
    { .name = "file", .type = INK_PARAM_PATH, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(data_options, file), .help = "the data set; of a dataset_info.json all sets, or FILE:NAME,NAME; or self-instruct, which writes one" },
    CLI_MODEL(data_options),
    { .name = "format", .type = INK_PARAM_TEXT, .at = offsetof(data_options, format), .shown = "by content", .help = "how it is written: txt, jsonl, ids, alpaca, sharegpt, messages or dataset_info" },
    { .name = "cutoff_len", .type = INK_PARAM_INT, .at = offsetof(data_options, cutoff), .min = 2, .max = 1e9, .def = 0, .shown = "1024, or the model's context", .help = "most tokens of a sample" },
    { .name = "train_on_prompt", .type = INK_PARAM_BOOL, .at = offsetof(data_options, prompts), .help = "of conversations everything is learned" },
    { .name = "sample", .type = INK_PARAM_INT, .at = offsetof(data_options, sample), .min = 1, .max = 1e15, .def = 1, .help = "which sample to show" },
    { .name = "dedupe", .type = INK_PARAM_BOOL, .at = offsetof(data_options, dedupe), .help = "leave rows out that were there before" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .at = offsetof(data_options, out), .help = "write the usable rows here, a line of JSON each" },
    { .name = "shards", .type = INK_PARAM_INT, .at = offsetof(data_options, shards), .min = 1, .max = 256, .def = 1, .help = "write so many files, row by row in turn" },
    { .name = "seeds", .type = INK_PARAM_PATH, .at = offsetof(data_options, seeds), .help = "self-instruct: the tasks to begin with, a line of JSON each" },
    { .name = "count", .flag = 'n', .type = INK_PARAM_INT, .at = offsetof(data_options, count), .min = 1, .max = 1e9, .def = 100, .help = "self-instruct: rows that OUT shall have" },
    { .name = "seed", .type = INK_PARAM_INT, .at = offsetof(data_options, seed), .min = 0, .max = 1e15, .def = 1, .help = "self-instruct: the same seed writes the same rows" },
    CLI_THREADS(data_options),
    CLI_JSON(data_options),
    { 0 },
};

enum { DATA_LISTED = 50 }; /* bad rows that are listed for people; JSON has all */

typedef struct data_look {
    const data_options *o;
    ink_jot j;  /* into text: nothing is printed of what fails */
    ink_buf text;
    size_t bad;
} data_look;

static void data_put(void *user, const char *bytes, size_t n) { ink_buf_add(user, bytes, n); }

static void data_bad(void *user, size_t line, const char *reason)
{
    data_look *s = user;
    if (s->o->json) {
        ink_jot_object(&s->j, NULL);
        ink_jot_integer(&s->j, "line", (int64_t)line);
        ink_jot_text(&s->j, "reason", reason);
        ink_jot_end(&s->j);
    } else if (s->bad++ < DATA_LISTED)
        printf("%s, line %zu: %s\n", s->o->file, line, reason);
}

static ink_text data_piece(const ink_tokenizer *t, int32_t id)
{
    return t ? ink_token_display(t, id, false, true) : (ink_text){ 0 };
}

static void data_sample_json(const ink_data *d, const ink_tokenizer *t, data_look *s)
{
    bool learned;
    int32_t id;
    ink_jot_array(&s->j, "sample");
    for (size_t at = 0; (id = ink_data_token(d, (size_t)s->o->sample - 1, at, &learned)) >= 0; at++) {
        const ink_text piece = data_piece(t, id);
        ink_jot_object(&s->j, NULL);
        ink_jot_integer(&s->j, "id", id);
        ink_jot_bytes(&s->j, "text", piece.data ? piece.data : "", piece.size);
        ink_jot_bool(&s->j, "learned", learned);
        ink_jot_end(&s->j);
    }
    ink_jot_end(&s->j);
}

/* What is learned stands in green, or between brackets where there are no colours. */
static void data_sample(const ink_data *d, const ink_tokenizer *t, const data_look *s)
{
    const bool colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    const char *const marks[2] = { colours ? "\033[32m" : "[[", colours ? "\033[0m" : "]]" };
    bool learned, inside = false;
    int32_t id;
    printf("sample %lld, what is learned %s:\n", (long long)s->o->sample, colours ? "in green" : "between [[ and ]]");
    for (size_t at = 0; (id = ink_data_token(d, (size_t)s->o->sample - 1, at, &learned)) >= 0; at++) {
        const ink_text piece = data_piece(t, id);
        if (learned != inside)
            fputs(marks[inside], stdout);
        inside = learned;
        if (t)
            fwrite(piece.data, 1, piece.size, stdout);
        else
            printf("%d ", id);
    }
    printf("%s\n", inside ? marks[1] : "");
}

static void data_say(const ink_data *d, const ink_tokenizer *t, data_look *s)
{
    const ink_data_report *r = ink_data_describe(d);
    if (s->bad > DATA_LISTED)
        printf("and %zu more rows that cannot be used\n", s->bad - DATA_LISTED);
    printf("%s: %zu samples as %s, %zu tokens (%zu learned), the longest %zu; %zu rows cannot be used", s->o->file, r->samples, r->format, r->tokens, r->learned, r->longest, r->bad);
    if (s->o->dedupe)
        printf(", %zu were there before", r->duplicates);
    if (s->o->out)
        printf("; %zu rows written", r->written);
    printf("\n");
    data_sample(d, t, s);
}

static void data_json(const ink_data *d, const ink_tokenizer *t, data_look *s)
{
    const ink_data_report *r = ink_data_describe(d);
    ink_jot_text(&s->j, "format", r->format);
    ink_jot_integer(&s->j, "samples", (int64_t)r->samples);
    ink_jot_integer(&s->j, "unusable", (int64_t)r->bad);
    ink_jot_integer(&s->j, "duplicates", (int64_t)r->duplicates);
    ink_jot_integer(&s->j, "written", (int64_t)r->written);
    ink_jot_integer(&s->j, "tokens", (int64_t)r->tokens);
    ink_jot_integer(&s->j, "learned", (int64_t)r->learned);
    ink_jot_integer(&s->j, "longest", (int64_t)r->longest);
    data_sample_json(d, t, s);
    while (s->j.depth)
        ink_jot_end(&s->j);
    printf("%s\n", s->text.data ? s->text.data : "");
}

static ink_status data_look_at(const data_options *o, const cli_model *m, data_look *s, ink_err *err)
{
    const ink_tokenizer *t = NULL;
    ink_data *d;
    const ink_data_options how = { .format = o->format, .cutoff = (size_t)o->cutoff, .prompts = o->prompts, .dedupe = o->dedupe, .out = o->out, .shards = (size_t)o->shards, .bad = data_bad, .user = s };
    if (o->json) {
        ink_jot_object(&s->j, NULL);
        ink_jot_array(&s->j, "bad");
    }
    INK_TRY(ink_data_open(m->model, o->file, &how, &d, err));
    if (ink_model_tokenizer(m->model, &t, NULL) != INK_OK)
        t = NULL; /* ids need none */
    ink_status status = (size_t)o->sample > ink_data_describe(d)->samples ? ink_fail(err, INK_E_ARGUMENT, "there is no sample %lld; the last is %zu", (long long)o->sample, ink_data_describe(d)->samples) : INK_OK;
    if (o->json)
        ink_jot_end(&s->j);
    if (status == INK_OK)
        status = ink_buf_check(&s->text, "the report", err);
    if (status == INK_OK)
        (o->json ? data_json : data_say)(d, t, s);
    ink_data_close(d);
    return status;
}

static ink_status data_show(const data_options *o, const cli_model *m, ink_err *err)
{
    data_look s = { .o = o, .j = { .put = data_put, .user = &s.text } };
    ink_buf_init(&s.text, 0);
    ink_status status = data_look_at(o, m, &s, err);
    ink_buf_clear(&s.text);
    return status;
}

/* ---- growing one ---- */

static bool data_grown(void *user, size_t rows, size_t attempts)
{
    char what[64];
    snprintf(what, sizeof what, "%zu attempts", attempts);
    cli_progress_step(user, what, rows, 0);
    return !cli_stop_asked();
}

static ink_status data_grow(const data_options *o, cli_model *m, ink_err *err)
{
    cli_progress bar = { .unit = "rows" };
    ink_self_instruct_report r;
    if (!o->seeds || !o->out)
        return ink_fail(err, INK_E_ARGUMENT, "self-instruct wants --seeds FILE to begin with and -o FILE to write");
    INK_TRY(cli_model_pack(m, &(ink_llm_options){ .threads = (size_t)o->threads }, err));
    cli_stop_catch();
    ink_status status = ink_self_instruct(m->llm, &(ink_self_instruct_options){ .seeds = o->seeds, .out = o->out, .count = (size_t)o->count, .seed = (uint64_t)o->seed, .step = data_grown, .user = &bar }, &r, err);
    cli_progress_end(&bar);
    INK_TRY(status);
    if (!o->json) {
        printf("%s: %zu rows after %zu attempts (%zu incomplete, %zu too much like others)\n", o->out, r.rows, r.attempts, r.incomplete, r.alike);
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "rows", (int64_t)r.rows);
    ink_jot_integer(&j, "attempts", (int64_t)r.attempts);
    ink_jot_integer(&j, "incomplete", (int64_t)r.incomplete);
    ink_jot_integer(&j, "alike", (int64_t)r.alike);
    cli_jot_finish(&j);
    return INK_OK;
}

static ink_status data_run(const void *options, ink_err *err)
{
    const data_options *o = options;
    cli_model m = { 0 };
    ink_status status = cli_model_open(&m, o->model, err);
    if (status == INK_OK)
        status = !strcmp(o->file, "self-instruct") ? data_grow(o, &m, err) : data_show(o, &m, err);
    cli_model_close(&m);
    return status;
}

const cli_command cli_data = {
    .params = data_params,
    .size = sizeof(data_options),
    .about = "Reads a data set as training would, with the tokenizer and the chat template of the model: lists rows that cannot be used, each with its line and why, "
             "counts tokens, and shows one sample with what is learned marked.\n\n"
             "data self-instruct grows an instruction set from seed tasks with a model: what is complete and unlike all others is kept. A run that ended goes on.",
    .examples = { { "data identity.json -m smollm2", "check, count, show" },
                  { "data big.jsonl -m smollm2 --dedupe --shards 4 -o clean.jsonl", "usable rows, each once, into four files" },
                  { "data dataset_info.json:identity,alpaca_en_demo -m smollm2", "two sets of LLaMA-Factory's list" },
                  { "data self-instruct -m smollm2 --seeds seeds.jsonl -n 100 -o grown.jsonl", "a hundred new tasks" } },
    .computes = true,
    .run = data_run,
};
