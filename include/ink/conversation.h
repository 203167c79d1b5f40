/* ink/conversation.h: turns with a model that chats. Messages are kept as text; each reply renders them through the chat
   template, and computes only what the last reply's keys and values do not already cover. One thread at a time. */
#ifndef INK_CONVERSATION_H
#define INK_CONVERSATION_H

#include <ink/generate.h>

typedef struct ink_conversation ink_conversation;

/* template_source: a chat template (copied); NULL: the model's own, INK_E_NOT_FOUND when it has none. */
INK_API ink_status ink_conversation_new(ink_llm *llm, const char *template_source, ink_conversation **out, ink_err *err);
INK_API void ink_conversation_free(ink_conversation *c); /* NULL is fine; before its ink_llm is closed */

typedef struct ink_message {
    const char *role;    /* "system", "user", "assistant" */
    const char *content; /* NUL-terminated */
} ink_message;
INK_API size_t ink_conversation_count(const ink_conversation *c);
INK_API ink_message ink_conversation_at(const ink_conversation *c, size_t i); /* borrowed until the conversation changes */
INK_API ink_status ink_conversation_add(ink_conversation *c, const char *role, const char *content, ink_err *err);
INK_API void ink_conversation_keep(ink_conversation *c, size_t count); /* forgets the later messages; 0 all */
/* Sets the system message, which comes first; NULL or "" takes it away. */
INK_API ink_status ink_conversation_system(ink_conversation *c, const char *content, ink_err *err);

/* With guidance answers are driven away from those to the same messages with this system message (copied), whose beginning is computed for every
   answer; NULL: from those to nothing. */
INK_API ink_status ink_conversation_away(ink_conversation *c, const char *content, ink_err *err);

/* The model's answer to what has been said, which becomes a message. options->answers must be 0 or 1. A conversation that
   has outgrown the context is INK_E_LIMIT, with both numbers, and stays as it was. */
INK_API ink_status ink_conversation_reply(ink_conversation *c, const ink_generate_options *options, ink_generation *out, ink_err *err);

/* JSON, {"messages":[{"role":…,"content":…}]}; the file appears whole. Loading takes a bare array too, and after a failure
   the conversation is as it was. */
INK_API ink_status ink_conversation_save(const ink_conversation *c, const char *path, ink_err *err);
INK_API ink_status ink_conversation_load(ink_conversation *c, const char *path, ink_err *err);

#endif
