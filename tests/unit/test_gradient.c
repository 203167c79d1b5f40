/* Every op of ops.def that has a gradient, held against differences of its own results summed in double, and the gradients
   of a whole small model; the same bits from one thread and from three, from every instruction set, and whatever is computed again. */
#include "base/count.h"
#include "graph/gradient.h"
#include "graph/recompute.h"
#include "kernel_sets.h"
#include "ops/ops.h"

enum { ROWS = 13, WIDTH = 21, HEADS = 4, KV_HEADS = 2, DIM = 6, OUT = 19, TABLE = 9, PICKED = 6, PARTS = 3, WEIGHTS = 8 };
enum { SLOT_X, SLOT_Y, SLOT_IDS, SLOT_BATCH, SLOT_INDEX, SLOT_DY, SLOT_DRAW, SLOT_CROSS };

typedef struct workshop { /* it points into itself */
    ink_graph graph, *g;
    ink_arena *arena;
    ink_constant weights[WEIGHTS];
    size_t bytes[WEIGHTS], count;
    ink_node *leaves[4];
    size_t leaf_count;
    float x[ROWS][32], y[ROWS][32];
    uint32_t ids[ROWS], index[PICKED];
    ink_segment segments[4], crosses[4];
    ink_ragged batch, cross;
    ink_draw draw;
    uint64_t seed;
} workshop;

static float small(workshop *s) { return 0.7f * test_normal(&s->seed); }

/* Failures of its graph go to *graph_err. */
static void workshop_fill(workshop *s, ink_err *graph_err)
{
    ink_err err = { 0 };
    static const size_t rows[] = { 5, 1, 4, 3 };
    *s = (workshop){ .seed = 5, .draw = { 7, 3 }, .g = &s->graph };
    assert_ok(ink_arena_new("gradient", 0, &s->arena, &err));
    assert_ok(ink_graph_init(s->g, s->arena, graph_err));
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t i = 0; i < 32; i++) {
            s->x[r][i] = small(s);
            s->y[r][i] = small(s);
        }
        s->ids[r] = (uint32_t)(test_random(&s->seed) % TABLE);
    }
    static const size_t keys[] = { 2, 6, 2, 3 };
    for (size_t i = 0, row = 0, key = 0; i < 4; row += rows[i], key += keys[i++]) {
        s->segments[i] = (ink_segment){ .first_row = row, .rows = rows[i] };
        s->crosses[i] = (ink_segment){ .first_row = row, .rows = rows[i], .first_key = key, .keys = keys[i] };
    }
    s->cross = (ink_ragged){ .segments = s->crosses, .count = 4 };
    s->batch = (ink_ragged){ .segments = s->segments, .count = 4 };
    for (size_t i = 0; i < PICKED; i++)
        s->index[i] = (uint32_t)(2 * i + 1);
}

static void workshop_clear(workshop *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free((void *)(uintptr_t)s->weights[i].data);
        free(s->weights[i].gradient);
    }
    ink_arena_free(s->arena);
}

static ink_node *weight(workshop *s, size_t rows, size_t width)
{
    float *data = calloc(rows * width, sizeof *data);
    for (size_t i = 0; i < rows * width; i++)
        data[i] = small(s);
    assert_true(s->count < WEIGHTS);
    s->bytes[s->count] = rows * width * sizeof *data;
    ink_constant *c = &s->weights[s->count++];
    *c = (ink_constant){ .name = "weight", .type = INK_F32, .data = data, .learns = true, .gradient = calloc(rows * width, sizeof *data) };
    return ink_graph_weight(s->g, c, rows, width);
}

/* A matrix that stays as a file has it: blocks of Q8_0 (a half and 32 bytes), one a row; its rows stand the other way up. */
static ink_node *frozen(workshop *s, size_t rows)
{
    enum { BLOCK = 34, MOST = 24 };
    uint8_t *data = calloc(rows, BLOCK), *b = data;
    uint32_t *order = ink_arena_array(s->g->arena, rows, sizeof *order);
    for (size_t i = 0; i < rows; i++, b += BLOCK) {
        b[1] = 0x24; /* 2^-6 */
        for (size_t k = 2; k < BLOCK; k++)
            b[k] = (uint8_t)(int8_t)(MOST * small(s));
    }
    for (size_t r = 0; r < rows; r++)
        order[r] = (uint32_t)(rows - 1 - r);
    assert_true(s->count < WEIGHTS);
    ink_constant *c = &s->weights[s->count++];
    *c = (ink_constant){ .name = "frozen", .type = INK_Q8_0, .data = data, .rows = order };
    return ink_graph_weight(s->g, c, rows, 32);
}

static ink_node *leaf(workshop *s, size_t slot, size_t width)
{
    return s->leaves[s->leaf_count++] = ink_graph_input(s->g, slot, slot == SLOT_X ? "x" : "y", INK_SIZE_ROWS, width);
}
static ink_node *ids(workshop *s) { return ink_graph_input(s->g, SLOT_IDS, "ids", INK_SIZE_ROWS, 1); }

