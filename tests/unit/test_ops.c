/* Every op of ops.def in a plan: the same bits from one thread and from three, from every instruction set, for a row among
   many and in small company, whatever the plan's memory held before; and a status, never a crash, for every place where
   memory can run out. A graph of everything that a language model has goes the same way. */
#include "graph/plan.h"
#include "kernel_sets.h"
#include "kernels/lanes.h" /* compiled here as plain C */
#include "ops/ops.h"

enum { ROWS = 45, WIDTH = 37, HEADS = 4, KV_HEADS = 2, DIM = 20, OUT = 53, IN = 64, TABLE = 11, CONTEXT = 512 };
enum { SLOT_X, SLOT_Y, SLOT_IDS, SLOT_POSITIONS, SLOT_KV, SLOT_WHOLE, SLOTS };
enum { SEQUENCES = 3, WEIGHTS = 24, UP = 19, NEAR = 2 };

enum { OPS = 0
#define INK_OP(name, meaning) + 1
#include "ops/ops.def"
#undef INK_OP
};

/* A weight for products or a vector, and what the graph knows of it. */
typedef struct made_weight {
    ink_constant constant;
    ink_packed packed;
    size_t rows, cols;
    void *data;
} made_weight;

/* What the cases draw on; made once. */
typedef struct workshop {
    made_weight weights[WEIGHTS];
    size_t count;
    float *x, *y, *wide;        /* [ROWS][stride of its width] */
    int32_t ids[ROWS], positions[ROWS];
    uint32_t segment_of[ROWS];
    ink_kv_shape shape;
    uint8_t *memory, *blocks[SEQUENCES][CONTEXT / INK_KV_BLOCK];
} workshop;

static float *rows_new(size_t width, uint64_t *seed)
{
    const size_t stride = ink_act_bytes(INK_ACT_F32, width) / sizeof(float);
    return test_normals(ROWS * stride, 1.0f, seed);
}

static const made_weight *weight_new(workshop *s, ink_type type, size_t rows, size_t cols, uint64_t *seed)
{
    made_weight *w = &s->weights[s->count++];
    assert_true(s->count <= WEIGHTS);
    float *values = test_normals(rows * cols, 0.2f, seed);
    *w = (made_weight){ .constant = { .name = "made", .type = INK_F32, .data = values }, .rows = rows, .cols = cols, .data = values };
    if (rows == 1)
        return w;
    const ink_type_info *info = ink_type_find((int)type);
    uint8_t *source = malloc(rows * cols * 4), *packed;
    for (size_t i = 0; i < rows * cols / info->block; i++) { /* any bits do, with a scale of 0.02 where there is one */
        const uint16_t half = f_to_half(0.02f);
        uint32_t word;
        memcpy(&word, &values[i], 4);
        const uint16_t value = type == INK_F16 ? f_to_half(values[i]) : (uint16_t)(word >> 16);
        if (info->block > 1) {
            memcpy(source + i * info->bytes, &half, 2);
            for (size_t j = 2; j < info->bytes; j++)
                source[i * info->bytes + j] = (uint8_t)test_random(seed);
        } else
            memcpy(source + i * info->bytes, type == INK_F32 ? (const void *)&values[i] : (const void *)&value, info->bytes);
    }
    assert_true(ink_packed_shape(type, rows, cols, &w->packed));
    packed = aligned_alloc(64, w->packed.panels * w->packed.panel_bytes);
    ink_pack_panels(&w->packed, type, source, cols / info->block * info->bytes, NULL, 0, w->packed.panels, packed);
    free(source);
    free(values);
    w->packed.data = w->data = packed;
    w->constant = (ink_constant){ .name = "made", .type = type, .packed = &w->packed };
    return w;
}

/* Three sequences, of which the first goes on for long and one has a single row; what they have before is stored. */
static const struct {
    size_t rows, first;
} sequences[SEQUENCES] = { { 33, 301 }, { 1, 270 }, { 11, 0 } };

static void workshop_kv(workshop *s, uint64_t *seed)
{
    s->shape = (ink_kv_shape){ .type = INK_KV_F16, .layers = 2, .heads = KV_HEADS, .head_dim = DIM };
    ink_kv_shape_fill(&s->shape);
    s->memory = aligned_alloc(64, SEQUENCES * (CONTEXT / INK_KV_BLOCK) * s->shape.block_bytes);
    uint16_t *halves = (uint16_t *)(void *)s->memory;
    for (size_t i = 0; i < SEQUENCES * (CONTEXT / INK_KV_BLOCK) * s->shape.block_bytes / 2; i++)
        halves[i] = f_to_half(test_normal(seed));
    for (size_t i = 0, row = 0; i < SEQUENCES; i++) {
        for (size_t b = 0; b < CONTEXT / INK_KV_BLOCK; b++)
            s->blocks[i][b] = s->memory + (i * (CONTEXT / INK_KV_BLOCK) + b) * s->shape.block_bytes;
        for (size_t r = 0; r < sequences[i].rows; r++, row++)
            s->positions[row] = (int32_t)(sequences[i].first + r);
    }
}

