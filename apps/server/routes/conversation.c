/* GET /ui/conversations/: one conversation with its messages. */
#include "server/chats.h"

static ink_status conversation_run(srv_call *c, ink_err *err)
{
    int64_t id;
    ink_jot j = srv_jot(&c->out);
    INK_TRY(srv_chats_id(c->tail, &id, err));
    return srv_chats_get(c, id, &j, err);
}

extern const srv_route srv_route_conversation;
const srv_route srv_route_conversation = { .method = "GET", .paths = (const char *const[]){ "/ui/conversations/", NULL }, .about = "One conversation with its messages.", .run = conversation_run };
