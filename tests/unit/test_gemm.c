/* Products of training on every instruction set: against sums in double, either side turned, added to what is there or not, and
   cut into blocks without a bit's difference. */
#include "kernel_sets.h"

#include <math.h>
#include <string.h>

typedef struct shape {
    size_t rows, columns, depth;
} shape;
static const shape shapes[] = { { 1, 1, 1 }, { 3, 17, 5 }, { 16, 16, 32 }, { 33, 31, 63 }, { 40, 50, 1030 }, { 300, 70, 33 }, { 35, 420, 64 } };

typedef struct sides {
    float *a, *b;
    void *scratch;
} sides;

static ink_gemm product(const sides *s, shape n, bool a_turned, bool b_turned)
{
    return (ink_gemm){ .rows = n.rows, .columns = n.columns, .depth = n.depth, .a = s->a, .b = s->b, .a_row = a_turned ? 1 : n.depth, .a_step = a_turned ? n.rows : 1,
                       .b_step = b_turned ? 1 : n.columns, .b_column = b_turned ? n.depth : 1, .c_row = n.columns, .scratch = s->scratch };
}

static double most_off(const ink_gemm *g, double started)
{
    double off = 0;
    for (size_t r = 0; r < g->rows; r++)
        for (size_t c = 0; c < g->columns; c++) {
            double sum = started, size = 1e-3;
            for (size_t k = 0; k < g->depth; k++) {
                const double term = (double)g->a[r * g->a_row + k * g->a_step] * (double)g->b[k * g->b_step + c * g->b_column];
                sum += term;
                size += fabs(term);
            }
            off = fmax(off, fabs((double)g->c[r * g->c_row + c] - sum) / size);
        }
    return off;
}

typedef void multiply(const ink_gemm *g);

/* A side that is gathered before, in two pieces, changes no bit. */
static void check_gathered(multiply *run, const ink_gemm_form *form, ink_gemm g, ink_gemm_which side)
{
    const size_t lanes = side == INK_GEMM_A ? g.rows : g.columns, panel = form->panel(side, g.depth), each = INK_GEMM_LANES / form->lanes[side];
    const size_t pieces = (lanes + INK_GEMM_LANES - 1) / INK_GEMM_LANES, n = g.rows * g.columns;
    uint8_t *panels = aligned_alloc(64, pieces * each * panel);
    float *whole = malloc(n * sizeof *whole), *known = g.c;
    assert_int_equal(each * panel % 64, 0);
    for (size_t i = 0; i < pieces; i++) {
        ink_gemm part = g;
        part.a += side == INK_GEMM_A ? i * INK_GEMM_LANES * g.a_row : 0;
        part.b += side == INK_GEMM_B ? i * INK_GEMM_LANES * g.b_column : 0;
        *(side == INK_GEMM_A ? &part.rows : &part.columns) = lanes - i * INK_GEMM_LANES < INK_GEMM_LANES ? lanes - i * INK_GEMM_LANES : INK_GEMM_LANES;
        form->gather(&part, side, panels + i * each * panel);
    }
    *(side == INK_GEMM_A ? &g.a_panels : &g.b_panels) = panels;
    g.c = whole;
    run(&g);
    assert_memory_equal(whole, known, n * sizeof *whole);
    free(panels);
    free(whole);
}

static void check_product(multiply *run, const ink_gemm_form *form, ink_gemm g, double within)
{
    const size_t n = g.rows * g.columns;
    float *c = malloc(n * sizeof *c), *cut = malloc(n * sizeof *cut);
    g.c = c;
    for (size_t i = 0; i < n; i++)
        c[i] = NAN;
    run(&g);
    assert_true(most_off(&g, 0) < within);
    check_gathered(run, form, g, INK_GEMM_A);
    check_gathered(run, form, g, INK_GEMM_B);
    ink_gemm part = g; /* its first rows alone */
    part.rows = (g.rows + 1) / 2;
    part.c = cut;
    run(&part);
    assert_memory_equal(cut, c, part.rows * g.c_row * sizeof *c);
    for (size_t i = 0; i < n; i++)
        c[i] = 0.5f;
    g.more = true;
    run(&g);
    assert_true(most_off(&g, 0.5) < within);
    free(c);
    free(cut);
}

static void test_products(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    uint64_t seed = 11;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape n = shapes[i];
        const sides s = { test_normals(n.rows * n.depth, 1, &seed), test_normals(n.depth * n.columns, 1, &seed), aligned_alloc(64, INK_GEMM_SCRATCH) };
        for (size_t k = 0; k < t.count; k++)
            for (int turned = 0; turned < 4; turned++) {
                const ink_gemm g = product(&s, n, turned & 1, turned & 2);
                check_product(t.k[k].gemm, t.k[k].gemm_form, g, 1e-5);
                check_product(t.k[k].gemm_bf16, t.k[k].gemm_bf16_form, g, 1e-2);
            }
        free(s.a);
        free(s.b);
        free(s.scratch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_products) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
