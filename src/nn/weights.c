/* Finding, checking and loading weights. */
#include "base/count.h"
#include "nn/weights.h"

#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ink_nn_weights_has(const ink_nn_weights *s, const char *name)
{
    ink_name_change change;
    return s->has ? s->has(s->has_user, name) : ink_names_find(s->rules, s->file, name, &change, NULL) != NULL;
}

/* A tensor that no file holds yet. */
static const ink_tensor *weight_new(ink_nn_weights *s, const char *name, ink_name_change *change)
{
    ink_tensor *t = ink_arena_alloc(s->arena, sizeof *t);
    char *own = ink_arena_text(s->arena, name, strlen(name));
    *change = ink_names_change(s->rules, "safetensors", name);
    if (!t || !own)
        return NULL;
    *t = (ink_tensor){ .name = own, .type = INK_F32 };
    return t;
}

/* One of a stack of matrices. */
static const ink_tensor *weight_part(const ink_nn_weights *s, const ink_tensor *whole, uint64_t which)
{
    ink_tensor *t = ink_arena_alloc(s->arena, sizeof *t);
    if (!t)
        return NULL;
    *t = *whole;
    t->ndim--;
    memmove(t->dims, t->dims + 1, t->ndim * sizeof *t->dims);
    t->count /= whole->dims[0];
    t->bytes /= whole->dims[0];
    t->data += which * t->bytes;
    return t;
}

/* The shape that is wanted becomes its own. */
static void weight_note(const ink_nn_weights *s, const ink_nn_weight *w, size_t ndim, size_t rows, size_t width)
{
    ink_tensor *t = (ink_tensor *)(uintptr_t)w->tensor;
    if (!s->has || t->ndim)
        return;
    const bool turned = w->change == INK_NAME_TRANSPOSED;
    t->ndim = ndim;
    t->dims[0] = turned ? width : rows;
    t->dims[ndim - 1] = turned ? rows : width;
    t->count = rows * width;
}

ink_nn_weight *ink_nn_weights_get(ink_nn_weights *s, const char *name, ink_err *err)
{
    ink_name_change change;
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->list[i]->name, name))
            return s->list[i];
    uint64_t which = 0;
    const ink_tensor *whole = s->has ? weight_new(s, name, &change) : ink_names_find(s->rules, s->file, name, &change, &which), *t = whole;
    if (t && !s->has && change == INK_NAME_EXPERT && !(t = weight_part(s, whole, which))) {
        ink_arena_refused(s->arena, sizeof *t, err);
        return NULL;
    }
    if (!t) {
        ink_fail(err, INK_E_NOT_FOUND, "%s: the model has no tensor %s", ink_weights_path(s->file), name);
        return NULL;
    }
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 128;
        ink_nn_weight **list = ink_arena_array(s->arena, room, sizeof *list);
        if (list && s->count)
            memcpy(list, s->list, s->count * sizeof *list);
        s->list = list ? list : s->list;
        s->room = list ? room : s->room;
    }
    ink_nn_weight *w = s->count < s->room ? ink_arena_alloc(s->arena, sizeof *w) : NULL;
    if (!w) {
        ink_arena_refused(s->arena, sizeof *w, err);
        return NULL;
    }
    *w = (ink_nn_weight){ .tensor = t, .whole = whole, .change = change };
    snprintf(w->name, sizeof w->name, "%s", name);
    w->learns = s->dense && s->learns && s->learns(s->learns_user, name);
    w->constant = (ink_constant){ .name = w->name, .type = t->type, .data = t->data, .learns = w->learns };
    s->list[s->count++] = w;
    return w;
}

bool ink_nn_weights_asked(const ink_nn_weights *s, const ink_tensor *t)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->list[i]->whole == t)
            return true;
    return false;
}

/* What follows from the configuration and is stored all the same: rotary frequencies, masks, a head that is the embedding again; or which nobody
   computes with: T5's distances to what is read, BERT's row for pairs of sentences. */
static bool weights_spare(const char *name)
{
    static const char *const ends[] = { "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight", "rotary_emb.inv_freq", "attn_rot_embd.weight", ".attn.bias", ".attn.masked_bias", "lm_head.weight",
                                        "coder.embed_tokens.weight", "embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias", "EncDecAttention.relative_attention_bias.weight", "cross_attn_rel_b.weight" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ink_ends(name, ends[i]))
            return true;
    return false;
}

