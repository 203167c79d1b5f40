/* ink/template.h: chat templates, in the subset of Jinja that real models use. A template sees only the values it is
   given; steps, depth and output are limited, so a hostile template ends in a sentence. */
#ifndef INK_TEMPLATE_H
#define INK_TEMPLATE_H

#include <ink/err.h>
#include <stddef.h>

typedef struct ink_template ink_template; /* immutable once parsed: any number of threads may render it */

/* At most 1 MiB of UTF-8. Sentences name the line. Statements: for/else with `if`, break, continue, if, set (also of a
   block, of several names, of a namespace's attribute), macro, call, filter, with, generation, raw, print; expressions,
   filters, tests and methods as Jinja2 3.1 in transformers' sandbox has them, whose rendering is matched byte for byte.
   Not understood: recursive loops, include, import, extends, block, autoescape; integers beyond 64 bits are refused.
   raise_exception(message) ends the rendering with INK_E_ARGUMENT and that message. */
INK_API ink_status ink_template_parse(const char *source, size_t n, ink_template **out, ink_err *err);
INK_API void ink_template_free(ink_template *t); /* NULL is fine */

typedef struct ink_template_limits {
    size_t steps, depth, output_bytes; /* 0: 10 million; 1000 (4000 at most) blocks, brackets and calls inside each other; 64 MiB */
} ink_template_limits;

/* Renders with the variables of a JSON object text ({"messages":[…],"add_generation_prompt":true,"bos_token":"<s>",…}).
   *out is malloc'd, NUL-terminated, and the caller's to free. trim_blocks and lstrip_blocks are on, as in transformers. */
INK_API ink_status ink_template_render(const ink_template *t, const char *variables_json, size_t n, const ink_template_limits *limits,
                                       char **out, size_t *out_size, ink_err *err);

#endif
