/* What an answer must be, in every way that clients say it: response_format, format, text.format, json_schema, grammar, guided_json and its kin. */
#ifndef SERVER_FORMAT_H
#define SERVER_FORMAT_H

#include "server/models.h"

#include <ink/constraint.h>

/* *out: NULL where the body asks for nothing. INK_E_ARGUMENT and INK_E_FORMAT say what is wrong, also with what a schema holds that is not understood. */
ink_status srv_format_make(const srv_model *m, const ink_json *body, ink_constraint **out, ink_err *err);
/* An object that calls one of these tools (name NULL: any), as {"name": …, KEY: {…}}. */
ink_status srv_format_call(const srv_model *m, const ink_json *tools, const char *name, const char *key, ink_constraint **out, ink_err *err);

#endif
