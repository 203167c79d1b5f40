#include "server/ollama.h"

#include <ink/modelfile.h>
#include <stdlib.h>
#include <string.h>

const ink_param ollama_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(ollama_fields, model), .help = "the model's name" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(ollama_fields, stream), .def = 1, .help = "a line of JSON for each piece; otherwise one object" },
    { 0 },
};

ink_status ollama_options(srv_call *c, ink_generate_options *o, ink_steer *steer, ink_err *err)
{
    ink_made_settings n;
    const ink_json *given = ink_json_get(c->json, "options");
    ink_buf text;
    ink_param_defaults(ink_made_params, &n);
    if (given) {
        ink_buf_init(&text, 0);
        ink_json_dump(given, 0, &text);
        ink_status status = ink_buf_check(&text, "options", err);
        if (!status)
            status = ink_param_json(ink_made_params, text.data, text.len, c->arena, &n, err);
        ink_buf_clear(&text);
        INK_TRY(status);
    }
    INK_TRY(srv_set_number(c, &n.sampling, "temp", n.temperature, err));
    *steer = n.steer;
    *o = (ink_generate_options){ .sampling = n.sampling, .answers = 1, .stops = n.stop.at, .stop_count = n.stop.count, .most = n.num_predict > 0 ? (size_t)n.num_predict : 0 };
    return INK_OK;
}

ink_status ollama_keep(const ink_json *v, double *seconds, bool *said, ink_err *err)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "ms", 0.001 } };
    char *end;
    const char *text = ink_json_string(v, NULL);
    *said = ink_json_kind(v) != INK_JSON_ABSENT && ink_json_kind(v) != INK_JSON_NULL;
    *seconds = ink_json_number(v, 0);
    if (!text)
        return !*said || ink_json_kind(v) == INK_JSON_INTEGER || ink_json_kind(v) == INK_JSON_REAL ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "keep_alive is a number of seconds, or a text such as \"5m\"");
    *seconds = strtod(text, &end);
    for (size_t i = 0; end != text && i < sizeof units / sizeof *units; i++)
        if (!strcmp(end, units[i].unit)) {
            *seconds *= units[i].seconds;
            return INK_OK;
        }
    return ink_fail(err, INK_E_ARGUMENT, "keep_alive is a number of seconds, or a text such as \"5m\", not \"%.40s\"", text);
}

ink_status ollama_take(srv_call *c, const char *name, srv_model **m, ink_err *err)
{
    double seconds;
    bool said;
    INK_TRY(ollama_keep(ink_json_get(c->json, "keep_alive"), &seconds, &said, err));
    INK_TRY(srv_model_take(c->server, name, m, err));
    if (said)
        srv_model_keep(c->server, *m, seconds);
    return INK_OK;
}

/* ---- lines ---- */

typedef struct ollama_reply {
    srv_reply reply;
    bool chat;
    /* A call while its arguments come: Ollama's are whole. */
    char name[128];
    ink_buf arguments;
} ollama_reply;

static ink_jot ollama_head(const char *model, ink_buf *out)
{
    char now[40];
    ink_jot j = srv_jot(out);
    srv_rfc3339(srv_clock(), now);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "model", model);
    ink_jot_text(&j, "created_at", now);
    return j;
}

static void ollama_call(ink_jot *j, const char *name, const ink_buf *arguments)
{
    ink_json *v = NULL;
    ink_jot_object(j, NULL);
    ink_jot_object(j, "function");
    ink_jot_text(j, "name", name);
    if (!ink_json_parse(arguments->data ? arguments->data : "", arguments->len, "arguments", &v, NULL) && ink_json_kind(v) == INK_JSON_OBJECT)
        srv_jot_json(j, "arguments", v);
    else {
        ink_jot_object(j, "arguments");
        ink_jot_end(j);
    }
    ink_json_free(v);
    ink_jot_end(j);
    ink_jot_end(j);
}

static void ollama_message(ink_jot *j, const char *key, const char *text, size_t n)
{
    ink_jot_object(j, "message");
    ink_jot_text(j, "role", "assistant");
    if (strcmp(key, "content"))
        ink_jot_text(j, "content", "");
    ink_jot_bytes(j, key, text ? text : "", n);
    ink_jot_end(j);
}

static void ollama_line_end(ink_jot *j, ink_buf *out)
{
    ink_jot_bool(j, "done", false);
    ink_jot_end(j);
    ink_buf_char(out, '\n');
}

static void ollama_flush_call(ollama_reply *r, ink_buf *out)
{
    if (!*r->name)
        return;
    ink_jot j = ollama_head(srv_text_model(r->reply.text)->name, out);
    ink_jot_object(&j, "message");
    ink_jot_text(&j, "role", "assistant");
    ink_jot_text(&j, "content", "");
    ink_jot_array(&j, "tool_calls");
    ollama_call(&j, r->name, &r->arguments);
    ink_jot_end(&j);
    ink_jot_end(&j);
    ollama_line_end(&j, out);
    *r->name = 0;
    ink_buf_clear(&r->arguments);
}

