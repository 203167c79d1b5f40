#include "base/json.h"
#include "base/file.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { JSON_READING = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL };

ink_status ink_json_parse(const char *text, size_t n, const char *source, ink_json **out, ink_err *err)
{
    json_error_t at;
    json_t *root = json_loadb(text, n, JSON_READING, &at);
    if (!root)
        return ink_fail(err, INK_E_FORMAT, "%s: is not valid JSON: line %d, column %d: %s", source, at.line, at.column, at.text);
    *out = root;
    return INK_OK;
}

ink_status ink_json_read(const char *path, size_t max_bytes, ink_json **out, ink_err *err)
{
    ink_buf text;
    INK_TRY(ink_file_read(path, max_bytes, &text, err));
    ink_status status = ink_json_parse(text.data, text.len, path, out, err);
    ink_buf_clear(&text);
    return status;
}

/* Every \u0000 in a key is written over. */
static void json_hide_nuls(char *text, size_t n)
{
    for (size_t at = 0, from, to; at < n; at++) {
        if (text[at] != '"')
            continue;
        for (from = ++at; at < n && text[at] != '"';)
            at += text[at] == '\\' ? 2 : 1;
        to = at + 1;
        while (to < n && strchr(" \t\r\n", text[to]))
            to++;
        if (to >= n || text[to] != ':')
            continue;
        for (; from + 6 <= at; from += text[from] == '\\' ? 2 : 1)
            if (!memcmp(text + from, "\\u0000", 6))
                memcpy(text + from, "\\ufde5", 6);
    }
}

ink_status ink_json_read_settings(const char *path, size_t max_bytes, ink_json **out, ink_err *err)
{
    ink_buf text;
    json_error_t at;
    INK_TRY(ink_file_read(path, max_bytes, &text, err));
    ink_status status = ink_json_parse(text.data, text.len, path, out, err);
    json_t *root = status ? json_loadb(text.data, text.len, JSON_READING | JSON_DECODE_INT_AS_REAL, &at) : NULL;
    if (status && !root && json_error_code(&at) == json_error_null_byte_in_key) {
        json_hide_nuls(text.data, text.len);
        root = json_loadb(text.data, text.len, JSON_READING, &at);
    }
    ink_buf_clear(&text);
    if (!root)
        return status;
    *out = root;
    return INK_OK;
}

void ink_json_free(ink_json *root)
{
    json_decref(root);
}

ink_json_type ink_json_kind(const ink_json *v)
{
    return v ? (ink_json_type)json_typeof(v) : INK_JSON_ABSENT;
}

const ink_json *ink_json_get(const ink_json *object, const char *key)
{
    return json_object_get(object, key);
}

const ink_json *ink_json_at(const ink_json *array, size_t i)
{
    return json_array_get(array, i);
}

size_t ink_json_size(const ink_json *v)
{
    return json_is_object(v) ? json_object_size(v) : json_array_size(v);
}

const char *ink_json_text(const ink_json *v, size_t *length)
{
    if (length)
        *length = json_string_length(v);
    return json_string_value(v);
}

const char *ink_json_string(const ink_json *v, const char *def)
{
    return json_is_string(v) ? json_string_value(v) : def;
}

int64_t ink_json_integer(const ink_json *v, int64_t def)
{
    if (json_is_integer(v))
        return json_integer_value(v);
    double d = json_is_real(v) ? json_real_value(v) : 0.5;
    return d == floor(d) && fabs(d) < 9e15 ? (int64_t)d : def;
}

double ink_json_number(const ink_json *v, double def)
{
    return json_is_number(v) ? json_number_value(v) : def;
}

int ink_json_bool(const ink_json *v, int def)
{
    return json_is_boolean(v) ? json_is_true(v) : def;
}

void *ink_json_next(const ink_json *object, void *it, const char **key, const ink_json **value)
{
    json_t *o = (json_t *)(uintptr_t)object;
    it = it ? json_object_iter_next(o, it) : json_object_iter(o);
    if (it) {
        *key = json_object_iter_key(it);
        *value = json_object_iter_value(it);
    }
    return it;
}

ink_json *ink_json_new_object(void) { return json_object(); }
ink_json *ink_json_new_array(void) { return json_array(); }
ink_json *ink_json_new_integer(int64_t v) { return json_integer(v); }
ink_json *ink_json_new_number(double v) { return isfinite(v) ? json_real(v) : json_null(); }
ink_json *ink_json_new_bool(int v) { return json_boolean(v); }
ink_json *ink_json_new_null(void) { return json_null(); }

/* Length of the well-formed UTF-8 sequence at s, or 0. */
static size_t json_utf8_length(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80)
        return 1;
    size_t want = s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : 0;
    if (!want || n < want)
        return 0;
    for (size_t i = 1; i < want; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    int overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    int beyond = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return overlong || beyond ? 0 : want;
}

ink_json *ink_json_new_text(const char *text, size_t n)
{
    json_t *whole = json_stringn(text, n);
    if (whole)
        return whole;
    ink_buf clean;
    ink_buf_init(&clean, 0);
    for (size_t i = 0, step; i < n; i += step ? step : 1) {
        step = json_utf8_length((const unsigned char *)text + i, n - i);
        ink_buf_add(&clean, step ? text + i : "\xef\xbf\xbd", step ? step : 3);
    }
    whole = json_stringn(clean.data ? clean.data : "", clean.len);
    ink_buf_clear(&clean);
    return whole;
}

void ink_json_set(ink_json *object, const char *key, ink_json *value)
{
    json_object_set_new(object, key, value);
}

void ink_json_update(ink_json *object, const ink_json *with)
{
    json_object_update(object, (json_t *)(uintptr_t)with);
}

void ink_json_share(ink_json *object, const char *key, const ink_json *value)
{
    json_object_set(object, key, (ink_json *)(uintptr_t)value);
}

void ink_json_append(ink_json *array, ink_json *value)
{
    json_array_append_new(array, value);
}

static int json_into_buf(const char *text, size_t n, void *out)
{
    ink_buf_add(out, text, n);
    return ((ink_buf *)out)->failed ? -1 : 0;
}

void ink_json_dump(const ink_json *v, int indent, ink_buf *out)
{
    size_t flags = JSON_ENCODE_ANY | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17) | (indent ? JSON_INDENT((size_t)indent) : 0);
    json_dump_callback(v, json_into_buf, out, flags);
}

ink_status ink_json_write(const char *path, const ink_json *v, ink_err *err)
{
    ink_buf text;
    ink_buf_init(&text, 0);
    ink_json_dump(v, 2, &text);
    ink_buf_char(&text, '\n');
    ink_status status = ink_buf_check(&text, path, err);
    if (status == INK_OK)
        status = ink_file_write(path, text.data, text.len, err);
    ink_buf_clear(&text);
    return status;
}
