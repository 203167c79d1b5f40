/* Conversations that the page keeps, in one SQLite file. Messages are a tree: an edit or another answer is a sibling, and a conversation
   knows the leaf that is being looked at. Each belongs to the key that made it; nobody else sees that it is there. Any thread. */
#ifndef SERVER_CHATS_H
#define SERVER_CHATS_H

#include "server/call.h"

typedef struct srv_chats srv_chats;
ink_status srv_chats_open(srv_chats **out, ink_err *err); /* INKSTONE_HOME/conversations.db, or ~/.inkstone's */
void srv_chats_close(srv_chats *s);                       /* NULL is fine */
srv_chats *srv_chats_of(srv_server *s);                   /* opened when it is first asked for */

/* All of these are for the caller's own conversations; of others they say INK_E_NOT_FOUND. */
ink_status srv_chats_list(srv_call *c, const char *search, ink_jot *j, ink_err *err);          /* an array, the last changed first */
ink_status srv_chats_new(srv_call *c, const ink_json *fields, int64_t *id, ink_err *err);       /* title, model, system, settings */
ink_status srv_chats_get(srv_call *c, int64_t id, ink_jot *j, ink_err *err);                    /* an object with its messages */
ink_status srv_chats_change(srv_call *c, int64_t id, const ink_json *fields, ink_err *err);     /* the same fields, and leaf */
ink_status srv_chats_remove(srv_call *c, int64_t id, ink_err *err);
/* role, content; parent (absent: the first), reasoning, model, info. It becomes the leaf. */
ink_status srv_chats_add(srv_call *c, int64_t id, const ink_json *message, int64_t *added, ink_err *err);
ink_status srv_chats_export(srv_call *c, ink_jot *j, ink_err *err);
ink_status srv_chats_import(srv_call *c, const ink_json *all, int64_t *count, ink_err *err);    /* all or none */

ink_status srv_chats_id(const char *text, int64_t *id, ink_err *err); /* a number out of a path */

#endif