static ink_node *build_add(workshop *s) { return ink_add(s->g, ink_add(s->g, leaf(s, SLOT_X, WIDTH), leaf(s, SLOT_Y, WIDTH)), weight(s, 1, WIDTH)); }
static ink_node *build_mul(workshop *s) { return ink_mul(s->g, ink_mul(s->g, leaf(s, SLOT_X, WIDTH), leaf(s, SLOT_Y, WIDTH)), weight(s, 1, WIDTH)); }
static ink_node *build_scale(workshop *s) { return ink_scale(s->g, leaf(s, SLOT_X, WIDTH), 0.37f); }
static ink_node *build_gelu_tanh(workshop *s) { return ink_gelu_tanh(s->g, leaf(s, SLOT_X, WIDTH)); }
static ink_node *build_silu_mul(workshop *s) { return ink_silu_mul(s->g, leaf(s, SLOT_X, WIDTH), leaf(s, SLOT_Y, WIDTH)); }
static ink_node *build_gelu_tanh_mul(workshop *s) { return ink_gelu_tanh_mul(s->g, leaf(s, SLOT_X, WIDTH), leaf(s, SLOT_Y, WIDTH)); }
static ink_node *build_gelu(workshop *s) { return ink_gelu(s->g, leaf(s, SLOT_X, WIDTH)); }
/* Far enough from zero, on either side, for a step not to cross it. */
static ink_node *build_leaky_relu(workshop *s)
{
    for (size_t r = 0; r < ROWS; r++)
        for (size_t i = 0; i < WIDTH; i++)
            s->x[r][i] += s->x[r][i] < 0 ? -0.2f : 0.2f;
    return ink_leaky_relu(s->g, leaf(s, SLOT_X, WIDTH), 0.25f);
}
/* The others' products are far enough away from the chosen for a step not to change places. */
static ink_node *build_mixture(workshop *s, bool normalised)
{
    const ink_route_options o = { .used = 2, .normalised = normalised };
    for (size_t r = 0; r < ROWS; r++)
        for (size_t i = 0; i < 5; i++)
            s->y[r][i] = 0.1f * s->y[r][i] + 0.5f * (float)((i + r) % 5);
    ink_node *x = leaf(s, SLOT_X, WIDTH), *route = ink_route(s->g, leaf(s, SLOT_Y, 5), &o), *y = NULL;
    for (size_t e = 0; e < 5; e++) {
        ink_node *said = ink_weigh(s->g, ink_product(s->g, x, x, false, weight(s, 7, WIDTH), true), route, e);
        y = y ? ink_add(s->g, y, said) : said;
    }
    return y;
}
static ink_node *build_route(workshop *s) { return build_mixture(s, true); }
static ink_node *build_route_raw(workshop *s) { return build_mixture(s, false); }
static ink_node *build_slice_each(workshop *s) { return ink_slice_each(s->g, leaf(s, SLOT_X, 20), 4, 1, 3); }
static ink_node *build_softcap(workshop *s) { return ink_softcap(s->g, leaf(s, SLOT_X, WIDTH), 1.5f); }
static ink_node *build_rms_norm(workshop *s) { return ink_rms_norm(s->g, leaf(s, SLOT_X, WIDTH), weight(s, 1, WIDTH), 1e-5f); }
static ink_node *build_rms_norm_heads(workshop *s) { return ink_rms_norm(s->g, leaf(s, SLOT_X, HEADS * DIM), weight(s, 1, DIM), 1e-5f); }
static ink_node *build_layer_norm(workshop *s) { return ink_layer_norm(s->g, leaf(s, SLOT_X, WIDTH), weight(s, 1, WIDTH), weight(s, 1, WIDTH), 1e-5f); }
static ink_node *build_embed(workshop *s)
{
    ink_node *table = weight(s, TABLE, WIDTH);
    s->ids[3] = INK_EMBED_VIRTUAL + 1;
    s->ids[7] = INK_EMBED_VIRTUAL;
    return ink_embed(s->g, ids(s), table, weight(s, 2, WIDTH));
}
static ink_node *build_slice(workshop *s) { return ink_slice(s->g, leaf(s, SLOT_X, WIDTH), 3, 11); }
static ink_node *build_select(workshop *s)
{
    ink_node *x = ink_scale(s->g, leaf(s, SLOT_X, WIDTH), 1.5f);
    return ink_select(s->g, x, ink_graph_input(s->g, SLOT_INDEX, "index", INK_SIZE_OUTPUTS, 1));
}
static ink_node *build_select_often(workshop *s)
{
    static const uint32_t often[PICKED] = { 1, 1, 4, 4, 4, 12 };
    memcpy(s->index, often, sizeof often);
    return build_select(s);
}
static ink_node *build_rope(workshop *s)
{
    static const double frequency[] = { 1, 0.3, 0.05 };
    ink_node *angles = ink_rope_angles(s->g, ids(s), frequency, 3, 1.1f);
    return ink_rope(s->g, ink_rope(s->g, leaf(s, SLOT_X, HEADS * DIM), angles, HEADS, true), angles, HEADS, false);
}
static ink_node *build_product(workshop *s)
{
    ink_node *x = leaf(s, SLOT_X, WIDTH), *hidden = ink_product(s->g, x, x, false, weight(s, OUT, WIDTH), true);
    return ink_product(s->g, x, hidden, false, weight(s, OUT, 7), false);
}
/* A LoRA of a matrix: x W + x A^T B^T, and x lends itself to a second one. */
static ink_node *build_rank(workshop *s)
{
    ink_node *x = leaf(s, SLOT_X, WIDTH), *y = ink_product(s->g, x, x, false, weight(s, OUT, WIDTH), true);
    y = ink_rank_up(s->g, y, ink_rank_down(s->g, x, weight(s, 5, WIDTH)), ink_transpose(s->g, weight(s, OUT, 5)));
    return ink_rank_up(s->g, y, ink_rank_down(s->g, x, weight(s, 2, WIDTH)), weight(s, 2, OUT));
}
static ink_node *build_rank_alone(workshop *s)
{
    return ink_rank_up(s->g, NULL, ink_rank_down(s->g, leaf(s, SLOT_X, WIDTH), ink_transpose(s->g, weight(s, WIDTH, 3))), weight(s, 3, 32));
}
static ink_node *build_cross_entropy(workshop *s) { return ink_cross_entropy(s->g, leaf(s, SLOT_X, WIDTH), ids(s)); }

