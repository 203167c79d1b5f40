/* PUT /ui/conversations/: another title, model, system message, settings or leaf. */
#include "server/chats.h"

static ink_status conversation_change_run(srv_call *c, ink_err *err)
{
    int64_t id;
    INK_TRY(srv_chats_id(c->tail, &id, err));
    INK_TRY(srv_chats_change(c, id, c->json, err));
    srv_say_integer(c, NULL, 0);
    return INK_OK;
}

extern const srv_route srv_route_conversation_change;
const srv_route srv_route_conversation_change = { .method = "PUT", .paths = (const char *const[]){ "/ui/conversations/", NULL }, .about = "Changes a conversation.", .run = conversation_change_run };