enum { VECTOR_WIDTH, VECTOR_BIAS, VECTOR_DIM, MATRIX_F32, MATRIX_F16, MATRIX_BF16, MATRIX_Q8, MATRIX_Q, MATRIX_K, MATRIX_V, MATRIX_BACK, LOOKED_UP,
       CONV, CONV_UP, CONV_LAST, CONV_DEPTHWISE, NEAR_K, NEAR_V, TILED_5, TILED_7, CONV_BF16, CONV_UP_BF16, CONV_FINE, UP_BIAS };

static workshop *workshop_open(void)
{
    uint64_t seed = 77;
    workshop *s = calloc(1, sizeof *s);
    static const struct {
        ink_type type;
        size_t rows, cols;
    } wanted[WEIGHTS] = {
        [VECTOR_WIDTH] = { INK_F32, 1, WIDTH },    [VECTOR_BIAS] = { INK_F32, 1, WIDTH },      [VECTOR_DIM] = { INK_F32, 1, DIM },
        [MATRIX_F32] = { INK_F32, OUT, WIDTH },    [MATRIX_F16] = { INK_F16, OUT, WIDTH },     [MATRIX_BF16] = { INK_BF16, OUT, WIDTH },
        [MATRIX_Q8] = { INK_Q8_0, OUT, IN },       [MATRIX_Q] = { INK_F16, HEADS * DIM, WIDTH }, [MATRIX_K] = { INK_F16, KV_HEADS * DIM, WIDTH },
        [MATRIX_V] = { INK_F16, KV_HEADS * DIM, WIDTH }, [MATRIX_BACK] = { INK_F32, WIDTH, HEADS * DIM }, [LOOKED_UP] = { INK_F16, TABLE, WIDTH },
        [CONV] = { INK_F32, WIDTH, 3 * WIDTH },    [CONV_UP] = { INK_F32, 2 * UP, 2 * WIDTH }, [CONV_LAST] = { INK_F32, 1, 3 * UP },
        [CONV_DEPTHWISE] = { INK_F32, 1, 3 * WIDTH }, [NEAR_K] = { INK_F32, 1, (2 * NEAR + 1) * DIM }, [NEAR_V] = { INK_F32, 1, (2 * NEAR + 1) * DIM },
        [TILED_5] = { INK_F32, 6 * 48, 48 },       [TILED_7] = { INK_F32, 6 * 48, 3 * 48 },
        [CONV_BF16] = { INK_BF16, WIDTH, 3 * 64 },     [CONV_UP_BF16] = { INK_BF16, 2 * UP, 2 * 64 },
        [CONV_FINE] = { INK_BF16, WIDTH, 3 * 128 },    [UP_BIAS] = { INK_F32, 1, 2 * UP },
    };
    for (size_t i = 0; i < WEIGHTS; i++)
        weight_new(s, wanted[i].type, wanted[i].rows, wanted[i].cols, &seed);
    s->x = rows_new(WIDTH, &seed);
    s->y = rows_new(WIDTH, &seed);
    s->wide = rows_new(HEADS * DIM, &seed);
    workshop_kv(s, &seed);
    for (size_t i = 0; i < ROWS; i++)
        s->ids[i] = (int32_t)(test_random(&seed) % TABLE);
    return s;
}

static void workshop_close(workshop *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->weights[i].data);
    free(s->x);
    free(s->y);
    free(s->wide);
    free(s->memory);
    free(s);
}

/* ---- the cases ---- */

typedef struct builder {
    const workshop *s;
    ink_graph *g;
} builder;

static ink_node *weight(const builder *b, size_t i)
{
    const made_weight *w = &b->s->weights[i];
    return ink_graph_weight(b->g, &w->constant, w->rows, w->cols);
}
static ink_node *input_x(const builder *b) { return ink_graph_input(b->g, SLOT_X, "x", INK_SIZE_ROWS, WIDTH); }
static ink_node *input_y(const builder *b) { return ink_graph_input(b->g, SLOT_Y, "y", INK_SIZE_ROWS, WIDTH); }
static ink_node *input_wide(const builder *b) { return ink_graph_input(b->g, SLOT_Y, "wide", INK_SIZE_ROWS, HEADS * DIM); }
static ink_node *input_ids(const builder *b, size_t slot) { return ink_graph_input(b->g, slot, "ids", INK_SIZE_ROWS, 1); }

static ink_node *product(const builder *b, ink_node *x, size_t matrix)
{
    return ink_linear(b->g, ink_act(b->g, x, b->s->weights[matrix].packed.form), weight(b, matrix));
}

