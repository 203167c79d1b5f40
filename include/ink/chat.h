/* ink/chat.h: a conversation into the prompt that a model was taught with. */
#ifndef INK_CHAT_H
#define INK_CHAT_H

#include <ink/tokenizer.h>

typedef struct ink_chat_options {  /* all zero: the model's own template, an answer is to follow */
    const char *template_source;   /* NULL: the model's own; NUL-terminated UTF-8 */
    bool no_generation_prompt;     /* do not open the assistant's answer */
    const char *tools_json;        /* an array of tools as OpenAI writes them, or NULL */
    const char *documents_json;    /* an array of documents, or NULL */
    const char *variables_json;    /* an object of further variables ({"enable_thinking":false}), which win over those above; or NULL */
} ink_chat_options;

/* messages_json: an array of {"role":…,"content":…}; other fields reach the template as they are. The template sees messages,
   add_generation_prompt, tools and documents (none where not given), bos_token and eos_token (undefined where the model has
   none), strftime_now and the further variables. *out is malloc'd, NUL-terminated, and the caller's to free.
   A template may have written BOS itself: tokenise with INK_TOKENIZE_SPECIAL and put BOS in front only where it is missing.
   INK_E_NOT_FOUND: the model has no template (a base model continues text). INK_E_ARGUMENT: the messages are not what they
   should be, or the template refuses them, in its own words. options NULL: all zero. Any number of threads. */
INK_API ink_status ink_chat_render(const ink_tokenizer *t, const char *messages_json, size_t n, const ink_chat_options *options, char **out, size_t *out_size,
                                   ink_err *err);

#endif