static ink_node *attend(workshop *s, ink_node *q, ink_node *kv, size_t window, float cap, ink_node *prefix)
{
    const ink_attention_options o = { .layer = prefix ? 1 : 0, .heads = HEADS, .kv_heads = KV_HEADS, .head_dim = DIM, .scale = 0.4f, .softcap = cap, .window = window };
    ink_node *k = ink_slice(s->g, kv, 0, KV_HEADS * DIM), *v = ink_slice(s->g, kv, KV_HEADS * DIM, KV_HEADS * DIM);
    return ink_attend_rows(s->g, q, k, v, ink_graph_input(s->g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1), prefix, NULL, &o);
}
static ink_node *build_attend(workshop *s) { return attend(s, leaf(s, SLOT_X, HEADS * DIM), leaf(s, SLOT_Y, HEADS * DIM), 0, 0, NULL); }
static ink_node *build_attend_window(workshop *s) { return attend(s, leaf(s, SLOT_X, HEADS * DIM), leaf(s, SLOT_Y, HEADS * DIM), 3, 1.5f, NULL); }
/* Queries, keys and values out of one projection: keys and values are neighbours there (0), or all three are the whole of it (more columns: not). */
static ink_node *fused(workshop *s, size_t more)
{
    const ink_attention_options o = { .heads = 2, .kv_heads = 1, .head_dim = 7, .scale = 0.4f };
    ink_node *x = leaf(s, SLOT_X, 28 + more), *q = ink_slice(s->g, x, 0, 14), *k = ink_slice(s->g, x, 14, 7), *v = ink_slice(s->g, x, 21, 7);
    return ink_attend_rows(s->g, q, k, v, ink_graph_input(s->g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1), NULL, NULL, &o);
}
static ink_node *build_fused(workshop *s) { return fused(s, 0); }
static ink_node *build_fused_in_part(workshop *s) { return fused(s, 3); }
static ink_node *build_attend_sinking(workshop *s)
{
    static const float slopes[HEADS] = { 0.5f, 0.25f, 0.1f, 0.7f };
    const ink_attention_options o = { .heads = HEADS, .kv_heads = KV_HEADS, .head_dim = DIM, .scale = 0.4f, .slopes = slopes };
    ink_node *kv = leaf(s, SLOT_Y, HEADS * DIM), *k = ink_slice(s->g, kv, 0, KV_HEADS * DIM), *v = ink_slice(s->g, kv, KV_HEADS * DIM, KV_HEADS * DIM);
    return ink_attend_rows(s->g, leaf(s, SLOT_X, HEADS * DIM), k, v, ink_graph_input(s->g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1), NULL, NULL, &o);
}
/* Distances of up to three rows that share four buckets, further back, and further ahead where rows see those after them. */
static ink_node *attend_leaning(workshop *s, bool both)
{
    static const uint32_t bucket[] = { 1, 1, 2, 0, 3, 0, 2 };
    const ink_attention_options o = { .heads = HEADS, .kv_heads = KV_HEADS, .head_dim = DIM, .scale = 0.4f, .far = 3, .both = both };
    ink_node *kv = leaf(s, SLOT_Y, HEADS * DIM), *k = ink_slice(s->g, kv, 0, KV_HEADS * DIM), *v = ink_slice(s->g, kv, KV_HEADS * DIM, KV_HEADS * DIM);
    ink_node *bias = ink_embed(s->g, ink_fixed(s->g, bucket, both ? 7 : 4), weight(s, 4, HEADS), NULL);
    return ink_attend_rows(s->g, leaf(s, SLOT_X, HEADS * DIM), k, v, ink_graph_input(s->g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1), NULL, bias, &o);
}
static ink_node *build_attend_leaning(workshop *s) { return attend_leaning(s, false); }
static ink_node *build_attend_leaning_both(workshop *s) { return attend_leaning(s, true); }

/* Rows of the step see those of another part of it. */
static ink_node *build_attend_across(workshop *s)
{
    const ink_attention_options o = { .heads = HEADS, .kv_heads = KV_HEADS, .head_dim = DIM, .scale = 0.4f };
    ink_node *read = ink_graph_input(s->g, SLOT_Y, "read", INK_SIZE_SOURCE, HEADS * DIM), *k = ink_product(s->g, read, read, false, weight(s, KV_HEADS * DIM, HEADS * DIM), true);
    ink_node *v = ink_product(s->g, read, read, false, weight(s, KV_HEADS * DIM, HEADS * DIM), true);
    s->leaves[s->leaf_count++] = read;
    return ink_attend_rows(s->g, leaf(s, SLOT_X, HEADS * DIM), k, v, ink_graph_input(s->g, SLOT_CROSS, "cross", INK_SIZE_ONE, 1), NULL, NULL, &o);
}
static ink_node *build_attend_prefix(workshop *s)
{
    return attend(s, leaf(s, SLOT_X, HEADS * DIM), leaf(s, SLOT_Y, HEADS * DIM), 4, 1.5f, weight(s, 3, 4 * KV_HEADS * DIM));
}

static ink_node *build_dropout(workshop *s)
{
    ink_node *draw = ink_graph_input(s->g, SLOT_DRAW, "draw", INK_SIZE_ONE, 1), *x = ink_dropout(s->g, leaf(s, SLOT_X, WIDTH), draw, &(ink_dropout_options){ 0.3f, 0 });
    return ink_mul(s->g, x, ink_dropout(s->g, leaf(s, SLOT_Y, WIDTH), draw, &(ink_dropout_options){ 0.5f, 1 }));
}
static ink_node *build_tanh(workshop *s) { return ink_tanh(s->g, leaf(s, SLOT_X, WIDTH)); }

