/* ink/json.h: JSON through jansson, behind names of our own: the library appears in json.c alone.
   A value is borrowed from its root; only roots are freed. Depth is bounded by jansson (2048). */
#ifndef INK_JSON_H
#define INK_JSON_H

#include <ink/buf.h>
#include <stdint.h>

typedef struct json_t ink_json;

typedef enum ink_json_type {
    INK_JSON_OBJECT, INK_JSON_ARRAY, INK_JSON_STRING, INK_JSON_INTEGER, INK_JSON_REAL, INK_JSON_TRUE, INK_JSON_FALSE, INK_JSON_NULL,
    INK_JSON_ABSENT,
} ink_json_type;

/* `source` names the text in sentences. Duplicate keys are an error. Integers beyond 64 bits are an error. */
INK_API ink_status ink_json_parse(const char *text, size_t n, const char *source, ink_json **out, ink_err *err);
INK_API ink_status ink_json_read(const char *path, size_t max_bytes, ink_json **out, ink_err *err);
/* For other people's settings, which may hold integers beyond 64 bits: when one does, all numbers are read as reals. A NUL in a key,
   which jansson does not read, becomes U+FDE5, which is no character and stands in no vocabulary that we know. */
#define INK_JSON_NUL "\xef\xb7\xa5"
INK_API ink_status ink_json_read_settings(const char *path, size_t max_bytes, ink_json **out, ink_err *err);
INK_API void ink_json_free(ink_json *root);

/* All readers accept NULL (an absent value) and answer with the absent type or the default. */
INK_API ink_json_type ink_json_kind(const ink_json *v);
INK_API const ink_json *ink_json_get(const ink_json *object, const char *key);
INK_API const ink_json *ink_json_at(const ink_json *array, size_t i);
INK_API size_t ink_json_size(const ink_json *v); /* entries of an object or array, else 0 */
INK_API const char *ink_json_text(const ink_json *v, size_t *length); /* NULL unless a string; may hold NULs */
INK_API const char *ink_json_string(const ink_json *v, const char *def);
INK_API int64_t ink_json_integer(const ink_json *v, int64_t def); /* reals are truncated when exact */
INK_API double ink_json_number(const ink_json *v, double def);
INK_API int ink_json_bool(const ink_json *v, int def);
/* Walks an object in file order: start with it = NULL; returns NULL at the end. */
INK_API void *ink_json_next(const ink_json *object, void *it, const char **key, const ink_json **value);

INK_API ink_json *ink_json_new_object(void);
INK_API ink_json *ink_json_new_array(void);
INK_API ink_json *ink_json_new_text(const char *text, size_t n); /* bytes that are not UTF-8 become U+FFFD */
INK_API ink_json *ink_json_new_integer(int64_t v);
INK_API ink_json *ink_json_new_number(double v);  /* not finite: null */
INK_API ink_json *ink_json_new_bool(int v);
INK_API ink_json *ink_json_new_null(void);
INK_API void ink_json_set(ink_json *object, const char *key, ink_json *value); /* takes value over */
INK_API void ink_json_update(ink_json *object, const ink_json *with);          /* every entry of `with`, over those of the same name; shared */
INK_API void ink_json_share(ink_json *object, const char *key, const ink_json *value); /* as set, but value stays where it is too */
INK_API void ink_json_append(ink_json *array, ink_json *value);                /* takes value over */
INK_API void ink_json_dump(const ink_json *v, int indent, ink_buf *out);       /* indent 0: one line; keys in the order they were set */
INK_API ink_status ink_json_write(const char *path, const ink_json *v, ink_err *err); /* a file for people: indented, appears whole */

#endif