static ink_node *build_add(const builder *b) { return ink_add(b->g, ink_add(b->g, input_x(b), input_y(b)), weight(b, VECTOR_BIAS)); }
static ink_node *build_mul(const builder *b) { return ink_mul(b->g, ink_mul(b->g, input_x(b), input_y(b)), weight(b, VECTOR_BIAS)); }
static ink_node *build_scale(const builder *b) { return ink_scale(b->g, input_x(b), 0.37f); }
static ink_node *build_gelu_tanh(const builder *b) { return ink_gelu_tanh(b->g, input_x(b)); }
static ink_node *build_silu_mul(const builder *b) { return ink_silu_mul(b->g, input_x(b), input_y(b)); }
static ink_node *build_gelu_tanh_mul(const builder *b) { return ink_gelu_tanh_mul(b->g, input_x(b), input_y(b)); }
static ink_node *build_softcap(const builder *b) { return ink_softcap(b->g, input_x(b), 1.7f); }
static ink_node *build_rms_norm(const builder *b) { return ink_rms_norm(b->g, input_x(b), weight(b, VECTOR_WIDTH), 1e-5f); }
static ink_node *build_rms_norm_heads(const builder *b) { return ink_rms_norm(b->g, input_wide(b), weight(b, VECTOR_DIM), 1e-5f); }
static ink_node *build_layer_norm(const builder *b) { return ink_layer_norm(b->g, input_x(b), weight(b, VECTOR_WIDTH), weight(b, VECTOR_BIAS), 1e-5f); }
static ink_node *build_linear_f32(const builder *b) { return product(b, input_x(b), MATRIX_F32); }
static ink_node *build_linear_bf16(const builder *b) { return product(b, input_x(b), MATRIX_BF16); }
static ink_node *build_linear_q8(const builder *b) { return product(b, ink_slice(b->g, input_wide(b), 7, IN), MATRIX_Q8); }
static ink_node *build_embed(const builder *b) { return ink_embed(b->g, input_ids(b, SLOT_IDS), weight(b, LOOKED_UP), NULL); }
static ink_node *build_select(const builder *b)
{
    return ink_select(b->g, ink_graph_input(b->g, SLOT_WHOLE, "x", INK_SIZE_ROWS, WIDTH), input_ids(b, SLOT_IDS));
}
static ink_node *build_slice(const builder *b) { return ink_slice(b->g, input_x(b), 5, 19); }

static ink_node *angles(const builder *b)
{
    static const double frequency[] = { 1, 0.3, 0.05, 0.004, 1e-3, 1e-4, 1e-5 };
    return ink_rope_angles(b->g, input_ids(b, SLOT_POSITIONS), frequency, 7, 1.1f);
}
static ink_node *build_rope(const builder *b) { return ink_rope(b->g, ink_rope(b->g, input_wide(b), angles(b), HEADS, true), angles(b), HEADS, false); }

/* What scores gain by distance: rows of a table, the same in every step. */
static ink_node *distances(const builder *b)
{
    static const uint32_t rows[] = { 3, 3, 7, 1, 0, 10, 5 };
    return ink_embed(b->g, ink_fixed(b->g, rows, 7), weight(b, LOOKED_UP), NULL);
}

static ink_node *attend(const builder *b, ink_node *q, ink_node *k, ink_node *v, size_t window)
{
    const ink_attention_options o = { .type = INK_KV_F16, .layer = 1, .heads = HEADS, .kv_heads = KV_HEADS, .head_dim = DIM, .scale = 0.2f, .softcap = 4.0f, .window = window, .far = 6 };
    ink_node *kv = ink_graph_input(b->g, SLOT_KV, "kv", INK_SIZE_ONE, 1);
    return ink_attention(b->g, q, ink_kv_store(b->g, k, v, kv, &o), kv, distances(b), &o);
}
static ink_node *build_attention(const builder *b)
{
    return attend(b, input_wide(b), ink_slice(b->g, input_wide(b), 3, KV_HEADS * DIM), ink_slice(b->g, input_wide(b), 30, KV_HEADS * DIM), 0);
}

static ink_node *build_gelu(const builder *b) { return ink_gelu(b->g, input_x(b)); }
static ink_node *build_tanh(const builder *b) { return ink_tanh(b->g, input_x(b)); }
static ink_node *build_exp(const builder *b) { return ink_exp(b->g, input_x(b)); }
static ink_node *build_leaky_relu(const builder *b) { return ink_leaky_relu(b->g, input_x(b), 0.1f); }
static ink_node *build_gate_tanh(const builder *b) { return ink_gate_tanh(b->g, input_wide(b)); }
static ink_node *build_columns(const builder *b) { return ink_concat(b->g, ink_reverse(b->g, input_x(b)), ink_slice(b->g, input_y(b), 1, 5)); }
static ink_node *build_spline(const builder *b)
{
    const ink_spline_options o = { .bins = 10, .bound = 5, .scale = 0.3f };
    return ink_spline_inverse(b->g, ink_slice(b->g, input_x(b), 3, 1), ink_slice(b->g, input_wide(b), 20, 29), &o);
}

