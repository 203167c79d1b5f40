/* softmax(q k^T / sqrt(dims)) v over all rows, with learned vectors for near rows (Shaw, Uszkoreit and Vaswani 2018, equations
   3 and 4): score(i, j) += q_i near_k[j - i + window] and output_i += p(i, j) near_v[j - i + window] where |j - i| <= window.
   A piece is a head and a tile of queries. Keys and values are laid into panels, so that both products are those of a
   convolution; the near vectors stand behind the values as if they were more keys. */
#include "base/count.h"
#include "ops/conv_input.h"
#include "ops/near_attention.h"

enum { NEAR_TILE = 48 };

typedef struct near_shape {
    size_t heads, dims, rows, window, seen; /* seen: keys and the near vectors */
    size_t keys, beside, values, scores, near; /* floats of the parts of the scratch */
} near_shape;

static near_shape near_measure(const ink_node *y, size_t rows)
{
    const ink_near_attention_options *o = y->options;
    near_shape s = { .heads = o->heads, .dims = ink_node_width(y) / o->heads, .rows = rows, .window = o->window, .seen = rows + 2 * o->window + 1 };
    s.keys = conv_stride(rows) * s.dims;
    s.beside = conv_stride(2 * o->window + 1) * s.dims;
    s.values = s.seen * conv_stride(s.dims);
    s.scores = NEAR_TILE * conv_stride(s.seen);
    s.near = NEAR_TILE * conv_stride(2 * o->window + 1);
    return s;
}

static size_t near_attention_chunks(const ink_job *j)
{
    const ink_near_attention_options *o = j->y->options;
    return o->heads * ink_pieces(j->rows, NEAR_TILE);
}

/* Rows in lanes: element k of row r goes to panel r / 16, place k, lane r % 16. */
static void near_lay_key(const near_shape *s, const float *k, size_t r, float *to)
{
    float *panel = to + r / 16 * 16 * s->dims + r % 16;
    for (size_t d = 0; d < s->dims; d++)
        panel[16 * d] = k[d];
}

static void near_lay_keys(const ink_job *j, const near_shape *s, size_t column, float *to)
{
    memset(to, 0, (s->keys + s->beside) * sizeof *to);
    for (size_t r = 0; r < s->rows; r++)
        near_lay_key(s, ink_view_row(j->in[1], r) + column, r, to);
    for (size_t r = 0; r < 2 * s->window + 1; r++)
        near_lay_key(s, ink_view_row(j->in[3], 0) + r * s->dims, r, to + s->keys);
}

/* Dimensions in lanes: element d of row r goes to panel d / 16, place r, lane d % 16. */
static void near_lay_value(const near_shape *s, const float *v, size_t r, float *to)
{
    for (size_t d = 0; d < s->dims; d++)
        to[d / 16 * 16 * s->seen + 16 * r + d % 16] = v[d];
}

static void near_lay_values(const ink_job *j, const near_shape *s, size_t column, float *to)
{
    memset(to, 0, s->values * sizeof *to);
    for (size_t r = 0; r < s->rows; r++)
        near_lay_value(s, ink_view_row(j->in[2], r) + column, r, to);
    for (size_t r = s->rows; r < s->seen; r++)
        near_lay_value(s, ink_view_row(j->in[4], 0) + (r - s->rows) * s->dims, r, to);
}

static ink_packed near_panels(const float *data, size_t rows, size_t cols)
{
    return (ink_packed){ .kind = INK_PACK_F32, .form = INK_ACT_F32, .rows = rows, .cols = cols, .panels = (rows + 15) / 16, .panel_bytes = 64 * cols,
                         .data = (const uint8_t *)data };
}

static void near_product(const ink_job *j, const ink_packed *w, const float *x, size_t x_stride, size_t rows, float *y, size_t y_stride)
{
    const ink_conv c = { .w = w, .taps = 1, .dilation = 1, .channels = w->cols, .rows = rows, .x = x, .x_stride = x_stride, .y = y, .y_stride = y_stride };
    j->k->conv(&c, 0, w->panels);
}

