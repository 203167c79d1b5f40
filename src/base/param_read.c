/* Reads settings: from the words of a command line, from one text, from a JSON object. */
#include "base/json.h"

#include <ink/param.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAM_MOST = 256, PARAM_WORD = 96 }; /* settings of one table; letters of a flag */


/* How sentences name a setting: its flag, or its place on the command line. */
static const char *param_said(const ink_param *p, char out[PARAM_WORD])
{
    if (p->bits & INK_PARAM_POSITIONAL)
        snprintf(out, PARAM_WORD, "%s", ink_param_value(p));
    else
        ink_param_flag(p, out, PARAM_WORD);
    return out;
}

static ink_status param_refuse(const ink_param *p, const char *said, const char *given, ink_err *err)
{
    char range[256];
    ink_param_range(p, range, sizeof range);
    const char *kind = p->type == INK_PARAM_REAL ? "a number" : p->type == INK_PARAM_INTS ? "whole numbers separated by commas"
                     : p->type == INK_PARAM_CHOICE ? "one of" : "a whole number";
    return ink_fail(err, INK_E_ARGUMENT, "%s wants %s%s%s%s, not \"%.40s\"", said, kind,
                    !*range ? "" : p->type == INK_PARAM_CHOICE ? " " : " (", range, *range && p->type != INK_PARAM_CHOICE ? ")" : "", given);
}

static bool param_in_range(const ink_param *p, double v)
{
    return isfinite(v) && (!(p->min < p->max) || (v >= p->min && v <= p->max));
}

static ink_status param_set_int(const ink_param *p, const char *said, const char *text, int64_t *at, ink_err *err)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end || !param_in_range(p, (double)v))
        return param_refuse(p, said, text, err);
    *at = v;
    return INK_OK;
}

static ink_status param_set_real(const ink_param *p, const char *said, const char *text, double *at, ink_err *err)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end || !param_in_range(p, v))
        return param_refuse(p, said, text, err);
    *at = v;
    return INK_OK;
}

static ink_status param_set_choice(const ink_param *p, const char *said, const char *text, int *at, ink_err *err)
{
    for (int i = 0; p->choices[i]; i++)
        if (!strcmp(p->choices[i], text)) {
            *at = i;
            return INK_OK;
        }
    return param_refuse(p, said, text, err);
}

static ink_status param_set_ints(const ink_param *p, const char *said, const char *text, ink_arena *arena, ink_param_ints *at, ink_err *err)
{
    size_t room = 1, count = 0;
    for (const char *c = text; *c; c++)
        room += *c == ',';
    int32_t *ints = ink_arena_array(arena, room, sizeof *ints);
    if (!ints)
        return ink_arena_refused(arena, room * sizeof *ints, err);
    for (const char *c = text + strspn(text, " \n\t"); *c;) {
        char *end;
        errno = 0;
        long long v = strtoll(c, &end, 10);
        const char *after = end + strspn(end, " \n\t");
        if (errno || end == c || (*after && *after != ',') || v < INT32_MIN || v > INT32_MAX || !param_in_range(p, (double)v))
            return param_refuse(p, said, c, err);
        ints[count++] = (int32_t)v;
        c = *after ? after + 1 : after;
    }
    *at = (ink_param_ints){ .at = ints, .count = count };
    return INK_OK;
}

static ink_status param_add_text(const char *text, ink_arena *arena, ink_param_texts *at, ink_err *err)
{
    if (!(at->count & (at->count - 1))) { /* full at each power of two: twice the room */
        const char **more = ink_arena_array(arena, at->count ? 2 * at->count : 1, sizeof *more);
        if (!more)
            return ink_arena_refused(arena, 2 * at->count * sizeof *more, err);
        if (at->count)
            memcpy(more, at->at, at->count * sizeof *more);
        at->at = more;
    }
    at->at[at->count++] = text;
    return INK_OK;
}