/* Parts in another order, one of them alone. */
static ink_node *build_parts(workshop *s)
{
    ink_node *x = build_select(s), *first = ink_part(s->g, x, 0), *last = ink_scale(s->g, ink_part(s->g, x, 2), 0.3f), *middle = ink_tanh(s->g, ink_part(s->g, x, 1));
    return ink_add(s->g, ink_parts(s->g, 2, (ink_node *[]){ last, first }, 0), ink_parts(s->g, 1, &middle, 2));
}

static ink_node *build_concat(workshop *s) { return ink_concat(s->g, leaf(s, SLOT_X, WIDTH), leaf(s, SLOT_Y, 5)); }

static ink_node *recur(workshop *s, ink_cell_kind cell, size_t gates, bool biased)
{
    const ink_recur_options o = { .cell = cell, .width = 9 };
    ink_node *x = leaf(s, SLOT_X, WIDTH), *batch = ink_graph_input(s->g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1);
    x = ink_product(s->g, x, x, false, weight(s, gates * 9, WIDTH), true);
    return ink_slice(s->g, ink_recur(s->g, x, weight(s, gates * 9, 9), biased ? weight(s, 1, gates * 9) : NULL, batch, &o), 0, 9);
}
static ink_node *build_recur(workshop *s) { return recur(s, INK_CELL_TANH, 1, true); }
static ink_node *build_recur_lstm(workshop *s) { return recur(s, INK_CELL_LSTM, 4, true); }
static ink_node *build_recur_gru(workshop *s) { return recur(s, INK_CELL_GRU, 3, true); }
static ink_node *build_recur_bare(workshop *s) { return recur(s, INK_CELL_LSTM, 4, false); }
static ink_node *build_match(workshop *s)
{
    return ink_match(s->g, leaf(s, SLOT_X, WIDTH), ink_graph_input(s->g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1), &(ink_match_options){ 0.5f, 2 });
}

static ink_node *build_lag(workshop *s)
{
    const ink_lag_options o = { .columns = WIDTH, .first = 1, .last = 3 };
    return ink_lag(s->g, leaf(s, SLOT_X, WIDTH), ink_graph_input(s->g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1), &o);
}

static ink_node *build_exp(workshop *s) { return ink_exp(s->g, leaf(s, SLOT_X, WIDTH)); }
static ink_node *build_reverse(workshop *s) { return ink_mul(s->g, ink_reverse(s->g, leaf(s, SLOT_X, WIDTH)), leaf(s, SLOT_Y, WIDTH)); }
static ink_node *build_gate_tanh(workshop *s) { return ink_gate_tanh(s->g, leaf(s, SLOT_X, 22)); }

/* A convolution of three taps, two apart; then one of five channels for seven, each row becoming two, and back. */
static ink_node *build_frozen(workshop *s)
{
    return ink_frozen(s->g, ink_frozen(s->g, leaf(s, SLOT_X, 32), frozen(s, OUT), true), frozen(s, OUT), false);
}
static ink_node *build_convolution(workshop *s)
{
    const ink_unfold_options o = { .taps = 3, .dilation = 2, .stride = 1, .before = 2 };
    ink_node *x = ink_unfold(s->g, leaf(s, SLOT_X, 7), &o);
    return ink_add(s->g, ink_product(s->g, x, x, false, weight(s, OUT, 21), true), weight(s, 1, OUT));
}
static ink_node *build_transposed(workshop *s)
{
    const ink_unfold_options o = { .taps = 4, .dilation = 1, .stride = 2, .before = 1 }, back = { .taps = 3, .dilation = 1, .stride = 2, .before = 1 };
    ink_node *x = leaf(s, SLOT_X, 7), *wide = ink_product(s->g, x, x, false, weight(s, 7, 5 * 4), false);
    return ink_unfold(s->g, ink_fold(s->g, wide, &o), &back);
}
static ink_node *build_depthwise(workshop *s)
{
    const ink_unfold_options o = { .taps = 3, .dilation = 3, .stride = 1, .before = 3 }, onto = { .taps = 3, .stride = 1 };
    return ink_fold(s->g, ink_mul(s->g, ink_unfold(s->g, leaf(s, SLOT_X, 9), &o), weight(s, 1, 27)), &onto);
}
static ink_node *build_weight_norm(workshop *s)
{
    ink_node *x = leaf(s, SLOT_X, WIDTH), *direction = weight(s, OUT, WIDTH);
    return ink_product(s->g, x, x, false, ink_weight_norm(s->g, direction, weight(s, OUT, 1)), true);
}

static ink_node *build_near_attention(workshop *s)
{
    const ink_near_attention_options o = { .heads = HEADS, .window = 2 };
    ink_node *x = leaf(s, SLOT_X, HEADS * DIM), *y = leaf(s, SLOT_Y, HEADS * DIM);
    return ink_near_attention(s->g, x, y, ink_scale(s->g, y, 0.7f), weight(s, 1, 5 * DIM), weight(s, 1, 5 * DIM), &o);
}

/* Places and heights far enough from the edges of bins, which are about alike, for a step not to cross them; one beyond the bound. */
static ink_node *spline_of(workshop *s, bool inverse)
{
    const ink_spline_options o = { .bins = 4, .bound = 2, .scale = 0.5f };
    for (size_t r = 0; r < ROWS; r++) {
        s->x[r][0] = r == 5 ? 2.5f : -1.65f + (float)(r % 4) + 0.025f * (float)r;
        for (size_t i = 0; i < 8; i++)
            s->y[r][i] *= 0.2f;
    }
    ink_node *x = leaf(s, SLOT_X, 1), *h = leaf(s, SLOT_Y, 11);
    return inverse ? ink_spline_inverse(s->g, x, h, &o) : ink_spline(s->g, x, h, &o);
}
static ink_node *build_spline(workshop *s) { return spline_of(s, false); }
static ink_node *build_spline_inverse(workshop *s) { return spline_of(s, true); }