/* A row of one thing serves all rows of another. */
static ink_node *build_one_row(const builder *b) { return ink_add(b->g, input_x(b), ink_exp(b->g, weight(b, VECTOR_BIAS))); }

static ink_node *convolutions(const builder *b, size_t conv, size_t conv_up)
{
    const ink_conv1d_options near = { .taps = 3, .dilation = 1, .before = 1, .entry = { 1, 1 } }, far = { .taps = 3, .dilation = 20, .before = 20, .entry = { 0.1f, 0.5f } };
    const ink_conv_up_options up = { .taps = 2, .stride = 2, .pad = 1, .entry = { 0.1f, 1 } };
    ink_node *x = input_x(b), *bias = weight(b, VECTOR_BIAS);
    x = ink_conv1d(b->g, x, weight(b, conv), NULL, NULL, &near, (ink_node *[]){ x, NULL });
    x = ink_conv_depthwise(b->g, x, weight(b, CONV_DEPTHWISE), bias, &far);
    x = ink_conv1d(b->g, x, weight(b, conv), bias, NULL, &far, (ink_node *[]){ x, input_x(b) });
    return ink_conv_last(b->g, ink_conv_up(b->g, x, weight(b, conv_up), weight(b, UP_BIAS), NULL, &up), weight(b, CONV_LAST), NULL, NULL, &near);
}

static ink_node *build_convolutions(const builder *b) { return convolutions(b, CONV, CONV_UP); }
static ink_node *build_convolutions_bf16(const builder *b) { return convolutions(b, CONV_BF16, CONV_UP_BF16); }
static ink_node *build_convolutions_fine(const builder *b) { return convolutions(b, CONV_FINE, CONV_UP_BF16); }

static ink_node *build_tiled(const builder *b)
{
    const ink_conv1d_options five = { .taps = 5, .dilation = 3, .before = 6, .entry = { 0.1f, 0.5f } }, seven = { .taps = 7, .dilation = 2, .before = 6, .entry = { 1, 1 } };
    ink_node *x = input_x(b), *bias = weight(b, VECTOR_BIAS);
    x = ink_conv1d_tiled(b->g, x, weight(b, TILED_5), bias, NULL, WIDTH, &five, (ink_node *[]){ x, input_y(b) });
    return ink_conv1d_tiled(b->g, x, weight(b, TILED_7), NULL, NULL, WIDTH, &seven, NULL);
}

static ink_node *build_near_attention(const builder *b)
{
    const ink_near_attention_options o = { .heads = HEADS, .window = NEAR };
    ink_node *x = input_wide(b);
    return ink_near_attention(b->g, x, ink_scale(b->g, x, -0.7f), x, weight(b, NEAR_K), weight(b, NEAR_V), &o);
}

/* Products whose followers join two of them, chain, and add what was there: everything that a tile can meet. */
static ink_node *build_tiles(const builder *b)
{
    ink_node *x = ink_rms_norm(b->g, input_x(b), weight(b, VECTOR_WIDTH), 1e-5f);
    ink_node *gate = product(b, x, MATRIX_F16), *up = product(b, x, MATRIX_F32);
    return ink_softcap(b->g, ink_mul(b->g, ink_silu_mul(b->g, gate, ink_scale(b->g, up, 0.5f)), gate), 3.0f);
}

static ink_node *build_everything(const builder *b)
{
    ink_node *x = ink_add(b->g, ink_embed(b->g, input_ids(b, SLOT_IDS), weight(b, LOOKED_UP), NULL), input_x(b)), *turn = angles(b);
    ink_node *normed = ink_layer_norm(b->g, x, weight(b, VECTOR_WIDTH), weight(b, VECTOR_BIAS), 1e-5f);
    ink_node *q = ink_rope(b->g, product(b, normed, MATRIX_Q), turn, HEADS, true), *k = ink_rope(b->g, product(b, normed, MATRIX_K), turn, KV_HEADS, true);
    ink_node *back = product(b, attend(b, ink_rms_norm(b->g, q, weight(b, VECTOR_DIM), 1e-5f), k, product(b, normed, MATRIX_V), 100), MATRIX_BACK);
    x = ink_add(b->g, ink_add(b->g, back, weight(b, VECTOR_BIAS)), x);
    normed = ink_rms_norm(b->g, x, weight(b, VECTOR_WIDTH), 1e-5f);
    ink_node *gate = product(b, normed, MATRIX_BF16), *up = product(b, normed, MATRIX_BF16);
    return ink_mul(b->g, ink_gelu_tanh_mul(b->g, gate, up), gate);
}

