/* ink/param.h: settings described once. A const table of ink_param says name, type, range, default and help of every
   field of an options struct; from it come the command-line flag, the JSON field, the help, the man page and the
   shell completion. Tables are const and may be read from any thread; texts that parsing keeps belong to the arena. */
#ifndef INK_PARAM_H
#define INK_PARAM_H

#include <ink/arena.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ink_param_type {   /* the field that `at` points to */
    INK_PARAM_END,              /* closes a table */
    INK_PARAM_BOOL,             /* bool; --name and --no-name */
    INK_PARAM_INT,              /* int64_t */
    INK_PARAM_REAL,             /* double */
    INK_PARAM_TEXT,             /* const char * */
    INK_PARAM_PATH,             /* const char *; completes as a file name */
    INK_PARAM_MODEL,            /* const char *; a catalogue name, a path, or hf:user/repo[:quant] */
    INK_PARAM_CHOICE,           /* int: index into choices */
    INK_PARAM_INTS,             /* ink_param_ints; written 1,2,3 */
    INK_PARAM_TEXTS,            /* ink_param_texts; the flag may be repeated */
    INK_PARAM_TABLE,            /* an embedded struct with a table of its own; name is the heading in help */
} ink_param_type;

typedef struct ink_param_ints {
    const int32_t *at;
    size_t count;
} ink_param_ints;

typedef struct ink_param_texts {
    const char **at;
    size_t count;
} ink_param_texts;

enum { INK_PARAM_POSITIONAL = 1, INK_PARAM_REQUIRED = 2 }; /* a positional TEXTS takes all that remain */

typedef struct ink_param ink_param;
struct ink_param {
    const char *name;           /* as the JSON field spells it; the flag turns _ into - ("top_p" is --top-p) */
    char flag;                  /* one letter, or 0 */
    unsigned char bits;         /* INK_PARAM_POSITIONAL, INK_PARAM_REQUIRED */
    ink_param_type type;
    size_t at;                  /* offsetof the field */
    double min, max;            /* given numbers must lie within; both 0: any. The default may lie outside, to mean "not given" */
    double def;                 /* default of BOOL, INT, REAL and CHOICE; INTS and TEXTS start empty */
    const char *text;           /* default of TEXT, PATH and MODEL; NULL when there is none */
    const char *shown;          /* how help writes the default, where the number would not say it ("physical cores") */
    const char *value;          /* how help writes the value ("N", "FILE"); NULL: from the type */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const ink_param *table;     /* TABLE */
    const char *help;           /* one phrase, lower case, no full stop */
};

INK_API void ink_param_defaults(const ink_param *params, void *into);

/* Reads argc words (program and command already taken off) over the defaults. Unknown flags, missing values and values
   out of range are INK_E_ARGUMENT with a sentence. The texts of argv are kept, not copied. "--" ends the flags. */
INK_API ink_status ink_param_parse(const ink_param *params, int argc, char *const *argv, ink_arena *arena, void *into, ink_err *err);

/* Sets the fields that a JSON object holds; names that the table lacks are ignored, null leaves a field alone, a wrong
   type or a number out of range is INK_E_ARGUMENT and names the field. Texts are copied into the arena. */
INK_API ink_status ink_param_json(const ink_param *params, const char *json, size_t n, ink_arena *arena, void *into, ink_err *err);

/* One setting from its text, as if it had been a flag: `/set temp 0.5`. */
INK_API ink_status ink_param_set(const ink_param *params, const char *name, const char *value, ink_arena *arena, void *into, ink_err *err);

/* Walks a table with its embedded tables in order: `for (ink_param_walk w = ink_param_first(t); w.param; ink_param_next(&w))`. */
enum { INK_PARAM_DEPTH = 4 };
typedef struct ink_param_walk {
    const ink_param *param;     /* NULL at the end; never a TABLE */
    const char *heading;        /* of the innermost table; NULL in the outermost */
    size_t at;                  /* offset from the outermost struct */
    struct {
        const ink_param *next;
        const char *heading;
        size_t base;
    } stack[INK_PARAM_DEPTH];
    size_t depth;
} ink_param_walk;
INK_API ink_param_walk ink_param_first(const ink_param *params);
INK_API void ink_param_next(ink_param_walk *walk);

INK_API const char *ink_param_value(const ink_param *p);                         /* "N", "FILE", …; NULL for a switch */
INK_API void ink_param_flag(const ink_param *p, char *out, size_t size);         /* "--top-p" */
INK_API void ink_param_default(const ink_param *p, char *out, size_t size);      /* "0.95"; empty when there is none */
INK_API void ink_param_range(const ink_param *p, char *out, size_t size);        /* "0 to 1", "f32, f16 or q8"; empty when any */

/* Of `names` (NULL-terminated), the one a person who wrote `word` most likely meant; NULL when none is near. */
INK_API const char *ink_param_nearest(const char *word, const char *const *names);

#endif