static ink_node *build_softplus(workshop *s) { return ink_mul(s->g, ink_softplus(s->g, leaf(s, SLOT_X, WIDTH)), ink_softplus(s->g, weight(s, 1, WIDTH))); }
static ink_node *build_sigmoid(workshop *s) { return ink_sigmoid(s->g, leaf(s, SLOT_X, WIDTH)); }
static ink_node *build_ln(workshop *s)
{
    return ink_mul(s->g, ink_ln(s->g, ink_offset(s->g, ink_exp(s->g, leaf(s, SLOT_X, WIDTH)), 0.3f)), ink_ln(s->g, ink_exp(s->g, weight(s, 1, WIDTH))));
}
static ink_node *build_offset(workshop *s) { return ink_mul(s->g, ink_offset(s->g, leaf(s, SLOT_X, WIDTH), 0.6f), ink_offset(s->g, weight(s, 1, WIDTH), -0.4f)); }
static ink_node *build_sum_columns(workshop *s)
{
    ink_node *x = leaf(s, SLOT_X, WIDTH), *sums = ink_add(s->g, ink_sum_columns(s->g, ink_mul(s->g, x, x)), ink_sum_columns(s->g, weight(s, 1, 9)));
    return ink_mul(s->g, leaf(s, SLOT_Y, 5), ink_spread(s->g, sums, 5));
}
static ink_node *build_spread(workshop *s) { return ink_mul(s->g, ink_spread(s->g, leaf(s, SLOT_X, 1), WIDTH), ink_spread(s->g, weight(s, 1, 1), WIDTH)); }
/* What is kept from learning is a constant, made of what does not move. */
static ink_node *build_detach(workshop *s) { return ink_mul(s->g, leaf(s, SLOT_X, WIDTH), ink_detach(s->g, ink_graph_input(s->g, SLOT_Y, "y", INK_SIZE_ROWS, WIDTH))); }

/* DoRA, but for the gradient of the norms, which it does not have. */
static ink_node *build_norms(workshop *s)
{
    ink_node *x = leaf(s, SLOT_X, WIDTH), *m = weight(s, 1, OUT), *w = weight(s, OUT, WIDTH), *a = weight(s, 3, WIDTH), *b = weight(s, OUT, 3);
    for (size_t i = 1; i < 4; i++)
        s->weights[i].learns = false;
    return ink_mul(s->g, ink_mul(s->g, ink_product(s->g, x, x, false, w, true), m), ink_weight_norms(s->g, m, w, a, b, 0.5f, false, false));
}

/* A block with a tied table, as models have it. */
static ink_node *build_model(workshop *s)
{
    ink_node *table = weight(s, TABLE, HEADS * DIM), *x = ink_embed(s->g, ids(s), table, NULL);
    ink_node *normed = ink_rms_norm(s->g, x, weight(s, 1, HEADS * DIM), 1e-5f);
    ink_node *q = ink_product(s->g, x, normed, false, weight(s, HEADS * DIM, HEADS * DIM), true);
    ink_node *kv = ink_product(s->g, x, normed, false, weight(s, 2 * KV_HEADS * DIM, HEADS * DIM), true);
    x = ink_add(s->g, x, attend(s, q, kv, 0, 0, NULL));
    normed = ink_layer_norm(s->g, x, weight(s, 1, HEADS * DIM), weight(s, 1, HEADS * DIM), 1e-5f);
    x = ink_add(s->g, x, ink_silu_mul(s->g, normed, normed));
    ink_node *logits = ink_product(s->g, x, x, false, ink_graph_weight(s->g, table->constant, TABLE, HEADS * DIM), true);
    return ink_cross_entropy(s->g, logits, ids(s));
}

static const struct {
    const char *name; /* of the op first */
    ink_node *(*build)(workshop *s);
} cases[] = {
    { "add", build_add }, { "mul", build_mul }, { "scale", build_scale }, { "gelu_tanh", build_gelu_tanh }, { "silu_mul", build_silu_mul },
    { "gelu_tanh_mul", build_gelu_tanh_mul }, { "softcap", build_softcap }, { "rms_norm", build_rms_norm }, { "rms_norm of heads", build_rms_norm_heads },
    { "layer_norm", build_layer_norm }, { "embed", build_embed }, { "slice", build_slice }, { "slice of each", build_slice_each }, { "slices of one projection", build_fused }, { "slices of a part of one", build_fused_in_part }, { "gelu", build_gelu }, { "leaky_relu", build_leaky_relu },
    { "route", build_route }, { "route and not normalised", build_route_raw }, { "weigh", build_route }, { "select", build_select }, { "select of rows several times", build_select_often }, { "rope", build_rope },
    { "product", build_product }, { "rank_down", build_rank }, { "rank_up", build_rank_alone }, { "transpose", build_rank_alone }, { "frozen", build_frozen }, { "cross_entropy", build_cross_entropy }, { "attend_rows", build_attend }, { "attend_rows in a window", build_attend_window },
    { "attend_rows that sink", build_attend_sinking }, { "attend_rows after a prefix", build_attend_prefix }, { "attend_rows that lean by distance", build_attend_leaning },
    { "attend_rows that lean both ways", build_attend_leaning_both }, { "attend_rows across", build_attend_across }, { "weight_norms", build_norms }, { "tanh", build_tanh }, { "dropout", build_dropout }, { "concat", build_concat }, { "recur", build_recur }, { "recur of lstm", build_recur_lstm },
    { "recur of gru", build_recur_gru }, { "recur without biases", build_recur_bare }, { "lag", build_lag }, { "match", build_match }, { "part", build_parts }, { "parts", build_parts },
    { "near_attention", build_near_attention }, { "exp", build_exp }, { "reverse", build_reverse }, { "gate_tanh", build_gate_tanh }, { "unfold", build_convolution }, { "fold", build_transposed }, { "fold of a depthwise convolution", build_depthwise },
    { "weight_norm", build_weight_norm }, { "spline", build_spline }, { "spline_inverse", build_spline_inverse }, { "softplus", build_softplus },
    { "softplus of sigmoid", build_sigmoid }, { "ln", build_ln }, { "offset", build_offset }, { "sum_columns", build_sum_columns }, { "spread", build_spread }, { "detach", build_detach },
    { "model", build_model },
};
enum { CASES = sizeof cases / sizeof *cases };

