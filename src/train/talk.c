/* Conversations into samples: the text before an answer as the template opens it, then the answer as the template closes it. So
   the token that ends a turn is learned with the answer, and what is learned is what the model will be asked with. */
#include "train/examples.h"

#include <ink/chat.h>
#include <stdlib.h>
#include <string.h>

typedef struct talk {
    const ink_reading *r;
    const ink_tokenizer *t;
    const char *template; /* NULL: the model's own */
    ink_json *messages, *so_far;
    char *text;      /* rendered and tokenised already */
    size_t size;
    ink_ids ids, labels;
    size_t begun;    /* tokens that the model wants before a text */
} talk;

ink_status ink_talk_render(const ink_tokenizer *t, const char *template, const ink_json *messages, bool opens, char **text, size_t *size, ink_err *err)
{
    ink_buf json;
    const ink_chat_options o = { .template_source = template, .no_generation_prompt = !opens };
    ink_buf_init(&json, 0);
    ink_json_dump(messages, 0, &json);
    ink_status status = ink_buf_check(&json, "a conversation", err);
    if (status == INK_OK)
        status = ink_chat_render(t, json.data, json.len, &o, text, size, err);
    ink_buf_clear(&json);
    return status;
}

/* What the rendering has become since the last time; takes the text over. */
static ink_status talk_more(talk *k, char *text, size_t size, bool learned, ink_err *err)
{
    if (size < k->size || memcmp(text, k->text ? k->text : "", k->size)) {
        free(text);
        return ink_fail(err, INK_E_FORMAT, "the chat template changes what was said before");
    }
    const size_t before = k->ids.count;
    ink_status status = ink_tokenize(k->t, text + k->size, size - k->size, INK_TOKENIZE_SPECIAL, &k->ids, err);
    for (size_t i = before; status == INK_OK && i < k->ids.count; i++)
        status = ink_ids_add(&k->labels, learned ? k->ids.at[i] : INK_IGNORED, err);
    free(k->text);
    k->text = text;
    k->size = size;
    return status;
}

static ink_status talk_turn(talk *k, bool opens, bool learned, ink_err *err)
{
    char *text;
    size_t size;
    INK_TRY(ink_talk_render(k->t, k->template, k->so_far, opens, &text, &size, err));
    return talk_more(k, text, size, learned, err);
}

static ink_status talk_begin(talk *k, ink_err *err)
{
    INK_TRY(ink_tokenizer_begin(k->t, &k->ids, err));
    while (k->labels.count < k->ids.count)
        INK_TRY(ink_ids_add(&k->labels, INK_IGNORED, err));
    k->begun = k->ids.count;
    return INK_OK;
}

static ink_status talk_turns(talk *k, ink_err *err)
{
    INK_TRY(talk_begin(k, err));
    for (size_t i = 0; i < ink_json_size(k->messages); i++) {
        const ink_json *m = ink_json_at(k->messages, i);
        const bool answer = !strcmp(ink_json_string(ink_json_get(m, "role"), ""), "assistant");
        size_t n = 0;
        const char *content = ink_json_text(ink_json_get(m, "content"), &n);
        if (answer)
            INK_TRY(talk_turn(k, true, !k->r->answers, err));
        ink_talk_say(k->so_far, ink_json_string(ink_json_get(m, "role"), ""), content ? content : "", n);
        if (answer)
            INK_TRY(talk_turn(k, false, true, err));
    }
    return INK_OK;
}

/* A template that writes BOS itself has written it twice now. */
static void talk_single_bos(talk *k)
{
    const size_t n = k->begun;
    if (!n || k->ids.count <= n || k->ids.at[n] != k->ids.at[0])
        return;
    k->ids.count -= n;
    k->labels.count -= n;
    memmove(k->ids.at, k->ids.at + n, k->ids.count * sizeof *k->ids.at);
    memmove(k->labels.at, k->labels.at + n, k->labels.count * sizeof *k->labels.at);
}

static ink_status talk_finish(talk *k, ink_examples *into, ink_err *err)
{
    talk_single_bos(k);
    const size_t n = k->ids.count < k->r->cutoff ? k->ids.count : k->r->cutoff;
    const int32_t first = n ? k->labels.at[0] : INK_IGNORED;
    for (size_t i = 0; i < n; i++)
        k->labels.at[i] = i + 1 < k->ids.count ? k->labels.at[i + 1] : INK_IGNORED;
    return ink_examples_add(into, k->ids.at, k->labels.at, first, n, err);
}

/* What a template refuses is no fault of the file: other models may take it. */
static ink_status talk_use(talk *k, ink_examples *into, ink_err *err)
{
    ink_err inner = { 0 };
    INK_TRY(ink_template_named(k->t, k->r->template_name, &k->template, err));
    ink_status status = talk_turns(k, &inner);
    if (status == INK_OK)
        return talk_finish(k, into, err);
    return ink_fail(err, status == INK_E_MEMORY || status == INK_E_LIMIT ? status : INK_E_UNSUPPORTED, "%s", inner.text);
}

ink_status ink_talk_add(const ink_reading *r, ink_json *messages, ink_examples *into, ink_err *err)
{
    talk k = { .r = r, .messages = messages, .so_far = ink_json_new_array() };
    const bool texts = r->masked || r->spans;
    ink_status status = texts ? ink_fail(err, INK_E_ARGUMENT, "is a conversation; stage %s learns texts", r->spans ? "span" : "mlm") : ink_model_tokenizer(r->model, &k.t, err);
    if (status == INK_OK && r->pairs)
        status = ink_pair_talk(r, messages, into, err);
    else if (status == INK_OK)
        status = talk_use(&k, into, err);
    ink_json_free(messages);
    ink_json_free(k.so_far);
    ink_ids_clear(&k.ids);
    ink_ids_clear(&k.labels);
    free(k.text);
    return status;
}

void ink_talk_say(ink_json *messages, const char *role, const char *text, size_t n)
{
    ink_json *m = ink_json_new_object();
    ink_json_set(m, "role", ink_json_new_text(role, strlen(role)));
    ink_json_set(m, "content", ink_json_new_text(text, n));
    ink_json_append(messages, m);
}
