/* POST /v1/completions: texts gone on with, as OpenAI writes it. */
#include "server/openai.h"
#include "server/prompt.h"
#include "server/steer.h"

typedef struct completions_fields {
    openai_fields common;
    int64_t logprobs;
    bool echo;
} completions_fields;

static const ink_param completions_params[] = {
    { .name = "Text", .type = INK_PARAM_TABLE, .at = offsetof(completions_fields, common), .table = openai_params },
    { .name = "logprobs", .type = INK_PARAM_INT, .at = offsetof(completions_fields, logprobs), .min = 0, .max = 20, .def = -1, .shown = "none",
      .help = "log-probabilities of the tokens and of so many likeliest ones" },
    { .name = "echo", .type = INK_PARAM_BOOL, .at = offsetof(completions_fields, echo), .help = "give the prompt back before the answer" },
    { 0 },
};

static ink_status completions_start(srv_call *c, completions_fields *f, srv_text **text, ink_err *err)
{
    enum { PROMPTS = 64 };
    srv_model *model;
    ink_ids *list = NULL;
    size_t count = 0;
    ink_generate_options o;
    INK_TRY(openai_options(c, &f->common, f->logprobs, &o, err));
    INK_TRY(srv_model_take(c->server, f->common.model, &model, err));
    ink_status status = srv_prompt_list(model, ink_json_get(c->json, "prompt"), PROMPTS, &list, &count, err);
    if (!status) {
        status = srv_steer(c, model, &f->common.steer, NULL, &o, err);
        if (status)
            srv_prompt_free(list, count);
    }
    if (status) {
        srv_model_give(c->server, model);
        return status;
    }
    o.most = f->common.max_tokens || f->common.max_completion_tokens ? o.most : 16; /* OpenAI's default */
    status = srv_text_start(c, model, list, count, &o, text, err);
    srv_prompt_free(list, count);
    return status;
}

static ink_status completions_run(srv_call *c, ink_err *err)
{
    completions_fields *f = c->params;
    openai_reply r = { .logprobs = f->logprobs, .each = (size_t)f->common.n, .echo = f->echo ? ink_json_get(c->json, "prompt") : NULL,
                       .usage = ink_json_bool(ink_json_get(ink_json_get(c->json, "stream_options"), "include_usage"), false) };
    srv_text *text;
    INK_TRY(completions_start(c, f, &text, err));
    return openai_write(c, &r, text, f->common.stream, false, NULL, err);
}

static const srv_field completions_more[] = {
    { "prompt", NULL, "a text, token ids, or a list of either" },
    { "stream_options", "object", "include_usage: a last chunk with the usage" },
    { 0 },
};

extern const srv_route srv_route_completions;
const srv_route srv_route_completions = {
    .method = "POST", .paths = (const char *const[]){ "/v1/completions", "/completions", NULL }, .params = completions_params, .size = sizeof(completions_fields), .fields = completions_more,
    .about = "Texts gone on with (OpenAI).", .run = completions_run,
};
