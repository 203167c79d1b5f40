#include "server/openai.h"

#include <stdlib.h>
#include <string.h>

const ink_param openai_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(openai_fields, model), .help = "the model's name" },
    { .name = "temperature", .type = INK_PARAM_REAL, .at = offsetof(openai_fields, temperature), .min = 0, .max = 100, .def = -1, .shown = "0.8", .help = "0 always takes the likeliest token" },
    { .name = "n", .type = INK_PARAM_INT, .at = offsetof(openai_fields, n), .min = 1, .max = 64, .def = 1, .help = "answers to one prompt" },
    { .name = "max_tokens", .type = INK_PARAM_INT, .at = offsetof(openai_fields, max_tokens), .min = 0, .max = 1e15, .def = 0, .shown = "what the context has room for", .help = "new tokens at most" },
    { .name = "max_completion_tokens", .type = INK_PARAM_INT, .at = offsetof(openai_fields, max_completion_tokens), .min = 0, .max = 1e15, .def = 0, .help = "the same" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(openai_fields, stream), .help = "send pieces as they come, as server-sent events" },
    { .name = "ignore_eos", .type = INK_PARAM_BOOL, .at = offsetof(openai_fields, ignore_eos), .help = "go on past the model's end tokens" },
    { .name = "stop", .type = INK_PARAM_TEXTS, .at = offsetof(openai_fields, stop), .help = "end where one of these texts begins" },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(openai_fields, sampling), .table = ink_sampling_params },
    { 0 },
};

ink_status openai_options(srv_call *c, openai_fields *f, int64_t logprobs, ink_generate_options *o, ink_err *err)
{
    char number[40];
    if (f->temperature >= 0) {
        snprintf(number, sizeof number, "%.17g", f->temperature);
        INK_TRY(ink_param_set(ink_sampling_params, "temp", number, c->arena, &f->sampling, err));
    }
    *o = (ink_generate_options){ .sampling = f->sampling, .answers = (size_t)f->n, .stops = f->stop.at, .stop_count = f->stop.count, .ignore_end = f->ignore_eos,
                                 .most = (size_t)(f->max_completion_tokens ? f->max_completion_tokens : f->max_tokens), .logprobs = logprobs >= 0 ? (size_t)logprobs + 1 : 0 };
    return INK_OK;
}

/* ---- numbers ---- */

void openai_usage(ink_jot *j, const char *key, const srv_usage *u)
{
    ink_jot_object(j, key);
    ink_jot_integer(j, "prompt_tokens", (int64_t)u->prompt);
    ink_jot_integer(j, "completion_tokens", (int64_t)u->completion);
    ink_jot_integer(j, "total_tokens", (int64_t)(u->prompt + u->completion));
    ink_jot_object(j, "prompt_tokens_details");
    ink_jot_integer(j, "cached_tokens", (int64_t)u->cached);
    ink_jot_end(j);
    ink_jot_end(j);
}

static double openai_rate(size_t n, double seconds) { return seconds > 0 ? (double)n / seconds : 0; }

void openai_timings(ink_jot *j, const srv_usage *u)
{
    ink_jot_object(j, "timings");
    ink_jot_integer(j, "cache_n", (int64_t)u->cached);
    ink_jot_integer(j, "prompt_n", (int64_t)(u->prompt - u->cached));
    ink_jot_number(j, "prompt_ms", 1e3 * u->prompt_seconds);
    ink_jot_number(j, "prompt_per_second", openai_rate(u->prompt - u->cached, u->prompt_seconds));
    ink_jot_integer(j, "predicted_n", (int64_t)u->completion);
    ink_jot_number(j, "predicted_ms", 1e3 * u->seconds);
    ink_jot_number(j, "predicted_per_second", openai_rate(u->completion, u->seconds));
    ink_jot_end(j);
}

/* ---- probabilities ---- */

static void openai_token(ink_jot *j, const ink_tokenizer *t, const ink_logprob *l)
{
    ink_text bytes = ink_token_bytes(t, l->id);
    ink_jot_bytes(j, "token", bytes.data ? bytes.data : "", bytes.size);
    ink_jot_number(j, "logprob", l->logprob);
    ink_jot_array(j, "bytes");
    for (size_t i = 0; i < bytes.size; i++)
        ink_jot_integer(j, NULL, (unsigned char)bytes.data[i]);
    ink_jot_end(j);
}

/* Chat: {"content":[{token, logprob, bytes, top_logprobs}]}. */
static void openai_logprobs_chat(ink_jot *j, const ink_tokenizer *t, const ink_logprob *l, size_t tokens, size_t each)
{
    ink_jot_object(j, "logprobs");
    ink_jot_array(j, "content");
    for (size_t i = 0; i < tokens; i++, l += each) {
        ink_jot_object(j, NULL);
        openai_token(j, t, l);
        ink_jot_array(j, "top_logprobs");
        for (size_t k = 1; k < each && l[k].id >= 0; k++) {
            ink_jot_object(j, NULL);
            openai_token(j, t, &l[k]);
            ink_jot_end(j);
        }
        ink_jot_end(j);
        ink_jot_end(j);
    }
    ink_jot_end(j);
    ink_jot_end(j);
}

