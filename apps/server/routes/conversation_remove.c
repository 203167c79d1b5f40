/* DELETE /ui/conversations/: one conversation less. */
#include "server/chats.h"

static ink_status conversation_remove_run(srv_call *c, ink_err *err)
{
    int64_t id;
    INK_TRY(srv_chats_id(c->tail, &id, err));
    INK_TRY(srv_chats_remove(c, id, err));
    srv_say_integer(c, NULL, 0);
    return INK_OK;
}

extern const srv_route srv_route_conversation_remove;
const srv_route srv_route_conversation_remove = { .method = "DELETE", .paths = (const char *const[]){ "/ui/conversations/", NULL }, .about = "Deletes a conversation.", .run = conversation_remove_run };