/* A router over twelve experts that share a few weights, computed as they are and in slots. */
static ink_node *experts(const builder *b, ink_node *x, ink_node *route, size_t matrix, size_t count, size_t used, bool slots)
{
    const ink_constant **list = ink_arena_array(b->g->arena, count, sizeof *list);
    if (!list) {
        ink_graph_fail(b->g, INK_E_MEMORY, "no memory");
        return x;
    }
    for (size_t i = 0; i < count; i++)
        list[i] = &b->s->weights[i % 2 && matrix == MATRIX_K ? MATRIX_V : matrix].constant;
    return ink_experts(b->g, x, route, &(ink_experts_options){ .weights = list, .count = count, .used = used, .slots = slots });
}
static ink_node *build_experts(const builder *b)
{
    const ink_route_options three = { .used = 3, .normalised = true }, one = { .used = 1 };
    ink_node *x = input_wide(b), *route = ink_route(b->g, ink_slice(b->g, x, 2, 12), &three), *alone = ink_route(b->g, ink_slice(b->g, x, 20, 5), &one);
    ink_node *y = ink_sum_slots(b->g, experts(b, ink_slice(b->g, x, 0, WIDTH), route, MATRIX_K, 12, 3, false), route, KV_HEADS * DIM);
    return ink_concat(b->g, ink_weigh(b->g, y, route, 4), experts(b, x, alone, MATRIX_BACK, 5, 1, true));
}
static ink_node *build_slice_each(const builder *b) { return ink_slice_each(b->g, input_wide(b), HEADS, 3, 11); }
static ink_node *build_shift(const builder *b) { return ink_embed(b->g, ink_shift(b->g, input_ids(b, SLOT_IDS), 0), weight(b, LOOKED_UP), NULL); }

/* Columns of what was made: of columns, beside what may be written over them, for a product, and of another product of the same step. */
static ink_node *build_views(const builder *b)
{
    ink_graph *g = b->g;
    ink_node *x = ink_gelu(g, input_wide(b)), *deep = ink_slice(g, ink_slice(g, x, 2, 60), 20, 19);
    ink_node *sum = ink_add(g, ink_slice(g, x, 3, 19), deep), *over = ink_gelu_tanh(g, x), *columns = ink_slice(g, x, 1, IN);
    ink_node *one = product(b, columns, MATRIX_Q8), *other = product(b, columns, MATRIX_Q8), *dense = product(b, ink_slice(g, x, 4, WIDTH), MATRIX_F32);
    ink_node *both = ink_add(g, one, ink_slice(g, ink_scale(g, other, 0.5f), 0, OUT));
    return ink_concat(g, ink_concat(g, sum, ink_slice(g, over, 1, 5)), ink_concat(g, both, ink_concat(g, dense, ink_slice(g, x, 70, 9))));
}

static const struct {
    const char *name;
    ink_node *(*build)(const builder *b);
    bool wide; /* SLOT_Y is as wide as all heads */
    bool varies; /* bf16: among instruction sets */
    bool whole;  /* a row depends on others: all are run together */
} cases[] = {
    { "add", build_add, false, false, false },           { "mul", build_mul, false, false, false },         { "scale", build_scale, false, false, false },
    { "gelu_tanh", build_gelu_tanh, false, false, false }, { "silu_mul", build_silu_mul, false, false, false }, { "gelu_tanh_mul", build_gelu_tanh_mul, false, false, false },
    { "softcap", build_softcap, false, false, false },   { "rms_norm", build_rms_norm, false, false, false }, { "rms_norm of heads", build_rms_norm_heads, true, false, false },
    { "layer_norm", build_layer_norm, false, false, false }, { "linear f32", build_linear_f32, false, false, false }, { "linear bf16", build_linear_bf16, false, true, false },
    { "linear q8", build_linear_q8, true, false, false }, { "embed", build_embed, false, false, false },    { "select", build_select, false, false, false },
    { "slice", build_slice, false, false, false },       { "rope", build_rope, true, false, false },        { "attention", build_attention, true, false, false },
    { "gelu", build_gelu, false, false, false },         { "tanh", build_tanh, false, false, false },       { "exp", build_exp, false, false, false },
    { "leaky_relu", build_leaky_relu, false, false, false }, { "gate_tanh", build_gate_tanh, true, false, false }, { "reverse and concat", build_columns, false, false, false },
    { "spline_inverse", build_spline, true, false, false }, { "one row", build_one_row, false, false, false },
    { "convolutions", build_convolutions, false, false, true }, { "convolutions of bf16", build_convolutions_bf16, false, true, true },
    { "convolutions of bf16 and its rest", build_convolutions_fine, false, true, true }, { "tiled convolutions", build_tiled, false, false, true },
    { "near_attention", build_near_attention, true, false, true },
    { "route, experts, sum_slots and weigh", build_experts, true, false, false }, { "shift", build_shift, false, false, false },
    { "slice of each", build_slice_each, true, false, false }, { "columns of what was made", build_views, true, false, false },
    { "tiles", build_tiles, false, false, false },       { "everything", build_everything, false, true, false },
};
enum { CASES = sizeof cases / sizeof *cases };

