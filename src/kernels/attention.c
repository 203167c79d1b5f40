/* Attention over the blocks of one sequence and KV head (Vaswani et al. 2017, section 3.2.1). The definition: in each run
   of 256 absolute positions a query's scores are (scale · q) · k with dimensions in order, capped, masked; then the run's
   own maximum, exponentials, their sum in 16 lanes, and the values summed in the order of keys. Runs are folded left to
   right, and what is left is multiplied by one over the sum. A key that a query may not see has weight zero and what is stored is finite, so
   it changes no bit; neither does which queries are computed together.
   Keys of 16 tokens lie like a panel of 16 weights, so scores and sums of values are the tiles of tile.h. */
#include "base/count.h"
#include "kernels/tile.h"

#include <float.h>

enum { ATTEND_HEAD = 16, /* floats before the sums of a part: maximum, sum */ ATTEND_BLOCKS = INK_KV_RUN / INK_KV_BLOCK };

/* The memory of one call. A query is a row and a head of the group: number row · group + head. */
typedef struct attend_room {
    float *q;             /* [queries][dims] times the scale */
    float *weights;       /* [TILE_MOST][INK_KV_RUN] scores, then exponentials */
    float *parts;         /* [TILE_MOST][ATTEND_HEAD + dims16] of one run */
    float *folded;        /* [queries][ATTEND_HEAD + dims16] */
    float *keys, *values; /* a run widened, or NULL */
    size_t dims, padded, part;
} attend_room;

/* A run, and how its blocks are read: as they are, or widened when first asked for. */
typedef struct attend_view {
    size_t run, blocks;
    bool alone; /* nobody knows what is read after this run */
    ink_kv_type type;
    const uint8_t *keys[ATTEND_BLOCKS], *values[ATTEND_BLOCKS]; /* NULL: nobody asked */
} attend_view;

/* What is stored narrow is widened once where several tiles read it. */
static bool attend_widens(ink_kv_type type, size_t queries)
{
    static const size_t tiles[] = { [INK_KV_F32] = SIZE_MAX / TILE_MOST, [INK_KV_F16] = 3, [INK_KV_Q8] = 1 };
    return queries > tiles[type] * TILE_MOST;
}

/* The next `floats` of a stretch, up to a whole number of cache lines. */
static float *attend_take(float *at, size_t *used, size_t floats)
{
    float *taken = at ? at + *used : NULL;
    *used += ink_round_up(floats, 16);
    return taken;
}

/* The room in a scratch of *used floats; scratch NULL: only how many those are. */
static attend_room attend_room_at(float *scratch, ink_kv_type type, size_t dims, size_t queries, size_t *used)
{
    attend_room r = { .dims = dims, .padded = ink_kv_dims(dims), .part = ATTEND_HEAD + ink_kv_dims(dims) };
    *used = 0;
    r.q = attend_take(scratch, used, queries * dims);
    r.weights = attend_take(scratch, used, TILE_MOST * INK_KV_RUN);
    r.parts = attend_take(scratch, used, TILE_MOST * r.part);
    r.folded = attend_take(scratch, used, queries * r.part);
    if (attend_widens(type, queries)) {
        r.keys = attend_take(scratch, used, INK_KV_RUN * dims);
        r.values = attend_take(scratch, used, INK_KV_RUN * r.padded);
    }
    return r;
}

static size_t attend_scratch(ink_kv_type type, size_t head_dim, size_t rows, size_t group)
{
    size_t used;
    (void)attend_room_at(NULL, type, head_dim, rows * group, &used);
    return used * sizeof(float);
}

/* ---- blocks ---- */

typedef void attend_widen(const uint8_t *block, size_t dims, float *out);

static void attend_widen_f16(const uint8_t *block, size_t floats, float *out)
{
    for (size_t i = 0; i < floats; i += LANES)
        f_store(out + i, f_load_f16((const uint16_t *)(const void *)block + i));
}

static void attend_widen_f16_keys(const uint8_t *block, size_t dims, float *out) { attend_widen_f16(block, INK_KV_BLOCK * dims, out); }
static void attend_widen_f16_values(const uint8_t *block, size_t dims, float *out) { attend_widen_f16(block, INK_KV_BLOCK * ink_kv_dims(dims), out); }

