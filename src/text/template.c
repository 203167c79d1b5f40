/* ink/template.h: parse once, render many times. */
#include "text/template.h"
#include "text/jinja_ast.h"
#include "text/unicode.h"

#include <stdlib.h>

enum { TEMPLATE_PARSE_DEPTH = 200, TEMPLATE_STEPS = 10000000, TEMPLATE_DEPTH = 1000, TEMPLATE_DEPTH_MOST = 4000 };
static const size_t template_parse_bytes = (size_t)256 << 20, template_render_bytes = (size_t)256 << 20, template_output = (size_t)64 << 20;

typedef struct template_source {
    const char *text;
    size_t size;
    const jinja_node *body;
} template_source;

static void template_parse_it(jinja *j, void *with)
{
    template_source *s = with;
    s->body = jinja_parse(j, jinja_lex(j, s->text, s->size));
}

ink_status ink_template_parse(const char *source, size_t n, ink_template **out, ink_err *err)
{
    if (n > JINJA_SOURCE_MOST)
        return ink_fail(err, INK_E_LIMIT, "the chat template has %zu bytes, and may have %d", n, JINJA_SOURCE_MOST);
    size_t valid = ink_utf8_valid(source, n);
    if (valid < n)
        return ink_fail(err, INK_E_FORMAT, "the chat template is not UTF-8: byte %zu begins no character", valid);
    ink_template *t = calloc(1, sizeof *t);
    if (!t)
        return ink_fail(err, INK_E_MEMORY, "no memory for a chat template");
    ink_status status = ink_arena_new("chat template", template_parse_bytes, &t->arena, err);
    jinja j = { .arena = t->arena, .err = err, .line = 1, .most_steps = TEMPLATE_STEPS, .most_depth = TEMPLATE_PARSE_DEPTH };
    template_source s = { source, n, NULL };
    if (!status)
        status = jinja_guard(&j, template_parse_it, &s);
    if (status) {
        ink_template_free(t);
        return status;
    }
    t->body = s.body;
    *out = t;
    return INK_OK;
}

void ink_template_free(ink_template *t)
{
    if (!t)
        return;
    ink_arena_free(t->arena);
    free(t);
}

static void template_render_it(jinja *j, void *with)
{
    const ink_template *t = with;
    jinja_value variables = jinja_from_json(j, j->json);
    jinja_enter(j, NULL);
    for (size_t i = 0; i < variables.dict->count; i++) {
        jinja_value name = variables.dict->keys[i];
        jinja_set(j, (jinja_name){ name.text, name.size }, variables.dict->values[i]);
    }
    jinja_enter(j, j->frame);
    jinja_exec(j, t->body);
    ink_buf_add(&j->out, "", 0); /* an empty rendering is a text too */
}

static size_t template_limit(size_t given, size_t def)
{
    return given ? given : def;
}

static ink_status template_render(const ink_template *t, jinja *j)
{
    if (ink_json_kind(j->json) != INK_JSON_OBJECT)
        return ink_fail(j->err, INK_E_ARGUMENT, "the variables of a chat template are a JSON object");
    INK_TRY(ink_arena_new("chat template", template_render_bytes, &j->arena, j->err));
    ink_status status = jinja_guard(j, template_render_it, (void *)(uintptr_t)t);
    ink_arena_free(j->arena);
    return status;
}

ink_status ink_template_render_with(const ink_template *t, const ink_json *variables, const ink_template_limits *limits, char **out, size_t *out_size,
                                    ink_err *err)
{
    static const ink_template_limits defaults = { 0 };
    const ink_template_limits *l = limits ? limits : &defaults;
    size_t depth = template_limit(l->depth, TEMPLATE_DEPTH);
    jinja j = { .err = err, .line = 1, .json = variables, .most_steps = template_limit(l->steps, TEMPLATE_STEPS) };
    j.most_depth = depth > TEMPLATE_DEPTH_MOST ? TEMPLATE_DEPTH_MOST : depth;
    ink_buf_init(&j.out, template_limit(l->output_bytes, template_output));
    ink_status status = template_render(t, &j);
    if (status) {
        ink_buf_clear(&j.out);
        return status;
    }
    *out = j.out.data;
    *out_size = j.out.len;
    return INK_OK;
}

ink_status ink_template_render(const ink_template *t, const char *variables_json, size_t n, const ink_template_limits *limits,
                               char **out, size_t *out_size, ink_err *err)
{
    ink_json *variables;
    INK_TRY(ink_json_parse(variables_json, n, "the variables of the chat template", &variables, err));
    ink_status status = ink_template_render_with(t, variables, limits, out, out_size, err);
    ink_json_free(variables);
    return status;
}
