/* An answer on its way: text of a model, read for thoughts and calls, written in the shape of a family of clients, whole or as it comes. */
#ifndef SERVER_REPLY_H
#define SERVER_REPLY_H

#include "server/reader.h"
#include "server/shapes.h"
#include "server/text.h"

typedef struct srv_reply srv_reply;

typedef struct srv_shape {
    const char *type;  /* of the stream */
    const char *still; /* sent when nothing came for a while; "": nothing */
    void (*begin)(srv_reply *r, ink_buf *out);                        /* of a stream; NULL: nothing */
    void (*part)(srv_reply *r, ink_buf *out, const srv_part *part, const srv_piece *piece); /* piece: what the part came with; NULL for all but its first */
    void (*end)(srv_reply *r, ink_buf *out);                          /* all answers are complete */
    void (*broken)(srv_reply *r, ink_buf *out, const ink_err *err);
    void (*whole)(srv_reply *r, ink_buf *out);                        /* the same at once */
    void (*clear)(srv_reply *r);                                      /* what the struct holds beside the arena; NULL: nothing */
} srv_shape;

struct srv_reply { /* at the beginning of a shape's own struct, which belongs to the call's arena */
    const srv_shape *shape;
    srv_call *call;
    srv_text *text;
    srv_reader *reader;    /* NULL: the text as it is */
    const char *forced;    /* what the prompt has put into the model's mouth, read before its answer; NULL: nothing */
    bool begun;
    /* While a piece is read: */
    ink_buf *out;
    const srv_piece *piece;
};

/* Takes r->text over. read: tell thoughts from text; tools: and calls. */
ink_status srv_reply_send(srv_call *c, srv_reply *r, bool stream, bool read, bool tools, ink_err *err);
/* For `whole`: an answer told apart. */
void srv_reply_collect(const srv_reply *r, size_t answer, srv_collected *into);
size_t srv_reply_calls(const srv_reply *r, size_t answer); /* at the end of a stream */

#endif
