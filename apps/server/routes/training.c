/* GET /ui/training: the caller's runs of training, with their curves. */
#include "server/training.h"

static ink_status training_run(srv_call *c, ink_err *err)
{
    ink_jot j = srv_jot(&c->out);
    (void)err;
    ink_jot_object(&j, NULL);
    srv_training_list(c, &j);
    ink_jot_end(&j);
    return INK_OK;
}

extern const srv_route srv_route_training;
const srv_route srv_route_training = { .method = "GET", .paths = (const char *const[]){ "/ui/training", NULL }, .about = "Runs of training, with their curves.", .run = training_run };