ink_status ink_nn_weights_complete(const ink_nn_weights *s, ink_err *err)
{
    for (size_t i = 0; i < ink_weights_count(s->file); i++) {
        const ink_tensor *t = ink_weights_at(s->file, i);
        if (!ink_nn_weights_asked(s, t) && !weights_spare(t->name))
            return ink_fail(err, INK_E_UNSUPPORTED, "%s: holds the tensor %s, which inkstone does not compute with: its answers would be another model's", ink_weights_path(s->file), t->name);
    }
    return INK_OK;
}

static ink_status weight_length(const ink_nn_weight *w, size_t width, ink_err *err)
{
    const ink_tensor *t = w->tensor;
    return t->count == width ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s has %zu values, but the configuration wants %zu", t->name, (size_t)t->count, width);
}

static ink_status weight_shape(const ink_nn_weight *w, size_t rows, size_t width, ink_err *err)
{
    const ink_tensor *t = w->tensor;
    size_t ones = 0;
    while (ones + 2 < t->ndim && t->dims[ones] == 1)
        ones++;
    size_t have_rows = t->ndim == 1 ? 1 : t->dims[ones], have = t->dims[t->ndim - 1];
    bool turned = w->change == INK_NAME_TRANSPOSED;
    if (t->ndim > 2 + ones || have_rows != (turned ? width : rows) || have != (turned ? rows : width))
        return ink_fail(err, INK_E_FORMAT, "%s is %zu × %zu, but the configuration wants %zu × %zu", t->name, have_rows, have, turned ? width : rows, turned ? rows : width);
    return INK_OK;
}

/* What the lender made of the same tensor in the same way. */
static const ink_nn_weight *weight_lent(const ink_nn_weights *s, const ink_nn_weight *w)
{
    for (size_t i = 0; s->lender && i < s->lender->count; i++) {
        const ink_nn_weight *v = s->lender->list[i];
        if (!strcmp(v->name, w->name))
            return v->whole == w->whole && v->product == w->product && v->vector == w->vector && v->repeats == w->repeats && !w->matrix ? v : NULL;
    }
    return NULL;
}

static void weight_reserve(ink_nn_weights *s, ink_nn_weight *w, size_t bytes)
{
    w->lent = weight_lent(s, w);
    if (w->lent)
        return;
    size_t *end = w->learns ? &s->learned_bytes : &s->bytes;
    w->at = w->constant.gradient_at = *end;
    *end += ink_round_up(bytes, 64);
}

/* Where a weight's floats are, or will be. */
static float *weight_home(const ink_nn_weights *s, const ink_nn_weight *w)
{
    return (float *)(void *)((w->learns ? s->learned.data : s->store.data) + w->at);
}

ink_status ink_nn_weight_product(ink_nn_weights *s, ink_nn_weight *w, size_t out, size_t in, ink_name_heads heads, ink_err *err)
{
    INK_TRY(weight_shape(w, out, in, err));
    if (w->product)
        return INK_OK;
    w->heads = heads;
    if (w->change == INK_NAME_TRANSPOSED && ink_type_find((int)w->tensor->type)->block != 1)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s is transposed and quantised, which nobody writes", w->tensor->name);
    if (!ink_packed_shape(w->tensor->type, out, in, &w->packed))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: rows of %zu values of type %s cannot be multiplied", w->tensor->name, in,
                        ink_type_find((int)w->tensor->type)->name);
    w->product = true;
    w->constant.packed = &w->packed;
    weight_reserve(s, w, w->packed.panels * w->packed.panel_bytes);
    return INK_OK;
}

ink_status ink_nn_weight_vector(ink_nn_weights *s, ink_nn_weight *w, size_t width, ink_name_heads heads, float plus, ink_err *err)
{
    w->repeats = w->repeats ? w->repeats : 1;
    weight_note(s, w, 1, 1, width);
    INK_TRY(weight_length(w, width, err));
    if (w->vector)
        return INK_OK;
    w->vector = true;
    w->heads = heads;
    w->plus = plus - (w->change == INK_NAME_MINUS_ONE ? 1.0f : 0.0f);
    weight_reserve(s, w, (w->repeats * width + 16) * sizeof(float));
    return INK_OK;
}

ink_status ink_nn_weight_repeated(ink_nn_weights *s, ink_nn_weight *w, size_t width, size_t times, ink_err *err)
{
    w->repeats = times;
    return ink_nn_weight_vector(s, w, width, (ink_name_heads){ 0 }, 0, err);
}

