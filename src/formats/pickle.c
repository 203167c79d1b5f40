/* A pickle is a program for a machine with a stack and numbered notes; this machine only ever puts values together. */
#include "formats/pickle.h"

#include <stdlib.h>
#include <string.h>

enum { PICKLE_DEPTH = 1 << 20, PICKLE_NOTES = 1 << 22 }; /* the most values on the stack, and notes */

typedef struct pickle {
    const uint8_t *start, *at, *end;
    const char *path;
    ink_arena *arena;
    ink_err *err;
    pickle_value **stack, **notes;
    size_t *marks;
    size_t depth, stack_room, note_count, note_room, mark_count, mark_room;
    bool done;
} pickle;

typedef struct pickle_operand {
    uint64_t number;
    ink_text text, second;
} pickle_operand;

static ink_status pickle_bad(const pickle *p, const char *what)
{
    return ink_fail(p->err, INK_E_FORMAT, "%s: its pickle is damaged at byte %zu: %s", p->path, (size_t)(p->at - p->start), what);
}

static ink_status pickle_no_memory(const pickle *p) { return ink_fail(p->err, INK_E_MEMORY, "%s: no memory for its pickle", p->path); }

/* ---- values ---- */

static pickle_value *pickle_new(const pickle *p, pickle_kind kind)
{
    pickle_value *v = ink_arena_alloc(p->arena, sizeof *v);
    if (v)
        *v = (pickle_value){ .kind = kind };
    return v;
}

/* One more in a list that doubles; what it was before stays in the arena. */
static ink_status pickle_put(const pickle *p, pickle_value ***list, size_t *count, size_t *room, pickle_value *v)
{
    if (*count == *room) {
        const size_t wanted = *room ? 2 * *room : 4;
        pickle_value **more = ink_arena_array(p->arena, wanted, sizeof *more);
        if (!more)
            return pickle_no_memory(p);
        if (*count)
            memcpy(more, *list, *count * sizeof *more);
        *list = more;
        *room = wanted;
    }
    (*list)[(*count)++] = v;
    return INK_OK;
}

static ink_status pickle_add(const pickle *p, pickle_value *to, pickle_value *v) { return pickle_put(p, &to->items, &to->count, &to->room, v); }

static ink_status pickle_set(const pickle *p, pickle_value *to, pickle_value *key, pickle_value *v)
{
    INK_TRY(pickle_put(p, &to->entries, &to->entry_count, &to->entry_room, key));
    return pickle_put(p, &to->entries, &to->entry_count, &to->entry_room, v);
}

/* ---- the stack ---- */

/* Room for entry `count` of a plain array. */
static bool pickle_room(void *array, size_t count, size_t *room, size_t size)
{
    void *old, *grown;
    if (count < *room)
        return true;
    size_t wanted = *room ? 2 * *room : 64;
    while (wanted <= count)
        wanted *= 2;
    memcpy(&old, array, sizeof old); /* array points to a typed pointer */
    grown = realloc(old, wanted * size);
    if (!grown)
        return false;
    memset((char *)grown + *room * size, 0, (wanted - *room) * size);
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return true;
}

static ink_status pickle_push(pickle *p, pickle_value *v)
{
    if (p->depth == PICKLE_DEPTH)
        return ink_fail(p->err, INK_E_LIMIT, "%s: its pickle piles up more than %d values", p->path, PICKLE_DEPTH);
    if (!v || !pickle_room(&p->stack, p->depth, &p->stack_room, sizeof *p->stack))
        return pickle_no_memory(p);
    p->stack[p->depth++] = v;
    return INK_OK;
}

/* Values above the last mark are `here`; nothing takes from below it. */
static size_t pickle_here(const pickle *p) { return p->depth - (p->mark_count ? p->marks[p->mark_count - 1] : 0); }

static ink_status pickle_pop(pickle *p, pickle_value **out)
{
    if (!pickle_here(p))
        return pickle_bad(p, "it takes a value that is not there");
    *out = p->stack[--p->depth];
    return INK_OK;
}

/* The last value, which stays. */
static ink_status pickle_top(pickle *p, pickle_value **out)
{
    INK_TRY(pickle_pop(p, out));
    p->depth++;
    return INK_OK;
}

