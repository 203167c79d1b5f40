/* POST /v1/responses: an answer as OpenAI's newer interface writes it, items of reasoning, messages and calls. Nothing is kept between requests. */
#include "server/prompt.h"
#include "server/reply.h"
#include "server/steer.h"

#include <stdlib.h>
#include <string.h>

typedef struct responses_fields {
    const char *model, *instructions;
    double temperature;
    int64_t max_output_tokens;
    bool stream;
    ink_sampling sampling;
    ink_steer steer;
} responses_fields;

static const ink_param responses_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(responses_fields, model), .help = "the model's name" },
    { .name = "instructions", .type = INK_PARAM_TEXT, .at = offsetof(responses_fields, instructions), .help = "the system message" },
    { .name = "temperature", .type = INK_PARAM_REAL, .at = offsetof(responses_fields, temperature), .min = 0, .max = 100, .def = -1, .shown = "0.8", .help = "0 always takes the likeliest token" },
    { .name = "max_output_tokens", .type = INK_PARAM_INT, .at = offsetof(responses_fields, max_output_tokens), .min = 1, .max = 1e15, .def = 0, .shown = "what the context has room for",
      .help = "new tokens at most" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(responses_fields, stream), .help = "send events as they come" },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(responses_fields, sampling), .table = ink_sampling_params },
    { .name = "Steering", .type = INK_PARAM_TABLE, .at = offsetof(responses_fields, steer), .table = ink_steer_params },
    { 0 },
};

typedef struct responses_reply {
    srv_reply reply;
    char id[64];
    int64_t created, sequence;
    /* The item that grows in a stream. */
    bool open;
    srv_part_kind kind;
    size_t index;
    char item[64], call[64], name[128];
    ink_buf text;
} responses_reply;

/* ---- input ---- */

static ink_json *responses_text(const char *text) { return ink_json_new_text(text, strlen(text)); }

static ink_json *responses_message(const char *role, const ink_json *content)
{
    ink_json *m = ink_json_new_object();
    ink_json_set(m, "role", responses_text(role));
    if (content)
        ink_json_share(m, "content", content);
    return m;
}

/* {"type":"function_call", call_id, name, arguments} as a message that calls. */
static ink_json *responses_call(const ink_json *item)
{
    ink_json *m = responses_message("assistant", NULL), *calls = ink_json_new_array(), *call = ink_json_new_object(), *function = ink_json_new_object();
    static const char *const keys[] = { "name", "arguments" };
    for (size_t i = 0; i < 2; i++)
        if (ink_json_get(item, keys[i]))
            ink_json_share(function, keys[i], ink_json_get(item, keys[i]));
    ink_json_set(call, "id", responses_text(ink_json_string(ink_json_get(item, "call_id"), "")));
    ink_json_set(call, "type", responses_text("function"));
    ink_json_set(call, "function", function);
    ink_json_append(calls, call);
    ink_json_set(m, "tool_calls", calls);
    return m;
}

static ink_status responses_item(const ink_json *item, ink_json *list, ink_err *err)
{
    const char *type = ink_json_string(ink_json_get(item, "type"), "message");
    if (!strcmp(type, "message")) {
        const char *role = ink_json_string(ink_json_get(item, "role"), NULL);
        if (!role)
            return ink_fail(err, INK_E_ARGUMENT, "an item of input lacks its role");
        ink_json_append(list, responses_message(role, ink_json_get(item, "content")));
    } else if (!strcmp(type, "function_call"))
        ink_json_append(list, responses_call(item));
    else if (!strcmp(type, "function_call_output"))
        ink_json_append(list, responses_message("tool", ink_json_get(item, "output")));
    else if (strcmp(type, "reasoning"))
        return ink_fail(err, INK_E_ARGUMENT, "an item of input is of type \"%.40s\", which is not understood", type);
    return INK_OK;
}