ink_status ink_nn_weight_conv(ink_nn_weights *s, ink_nn_weight *w, ink_nn_shape shape, bool product, ink_err *err)
{
    const ink_tensor *t = w->tensor;
    const size_t rows = ink_nn_conv_rows(shape), cols = ink_nn_conv_cols(shape), first = shape.layout == INK_NN_CONV_UP ? shape.in : shape.out;
    if (t->count != shape.out * shape.in * shape.kernel || t->dims[0] != first)
        return ink_fail(err, INK_E_FORMAT, "%s has %zu values for %zu outputs, but the configuration wants %zu × %zu × %zu", t->name, (size_t)t->count, (size_t)t->dims[0],
                        first, shape.out + shape.in - first, shape.kernel);
    if (w->norm && w->norm->count != t->dims[0])
        return ink_fail(err, INK_E_FORMAT, "%s has %zu values for %zu slices of %s", w->norm->name, (size_t)w->norm->count, (size_t)t->dims[0], t->name);
    if (w->learns)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: convolutions cannot be learned yet", t->name);
    if (w->product || w->vector)
        return INK_OK;
    w->shape = shape;
    w->product = product;
    w->vector = !product;
    if (!product) {
        weight_reserve(s, w, (rows * cols + 16) * sizeof(float));
        return INK_OK;
    }
    if (!ink_packed_shape(shape.parts ? INK_BF16 : INK_F32, rows, cols, &w->packed))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: a convolution of %zu × %zu cannot be packed", t->name, rows, cols);
    w->constant.packed = &w->packed;
    weight_reserve(s, w, w->packed.panels * w->packed.panel_bytes);
    return INK_OK;
}

static void weight_keep(ink_nn_weights *s, ink_nn_weight *w, ink_name_heads heads)
{
    if (w->matrix)
        return;
    w->matrix = true;
    w->heads = heads;
    if (w->learns || w->tensor->type != INK_F32 || ink_name_moves(w->change))
        weight_reserve(s, w, w->tensor->count * sizeof(float));
}

ink_status ink_nn_weight_matrix(ink_nn_weights *s, ink_nn_weight *w, size_t out, size_t in, ink_name_heads heads, ink_err *err)
{
    weight_note(s, w, 2, out, in);
    INK_TRY(weight_shape(w, out, in, err));
    weight_keep(s, w, heads);
    return INK_OK;
}

/* Floats in a file are read where they lie anyway, and a matrix that another part of the model wants as floats is there as such. */
static bool weight_stays(const ink_nn_weights *s, const ink_nn_weight *w, size_t in)
{
    return s->keeps && !w->learns && !w->matrix && w->change != INK_NAME_TRANSPOSED && w->tensor->type != INK_F32 && in % ink_type_find((int)w->tensor->type)->block == 0;
}

ink_status ink_nn_weight_factor(ink_nn_weights *s, ink_nn_weight *w, size_t out, size_t in, ink_name_heads heads, ink_err *err)
{
    if (!w->kept && !weight_stays(s, w, in))
        return ink_nn_weight_matrix(s, w, out, in, heads, err);
    INK_TRY(weight_shape(w, out, in, err));
    if (w->kept)
        return INK_OK;
    w->kept = true;
    s->kept_bytes += w->tensor->bytes;
    if (!ink_name_moves(w->change))
        return INK_OK;
    uint32_t *rows = ink_arena_array(s->arena, out, sizeof *rows);
    if (!rows)
        return ink_arena_refused(s->arena, out * sizeof *rows, err);
    for (size_t r = 0; r < out; r++)
        rows[r] = (uint32_t)ink_name_row(w->change, heads, out, r);
    w->constant.rows = rows;
    return INK_OK;
}

ink_status ink_nn_weight_dense(ink_nn_weights *s, ink_nn_weight *w, size_t rows, size_t cols, ink_err *err)
{
    INK_TRY(weight_length(w, rows * cols, err));
    weight_keep(s, w, (ink_name_heads){ 0 });
    return INK_OK;
}

ink_status ink_nn_weight_table(ink_nn_weights *s, ink_nn_weight *w, size_t rows, size_t width, ink_err *err)
{
    if (w->change == INK_NAME_TRANSPOSED)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s is transposed, so its rows cannot be looked up", w->tensor->name);
    if (width % ink_type_find((int)w->tensor->type)->block)
        return ink_fail(err, INK_E_FORMAT, "%s: rows of %zu values are not whole blocks", w->tensor->name, width);
    return w->learns || s->has ? ink_nn_weight_matrix(s, w, rows, width, (ink_name_heads){ 0 }, err) : weight_shape(w, rows, width, err);
}

