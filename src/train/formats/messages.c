/* messages: {"messages": [{"role", "content"}, …]}, as OpenAI writes conversations. */
#include "train/examples.h"

#include <string.h>

typedef struct messages_rows {
    const ink_reading *r;
    ink_examples *into;
} messages_rows;

static bool messages_probe(const char *head, size_t n) { return ink_json_mentions(head, n, "messages"); }

static ink_status messages_row(void *user, const ink_json *row, ink_err *err)
{
    const messages_rows *s = user;
    const ink_json *list = ink_json_get(row, "messages");
    if (ink_json_kind(list) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "has no messages");
    ink_json *messages = ink_json_new_array();
    for (size_t i = 0; i < ink_json_size(list); i++) {
        const ink_json *m = ink_json_at(list, i);
        size_t n = 0;
        const char *text = ink_json_text(ink_json_get(m, "content"), &n), *role = ink_json_string(ink_json_get(m, "role"), "");
        if (!*role) {
            ink_json_free(messages);
            return ink_fail(err, INK_E_FORMAT, "message %zu has no role", i + 1);
        }
        ink_talk_say(messages, role, text ? text : "", n);
    }
    return ink_talk_add(s->r, messages, s->into, err);
}

static ink_status messages_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    return ink_json_rows(r, text, n, messages_row, &(messages_rows){ r, into }, into, err);
}

const ink_rows_format ink_rows_messages = { .name = "messages", .probe = messages_probe, .read = messages_read };
