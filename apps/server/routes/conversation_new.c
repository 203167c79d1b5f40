/* POST /ui/conversations: a new conversation. */
#include "server/chats.h"

static ink_status conversation_new_run(srv_call *c, ink_err *err)
{
    int64_t id;
    INK_TRY(srv_chats_new(c, c->json, &id, err));
    srv_say_integer(c, "id", id);
    return INK_OK;
}

extern const srv_route srv_route_conversation_new;
const srv_route srv_route_conversation_new = { .method = "POST", .paths = (const char *const[]){ "/ui/conversations", NULL }, .about = "A new conversation.", .run = conversation_new_run };
