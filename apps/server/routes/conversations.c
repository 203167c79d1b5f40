/* GET /ui/conversations: the caller's conversations, those that hold ?search= where it is given. */
#include "server/chats.h"

static ink_status conversations_run(srv_call *c, ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    INK_TRY(srv_chats_list(c, srv_query(c, "search"), &j, err));
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_conversations;
const srv_route srv_route_conversations = { .method = "GET", .paths = (const char *const[]){ "/ui/conversations", NULL }, .about = "The conversations that the page keeps.", .run = conversations_run };
