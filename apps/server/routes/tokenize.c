/* POST /tokenize: text to ids, as llama.cpp's server answers it. */
#include "server/prompt.h"

typedef struct tokenize_fields {
    const char *model;
    bool add_special, parse_special, with_pieces;
} tokenize_fields;

static const ink_param tokenize_params[] = {
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(tokenize_fields, model), .help = "the model's name" },
    { .name = "add_special", .type = INK_PARAM_BOOL, .at = offsetof(tokenize_fields, add_special), .help = "put BOS in front where the model wants one" },
    { .name = "parse_special", .type = INK_PARAM_BOOL, .at = offsetof(tokenize_fields, parse_special), .def = 1, .help = "read control tokens written in the text" },
    { .name = "with_pieces", .type = INK_PARAM_BOOL, .at = offsetof(tokenize_fields, with_pieces), .help = "give each token's text too" },
    { 0 },
};

static void tokenize_piece(ink_jot *j, const ink_tokenizer *t, int32_t id)
{
    ink_text b = ink_token_bytes(t, id);
    ink_jot_object(j, NULL);
    ink_jot_integer(j, "id", id);
    ink_jot_bytes(j, "piece", b.data ? b.data : "", b.size);
    ink_jot_end(j);
}

static ink_status tokenize_ids(srv_call *c, const srv_model *m, ink_ids *ids, ink_err *err)
{
    const tokenize_fields *f = c->params;
    size_t n;
    const char *text = ink_json_text(ink_json_get(c->json, "content"), &n);
    if (!text)
        return ink_fail(err, INK_E_ARGUMENT, "content is the text to cut into tokens");
    INK_TRY(srv_needs_tokenizer(m, err));
    return f->add_special ? ink_prompt_ids(m->tokenizer, text, n, ids, err) : ink_tokenize(m->tokenizer, text, n, f->parse_special ? INK_TOKENIZE_SPECIAL : 0, ids, err);
}

static ink_status tokenize_run(srv_call *c, ink_err *err)
{
    const tokenize_fields *f = c->params;
    srv_model *m;
    ink_ids ids = { 0 };
    INK_TRY(srv_model_take(c->server, f->model, &m, err));
    ink_status status = tokenize_ids(c, m, &ids, err);
    if (!status) {
        ink_jot j = srv_jot(&c->out);
        ink_jot_object(&j, NULL);
        ink_jot_array(&j, "tokens");
        for (size_t i = 0; i < ids.count; i++)
            if (f->with_pieces)
                tokenize_piece(&j, m->tokenizer, ids.at[i]);
            else
                ink_jot_integer(&j, NULL, ids.at[i]);
        ink_jot_end(&j);
        ink_jot_end(&j);
    }
    ink_ids_clear(&ids);
    srv_model_give(c->server, m);
    return status;
}

static const srv_field tokenize_more[] = {
    { "content", "string", "the text" },
    { 0 },
};

extern const srv_route srv_route_tokenize;
const srv_route srv_route_tokenize = {
    .method = "POST", .paths = (const char *const[]){ "/tokenize", NULL }, .params = tokenize_params, .size = sizeof(tokenize_fields), .fields = tokenize_more, .about = "Text to token ids (llama.cpp).", .run = tokenize_run,
};