/* ---- loading ---- */

static float weight_value(const ink_nn_weight *w, const float *raw, size_t i)
{
    float v = raw[ink_name_row(w->change, w->heads, w->tensor->count, i)];
    return (w->change == INK_NAME_MINUS_LOG ? (float)-log((double)v) : v) + w->plus;
}

static ink_status weight_load_vector(const ink_nn_weights *s, ink_nn_weight *w, ink_err *err)
{
    const ink_tensor *t = w->tensor;
    float *y = weight_home(s, w);
    w->constant.data = y;
    w->constant.type = INK_F32;
    if (w->shape.layout) {
        ink_nn_conv_lay(w, 0, t->dims[0], y);
        return INK_OK;
    }
    float *raw = malloc((t->count + 1) * sizeof *raw);
    if (!raw)
        return ink_fail(err, INK_E_MEMORY, "no memory for the %zu values of %s", (size_t)t->count, t->name);
    ink_dequantize(t->type, t->data, t->count, raw);
    for (size_t i = 0; i < t->count; i++)
        y[i] = weight_value(w, raw, i);
    for (size_t i = 1; i < w->repeats; i++)
        memcpy(y + i * t->count, y, t->count * sizeof *y);
    free(raw);
    return INK_OK;
}

static void weight_load_matrix(const ink_nn_weights *s, ink_nn_weight *w)
{
    const ink_tensor *t = w->tensor;
    const size_t rows = t->ndim == 1 ? 1 : t->dims[0], cols = t->count / (rows + !rows), bytes = t->bytes / (rows + !rows);
    w->constant.type = INK_F32;
    if (!w->learns && t->type == INK_F32 && !ink_name_moves(w->change))
        return; /* it is read where it lies */
    float *y = weight_home(s, w);
    for (size_t r = 0; r < rows; r++)
        ink_dequantize(t->type, t->data + ink_name_row(w->change, w->heads, rows, r) * bytes, cols, y + r * cols);
    w->constant.data = y;
    ink_weights_release(s->file, t);
}

