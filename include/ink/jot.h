/* ink/jot.h: writing JSON as it comes, through a callback. Commas, quotes and escapes are seen to; bytes that are not
   UTF-8 become U+FFFD. key is NULL inside an array. A jot belongs to one thread and holds nothing to free. */
#ifndef INK_JOT_H
#define INK_JOT_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ink_jot {
    void (*put)(void *user, const char *bytes, size_t n);
    void *user;
    unsigned depth;
    bool any; /* something stands before the next value at this depth */
    char close[64];
} ink_jot; /* start as { .put = …, .user = … } */

INK_API void ink_jot_object(ink_jot *j, const char *key);
INK_API void ink_jot_array(ink_jot *j, const char *key);
INK_API void ink_jot_end(ink_jot *j); /* closes the innermost object or array */
INK_API void ink_jot_text(ink_jot *j, const char *key, const char *text); /* NULL writes null */
INK_API void ink_jot_bytes(ink_jot *j, const char *key, const char *bytes, size_t n);
INK_API void ink_jot_integer(ink_jot *j, const char *key, int64_t v);
INK_API void ink_jot_number(ink_jot *j, const char *key, double v); /* shortest that reads back; not finite: null */
INK_API void ink_jot_float(ink_jot *j, const char *key, float v);   /* the same, read back as a float */
INK_API void ink_jot_bool(ink_jot *j, const char *key, bool v);
INK_API void ink_jot_null(ink_jot *j, const char *key);

#endif