/* ---- running ---- */

typedef struct planned {
    ink_plan plan;
    const ink_kernels *k;
    ink_pool *pool;
    const ink_node *y;
    workshop *s;
    bool wide;
} planned;

/* Rows [first, first + rows) of the inputs, as a step of their own; what comes out goes to its place in out. */
static void run_rows(planned *p, size_t first, size_t rows, float *out)
{
    workshop *s = p->s;
    ink_segment segments[SEQUENCES];
    ink_ragged batch = { .shape = &s->shape, .segments = segments, .segment_of = s->segment_of };
    for (size_t i = 0, row = 0; i < SEQUENCES; row += sequences[i++].rows) {
        const size_t from = first > row ? first : row, end = row + sequences[i].rows, to = first + rows < end ? first + rows : end;
        if (from >= to)
            continue;
        for (size_t r = from; r < to; r++)
            s->segment_of[r - first] = (uint32_t)batch.count;
        segments[batch.count++] = (ink_segment){ .blocks = s->blocks[i], .first_row = from - first, .rows = to - from, .first_position = sequences[i].first + from - row };
    }
    const size_t x = ink_act_bytes(INK_ACT_F32, WIDTH), y = p->wide ? ink_act_bytes(INK_ACT_F32, HEADS * DIM) : x;
    ink_run r = { .k = p->k, .pool = p->pool, .sizes = { 1, rows, 1, 1 } };
    r.inputs[SLOT_X] = (ink_view){ (uint8_t *)s->x + first * x, x };
    r.inputs[SLOT_Y] = (ink_view){ (uint8_t *)(p->wide ? s->wide : s->y) + first * y, y };
    r.inputs[SLOT_IDS] = (ink_view){ (uint8_t *)(s->ids + first), sizeof *s->ids };
    r.inputs[SLOT_POSITIONS] = (ink_view){ (uint8_t *)(s->positions + first), sizeof *s->positions };
    r.inputs[SLOT_KV] = (ink_view){ (uint8_t *)&batch, 0 };
    r.inputs[SLOT_WHOLE] = (ink_view){ (uint8_t *)s->x, x };
    ink_plan_run(&p->plan, &r);
    const size_t width = ink_node_width(p->y);
    for (size_t i = 0; i < rows; i++)
        memcpy(out + (first + i) * width, ink_view_row(ink_plan_data(&p->plan, p->y), i), width * sizeof *out);
}

/* What was in the plan's memory must not matter, but for the workspace, which begins with zeros. */
static void plan_soil(ink_plan *p)
{
    memset(p->memory, 0xff, p->arena_bytes);
    memset(p->memory + p->arena_bytes + p->workspace_bytes, 0xff, p->threads * (p->private_bytes + p->scratch_bytes));
}

static void check_rows(planned *p, const char *name, float *want, float *got)
{
    static const size_t steps[] = { 1, 2, 3, 4, 5, 9, 21 };
    const size_t width = ink_node_width(p->y);
    for (size_t first = 0, i = 0, n; first < ROWS; first += n, i++) {
        n = steps[i % (sizeof steps / sizeof *steps)];
        n = n < ROWS - first ? n : ROWS - first;
        run_rows(p, first, n, got);
        if (memcmp(got + first * width, want + first * width, n * width * sizeof *got))
            fail_msg("%s, %s, %zu threads: rows %zu to %zu differ from the same among %d", name, p->k->name, p->plan.threads, first, first + n, ROWS);
    }
}

