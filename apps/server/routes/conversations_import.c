/* POST /ui/import: conversations out of such a file, all or none. */
#include "server/chats.h"

static ink_status conversations_import_run(srv_call *c, ink_err *err)
{
    int64_t count;
    INK_TRY(srv_chats_import(c, c->json, &count, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "imported", count);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_conversations_import;
const srv_route srv_route_conversations_import = { .method = "POST", .paths = (const char *const[]){ "/ui/import", NULL }, .about = "Takes conversations out of a file.", .run = conversations_import_run };