/* A float matrix the other way round, for the packer alone. */
static uint8_t *weight_turned(const ink_tensor *t)
{
    size_t rows = t->dims[0], cols = t->dims[1], size = ink_type_find((int)t->type)->bytes;
    uint8_t *turned = malloc(t->bytes);
    for (size_t r = 0; turned && r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            memcpy(turned + (c * rows + r) * size, t->data + (r * cols + c) * size, size);
    return turned;
}

typedef struct loading {
    ink_nn_weights *s;
    ink_pool *pool;
    uint8_t **turned;          /* [weight] */
    uint32_t **maps;           /* [weight] */
    _Atomic uint32_t *next;    /* [weight] */
    _Atomic size_t *broken;    /* a weight that is not finite, counted from 1; 0: none was found */
} loading;

/* Whether slices [first, last) of the first dimension are all finite: what is not makes NaN of a sum of zeros. */
static bool weight_sound(const ink_tensor *t, size_t first, size_t last)
{
    enum { PIECE = 1024 };
    const ink_type_info *info = ink_type_find((int)t->type);
    const size_t all = t->count ? t->count / t->dims[0] : 0, end = (last < t->dims[0] ? last : t->dims[0]) * all;
    float values[PIECE], sum = 0;
    for (size_t at = first * all, n; at < end; at += n) {
        n = end - at < PIECE ? end - at : PIECE;
        ink_dequantize(t->type, t->data + at / info->block * info->bytes, n, values);
        for (size_t i = 0; i < n; i++)
            sum += values[i] * 0;
    }
    return sum == 0;
}

static void weight_look(const loading *l, size_t i, size_t first, size_t last)
{
    const ink_nn_weight *w = l->s->list[i];
    if (l->s->finite && (!weight_sound(w->tensor, first, last) || (w->norm && !first && !weight_sound(w->norm, 0, w->norm->dims[0]))))
        atomic_store(l->broken, i + 1);
}

/* Panels as the threads come for them; the first thread gives the pages of what is done back. */
static void weight_load_products(void *user, size_t thread)
{
    enum { PANELS = 4, SLICES = 16 };
    const loading *l = user;
    for (size_t i = 0; i < l->s->count; i++) {
        ink_nn_weight *w = l->s->list[i];
        const ink_tensor *t = w->tensor;
        if (!w->product || w->lent)
            continue;
        size_t row_bytes = t->bytes / w->packed.rows, p;
        while (w->shape.layout && (p = SLICES * ink_pool_take(&l->next[i])) < t->dims[0]) {
            weight_look(l, i, p, p + SLICES);
            ink_nn_conv_lay(w, p, p + SLICES, weight_home(l->s, w));
        }
        while (!w->shape.layout && (p = PANELS * ink_pool_take(&l->next[i])) < w->packed.panels)
            ink_pack_panels(&w->packed, t->type, l->turned[i] ? l->turned[i] : t->data, row_bytes, l->maps[i], p,
                            p + PANELS < w->packed.panels ? p + PANELS : w->packed.panels, l->s->store.data + w->at);
        ink_pool_meet(l->pool);
        if (thread)
            continue;
        ink_weights_release(l->s->file, t);
    }
}

static ink_status weight_prepare(const loading *l, size_t i, ink_err *err)
{
    ink_nn_weight *w = l->s->list[i];
    if (w->lent) {
        w->packed.data = w->lent->packed.data;
        w->constant.data = w->lent->constant.data;
        w->constant.type = w->lent->constant.type;
        return INK_OK;
    }
    if (!w->product || !w->shape.layout) /* those are looked at piece by piece */
        weight_look(l, i, 0, w->tensor->ndim ? w->tensor->dims[0] : 1);
    if (w->learns)
        w->constant.gradient = (float *)(void *)(l->s->gradients.data + w->at);
    if (w->vector)
        return weight_load_vector(l->s, w, err);
    if (w->matrix)
        weight_load_matrix(l->s, w);
    if (!w->product)
        return INK_OK;
    w->packed.data = l->s->store.data + w->at;
    if (w->change == INK_NAME_TRANSPOSED && !(l->turned[i] = weight_turned(w->tensor)))
        return ink_fail(err, INK_E_MEMORY, "no memory to turn %s", w->tensor->name);
    if (!ink_name_moves(w->change))
        return INK_OK;
    if (!(l->maps[i] = malloc(w->packed.rows * sizeof **l->maps)))
        return ink_fail(err, INK_E_MEMORY, "no memory to load %s", w->tensor->name);
    for (size_t r = 0; r < w->packed.rows; r++)
        l->maps[i][r] = (uint32_t)ink_name_row(w->change, w->heads, w->packed.rows, r);
    return INK_OK;
}

ink_status ink_nn_weights_load(ink_nn_weights *s, ink_pool *pool, ink_err *err)
{
    INK_TRY(ink_huge_new(s->bytes, "the weights", &s->store, err));
    if (s->learned_bytes) {
        INK_TRY(ink_huge_new(s->learned_bytes, "what is learned", &s->learned, err));
        if (!s->gradients.data)
            INK_TRY(ink_huge_new(s->learned_bytes, "the gradients", &s->gradients, err));
    }
    _Atomic size_t broken = 0;
    loading l = { .s = s, .broken = &broken, .pool = pool, .turned = calloc(s->count + 1, sizeof *l.turned), .maps = calloc(s->count + 1, sizeof *l.maps),
                  .next = calloc(s->count + 1, sizeof *l.next) };
    ink_status status = l.turned && l.maps && l.next ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory to load the weights");
    for (size_t i = 0; status == INK_OK && i < s->count; i++)
        status = weight_prepare(&l, i, err);
    if (status == INK_OK)
        ink_pool_run(pool, weight_load_products, &l);
    if (status == INK_OK && broken)
        status = ink_fail(err, INK_E_FORMAT, "%s: a number in %s is not finite: the file is broken, or its training ran away", ink_weights_path(s->file), s->list[broken - 1]->tensor->name);
    for (size_t i = 0; i < s->count; i++) {
        if (l.turned)
            free(l.turned[i]);
        if (l.maps)
            free(l.maps[i]);
    }
    free(l.turned);
    free(l.maps);
    free((void *)l.next);
    return status;
}

void ink_nn_weights_free(ink_nn_weights *s)
{
    ink_huge_free(&s->store);
    ink_huge_free(&s->learned);
    ink_huge_free(&s->gradients);
}
