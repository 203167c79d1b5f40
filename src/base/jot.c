/* Writes JSON piece by piece; reading it is base/json.h's work. */
#include <ink/jot.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void jot_put(ink_jot *j, const char *text)
{
    j->put(j->user, text, strlen(text));
}

/* Length of the valid UTF-8 sequence at s, or 0. */
static size_t jot_sequence(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80)
        return 1;
    size_t want = s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
    if (!want || want > n)
        return 0;
    for (size_t i = 1; i < want; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return want;
}

static void jot_escape(ink_jot *j, unsigned char c)
{
    static const char letters[][2] = { { '"', '"' }, { '\\', '\\' }, { '\n', 'n' }, { '\r', 'r' }, { '\t', 't' } };
    char text[8];
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i][0] == (char)c) {
            j->put(j->user, (const char[]){ '\\', letters[i][1] }, 2);
            return;
        }
    snprintf(text, sizeof text, "\\u%04x", c);
    jot_put(j, text);
}

static void jot_quoted(ink_jot *j, const char *bytes, size_t n)
{
    jot_put(j, "\"");
    for (size_t i = 0; i < n;) {
        size_t run = i, step = 0;
        while (run < n && (unsigned char)bytes[run] >= 0x20 && bytes[run] != '"' && bytes[run] != '\\' &&
               (step = jot_sequence((const unsigned char *)bytes + run, n - run)))
            run += step;
        if (run > i)
            j->put(j->user, bytes + i, run - i);
        if (run < n && (unsigned char)bytes[run] < 0x80)
            jot_escape(j, (unsigned char)bytes[run]);
        else if (run < n)
            jot_put(j, "\xef\xbf\xbd");
        i = run + 1;
    }
    jot_put(j, "\"");
}

static void jot_key(ink_jot *j, const char *key)
{
    if (j->any)
        jot_put(j, ",");
    j->any = true;
    if (!key)
        return;
    jot_quoted(j, key, strlen(key));
    jot_put(j, ":");
}

static void jot_open(ink_jot *j, const char *key, const char *open, char close)
{
    jot_key(j, key);
    jot_put(j, open);
    assert(j->depth < sizeof j->close);
    j->close[j->depth++] = close;
    j->any = false;
}

void ink_jot_object(ink_jot *j, const char *key)
{
    jot_open(j, key, "{", '}');
}

void ink_jot_array(ink_jot *j, const char *key)
{
    jot_open(j, key, "[", ']');
}

void ink_jot_end(ink_jot *j)
{
    assert(j->depth);
    j->put(j->user, &j->close[--j->depth], 1);
    j->any = true;
}

void ink_jot_bytes(ink_jot *j, const char *key, const char *bytes, size_t n)
{
    jot_key(j, key);
    jot_quoted(j, bytes, n);
}

void ink_jot_text(ink_jot *j, const char *key, const char *text)
{
    if (text)
        ink_jot_bytes(j, key, text, strlen(text));
    else
        ink_jot_null(j, key);
}

void ink_jot_integer(ink_jot *j, const char *key, int64_t v)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)v);
    jot_key(j, key);
    jot_put(j, text);
}

/* In so many digits at most as a double may need (17), or a float (9): what reads back in 15, or 6, has no longer form. */
static void jot_shortest(ink_jot *j, const char *key, double v, bool narrow)
{
    char text[40];
    if (!isfinite(v)) {
        ink_jot_null(j, key);
        return;
    }
    for (int digits = narrow ? 6 : 15, most = narrow ? 9 : 17; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        const double back = digits == most ? v : narrow ? (double)strtof(text, NULL) : strtod(text, NULL);
        if (!(back < v) && !(back > v))
            break;
    }
    jot_key(j, key);
    jot_put(j, text);
}

void ink_jot_number(ink_jot *j, const char *key, double v) { jot_shortest(j, key, v, false); }
void ink_jot_float(ink_jot *j, const char *key, float v) { jot_shortest(j, key, (double)v, true); }

void ink_jot_bool(ink_jot *j, const char *key, bool v)
{
    jot_key(j, key);
    jot_put(j, v ? "true" : "false");
}

void ink_jot_null(ink_jot *j, const char *key)
{
    jot_key(j, key);
    jot_put(j, "null");
}
