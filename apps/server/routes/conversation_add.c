/* POST /ui/messages/: one message more for the conversation of that number. */
#include "server/chats.h"

static ink_status conversation_add_run(srv_call *c, ink_err *err)
{
    int64_t id, added;
    INK_TRY(srv_chats_id(c->tail, &id, err));
    INK_TRY(srv_chats_add(c, id, c->json, &added, err));
    srv_say_integer(c, "id", added);
    return INK_OK;
}

extern const srv_route srv_route_conversation_add;
const srv_route srv_route_conversation_add = { .method = "POST", .paths = (const char *const[]){ "/ui/messages/", NULL }, .about = "Adds a message to a conversation.", .run = conversation_add_run };