static ink_run run_of(workshop *s, const ink_kernels *k, ink_pool *pool)
{
    ink_run r = { .k = k, .pool = pool, .sizes = { 1, ROWS, PICKED, ROWS, PICKED / PARTS, ROWS } };
    r.inputs[SLOT_X] = (ink_view){ (uint8_t *)s->x, sizeof *s->x };
    r.inputs[SLOT_Y] = (ink_view){ (uint8_t *)s->y, sizeof *s->y };
    r.inputs[SLOT_IDS] = (ink_view){ (uint8_t *)s->ids, sizeof *s->ids };
    r.inputs[SLOT_BATCH] = (ink_view){ (uint8_t *)&s->batch, 0 };
    r.inputs[SLOT_CROSS] = (ink_view){ (uint8_t *)&s->cross, 0 };
    r.inputs[SLOT_DRAW] = (ink_view){ (uint8_t *)&s->draw, 0 };
    r.inputs[SLOT_INDEX] = (ink_view){ (uint8_t *)s->index, sizeof *s->index };
    return r;
}

static const ink_op *const ops[] = {
#define INK_OP(name, meaning) &ink_op_##name,
#include "ops/ops.def"
#undef INK_OP
};
enum { OPS = sizeof ops / sizeof *ops };

/* Every op that claims a gradient is the first of a case. */
static void test_listing(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPS; i++) {
        bool found = !ops[i]->backward;
        for (size_t c = 0; c < CASES; c++)
            found |= !strcmp(cases[c].name, ops[i]->name);
        if (!found)
            fail_msg("%s has a gradient that nothing checks", ops[i]->name);
    }
}

/* And every op of learning is in one of their graphs. */
static void check_seen(const bool seen[OPS])
{
    size_t op = 0;
#define INK_OP(name, meaning) op++;
#define INK_LEARNING_OP(name, meaning) if (!seen[op++]) fail_msg("no case has the op " #name);
#include "ops/ops.def"
#undef INK_OP
}

static void test_differences(void **state)
{
    (void)state;
    bool seen[OPS] = { false };
    ink_err err;
    ink_kernels k;
    ink_pool *pool;
    assert_ok(ink_kernels_init(&k, &err));
    assert_ok(ink_pool_new(1, &pool, &err));
    for (size_t i = 0; i < CASES; i++) {
        workshop s;
        workshop_fill(&s, &err);
        const ink_run run = run_of(&s, &k, pool);
        ink_gradient_check c = { .g = s.g, .y = cases[i].build(&s), .sum = ink_add, .leaves = s.leaves, .count = s.leaf_count, .run = &run, .slot = SLOT_DY, .step = 1.0 / 128 };
        assert_ok(ink_graph_check_gradient(&c, &err));
        if (!(c.worst < 2e-4))
            fail_msg("%s: the gradient of %s is off by %g of its largest", cases[i].name, c.where, c.worst);
        for (size_t n = 0; n < s.g->count; n++)
            for (size_t op = 0; op < OPS; op++)
                seen[op] |= s.g->nodes[n]->op == ops[op];
        workshop_clear(&s);
    }
    ink_pool_free(pool);
    check_seen(seen);
}

typedef enum lying { LIE_APART, LIE_WITHIN } lying; /* gradients of weights: in memory of their own, or where values of the plan lie */

/* From the plan's memory, which saves some where values and gradients do not live at the same time. */
static size_t weights_lie_within(workshop *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!s->weights[i].learns)
            continue;
        s->weights[i].gradient_at = s->g->gradients;
        s->g->gradients += ink_round_up(s->bytes[i], 64);
    }
    return s->g->gradients;
}

