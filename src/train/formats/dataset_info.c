/* dataset_info.json (LLaMA-Factory): names of data sets, each with its file beside this one, how it is written ("formatting") and what it
   calls its columns and roles. FILE:NAME,NAME reads those, FILE alone all whose files are there. */
#include "train/examples.h"

#include "base/file.h"
#include "base/path.h"

#include <ink/param.h>
#include <stdio.h>
#include <string.h>

static bool info_probe(const char *head, size_t n)
{
    return ink_json_first(head, n) == '{' && (ink_json_mentions(head, n, "file_name") || ink_json_mentions(head, n, "hf_hub_url"));
}

static bool info_picked(const char *picks, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = picks; at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
        if (strcspn(at, ",") == n && !memcmp(at, name, n))
            return true;
    return false;
}

static ink_status info_set(const ink_reading *r, const char *name, const ink_json *info, const char *file, ink_examples *into, ink_err *err)
{
    const char *format = ink_json_string(ink_json_get(info, "formatting"), "alpaca");
    ink_reading own = *r;
    if (ink_json_bool(ink_json_get(info, "ranking"), 0))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: %s holds preferences, which no stage of inkstone learns yet; name the sets that you want: %s:NAME,NAME", r->path, name, r->path);
    own.path = file;
    own.info = info;
    const bool documents = ink_json_get(ink_json_get(info, "columns"), "prompt") && strcmp(ink_column(&own, "columns", "prompt", ""), "text") == 0;
    return ink_examples_read(&own, documents ? NULL : format, into, err);
}

static ink_status info_entry(const ink_reading *r, const char *name, const ink_json *info, ink_examples *into, size_t *found, ink_err *err)
{
    ink_path path;
    const char *slash = strrchr(r->path, '/'), *file = ink_json_string(ink_json_get(info, "file_name"), NULL);
    const bool picked = !r->picks || info_picked(r->picks, name);
    if (!picked)
        return INK_OK;
    if (file)
        INK_TRY(ink_path_format(&path, err, "%.*s%s", (int)(slash ? slash + 1 - r->path : 0), r->path, file));
    if (!file || ink_file_kind(path.text) != 'f') {
        if (r->picks)
            return ink_fail(err, INK_E_NOT_FOUND, "%s: %s %s", r->path, name, file ? "names a file that is not beside it" : "lies elsewhere (it has no file_name); fetch its file and name that");
        return INK_OK;
    }
    if (!r->picks && ink_json_bool(ink_json_get(info, "ranking"), 0))
        return INK_OK;
    ++*found;
    return info_set(r, name, info, path.text, into, err);
}

/* The first name that is asked for and is none of the file's. */
static ink_status info_missing(const ink_reading *r, const ink_json *all, ink_err *err)
{
    enum { MOST = 512 };
    const char *names[MOST + 1], *name;
    const ink_json *info;
    char asked[128];
    size_t count = 0;
    for (void *it = NULL; count < MOST && (it = ink_json_next(all, it, &name, &info));)
        names[count++] = name;
    names[count] = NULL;
    for (const char *at = r->picks; at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        snprintf(asked, sizeof asked, "%.*s", (int)strcspn(at, ","), at);
        if (ink_json_get(all, asked))
            continue;
        const char *near = ink_param_nearest(asked, names);
        return ink_fail(err, INK_E_NOT_FOUND, "%s names no data set %s%s%s%s", r->path, asked, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    return INK_OK;
}

static ink_status info_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    ink_json *all;
    const char *name;
    const ink_json *info;
    size_t found = 0;
    INK_TRY(ink_json_parse(text, n, r->path, &all, err));
    ink_status status = info_missing(r, all, err);
    for (void *it = NULL; status == INK_OK && (it = ink_json_next(all, it, &name, &info));)
        status = info_entry(r, name, info, into, &found, err);
    ink_json_free(all);
    return status == INK_OK && !found ? ink_fail(err, INK_E_NOT_FOUND, "%s: none of the data sets that it names lies beside it", r->path) : status;
}

const ink_rows_format ink_rows_dataset_info = { .name = "dataset_info", .probe = info_probe, .read = info_read };
