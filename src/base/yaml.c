#include "base/yaml.h"

#include "base/file.h"

#include <string.h>
#include <yaml.h>

enum { YAML_BYTES = 1 << 20, YAML_KEY = 256 };

typedef struct yaml_walk {
    const char *path;
    ink_yaml_pair *pair;
    ink_yaml_each *each;
    void *user;
    yaml_parser_t parser;
    ink_buf value;
    char key[YAML_KEY];
    size_t line;
} yaml_walk;

static ink_status yaml_next(yaml_walk *w, yaml_event_t *event, ink_err *err)
{
    if (yaml_parser_parse(&w->parser, event))
        return INK_OK;
    return ink_fail(err, INK_E_FORMAT, "%s, line %zu: %s", w->path, (size_t)w->parser.problem_mark.line + 1, w->parser.problem ? w->parser.problem : "is no YAML");
}

static ink_status yaml_odd(const yaml_walk *w, const yaml_event_t *event, const char *what, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s, line %zu: %s", w->path, (size_t)event->start_mark.line + 1, what);
}

static bool yaml_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (!*text || !strcmp(text, "null") || !strcmp(text, "~"));
}

/* The texts of a list, joined, or handed out as they come. */
static ink_status yaml_list(yaml_walk *w, bool each, ink_err *err)
{
    for (size_t i = 0;; i++) {
        yaml_event_t event;
        INK_TRY(yaml_next(w, &event, err));
        ink_status status = INK_OK;
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        if (event.type == YAML_SCALAR_EVENT) {
            ink_buf_text(&w->value, i && !each ? "," : "");
            ink_buf_add(&w->value, event.data.scalar.value, event.data.scalar.length);
            status = ink_buf_check(&w->value, w->path, err);
            if (status == INK_OK && each) {
                status = w->pair(w->user, w->key, w->value.data, event.start_mark.line + 1, err);
                ink_buf_reset(&w->value);
            }
        } else if (!end)
            status = yaml_odd(w, &event, "a list of texts was expected", err);
        yaml_event_delete(&event);
        if (end || status != INK_OK)
            return status;
    }
}

/* One value; *given says whether there is one, null being none. */
static ink_status yaml_value(yaml_walk *w, bool *given, ink_err *err)
{
    yaml_event_t event;
    INK_TRY(yaml_next(w, &event, err));
    ink_status status = INK_OK;
    ink_buf_reset(&w->value);
    ink_buf_text(&w->value, "");
    *given = true;
    if (event.type == YAML_SCALAR_EVENT) {
        ink_buf_add(&w->value, event.data.scalar.value, event.data.scalar.length);
        *given = !yaml_null(&event);
    } else if (event.type == YAML_SEQUENCE_START_EVENT) {
        *given = !w->each || !w->each(w->user, w->key);
        status = yaml_list(w, !*given, err);
    } else
        status = yaml_odd(w, &event, "a setting is a text, a number, or a list of them", err);
    yaml_event_delete(&event);
    return status == INK_OK ? ink_buf_check(&w->value, w->path, err) : status;
}

static ink_status yaml_key(yaml_walk *w, const yaml_event_t *event, ink_err *err)
{
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.length >= sizeof w->key)
        return yaml_odd(w, event, "settings are lines of the form key: value", err);
    memcpy(w->key, event->data.scalar.value, event->data.scalar.length + 1);
    w->line = event->start_mark.line + 1;
    return INK_OK;
}

static ink_status yaml_pairs(yaml_walk *w, ink_err *err)
{
    for (bool end = false; !end;) {
        yaml_event_t event;
        INK_TRY(yaml_next(w, &event, err));
        ink_status status = INK_OK;
        bool given = false, inside = event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        end = event.type == YAML_MAPPING_END_EVENT || event.type == YAML_STREAM_END_EVENT || event.type == YAML_DOCUMENT_END_EVENT;
        if (!inside && !end)
            status = yaml_key(w, &event, err);
        yaml_event_delete(&event);
        INK_TRY(status);
        if (!inside && !end) {
            INK_TRY(yaml_value(w, &given, err));
            INK_TRY(given ? w->pair(w->user, w->key, w->value.data, w->line, err) : INK_OK);
        }
    }
    return INK_OK;
}

ink_status ink_yaml_read(const char *path, ink_yaml_pair *pair, ink_yaml_each *each, void *user, ink_err *err)
{
    ink_buf text;
    yaml_walk w = { .path = path, .pair = pair, .each = each, .user = user };
    INK_TRY(ink_file_read(path, YAML_BYTES, &text, err));
    ink_buf_init(&w.value, YAML_BYTES);
    if (!yaml_parser_initialize(&w.parser)) {
        ink_buf_clear(&text);
        return ink_fail(err, INK_E_MEMORY, "no memory to read %s", path);
    }
    yaml_parser_set_input_string(&w.parser, (const unsigned char *)text.data, text.len);
    ink_status status = yaml_pairs(&w, err);
    yaml_parser_delete(&w.parser);
    ink_buf_clear(&w.value);
    ink_buf_clear(&text);
    return status;
}
