/* What an answer must be, in every way that clients say it: response_format, format, text.format, json_schema, grammar, regex, choice. */
#ifndef SERVER_FORMAT_H
#define SERVER_FORMAT_H

#include "server/models.h"

/* INK_E_UNSUPPORTED where the body asks for one. */
ink_status srv_format_check(const ink_json *body, ink_err *err);

#endif