/* Scores of query i become what each key, and then each near vector, is worth to it. */
static void near_weigh(const ink_job *j, const near_shape *s, size_t i, const float *near, float *scores)
{
    float *beside = scores + s->rows;
    for (size_t r = 0; r < 2 * s->window + 1; r++)
        if (i + r >= s->window && i + r - s->window < s->rows)
            scores[i + r - s->window] += near[r];
    j->k->scale(s->rows, scores, 1.0f / sqrtf((float)s->dims), scores);
    j->k->softmax(s->rows, scores, scores);
    for (size_t r = 0; r < 2 * s->window + 1; r++)
        beside[r] = i + r >= s->window && i + r - s->window < s->rows ? scores[i + r - s->window] : 0;
}

static void near_attention_chunk(const ink_job *j, size_t chunk)
{
    const near_shape s = near_measure(j->y, j->rows);
    const size_t column = chunk % s.heads * s.dims, first = chunk / s.heads * NEAR_TILE, rows = s.rows - first < NEAR_TILE ? s.rows - first : NEAR_TILE;
    float *keys = (float *)(void *)j->scratch, *beside = keys + s.keys, *values = beside + s.beside, *scores = values + s.values, *near = scores + s.scores, *out = near + s.near;
    const size_t stride = conv_stride(s.seen), near_stride = conv_stride(2 * s.window + 1), q_stride = j->in[0].stride / sizeof(float), wide = conv_stride(s.dims);
    const float *q = ink_view_row(j->in[0], first) + column;
    near_lay_keys(j, &s, column, keys);
    near_lay_values(j, &s, column, values);
    const ink_packed k = near_panels(keys, s.rows, s.dims), by = near_panels(beside, 2 * s.window + 1, s.dims), v = near_panels(values, s.dims, s.seen);
    near_product(j, &k, q, q_stride, rows, scores, stride);
    near_product(j, &by, q, q_stride, rows, near, near_stride);
    for (size_t r = 0; r < rows; r++)
        near_weigh(j, &s, first + r, near + r * near_stride, scores + r * stride);
    near_product(j, &v, scores, stride, rows, out, wide);
    for (size_t r = 0; r < rows; r++)
        memcpy(ink_view_row(j->out, first + r) + column, out + r * wide, s.dims * sizeof *out);
}

static size_t near_attention_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k;
    const near_shape s = near_measure(y, ink_node_rows(y, bounds));
    return (s.keys + s.beside + s.values + s.scores + s.near + NEAR_TILE * conv_stride(s.dims)) * sizeof(float);
}

static void near_attention_backward(ink_graph *g, ink_node *y, ink_node *dy, ink_node **dx)
{
    const size_t width = ink_node_width(y);
    if (y->in[0]->wants || y->in[1]->wants || y->in[2]->wants) {
        ink_node *all = ink_near_attention_back(g, y, dy);
        for (size_t i = 0; i < 3; i++)
            dx[i] = y->in[i]->wants ? ink_slice(g, all, i * width, width) : NULL;
    }
    for (size_t i = 3; i < 5; i++)
        dx[i] = y->in[i]->wants ? ink_near_attention_tables(g, y, dy, i) : NULL;
}

const ink_op ink_op_near_attention = { .name = "near_attention", .flow = INK_FLOW_CHUNKS, .chunks = near_attention_chunks, .chunk = near_attention_chunk,
                                       .scratch = near_attention_scratch, .backward = near_attention_backward };

ink_node *ink_near_attention(ink_graph *g, ink_node *q, ink_node *k, ink_node *v, ink_node *near_k, ink_node *near_v, const ink_near_attention_options *o)
{
    ink_node *in[] = { q, k, v, near_k, near_v };
    return ink_graph_node(g, &ink_op_near_attention, q, ink_node_width(q), 5, in, o, sizeof *o);
}