static void check_case(workshop *s, size_t which, const kernel_tables *t, ink_pool *const pools[2], bool seen[])
{
    ink_err err;
    ink_arena *arena;
    ink_graph g;
    assert_ok(ink_arena_new("test", 0, &arena, &err));
    assert_ok(ink_graph_init(&g, arena, &err));
    ink_node *y = cases[which].build(&(builder){ s, &g });
    y->output = true;
    assert_ok(ink_graph_check(&g));
    for (size_t i = 0; i < g.count; i++) {
        size_t op = 0;
#define INK_OP(name, meaning) seen[op++] |= g.nodes[i]->op == &ink_op_##name;
#include "ops/ops.def"
#undef INK_OP
    }
    const size_t bounds[INK_SIZES] = { 1, ROWS + 3, 1, CONTEXT }, bytes = ROWS * ink_node_width(y) * sizeof(float);
    float *first = malloc(bytes), *want = malloc(bytes), *got = malloc(bytes);
    for (size_t k = 0; k < t->count; k++)
        for (size_t threads = 0; threads < 2; threads++) {
            planned p = { .k = &t->k[k], .pool = pools[threads], .y = y, .s = s, .wide = cases[which].wide };
            assert_ok(ink_plan_make(&g, p.k, bounds, ink_pool_threads(p.pool), &p.plan, &err));
            assert_ok(ink_plan_allocate(&p.plan, &err));
            plan_soil(&p.plan);
            run_rows(&p, 0, ROWS, want);
            if (!threads && (!k || cases[which].varies))
                memcpy(first, want, bytes);
            if (memcmp(first, want, bytes))
                fail_msg("%s, %s, %zu threads: not the bits of one thread in plain C", cases[which].name, p.k->name, p.plan.threads);
            for (size_t i = 0; i < bytes / sizeof *want; i++)
                assert_true(want[i] == want[i]);
            if (!cases[which].whole)
                check_rows(&p, cases[which].name, want, got);
            ink_plan_free(&p.plan);
        }
    free(first);
    free(want);
    free(got);
    ink_arena_free(arena);
}

static void test_every_op(void **state)
{
    workshop *s = *state;
    ink_err err;
    ink_pool *pools[2];
    kernel_tables t = kernel_tables_open();
    bool seen[OPS] = { false };
    assert_ok(ink_pool_new(1, &pools[0], &err));
    assert_ok(ink_pool_new(3, &pools[1], &err));
    for (size_t i = 0; i < CASES; i++)
        check_case(s, i, &t, pools, seen);
    size_t op = 0;
#define INK_OP(name, meaning) if (!seen[op++]) fail_msg("no case has the op " #name);
#define INK_LEARNING_OP(name, meaning) op++;
#include "ops/ops.def"
#undef INK_OP
    ink_pool_free(pools[0]);
    ink_pool_free(pools[1]);
}

/* Columns that lie where they were made are those that are copied. */
static void test_views(void **state)
{
    ink_err err;
    ink_pool *pool;
    kernel_tables t = kernel_tables_open();
    float *out[2];
    size_t made[2] = { 0 };
    assert_ok(ink_pool_new(2, &pool, &err));
    for (int copied = 0; copied < 2; copied++) {
        ink_arena *arena;
        ink_graph g;
        assert_ok(ink_arena_new("test", 0, &arena, &err));
        assert_ok(ink_graph_init(&g, arena, &err));
        planned p = { .k = &t.k[0], .pool = pool, .y = build_views(&(builder){ *state, &g }), .s = *state, .wide = true };
        g.nodes[p.y->index]->output = true;
        for (size_t i = 0; i < g.count; i++)
            g.nodes[i]->kept = copied && g.nodes[i]->op == &ink_op_slice;
        assert_ok(ink_plan_make(&g, p.k, (size_t[INK_SIZES]){ 1, ROWS, 1, CONTEXT }, 2, &p.plan, &err));
        assert_ok(ink_plan_allocate(&p.plan, &err));
        plan_soil(&p.plan);
        out[copied] = malloc(ROWS * ink_node_width(p.y) * sizeof(float));
        run_rows(&p, 0, ROWS, out[copied]);
        for (size_t i = 0; i < p.plan.step_count; i++)
            for (size_t n = 0; n < p.plan.steps[i].count; n++)
                made[copied] += p.plan.steps[i].nodes[n]->op == &ink_op_slice;
        if (copied)
            assert_memory_equal(out[0], out[1], ROWS * ink_node_width(p.y) * sizeof(float));
        ink_plan_free(&p.plan);
        ink_arena_free(arena);
    }
    assert_int_equal(made[0], 1); /* what a product of floats reads */
    assert_int_equal(made[1], 8);
    free(out[0]);
    free(out[1]);
    ink_pool_free(pool);
}

/* An arena that is too small by any amount: a sentence, and no step beyond it. */
static void test_out_of_memory(void **state)
{
    workshop *s = *state;
    kernel_tables t = kernel_tables_open();
    for (size_t i = 0; i < CASES; i++) {
        ink_status status = INK_E_MEMORY;
        for (size_t most = 1; status != INK_OK; most += 64) {
            ink_err err = { .text = "" };
            ink_arena *arena = NULL;
            ink_graph g;
            ink_plan plan;
            const size_t bounds[INK_SIZES] = { 1, ROWS, 1, CONTEXT };
            status = ink_arena_new("test", most, &arena, &err);
            status = status ? status : ink_graph_init(&g, arena, &err);
            if (!status) {
                cases[i].build(&(builder){ s, &g })->output = true;
                status = ink_plan_make(&g, &t.k[0], bounds, 1, &plan, &err);
            }
            if (status != INK_OK)
                assert_true(err.text[0] && most < 1 << 20);
            ink_arena_free(arena);
        }
    }
}

