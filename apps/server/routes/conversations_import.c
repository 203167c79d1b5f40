/* POST /ui/import: conversations out of such a file, all or none. */
#include "server/chats.h"

static ink_status conversations_import_run(srv_call *c, ink_err *err)
{
    int64_t count;
    INK_TRY(srv_chats_import(c, c->json, &count, err));
    srv_say_integer(c, "imported", count);
    return INK_OK;
}

extern const srv_route srv_route_conversations_import;
const srv_route srv_route_conversations_import = { .method = "POST", .paths = (const char *const[]){ "/ui/import", NULL }, .about = "Takes conversations out of a file.", .run = conversations_import_run };
