/* What is known of a model without loading it, as Ollama's lists write it. */
#ifndef SERVER_ABOUT_H
#define SERVER_ABOUT_H

#include "server/models.h"

#include <ink/about.h>

/* Opens the file for a look. Texts belong to the arena. */
ink_status srv_about(const char *path, ink_arena *arena, ink_about *out, ink_err *err);
void srv_about_details(ink_jot *j, const ink_about *a, bool voice); /* {"format", "family", "parameter_size", …} under "details" */
void srv_about_file(ink_jot *j, const srv_known *m);                /* name, model, modified_at, size, digest */

#endif
