#include "server/reply.h"

#include <string.h>

enum { REPLY_PATIENCE = 10 }; /* seconds until a client hears that we are still here */

static void reply_part(void *user, const srv_part *part)
{
    srv_reply *r = user;
    r->shape->part(r, r->out, part, r->piece);
    r->piece = NULL;
}

static void reply_read(srv_reply *r, const srv_piece *p)
{
    if (r->reader) {
        srv_reader_feed(r->reader, p->answer, p->text, p->size, reply_part, r);
        return;
    }
    const srv_part part = { .kind = SRV_CONTENT, .answer = p->answer, .text = p->text, .size = p->size };
    reply_part(r, &part);
}

static void reply_begin(srv_reply *r, ink_buf *out)
{
    r->begun = true;
    if (r->shape->begin)
        r->shape->begin(r, out);
    for (size_t i = 0; r->reader && r->forced && i < srv_text_answers(r->text); i++)
        srv_reader_feed(r->reader, i, r->forced, strlen(r->forced), reply_part, r);
}

static void reply_end(srv_reply *r, ink_buf *out)
{
    ink_err err;
    if (srv_text_wait(r->text, &err)) {
        r->shape->broken(r, out, &err);
        return;
    }
    for (size_t i = 0; r->reader && i < srv_text_answers(r->text); i++)
        srv_reader_end(r->reader, i, reply_part, r);
    r->shape->end(r, out);
}

static bool reply_pull(void *state, ink_buf *out)
{
    srv_reply *r = state;
    srv_piece piece;
    r->out = out;
    r->piece = NULL;
    if (!r->begun) {
        reply_begin(r, out);
        if (out->len)
            return true;
    }
    srv_next next = srv_text_next(r->text, REPLY_PATIENCE, &piece);
    if (next == SRV_PIECE) {
        r->piece = &piece;
        reply_read(r, &piece);
        r->piece = NULL;
    } else if (next == SRV_LATE)
        ink_buf_text(out, r->shape->still);
    else
        reply_end(r, out);
    return next != SRV_OVER;
}

static void reply_close(void *state)
{
    srv_reply *r = state;
    srv_text_free(r->text);
    srv_reader_free(r->reader);
    if (r->shape->clear)
        r->shape->clear(r);
}

void srv_reply_collect(const srv_reply *r, size_t answer, srv_collected *into)
{
    const ink_answer *a = srv_text_answer(r->text, answer);
    srv_collected_init(into);
    if (!r->reader) {
        ink_buf_add(&into->content, a->text, a->text_size);
        return;
    }
    if (r->forced)
        srv_reader_feed(r->reader, answer, r->forced, strlen(r->forced), srv_collect, into);
    srv_reader_feed(r->reader, answer, a->text, a->text_size, srv_collect, into);
    srv_reader_end(r->reader, answer, srv_collect, into);
}

size_t srv_reply_calls(const srv_reply *r, size_t answer)
{
    return srv_reader_calls(r->reader, answer);
}

ink_status srv_reply_send(srv_call *c, srv_reply *r, bool stream, bool read, bool tools, ink_err *err)
{
    r->call = c;
    r->reader = read ? srv_reader_new(srv_text_answers(r->text), tools, true) : NULL;
    c->state = r;
    c->close = reply_close;
    if (read && !r->reader)
        return ink_fail(err, INK_E_MEMORY, "no memory to read an answer");
    if (stream) {
        c->type = r->shape->type;
        c->pull = reply_pull;
        return INK_OK;
    }
    INK_TRY(srv_text_wait(r->text, err));
    r->shape->whole(r, &c->out);
    return INK_OK;
}