/* All gradients of a case, one after another. */
static float *gradients_of(size_t which, const ink_kernels *k, size_t threads, ink_recompute how, lying lie, size_t *count)
{
    workshop s;
    ink_err err;
    ink_plan plan;
    ink_pool *pool;
    ink_node *out[4];
    workshop_fill(&s, &err);
    assert_ok(ink_pool_new(threads, &pool, &err));
    ink_node *y = cases[which].build(&s), *dy = ink_graph_input(s.g, SLOT_DY, "dy", y->dim[0].size, ink_node_width(y));
    const size_t forward = s.g->count;
    assert_ok(ink_graph_gradient(s.g, y, dy, ink_add, s.leaves, s.leaf_count, out));
    assert_ok(ink_graph_recompute(s.g, forward, forward, how));
    ink_run run = run_of(&s, k, pool);
    run.inputs[SLOT_DY] = run.inputs[SLOT_Y];
    assert_ok(ink_plan_make(s.g, k, run.sizes, threads, &plan, &err));
    for (size_t i = 0; i < s.g->count; i++)
        lie = s.g->nodes[i]->into && s.g->nodes[i]->op->part ? LIE_APART : lie;
    if (lie == LIE_WITHIN && s.count) {
        const size_t apart = plan.arena_bytes + weights_lie_within(&s);
        assert_ok(ink_plan_make(s.g, k, run.sizes, threads, &plan, &err));
        assert_true(plan.arena_bytes <= apart);
    }
    assert_ok(ink_plan_allocate(&plan, &err));
    memset(plan.memory, 0xff, plan.arena_bytes);
    float *own[WEIGHTS];
    for (size_t i = 0; i < s.count; i++) {
        own[i] = s.weights[i].gradient;
        s.weights[i].gradient = lie == LIE_WITHIN && s.weights[i].learns ? (float *)(void *)(plan.memory + s.weights[i].gradient_at) : own[i];
    }
    ink_plan_run(&plan, &run);
    float *all = calloc(1 << 14, sizeof *all);
    *count = 0;
    for (size_t i = 0; i < s.count; *count += s.bytes[i++] / sizeof *all) {
        if (s.weights[i].learns)
            memcpy(all + *count, s.weights[i].gradient, s.bytes[i]);
        s.weights[i].gradient = own[i];
    }
    for (size_t i = 0; i < s.leaf_count; i++)
        for (size_t r = 0; out[i]->op && r < ROWS; r++, *count += ink_node_width(out[i]))
            memcpy(all + *count, ink_view_row(ink_plan_data(&plan, out[i]), r), ink_node_width(out[i]) * sizeof *all);
    ink_plan_free(&plan);
    ink_pool_free(pool);
    workshop_clear(&s);
    return all;
}

static void test_same_bits(void **state)
{
    (void)state;
    const kernel_tables t = kernel_tables_open();
    for (size_t i = 0; i < CASES; i++) {
        size_t count, again;
        float *want = gradients_of(i, &t.k[0], 1, INK_RECOMPUTE_OFF, LIE_APART, &count);
        for (size_t set = 0; set < t.count; set++) {
            float *got = gradients_of(i, &t.k[set], 3, INK_RECOMPUTE_OFF, LIE_APART, &again);
            if (count != again || memcmp(want, got, count * sizeof *want))
                fail_msg("%s: the gradients of %s on three threads are others", cases[i].name, t.k[set].name);
            free(got);
        }
        free(want);
    }
}

static bool same_bits(const float *a, const float *b, size_t count) { return !memcmp(a, b, count * sizeof *a); }

/* Zeros may have another sign. */
static bool same_numbers(const float *a, const float *b, size_t count)
{
    size_t n = 0;
    while (n < count && a[n] == b[n])
        n++;
    return n == count;
}

/* Every case from this way of computing again on, against nothing that is. */
static void check_ways(ink_recompute from, lying lie, bool (*same)(const float *a, const float *b, size_t count))
{
    const kernel_tables t = kernel_tables_open();
    for (size_t i = 0; i < CASES; i++) {
        size_t count, again;
        float *want = gradients_of(i, &t.k[0], 1, INK_RECOMPUTE_OFF, LIE_APART, &count);
        for (ink_recompute how = from; how < INK_RECOMPUTE_AUTO; how++) {
            float *got = gradients_of(i, &t.k[0], 2, how, lie, &again);
            if (count != again || !same(want, got, count))
                fail_msg("%s: the gradients are others when values are computed again (%d)%s", cases[i].name, (int)how, lie == LIE_WITHIN ? " and they lie among the values" : "");
            free(got);
        }
        free(want);
    }
}

static void test_recomputed(void **state)
{
    (void)state;
    check_ways(INK_RECOMPUTE_CHEAP, LIE_APART, same_bits);
}

/* Garbage of other values lies where a gradient will be: the first that reaches it may not add. */
static void test_within(void **state)
{
    (void)state;
    check_ways(INK_RECOMPUTE_OFF, LIE_WITHIN, same_numbers);
}

/* Feed-forward layers, and how much their plan takes. */
static size_t layers_take(ink_recompute how, size_t *copies)
{
    enum { DEEP = 12, WIDE = 64 };
    workshop s;
    ink_err err;
    ink_plan plan;
    ink_kernels k;
    const size_t bounds[INK_SIZES] = { 1, ROWS, 1, 1, 1, 1 };
    ink_constant up = { .name = "up", .type = INK_F32, .learns = true }, down = up, norm = up;
    assert_ok(ink_kernels_init(&k, &err));
    workshop_fill(&s, &err);
    ink_node *x = ink_graph_input(s.g, SLOT_X, "x", INK_SIZE_ROWS, WIDTH), *dy = ink_graph_input(s.g, SLOT_DY, "dy", INK_SIZE_ROWS, WIDTH);
    x = ink_product(s.g, x, x, false, ink_graph_weight(s.g, &down, WIDTH, WIDTH), true);
    for (size_t i = 0; i < DEEP; i++) {
        ink_node *y = ink_rms_norm(s.g, x, ink_graph_weight(s.g, &norm, 1, WIDTH), 1e-5f);
        y = ink_gelu_tanh(s.g, ink_product(s.g, y, y, false, ink_graph_weight(s.g, &up, WIDE, WIDTH), true));
        x = ink_add(s.g, x, ink_product(s.g, x, y, false, ink_graph_weight(s.g, &down, WIDTH, WIDE), true));
    }
    const size_t forward = s.g->count;
    assert_ok(ink_graph_gradient(s.g, x, dy, ink_add, NULL, 0, NULL));
    assert_ok(ink_graph_recompute(s.g, forward, forward, how));
    assert_ok(ink_plan_make(s.g, &k, bounds, 1, &plan, &err));
    *copies = s.g->count - forward;
    const size_t bytes = plan.arena_bytes;
    workshop_clear(&s);
    return bytes;
}

