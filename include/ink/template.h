/* ink/template.h: chat templates, in the subset of Jinja that real models use. A template sees only the values it is
   given; steps, depth and output are limited, so a hostile template ends in a sentence. */
#ifndef INK_TEMPLATE_H
#define INK_TEMPLATE_H

#include <ink/err.h>
#include <stddef.h>

typedef struct ink_template ink_template;

INK_API ink_status ink_template_parse(const char *source, size_t n, ink_template **out, ink_err *err);
INK_API void ink_template_free(ink_template *t); /* NULL is fine */

typedef struct ink_template_limits {
    size_t steps, depth, output_bytes; /* 0: 10 million, 200, 64 MiB */
} ink_template_limits;

/* Renders with the variables of a JSON object text ({"messages":[…],"add_generation_prompt":true,"bos_token":"<s>",…}).
   *out is malloc'd, NUL-terminated, and the caller's to free. trim_blocks and lstrip_blocks are on, as in transformers. */
INK_API ink_status ink_template_render(const ink_template *t, const char *variables_json, size_t n, const ink_template_limits *limits,
                                       char **out, size_t *out_size, ink_err *err);

#endif