static ink_status param_set_bool(const char *said, const char *text, bool *at, ink_err *err)
{
    static const char *const words[] = { "false", "true", "off", "on", "no", "yes", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i])) {
            *at = i % 2;
            return INK_OK;
        }
    return ink_fail(err, INK_E_ARGUMENT, "%s is on or off, not \"%.40s\"", said, text);
}

static ink_status param_set_text(const ink_param *p, const char *said, const char *text, ink_arena *arena, void *at, ink_err *err)
{
    switch (p->type) {
    case INK_PARAM_INT: return param_set_int(p, said, text, at, err);
    case INK_PARAM_REAL: return param_set_real(p, said, text, at, err);
    case INK_PARAM_CHOICE: return param_set_choice(p, said, text, at, err);
    case INK_PARAM_INTS: return param_set_ints(p, said, text, arena, at, err);
    case INK_PARAM_TEXTS: return param_add_text(text, arena, at, err);
    case INK_PARAM_BOOL: return param_set_bool(said, text, at, err);
    case INK_PARAM_TEXT:
    case INK_PARAM_PATH:
    case INK_PARAM_MODEL:
    case INK_PARAM_TABLE:
    case INK_PARAM_END: break;
    }
    *(const char **)at = text;
    return INK_OK;
}

/* ---- the command line ---- */

typedef struct param_reading {
    const ink_param *params;
    int argc;
    char *const *argv;
    int next; /* word to read */
    ink_arena *arena;
    char *into;
    bool seen[PARAM_MOST]; /* by place in the walk */
} param_reading;

static bool param_same_name(const char *name, const char *word, size_t n)
{
    size_t i = 0;
    for (; i < n && name[i]; i++)
        if (name[i] != word[i] && !(name[i] == '_' && word[i] == '-'))
            return false;
    return i == n && !name[i];
}

static ink_status param_unknown(const param_reading *r, const char *word, ink_err *err)
{
    char flags[PARAM_MOST][PARAM_WORD];
    const char *names[PARAM_MOST + 1];
    size_t count = 0;
    for (ink_param_walk w = ink_param_first(r->params); w.param && count < PARAM_MOST; ink_param_next(&w))
        if (!(w.param->bits & INK_PARAM_POSITIONAL)) {
            ink_param_flag(w.param, flags[count], PARAM_WORD);
            names[count] = flags[count];
            count++;
        }
    names[count] = NULL;
    char plain[PARAM_WORD];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(word, "="), word);
    const char *near = ink_param_nearest(plain, names);
    return near ? ink_fail(err, INK_E_ARGUMENT, "there is no %.60s here; did you mean %s?", plain, near)
                : ink_fail(err, INK_E_ARGUMENT, "there is no %.60s here", plain);
}

/* The setting that a flag names, as a walk standing on it (param NULL: none). off: it was written --no-NAME. */
static ink_param_walk param_find(const param_reading *r, const char *word, size_t *place, bool *off)
{
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    size_t n = is_long ? strcspn(name, "=") : 1;
    ink_param_walk w = ink_param_first(r->params);
    for (*place = 0; w.param; ink_param_next(&w), ++*place) {
        *off = false;
        if (w.param->bits & INK_PARAM_POSITIONAL)
            continue;
        if (is_long ? param_same_name(w.param->name, name, n) : w.param->flag == *name)
            break;
        *off = true;
        if (is_long && w.param->type == INK_PARAM_BOOL && n > 3 && !strncmp(name, "no-", 3) && param_same_name(w.param->name, name + 3, n - 3))
            break;
    }
    return w;
}

static ink_status param_read_flag(param_reading *r, ink_err *err)
{
    const char *word = r->argv[r->next++];
    size_t place;
    bool off;
    ink_param_walk w = param_find(r, word, &place, &off);
    if (!w.param)
        return param_unknown(r, word, err);
    char said[PARAM_WORD];
    param_said(w.param, said);
    if (place < PARAM_MOST)
        r->seen[place] = true;
    const char *value = word[1] == '-' ? strchr(word, '=') : word[2] ? word + 1 : NULL;
    if (w.param->type == INK_PARAM_BOOL) {
        if (value)
            return ink_fail(err, INK_E_ARGUMENT, "%s takes no value; it is a switch", said);
        *(bool *)(void *)(r->into + w.at) = !off;
        return INK_OK;
    }
    if (!value && r->next >= r->argc)
        return ink_fail(err, INK_E_ARGUMENT, "%s wants a value (%s) after it", said, ink_param_value(w.param));
    value = value ? value + 1 : r->argv[r->next++];
    return param_set_text(w.param, said, value, r->arena, r->into + w.at, err);
}