static void test_recomputing_frees(void **state)
{
    (void)state;
    size_t copies[INK_RECOMPUTE_AUTO], bytes[INK_RECOMPUTE_AUTO];
    for (ink_recompute how = INK_RECOMPUTE_OFF; how < INK_RECOMPUTE_AUTO; how++)
        bytes[how] = layers_take(how, &copies[how]);
    assert_true(bytes[INK_RECOMPUTE_CHEAP] < 3 * bytes[INK_RECOMPUTE_OFF] / 4);
    assert_true(bytes[INK_RECOMPUTE_WIDE] < bytes[INK_RECOMPUTE_CHEAP] / 2);
    assert_true(bytes[INK_RECOMPUTE_LAYERS] <= bytes[INK_RECOMPUTE_WIDE]);
    assert_true(copies[INK_RECOMPUTE_OFF] < copies[INK_RECOMPUTE_CHEAP] && copies[INK_RECOMPUTE_CHEAP] < copies[INK_RECOMPUTE_WIDE]);
}

static size_t nodes_of(const ink_graph *g, const ink_op *op)
{
    size_t n = 0;
    for (size_t i = 0; i < g->count; i++)
        n += g->nodes[i]->op == op;
    return n;
}

/* Slices of one projection get their gradients side by side, so that nothing needs to be cut and padded; where they are a part of it,
   they are padded together. */
static void test_joined(void **state)
{
    (void)state;
    for (size_t more = 0; more <= 3; more += 3) {
        workshop s;
        ink_err err;
        workshop_fill(&s, &err);
        ink_node *y = fused(&s, more), *dx;
        const size_t slices = nodes_of(s.g, &ink_op_slice);
        assert_ok(ink_graph_gradient(s.g, y, ink_graph_input(s.g, SLOT_DY, "dy", INK_SIZE_ROWS, 14), ink_add, s.leaves, 1, &dx));
        assert_int_equal(nodes_of(s.g, &ink_op_pad), more > 0);
        assert_int_equal(nodes_of(s.g, &ink_op_slice), slices);
        assert_int_equal(nodes_of(s.g, &ink_op_add), 0);
        for (size_t i = 0; i < s.g->count; i++)
            assert_int_equal(s.g->nodes[i]->index, i);
        workshop_clear(&s);
    }
}

/* A chain of rows passes by a product for what reads the same rows, but not for what needs the product, or is something else. */
static void test_passing(void **state)
{
    (void)state;
    workshop s;
    ink_err err;
    ink_plan plan;
    ink_kernels k;
    const size_t bounds[INK_SIZES] = { 1, ROWS, 1, 1, 1, 1 };
    ink_constant matrix = { .name = "matrix", .type = INK_F32 };
    assert_ok(ink_kernels_init(&k, &err));
    workshop_fill(&s, &err);
    ink_node *x = ink_graph_input(s.g, SLOT_X, "x", INK_SIZE_ROWS, WIDTH), *z = ink_graph_input(s.g, SLOT_Y, "y", INK_SIZE_ROWS, WIDTH);
    ink_node *a = ink_scale(s.g, x, 2), *b = ink_product(s.g, a, a, false, ink_graph_weight(s.g, &matrix, WIDTH, WIDTH), true);
    ink_node *same = ink_scale(s.g, a, 3), *after = ink_add(s.g, b, a), *other = ink_scale(s.g, z, 3);
    same->output = after->output = other->output = true;
    assert_ok(ink_plan_make(s.g, &k, bounds, 1, &plan, &err));
    assert_int_equal(plan.places[a->index].step, plan.places[same->index].step);
    assert_true(plan.places[a->index].step < plan.places[b->index].step && plan.places[b->index].step < plan.places[after->index].step);
    assert_int_equal(plan.places[after->index].step, plan.places[other->index].step);
    workshop_clear(&s);
}

/* x times itself, one of the two kept from learning: the slope is x, not 2 x. */
static void test_detached(void **state)
{
    (void)state;
    workshop s;
    ink_err err;
    ink_plan plan;
    ink_pool *pool;
    ink_kernels k;
    workshop_fill(&s, &err);
    assert_ok(ink_kernels_init(&k, &err));
    assert_ok(ink_pool_new(1, &pool, &err));
    ink_node *x = ink_graph_input(s.g, SLOT_X, "x", INK_SIZE_ROWS, WIDTH), *y = ink_mul(s.g, x, ink_detach(s.g, ink_scale(s.g, x, 1))), *dx;
    assert_ok(ink_graph_gradient(s.g, y, ink_graph_input(s.g, SLOT_DY, "dy", INK_SIZE_ROWS, WIDTH), ink_add, &x, 1, &dx));
    ink_run run = run_of(&s, &k, pool);
    run.inputs[SLOT_DY] = run.inputs[SLOT_Y];
    assert_ok(ink_plan_make(s.g, &k, run.sizes, 1, &plan, &err));
    assert_ok(ink_plan_allocate(&plan, &err));
    ink_plan_run(&plan, &run);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t i = 0; i < WIDTH; i++)
            assert_true(ink_view_row(ink_plan_data(&plan, dx), r)[i] == s.x[r][i] * s.y[r][i]);
    ink_plan_free(&plan);
    workshop_clear(&s);
    ink_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_differences), cmocka_unit_test(test_listing), cmocka_unit_test(test_same_bits), cmocka_unit_test(test_recomputed), cmocka_unit_test(test_within),
                                        cmocka_unit_test(test_recomputing_frees), cmocka_unit_test(test_joined), cmocka_unit_test(test_passing), cmocka_unit_test(test_detached) };
    return cmocka_run_group_tests_name("gradient", tests, NULL, NULL);
}
