#include "server/openai.h"

#include <string.h>

const ink_param openai_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(openai_fields, model), .help = "the model's name" },
    { .name = "temperature", .type = INK_PARAM_REAL, .at = offsetof(openai_fields, temperature), .min = 0, .max = 100, .def = -1, .shown = "0.8", .help = "0 always takes the likeliest token" },
    { .name = "n", .type = INK_PARAM_INT, .at = offsetof(openai_fields, n), .min = 1, .max = 64, .def = 1, .help = "answers to one prompt" },
    { .name = "max_tokens", .type = INK_PARAM_INT, .at = offsetof(openai_fields, max_tokens), .min = 1, .max = 1e15, .def = 0, .shown = "what the context has room for", .help = "new tokens at most" },
    { .name = "max_completion_tokens", .type = INK_PARAM_INT, .at = offsetof(openai_fields, max_completion_tokens), .min = 1, .max = 1e15, .def = 0, .help = "the same" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(openai_fields, stream), .help = "send pieces as they come, as server-sent events" },
    { .name = "ignore_eos", .type = INK_PARAM_BOOL, .at = offsetof(openai_fields, ignore_eos), .help = "go on past the model's end tokens" },
    { .name = "stop", .type = INK_PARAM_TEXTS, .at = offsetof(openai_fields, stop), .help = "end where one of these texts begins" },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(openai_fields, sampling), .table = ink_sampling_params },
    { .name = "Steering", .type = INK_PARAM_TABLE, .at = offsetof(openai_fields, steer), .table = ink_steer_params },
    { 0 },
};

ink_status openai_options(srv_call *c, openai_fields *f, int64_t logprobs, ink_generate_options *o, ink_err *err)
{
    INK_TRY(srv_set_number(c, &f->sampling, "temp", f->temperature, err));
    *o = (ink_generate_options){ .sampling = f->sampling, .answers = (size_t)f->n, .stops = f->stop.at, .stop_count = f->stop.count, .ignore_end = f->ignore_eos,
                                 .most = (size_t)(f->max_completion_tokens ? f->max_completion_tokens : f->max_tokens), .logprobs = logprobs >= 0 ? (size_t)logprobs + 1 : 0 };
    return INK_OK;
}

ink_status openai_add_stop(srv_call *c, ink_generate_options *o, const char *stop, ink_err *err)
{
    const char **all = ink_arena_array(c->arena, o->stop_count + 1, sizeof *all);
    if (!all)
        return ink_arena_refused(c->arena, (o->stop_count + 1) * sizeof *all, err);
    for (size_t i = 0; i < o->stop_count; i++)
        all[i] = o->stops[i];
    all[o->stop_count++] = stop;
    o->stops = all;
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
    const ink_tokenizer *t = srv_text_model(r->reply.text)->tokenizer;
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
    ink_jot_text(j, "model", srv_text_model(r->reply.text)->name);
    ink_jot_text(j, "system_fingerprint", "inkstone-" INK_VERSION);
    ink_jot_array(j, "choices");
}

static void openai_echo(const openai_reply *r, size_t answer, ink_buf *out)
{
    size_t n;
    if (!r->echo)
        return;
    const ink_json *one = ink_json_kind(r->echo) == INK_JSON_ARRAY ? ink_json_at(r->echo, answer / r->each) : r->echo;
    const char *text = ink_json_text(one, &n);
    if (text)
        ink_buf_add(out, text, n);
}

static void openai_calls(ink_jot *j, const srv_collected *said)
{
    ink_jot_array(j, "tool_calls");
    for (size_t i = 0; i < said->count; i++) {
        ink_jot_object(j, NULL);
        ink_jot_text(j, "id", said->calls[i].id);
        ink_jot_text(j, "type", "function");
        ink_jot_object(j, "function");
        ink_jot_text(j, "name", said->calls[i].name);
        ink_jot_bytes(j, "arguments", said->calls[i].arguments.data ? said->calls[i].arguments.data : "", said->calls[i].arguments.len);
        ink_jot_end(j);
        ink_jot_end(j);
    }
    ink_jot_end(j);
}

static void openai_message(ink_jot *j, const srv_collected *said)
{
    ink_jot_object(j, "message");
    ink_jot_text(j, "role", "assistant");
    if (said->content.len || !said->count)
        ink_jot_bytes(j, "content", said->content.data ? said->content.data : "", said->content.len);
    else
        ink_jot_null(j, "content");
    if (said->reasoning.len)
        ink_jot_bytes(j, "reasoning_content", said->reasoning.data, said->reasoning.len);
    if (said->count)
        openai_calls(j, said);
    ink_jot_end(j);
}

static void openai_choice(openai_reply *r, ink_jot *j, size_t i)
{
    const ink_answer *a = srv_text_answer(r->reply.text, i);
    srv_collected said;
    srv_reply_collect(&r->reply, i, &said);
    ink_jot_object(j, NULL);
    ink_jot_integer(j, "index", (int64_t)i);
    if (r->chat)
        openai_message(j, &said);
    else {
        ink_buf text;
        ink_buf_init(&text, 0);
        openai_echo(r, i, &text);
        ink_buf_add(&text, said.content.data ? said.content.data : "", said.content.len);
        ink_jot_bytes(j, "text", text.data, text.len);
        ink_buf_clear(&text);
    }
    openai_logprobs(r, j, i, a->logprobs, a->tokens.count);
    ink_jot_text(j, "finish_reason", said.count ? "tool_calls" : srv_finish(a->finish));
    ink_jot_end(j);
    srv_collected_clear(&said);
}