static ink_status responses_messages(srv_call *c, ink_json *list, ink_err *err)
{
    const responses_fields *f = c->params;
    const ink_json *input = ink_json_get(c->json, "input");
    if (ink_json_get(c->json, "previous_response_id") && ink_json_kind(ink_json_get(c->json, "previous_response_id")) != INK_JSON_NULL)
        return ink_fail(err, INK_E_ARGUMENT, "nothing is kept between requests: send the earlier items as input instead of previous_response_id");
    if (f->instructions) {
        ink_json *text = responses_text(f->instructions);
        ink_json_append(list, responses_message("system", text));
        ink_json_free(text);
    }
    if (ink_json_kind(input) == INK_JSON_STRING)
        ink_json_append(list, responses_message("user", input));
    else if (ink_json_kind(input) != INK_JSON_ARRAY || !ink_json_size(input))
        return ink_fail(err, INK_E_ARGUMENT, "input is a text, or a list of at least one item");
    for (size_t i = 0; i < ink_json_size(input) && ink_json_kind(input) == INK_JSON_ARRAY; i++)
        INK_TRY(responses_item(ink_json_at(input, i), list, err));
    return INK_OK;
}

/* {"type":"function", name, …} → {"type":"function","function":{name, …}}. */
static ink_json *responses_tools(const ink_json *tools)
{
    ink_json *list = ink_json_new_array();
    for (size_t i = 0; i < ink_json_size(tools); i++) {
        ink_json *tool = ink_json_new_object(), *function = ink_json_new_object();
        ink_json_update(function, ink_json_at(tools, i));
        ink_json_set(tool, "type", responses_text("function"));
        ink_json_set(tool, "function", function);
        ink_json_append(list, tool);
    }
    return list;
}

/* ---- output ---- */

static void responses_usage(ink_jot *j, const srv_usage *u)
{
    ink_jot_object(j, "usage");
    ink_jot_integer(j, "input_tokens", (int64_t)u->prompt);
    ink_jot_object(j, "input_tokens_details");
    ink_jot_integer(j, "cached_tokens", (int64_t)u->cached);
    ink_jot_end(j);
    ink_jot_integer(j, "output_tokens", (int64_t)u->completion);
    ink_jot_object(j, "output_tokens_details");
    ink_jot_integer(j, "reasoning_tokens", 0);
    ink_jot_end(j);
    ink_jot_integer(j, "total_tokens", (int64_t)(u->prompt + u->completion));
    ink_jot_end(j);
}

/* An item with the text that it holds. */
static void responses_write_item(ink_jot *j, const char *key, srv_part_kind kind, const char *id, const char *call, const char *name, const ink_buf *text, bool done)
{
    static const char *const types[] = { [SRV_CONTENT] = "message", [SRV_REASONING] = "reasoning", [SRV_CALL] = "function_call" };
    const char *said = text->data ? text->data : "";
    ink_jot_object(j, key);
    ink_jot_text(j, "type", types[kind]);
    ink_jot_text(j, "id", id);
    ink_jot_text(j, "status", done ? "completed" : "in_progress");
    if (kind == SRV_CALL) {
        ink_jot_text(j, "call_id", call);
        ink_jot_text(j, "name", name);
        ink_jot_bytes(j, "arguments", said, text->len);
    } else {
        if (kind == SRV_CONTENT)
            ink_jot_text(j, "role", "assistant");
        else {
            ink_jot_array(j, "summary");
            ink_jot_end(j);
        }
        ink_jot_array(j, "content");
        if (done) {
            ink_jot_object(j, NULL);
            ink_jot_text(j, "type", kind == SRV_CONTENT ? "output_text" : "reasoning_text");
            ink_jot_bytes(j, "text", said, text->len);
            if (kind == SRV_CONTENT) {
                ink_jot_array(j, "annotations");
                ink_jot_end(j);
            }
            ink_jot_end(j);
        }
        ink_jot_end(j);
    }
    ink_jot_end(j);
}

