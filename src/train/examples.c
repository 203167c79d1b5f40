#include "train/examples.h"

#include "base/file.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ink_status examples_room(ink_examples *e, ink_err *err)
{
    if (e->count + 1 < e->room)
        return INK_OK;
    size_t room = e->room ? 2 * e->room : 1024, *starts = realloc(e->starts, room * sizeof *starts);
    e->starts = starts ? starts : e->starts;
    int32_t *firsts = starts ? realloc(e->firsts, room * sizeof *firsts) : NULL;
    e->firsts = firsts ? firsts : e->firsts;
    uint32_t *rows = firsts ? realloc(e->rows, room * sizeof *rows) : NULL;
    e->rows = rows ? rows : e->rows;
    if (!rows)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu samples", room);
    e->room = room;
    return INK_OK;
}

ink_status ink_examples_add(ink_examples *e, const int32_t *ids, const int32_t *targets, int32_t first, size_t n, ink_err *err)
{
    size_t scored = 0;
    for (size_t i = 0; i < n; i++)
        scored += targets ? targets[i] >= 0 : i + 1 < n;
    if (!scored) {
        e->dropped++;
        return INK_OK;
    }
    INK_TRY(examples_room(e, err));
    e->starts[e->count] = e->ids.count;
    e->firsts[e->count] = first;
    e->rows[e->count] = (uint32_t)e->row;
    for (size_t i = 0; i < n; i++) {
        INK_TRY(ink_ids_add(&e->ids, ids[i], err));
        INK_TRY(ink_ids_add(&e->targets, targets ? targets[i] : i + 1 < n ? ids[i + 1] : INK_IGNORED, err));
    }
    e->starts[++e->count] = e->ids.count;
    e->longest = n > e->longest ? n : e->longest;
    return INK_OK;
}

void ink_examples_clear(ink_examples *e)
{
    ink_ids_clear(&e->ids);
    ink_ids_clear(&e->targets);
    free(e->starts);
    free(e->firsts);
    free(e->rows);
    *e = (ink_examples){ 0 };
}

static const ink_rows_format *const examples_formats[] = {
#define INK_ROWS(name) &ink_rows_##name,
#include "train/formats.def"
#undef INK_ROWS
};
enum { EXAMPLES_FORMATS = sizeof examples_formats / sizeof *examples_formats };

static ink_status examples_format(const ink_reading *r, const char *name, const char *text, size_t n, const ink_rows_format **out, ink_err *err)
{
    enum { HEAD = 4096 };
    char known[256] = "";
    for (size_t i = 0, at = 0; i < EXAMPLES_FORMATS && at < sizeof known; i++) {
        *out = examples_formats[i];
        if (name ? !strcmp(name, (*out)->name) : (*out)->probe(text, n < HEAD ? n : HEAD))
            return INK_OK;
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", (*out)->name);
    }
    return ink_fail(err, INK_E_ARGUMENT, "%s: %s%.40s; known are %s", r->path, name ? "there is no format called " : "nothing is known of its format", name ? name : "", known);
}

const char *ink_column(const ink_reading *r, const char *group, const char *key, const char *usual)
{
    return ink_json_string(ink_json_get(ink_json_get(r->info, group), key), usual);
}

static ink_status examples_check(const ink_reading *r, const ink_examples *e, ink_err *err)
{
    for (size_t i = 0; !r->classes && i < e->ids.count; i++) {
        int32_t id = e->ids.at[i] < 0 || (size_t)e->ids.at[i] >= r->vocab ? e->ids.at[i] : e->targets.at[i];
        if ((id < 0 && id != INK_IGNORED) || (id >= 0 && (size_t)id >= r->vocab) || e->ids.at[i] < 0)
            return ink_fail(err, INK_E_FORMAT, "%s: token %d is outside the model's vocabulary of %zu", r->path, (int)id, r->vocab);
    }
    if (!e->count)
        return ink_fail(err, INK_E_FORMAT, "%s: there is nothing to learn from in it%s", r->path, e->dropped ? ": no row has a token that is to be foreseen" : "");
    return INK_OK;
}

/* FILE:NAME,NAME names data sets of a dataset_info.json. */
static ink_status examples_picks(const ink_reading *r, ink_reading *own, ink_path *path, ink_err *err)
{
    const char *colon = strrchr(r->path, ':');
    *own = *r;
    if (!colon || ink_file_kind(r->path))
        return INK_OK;
    INK_TRY(ink_path_format(path, err, "%.*s", (int)(colon - r->path), r->path));
    if (ink_file_kind(path->text) == 'f') {
        own->path = path->text;
        own->picks = colon + 1;
    }
    return INK_OK;
}

ink_status ink_examples_read(const ink_reading *asked, const char *format, ink_examples *into, ink_err *err)
{
    ink_reading own;
    ink_path path;
    INK_TRY(examples_picks(asked, &own, &path, err));
    const ink_reading *r = &own;
    if (r->classes && format && strcmp(format, "labelled"))
        return ink_fail(err, INK_E_ARGUMENT, "%s: stage classify reads rows with labels (labelled), not %.40s", r->path, format);
    const ink_rows_format *f;
    ink_map map;
    INK_TRY(ink_map_open(r->path, &map, err));
    const char *text = map.data ? (const char *)map.data : "";
    ink_status status = examples_format(r, r->classes && !format ? "labelled" : format, text, map.size, &f, err);
    if (status == INK_OK)
        status = f->read(r, text, map.size, into, err);
    into->format = into->format ? into->format : status == INK_OK ? f->name : NULL;
    ink_map_close(&map);
    return status == INK_OK ? examples_check(r, into, err) : status;
}