/* Takes the mark away; *first: where the values above it begin. */
static ink_status pickle_unmark(pickle *p, size_t *first)
{
    if (!p->mark_count)
        return pickle_bad(p, "it takes a mark that is not there");
    *first = p->marks[--p->mark_count];
    return INK_OK;
}

/* ---- what opcodes do ---- */

static ink_status op_none(pickle *p, const pickle_operand *o)
{
    (void)o;
    return pickle_push(p, pickle_new(p, PICKLE_NONE));
}

static ink_status pickle_push_integer(pickle *p, pickle_kind kind, int64_t n)
{
    pickle_value *v = pickle_new(p, kind);
    if (v)
        v->integer = n;
    return pickle_push(p, v);
}

static ink_status op_true(pickle *p, const pickle_operand *o)
{
    (void)o;
    return pickle_push_integer(p, PICKLE_BOOL, 1);
}

static ink_status op_false(pickle *p, const pickle_operand *o)
{
    (void)o;
    return pickle_push_integer(p, PICKLE_BOOL, 0);
}

static ink_status op_integer(pickle *p, const pickle_operand *o) { return pickle_push_integer(p, PICKLE_INTEGER, (int64_t)o->number); }
static ink_status op_integer4(pickle *p, const pickle_operand *o) { return pickle_push_integer(p, PICKLE_INTEGER, (int32_t)o->number); }

/* Any number of bytes, the lowest first, the sign in the highest. */
static ink_status op_long(pickle *p, const pickle_operand *o)
{
    const uint8_t *at = (const uint8_t *)o->text.data;
    const size_t n = o->text.size;
    uint64_t value = n && at[n - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = n < 8 ? n : 8; i--;)
        value = value << 8 | at[i];
    return pickle_push_integer(p, PICKLE_INTEGER, n <= 8 ? (int64_t)value : 0);
}

static ink_status op_real(pickle *p, const pickle_operand *o)
{
    pickle_value *v = pickle_new(p, PICKLE_REAL);
    if (v)
        memcpy(&v->real, &o->number, sizeof v->real);
    return pickle_push(p, v);
}

static ink_status op_text(pickle *p, const pickle_operand *o)
{
    pickle_value *v = pickle_new(p, PICKLE_TEXT);
    if (v)
        v->text = o->text;
    return pickle_push(p, v);
}

static ink_status op_list(pickle *p, const pickle_operand *o)
{
    (void)o;
    return pickle_push(p, pickle_new(p, PICKLE_LIST));
}

static ink_status op_dict(pickle *p, const pickle_operand *o)
{
    (void)o;
    return pickle_push(p, pickle_new(p, PICKLE_DICT));
}

static ink_status op_mark(pickle *p, const pickle_operand *o)
{
    (void)o;
    if (p->mark_count == PICKLE_DEPTH || !pickle_room(&p->marks, p->mark_count, &p->mark_room, sizeof *p->marks))
        return pickle_no_memory(p);
    p->marks[p->mark_count++] = p->depth;
    return INK_OK;
}

static ink_status op_pop(pickle *p, const pickle_operand *o)
{
    pickle_value *v = NULL;
    size_t first = 0;
    (void)o;
    return pickle_here(p) ? pickle_pop(p, &v) : pickle_unmark(p, &first);
}

static ink_status op_pop_mark(pickle *p, const pickle_operand *o)
{
    (void)o;
    return pickle_unmark(p, &p->depth);
}

static ink_status op_again(pickle *p, const pickle_operand *o)
{
    pickle_value *v = NULL;
    (void)o;
    INK_TRY(pickle_top(p, &v));
    return pickle_push(p, v);
}

/* The values from `first` on become one list. */
static ink_status pickle_gather(pickle *p, size_t first)
{
    pickle_value *v = pickle_new(p, PICKLE_LIST);
    if (!v)
        return pickle_no_memory(p);
    for (size_t i = first; i < p->depth; i++)
        INK_TRY(pickle_add(p, v, p->stack[i]));
    p->depth = first;
    return pickle_push(p, v);
}

static ink_status op_tuple(pickle *p, const pickle_operand *o)
{
    size_t first = 0;
    (void)o;
    INK_TRY(pickle_unmark(p, &first));
    return pickle_gather(p, first);
}

