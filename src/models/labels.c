#include "models/labels.h"

#include <stdlib.h>
#include <string.h>

void ink_labels_clear(ink_labels *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
    free(l->names);
    *l = (ink_labels){ 0 };
}

size_t ink_labels_find(const ink_labels *l, const char *name, size_t n)
{
    size_t i = 0;
    while (i < l->count && (strlen(l->names[i]) != n || memcmp(l->names[i], name, n) != 0))
        i++;
    return i;
}

ink_status ink_labels_add(ink_labels *l, const char *name, size_t n, ink_err *err)
{
    if (l->count == INK_LABELS_MOST)
        return ink_fail(err, INK_E_FORMAT, "there are more than %d labels", INK_LABELS_MOST);
    if (l->count == l->room) {
        const size_t room = l->room ? 2 * l->room : 16;
        char **names = realloc(l->names, room * sizeof *names);
        if (!names)
            return ink_fail(err, INK_E_MEMORY, "no memory for %zu labels", room);
        l->names = names;
        l->room = room;
    }
    char *own = malloc(n + 1);
    if (!own)
        return ink_fail(err, INK_E_MEMORY, "no memory for a label");
    memcpy(own, name, n);
    own[n] = 0;
    l->names[l->count++] = own;
    return INK_OK;
}

ink_status ink_labels_take(ink_labels *l, const char *name, size_t n, size_t *number, ink_err *err)
{
    *number = ink_labels_find(l, name, n);
    if (*number < l->count)
        return INK_OK;
    if (l->closed)
        return ink_fail(err, INK_E_FORMAT, "its label \"%.*s\" is none of the %zu that the model has", n < 60 ? (int)n : 60, name, l->count);
    return n ? ink_labels_add(l, name, n, err) : ink_fail(err, INK_E_FORMAT, "its label is an empty text");
}
