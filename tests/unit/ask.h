/* A program that answers a line of JSON on standard input with a line of JSON: what conformance tests ask the engine's parts. */
#ifndef INK_ASK_H
#define INK_ASK_H

#include "base/json.h"

#include <ink/jot.h>
#include <stdio.h>
#include <stdlib.h>

/* Answers one request by writing to the jot that ask_lines was given; what it refuses becomes {"error":…}. */
typedef ink_status ask_answer(void *user, const ink_json *request, ink_err *err);

static void ask_put(void *user, const char *bytes, size_t n)
{
    fwrite(bytes, 1, n, user);
}

/* Until the input ends; 1 at a line that is not JSON. */
static int ask_lines(ask_answer *answer, void *user, ink_jot *jot)
{
    char *line = NULL;
    size_t room = 0;
    int code = 0;
    for (ssize_t n; !code && (n = getline(&line, &room, stdin)) > 0;) {
        ink_err err;
        ink_json *request = NULL;
        *jot = (ink_jot){ .put = ask_put, .user = stdout };
        code = ink_json_parse(line, (size_t)n, "request", &request, &err) != INK_OK;
        if (!code && answer(user, request, &err)) {
            ink_jot_object(jot, NULL);
            ink_jot_text(jot, "error", err.text);
            ink_jot_end(jot);
        }
        if (!code)
            putchar('\n');
        fflush(stdout);
        ink_json_free(request);
    }
    free(line);
    return code;
}

#endif