static void attend_widen_q8_keys(const uint8_t *block, size_t dims, float *out)
{
    const float *scale = (const float *)(const void *)(block + INK_KV_BLOCK * dims);
    for (size_t g = 0; g < INK_KV_GROUPS; g++)
        for (size_t d = 0; d < dims; scale += INK_KV_GROUP) {
            const f32x16 by = f_load(scale);
            for (const size_t end = ink_least(d + INK_KV_SCALED, dims); d < end; d++, block += INK_KV_GROUP, out += INK_KV_GROUP)
                f_store(out, f_mul(f_load_i8((const int8_t *)block), by));
        }
}

static void attend_widen_q8_values(const uint8_t *block, size_t dims, float *out)
{
    const size_t padded = ink_kv_dims(dims), scales = ink_kv_scales(dims);
    const float *scale = (const float *)(const void *)(block + INK_KV_BLOCK * padded);
    for (size_t t = 0; t < INK_KV_BLOCK; t++, scale += scales)
        for (size_t d = 0; d < padded; d += LANES, block += LANES, out += LANES)
            f_store(out, f_mul(f_load_i8((const int8_t *)block), f_set1(scale[d / INK_KV_SCALED])));
}

static attend_widen *const attend_wide_keys[] = { [INK_KV_F16] = attend_widen_f16_keys, [INK_KV_Q8] = attend_widen_q8_keys };
static attend_widen *const attend_wide_values[] = { [INK_KV_F16] = attend_widen_f16_values, [INK_KV_Q8] = attend_widen_q8_values };

static const uint8_t *attend_keys(const ink_attend *a, const attend_room *room, attend_view *v, size_t b)
{
    if (v->keys[b])
        return v->keys[b];
    v->keys[b] = a->keys[v->run * ATTEND_BLOCKS + b];
    if (a->type != v->type) {
        float *wide = room->keys + b * INK_KV_BLOCK * room->dims;
        attend_wide_keys[a->type](v->keys[b], room->dims, wide);
        v->keys[b] = (const uint8_t *)wide;
    }
    return v->keys[b];
}

static const uint8_t *attend_values(const ink_attend *a, const attend_room *room, attend_view *v, size_t b)
{
    if (v->values[b])
        return v->values[b];
    v->values[b] = a->values[v->run * ATTEND_BLOCKS + b];
    if (a->type != v->type) {
        float *wide = room->values + b * INK_KV_BLOCK * room->padded;
        attend_wide_values[a->type](v->values[b], room->dims, wide);
        v->values[b] = (const uint8_t *)wide;
    }
    return v->values[b];
}

/* The n-th stretch of memory that a run reads: the keys of its blocks, their values, then the keys of the next run. NULL:
   nobody knows, or it was asked for already. */
static const uint8_t *attend_stretch(const ink_attend *a, const attend_view *v, size_t before, size_t n)
{
    const size_t first = v->run * ATTEND_BLOCKS;
    if (before) /* queries of an earlier tile */
        return NULL;
    if (n < v->blocks)
        return a->keys[first + n];
    if (n < 2 * v->blocks)
        return a->values[first + n - v->blocks];
    return v->alone ? NULL : a->keys[first + n - v->blocks];
}

/* Bytes to ask for at each step and panel, so that a stretch is asked for while another is read. */
static size_t attend_pace(size_t bytes, size_t steps)
{
    return ink_pieces(bytes, steps);
}

/* ---- one run ---- */

/* The last key that a query sees. */
static size_t attend_last_key(const ink_attend *a, size_t query)
{
    return a->seen ? a->seen - 1 : a->first_position + query / a->group;
}

/* What some queries see of a run, counted from its start: keys [from, to), each query [lo, hi). */
typedef struct attend_span {
    size_t from, to, lo[TILE_QUERIES], hi[TILE_QUERIES];
} attend_span;

static attend_span attend_visible(const ink_attend *a, size_t run, size_t first, size_t queries)
{
    attend_span s = { .from = INK_KV_RUN, .to = 0 };
    const size_t start = run * INK_KV_RUN;
    for (size_t t = 0; t < queries; t++) {
        const size_t position = attend_last_key(a, first + t), left = a->window && position >= a->window ? position - a->window + 1 : 0;
        size_t lo = left > start ? left - start : 0, hi = position < start ? 0 : position - start + 1;
        hi = hi < INK_KV_RUN ? hi : INK_KV_RUN;
        lo = lo < hi ? lo : hi;
        s.from = lo < hi && lo < s.from ? lo : s.from;
        s.to = lo < hi && hi > s.to ? hi : s.to;
        s.lo[t] = lo;
        s.hi[t] = hi;
    }
    return s;
}

