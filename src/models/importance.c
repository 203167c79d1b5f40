/* Reading an importance matrix. */
#include "models/importance.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

static const char importance_sums[] = ".in_sum2", importance_counts[] = ".counts";

/* Sums of squares over rows, and how many rows there were; of several experts all together. */
static ink_status importance_take(const ink_weights *w, const ink_tensor *sums, ink_arena *arena, ink_importance_entry *out, ink_err *err)
{
    const size_t n = strlen(sums->name) - strlen(importance_sums), columns = (size_t)sums->dims[sums->ndim - 1], rows = (size_t)(sums->count / columns);
    char *name = ink_arena_format(arena, "%.*s%s", (int)n, sums->name, importance_counts);
    float *mean = ink_arena_array(arena, columns, sizeof *mean), *row = ink_arena_array(arena, columns, sizeof *row), *seen = ink_arena_array(arena, rows, sizeof *seen);
    if (!name || !mean || !row || !seen)
        return ink_arena_refused(arena, columns * sizeof *mean, err);
    const ink_tensor *counts = ink_weights_find(w, name);
    if (!counts || counts->count != rows)
        return ink_fail(err, INK_E_FORMAT, "%s: %s lacks the counts that belong to it", ink_weights_path(w), sums->name);
    double total = 0;
    memset(mean, 0, columns * sizeof *mean);
    ink_dequantize(counts->type, counts->data, rows, seen);
    for (size_t r = 0; r < rows; r++) {
        total += (double)seen[r];
        ink_dequantize(sums->type, sums->data + r * (sums->bytes / rows), columns, row);
        for (size_t i = 0; i < columns; i++)
            mean[i] += row[i];
    }
    for (size_t i = 0; i < columns; i++) {
        mean[i] = total > 0 ? (float)((double)mean[i] / total) : 1.0f;
        if (!(mean[i] >= 0) || isinf(mean[i]))
            return ink_fail(err, INK_E_FORMAT, "%s: %s holds a value that is no sum of squares", ink_weights_path(w), sums->name);
    }
    name[n] = 0;
    *out = (ink_importance_entry){ .name = name, .columns = columns, .at = mean };
    return INK_OK;
}

static ink_status importance_list(ink_importance *m, const ink_weights *w, ink_arena *arena, ink_err *err)
{
    m->list = ink_arena_array(arena, ink_weights_count(w) + 1, sizeof *m->list);
    if (!m->list)
        return ink_arena_refused(arena, ink_weights_count(w) * sizeof *m->list, err);
    for (size_t i = 0; i < ink_weights_count(w); i++) {
        const ink_tensor *t = ink_weights_at(w, i);
        if (ink_ends(t->name, importance_sums))
            INK_TRY(importance_take(w, t, arena, &m->list[m->count++], err));
    }
    return m->count ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: holds no importance matrix (NAME.in_sum2); inkstone imatrix writes one", ink_weights_path(w));
}

ink_status ink_importance_read(ink_importance *m, const char *path, ink_arena *arena, ink_err *err)
{
    ink_weights *w;
    *m = (ink_importance){ 0 };
    INK_TRY(ink_weights_open(path, &w, err));
    ink_status status = importance_list(m, w, arena, err);
    ink_weights_close(w);
    return status;
}

const float *ink_importance_find(const ink_importance *m, const char *name, size_t columns)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i].columns == columns && !strcmp(m->list[i].name, name))
            return m->list[i].at;
    return NULL;
}