/* The first positional setting that is still empty, or the one that takes all that remain. */
static ink_status param_read_positional(param_reading *r, ink_err *err)
{
    char *word = r->argv[r->next++];
    size_t place = 0;
    for (ink_param_walk w = ink_param_first(r->params); w.param; ink_param_next(&w), place++) {
        if (!(w.param->bits & INK_PARAM_POSITIONAL) || place >= PARAM_MOST || (r->seen[place] && w.param->type != INK_PARAM_TEXTS))
            continue;
        char said[PARAM_WORD];
        r->seen[place] = true;
        return param_set_text(w.param, param_said(w.param, said), word, r->arena, r->into + w.at, err);
    }
    return ink_fail(err, INK_E_ARGUMENT, "\"%.60s\" is one word too many", word);
}

static ink_status param_check_required(const param_reading *r, ink_err *err)
{
    size_t place = 0;
    for (ink_param_walk w = ink_param_first(r->params); w.param && place < PARAM_MOST; ink_param_next(&w), place++) {
        char said[PARAM_WORD];
        if (!(w.param->bits & INK_PARAM_REQUIRED) || r->seen[place])
            continue;
        param_said(w.param, said);
        return ink_fail(err, INK_E_ARGUMENT, "%s is missing: %s", said, w.param->help);
    }
    return INK_OK;
}

ink_status ink_param_parse(const ink_param *params, int argc, char *const *argv, ink_arena *arena, void *into, ink_err *err)
{
    param_reading r = { .params = params, .argc = argc, .argv = argv, .arena = arena, .into = into };
    ink_param_defaults(params, into);
    for (bool flags = true; r.next < argc;) {
        const char *word = argv[r.next];
        if (flags && !strcmp(word, "--")) {
            flags = false;
            r.next++;
        } else if (flags && word[0] == '-' && word[1])
            INK_TRY(param_read_flag(&r, err));
        else
            INK_TRY(param_read_positional(&r, err));
    }
    return param_check_required(&r, err);
}

ink_status ink_param_set(const ink_param *params, const char *name, const char *value, ink_arena *arena, void *into, ink_err *err)
{
    for (ink_param_walk w = ink_param_first(params); w.param; ink_param_next(&w)) {
        if (!param_same_name(w.param->name, name, strlen(name)))
            continue;
        char *copy = ink_arena_text(arena, value, strlen(value));
        return copy ? param_set_text(w.param, name, copy, arena, (char *)into + w.at, err) : ink_arena_refused(arena, strlen(value), err);
    }
    return ink_fail(err, INK_E_NOT_FOUND, "there is no setting called %.60s", name);
}

/* ---- JSON ---- */

static ink_status param_copy_text(const ink_json *v, ink_arena *arena, const char **out, ink_err *err)
{
    size_t n = 0;
    const char *text = ink_json_text(v, &n);
    *out = ink_arena_text(arena, text, n);
    return *out ? INK_OK : ink_arena_refused(arena, n, err);
}

