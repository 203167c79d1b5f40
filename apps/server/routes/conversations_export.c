/* GET /ui/export: all conversations of the caller in one file. */
#include "server/chats.h"

static ink_status conversations_export_run(srv_call *c, ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    c->name = "attachment; filename=\"inkstone-conversations.json\"";
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "kind", "inkstone conversations");
    ink_jot_integer(&j, "version", 1);
    INK_TRY(srv_chats_export(c, &j, err));
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_conversations_export;
const srv_route srv_route_conversations_export = { .method = "GET", .paths = (const char *const[]){ "/ui/export", NULL }, .about = "All conversations in one file.", .run = conversations_export_run };
