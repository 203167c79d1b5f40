/* ink/modelfile.h: Ollama's Modelfile, as the object that Ollama's /api/create takes: {"from", "adapter", "parameters", "template", "system",
   "messages", "license"}, each where it is said. Instructions: FROM, ADAPTER, PARAMETER NAME VALUE, TEMPLATE, SYSTEM, MESSAGE ROLE TEXT, LICENSE;
   their names in any case; a value is the rest of the line, or stands in "quotes", or in three of them over many lines; # begins a comment. */
#ifndef INK_MODELFILE_H
#define INK_MODELFILE_H

#include <ink/json.h>
#include <ink/sampler.h>
#include <ink/steer.h>

/* where: what the text is called in sentences, which name the line. *out is the caller's to free. */
INK_API ink_status ink_modelfile_parse(const char *text, size_t n, const char *where, ink_json **out, ink_err *err);
INK_API void ink_modelfile_print(const ink_json *made, ink_buf *out); /* the other way */

/* What "parameters" may set, and so what Ollama's "options" may. */
typedef struct ink_made_settings {
    double temperature;   /* below 0: not given */
    int64_t num_predict, num_ctx; /* num_predict below 0: no limit; num_ctx 0: not given */
    ink_param_texts stop;
    ink_sampling sampling;
    ink_steer steer;
} ink_made_settings;
INK_API extern const ink_param ink_made_params[];
/* Whether what is said makes sense: parameters by the table (those that only say how Ollama computes pass), a template in Jinja, messages with a
   role and a content, texts that are texts. INK_E_ARGUMENT names what does not. */
INK_API ink_status ink_modelfile_check(const ink_json *made, ink_err *err);

#endif
