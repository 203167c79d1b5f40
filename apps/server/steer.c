#include "server/steer.h"

#include <string.h>

/* The messages with another word of the system. */
static ink_json *steer_messages(const ink_json *messages, const char *negative)
{
    ink_json *list = ink_json_new_array(), *system = ink_json_new_object();
    ink_json_set(system, "role", ink_json_new_text("system", 6));
    ink_json_set(system, "content", ink_json_new_text(negative, strlen(negative)));
    ink_json_append(list, system);
    for (size_t i = 0; i < ink_json_size(messages); i++) {
        const char *role = ink_json_string(ink_json_get(ink_json_at(messages, i), "role"), "");
        if (!i && (!strcmp(role, "system") || !strcmp(role, "developer")))
            continue;
        ink_json *copy = ink_json_new_object();
        ink_json_update(copy, ink_json_at(messages, i));
        ink_json_append(list, copy);
    }
    return list;
}

static ink_status steer_ids(const srv_call *c, const srv_model *m, const char *negative, const srv_tools *tools, ink_ids *ids, ink_err *err)
{
    INK_TRY(srv_needs_tokenizer(m, err));
    if (!tools)
        return ink_model_prompt_ids(m->model, negative, strlen(negative), ids, err);
    srv_tools other = *tools;
    ink_json *messages = steer_messages(tools->messages, negative);
    other.messages = messages;
    ink_status status = srv_prompt_chat_ids(m, &other, ink_json_get(c->json, "chat_template_kwargs"), ids, err);
    ink_json_free(messages);
    return status;
}

static ink_status steer_negative(srv_call *c, const srv_model *m, const char *negative, const srv_tools *tools, ink_generate_options *o, ink_err *err)
{
    ink_ids ids = { 0 };
    ink_status status = steer_ids(c, m, negative, tools, &ids, err);
    int32_t *kept = status ? NULL : ink_arena_array(c->arena, ids.count + 1, sizeof *kept);
    if (!status && !kept)
        status = ink_arena_refused(c->arena, (ids.count + 1) * sizeof *kept, err);
    if (!status && !ids.count)
        status = ink_fail(err, INK_E_ARGUMENT, "negative holds no token");
    if (!status) {
        memcpy(kept, ids.at, ids.count * sizeof *kept);
        o->negative = kept;
        o->negative_count = ids.count;
    }
    ink_ids_clear(&ids);
    return status;
}

ink_status srv_steer(srv_call *c, const srv_model *m, const ink_steer *steer, const srv_tools *tools, ink_generate_options *o, ink_err *err)
{
    INK_TRY(ink_steer_make(steer, &o->sampling, o, err));
    if (steer->contrast > 0 && !srv_settings(c->server)->contrastive)
        return ink_fail(err, INK_E_ARGUMENT, "penalty_alpha asks for contrastive search, which wants a server that was started with --contrastive");
    return steer->negative ? steer_negative(c, m, steer->negative, tools, o, err) : INK_OK;
}