/* Plain text: {tokens, token_logprobs, top_logprobs, text_offset}, lists side by side. */
static void openai_logprobs_text(ink_jot *j, const ink_tokenizer *t, const ink_logprob *l, size_t tokens, size_t each, size_t *offset)
{
    ink_jot_object(j, "logprobs");
    ink_jot_array(j, "tokens");
    for (size_t i = 0; i < tokens; i++) {
        ink_text b = ink_token_bytes(t, l[i * each].id);
        ink_jot_bytes(j, NULL, b.data ? b.data : "", b.size);
    }
    ink_jot_end(j);
    ink_jot_array(j, "token_logprobs");
    for (size_t i = 0; i < tokens; i++)
        ink_jot_number(j, NULL, l[i * each].logprob);
    ink_jot_end(j);
    ink_jot_array(j, "top_logprobs");
    for (size_t i = 0; i < tokens; i++) {
        ink_jot_object(j, NULL);
        for (size_t k = 1; k < each && l[i * each + k].id >= 0; k++) {
            char name[300];
            ink_text b = ink_token_bytes(t, l[i * each + k].id);
            snprintf(name, sizeof name, "%.*s", (int)(b.size < 290 ? b.size : 290), b.data ? b.data : "");
            ink_jot_number(j, name, l[i * each + k].logprob);
        }
        ink_jot_end(j);
    }
    ink_jot_end(j);
    ink_jot_array(j, "text_offset");
    for (size_t i = 0; i < tokens; i++) {
        ink_jot_integer(j, NULL, (int64_t)*offset);
        *offset += ink_token_bytes(t, l[i * each].id).size;
    }
    ink_jot_end(j);
    ink_jot_end(j);
}

static void openai_logprobs(const openai_reply *r, ink_jot *j, size_t answer, const ink_logprob *l, size_t tokens)
{
    const ink_tokenizer *t = srv_text_model(r->text)->tokenizer;
    size_t each = (size_t)r->logprobs + 1;
    if (r->logprobs < 0 || !l || !t)
        ink_jot_null(j, "logprobs");
    else if (r->chat)
        openai_logprobs_chat(j, t, l, tokens, each);
    else
        openai_logprobs_text(j, t, l, tokens, each, &r->offsets[answer]);
}

/* ---- a whole answer ---- */

static void openai_head(const openai_reply *r, ink_jot *j, const char *object)
{
    ink_jot_object(j, NULL);
    ink_jot_text(j, "id", r->id);
    ink_jot_text(j, "object", object);
    ink_jot_integer(j, "created", r->created);
    ink_jot_text(j, "model", srv_text_model(r->text)->name);
    ink_jot_text(j, "system_fingerprint", "inkstone-" INK_VERSION);
    ink_jot_array(j, "choices");
}

static void openai_echo(const openai_reply *r, size_t answer, ink_buf *out)
{
    size_t n;
    const ink_json *one = ink_json_kind(r->echo) == INK_JSON_ARRAY ? ink_json_at(r->echo, answer / r->each) : r->echo;
    const char *text = ink_json_text(one, &n);
    if (text)
        ink_buf_add(out, text, n);
}

static void openai_choice(openai_reply *r, ink_jot *j, size_t i)
{
    const ink_answer *a = srv_text_answer(r->text, i);
    ink_jot_object(j, NULL);
    ink_jot_integer(j, "index", (int64_t)i);
    if (r->chat) {
        ink_jot_object(j, "message");
        ink_jot_text(j, "role", "assistant");
        ink_jot_bytes(j, "content", a->text, a->text_size);
        ink_jot_end(j);
    } else {
        ink_buf text;
        ink_buf_init(&text, 0);
        if (r->echo)
            openai_echo(r, i, &text);
        ink_buf_add(&text, a->text, a->text_size);
        ink_jot_bytes(j, "text", text.data, text.len);
        ink_buf_clear(&text);
    }
    openai_logprobs(r, j, i, a->logprobs, a->tokens.count);
    ink_jot_text(j, "finish_reason", srv_finish(a->finish));
    ink_jot_end(j);
}

static ink_status openai_whole(openai_reply *r, ink_err *err)
{
    INK_TRY(srv_text_wait(r->text, err));
    ink_jot j = srv_jot(&r->call->out);
    srv_usage usage = srv_text_usage(r->text);
    openai_head(r, &j, r->chat ? "chat.completion" : "text_completion");
    for (size_t i = 0; i < srv_text_answers(r->text); i++)
        openai_choice(r, &j, i);
    ink_jot_end(&j);
    openai_usage(&j, "usage", &usage);
    openai_timings(&j, &usage);
    ink_jot_end(&j);
    return INK_OK;
}

/* ---- a stream ---- */