/* q · k of queries [first, first + n) with the keys in the groups of 16 that the span touches. */
static void attend_scores(const ink_attend *a, const attend_room *room, attend_view *v, const attend_span *s, size_t first, size_t n)
{
    static tile_table *const tiles[] = { [INK_KV_F32] = &tile_f32_tiles, [INK_KV_F16] = &tile_f16_tiles, [INK_KV_Q8] = &tile_q8_keys_tiles };
    const size_t dims = room->dims, lanes = LANES * ink_kv_element(v->type);
    tile_job j = { .step_bytes = lanes, .panel_bytes = lanes * dims, .steps = dims, .scales = ink_kv_scales(dims),
                   .x = room->q + first * dims, .x_stride = dims, .y_stride = INK_KV_RUN,
                   .fetch_bytes = attend_pace(ink_kv_key_bytes(a->type, dims), INK_KV_GROUPS * dims) };
    for (size_t at = s->from / LANES * LANES, b, end; at < s->to; at = (b + 1) * INK_KV_BLOCK) {
        b = at / INK_KV_BLOCK;
        end = ink_least((b + 1) * INK_KV_BLOCK, s->to);
        const uint8_t *block = attend_keys(a, room, v, b);
        j.panel = at % INK_KV_BLOCK / LANES;
        j.w = block + j.panel * j.panel_bytes;
        j.scale = (const float *)(const void *)(block + INK_KV_BLOCK * dims);
        j.y = room->weights + at;
        j.fetch = attend_stretch(a, v, first, b + 1);
        tile_walk(&j, ink_pieces(end - at, LANES), n, *tiles[v->type]);
    }
}

/* Sums of values by the weights of queries [first, first + n), in the order of keys. */
static void attend_sums(const ink_attend *a, const attend_room *room, attend_view *v, const attend_span *s, size_t first, size_t n, float *parts)
{
    static tile_table *const tiles[] = { [INK_KV_F32] = &tile_f32_tiles, [INK_KV_F16] = &tile_f16_tiles, [INK_KV_Q8] = &tile_q8_values_tiles };
    const size_t padded = room->padded, element = ink_kv_element(v->type);
    tile_job j = { .panel_bytes = LANES * element, .step_bytes = element * padded, .scales = ink_kv_scales(room->dims),
                   .x_stride = INK_KV_RUN, .y_stride = room->part,
                   .fetch_bytes = attend_pace(ink_kv_value_bytes(a->type, room->dims), INK_KV_BLOCK * padded / LANES) };
    for (size_t at = s->from; at < s->to; at += j.steps) {
        const size_t b = at / INK_KV_BLOCK, slot = at % INK_KV_BLOCK;
        const uint8_t *block = attend_values(a, room, v, b);
        j.more = at > s->from;
        j.steps = ink_least((b + 1) * INK_KV_BLOCK, s->to) - at;
        j.w = block + slot * j.step_bytes;
        j.scale = (const float *)(const void *)(block + INK_KV_BLOCK * padded) + slot * j.scales;
        j.panel = 0;
        j.x = room->weights + at;
        j.y = parts + ATTEND_HEAD;
        j.fetch = attend_stretch(a, v, first, v->blocks + b + 1);
        tile_walk(&j, padded / LANES, n, *tiles[v->type]);
    }
}

/* ALiBi (Press et al. 2022, section 3): scores sink by the slope for each position that a key lies behind its query. Or what is added
   is learned for each distance (Raffel et al. 2020, section 2.1). */
typedef struct attend_sinking {
    float slope;       /* 0: they do not */
    ptrdiff_t start;   /* where the run starts, less the query's position */
    const float *bias; /* of the query's head, or NULL */
} attend_sinking;

static attend_sinking attend_sink(const ink_attend *a, size_t run, size_t query)
{
    const size_t head = query % a->group;
    return (attend_sinking){ a->slopes ? a->slopes[head] : 0, (ptrdiff_t)(run * INK_KV_RUN) - (ptrdiff_t)(a->first_position + query / a->group), a->bias ? a->bias + head : NULL };
}

/* What is added to the scores of sixteen keys from this distance on. */
static f32x16 attend_bias(const ink_attend *a, const float *bias, ptrdiff_t distance)
{
    const ptrdiff_t far = (ptrdiff_t)a->far;
    float each[LANES];
    if (distance + LANES - 1 <= -far)
        return f_set1(bias[0]);
    for (ptrdiff_t i = 0; i < LANES; i++) {
        const ptrdiff_t at = distance + i < -far ? -far : distance + i > 0 ? 0 : distance + i;
        each[i] = bias[(size_t)(at + far) * a->bias_gap];
    }
    return f_load(each);
}

