/* jsonl: a line {"text": "…"} for each document, which BOS and EOS bound where the model has them. */
#include "train/examples.h"

typedef struct jsonl_rows {
    const ink_reading *r;
    ink_examples *into;
} jsonl_rows;

static bool jsonl_probe(const char *head, size_t n) { return ink_json_mentions(head, n, "text"); }

static ink_status jsonl_row(void *user, const ink_json *row, ink_err *err)
{
    const jsonl_rows *s = user;
    size_t n = 0;
    const char *text = ink_json_text(ink_json_get(row, "text"), &n);
    if (!text)
        return ink_fail(err, INK_E_FORMAT, "has no text");
    return ink_text_add(s->r, text, n, true, s->into, err);
}

static ink_status jsonl_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    if (r->answers)
        return ink_fail(err, INK_E_ARGUMENT, "%s: holds documents, in which nobody answers; stage sft learns conversations", r->path);
    return ink_json_rows(r, text, n, jsonl_row, &(jsonl_rows){ r, into }, into, err);
}

const ink_rows_format ink_rows_jsonl = { .name = "jsonl", .probe = jsonl_probe, .read = jsonl_read };