static void openai_whole(srv_reply *reply, ink_buf *out)
{
    openai_reply *r = (openai_reply *)reply;
    ink_jot j = srv_jot(out);
    srv_usage usage = srv_text_usage(reply->text);
    openai_head(r, &j, r->chat ? "chat.completion" : "text_completion");
    for (size_t i = 0; i < srv_text_answers(reply->text); i++)
        openai_choice(r, &j, i);
    ink_jot_end(&j);
    openai_usage(&j, "usage", &usage);
    srv_timings(&j, &usage);
    ink_jot_end(&j);
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

static void openai_begin(srv_reply *reply, ink_buf *out)
{
    openai_reply *r = (openai_reply *)reply;
    for (size_t i = 0; i < srv_text_answers(reply->text) && (r->chat || r->echo); i++) {
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

static void openai_delta_call(ink_jot *j, const srv_part *p)
{
    ink_jot_array(j, "tool_calls");
    ink_jot_object(j, NULL);
    ink_jot_integer(j, "index", (int64_t)p->call);
    if (p->kind == SRV_CALL) {
        ink_jot_text(j, "id", p->id);
        ink_jot_text(j, "type", "function");
    }
    ink_jot_object(j, "function");
    if (p->kind == SRV_CALL)
        ink_jot_text(j, "name", p->name);
    ink_jot_bytes(j, "arguments", p->kind == SRV_CALL ? "" : p->text, p->kind == SRV_CALL ? 0 : p->size);
    ink_jot_end(j);
    ink_jot_end(j);
    ink_jot_end(j);
}

static void openai_part(srv_reply *reply, ink_buf *out, const srv_part *p, const srv_piece *piece)
{
    openai_reply *r = (openai_reply *)reply;
    ink_jot j = openai_chunk_begin(r, out, p->answer);
    if (r->chat)
        ink_jot_object(&j, "delta");
    if (p->kind == SRV_CONTENT || p->kind == SRV_REASONING)
        ink_jot_bytes(&j, !r->chat ? "text" : p->kind == SRV_CONTENT ? "content" : "reasoning_content", p->text, p->size);
    else
        openai_delta_call(&j, p);
    if (r->chat)
        ink_jot_end(&j);
    openai_logprobs(r, &j, p->answer, piece ? piece->logprobs : NULL, piece ? piece->tokens : 0);
    openai_chunk_end(r, &j, out, NULL);
}

static void openai_end(srv_reply *reply, ink_buf *out)
{
    openai_reply *r = (openai_reply *)reply;
    srv_usage usage = srv_text_usage(reply->text);
    for (size_t i = 0; i < srv_text_answers(reply->text); i++) {
        ink_jot j = openai_chunk_begin(r, out, i);
        if (r->chat) {
            ink_jot_object(&j, "delta");
            ink_jot_end(&j);
        } else
            ink_jot_text(&j, "text", "");
        ink_jot_null(&j, "logprobs");
        openai_chunk_end(r, &j, out, srv_reply_calls(reply, i) ? "tool_calls" : srv_finish(srv_text_answer(reply->text, i)->finish));
    }
    if (r->usage) {
        srv_event_begin(out, NULL);
        ink_jot j = srv_jot(out);
        openai_head(r, &j, r->chat ? "chat.completion.chunk" : "text_completion");
        ink_jot_end(&j);
        openai_usage(&j, "usage", &usage);
        srv_timings(&j, &usage);
        ink_jot_end(&j);
        srv_event_end(out);
    }
    ink_buf_text(out, "data: [DONE]\n\n");
}

static void openai_broken(srv_reply *reply, ink_buf *out, const ink_err *err)
{
    (void)reply;
    srv_error_openai_event(out, err);
    ink_buf_text(out, "data: [DONE]\n\n");
}

static const srv_shape openai_shape = {
    .type = "text/event-stream", .still = ": still computing\n\n", .begin = openai_begin, .part = openai_part, .end = openai_end, .broken = openai_broken, .whole = openai_whole,
};

ink_status openai_write(srv_call *c, const openai_reply *reply, srv_text *text, bool stream, bool tools, const char *forced, ink_err *err)
{
    openai_reply *r = ink_arena_alloc(c->arena, sizeof *r);
    size_t *offsets = ink_arena_array(c->arena, srv_text_answers(text), sizeof *offsets);
    if (!r || !offsets) {
        srv_text_free(text);
        return ink_arena_refused(c->arena, sizeof *r, err);
    }
    *r = *reply;
    r->reply = (srv_reply){ .shape = &openai_shape, .text = text, .forced = forced };
    r->offsets = offsets;
    r->created = srv_time();
    srv_id(r->chat ? "chatcmpl-" : "cmpl-", r->id);
    return srv_reply_send(c, &r->reply, stream, r->chat, tools, err);
}
