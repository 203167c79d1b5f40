/* Renders what tests/conformance/template.py asks for: a line of JSON {"template":…,"variables":{…}} in, a line
   {"text":…} or {"error":…} out. */
#include "base/json.h"

#include <ink/jot.h>
#include <ink/template.h>
#include <stdio.h>
#include <stdlib.h>

static void render_put(void *user, const char *bytes, size_t n)
{
    fwrite(bytes, 1, n, user);
}

static ink_status render_one(const ink_json *request, char **text, size_t *size, ink_err *err)
{
    size_t n;
    ink_template *t;
    ink_buf variables;
    const char *source = ink_json_text(ink_json_get(request, "template"), &n);
    INK_TRY(ink_template_parse(source, n, &t, err));
    ink_buf_init(&variables, 0);
    ink_json_dump(ink_json_get(request, "variables"), 0, &variables);
    ink_status status = ink_template_render(t, variables.data, variables.len, NULL, text, size, err);
    ink_buf_clear(&variables);
    ink_template_free(t);
    return status;
}

int main(void)
{
    char *line = NULL, *text = NULL;
    size_t room = 0, size = 0;
    for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;) {
        ink_err err;
        ink_json *request;
        ink_jot j = { .put = render_put, .user = stdout };
        if (ink_json_parse(line, (size_t)n, "request", &request, &err))
            return 1;
        ink_status status = render_one(request, &text, &size, &err);
        ink_jot_object(&j, NULL);
        if (status)
            ink_jot_text(&j, "error", err.text);
        else
            ink_jot_bytes(&j, "text", text, size);
        ink_jot_end(&j);
        putchar('\n');
        fflush(stdout);
        if (!status)
            free(text);
        ink_json_free(request);
    }
    free(line);
    return 0;
}
