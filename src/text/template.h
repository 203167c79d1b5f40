/* Rendering with variables that are in memory already. */
#ifndef INK_TEXT_TEMPLATE_H
#define INK_TEXT_TEMPLATE_H

#include "base/json.h"

#include <ink/template.h>

/* As ink_template_render; variables is an object, and stays the caller's. */
ink_status ink_template_render_with(const ink_template *t, const ink_json *variables, const ink_template_limits *limits, char **out, size_t *out_size,
                                    ink_err *err);

#endif
