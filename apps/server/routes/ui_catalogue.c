/* GET /ui/catalogue: the models that could be pulled and are not here, with size and licence. */
#include "server/call.h"

#include <ink/store.h>

static ink_status ui_catalogue_run(srv_call *c, ink_err *err)
{
    ink_store_list list = { 0 };
    INK_TRY(ink_store_list_read(&list, err));
    ink_jot j = srv_jot(&c->out);
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "catalogue");
    for (size_t i = 0; i < list.count; i++)
        if (!list.at[i].path) {
            ink_jot_object(&j, NULL);
            ink_jot_text(&j, "name", list.at[i].name);
            ink_jot_text(&j, "about", list.at[i].about);
            ink_jot_text(&j, "licence", list.at[i].licence);
            ink_jot_integer(&j, "bytes", (int64_t)list.at[i].bytes);
            ink_jot_end(&j);
        }
    ink_jot_end(&j);
    ink_jot_end(&j);
    ink_store_list_clear(&list);
    return INK_OK;
}

extern const srv_route srv_route_ui_catalogue;
const srv_route srv_route_ui_catalogue = { .method = "GET", .paths = (const char *const[]){ "/ui/catalogue", NULL }, .about = "The models that could be pulled.", .run = ui_catalogue_run };