static ink_status pickle_few(pickle *p, size_t n)
{
    return pickle_here(p) < n ? pickle_bad(p, "it takes a value that is not there") : pickle_gather(p, p->depth - n);
}

static ink_status op_tuple1(pickle *p, const pickle_operand *o) { return (void)o, pickle_few(p, 1); }
static ink_status op_tuple2(pickle *p, const pickle_operand *o) { return (void)o, pickle_few(p, 2); }
static ink_status op_tuple3(pickle *p, const pickle_operand *o) { return (void)o, pickle_few(p, 3); }

static ink_status op_append(pickle *p, const pickle_operand *o)
{
    pickle_value *v = NULL, *to = NULL;
    (void)o;
    INK_TRY(pickle_pop(p, &v));
    INK_TRY(pickle_top(p, &to));
    return pickle_add(p, to, v);
}

/* The values above the mark go into the one below it. */
static ink_status pickle_fill(pickle *p, bool pairs)
{
    size_t first = 0;
    pickle_value *to = NULL;
    INK_TRY(pickle_unmark(p, &first));
    const size_t last = p->depth;
    p->depth = first;
    INK_TRY(pickle_top(p, &to));
    if (pairs && (last - first) % 2)
        return pickle_bad(p, "a key has no value");
    for (size_t i = first; i < last; i += pairs ? 2 : 1)
        INK_TRY(pairs ? pickle_set(p, to, p->stack[i], p->stack[i + 1]) : pickle_add(p, to, p->stack[i]));
    return INK_OK;
}

static ink_status op_appends(pickle *p, const pickle_operand *o) { return (void)o, pickle_fill(p, false); }
static ink_status op_set_all(pickle *p, const pickle_operand *o) { return (void)o, pickle_fill(p, true); }

static ink_status op_set(pickle *p, const pickle_operand *o)
{
    pickle_value *key = NULL, *v = NULL, *to = NULL;
    (void)o;
    INK_TRY(pickle_pop(p, &v));
    INK_TRY(pickle_pop(p, &key));
    INK_TRY(pickle_top(p, &to));
    return pickle_set(p, to, key, v);
}

static ink_status pickle_push_name(pickle *p, ink_text module, ink_text name)
{
    pickle_value *v = pickle_new(p, PICKLE_NAME), *second = pickle_new(p, PICKLE_TEXT);
    if (!v || !second)
        return pickle_no_memory(p);
    v->text = module;
    second->text = name;
    INK_TRY(pickle_add(p, v, second));
    return pickle_push(p, v);
}

static ink_status op_name(pickle *p, const pickle_operand *o) { return pickle_push_name(p, o->text, o->second); }

static ink_status op_stack_name(pickle *p, const pickle_operand *o)
{
    pickle_value *name = NULL, *module = NULL;
    (void)o;
    INK_TRY(pickle_pop(p, &name));
    INK_TRY(pickle_pop(p, &module));
    return pickle_push_name(p, module->text, name->text);
}

/* Of the last values some become parts of a new one. */
static ink_status pickle_wrap(pickle *p, pickle_kind kind, size_t parts)
{
    pickle_value *v = pickle_new(p, kind);
    if (!v)
        return pickle_no_memory(p);
    if (pickle_here(p) < parts)
        return pickle_bad(p, "it takes a value that is not there");
    p->depth -= parts;
    for (size_t i = 0; i < parts; i++)
        INK_TRY(pickle_add(p, v, p->stack[p->depth + i]));
    return pickle_push(p, v);
}

static ink_status op_call(pickle *p, const pickle_operand *o) { return (void)o, pickle_wrap(p, PICKLE_CALL, 2); }
static ink_status op_outside(pickle *p, const pickle_operand *o) { return (void)o, pickle_wrap(p, PICKLE_OUTSIDE, 1); }

/* The attributes of an object; nobody here asks for them. */
static ink_status op_build(pickle *p, const pickle_operand *o)
{
    pickle_value *v = NULL;
    (void)o;
    INK_TRY(pickle_pop(p, &v));
    return pickle_top(p, &v);
}

