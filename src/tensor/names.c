/* Rules that turn Hugging Face's names into a file's. */
#include "tensor/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_LONGEST = 256 };

/* Whether name fits the pattern; *number is where its * stands, *digits how long that is. */
static bool names_fits(const char *pattern, const char *name, const char **number, size_t *digits)
{
    const char *star = strchr(pattern, '*');
    *digits = 0;
    if (!star)
        return !strcmp(pattern, name);
    size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, name, before))
        return false;
    *number = name + before;
    while (isdigit((unsigned char)(*number)[*digits]))
        ++*digits;
    return *digits && !strcmp(star + 1, *number + *digits);
}

const ink_tensor *ink_names_find(const ink_name_rule *rules, const ink_weights *w, const char *name, ink_name_change *change)
{
    const char *format = ink_weights_format(w), *number = "";
    size_t digits;
    *change = INK_NAME_SAME;
    for (const ink_name_rule *r = rules; r->format; r++) {
        if (strcmp(r->format, format) || !names_fits(r->name, name, &number, &digits))
            continue;
        char own[NAMES_LONGEST];
        size_t before = strcspn(r->file, "*");
        snprintf(own, sizeof own, "%.*s%.*s%s", (int)before, r->file, (int)digits, number, r->file[before] ? r->file + before + 1 : "");
        const ink_tensor *t = ink_weights_find(w, own);
        if (t) {
            *change = r->change;
            return t;
        }
    }
    return ink_weights_find(w, name);
}