static void ollama_part(srv_reply *reply, ink_buf *out, const srv_part *p, const srv_piece *piece)
{
    ollama_reply *r = (ollama_reply *)reply;
    (void)piece;
    if (p->kind == SRV_ARGUMENTS) {
        ink_buf_add(&r->arguments, p->text, p->size);
        return;
    }
    ollama_flush_call(r, out);
    if (p->kind == SRV_CALL) {
        snprintf(r->name, sizeof r->name, "%s", p->name);
        return;
    }
    ink_jot j = ollama_head(srv_text_model(reply->text)->name, out);
    if (r->chat)
        ollama_message(&j, p->kind == SRV_REASONING ? "thinking" : "content", p->text, p->size);
    else {
        ink_jot_bytes(&j, "response", p->kind == SRV_CONTENT ? p->text : "", p->kind == SRV_CONTENT ? p->size : 0);
        if (p->kind == SRV_REASONING)
            ink_jot_bytes(&j, "thinking", p->text, p->size);
    }
    ollama_line_end(&j, out);
}

static void ollama_numbers_of(const srv_reply *r, ink_jot *j)
{
    srv_usage u = srv_text_usage(r->text);
    ink_jot_text(j, "done_reason", srv_finish(srv_text_answer(r->text, 0)->finish));
    ink_jot_bool(j, "done", true);
    ink_jot_integer(j, "total_duration", (int64_t)(1e9 * u.total_seconds));
    ink_jot_integer(j, "load_duration", 0);
    ink_jot_integer(j, "prompt_eval_count", (int64_t)u.prompt);
    ink_jot_integer(j, "prompt_eval_duration", (int64_t)(1e9 * u.prompt_seconds));
    ink_jot_integer(j, "eval_count", (int64_t)u.completion);
    ink_jot_integer(j, "eval_duration", (int64_t)(1e9 * u.seconds));
}

static void ollama_end(srv_reply *reply, ink_buf *out)
{
    ollama_reply *r = (ollama_reply *)reply;
    ollama_flush_call(r, out);
    ink_jot j = ollama_head(srv_text_model(reply->text)->name, out);
    if (r->chat)
        ollama_message(&j, "content", "", 0);
    else
        ink_jot_text(&j, "response", "");
    ollama_numbers_of(reply, &j);
    ink_jot_end(&j);
    ink_buf_char(out, '\n');
}

static void ollama_whole(srv_reply *reply, ink_buf *out)
{
    const ollama_reply *r = (const ollama_reply *)reply;
    srv_collected said;
    srv_reply_collect(reply, 0, &said);
    const char *text = said.content.data ? said.content.data : "";
    ink_jot j = ollama_head(srv_text_model(reply->text)->name, out);
    if (r->chat) {
        ink_jot_object(&j, "message");
        ink_jot_text(&j, "role", "assistant");
    }
    ink_jot_bytes(&j, r->chat ? "content" : "response", text, said.content.len);
    if (said.reasoning.len)
        ink_jot_bytes(&j, "thinking", said.reasoning.data, said.reasoning.len);
    if (said.count) {
        ink_jot_array(&j, "tool_calls");
        for (size_t i = 0; i < said.count; i++)
            ollama_call(&j, said.calls[i].name, &said.calls[i].arguments);
        ink_jot_end(&j);
    }
    if (r->chat)
        ink_jot_end(&j);
    ollama_numbers_of(reply, &j);
    ink_jot_end(&j);
    srv_collected_clear(&said);
}

static void ollama_broken(srv_reply *reply, ink_buf *out, const ink_err *err)
{
    (void)reply;
    ink_jot j = srv_jot(out);
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "error", err->text);
    ink_jot_end(&j);
    ink_buf_char(out, '\n');
}

static void ollama_clear(srv_reply *reply)
{
    ink_buf_clear(&((ollama_reply *)reply)->arguments);
}

static const srv_shape ollama_shape = { .clear = ollama_clear, .type = "application/x-ndjson", .still = "", .part = ollama_part, .end = ollama_end, .broken = ollama_broken, .whole = ollama_whole };

ink_status ollama_write(srv_call *c, srv_text *text, bool stream, bool chat, bool read, bool tools, ink_err *err)
{
    ollama_reply *r = ink_arena_alloc(c->arena, sizeof *r);
    if (!r) {
        srv_text_free(text);
        return ink_arena_refused(c->arena, sizeof *r, err);
    }
    *r = (ollama_reply){ .reply = { .shape = &ollama_shape, .text = text }, .chat = chat };
    ink_buf_init(&r->arguments, 0);
    return srv_reply_send(c, &r->reply, stream, read, tools, err);
}

void ollama_nothing(srv_call *c, const char *model, bool chat, const char *reason)
{
    ink_jot j = ollama_head(model, &c->out);
    if (chat)
        ollama_message(&j, "content", "", 0);
    else
        ink_jot_text(&j, "response", "");
    ink_jot_text(&j, "done_reason", reason);
    ink_jot_bool(&j, "done", true);
    ink_jot_end(&j);
    ink_buf_char(&c->out, '\n');
}
