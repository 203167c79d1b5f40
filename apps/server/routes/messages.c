/* POST /v1/messages: an answer to messages, as Anthropic writes it: blocks of thinking, text and tool_use. */
#include "server/anthropic.h"

#include <string.h>

typedef struct messages_reply {
    srv_reply reply;
    char id[64];
    size_t block;        /* the number of the open one, or the next */
    bool open;
    srv_part_kind kind;  /* of the open block */
} messages_reply;

static void messages_usage(ink_jot *j, const srv_usage *u)
{
    ink_jot_object(j, "usage");
    ink_jot_integer(j, "input_tokens", (int64_t)(u->prompt - u->cached));
    ink_jot_integer(j, "cache_read_input_tokens", (int64_t)u->cached);
    ink_jot_integer(j, "cache_creation_input_tokens", 0);
    ink_jot_integer(j, "output_tokens", (int64_t)u->completion);
    ink_jot_end(j);
}

static void messages_head(const messages_reply *r, ink_jot *j, const char *key)
{
    ink_jot_object(j, key);
    ink_jot_text(j, "id", r->id);
    ink_jot_text(j, "type", "message");
    ink_jot_text(j, "role", "assistant");
    ink_jot_text(j, "model", srv_text_model(r->reply.text)->name);
}

static void messages_stop(ink_jot *j, const messages_reply *r, size_t calls)
{
    static const char *const reasons[] = { [INK_FINISH_LENGTH] = "max_tokens", [INK_FINISH_END] = "end_turn", [INK_FINISH_STOP] = "stop_sequence", [INK_FINISH_ASKED] = "end_turn" };
    ink_jot_text(j, "stop_reason", calls ? "tool_use" : reasons[srv_text_answer(r->reply.text, 0)->finish]);
    ink_jot_null(j, "stop_sequence");
}

static ink_jot messages_event(ink_buf *out, const char *type)
{
    srv_event_begin(out, type);
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "type", type);
    return j;
}

static void messages_event_end(ink_jot *j, ink_buf *out)
{
    ink_jot_end(j);
    srv_event_end(out);
}

static void messages_begin(srv_reply *reply, ink_buf *out)
{
    const messages_reply *r = (const messages_reply *)reply;
    const srv_usage none = { 0 };
    ink_jot j = messages_event(out, "message_start");
    messages_head(r, &j, "message");
    ink_jot_array(&j, "content");
    ink_jot_end(&j);
    ink_jot_null(&j, "stop_reason");
    ink_jot_null(&j, "stop_sequence");
    messages_usage(&j, &none);
    ink_jot_end(&j);
    messages_event_end(&j, out);
}

static void messages_close_block(messages_reply *r, ink_buf *out)
{
    if (!r->open)
        return;
    ink_jot j = messages_event(out, "content_block_stop");
    ink_jot_integer(&j, "index", (int64_t)r->block++);
    messages_event_end(&j, out);
    r->open = false;
}

static void messages_open_block(messages_reply *r, ink_buf *out, const srv_part *p)
{
    static const char *const types[] = { [SRV_CONTENT] = "text", [SRV_REASONING] = "thinking", [SRV_CALL] = "tool_use" };
    messages_close_block(r, out);
    ink_jot j = messages_event(out, "content_block_start");
    ink_jot_integer(&j, "index", (int64_t)r->block);
    ink_jot_object(&j, "content_block");
    ink_jot_text(&j, "type", types[p->kind]);
    if (p->kind == SRV_CALL) {
        ink_jot_text(&j, "id", p->id);
        ink_jot_text(&j, "name", p->name);
        ink_jot_object(&j, "input");
        ink_jot_end(&j);
    } else
        ink_jot_text(&j, types[p->kind], "");
    ink_jot_end(&j);
    messages_event_end(&j, out);
    r->open = true;
    r->kind = p->kind;
}

static void messages_part(srv_reply *reply, ink_buf *out, const srv_part *p, const srv_piece *piece)
{
    static const char *const types[] = { [SRV_CONTENT] = "text_delta", [SRV_REASONING] = "thinking_delta", [SRV_ARGUMENTS] = "input_json_delta" };
    static const char *const keys[] = { [SRV_CONTENT] = "text", [SRV_REASONING] = "thinking", [SRV_ARGUMENTS] = "partial_json" };
    messages_reply *r = (messages_reply *)reply;
    (void)piece;
    if (p->kind == SRV_CALL || (p->kind != SRV_ARGUMENTS && (!r->open || r->kind != p->kind)))
        messages_open_block(r, out, p);
    if (p->kind == SRV_CALL)
        return;
    ink_jot j = messages_event(out, "content_block_delta");
    ink_jot_integer(&j, "index", (int64_t)r->block);
    ink_jot_object(&j, "delta");
    ink_jot_text(&j, "type", types[p->kind]);
    ink_jot_bytes(&j, keys[p->kind], p->text, p->size);
    ink_jot_end(&j);
    messages_event_end(&j, out);
}

static void messages_end(srv_reply *reply, ink_buf *out)
{
    messages_reply *r = (messages_reply *)reply;
    srv_usage u = srv_text_usage(reply->text);
    messages_close_block(r, out);
    ink_jot j = messages_event(out, "message_delta");
    ink_jot_object(&j, "delta");
    messages_stop(&j, r, srv_reply_calls(reply, 0));
    ink_jot_end(&j);
    messages_usage(&j, &u);
    messages_event_end(&j, out);
    j = messages_event(out, "message_stop");
    messages_event_end(&j, out);
}

