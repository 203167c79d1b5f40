/* sharegpt: {"conversations": [{"from": "human" | "gpt" | "system" | …, "value"}, …], "system"}. */
#include "train/examples.h"

#include <string.h>

typedef struct sharegpt_rows {
    const ink_reading *r;
    ink_examples *into;
} sharegpt_rows;

/* What ShareGPT calls those who speak. */
static const char *const sharegpt_roles[][2] = { { "human", "user" }, { "gpt", "assistant" }, { "function_call", "assistant" }, { "observation", "tool" } };

static const char *sharegpt_role(const char *from)
{
    for (size_t i = 0; i < sizeof sharegpt_roles / sizeof *sharegpt_roles; i++)
        if (!strcmp(from, sharegpt_roles[i][0]))
            return sharegpt_roles[i][1];
    return from;
}

static bool sharegpt_probe(const char *head, size_t n) { return ink_json_mentions(head, n, "conversations"); }

static ink_status sharegpt_row(void *user, const ink_json *row, size_t line, ink_err *err)
{
    const sharegpt_rows *s = user;
    const ink_json *list = ink_json_get(row, "conversations");
    if (ink_json_kind(list) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "%s, row %zu: has no conversations", s->r->path, line);
    ink_json *messages = ink_json_new_array();
    const char *system = ink_json_string(ink_json_get(row, "system"), "");
    if (*system)
        ink_talk_say(messages, "system", system, strlen(system));
    for (size_t i = 0; i < ink_json_size(list); i++) {
        const ink_json *m = ink_json_at(list, i);
        size_t n = 0;
        const char *text = ink_json_text(ink_json_get(m, "value"), &n), *role = ink_json_string(ink_json_get(m, "from"), "");
        ink_talk_say(messages, sharegpt_role(role), text ? text : "", n);
    }
    return ink_talk_add(s->r, messages, line, s->into, err);
}

static ink_status sharegpt_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    return ink_json_rows(r->path, text, n, sharegpt_row, &(sharegpt_rows){ r, into }, err);
}

const ink_rows_format ink_rows_sharegpt = { .name = "sharegpt", .probe = sharegpt_probe, .read = sharegpt_read };
