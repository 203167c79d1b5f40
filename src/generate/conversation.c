#include "base/file.h"
#include "base/json.h"

#include <ink/chat.h>
#include <ink/conversation.h>
#include <ink/jot.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CONVERSATION_FILE = 64 << 20, CONVERSATION_MOST = 100000 };

typedef struct conversation_message {
    char *role, *content;
} conversation_message;

struct ink_conversation {
    ink_llm *llm;
    const ink_tokenizer *tokenizer;
    char *template_source;      /* NULL: the model's own */
    char *away;                 /* the system message of what guidance drives away from; NULL: none */
    conversation_message *messages;
    size_t count, room;
    ink_seq *seq;
    ink_ids held;               /* what seq has computed */
};

ink_status ink_conversation_new(ink_llm *llm, const char *template_source, ink_conversation **out, ink_err *err)
{
    ink_conversation *c = calloc(1, sizeof *c);
    if (!c)
        return ink_fail(err, INK_E_MEMORY, "no memory for a conversation");
    c->llm = llm;
    c->template_source = template_source ? strdup(template_source) : NULL;
    ink_status status = ink_llm_reads(llm) ? ink_fail(err, INK_E_UNSUPPORTED, "this model reads one text and writes another, and was not made to chat; let it answer to a text") : INK_OK;
    if (!status)
        status = ink_model_tokenizer(ink_llm_model(llm), &c->tokenizer, err);
    if (!status && !template_source && !ink_tokenizer_template(c->tokenizer))
        status = ink_fail(err, INK_E_NOT_FOUND, "this model has no chat template, so it was probably not made to chat; give it a template, or let it go on with a text");
    if (!status)
        status = ink_seq_new(llm, &c->seq, err);
    if (status)
        ink_conversation_free(c);
    else
        *out = c;
    return status;
}

void ink_conversation_free(ink_conversation *c)
{
    if (!c)
        return;
    ink_conversation_keep(c, 0);
    ink_ids_clear(&c->held);
    ink_seq_free(c->seq);
    free(c->template_source);
    free(c->away);
    free(c->messages);
    free(c);
}

/* ---- messages ---- */

size_t ink_conversation_count(const ink_conversation *c)
{
    return c->count;
}

ink_message ink_conversation_at(const ink_conversation *c, size_t i)
{
    assert(i < c->count);
    return (ink_message){ .role = c->messages[i].role, .content = c->messages[i].content };
}

static ink_status conversation_insert(ink_conversation *c, size_t at, const char *role, const char *content, ink_err *err)
{
    if (c->count == CONVERSATION_MOST)
        return ink_fail(err, INK_E_LIMIT, "a conversation has at most %d messages", CONVERSATION_MOST);
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        conversation_message *more = realloc(c->messages, room * sizeof *more);
        if (!more)
            return ink_fail(err, INK_E_MEMORY, "no memory for %zu messages", room);
        c->messages = more;
        c->room = room;
    }
    const conversation_message m = { .role = strdup(role), .content = strdup(content) };
    if (!m.role || !m.content) {
        free(m.role);
        free(m.content);
        return ink_fail(err, INK_E_MEMORY, "no memory for a message of %zu bytes", strlen(content));
    }
    memmove(c->messages + at + 1, c->messages + at, (c->count - at) * sizeof *c->messages);
    c->messages[at] = m;
    c->count++;
    return INK_OK;
}

static void conversation_remove(ink_conversation *c, size_t at)
{
    free(c->messages[at].role);
    free(c->messages[at].content);
    c->count--;
    memmove(c->messages + at, c->messages + at + 1, (c->count - at) * sizeof *c->messages);
}

ink_status ink_conversation_add(ink_conversation *c, const char *role, const char *content, ink_err *err)
{
    return conversation_insert(c, c->count, role, content, err);
}

void ink_conversation_keep(ink_conversation *c, size_t count)
{
    while (c->count > count)
        conversation_remove(c, c->count - 1);
}

ink_status ink_conversation_system(ink_conversation *c, const char *content, ink_err *err)
{
    bool has = c->count && !strcmp(c->messages[0].role, "system");
    if (content && *content)
        INK_TRY(conversation_insert(c, 0, "system", content, err));
    if (has)
        conversation_remove(c, content && *content ? 1 : 0);
    return INK_OK;
}

ink_status ink_conversation_away(ink_conversation *c, const char *content, ink_err *err)
{
    char *own = content ? strdup(content) : NULL;
    if (content && !own)
        return ink_fail(err, INK_E_MEMORY, "no memory for a message of %zu bytes", strlen(content));
    free(c->away);
    c->away = own;
    return INK_OK;
}

/* ---- a reply ---- */

static void conversation_put(void *user, const char *bytes, size_t n)
{
    ink_buf_add(user, bytes, n);
}

static void conversation_message_out(ink_jot *j, const char *role, const char *content)
{
    ink_jot_object(j, NULL);
    ink_jot_text(j, "role", role);
    ink_jot_text(j, "content", content);
    ink_jot_end(j);
}

/* system: instead of the conversation's own; NULL: as it is. */
static void conversation_messages(const ink_conversation *c, const char *system, ink_jot *j, const char *key)
{
    ink_jot_array(j, key);
    if (system)
        conversation_message_out(j, "system", system);
    for (size_t i = system && c->count && !strcmp(c->messages[0].role, "system"); i < c->count; i++)
        conversation_message_out(j, c->messages[i].role, c->messages[i].content);
    ink_jot_end(j);
}