static void responses_items(ink_jot *j, const srv_collected *said)
{
    char id[64];
    if (said->reasoning.len) {
        srv_id("rs_", id);
        responses_write_item(j, NULL, SRV_REASONING, id, "", "", &said->reasoning, true);
    }
    if (said->content.len || !said->count) {
        srv_id("msg_", id);
        responses_write_item(j, NULL, SRV_CONTENT, id, "", "", &said->content, true);
    }
    for (size_t i = 0; i < said->count; i++) {
        srv_id("fc_", id);
        responses_write_item(j, NULL, SRV_CALL, id, said->calls[i].id, said->calls[i].name, &said->calls[i].arguments, true);
    }
}

/* The response object; said NULL: it has only begun. */
static void responses_object(const responses_reply *r, ink_jot *j, const char *key, const srv_collected *said)
{
    const ink_json *body = r->reply.call->json, *tools = ink_json_get(body, "tools");
    bool cut = said && srv_text_answer(r->reply.text, 0)->finish == INK_FINISH_LENGTH;
    ink_jot_object(j, key);
    ink_jot_text(j, "id", r->id);
    ink_jot_text(j, "object", "response");
    ink_jot_integer(j, "created_at", r->created);
    ink_jot_text(j, "status", !said ? "in_progress" : cut ? "incomplete" : "completed");
    ink_jot_null(j, "error");
    if (cut) {
        ink_jot_object(j, "incomplete_details");
        ink_jot_text(j, "reason", "max_output_tokens");
        ink_jot_end(j);
    } else
        ink_jot_null(j, "incomplete_details");
    ink_jot_text(j, "instructions", ((const responses_fields *)r->reply.call->params)->instructions);
    ink_jot_text(j, "model", srv_text_model(r->reply.text)->name);
    ink_jot_array(j, "output");
    if (said)
        responses_items(j, said);
    ink_jot_end(j);
    ink_jot_bool(j, "parallel_tool_calls", true);
    ink_jot_text(j, "tool_choice", ink_json_string(ink_json_get(body, "tool_choice"), "auto"));
    if (ink_json_kind(tools) == INK_JSON_ARRAY)
        srv_jot_json(j, "tools", tools);
    else {
        ink_jot_array(j, "tools");
        ink_jot_end(j);
    }
    ink_jot_object(j, "metadata");
    ink_jot_end(j);
    if (said) {
        srv_usage u = srv_text_usage(r->reply.text);
        responses_usage(j, &u);
    } else
        ink_jot_null(j, "usage");
    ink_jot_end(j);
}

static void responses_whole(srv_reply *reply, ink_buf *out)
{
    srv_collected said;
    srv_reply_collect(reply, 0, &said);
    ink_jot j = srv_jot(out);
    responses_object((const responses_reply *)reply, &j, NULL, &said);
    srv_collected_clear(&said);
}

/* ---- a stream ---- */

static ink_jot responses_event(responses_reply *r, ink_buf *out, const char *type)
{
    srv_event_begin(out, type);
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "type", type);
    ink_jot_integer(&j, "sequence_number", r->sequence++);
    return j;
}

/* The same for what belongs to the item that grows. */
static ink_jot responses_item_event(responses_reply *r, ink_buf *out, const char *type)
{
    ink_jot j = responses_event(r, out, type);
    ink_jot_text(&j, "item_id", r->item);
    ink_jot_integer(&j, "output_index", (int64_t)r->index);
    if (r->kind != SRV_CALL)
        ink_jot_integer(&j, "content_index", 0);
    return j;
}

static void responses_event_end(ink_jot *j, ink_buf *out)
{
    ink_jot_end(j);
    srv_event_end(out);
}

static void responses_part_object(const responses_reply *r, ink_jot *j)
{
    ink_jot_object(j, "part");
    ink_jot_text(j, "type", r->kind == SRV_CONTENT ? "output_text" : "reasoning_text");
    ink_jot_bytes(j, "text", r->text.data ? r->text.data : "", r->text.len);
    if (r->kind == SRV_CONTENT) {
        ink_jot_array(j, "annotations");
        ink_jot_end(j);
    }
    ink_jot_end(j);
}