static void messages_broken(srv_reply *reply, ink_buf *out, const ink_err *err)
{
    (void)reply;
    ink_jot j = messages_event(out, "error");
    ink_jot_object(&j, "error");
    ink_jot_text(&j, "type", "api_error");
    ink_jot_text(&j, "message", err->text);
    ink_jot_end(&j);
    messages_event_end(&j, out);
}

static void messages_block(ink_jot *j, const char *type, const ink_buf *text)
{
    ink_jot_object(j, NULL);
    ink_jot_text(j, "type", type);
    ink_jot_bytes(j, type, text->data, text->len);
    if (!strcmp(type, "thinking"))
        ink_jot_text(j, "signature", "");
    ink_jot_end(j);
}

static void messages_use(ink_jot *j, const srv_collected *said, size_t i)
{
    ink_json *input = NULL;
    const ink_buf *text = &said->calls[i].arguments;
    ink_jot_object(j, NULL);
    ink_jot_text(j, "type", "tool_use");
    ink_jot_text(j, "id", said->calls[i].id);
    ink_jot_text(j, "name", said->calls[i].name);
    if (!ink_json_parse(text->data ? text->data : "", text->len, "input", &input, NULL) && ink_json_kind(input) == INK_JSON_OBJECT)
        srv_jot_json(j, "input", input);
    else {
        ink_jot_object(j, "input");
        ink_jot_end(j);
    }
    ink_json_free(input);
    ink_jot_end(j);
}

static void messages_whole(srv_reply *reply, ink_buf *out)
{
    const messages_reply *r = (const messages_reply *)reply;
    srv_usage u = srv_text_usage(reply->text);
    srv_collected said;
    srv_reply_collect(reply, 0, &said);
    ink_jot j = srv_jot(out);
    messages_head(r, &j, NULL);
    ink_jot_array(&j, "content");
    if (said.reasoning.len)
        messages_block(&j, "thinking", &said.reasoning);
    if (said.content.len)
        messages_block(&j, "text", &said.content);
    for (size_t i = 0; i < said.count; i++)
        messages_use(&j, &said, i);
    ink_jot_end(&j);
    messages_stop(&j, r, said.count);
    messages_usage(&j, &u);
    ink_jot_end(&j);
    srv_collected_clear(&said);
}

static const srv_shape messages_shape = {
    .type = "text/event-stream", .still = "event: ping\ndata: {\"type\": \"ping\"}\n\n", .begin = messages_begin, .part = messages_part, .end = messages_end, .broken = messages_broken,
    .whole = messages_whole,
};

static ink_status messages_options(srv_call *c, ink_generate_options *o, ink_err *err)
{
    const anthropic_fields *f = c->params;
    if (f->max_tokens < 0)
        return ink_fail(err, INK_E_ARGUMENT, "max_tokens must be given");
    *o = (ink_generate_options){ .answers = 1, .most = (size_t)f->max_tokens, .stops = f->stop_sequences.at, .stop_count = f->stop_sequences.count };
    ink_param_defaults(ink_sampling_params, &o->sampling);
    INK_TRY(srv_set_number(c, &o->sampling, "temp", f->temperature, err));
    INK_TRY(srv_set_number(c, &o->sampling, "top_p", f->top_p, err));
    return srv_set_number(c, &o->sampling, "top_k", (double)f->top_k, err);
}

static ink_status messages_run(srv_call *c, ink_err *err)
{
    const anthropic_fields *f = c->params;
    messages_reply *r = ink_arena_alloc(c->arena, sizeof *r);
    srv_tools *tools = ink_arena_alloc(c->arena, sizeof *tools);
    srv_model *m;
    ink_ids ids = { 0 };
    ink_generate_options o;
    if (!r || !tools)
        return ink_arena_refused(c->arena, sizeof *tools, err);
    INK_TRY(messages_options(c, &o, err));
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_status status = anthropic_ids(c, m, tools, &o, &ids, err);
    if (status) {
        srv_model_give(c->server, m);
        return status;
    }
    o.constraint = srv_tools_take(tools);
    r->reply = (srv_reply){ .shape = &messages_shape, .forced = tools->forced };
    srv_id("msg_", r->id);
    INK_TRY(srv_text_start(c, m, &ids, 1, &o, &r->reply.text, err));
    return srv_reply_send(c, &r->reply, f->stream, true, tools->read, err);
}

static const srv_field messages_more[] = {
    { "messages", "array", "what was said" },
    { "system", NULL, "a text, or blocks of text" },
    { "tools", "array", "functions that may be called" },
    { "tool_choice", "object", "auto, any, none, or tool" },
    { 0 },
};

extern const srv_route srv_route_messages;
const srv_route srv_route_messages = {
    .method = "POST", .paths = (const char *const[]){ "/v1/messages", NULL }, .params = anthropic_params, .size = sizeof(anthropic_fields), .fields = messages_more, .about = "An answer to messages (Anthropic).",
    .error = srv_error_anthropic, .run = messages_run,
};
