/* From what a request says to the ids that a model reads. */
#ifndef SERVER_PROMPT_H
#define SERVER_PROMPT_H

#include "server/tools.h"

/* Messages of OpenAI's form (content a string, null or parts of text; developer is system; arguments of tool calls as text) into what
   templates expect, through the model's chat template. tools: an array, or NULL; variables: an object for the template, or NULL. */
ink_status srv_prompt_chat(const srv_model *m, const ink_json *messages, const ink_json *tools, const ink_json *variables, bool answer, ink_buf *text, ink_err *err);
/* The same as ids, with what tools put into the model's mouth; *ids is cleared after a failure. */
ink_status srv_prompt_chat_ids(const srv_model *m, const srv_tools *tools, const ink_json *variables, ink_ids *ids, ink_err *err);

/* A prompt as text, or as an array of ids and texts. BOS as the model wants it. */
ink_status srv_prompt_ids(const srv_model *m, const ink_json *prompt, ink_ids *ids, ink_err *err);
/* One prompt, or an array of them: *count lists, malloc'd. At most `most`. */
ink_status srv_prompt_list(const srv_model *m, const ink_json *prompt, size_t most, ink_ids **list, size_t *count, ink_err *err);
void srv_prompt_free(ink_ids *list, size_t count);

/* The text of a content: a string, or parts of text joined by line breaks; malloc'd. Other parts are refused by name. */
ink_status srv_content_text(const ink_json *content, char **text, size_t *size, ink_err *err);

ink_status srv_needs_tokenizer(const srv_model *m, ink_err *err);

#endif