static ink_status conversation_render(const ink_conversation *c, const char *system, ink_ids *ids, ink_err *err)
{
    ink_buf messages;
    char *prompt;
    size_t n;
    ink_buf_init(&messages, 0);
    ink_jot j = { .put = conversation_put, .user = &messages };
    conversation_messages(c, system, &j, NULL);
    ink_status status = ink_buf_check(&messages, "the conversation", err);
    const ink_chat_options options = { .template_source = c->template_source };
    if (!status)
        status = ink_chat_render(c->tokenizer, messages.data, messages.len, &options, &prompt, &n, err);
    ink_buf_clear(&messages);
    INK_TRY(status);
    status = ink_prompt_ids(c->tokenizer, prompt, n, ids, err);
    free(prompt);
    return status;
}

/* What the sequence holds stays as far as the prompt repeats it; at least one id is computed anew, for its logits. */
static void conversation_reuse(ink_conversation *c, const ink_ids *ids)
{
    size_t same = 0;
    while (same < c->held.count && same + 1 < ids->count && c->held.at[same] == ids->at[same])
        same++;
    ink_seq_keep(c->seq, same);
}

/* After generating: the prompt, then the answer, as far as they were computed; nothing where tokens may have gone. */
static ink_status conversation_hold(ink_conversation *c, ink_ids *ids, const ink_generation *out, ink_err *err)
{
    ink_status status = INK_OK;
    for (size_t i = 0; out->count && i < out->answers[0].tokens.count && !status; i++)
        status = ink_ids_add(ids, out->answers[0].tokens.at[i], err);
    size_t length = ids->count > ink_llm_context(c->llm) ? 0 : ink_seq_length(c->seq);
    ids->count = ids->count < length ? ids->count : length;
    ink_seq_keep(c->seq, ids->count);
    ink_ids_clear(&c->held);
    c->held = *ids;
    *ids = (ink_ids){ 0 };
    return status;
}

ink_status ink_conversation_reply(ink_conversation *c, const ink_generate_options *options, ink_generation *out, ink_err *err)
{
    ink_ids ids = { 0 }, away = { 0 };
    ink_generate_options o = *options;
    assert(options->answers <= 1);
    *out = (ink_generation){ 0 };
    ink_status status = conversation_render(c, NULL, &ids, err);
    if (!status && c->away)
        status = conversation_render(c, c->away, &away, err);
    if (!status && !o.shift)
        status = ink_generate_fits(ids.count, o.most, ink_llm_context(c->llm), err);
    if (!status) {
        conversation_reuse(c, &ids);
        if (c->away) {
            o.negative = away.at;
            o.negative_count = away.count;
        }
        status = ink_generate(c->llm, c->seq, ids.at, ids.count, &o, out, err);
        ink_status held = conversation_hold(c, &ids, out, status ? NULL : err);
        status = status ? status : held;
    }
    ink_ids_clear(&ids);
    ink_ids_clear(&away);
    if (!status)
        status = ink_conversation_add(c, "assistant", out->answers[0].text, err);
    if (status)
        ink_generation_clear(out);
    return status;
}

/* ---- files ---- */

ink_status ink_conversation_save(const ink_conversation *c, const char *path, ink_err *err)
{
    ink_buf text;
    ink_buf_init(&text, 0);
    ink_jot j = { .put = conversation_put, .user = &text };
    ink_jot_object(&j, NULL);
    conversation_messages(c, NULL, &j, "messages");
    ink_jot_end(&j);
    ink_buf_char(&text, '\n');
    ink_status status = ink_buf_check(&text, "the conversation", err);
    if (!status)
        status = ink_file_write(path, text.data, text.len, err);
    ink_buf_clear(&text);
    return status;
}

static ink_status conversation_read(ink_conversation *c, const char *path, const ink_json *root, ink_err *err)
{
    const ink_json *list = ink_json_kind(root) == INK_JSON_OBJECT ? ink_json_get(root, "messages") : root;
    if (ink_json_kind(list) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_FORMAT, "%s: holds no conversation: there is no list of messages", path);
    for (size_t i = 0; i < ink_json_size(list); i++) {
        const ink_json *m = ink_json_at(list, i);
        const char *role = ink_json_string(ink_json_get(m, "role"), NULL), *content = ink_json_string(ink_json_get(m, "content"), NULL);
        if (!role || !content)
            return ink_fail(err, INK_E_FORMAT, "%s: message %zu lacks a role or a content that are strings", path, i + 1);
        INK_TRY(ink_conversation_add(c, role, content, err));
    }
    return INK_OK;
}

ink_status ink_conversation_load(ink_conversation *c, const char *path, ink_err *err)
{
    ink_json *root;
    ink_conversation fresh = { 0 };
    INK_TRY(ink_json_read(path, CONVERSATION_FILE, &root, err));
    ink_status status = conversation_read(&fresh, path, root, err);
    ink_json_free(root);
    if (!status) {
        const ink_conversation old = *c;
        c->messages = fresh.messages;
        c->count = fresh.count;
        c->room = fresh.room;
        fresh.messages = old.messages;
        fresh.count = old.count;
    }
    ink_conversation_keep(&fresh, 0);
    free(fresh.messages);
    return status;
}
