/* A model as OpenAI's list writes it. */
#ifndef SERVER_OPENAI_MODEL_H
#define SERVER_OPENAI_MODEL_H

#include "server/models.h"

static inline void openai_model(ink_jot *j, const srv_known *m)
{
    ink_jot_object(j, NULL);
    ink_jot_text(j, "id", m->name);
    ink_jot_text(j, "object", "model");
    ink_jot_integer(j, "created", 0);
    ink_jot_text(j, "owned_by", "inkstone");
    ink_jot_text(j, "kind", srv_kinds[m->kind]);
    ink_jot_end(j);
}

#endif
