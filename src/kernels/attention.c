/* Attention over the blocks of one sequence and KV head (Vaswani et al. 2017, section 3.2.1). The definition: in each run
   of 256 absolute positions a query's scores are scale · (q · k) with dimensions in order, capped, masked; then the run's
   own maximum, exponentials, their sum in 16 lanes, and the values summed in the order of keys. Runs are folded left to
   right, and the sums divided at the end. A key that a query may not see has weight zero and what is stored is finite, so
   it changes no bit; neither does which queries are computed together.
   Keys of 16 tokens lie like a panel of 16 weights, so scores and sums of values are the tiles of tile.h. */
#include "kernels/tile.h"
#include "kernels/kv_layout.h"

enum { ATTEND_QUERIES = 8, ATTEND_HEAD = 16 /* floats before the sums of a part: maximum, sum */ };

/* The memory of one call. A query is a row and a head of the group: number row · group + head. */
typedef struct attend_room {
    float *q;          /* [queries][dims] */
    float *weights;    /* [ATTEND_QUERIES][INK_KV_RUN] scores, then exponentials */
    float *parts;      /* [ATTEND_QUERIES][ATTEND_HEAD + dims16] of one run */
    float *folded;     /* [queries][ATTEND_HEAD + dims16] */
    float *keys, *values; /* a run widened, where a type is not read directly */
    size_t dims, padded, part;
} attend_room;

/* How a run lies: blocks of keys and values, and the element they are read as. */
typedef struct attend_run_view {
    const uint8_t *keys[INK_KV_RUN / INK_KV_BLOCK], *values[INK_KV_RUN / INK_KV_BLOCK];
    bool half;
} attend_run_view;

