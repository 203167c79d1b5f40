#include "server/reader.h"

#include <stdlib.h>
#include <string.h>

typedef enum reader_state { READER_START, READER_TEXT, READER_THINK, READER_CALLS } reader_state;

typedef struct reader_answer {
    reader_state state;
    bool thought;          /* its thoughts are over, or it never had any */
    ink_buf held;          /* not yet told what it is */
    /* One call that is being read. */
    ink_buf object;        /* from its { on */
    size_t depth, sent;    /* open brackets; bytes of the object that were handed on */
    bool string, escaped, begun, over;
    size_t calls;
} reader_answer;

struct srv_reader {
    bool tools, thoughts;
    size_t count;
    reader_answer answers[];
};

typedef struct reader_out {
    srv_reader *r;
    reader_answer *a;
    size_t answer;
    srv_on_part *on;
    void *user;
} reader_out;

srv_reader *srv_reader_new(size_t answers, bool tools, bool thoughts)
{
    srv_reader *r = calloc(1, sizeof *r + answers * sizeof *r->answers);
    if (r) {
        r->tools = tools;
        r->thoughts = thoughts;
        r->count = answers;
    }
    for (size_t i = 0; r && i < answers; i++) {
        ink_buf_init(&r->answers[i].held, 0);
        ink_buf_init(&r->answers[i].object, 0);
    }
    return r;
}

void srv_reader_free(srv_reader *r)
{
    for (size_t i = 0; r && i < r->count; i++) {
        ink_buf_clear(&r->answers[i].held);
        ink_buf_clear(&r->answers[i].object);
    }
    free(r);
}

size_t srv_reader_calls(const srv_reader *r, size_t answer)
{
    return r ? r->answers[answer].calls : 0;
}

static void reader_emit(reader_out *o, srv_part_kind kind, const char *text, size_t n)
{
    const srv_part part = { .kind = kind, .answer = o->answer, .text = text, .size = n, .call = o->a->calls ? o->a->calls - 1 : 0 };
    if (n)
        o->on(o->user, &part);
}

static void reader_drop(ink_buf *b, size_t n)
{
    memmove(b->data, b->data + n, b->len - n + 1);
    b->len -= n;
}

/* ---- one call ---- */

