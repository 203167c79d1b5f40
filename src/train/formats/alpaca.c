/* alpaca: {"instruction", "input", "output", "system", "history": [[question, answer], …]}, of which input, system and history may be
   absent; and the same with other names: {"prompt", "completion"}, ChatGLM's {"content", "summary"}, {"source", "target"}, or what dataset_info.json calls them. */
#include "train/examples.h"

#include <string.h>

typedef struct alpaca_rows {
    const ink_reading *r;
    ink_examples *into;
} alpaca_rows;

static const struct {
    const char *question, *answer;
} alpaca_names[] = { { "instruction", "output" }, { "prompt", "completion" }, { "content", "summary" }, { "question", "answer" }, { "prompt", "response" },
                   { "source", "target" }, { "document", "summary" } };
enum { ALPACA_NAMES = sizeof alpaca_names / sizeof *alpaca_names };

static bool alpaca_probe(const char *head, size_t n)
{
    for (size_t i = 0; i < ALPACA_NAMES; i++)
        if (ink_json_mentions(head, n, alpaca_names[i].question) && (!i || ink_json_mentions(head, n, alpaca_names[i].answer)))
            return true;
    return false;
}

/* Of columns whose names are given, or of the first pair that the row has. */
static ink_text alpaca_text(const ink_reading *r, const ink_json *row, const char *column, const char *usual)
{
    ink_text t = { 0 };
    t.data = ink_json_text(ink_json_get(row, ink_column(r, "columns", column, usual)), &t.size);
    return t;
}

static void alpaca_pair(const ink_reading *r, const ink_json *row, ink_text *question, ink_text *answer)
{
    for (size_t i = 0; i < ALPACA_NAMES; i++) {
        const ink_text asked = alpaca_text(r, row, "prompt", alpaca_names[i].question);
        *answer = alpaca_text(r, row, "response", alpaca_names[i].answer);
        *question = asked.data ? asked : *question; /* for the sentence */
        if (asked.data && answer->data)
            return;
    }
}

static void alpaca_history(const ink_reading *r, const ink_json *row, ink_json *messages)
{
    const ink_json *history = ink_json_get(row, ink_column(r, "columns", "history", "history"));
    for (size_t i = 0; i < ink_json_size(history); i++)
        for (size_t j = 0; j < 2; j++) {
            size_t n = 0;
            const char *text = ink_json_text(ink_json_at(ink_json_at(history, i), j), &n);
            ink_talk_say(messages, j ? "assistant" : "user", text ? text : "", n);
        }
}

static ink_status alpaca_row(void *user, const ink_json *row, ink_err *err)
{
    const alpaca_rows *s = user;
    ink_text system = alpaca_text(s->r, row, "system", "system"), input = alpaca_text(s->r, row, "query", "input"), instruction = { 0 }, output;
    alpaca_pair(s->r, row, &instruction, &output);
    if (!instruction.data || !output.data)
        return ink_fail(err, INK_E_FORMAT, "has no %s", instruction.data ? "answer (output, completion, summary)" : "question (instruction, prompt, content)");
    ink_json *messages = ink_json_new_array();
    ink_buf question;
    ink_buf_init(&question, 0);
    ink_buf_add(&question, instruction.data, instruction.size);
    if (input.size) {
        ink_buf_char(&question, '\n');
        ink_buf_add(&question, input.data, input.size);
    }
    ink_status status = ink_buf_check(&question, s->r->path, err);
    if (system.size)
        ink_talk_say(messages, "system", system.data, system.size);
    alpaca_history(s->r, row, messages);
    ink_talk_say(messages, "user", question.data ? question.data : "", question.len);
    ink_talk_say(messages, "assistant", output.data, output.size);
    ink_buf_clear(&question);
    if (status == INK_OK)
        return ink_talk_add(s->r, messages, s->into, err);
    ink_json_free(messages);
    return status;
}

static ink_status alpaca_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    return ink_json_rows(r, text, n, alpaca_row, &(alpaca_rows){ r, into }, into, err);
}

const ink_rows_format ink_rows_alpaca = { .name = "alpaca", .probe = alpaca_probe, .read = alpaca_read };