static const char *const responses_deltas[] = { [SRV_CONTENT] = "response.output_text.delta", [SRV_REASONING] = "response.reasoning_text.delta",
                                                [SRV_CALL] = "response.function_call_arguments.delta" };
static const char *const responses_dones[] = { [SRV_CONTENT] = "response.output_text.done", [SRV_REASONING] = "response.reasoning_text.done",
                                               [SRV_CALL] = "response.function_call_arguments.done" };

static void responses_close_item(responses_reply *r, ink_buf *out)
{
    if (!r->open)
        return;
    ink_jot j = responses_item_event(r, out, responses_dones[r->kind]);
    ink_jot_bytes(&j, r->kind == SRV_CALL ? "arguments" : "text", r->text.data ? r->text.data : "", r->text.len);
    responses_event_end(&j, out);
    if (r->kind != SRV_CALL) {
        j = responses_item_event(r, out, "response.content_part.done");
        responses_part_object(r, &j);
        responses_event_end(&j, out);
    }
    j = responses_event(r, out, "response.output_item.done");
    ink_jot_integer(&j, "output_index", (int64_t)r->index++);
    responses_write_item(&j, "item", r->kind, r->item, r->call, r->name, &r->text, true);
    responses_event_end(&j, out);
    r->open = false;
    ink_buf_clear(&r->text);
}

static void responses_open_item(responses_reply *r, ink_buf *out, const srv_part *p)
{
    static const char *const prefixes[] = { [SRV_CONTENT] = "msg_", [SRV_REASONING] = "rs_", [SRV_CALL] = "fc_" };
    responses_close_item(r, out);
    r->open = true;
    r->kind = p->kind;
    srv_id(prefixes[p->kind], r->item);
    snprintf(r->call, sizeof r->call, "%s", p->id ? p->id : "");
    snprintf(r->name, sizeof r->name, "%s", p->name ? p->name : "");
    ink_jot j = responses_event(r, out, "response.output_item.added");
    ink_jot_integer(&j, "output_index", (int64_t)r->index);
    responses_write_item(&j, "item", r->kind, r->item, r->call, r->name, &r->text, false);
    responses_event_end(&j, out);
    if (r->kind == SRV_CALL)
        return;
    j = responses_item_event(r, out, "response.content_part.added");
    responses_part_object(r, &j);
    responses_event_end(&j, out);
}

static void responses_part(srv_reply *reply, ink_buf *out, const srv_part *p, const srv_piece *piece)
{
    responses_reply *r = (responses_reply *)reply;
    (void)piece;
    if (p->kind == SRV_CALL || (p->kind != SRV_ARGUMENTS && (!r->open || r->kind != p->kind)))
        responses_open_item(r, out, p);
    if (p->kind == SRV_CALL)
        return;
    ink_buf_add(&r->text, p->text, p->size);
    ink_jot j = responses_item_event(r, out, responses_deltas[r->kind]);
    ink_jot_bytes(&j, "delta", p->text, p->size);
    responses_event_end(&j, out);
}

static void responses_begin(srv_reply *reply, ink_buf *out)
{
    static const char *const types[] = { "response.created", "response.in_progress" };
    for (size_t i = 0; i < 2; i++) {
        ink_jot j = responses_event((responses_reply *)reply, out, types[i]);
        responses_object((const responses_reply *)reply, &j, "response", NULL);
        responses_event_end(&j, out);
    }
}

/* The whole is told again at the end; the answer is read once more for it. */
static void responses_end(srv_reply *reply, ink_buf *out)
{
    responses_reply *r = (responses_reply *)reply;
    const ink_answer *a = srv_text_answer(reply->text, 0);
    srv_reader *again = srv_reader_new(1, true, true);
    srv_collected said;
    responses_close_item(r, out);
    srv_collected_init(&said);
    if (again && reply->forced)
        srv_reader_feed(again, 0, reply->forced, strlen(reply->forced), srv_collect, &said);
    if (again) {
        srv_reader_feed(again, 0, a->text, a->text_size, srv_collect, &said);
        srv_reader_end(again, 0, srv_collect, &said);
    }
    srv_reader_free(again);
    ink_jot j = responses_event(r, out, a->finish == INK_FINISH_LENGTH ? "response.incomplete" : "response.completed");
    responses_object(r, &j, "response", &said);
    responses_event_end(&j, out);
    srv_collected_clear(&said);
}