static const char *call_space(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

/* The end of the string that begins at s; NULL: it goes on. */
static const char *call_string(const char *s)
{
    for (s++; *s && *s != '"'; s++)
        if (*s == '\\' && !*++s)
            return NULL;
    return *s ? s + 1 : NULL;
}

/* What the beginning of an object says already: the name, and where its arguments begin. False: not both. */
static bool call_head(const char *s, char *name, size_t size, size_t *arguments)
{
    const char *all = s, *key, *end;
    bool named = false;
    for (s = call_space(s + 1); *s == '"'; s = call_space(s + (*s == ','))) {
        key = s + 1;
        if (!(end = call_string(s)))
            return false;
        size_t n = (size_t)(end - 1 - key);
        s = call_space(end);
        if (*s != ':')
            return false;
        s = call_space(s + 1);
        if ((n == 9 && !memcmp(key, "arguments", 9)) || (n == 10 && !memcmp(key, "parameters", 10))) {
            *arguments = (size_t)(s - all);
            return named && *s == '{';
        }
        if (*s != '"' || !(end = call_string(s))) /* other values are left to the whole object */
            return false;
        if (n == 4 && !memcmp(key, "name", 4)) {
            snprintf(name, size, "%.*s", (int)(end - s - 2), s + 1);
            named = true;
        }
        s = call_space(end);
    }
    return false;
}

static void call_begin(reader_out *o, const char *name)
{
    char id[64];
    srv_id("call_", id);
    const srv_part part = { .kind = SRV_CALL, .answer = o->answer, .call = o->a->calls++, .id = id, .name = name };
    o->on(o->user, &part);
}

/* The object is whole, and its arguments were not handed on while they came. */
static void call_whole(reader_out *o)
{
    reader_answer *a = o->a;
    ink_json *v = NULL;
    ink_buf text;
    ink_buf_init(&text, 0);
    const ink_json *at = ink_json_parse(a->object.data, a->object.len, "a call", &v, NULL) ? NULL : v;
    at = ink_json_kind(ink_json_get(at, "function")) == INK_JSON_OBJECT ? ink_json_get(at, "function") : at;
    const char *name = ink_json_string(ink_json_get(at, "name"), NULL);
    const ink_json *arguments = ink_json_get(at, "arguments") ? ink_json_get(at, "arguments") : ink_json_get(at, "parameters");
    if (!name)
        reader_emit(o, SRV_CONTENT, a->object.data, a->object.len);
    else {
        size_t n;
        const char *said = ink_json_text(arguments, &n);
        call_begin(o, name);
        if (said)
            ink_buf_add(&text, said, n);
        else if (arguments)
            ink_json_dump(arguments, 0, &text);
        else
            ink_buf_text(&text, "{}");
        reader_emit(o, SRV_ARGUMENTS, text.data, text.len);
    }
    ink_buf_clear(&text);
    ink_json_free(v);
}

static void call_done(reader_out *o)
{
    reader_answer *a = o->a;
    if (!a->begun)
        call_whole(o);
    ink_buf_reset(&a->object);
    a->depth = a->sent = 0;
    a->string = a->escaped = a->begun = a->over = false;
}

/* Follows brackets and strings by one byte. */
static void call_track(reader_answer *a, char c)
{
    if (a->escaped)
        a->escaped = false;
    else if (a->string) {
        a->escaped = c == '\\';
        a->string = c != '"';
    } else if (c == '"')
        a->string = true;
    else if (c == '{' || c == '[')
        a->depth++;
    else if ((c == '}' || c == ']') && a->depth)
        a->depth--;
}

/* Arguments that have come and were not handed on. */
static void call_flush(reader_out *o)
{
    reader_answer *a = o->a;
    if (a->begun && !a->over && a->object.len > a->sent) {
        reader_emit(o, SRV_ARGUMENTS, a->object.data + a->sent, a->object.len - a->sent);
        a->sent = a->object.len;
    }
}

/* Takes bytes of one object; how many it took. */
static size_t call_feed(reader_out *o, const char *text, size_t n)
{
    reader_answer *a = o->a;
    char name[128] = "";
    size_t at = 0;
    while (at < n) {
        char c = text[at++];
        call_track(a, c);
        ink_buf_add(&a->object, &c, 1);
        if (!a->begun && c == '{' && a->depth == 2 && call_head(a->object.data, name, sizeof name, &a->sent)) {
            a->begun = true;
            call_begin(o, name);
        }
        if (a->begun && !a->over && a->depth == 1 && !a->string && c == '}') {
            call_flush(o);
            a->over = true;
        }
        if (!a->depth) {
            call_done(o);
            return at;
        }
    }
    call_flush(o);
    return at;
}

/* ---- what comes in what order ---- */

static const char *const reader_marks[] = { "<tool_call>", "[TOOL_CALLS]", "<|python_tag|>", NULL };
static const char *const reader_skips[] = { "</tool_call>", "<tool_call>", "[TOOL_CALLS]", "<|python_tag|>", NULL };

/* The length of the mark that the text begins with; 0: none does. *maybe: it may become one. */
static size_t reader_mark(const char *const *marks, const char *text, size_t n, bool *maybe)
{
    for (size_t i = 0; marks[i]; i++) {
        size_t m = strlen(marks[i]);
        if (!memcmp(marks[i], text, n < m ? n : m)) {
            if (n >= m)
                return m;
            *maybe = true;
        }
    }
    return 0;
}

static bool reader_begins_think(const reader_out *o, const char *text, size_t n, bool *maybe)
{
    static const char *const think[] = { "<think>", NULL };
    return o->r->thoughts && !o->a->thought && reader_mark(think, text, n, maybe);
}

static bool reader_begins_call(const char *text, size_t n, bool *maybe)
{
    if (reader_mark(reader_marks, text, n, maybe) || *text == '{')
        return true;
    *maybe |= n == 1 && *text == '[';
    return *text == '[' && n > 1 && text[1 + strspn(text + 1, " \n")] == '{';
}

/* False: more must come before anything can be told. */
static bool reader_start(reader_out *o)
{
    ink_buf *b = &o->a->held;
    size_t blank = strspn(b->data, " \t\r\n");
    const char *text = b->data + blank;
    size_t n = b->len - blank;
    bool maybe = false;
    if (reader_begins_think(o, text, n, &maybe)) {
        reader_drop(b, blank + 7);
        o->a->state = READER_THINK;
        return true;
    }
    if (o->r->tools && n && reader_begins_call(text, n, &maybe)) {
        o->a->state = READER_CALLS;
        return true;
    }
    if (maybe || !n)
        return false;
    if (o->a->thought) /* the line breaks after thoughts */
        reader_drop(b, blank);
    o->a->thought = true;
    o->a->state = READER_TEXT;
    return true;
}

/* Gives out what stands before a mark; true: a mark was there, and went. */
static bool reader_until(reader_out *o, srv_part_kind kind, const char *const *marks, const char *firsts, bool keep)
{
    ink_buf *b = &o->a->held;
    for (size_t i = 0; i < b->len; i++) {
        bool maybe = false;
        size_t mark = strchr(firsts, b->data[i]) && b->data[i] ? reader_mark(marks, b->data + i, b->len - i, &maybe) : 0;
        if (!mark && !maybe)
            continue;
        reader_emit(o, kind, b->data, i);
        reader_drop(b, i + (keep ? 0 : mark));
        return mark;
    }
    reader_emit(o, kind, b->data, b->len);
    ink_buf_reset(b);
    return false;
}

static bool reader_text(reader_out *o)
{
    static const char *const none[] = { NULL };
    bool mark = reader_until(o, SRV_CONTENT, o->r->tools ? reader_marks : none, "<[", true);
    o->a->state = mark ? READER_CALLS : READER_TEXT;
    return mark;
}

static bool reader_think(reader_out *o)
{
    static const char *const ends[] = { "</think>", NULL };
    bool mark = reader_until(o, SRV_REASONING, ends, "<", false);
    o->a->state = mark ? READER_START : READER_THINK;
    o->a->thought |= mark;
    return mark;
}

static bool reader_calls(reader_out *o)
{
    ink_buf *b = &o->a->held;
    if (!o->a->depth) {
        bool maybe = false;
        size_t blank = strspn(b->data, " \t\r\n,;"), mark = reader_mark(reader_skips, b->data + blank, b->len - blank, &maybe);
        maybe &= b->len - blank > 1; /* a bracket alone is only a bracket */
        if (!mark && !maybe && (b->data[blank] == '[' || b->data[blank] == ']'))
            mark = b->data[blank] == '[' && b->len - blank == 1 ? 0 : 1;
        reader_drop(b, blank + mark);
        if (mark)
            return b->len > 0;
        if (!b->len || maybe || *b->data == '[' || (*b->data == '<' && b->len == 1))
            return false;
        if (*b->data != '{') {
            o->a->state = READER_TEXT;
            return true;
        }
    }
    reader_drop(b, call_feed(o, b->data, b->len));
    return b->len > 0;
}

void srv_reader_feed(srv_reader *r, size_t answer, const char *text, size_t n, srv_on_part *on, void *user)
{
    static bool (*const steps[])(reader_out *) = { [READER_START] = reader_start, [READER_TEXT] = reader_text, [READER_THINK] = reader_think, [READER_CALLS] = reader_calls };
    reader_answer *a = &r->answers[answer];
    reader_out o = { r, a, answer, on, user };
    ink_buf_add(&a->held, text, n);
    while (a->held.len && !a->held.failed && steps[a->state](&o))
        ;
}

void srv_reader_end(srv_reader *r, size_t answer, srv_on_part *on, void *user)
{
    reader_answer *a = &r->answers[answer];
    reader_out o = { r, a, answer, on, user };
    if (a->depth && !a->begun) /* a call that never came whole is text */
        reader_emit(&o, SRV_CONTENT, a->object.data, a->object.len);
    if (a->state != READER_CALLS)
        reader_emit(&o, a->state == READER_THINK ? SRV_REASONING : SRV_CONTENT, a->held.data, a->held.len);
    ink_buf_reset(&a->held);
}

/* ---- collected ---- */

void srv_collected_init(srv_collected *s)
{
    *s = (srv_collected){ 0 };
    ink_buf_init(&s->content, 0);
    ink_buf_init(&s->reasoning, 0);
}

void srv_collected_clear(srv_collected *s)
{
    ink_buf_clear(&s->content);
    ink_buf_clear(&s->reasoning);
    for (size_t i = 0; i < s->count; i++)
        ink_buf_clear(&s->calls[i].arguments);
    s->count = 0;
}

void srv_collect(void *user, const srv_part *p)
{
    srv_collected *s = user;
    if (p->kind == SRV_CALL && s->count < SRV_CALLS) {
        snprintf(s->calls[s->count].id, sizeof s->calls->id, "%s", p->id);
        snprintf(s->calls[s->count].name, sizeof s->calls->name, "%s", p->name);
        ink_buf_init(&s->calls[s->count++].arguments, 0);
    } else if (p->kind == SRV_ARGUMENTS && p->call < s->count)
        ink_buf_add(&s->calls[p->call].arguments, p->text, p->size);
    else if (p->kind == SRV_CONTENT || p->kind == SRV_REASONING)
        ink_buf_add(p->kind == SRV_CONTENT ? &s->content : &s->reasoning, p->text, p->size);
}
