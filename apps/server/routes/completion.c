/* POST /completion: a text gone on with, as llama.cpp's server answers it; POST /infill: what belongs between two texts is asked the same way. */
#include "server/prompt.h"
#include "server/reply.h"
#include "server/steer.h"

#include <string.h>

typedef struct completion_fields {
    const char *model;
    double temperature;
    int64_t n_predict;
    bool stream, ignore_eos, return_tokens;
    ink_param_texts stop;
    ink_sampling sampling;
    ink_steer steer;
} completion_fields;

static const ink_param completion_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(completion_fields, model), .help = "the model's name" },
    { .name = "temperature", .type = INK_PARAM_REAL, .at = offsetof(completion_fields, temperature), .min = 0, .max = 100, .def = -1, .shown = "0.8", .help = "0 always takes the likeliest token" },
    { .name = "n_predict", .type = INK_PARAM_INT, .at = offsetof(completion_fields, n_predict), .min = -1, .max = 1e15, .def = -1, .shown = "what the context has room for", .help = "new tokens at most" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(completion_fields, stream), .help = "send pieces as they come" },
    { .name = "ignore_eos", .type = INK_PARAM_BOOL, .at = offsetof(completion_fields, ignore_eos), .help = "go on past the model's end tokens" },
    { .name = "return_tokens", .type = INK_PARAM_BOOL, .at = offsetof(completion_fields, return_tokens), .help = "give the ids of the answer too" },
    { .name = "stop", .type = INK_PARAM_TEXTS, .at = offsetof(completion_fields, stop), .help = "end where one of these texts begins" },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(completion_fields, sampling), .table = ink_sampling_params },
    { .name = "Steering", .type = INK_PARAM_TABLE, .at = offsetof(completion_fields, steer), .table = ink_steer_params },
    { 0 },
};

static void completion_numbers(const srv_reply *r, ink_jot *j)
{
    static const char *const types[] = { [INK_FINISH_LENGTH] = "limit", [INK_FINISH_END] = "eos", [INK_FINISH_STOP] = "word", [INK_FINISH_ASKED] = "none" };
    const ink_answer *a = srv_text_answer(r->text, 0);
    srv_usage u = srv_text_usage(r->text);
    ink_jot_bool(j, "stop", true);
    ink_jot_text(j, "stop_type", types[a->finish]);
    ink_jot_text(j, "stopping_word", "");
    ink_jot_text(j, "model", srv_text_model(r->text)->name);
    ink_jot_integer(j, "tokens_predicted", (int64_t)u.completion);
    ink_jot_integer(j, "tokens_evaluated", (int64_t)u.prompt);
    ink_jot_integer(j, "tokens_cached", (int64_t)u.cached);
    ink_jot_bool(j, "truncated", false);
    srv_timings(j, &u);
}

static void completion_tokens(const srv_reply *r, ink_jot *j, bool given)
{
    const completion_fields *f = r->call->params;
    const ink_answer *a = srv_text_answer(r->text, 0);
    ink_jot_array(j, "tokens");
    for (size_t i = 0; given && f->return_tokens && i < a->tokens.count; i++)
        ink_jot_integer(j, NULL, a->tokens.at[i]);
    ink_jot_end(j);
}

static void completion_whole(srv_reply *r, ink_buf *out)
{
    const ink_answer *a = srv_text_answer(r->text, 0);
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "index", 0);
    ink_jot_bytes(&j, "content", a->text, a->text_size);
    completion_tokens(r, &j, true);
    completion_numbers(r, &j);
    ink_jot_end(&j);
}

static void completion_part(srv_reply *r, ink_buf *out, const srv_part *p, const srv_piece *piece)
{
    (void)r;
    (void)piece;
    srv_event_begin(out, NULL);
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "index", 0);
    ink_jot_bytes(&j, "content", p->text, p->size);
    ink_jot_bool(&j, "stop", false);
    ink_jot_end(&j);
    srv_event_end(out);
}

static void completion_end(srv_reply *r, ink_buf *out)
{
    srv_event_begin(out, NULL);
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "index", 0);
    ink_jot_text(&j, "content", "");
    completion_tokens(r, &j, true);
    completion_numbers(r, &j);
    ink_jot_end(&j);
    srv_event_end(out);
}