static ink_status param_json_list(const ink_param *p, const ink_json *v, ink_arena *arena, void *at, ink_err *err)
{
    bool ints = p->type == INK_PARAM_INTS;
    ink_param_texts texts = { 0 };
    int32_t *numbers = ints ? ink_arena_array(arena, ink_json_size(v) + 1, sizeof *numbers) : NULL;
    if (ints && !numbers)
        return ink_arena_refused(arena, ink_json_size(v) * sizeof *numbers, err);
    for (size_t i = 0; i < ink_json_size(v); i++) {
        const ink_json *item = ink_json_at(v, i);
        if (ink_json_kind(item) != (ints ? INK_JSON_INTEGER : INK_JSON_STRING))
            return ink_fail(err, INK_E_ARGUMENT, "%s is a list of %s", p->name, ints ? "whole numbers" : "strings");
        const char *text;
        int64_t n = ink_json_integer(item, 0);
        if (ints && (n < INT32_MIN || n > INT32_MAX || !param_in_range(p, (double)n)))
            return ink_fail(err, INK_E_ARGUMENT, "%s: %lld is out of range", p->name, (long long)n);
        if (ints)
            numbers[i] = (int32_t)n;
        else {
            INK_TRY(param_copy_text(item, arena, &text, err));
            INK_TRY(param_add_text(text, arena, &texts, err));
        }
    }
    if (ints)
        *(ink_param_ints *)at = (ink_param_ints){ .at = numbers, .count = ink_json_size(v) };
    else
        *(ink_param_texts *)at = texts;
    return INK_OK;
}

static ink_status param_json_number(const ink_param *p, const ink_json *v, void *at, ink_err *err)
{
    ink_json_type kind = ink_json_kind(v);
    double x = ink_json_number(v, (double)NAN);
    if ((kind != INK_JSON_INTEGER && kind != INK_JSON_REAL) || !param_in_range(p, x) ||
        (p->type == INK_PARAM_INT && (fabs(x) > 9e15 || x < floor(x) || x > floor(x)))) {
        char given[40];
        snprintf(given, sizeof given, "%.10g", x);
        return param_refuse(p, p->name, kind == INK_JSON_INTEGER || kind == INK_JSON_REAL ? given : ink_json_string(v, "…"), err);
    }
    if (p->type == INK_PARAM_INT)
        *(int64_t *)at = (int64_t)x;
    else
        *(double *)at = x;
    return INK_OK;
}

static ink_status param_json_value(const ink_param *p, const ink_json *v, ink_arena *arena, void *at, ink_err *err)
{
    ink_json_type kind = ink_json_kind(v);
    if (kind == INK_JSON_ABSENT || kind == INK_JSON_NULL)
        return INK_OK;
    if (p->type == INK_PARAM_INT || p->type == INK_PARAM_REAL)
        return param_json_number(p, v, at, err);
    if (p->type == INK_PARAM_BOOL) {
        if (kind != INK_JSON_TRUE && kind != INK_JSON_FALSE)
            return ink_fail(err, INK_E_ARGUMENT, "%s is true or false", p->name);
        *(bool *)at = kind == INK_JSON_TRUE;
        return INK_OK;
    }
    if (kind == INK_JSON_ARRAY && (p->type == INK_PARAM_INTS || p->type == INK_PARAM_TEXTS))
        return param_json_list(p, v, arena, at, err);
    if (kind != INK_JSON_STRING || p->type == INK_PARAM_INTS)
        return ink_fail(err, INK_E_ARGUMENT, "%s is %s", p->name, p->type == INK_PARAM_INTS ? "a list of whole numbers" : "a string");
    const char *text;
    INK_TRY(param_copy_text(v, arena, &text, err));
    if (p->type == INK_PARAM_TEXTS) /* one string stands for a list of one */
        *(ink_param_texts *)at = (ink_param_texts){ 0 };
    return param_set_text(p, p->name, text, arena, at, err);
}

ink_status ink_param_json(const ink_param *params, const char *json, size_t n, ink_arena *arena, void *into, ink_err *err)
{
    ink_json *root;
    INK_TRY(ink_json_parse(json, n, "the request", &root, err));
    ink_status status = INK_OK;
    if (ink_json_kind(root) != INK_JSON_OBJECT)
        status = ink_fail(err, INK_E_ARGUMENT, "the request is not a JSON object");
    for (ink_param_walk w = ink_param_first(params); w.param && status == INK_OK; ink_param_next(&w))
        status = param_json_value(w.param, ink_json_get(root, w.param->name), arena, (char *)into + w.at, err);
    ink_json_free(root);
    return status;
}