static size_t attend_align(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

static attend_room attend_room_at(void *scratch, ink_kv_type type, size_t dims, size_t queries)
{
    attend_room r = { .dims = dims, .padded = ink_kv_dims(dims), .q = scratch };
    r.part = ATTEND_HEAD + r.padded;
    r.weights = r.q + attend_align(queries * dims);
    r.parts = r.weights + ATTEND_QUERIES * INK_KV_RUN;
    r.folded = r.parts + ATTEND_QUERIES * r.part;
    r.keys = r.folded + queries * r.part;
    r.values = r.keys + (type == INK_KV_Q8 ? attend_align(INK_KV_RUN * dims) : 0);
    return r;
}

static size_t attend_scratch(ink_kv_type type, size_t head_dim, size_t rows, size_t group)
{
    attend_room r = attend_room_at(NULL, type, head_dim, rows * group);
    return (size_t)((char *)(r.values + (type == INK_KV_Q8 ? INK_KV_RUN * r.padded : 0)) - (char *)NULL);
}

/* ---- q8: a run widened once for all its queries ---- */

static void attend_widen_keys(const uint8_t *block, size_t dims, float *out)
{
    const float *scale = (const float *)(const void *)(block + INK_KV_BLOCK * dims);
    for (size_t g = 0; g < INK_KV_GROUPS; g++)
        for (size_t d = 0; d < dims; d++, block += INK_KV_GROUP, out += INK_KV_GROUP)
            f_store(out, f_mul(f_load_i8((const int8_t *)block), f_load(scale + (g * ink_kv_scales(dims) + d / INK_KV_SCALED) * INK_KV_GROUP)));
}

static void attend_widen_values(const uint8_t *block, size_t dims, float *out)
{
    const size_t padded = ink_kv_dims(dims), scales = ink_kv_scales(dims);
    const float *scale = (const float *)(const void *)(block + INK_KV_BLOCK * padded);
    for (size_t t = 0; t < INK_KV_BLOCK; t++, scale += scales)
        for (size_t d = 0; d < padded; d += LANES, block += LANES, out += LANES)
            f_store(out, f_mul(f_load_i8((const int8_t *)block), f_set1(scale[d / INK_KV_SCALED])));
}

static attend_run_view attend_view(const ink_attend *a, const attend_room *room, size_t run, size_t last)
{
    attend_run_view v = { .half = a->type == INK_KV_F16 };
    const size_t blocks = INK_KV_RUN / INK_KV_BLOCK, first = run * blocks;
    for (size_t b = 0; b < blocks && (first + b) * INK_KV_BLOCK <= last; b++) {
        v.keys[b] = a->keys[first + b];
        v.values[b] = a->values[first + b];
        if (a->type != INK_KV_Q8)
            continue;
        float *keys = room->keys + b * INK_KV_BLOCK * room->dims, *values = room->values + b * INK_KV_BLOCK * room->padded;
        attend_widen_keys(v.keys[b], room->dims, keys);
        attend_widen_values(v.values[b], room->dims, values);
        v.keys[b] = (const uint8_t *)keys;
        v.values[b] = (const uint8_t *)values;
    }
    return v;
}

/* ---- tiles ---- */

LANES_INLINE float attend_float(const uint8_t *p)
{
    float f;
    memcpy(&f, p, 4);
    return f;
}

LANES_INLINE f32x16 attend_step_f32(f32x16 acc, const uint8_t *w, const uint8_t *x)
{
    return f_fma(f_load((const float *)(const void *)w), f_set1(attend_float(x)), acc);
}

LANES_INLINE f32x16 attend_step_f16(f32x16 acc, const uint8_t *w, const uint8_t *x)
{
    return f_fma(f_load_f16((const uint16_t *)(const void *)w), f_set1(attend_float(x)), acc);
}

/* Scores of T queries with the 16-key panels p0 ≤ p < p1 of a block. */
LANES_INLINE void attend_scores(tile_step *step, size_t element, const attend_room *room, const uint8_t *keys, size_t p0, size_t p1, const float *q, int T, float *out)
{
    const size_t size = element * INK_KV_GROUP;
    tile_job j = { .steps = room->dims, .panel_bytes = room->dims * size, .x_stride = room->dims * sizeof *q, .y_stride = INK_KV_RUN, .x = (const uint8_t *)q };
    while (p0 < p1) {
        j.w = keys + p0 * j.panel_bytes;
        j.y = out + p0 * INK_KV_GROUP;
        if (p1 - p0 >= 4 && T <= 4)
            tile_tile(step, &j, size, sizeof *q, 4, T, false);
        else if (p1 - p0 >= 2)
            tile_tile(step, &j, size, sizeof *q, 2, T, false);
        else
            tile_tile(step, &j, size, sizeof *q, 1, T, false);
        p0 += p1 - p0 >= 4 && T <= 4 ? 4 : p1 - p0 >= 2 ? 2 : 1;
    }
}

/* Sums of the values of tokens [t0, t1) of a block, added to what parts hold. */
LANES_INLINE void attend_sums(tile_step *step, size_t element, const attend_room *room, const uint8_t *values, size_t t0, size_t t1, const float *weights, int T, float *parts)
{
    const size_t size = element * room->padded;
    tile_job j = { .steps = t1 - t0, .panel_bytes = element * LANES, .x_stride = INK_KV_RUN * sizeof *weights, .y_stride = room->part, .x = (const uint8_t *)(weights + t0) };
    for (size_t d = 0; d < room->padded;) {
        const size_t left = (room->padded - d) / LANES;
        j.w = values + t0 * size + d * element;
        j.y = parts + ATTEND_HEAD + d;
        if (left >= 4 && T <= 4)
            tile_tile(step, &j, size, sizeof *weights, 4, T, true);
        else if (left >= 2)
            tile_tile(step, &j, size, sizeof *weights, 2, T, true);
        else
            tile_tile(step, &j, size, sizeof *weights, 1, T, true);
        d += LANES * (left >= 4 && T <= 4 ? 4 : left >= 2 ? 2 : 1);
    }
}

#define ATTEND_TILES(name, step, element)                                                                                                            \
    static void attend_scores_##name(const attend_room *r, const uint8_t *keys, size_t p0, size_t p1, const float *q, int T, float *out)              \
    {                                                                                                                                                \
        if (T == 8)                                                                                                                                  \
            attend_scores(step, element, r, keys, p0, p1, q, 8, out);                                                                                \
        else if (T == 4)                                                                                                                             \
            attend_scores(step, element, r, keys, p0, p1, q, 4, out);                                                                                \
        else if (T == 2)                                                                                                                             \
            attend_scores(step, element, r, keys, p0, p1, q, 2, out);                                                                                \
        else                                                                                                                                         \
            attend_scores(step, element, r, keys, p0, p1, q, 1, out);                                                                                \
    }                                                                                                                                                \
    static void attend_sums_##name(const attend_room *r, const uint8_t *values, size_t t0, size_t t1, const float *w, int T, float *parts)            \
    {                                                                                                                                                \
        if (T == 8)                                                                                                                                  \
            attend_sums(step, element, r, values, t0, t1, w, 8, parts);                                                                              \
        else if (T == 4)                                                                                                                             \
            attend_sums(step, element, r, values, t0, t1, w, 4, parts);                                                                              \
        else if (T == 2)                                                                                                                             \
            attend_sums(step, element, r, values, t0, t1, w, 2, parts);                                                                              \
        else                                                                                                                                         \
            attend_sums(step, element, r, values, t0, t1, w, 1, parts);                                                                              \
    }
ATTEND_TILES(f32, attend_step_f32, 4)
ATTEND_TILES(f16, attend_step_f16, 2)

/* ---- one run ---- */

/* The keys of a run that a query at `position` sees: [lo, hi) counted from the run's start. */
static void attend_visible(const ink_attend *a, size_t run, size_t position, size_t *lo, size_t *hi)
{
    const size_t start = run * INK_KV_RUN, first = a->window && position >= a->window ? position - a->window + 1 : 0;
    *lo = first > start ? first - start : 0;
    *hi = position < start ? 0 : position - start + 1 < INK_KV_RUN ? position - start + 1 : INK_KV_RUN;
    *lo = *lo < *hi ? *lo : *hi;
}

/* Scores to exponentials, zero where masked; returns maximum and sum in part. Keys [from, to) hold scores. */
static void attend_softmax(const ink_attend *a, float *s, size_t lo, size_t hi, size_t from, size_t to, float *part)
{
    if (lo >= hi) {
        memset(s + from, 0, (to - from) * sizeof *s);
        return;
    }
    const f32x16 lowest = f_set1(-INFINITY), scale = f_set1(a->scale), cap = f_set1(a->softcap);
    f32x16 top = lowest, sum = f_zero();
    for (size_t i = from; i < to; i += LANES) {
        f32x16 v = f_mul(f_load(s + i), scale);
        v = a->softcap != 0.0f ? f_softcap(v, cap) : v;
        if (i < lo || i + LANES > hi) { /* an edge: lanes outside [lo, hi) */
            float lane[LANES];
            f_store(lane, v);
            for (size_t l = 0; l < LANES; l++)
                lane[l] = i + l >= lo && i + l < hi ? lane[l] : -INFINITY;
            v = f_load(lane);
        }
        f_store(s + i, v);
        top = f_max(v, top);
    }
    part[0] = f_hmax(top);
    top = f_set1(part[0]);
    for (size_t i = from; i < to; i += LANES) {
        f32x16 e = f_exp(f_sub(f_load(s + i), top));
        sum = f_add(sum, e);
        f_store(s + i, e);
    }
    part[1] = f_sum(sum);
}

/* The parts of queries [first, first + T) in one run. A query that sees nothing of it gets the sum 0. */
static void attend_queries(const ink_attend *a, const attend_room *room, const attend_run_view *v, size_t run, size_t first, int T)
{
    size_t lo[ATTEND_QUERIES], hi[ATTEND_QUERIES], from = INK_KV_RUN, to = 0;
    for (int t = 0; t < T; t++) {
        attend_visible(a, run, a->first_position + (first + (size_t)t) / a->group, &lo[t], &hi[t]);
        from = lo[t] < hi[t] && lo[t] < from ? lo[t] : from;
        to = hi[t] > to ? hi[t] : to;
    }
    memset(room->parts, 0, (size_t)T * room->part * sizeof *room->parts);
    from = from / LANES * LANES;
    const size_t end = (to + LANES - 1) / LANES * LANES;
    if (from >= end)
        return;
    for (size_t b = from / INK_KV_BLOCK; b * INK_KV_BLOCK < end; b++) {
        const size_t start = b * INK_KV_BLOCK, p0 = from > start ? (from - start) / LANES : 0, p1 = end - start < INK_KV_BLOCK ? (end - start) / LANES : INK_KV_GROUPS;
        (v->half ? attend_scores_f16 : attend_scores_f32)(room, v->keys[b], p0, p1, room->q + first * room->dims, T, room->weights + start);
    }
    for (int t = 0; t < T; t++)
        attend_softmax(a, room->weights + t * INK_KV_RUN, lo[t], hi[t], from, end, room->parts + (size_t)t * room->part);
    for (size_t b = from / INK_KV_BLOCK; b * INK_KV_BLOCK < to; b++) {
        const size_t start = b * INK_KV_BLOCK, t0 = from > start ? from - start : 0, t1 = to - start < INK_KV_BLOCK ? to - start : INK_KV_BLOCK;
        (v->half ? attend_sums_f16 : attend_sums_f32)(room, v->values[b], t0, t1, room->weights + start, T, room->parts);
    }
}

/* ---- folding ---- */

static void attend_fold_one(const attend_room *room, const float *part, float *into)
{
    if (part[1] == 0.0f) /* saw nothing there */
        return;
    const float top = part[0] > into[0] ? part[0] : into[0];
    float lane[LANES] = { into[0] - top, part[0] - top };
    f_store(lane, f_exp(f_load(lane)));
    const f32x16 old = f_set1(lane[0]), new = f_set1(lane[1]);
    into[0] = top;
    into[1] = fmaf(part[1], lane[1], into[1] * lane[0]);
    for (size_t d = ATTEND_HEAD; d < room->part; d += LANES)
        f_store(into + d, f_fma(f_load(part + d), new, f_mul(f_load(into + d), old)));
}

static void attend_begin(const attend_room *room, size_t queries)
{
    memset(room->folded, 0, queries * room->part * sizeof *room->folded);
    for (size_t i = 0; i < queries; i++)
        room->folded[i * room->part] = -INFINITY;
}

static void attend_finish(const ink_attend *a, const attend_room *room)
{
    for (size_t i = 0; i < a->rows * a->group; i++) {
        const float *part = room->folded + i * room->part;
        float *out = a->out + i / a->group * a->out_stride + i % a->group * room->dims;
        const f32x16 sum = f_set1(part[1]);
        for (size_t d = 0; d < room->dims; d += LANES)
            f_store_n(out + d, f_div(f_load(part + ATTEND_HEAD + d), sum), room->dims - d < LANES ? room->dims - d : LANES);
    }
}

/* ---- the entries ---- */

static attend_room attend_open(const ink_attend *a)
{
    attend_room room = attend_room_at(a->scratch, a->type, a->head_dim, a->rows * a->group);
    for (size_t i = 0; i < a->rows * a->group; i++)
        memcpy(room.q + i * room.dims, a->q + i / a->group * a->q_stride + i % a->group * room.dims, room.dims * sizeof *room.q);
    return room;
}

/* All queries of a run, `each` called with the parts of up to eight of them. */
static void attend_one_run(const ink_attend *a, const attend_room *room, size_t run, void (*each)(const attend_room *room, size_t first, int T, float *to), float *to)
{
    const size_t queries = a->rows * a->group, last = a->first_position + a->rows - 1;
    const attend_run_view v = attend_view(a, room, run, last);
    for (size_t i = 0; i < queries;) {
        const int T = queries - i >= 8 ? 8 : queries - i >= 4 ? 4 : queries - i >= 2 ? 2 : 1;
        attend_queries(a, room, &v, run, i, T);
        each(room, i, T, to);
        i += (size_t)T;
    }
}

static void attend_each_fold(const attend_room *room, size_t first, int T, float *to)
{
    for (int t = 0; t < T; t++)
        attend_fold_one(room, room->parts + (size_t)t * room->part, to + (first + (size_t)t) * room->part);
}

static void attend_each_keep(const attend_room *room, size_t first, int T, float *to)
{
    memcpy(to + first * room->part, room->parts, (size_t)T * room->part * sizeof *to);
}

static void attend(const ink_attend *a)
{
    const attend_room room = attend_open(a);
    const size_t last = a->first_position + a->rows - 1;
    size_t run = a->window && a->first_position >= a->window ? (a->first_position - a->window + 1) / INK_KV_RUN : 0;
    attend_begin(&room, a->rows * a->group);
    for (; run * INK_KV_RUN <= last; run++)
        attend_one_run(a, &room, run, attend_each_fold, room.folded);
    attend_finish(a, &room);
}

static void attend_run(const ink_attend *a, size_t run, float *part)
{
    const attend_room room = attend_open(a);
    attend_one_run(a, &room, run, attend_each_keep, part);
}

static void attend_fold(const ink_attend *a, size_t runs, const float *parts)
{
    const attend_room room = attend_room_at(a->scratch, a->type, a->head_dim, a->rows * a->group);
    const size_t queries = a->rows * a->group;
    attend_begin(&room, queries);
    for (size_t r = 0; r < runs; r++)
        for (size_t i = 0; i < queries; i++)
            attend_fold_one(&room, parts + (r * queries + i) * room.part, room.folded + i * room.part);
    attend_finish(a, &room);
}

void INK_KERNEL(ink_attention)(ink_kernels *k);
void INK_KERNEL(ink_attention)(ink_kernels *k)
{
    k->attend_scratch = attend_scratch;
    k->attend = attend;
    k->attend_run = attend_run;
    k->attend_fold = attend_fold;
}
