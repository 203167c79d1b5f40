/* alpaca: {"instruction", "input", "output", "system", "history": [[question, answer], …]}, of which input, system and history may be
   absent; and {"prompt", "completion"}, which is the same with other names. */
#include "train/examples.h"

#include <string.h>

typedef struct alpaca_rows {
    const ink_reading *r;
    ink_examples *into;
} alpaca_rows;

static bool alpaca_probe(const char *head, size_t n)
{
    return ink_json_mentions(head, n, "instruction") || (ink_json_mentions(head, n, "prompt") && ink_json_mentions(head, n, "completion"));
}

static const char *alpaca_text(const ink_json *row, const char *key, const char *other, size_t *n)
{
    const char *text = ink_json_text(ink_json_get(row, key), n);
    return text || !other ? text : ink_json_text(ink_json_get(row, other), n);
}

static void alpaca_history(const ink_json *row, ink_json *messages)
{
    const ink_json *history = ink_json_get(row, "history");
    for (size_t i = 0; i < ink_json_size(history); i++)
        for (size_t j = 0; j < 2; j++) {
            size_t n = 0;
            const char *text = ink_json_text(ink_json_at(ink_json_at(history, i), j), &n);
            ink_talk_say(messages, j ? "assistant" : "user", text ? text : "", n);
        }
}

static ink_status alpaca_row(void *user, const ink_json *row, size_t line, ink_err *err)
{
    const alpaca_rows *s = user;
    size_t system_n = 0, instruction_n = 0, input_n = 0, output_n = 0;
    const char *system = alpaca_text(row, "system", NULL, &system_n), *instruction = alpaca_text(row, "instruction", "prompt", &instruction_n);
    const char *input = alpaca_text(row, "input", NULL, &input_n), *output = alpaca_text(row, "output", "completion", &output_n);
    if (!instruction || !output)
        return ink_fail(err, INK_E_FORMAT, "%s, row %zu: has no instruction or no output", s->r->path, line);
    ink_json *messages = ink_json_new_array();
    ink_buf question;
    ink_buf_init(&question, 0);
    ink_buf_add(&question, instruction, instruction_n);
    if (input_n) {
        ink_buf_char(&question, '\n');
        ink_buf_add(&question, input, input_n);
    }
    ink_status status = ink_buf_check(&question, s->r->path, err);
    if (system_n)
        ink_talk_say(messages, "system", system, system_n);
    alpaca_history(row, messages);
    ink_talk_say(messages, "user", question.data ? question.data : "", question.len);
    ink_talk_say(messages, "assistant", output, output_n);
    ink_buf_clear(&question);
    if (status == INK_OK)
        return ink_talk_add(s->r, messages, line, s->into, err);
    ink_json_free(messages);
    return status;
}

static ink_status alpaca_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    return ink_json_rows(r->path, text, n, alpaca_row, &(alpaca_rows){ r, into }, err);
}

const ink_rows_format ink_rows_alpaca = { .name = "alpaca", .probe = alpaca_probe, .read = alpaca_read };
