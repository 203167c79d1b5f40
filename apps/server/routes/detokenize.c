/* POST /detokenize: ids to text, as llama.cpp's server answers it. */
#include "server/prompt.h"

typedef struct detokenize_fields {
    const char *model;
    ink_param_ints tokens;
} detokenize_fields;

static const ink_param detokenize_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(detokenize_fields, model), .help = "the model's name" },
    { .name = "tokens", .type = INK_PARAM_INTS, .at = offsetof(detokenize_fields, tokens), .help = "the ids" },
    { 0 },
};

static ink_status detokenize_write(srv_call *c, const srv_model *m, ink_err *err)
{
    const detokenize_fields *f = c->params;
    ink_buf text;
    INK_TRY(srv_needs_tokenizer(m, err));
    ink_buf_init(&text, 0);
    for (size_t i = 0; i < f->tokens.count; i++) {
        ink_text b = ink_token_display(m->tokenizer, f->tokens.at[i], !i, true);
        ink_buf_add(&text, b.data ? b.data : "", b.size);
    }
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_bytes(&j, "content", text.data ? text.data : "", text.len);
    ink_jot_end(&j);
    ink_buf_clear(&text);
    return INK_OK;
}

static ink_status detokenize_run(srv_call *c, ink_err *err)
{
    const detokenize_fields *f = c->params;
    srv_model *m;
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_status status = detokenize_write(c, m, err);
    srv_model_give(c->server, m);
    return status;
}

extern const srv_route srv_route_detokenize;
const srv_route srv_route_detokenize = {
    .method = "POST", .paths = (const char *const[]){ "/detokenize", NULL }, .params = detokenize_params, .size = sizeof(detokenize_fields), .about = "Token ids to text (llama.cpp).", .run = detokenize_run,
};
