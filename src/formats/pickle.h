/* Python's pickles as data: what a pickle would have Python build becomes a tree of values. Nothing is built, called or looked up:
   a class or a function is its name, a call is the name and the arguments. Opcodes: Python's own Lib/pickletools.py, those of
   protocols 2 to 5 that checkpoints hold. */
#ifndef INK_FORMATS_PICKLE_H
#define INK_FORMATS_PICKLE_H

#include <ink/arena.h>
#include <ink/weights.h>

typedef enum pickle_kind {
    PICKLE_NONE, PICKLE_BOOL, PICKLE_INTEGER, PICKLE_REAL,
    PICKLE_TEXT,    /* texts and bytes */
    PICKLE_LIST,    /* lists, tuples, sets */
    PICKLE_DICT,
    PICKLE_NAME,    /* a class or function: text is its module, items[0] its name */
    PICKLE_CALL,    /* items: what is called, its arguments (a list) */
    PICKLE_OUTSIDE, /* what lies outside of the pickle: items[0] says where */
} pickle_kind;

typedef struct pickle_value {
    pickle_kind kind;
    int64_t integer; /* INTEGER (of more than 64 bits: 0), BOOL */
    double real;
    ink_text text;   /* inside the pickle's bytes */
    struct pickle_value **items;   /* may hold the value itself: a walk must be bounded */
    struct pickle_value **entries; /* key, value, key, value …: of a dict, and of what was called to make one */
    size_t count, room, entry_count, entry_room; /* of items; of entries, both parts counted */
} pickle_value;

/* Reads one pickle from the start of `bytes`; *used: how many bytes it has. Values and texts live in the arena and in `bytes`. */
ink_status pickle_read(ink_text bytes, const char *path, ink_arena *arena, const pickle_value **out, size_t *used, ink_err *err);

/* NULL when v is NULL, not of the kind, or has no such thing. */
const pickle_value *pickle_item(const pickle_value *v, size_t i);
const pickle_value *pickle_entry(const pickle_value *v, const char *key);
bool pickle_is_name(const pickle_value *v, const char *module, const char *name);
int64_t pickle_integer(const pickle_value *v, int64_t otherwise);

#endif
