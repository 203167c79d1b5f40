/* sharegpt: {"conversations": [{"from": "human" | "gpt" | "system" | …, "value"}, …], "system"}. */
#include "train/examples.h"

#include <string.h>

typedef struct sharegpt_rows {
    const ink_reading *r;
    ink_examples *into;
} sharegpt_rows;

/* What ShareGPT calls those who speak, and what dataset_info.json calls these names. */
static const struct {
    const char *tag, *from, *role;
} sharegpt_roles[] = { { "user_tag", "human", "user" },        { "assistant_tag", "gpt", "assistant" }, { "function_tag", "function_call", "assistant" },
                       { "observation_tag", "observation", "tool" }, { "system_tag", "system", "system" }, { "", "user", "user" },
                       { "", "assistant", "assistant" },       { "", "tool", "tool" } };

static const char *sharegpt_role(const ink_reading *r, const char *from)
{
    for (size_t i = 0; i < sizeof sharegpt_roles / sizeof *sharegpt_roles; i++)
        if (!strcmp(from, ink_column(r, "tags", sharegpt_roles[i].tag, sharegpt_roles[i].from)))
            return sharegpt_roles[i].role;
    return NULL;
}

static ink_status sharegpt_turns(const ink_reading *r, const ink_json *list, ink_json *messages, ink_err *err)
{
    for (size_t i = 0; i < ink_json_size(list); i++) {
        const ink_json *m = ink_json_at(list, i);
        size_t n = 0;
        const char *text = ink_json_text(ink_json_get(m, ink_column(r, "tags", "content_tag", "value")), &n);
        const char *from = ink_json_string(ink_json_get(m, ink_column(r, "tags", "role_tag", "from")), ""), *role = sharegpt_role(r, from);
        if (!role || !text)
            return ink_fail(err, INK_E_FORMAT, role ? "turn %zu says nothing" : "turn %zu is of \"%.40s\", who is nobody that is known", i + 1, from);
        ink_talk_say(messages, role, text, n);
    }
    return INK_OK;
}

static bool sharegpt_probe(const char *head, size_t n) { return ink_json_mentions(head, n, "conversations"); }

static ink_status sharegpt_row(void *user, const ink_json *row, ink_err *err)
{
    const sharegpt_rows *s = user;
    const char *column = ink_column(s->r, "columns", "messages", "conversations"), *system = ink_json_string(ink_json_get(row, ink_column(s->r, "columns", "system", "system")), "");
    const ink_json *list = ink_json_get(row, column);
    if (ink_json_kind(list) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "has no %.60s", column);
    ink_json *messages = ink_json_new_array();
    if (*system)
        ink_talk_say(messages, "system", system, strlen(system));
    ink_status status = sharegpt_turns(s->r, list, messages, err);
    if (status == INK_OK)
        return ink_talk_add(s->r, messages, s->into, err);
    ink_json_free(messages);
    return status;
}

static ink_status sharegpt_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    return ink_json_rows(r, text, n, sharegpt_row, &(sharegpt_rows){ r, into }, into, err);
}

const ink_rows_format ink_rows_sharegpt = { .name = "sharegpt", .probe = sharegpt_probe, .read = sharegpt_read };
