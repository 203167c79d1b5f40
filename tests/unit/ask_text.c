/* Answers what tests/conformance/text.py asks, a line of JSON for a line of JSON:
   {"split":NAME,"text":…}       [start, end, …]: the pieces, in bytes, by a GGUF's name for its rule
   {"pre_tokenizer":…,"text":…}  the same as a tokenizer.json says it
   {"form":1..4,"text":…}        [text]: in a Unicode normal form (INK_NORMAL_*)
   {"folder":PATH,"text":…}      [id, …], control tokens read; the last folder stays open
   A refusal is {"error":…}. */
#include "ask.h"
#include "models/tokenizer.h"
#include "text/normal.h"

#include <string.h>

typedef struct ask_state {
    ink_jot jot;
    const uint8_t *text;
    size_t size;
    ink_tokenizer *tokenizer;
    char folder[4096];
} ask_state;

static void ask_piece(void *user, const uint8_t *p, size_t n)
{
    ask_state *s = user;
    ink_jot_integer(&s->jot, NULL, p - s->text);
    ink_jot_integer(&s->jot, NULL, p + n - s->text);
}

static ink_status ask_pieces(ask_state *s, const ink_split *split)
{
    ink_jot_array(&s->jot, NULL);
    if (!ink_split_text(split, s->text, s->size, ask_piece, s))
        ink_jot_text(&s->jot, NULL, "given up");
    ink_jot_end(&s->jot);
    return INK_OK;
}

static ink_status ask_split(ask_state *s, const ink_json *request, ink_err *err)
{
    const char *name = ink_json_string(ink_json_get(request, "split"), "");
    const ink_split_name *known = ink_split_find(name, strlen(name));
    return known ? ask_pieces(s, known->split) : ink_fail(err, INK_E_NOT_FOUND, "no rule is named %s", name);
}

static ink_status ask_pre(ask_state *s, const ink_json *request, ink_err *err)
{
    ink_tokenizer_spec spec = { .where = "pre_tokenizer", .byte_level = true };
    ink_status status = ink_tokenizer_pipe(request, &spec, NULL, err);
    if (!status)
        status = ask_pieces(s, &spec.split);
    ink_split_clear(&spec.split);
    return status;
}

static ink_status ask_form(ask_state *s, const ink_json *request, ink_err *err)
{
    ink_buf out;
    ink_buf_init(&out, 0);
    ink_normalize(s->text, s->size, (int)ink_json_integer(ink_json_get(request, "form"), 0), &out);
    ink_status status = ink_buf_check(&out, "the normal form", err);
    if (!status) {
        ink_jot_array(&s->jot, NULL);
        ink_jot_bytes(&s->jot, NULL, out.data ? out.data : "", out.len);
        ink_jot_end(&s->jot);
    }
    ink_buf_clear(&out);
    return status;
}

static ink_status ask_open(ask_state *s, const char *folder, ink_err *err)
{
    ink_weights *w;
    ink_tokenizer_close(s->tokenizer);
    s->tokenizer = NULL;
    snprintf(s->folder, sizeof s->folder, "%s", folder);
    INK_TRY(ink_weights_open(folder, &w, err));
    ink_status status = ink_tokenizer_open(w, &s->tokenizer, err);
    ink_weights_close(w);
    return status;
}

static ink_status ask_ids(ask_state *s, const ink_json *request, ink_err *err)
{
    ink_ids ids = { 0 };
    const char *folder = ink_json_string(ink_json_get(request, "folder"), "");
    if (!s->tokenizer || strcmp(folder, s->folder))
        INK_TRY(ask_open(s, folder, err));
    ink_status status = ink_tokenize(s->tokenizer, (const char *)s->text, s->size, INK_TOKENIZE_SPECIAL, &ids, err);
    if (!status) {
        ink_jot_array(&s->jot, NULL);
        for (size_t i = 0; i < ids.count; i++)
            ink_jot_integer(&s->jot, NULL, ids.at[i]);
        ink_jot_end(&s->jot);
    }
    ink_ids_clear(&ids);
    return status;
}

static const struct {
    const char *key;
    ink_status (*answer)(ask_state *s, const ink_json *request, ink_err *err);
} ask_kinds[] = { { "split", ask_split }, { "pre_tokenizer", ask_pre }, { "form", ask_form }, { "folder", ask_ids } };

static ink_status ask_one(void *user, const ink_json *request, ink_err *err)
{
    ask_state *s = user;
    s->text = (const uint8_t *)ink_json_text(ink_json_get(request, "text"), &s->size);
    for (size_t i = 0; s->text && i < sizeof ask_kinds / sizeof *ask_kinds; i++)
        if (ink_json_kind(ink_json_get(request, ask_kinds[i].key)) != INK_JSON_ABSENT)
            return ask_kinds[i].answer(s, request, err);
    return ink_fail(err, INK_E_ARGUMENT, "nothing is asked");
}

int main(void)
{
    ask_state s = { 0 };
    const int code = ask_lines(ask_one, &s, &s.jot);
    ink_tokenizer_close(s.tokenizer);
    return code;
}