static ink_status pickle_note(pickle *p, uint64_t n)
{
    pickle_value *v = NULL;
    INK_TRY(pickle_top(p, &v));
    if (n >= PICKLE_NOTES)
        return ink_fail(p->err, INK_E_LIMIT, "%s: its pickle keeps more than %d notes", p->path, PICKLE_NOTES);
    if (!pickle_room(&p->notes, (size_t)n, &p->note_room, sizeof *p->notes))
        return pickle_no_memory(p);
    p->notes[n] = v;
    p->note_count = n >= p->note_count ? (size_t)n + 1 : p->note_count;
    return INK_OK;
}

static ink_status op_note(pickle *p, const pickle_operand *o) { return pickle_note(p, o->number); }
static ink_status op_note_next(pickle *p, const pickle_operand *o) { return (void)o, pickle_note(p, p->note_count); }

static ink_status op_noted(pickle *p, const pickle_operand *o)
{
    pickle_value *v = o->number < p->note_count ? p->notes[o->number] : NULL;
    return v ? pickle_push(p, v) : pickle_bad(p, "it reads a note that was not written");
}

static ink_status op_stop(pickle *p, const pickle_operand *o)
{
    (void)o;
    p->done = true;
    return INK_OK;
}

static ink_status op_nothing(pickle *p, const pickle_operand *o) { return (void)p, (void)o, INK_OK; }

/* ---- opcodes ---- */

typedef enum pickle_form { /* what follows an opcode */
    FORM_NONE, FORM_1, FORM_2, FORM_4, FORM_8, /* a number of so many bytes, the lowest first */
    FORM_REAL,                                 /* eight bytes, the highest first */
    FORM_TEXT1, FORM_TEXT4, FORM_TEXT8,        /* a length of so many bytes, then the bytes */
    FORM_LINES,                                /* two lines */
} pickle_form;

static const struct {
    uint8_t code;
    pickle_form form;
    ink_status (*run)(pickle *p, const pickle_operand *o);
} pickle_ops[] = {
    { 0x80, FORM_1, op_nothing }, { 0x95, FORM_8, op_nothing }, { '.', FORM_NONE, op_stop }, { '(', FORM_NONE, op_mark }, { '0', FORM_NONE, op_pop },
    { '1', FORM_NONE, op_pop_mark }, { '2', FORM_NONE, op_again }, { 'N', FORM_NONE, op_none }, { 0x88, FORM_NONE, op_true }, { 0x89, FORM_NONE, op_false },
    { 'K', FORM_1, op_integer }, { 'M', FORM_2, op_integer }, { 'J', FORM_4, op_integer4 }, { 0x8a, FORM_TEXT1, op_long }, { 0x8b, FORM_TEXT4, op_long },
    { 'G', FORM_REAL, op_real }, { 'X', FORM_TEXT4, op_text }, { 0x8c, FORM_TEXT1, op_text }, { 0x8d, FORM_TEXT8, op_text }, { 'U', FORM_TEXT1, op_text },
    { 'T', FORM_TEXT4, op_text }, { 'C', FORM_TEXT1, op_text }, { 'B', FORM_TEXT4, op_text }, { 0x8e, FORM_TEXT8, op_text }, { 0x96, FORM_TEXT8, op_text },
    { ']', FORM_NONE, op_list }, { ')', FORM_NONE, op_list }, { 0x8f, FORM_NONE, op_list }, { '}', FORM_NONE, op_dict }, { 't', FORM_NONE, op_tuple },
    { 0x91, FORM_NONE, op_tuple }, { 0x85, FORM_NONE, op_tuple1 }, { 0x86, FORM_NONE, op_tuple2 }, { 0x87, FORM_NONE, op_tuple3 },
    { 'a', FORM_NONE, op_append }, { 'e', FORM_NONE, op_appends }, { 0x90, FORM_NONE, op_appends }, { 's', FORM_NONE, op_set },
    { 'u', FORM_NONE, op_set_all }, { 'c', FORM_LINES, op_name }, { 0x93, FORM_NONE, op_stack_name }, { 'R', FORM_NONE, op_call },
    { 0x81, FORM_NONE, op_call }, { 'b', FORM_NONE, op_build }, { 'Q', FORM_NONE, op_outside }, { 'q', FORM_1, op_note }, { 'r', FORM_4, op_note },
    { 0x94, FORM_NONE, op_note_next }, { 'h', FORM_1, op_noted }, { 'j', FORM_4, op_noted },
};

