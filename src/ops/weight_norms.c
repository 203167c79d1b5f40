/* y[o] = 1 / |W[o] + scale B[o] A|: what DoRA divides by (Liu et al. 2024, section 4.1), taken as a constant when gradients are
   made (section 4.3). Where weights stay as they are it is computed once, in memory that was zero. */
#include "base/count.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

typedef struct norms_options {
    float scale;
    bool turned, once; /* W lies [in, out] */
} norms_options;

enum { NORMS_ROWS = 16 };

static size_t weight_norms_chunks(const ink_job *j)
{
    return ink_pieces(ink_node_width(j->y), NORMS_ROWS);
}

static void norms_row(const ink_constant *c, size_t row, size_t width, bool turned, size_t rows, float *out)
{
    if (c->packed) {
        ink_packed_row(c->packed, row, out);
        return;
    }
    if (c->type != INK_F32) { /* it stays as its file has it */
        const ink_type_info *type = ink_type_find((int)c->type);
        ink_dequantize(c->type, (const uint8_t *)c->data + (c->rows ? c->rows[row] : row) * (width / type->block * type->bytes), width, out);
        return;
    }
    const float *data = c->data;
    for (size_t i = 0; i < width; i++)
        out[i] = turned ? data[i * rows + row] : data[row * width + i];
}

static float norms_of(const ink_job *j, size_t row)
{
    const norms_options *o = j->y->options;
    const size_t rank = j->y->in[1]->dim[0].count, in = ink_node_width(j->y->in[1]);
    float *v = (float *)(void *)j->scratch, *a = v + ink_round_up(in, 16), *b = a + ink_round_up(in, 16);
    norms_row(j->y->in[0]->constant, row, in, o->turned, ink_node_width(j->y), v);
    norms_row(j->y->in[2]->constant, row, rank, false, 0, b);
    for (size_t i = 0; i < rank; i++) {
        norms_row(j->y->in[1]->constant, i, in, false, 0, a);
        j->k->scale(in, a, o->scale * b[i], a);
        j->k->add(in, v, a, v);
    }
    return 1.0f / sqrtf(j->k->squares(in, v));
}

static void weight_norms_chunk(const ink_job *j, size_t i)
{
    float *y = ink_view_row(j->out, 0);
    const size_t first = i * NORMS_ROWS, end = first + NORMS_ROWS < ink_node_width(j->y) ? first + NORMS_ROWS : ink_node_width(j->y);
    for (size_t row = first; row < end; row++)
        if (!((const norms_options *)j->y->options)->once || y[row] == 0.0f)
            y[row] = norms_of(j, row);
}

static size_t weight_norms_scratch(const ink_kernels *k, const ink_node *y, const size_t bounds[INK_SIZES])
{
    (void)k, (void)bounds;
    return (2 * (ink_node_width(y->in[1]) + 16) + y->in[1]->dim[0].count + 16) * sizeof(float);
}

const ink_op ink_op_weight_norms = { .name = "weight_norms", .flow = INK_FLOW_CHUNKS, .detached = true, .chunks = weight_norms_chunks, .chunk = weight_norms_chunk,
                                     .scratch = weight_norms_scratch };

ink_node *ink_weight_norms(ink_graph *g, const ink_node *like, ink_node *weight, ink_node *a, ink_node *b, float scale, bool turned, bool once)
{
    const norms_options o = { .scale = scale, .turned = turned, .once = once };
    ink_node *in[] = { weight, a, b }, *y = ink_graph_node(g, &ink_op_weight_norms, like, ink_node_width(like), 3, in, &o, sizeof o);
    y->kept = once;
    return y;
}
