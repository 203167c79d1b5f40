/* Cosines and sines of position × frequency, made once for a step and used by every layer. The angle is reduced and the
   two polynomials are summed in double, with operations whose results are exact or correctly rounded: the same bits on
   every machine, and less than one unit in the last place of the float that is kept. */
#include "ops/ops.h"

#include <math.h>
#include <string.h>

typedef struct rope_angles_options {
    size_t pairs;
    float scale;
    double frequency[];
} rope_angles_options;

/* sin and cos of r in [-pi/4, pi/4] (Taylor: the first term left out is below 1e-17). */
static double rope_angles_sin(double r)
{
    static const double c[] = { -1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6 };
    double z = r * r, p = c[0];
    for (size_t i = 1; i < sizeof c / sizeof *c; i++)
        p = p * z + c[i];
    return p * z * r + r;
}

static double rope_angles_cos(double r)
{
    static const double c[] = { 1.0 / 20922789888000, -1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -0.5 };
    double z = r * r, p = c[0];
    for (size_t i = 1; i < sizeof c / sizeof *c; i++)
        p = p * z + c[i];
    return p * z + 1;
}

/* x = n pi/2 + r with pi/2 in three parts (Cody and Waite 1980), good for |x| < 1e9. */
static void rope_angles_at(double x, float scale, float *cosine, float *sine)
{
    double n = nearbyint(x * 0.63661977236758134308);
    double r = ((x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a4p-34) - n * 0x1.13198a2e03707p-69;
    double s = rope_angles_sin(r), c = rope_angles_cos(r);
    long turn = (long)n & 3;
    double y = turn & 1 ? c : s, x1 = turn & 1 ? s : c;
    *sine = (float)(turn & 2 ? -y : y) * scale;
    *cosine = (float)(turn == 1 || turn == 2 ? -x1 : x1) * scale;
}

static void rope_angles_run(const ink_job *j, size_t row, size_t rows, size_t columns)
{
    (void)row, (void)columns;
    const rope_angles_options *o = j->y->options;
    for (size_t i = 0; i < rows; i++) {
        int32_t position = *(const int32_t *)(const void *)ink_view_row(j->in[0], i);
        float *y = ink_view_row(j->out, i);
        for (size_t p = 0; p < o->pairs; p++)
            rope_angles_at(position * o->frequency[p], o->scale, &y[p], &y[o->pairs + p]);
    }
}

const ink_op ink_op_rope_angles = { .name = "rope_angles", .flow = INK_FLOW_ROWS, .run = rope_angles_run };

ink_node *ink_rope_angles(ink_graph *g, ink_node *positions, const double *frequency, size_t pairs, float scale)
{
    enum { MOST = 1024 };
    union { /* the options with room for what follows them */
        rope_angles_options o;
        uint8_t room[sizeof(rope_angles_options) + MOST * sizeof(double)];
    } o = { .o = { .pairs = pairs, .scale = scale } };
    if (pairs > MOST) {
        ink_graph_fail(g, INK_E_LIMIT, "rotary positions over %zu dimensions: at most %d are possible", 2 * pairs, 2 * MOST);
        pairs = 0;
    }
    memcpy(o.o.frequency, frequency, pairs * sizeof *frequency);
    return ink_graph_node(g, &ink_op_rope_angles, positions, 2 * pairs, 1, &positions, &o, sizeof o.o + pairs * sizeof *frequency);
}