/* A chunk up to its choice's contents, and after them. finish NULL: it goes on. */
static ink_jot openai_chunk_begin(const openai_reply *r, ink_buf *out, size_t answer)
{
    srv_event_begin(out, NULL);
    ink_jot j = srv_jot(out);
    openai_head(r, &j, r->chat ? "chat.completion.chunk" : "text_completion");
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "index", (int64_t)answer);
    return j;
}

static void openai_chunk_end(const openai_reply *r, ink_jot *j, ink_buf *out, const char *finish)
{
    ink_jot_text(j, "finish_reason", finish);
    ink_jot_end(j);
    ink_jot_end(j);
    if (r->usage)
        ink_jot_null(j, "usage");
    ink_jot_end(j);
    srv_event_end(out);
}

static void openai_begin(openai_reply *r, ink_buf *out)
{
    r->begun = true;
    for (size_t i = 0; i < srv_text_answers(r->text) && (r->chat || r->echo); i++) {
        ink_jot j = openai_chunk_begin(r, out, i);
        if (r->chat) {
            ink_jot_object(&j, "delta");
            ink_jot_text(&j, "role", "assistant");
            ink_jot_text(&j, "content", "");
            ink_jot_end(&j);
        } else {
            ink_buf text;
            ink_buf_init(&text, 0);
            openai_echo(r, i, &text);
            ink_jot_bytes(&j, "text", text.data ? text.data : "", text.len);
            ink_buf_clear(&text);
        }
        ink_jot_null(&j, "logprobs");
        openai_chunk_end(r, &j, out, NULL);
    }
}

static void openai_piece(const openai_reply *r, ink_buf *out, const srv_piece *p)
{
    ink_jot j = openai_chunk_begin(r, out, p->answer);
    if (r->chat) {
        ink_jot_object(&j, "delta");
        ink_jot_bytes(&j, "content", p->text, p->size);
        ink_jot_end(&j);
    } else
        ink_jot_bytes(&j, "text", p->text, p->size);
    openai_logprobs(r, &j, p->answer, p->logprobs, p->tokens);
    openai_chunk_end(r, &j, out, NULL);
}

static void openai_last(const openai_reply *r, ink_buf *out)
{
    srv_usage usage = srv_text_usage(r->text);
    for (size_t i = 0; i < srv_text_answers(r->text); i++) {
        ink_jot j = openai_chunk_begin(r, out, i);
        if (r->chat) {
            ink_jot_object(&j, "delta");
            ink_jot_end(&j);
        } else
            ink_jot_text(&j, "text", "");
        ink_jot_null(&j, "logprobs");
        openai_chunk_end(r, &j, out, srv_finish(srv_text_answer(r->text, i)->finish));
    }
    if (r->usage) {
        srv_event_begin(out, NULL);
        ink_jot j = srv_jot(out);
        openai_head(r, &j, r->chat ? "chat.completion.chunk" : "text_completion");
        ink_jot_end(&j);
        openai_usage(&j, "usage", &usage);
        openai_timings(&j, &usage);
        ink_jot_end(&j);
        srv_event_end(out);
    }
}

static void openai_broken(ink_buf *out, const ink_err *err)
{
    srv_event_begin(out, NULL);
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    srv_error_openai_object(&j, srv_status_of(err->status), err);
    ink_jot_end(&j);
    srv_event_end(out);
}

static bool openai_pull(void *state, ink_buf *out)
{
    enum { PATIENCE = 10 }; /* seconds until a comment says that we are still here */
    openai_reply *r = state;
    srv_piece piece;
    ink_err err;
    if (!r->begun) {
        openai_begin(r, out);
        if (out->len)
            return true;
    }
    srv_next next = srv_text_next(r->text, PATIENCE, &piece);
    if (next == SRV_PIECE)
        openai_piece(r, out, &piece);
    else if (next == SRV_LATE)
        ink_buf_text(out, ": still computing\n\n");
    if (next != SRV_OVER)
        return true;
    if (srv_text_wait(r->text, &err))
        openai_broken(out, &err);
    else
        openai_last(r, out);
    ink_buf_text(out, "data: [DONE]\n\n");
    return false;
}

static void openai_close(void *state)
{
    openai_reply *r = state;
    srv_text_free(r->text);
    free(r->offsets);
    free(r);
}

ink_status openai_write(srv_call *c, openai_reply reply, bool stream, ink_err *err)
{
    openai_reply *r = malloc(sizeof *r);
    size_t *offsets = calloc(srv_text_answers(reply.text), sizeof *offsets);
    if (!r || !offsets) {
        srv_text_free(reply.text);
        free(r);
        free(offsets);
        return ink_fail(err, INK_E_MEMORY, "no memory for an answer");
    }
    *r = reply;
    r->call = c;
    r->offsets = offsets;
    r->created = srv_time();
    srv_id(r->chat ? "chatcmpl-" : "cmpl-", r->id);
    c->state = r;
    c->close = openai_close;
    if (!stream)
        return openai_whole(r, err);
    c->type = "text/event-stream";
    c->pull = openai_pull;
    return INK_OK;
}