/* The tiles of a step are largest for some number of rows that need not be the most: all of them must have room. */
static void test_tiles_of_any_rows(void **state)
{
    enum { MOST = 512, COLS = 192, GATED = 96 };
    (void)state;
    uint64_t seed = 31;
    ink_err err;
    ink_pool *pool;
    ink_arena *arena;
    ink_graph g;
    kernel_tables t = kernel_tables_open();
    const ink_kernels *k = &t.k[t.count - 1];
    workshop *s = calloc(1, sizeof *s);
    builder b = { s, &g };
    float *x = test_normals(MOST * COLS, 1.0f, &seed), *alone = malloc(MOST * GATED * sizeof *alone);
    assert_ok(ink_pool_new(2, &pool, &err));
    assert_ok(ink_arena_new("test", 0, &arena, &err));
    assert_ok(ink_graph_init(&g, arena, &err));
    weight_new(s, INK_F16, GATED, COLS, &seed);
    weight_new(s, INK_F16, GATED, COLS, &seed);
    ink_node *in = ink_graph_input(&g, 0, "x", INK_SIZE_ROWS, COLS), *y = ink_silu_mul(&g, product(&b, in, 0), product(&b, in, 1));
    y->output = true;
    ink_plan plan;
    assert_ok(ink_plan_make(&g, k, (const size_t[INK_SIZES]){ 1, MOST, 1, 1 }, 2, &plan, &err));
    assert_ok(ink_plan_allocate(&plan, &err));
    for (size_t rows = 1; rows <= MOST; rows += rows == 1 ? 0 : 17) {
        for (size_t first = 0; first < (rows == 1 ? MOST : 1); first++) {
            ink_run r = { .k = k, .pool = pool, .sizes = { 1, rows, 1, 1 }, .inputs = { { (uint8_t *)(x + first * COLS), COLS * sizeof *x } } };
            ink_plan_run(&plan, &r);
            for (size_t i = 0; i < rows; i++) {
                const float *got = ink_view_row(ink_plan_data(&plan, y), i);
                if (rows == 1)
                    memcpy(alone + first * GATED, got, GATED * sizeof *got);
                else if (memcmp(alone + i * GATED, got, GATED * sizeof *got))
                    fail_msg("row %zu of %zu is not what it is alone", i, rows);
            }
        }
        rows += rows == 1;
    }
    ink_plan_free(&plan);
    ink_arena_free(arena);
    ink_pool_free(pool);
    workshop_close(s);
    free(x);
    free(alone);
}

static void test_memory_layout(void **state)
{
    (void)state;
    enum { N = 60 };
    uint64_t seed = 6;
    ink_err err;
    for (size_t round = 0; round < 100; round++) {
        ink_arena *arena;
        ink_interval list[N];
        size_t total, sum = 0;
        assert_ok(ink_arena_new("test", 0, &arena, &err));
        for (size_t i = 0; i < N; i++) {
            const size_t from = test_random(&seed) % 40;
            list[i] = (ink_interval){ .bytes = test_random(&seed) % 50 * 64, .from = from, .to = from + test_random(&seed) % 6 };
            sum += list[i].bytes;
        }
        if (round % 2) { /* what has its place stays there */
            list[7] = (ink_interval){ .bytes = 640, .from = 20, .to = 60, .at = 128, .placed = true };
            list[9] = (ink_interval){ .bytes = 320, .from = 30, .to = 60, .at = 768, .placed = true };
        }
        assert_ok(ink_memory_layout(arena, list, N, &total, &err));
        for (size_t i = 0; i < N; i++) {
            assert_true(list[i].at % 64 == 0 && list[i].at + list[i].bytes <= total);
            for (size_t j = 0; j < i; j++)
                if (list[i].from <= list[j].to && list[j].from <= list[i].to && list[i].bytes && list[j].bytes)
                    assert_true(list[i].at + list[i].bytes <= list[j].at || list[j].at + list[j].bytes <= list[i].at);
        }
        assert_true(total < sum / 2);
        assert_true(!(round % 2) || (list[7].at == 128 && list[9].at == 768));
        ink_arena_free(arena);
    }
}

static int open_workshop(void **state) { return !(*state = workshop_open()); }
static int close_workshop(void **state) { workshop_close(*state); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_op), cmocka_unit_test(test_views), cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_tiles_of_any_rows), cmocka_unit_test(test_memory_layout),
    };
    return cmocka_run_group_tests_name("ops", tests, open_workshop, close_workshop);
}
