/* Rows of a tensor, from where one file has them to where the other wants them. */
#include "models/convert_tensor.h"

#include <stdlib.h>
#include <string.h>

enum { PASS_BYTES = 4 << 20, PASS_ROWS = 1 << 12 }; /* written at a time, and at most so many rows; each thread takes a 16th of that */

typedef struct pass_shape { /* of what is written: rows of columns; a vector whose values change places is a column */
    size_t rows, cols, row_bytes, part_rows;
    bool turned, raw;
} pass_shape;

typedef struct pass_work { /* one piece */
    const ink_passing *s;
    const ink_passage *p;
    const ink_write_tensor *as;
    pass_shape shape;
    size_t first, last, slice;
    uint8_t *out;
    float *rooms; /* [threads][slice × cols] */
    _Atomic uint32_t next;
} pass_work;

static pass_shape pass_measure(const ink_passage *p, const ink_write_tensor *as)
{
    const ink_tensor *from = p->parts ? p->parts[0] : NULL;
    uint64_t count = 1;
    for (size_t i = 0; i < as->ndim; i++)
        count *= as->dims[i];
    pass_shape s = { .turned = (p->undo == INK_NAME_TRANSPOSED) != (p->make == INK_NAME_TRANSPOSED) };
    s.cols = as->ndim == 1 && (ink_name_moves(p->undo) || ink_name_moves(p->make)) ? 1 : (size_t)as->dims[as->ndim - 1];
    s.rows = (size_t)count / s.cols;
    s.part_rows = p->part_count ? (size_t)((ptrdiff_t)s.rows - p->before) / p->part_count : s.rows;
    s.row_bytes = as->bytes / (s.rows + !s.rows);
    s.raw = from && from->type == as->type && !s.turned && p->before <= 0 && p->undo != INK_NAME_MINUS_ONE && p->make != INK_NAME_MINUS_ONE && p->undo != INK_NAME_MINUS_LOG;
    return s;
}

/* Which row of the parts, one after the other, row r of what is written is; SIZE_MAX: none. */
static size_t pass_source(const ink_passage *p, size_t r)
{
    return (ptrdiff_t)r < p->before ? SIZE_MAX : (size_t)((ptrdiff_t)r - p->before);
}

/* Where that row lies in its part. */
static size_t pass_row(const ink_passage *p, const pass_shape *s, size_t r)
{
    r %= s->part_rows;
    return ink_name_row(p->undo, p->heads, s->part_rows, ink_name_row_back(p->make, p->heads, s->part_rows, r));
}

static void pass_column(const ink_tensor *t, size_t column, size_t rows, float *x)
{
    const size_t size = ink_type_find((int)t->type)->bytes, across = (size_t)(t->count / rows);
    for (size_t i = 0; i < rows; i++)
        ink_dequantize(t->type, t->data + (i * across + column) * size, 1, x + i);
}

/* Row r as floats. */
static void pass_read(const pass_work *w, size_t r, float *x)
{
    const ink_passage *p = w->p;
    const size_t cols = w->shape.cols;
    if (p->made) {
        memcpy(x, p->made + r * cols, cols * sizeof *x);
        return;
    }
    const size_t from = pass_source(p, r);
    if (from == SIZE_MAX) {
        memset(x, 0, cols * sizeof *x);
        return;
    }
    const ink_tensor *t = p->parts[from / w->shape.part_rows];
    const size_t row = pass_row(p, &w->shape, from);
    if (w->shape.turned)
        pass_column(t, row, cols, x);
    else
        w->s->kernels->widen(t->type, t->data + row * (t->bytes / w->shape.part_rows), cols, x);
    const float plus = (p->make == INK_NAME_MINUS_ONE ? 1.0f : 0.0f) - (p->undo == INK_NAME_MINUS_ONE ? 1.0f : 0.0f);
    for (size_t i = 0; plus != 0.0f && i < cols; i++)
        x[i] += plus;
}

static void pass_slice(const pass_work *w, size_t first, size_t last, float *x)
{
    const pass_shape *s = &w->shape;
    uint8_t *out = w->out + (first - w->first) * s->row_bytes;
    for (size_t r = first; r < last; r++)
        if (s->raw) {
            const size_t from = pass_source(w->p, r);
            memcpy(out + (r - first) * s->row_bytes, w->p->parts[from / s->part_rows]->data + pass_row(w->p, s, from) * s->row_bytes, s->row_bytes);
        } else
            pass_read(w, r, x + (r - first) * s->cols);
    if (!s->raw)
        w->s->kernels->encode(w->as->type, x, (last - first) * s->cols, w->p->weight, s->cols, out);
}

static void pass_task(void *user, size_t thread)
{
    pass_work *w = user;
    float *room = w->rooms + thread * w->slice * w->shape.cols;
    for (size_t at; (at = w->first + w->slice * ink_pool_take(&w->next)) < w->last;)
        pass_slice(w, at, at + w->slice < w->last ? at + w->slice : w->last, room);
}

static ink_status pass_all(pass_work *w, size_t step, ink_write_sink *to, ink_err *err)
{
    for (w->first = 0; w->first < w->shape.rows; w->first = w->last) {
        w->last = w->first + step < w->shape.rows ? w->first + step : w->shape.rows;
        w->next = 0;
        ink_pool_run(w->s->pool, pass_task, w);
        INK_TRY(ink_write_more(to, w->out, (w->last - w->first) * w->shape.row_bytes, err));
    }
    return INK_OK;
}

ink_status ink_pass(const ink_passing *s, const ink_passage *p, const ink_write_tensor *as, ink_write_sink *to, ink_err *err)
{
    pass_work w = { .s = s, .p = p, .as = as, .shape = pass_measure(p, as) };
    size_t step = PASS_BYTES / (w.shape.row_bytes + 1) + 1;
    step = step < PASS_ROWS ? step : PASS_ROWS;
    w.slice = (step + 15) / 16;
    const size_t room = w.shape.raw ? 1 : ink_pool_threads(s->pool) * w.slice * w.shape.cols;
    w.out = malloc(step * w.shape.row_bytes + 1);
    w.rooms = malloc(room * sizeof *w.rooms);
    ink_status status = w.out && w.rooms ? pass_all(&w, step, to, err) : ink_fail(err, INK_E_MEMORY, "no memory to convert %s", as->name);
    free(w.out);
    free(w.rooms);
    for (size_t i = 0; i < p->part_count; i++)
        ink_weights_release(s->file, p->parts[i]);
    return status;
}
