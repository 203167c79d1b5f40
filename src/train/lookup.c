/* Data sets by name, as LLaMA-Factory's files have them: of the folder that dataset_dir names. */
#include "base/file.h"
#include "train/train.h"

#include <string.h>

/* A file, or FILE:NAMES of a dataset_info.json. */
static bool lookup_lies_there(const char *asked)
{
    ink_path file;
    const char *colon = strrchr(asked, ':');
    return ink_file_kind(asked) || (colon && ink_path_format(&file, NULL, "%.*s", (int)(colon - asked), asked) == INK_OK && ink_file_kind(file.text) == 'f');
}

/* Names between commas, without the spaces that people write after them. */
static ink_status lookup_names(const char *info, const char *names, ink_path *out, ink_err *err)
{
    INK_TRY(ink_path_format(out, err, "%s:%s", info, names));
    char *to = out->text + strlen(info) + 1;
    for (const char *from = to; *from; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = 0;
    return INK_OK;
}

ink_status ink_dataset_find(const ink_train_options *o, const char *asked, ink_path *out, ink_err *err)
{
    const char *folder = o->dataset_dir ? o->dataset_dir : "data";
    ink_path info;
    if (lookup_lies_there(asked))
        return ink_path_format(out, err, "%s", asked);
    INK_TRY(ink_path_format(out, err, "%s/%s", folder, asked));
    if (ink_file_kind(out->text) == 'f')
        return INK_OK;
    INK_TRY(ink_path_format(&info, err, "%s/dataset_info.json", folder));
    if (ink_file_kind(info.text) == 'f')
        return lookup_names(info.text, asked, out, err);
    return ink_fail(err, INK_E_NOT_FOUND, "%s is no file that is there, and there is no %s that could name it; dataset_dir names the folder where data sets lie", asked, info.text);
}