static void responses_broken(srv_reply *reply, ink_buf *out, const ink_err *err)
{
    ink_jot j = responses_event((responses_reply *)reply, out, "error");
    ink_jot_text(&j, "code", "server_error");
    ink_jot_text(&j, "message", err->text);
    ink_jot_null(&j, "param");
    responses_event_end(&j, out);
}

static void responses_clear(srv_reply *reply)
{
    ink_buf_clear(&((responses_reply *)reply)->text);
}

static const srv_shape responses_shape = {
    .clear = responses_clear,
    .type = "text/event-stream", .still = ": still computing\n\n", .begin = responses_begin, .part = responses_part, .end = responses_end, .broken = responses_broken,
    .whole = responses_whole,
};

/* The prompt, and what steers its answer. */
static ink_status responses_ids(srv_call *c, const srv_model *m, srv_tools *tools, ink_generate_options *o, ink_ids *ids, ink_err *err)
{
    const ink_json *given = ink_json_get(c->json, "tools");
    ink_json *messages = ink_json_new_array(), *list = ink_json_size(given) ? responses_tools(given) : NULL;
    ink_status status = responses_messages(c, messages, err);
    if (!status)
        status = srv_tools_make(m, messages, list, ink_json_get(c->json, "tool_choice"), tools, err);
    if (!status)
        status = srv_prompt_chat_ids(m, tools, NULL, ids, err);
    if (!status)
        status = srv_steer(c, m, &((const responses_fields *)c->params)->steer, tools, o, err);
    if (status)
        ink_ids_clear(ids);
    ink_constraint *kept = status ? NULL : srv_tools_take(tools);
    srv_tools_clear(tools);
    tools->constraint = kept;
    ink_json_free(messages);
    ink_json_free(list);
    return status;
}

static ink_status responses_run(srv_call *c, ink_err *err)
{
    responses_fields *f = c->params;
    responses_reply *r = ink_arena_alloc(c->arena, sizeof *r);
    srv_tools *tools = ink_arena_alloc(c->arena, sizeof *tools);
    srv_model *m;
    ink_ids ids = { 0 };
    if (!r || !tools)
        return ink_arena_refused(c->arena, sizeof *r, err);
    INK_TRY(srv_set_number(c, &f->sampling, "temp", f->temperature, err));
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_generate_options o = { .sampling = f->sampling, .answers = 1, .most = (size_t)f->max_output_tokens };
    ink_status status = responses_ids(c, m, tools, &o, &ids, err);
    if (status) {
        srv_model_give(c->server, m);
        return status;
    }
    o.constraint = srv_tools_take(tools);
    r->reply = (srv_reply){ .shape = &responses_shape, .forced = tools->forced };
    r->created = srv_time();
    srv_id("resp_", r->id);
    ink_buf_init(&r->text, 0);
    INK_TRY(srv_text_start(c, m, &ids, 1, &o, &r->reply.text, err));
    return srv_reply_send(c, &r->reply, f->stream, true, tools->read, err);
}

static const srv_field responses_more[] = {
    { "input", NULL, "a text, or items" },
    { "tools", "array", "functions that may be called" },
    { "tool_choice", NULL, "auto, none, required, or a function" },
    { 0 },
};

extern const srv_route srv_route_responses;
const srv_route srv_route_responses = {
    .method = "POST", .paths = (const char *const[]){ "/v1/responses", "/responses", NULL }, .params = responses_params, .size = sizeof(responses_fields), .fields = responses_more,
    .about = "An answer to items (OpenAI).", .run = responses_run,
};
