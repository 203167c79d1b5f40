/* DELETE /ui/training/NUMBER: a run saves, and ends. */
#include "server/chats.h"
#include "server/training.h"

static ink_status stop_run(srv_call *c, ink_err *err)
{
    int64_t id;
    INK_TRY(srv_chats_id(c->tail, &id, err));
    INK_TRY(srv_training_stop(c, id, err));
    srv_say_integer(c, NULL, 0);
    return INK_OK;
}

extern const srv_route srv_route_training_stop;
const srv_route srv_route_training_stop = { .method = "DELETE", .paths = (const char *const[]){ "/ui/training/", NULL }, .about = "Ends a run of training.", .run = stop_run };