static void completion_broken(srv_reply *r, ink_buf *out, const ink_err *err)
{
    (void)r;
    srv_error_openai_event(out, err);
}

static const srv_shape completion_shape = {
    .type = "text/event-stream", .still = ": still computing\n\n", .part = completion_part, .end = completion_end, .broken = completion_broken, .whole = completion_whole,
};

/* {"input_prefix", "input_suffix"}: the model's own tokens for what is before, after, and between, in the order that it was taught. */
static ink_status completion_infill_ids(srv_call *c, const srv_model *m, ink_ids *ids, ink_err *err)
{
    static const char *const names[3][5] = { { "<|fim_prefix|>", "<fim_prefix>", "<PRE>", "<fim-prefix>", "<|fim_begin|>" }, { "<|fim_suffix|>", "<fim_suffix>", "<SUF>", "<fim-suffix>", "<|fim_hole|>" },
                                             { "<|fim_middle|>", "<fim_middle>", "<MID>", "<fim-middle>", "<|fim_end|>" } };
    const ink_json *texts[2] = { ink_json_get(c->json, "input_prefix"), ink_json_get(c->json, "input_suffix") };
    INK_TRY(srv_needs_tokenizer(m, err));
    for (size_t i = 0; i < 3; i++) {
        int32_t id = -1;
        size_t n = 0;
        for (size_t k = 0; k < 5 && id < 0; k++)
            id = ink_tokenizer_find(m->tokenizer, names[i][k], strlen(names[i][k]));
        if (id < 0)
            return ink_fail(err, INK_E_ARGUMENT, "%s was not taught to fill in: it has no token for what comes %s", m->name, i == 0 ? "before" : i == 1 ? "after" : "between");
        INK_TRY(ink_ids_add(ids, id, err));
        const char *text = i < 2 ? ink_json_text(texts[i], &n) : NULL;
        if (i < 2 && !text)
            return ink_fail(err, INK_E_ARGUMENT, "input_prefix and input_suffix are texts");
        if (text)
            INK_TRY(ink_tokenize(m->tokenizer, text, n, 0, ids, err));
    }
    return INK_OK;
}

static ink_status completion_run(srv_call *c, ink_err *err)
{
    completion_fields *f = c->params;
    srv_reply *r = ink_arena_alloc(c->arena, sizeof *r);
    srv_model *m;
    ink_ids ids = { 0 };
    if (!r)
        return ink_arena_refused(c->arena, sizeof *r, err);
    if (!f->n_predict)
        return ink_fail(err, INK_E_ARGUMENT, "n_predict 0 asks for nothing; -1 asks for what the context has room for");
    INK_TRY(srv_set_number(c, &f->sampling, "temp", f->temperature, err));
    ink_generate_options o = { .sampling = f->sampling, .answers = 1, .most = f->n_predict > 0 ? (size_t)f->n_predict : 0, .stops = f->stop.at, .stop_count = f->stop.count,
                                     .ignore_end = f->ignore_eos };
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_status status = strcmp(c->path, "/infill") ? srv_prompt_ids(m, ink_json_get(c->json, "prompt"), &ids, err) : completion_infill_ids(c, m, &ids, err);
    if (!status)
        status = srv_steer(c, m, &f->steer, NULL, &o, err);
    if (status) {
        ink_ids_clear(&ids);
        srv_model_give(c->server, m);
        return status;
    }
    r->shape = &completion_shape;
    INK_TRY(srv_text_start(c, m, &ids, 1, &o, &r->text, err));
    return srv_reply_send(c, r, f->stream, false, false, err);
}

static const srv_field completion_more[] = {
    { "prompt", NULL, "a text, token ids, or a list of both" },
    { "input_prefix", "string", "of /infill: what comes before" },
    { "input_suffix", "string", "of /infill: what comes after" },
    { 0 },
};

extern const srv_route srv_route_completion;
const srv_route srv_route_completion = {
    .method = "POST", .paths = (const char *const[]){ "/completion", "/infill", NULL }, .params = completion_params, .size = sizeof(completion_fields), .fields = completion_more,
    .about = "A text gone on with, or filled in (llama.cpp).", .run = completion_run,
};
