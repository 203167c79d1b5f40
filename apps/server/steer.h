/* Fields of a request that steer its answer (ink/steer.h). */
#ifndef SERVER_STEER_H
#define SERVER_STEER_H

#include "server/prompt.h"

#include <ink/steer.h>

/* Into the options of an answer that this model gives; the ids of the negative beginning live as long as the call. tools: of messages, in which `negative` is what
   the system says; NULL: plain text. o->sampling is set already. */
ink_status srv_steer(srv_call *c, const srv_model *m, const ink_steer *steer, const srv_tools *tools, ink_generate_options *o, ink_err *err);

#endif