/* at, at + 1, … */
static inline f32x16 attend_numbers(size_t at)
{
    static const float numbers[LANES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    return f_add(f_load(numbers), f_set1((float)at));
}

/* v in the lanes whose number, counted from `at`, is in [lo, hi); -infinity in the others. */
static inline f32x16 attend_mask(f32x16 v, size_t at, size_t lo, size_t hi)
{
    const f32x16 lowest = f_set1(-INFINITY), number = attend_numbers(at);
    return f_if_less(number, f_set1((float)lo), lowest, f_if_less(number, f_set1((float)hi), v, lowest));
}

/* Scores of keys [from, to), whole sixteens, as they are compared: capped, sunk, masked outside [lo, hi). Their maximum by
   lanes. A score that is NaN, or too low for a float, counts as the lowest float. */
static f32x16 attend_bounded(const ink_attend *a, const attend_sinking *sink, float *s, size_t lo, size_t hi, size_t from, size_t to)
{
    const f32x16 cap = f_set1(a->softcap), least = f_set1(-FLT_MAX);
    f32x16 top = f_set1(-INFINITY);
    for (size_t i = from; i < to; i += LANES) {
        f32x16 v = f_load(s + i);
        v = a->softcap != 0.0f ? f_softcap(v, cap) : v;
        v = sink->slope != 0.0f ? f_fma(f_set1(sink->slope), f_add(attend_numbers(i), f_set1((float)sink->start)), v) : v;
        v = sink->bias ? f_add(v, attend_bias(a, sink->bias, sink->start + (ptrdiff_t)i)) : v;
        v = f_max(v, least);
        v = i < lo || i + LANES > hi ? attend_mask(v, i, lo, hi) : v;
        f_store(s + i, v);
        top = f_max(v, top);
    }
    return top;
}

/* Scores become exponentials; their sum by lanes. */
static f32x16 attend_exponentials(float *s, size_t from, size_t to, float top)
{
    f32x16 sum = f_zero();
    for (size_t i = from; i < to; i += LANES) {
        const f32x16 e = f_exp_falling(f_sub(f_load(s + i), f_set1(top)));
        sum = f_add(sum, e);
        f_store(s + i, e);
    }
    return sum;
}

/* The weights of n queries: exponentials, their maximum and sum in parts; zero in both where a query sees nothing. All
   queries take each step before any takes the next, so that none waits for the sum across the lanes of another. */
static void attend_softmax(const ink_attend *a, const attend_room *room, size_t run, const attend_span *s, size_t first, size_t n, float *parts)
{
    const size_t from = s->from / LANES * LANES, to = ink_round_up(s->to, LANES);
    f32x16 by_lane[TILE_QUERIES];
    for (size_t t = 0; t < n; t++) {
        const attend_sinking sink = attend_sink(a, run, first + t);
        by_lane[t] = attend_bounded(a, &sink, room->weights + t * INK_KV_RUN, s->lo[t], s->hi[t], from, to);
    }
    for (size_t t = 0; t < n; t++)
        parts[t * room->part] = s->lo[t] < s->hi[t] ? f_hmax(by_lane[t]) : 0.0f;
    for (size_t t = 0; t < n; t++)
        by_lane[t] = attend_exponentials(room->weights + t * INK_KV_RUN, from, to, parts[t * room->part]);
    for (size_t t = 0; t < n; t++)
        parts[t * room->part + 1] = f_sum(by_lane[t]);
}

/* The parts of queries [first, first + n) in one run. A query that sees nothing of it gets the sum 0. */
static void attend_queries(const ink_attend *a, const attend_room *room, attend_view *v, size_t first, size_t n, float *parts)
{
    const attend_span s = attend_visible(a, v->run, first, n);
    if (s.from >= s.to) {
        memset(parts, 0, n * room->part * sizeof *parts);
        return;
    }
    attend_scores(a, room, v, &s, first, n);
    for (size_t t = 0; t < n; t++)
        memset(parts + t * room->part, 0, ATTEND_HEAD * sizeof *parts);
    attend_softmax(a, room, v->run, &s, first, n, parts);
    attend_sums(a, room, v, &s, first, n, parts);
}

/* ---- folding ---- */

static void attend_fold_one(const attend_room *room, const float *part, float *into)
{
    if (part[1] == 0.0f) /* saw nothing there */
        return;
    if (into[1] == 0.0f) { /* the first that saw something */
        memcpy(into, part, room->part * sizeof *part);
        return;
    }
    const float top = part[0] > into[0] ? part[0] : into[0];
    const f32x16 old = f_exp(f_set1(into[0] - top)), new = f_exp(f_set1(part[0] - top));
    into[0] = top;
    f_store_n(into + 1, f_fma(f_set1(part[1]), new, f_mul(f_set1(into[1]), old)), 1);
    for (size_t d = ATTEND_HEAD; d < room->part; d += LANES)
        f_store(into + d, f_fma(f_load(part + d), new, f_mul(f_load(into + d), old)));
}

static void attend_begin(const attend_room *room, size_t queries)
{
    memset(room->folded, 0, queries * room->part * sizeof *room->folded);
    for (size_t i = 0; i < queries; i++)
        room->folded[i * room->part] = -INFINITY;
}

/* Zeros leave as +0: whether a sum is -0 may depend on a weight of zero. */
static void attend_finish(const ink_attend *a, const attend_room *room)
{
    for (size_t i = 0; i < a->rows * a->group; i++) {
        const float *part = room->folded + i * room->part;
        float *out = a->out + i / a->group * a->out_stride + i % a->group * room->dims;
        const f32x16 by = f_set1(1.0f / part[1]), zero = f_zero();
        for (size_t d = 0; d < room->dims; d += LANES)
            f_store_n(out + d, f_fma(f_load(part + ATTEND_HEAD + d), by, zero), ink_least(room->dims - d, LANES));
    }
}

/* ---- the entries ---- */

static attend_room attend_open(const ink_attend *a)
{
    size_t used;
    const attend_room room = attend_room_at(a->scratch, a->type, a->head_dim, a->rows * a->group, &used);
    const f32x16 scale = f_set1(a->scale);
    for (size_t i = 0; i < a->rows * a->group; i++) {
        const float *q = a->q + i / a->group * a->q_stride + i % a->group * room.dims;
        for (size_t d = 0, n; d < room.dims; d += n) {
            n = ink_least(room.dims - d, LANES);
            f_store_n(room.q + i * room.dims + d, f_mul(f_load_n(q + d, n), scale), n);
        }
    }
    return room;
}

static attend_view attend_open_run(const ink_attend *a, size_t run, bool alone)
{
    const size_t blocks = attend_last_key(a, a->rows * a->group - 1) / INK_KV_BLOCK + 1 - run * ATTEND_BLOCKS;
    const ink_kv_type type = attend_widens(a->type, a->rows * a->group) ? INK_KV_F32 : a->type;
    return (attend_view){ .run = run, .blocks = ink_least(blocks, ATTEND_BLOCKS),
                          .alone = alone || blocks <= ATTEND_BLOCKS, .type = type };
}

/* All queries in one run, in as few tiles as can be, of sizes that differ by one at most; kept, or folded if keep is NULL. */
static void attend_one_run(const ink_attend *a, const attend_room *room, size_t run, float *keep)
{
    const size_t queries = a->rows * a->group;
    attend_view v = attend_open_run(a, run, keep);
    size_t first = 0;
    for (size_t left = ink_pieces(queries, TILE_MOST); left; left--) {
        const size_t n = ink_pieces(queries - first, left);
        float *parts = keep ? keep + first * room->part : room->parts;
        attend_queries(a, room, &v, first, n, parts);
        for (size_t t = 0; t < n && !keep; t++)
            attend_fold_one(room, parts + t * room->part, room->folded + (first + t) * room->part);
        first += n;
    }
}

static void attend(const ink_attend *a)
{
    const attend_room room = attend_open(a);
    const size_t last = attend_last_key(a, a->rows * a->group - 1);
    size_t run = a->window && a->first_position >= a->window ? (a->first_position - a->window + 1) / INK_KV_RUN : 0;
    attend_begin(&room, a->rows * a->group);
    for (; run * INK_KV_RUN <= last; run++)
        attend_one_run(a, &room, run, NULL);
    attend_finish(a, &room);
}

static void attend_run(const ink_attend *a, size_t run, float *part)
{
    const attend_room room = attend_open(a);
    const size_t bytes = ink_kv_key_bytes(a->type, room.dims);
    for (size_t i = 0; i < bytes; i += 64) /* nobody has asked for these */
        __builtin_prefetch(a->keys[run * ATTEND_BLOCKS] + i);
    attend_one_run(a, &room, run, part);
}

static void attend_fold(const ink_attend *a, size_t runs, const float *parts)
{
    const size_t queries = a->rows * a->group;
    size_t used;
    const attend_room room = attend_room_at(a->scratch, a->type, a->head_dim, queries, &used);
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