static const struct {
    uint8_t bytes; /* of the number */
    bool turned, text;
} pickle_forms[] = {
    [FORM_1] = { 1, false, false }, [FORM_2] = { 2, false, false }, [FORM_4] = { 4, false, false }, [FORM_8] = { 8, false, false }, [FORM_REAL] = { 8, true, false },
    [FORM_TEXT1] = { 1, false, true }, [FORM_TEXT4] = { 4, false, true }, [FORM_TEXT8] = { 8, false, true }, [FORM_LINES] = { 0, false, false },
};

static bool pickle_line(pickle *p, ink_text *out)
{
    const uint8_t *end = memchr(p->at, '\n', (size_t)(p->end - p->at));
    if (!end)
        return false;
    *out = (ink_text){ (const char *)p->at, (size_t)(end - p->at) };
    p->at = end + 1;
    return true;
}

static bool pickle_take(pickle *p, pickle_form form, pickle_operand *o)
{
    const size_t n = pickle_forms[form].bytes;
    if (form == FORM_LINES)
        return pickle_line(p, &o->text) && pickle_line(p, &o->second);
    if (n > (size_t)(p->end - p->at))
        return false;
    for (size_t i = 0; i < n; i++)
        o->number |= (uint64_t)p->at[i] << 8 * (pickle_forms[form].turned ? n - 1 - i : i);
    p->at += n;
    if (!pickle_forms[form].text)
        return true;
    if (o->number > (uint64_t)(p->end - p->at))
        return false;
    o->text = (ink_text){ (const char *)p->at, (size_t)o->number };
    p->at += o->number;
    return true;
}

static ink_status pickle_step(pickle *p)
{
    if (p->at == p->end)
        return pickle_bad(p, "it ends without an end");
    const uint8_t code = *p->at;
    for (size_t i = 0; i < sizeof pickle_ops / sizeof *pickle_ops; i++) {
        pickle_operand o = { 0 };
        if (pickle_ops[i].code != code)
            continue;
        p->at++;
        return pickle_take(p, pickle_ops[i].form, &o) ? pickle_ops[i].run(p, &o) : pickle_bad(p, "it ends inside of a value");
    }
    return ink_fail(p->err, INK_E_UNSUPPORTED, "%s: its pickle has the opcode 0x%02x at byte %zu, which no checkpoint needs", p->path, code, (size_t)(p->at - p->start));
}

ink_status pickle_read(ink_text bytes, const char *path, ink_arena *arena, const pickle_value **out, size_t *used, ink_err *err)
{
    const uint8_t *start = (const uint8_t *)bytes.data;
    pickle p = { .start = start, .at = start, .end = start + bytes.size, .path = path, .arena = arena, .err = err };
    pickle_value *v = NULL;
    ink_status status = INK_OK;
    while (status == INK_OK && !p.done)
        status = pickle_step(&p);
    if (status == INK_OK)
        status = pickle_pop(&p, &v);
    free(p.stack);
    free(p.notes);
    free(p.marks);
    *out = v;
    *used = (size_t)(p.at - p.start);
    return status;
}

/* ---- reading ---- */

const pickle_value *pickle_item(const pickle_value *v, size_t i) { return v && i < v->count ? v->items[i] : NULL; }

static bool pickle_says(ink_text t, const char *text) { return t.size == strlen(text) && !memcmp(t.data, text, t.size); }

const pickle_value *pickle_entry(const pickle_value *v, const char *key)
{
    for (size_t i = 0; v && i + 1 < v->entry_count; i += 2)
        if (v->entries[i]->kind == PICKLE_TEXT && pickle_says(v->entries[i]->text, key))
            return v->entries[i + 1];
    return NULL;
}

bool pickle_is_name(const pickle_value *v, const char *module, const char *name)
{
    return v && v->kind == PICKLE_NAME && pickle_says(v->text, module) && pickle_says(v->items[0]->text, name);
}

int64_t pickle_integer(const pickle_value *v, int64_t otherwise) { return v && (v->kind == PICKLE_INTEGER || v->kind == PICKLE_BOOL) ? v->integer : otherwise; }
