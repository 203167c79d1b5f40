/* The strongest directions of a matrix: its first singular values and vectors, by iterating a random subspace (Halko, Martinsson and Tropp
   2011, algorithm 4.4), and the eigenvectors of the small matrix that is left (Jacobi's rotations). One thread; the same bits for the same
   seed. Vectors of a subspace lie in rows. */
#include "train/principal.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRINCIPAL_MORE = 10, PRINCIPAL_ROUNDS = 24, PRINCIPAL_SWEEPS = 30, PRINCIPAL_ALIGN = 64, PRINCIPAL_STREAM = 5 };

typedef struct principal {
    const ink_principal *of;
    size_t k;                    /* vectors that are iterated */
    float *left, *right, *mixed; /* [k, rows], [k, columns], [rank, the longer of both] */
    double *small, *turn;        /* [k, k] */
    size_t *order;               /* [k] */
    void *scratch;
} principal;

static double principal_dot(size_t n, const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Each vector loses its part along those before it, twice, and becomes as long as one; what nothing is left of is zero. */
static void principal_part(size_t k, size_t n, float *x)
{
    for (size_t i = 0; i < k; i++) {
        float *v = x + i * n;
        const double before = principal_dot(n, v, v);
        for (size_t again = 0; again < 2; again++)
            for (size_t j = 0; j < i; j++) {
                const float along = (float)principal_dot(n, v, x + j * n);
                for (size_t c = 0; c < n; c++)
                    v[c] -= along * x[j * n + c];
            }
        const double length = principal_dot(n, v, v);
        const float by = length > 1e-12 * before ? (float)(1 / sqrt(length)) : 0;
        for (size_t c = 0; c < n; c++)
            v[c] *= by;
    }
}

static void principal_to_left(const principal *p)
{
    const ink_principal *o = p->of;
    o->kernels->gemm(&(ink_gemm){ .rows = p->k, .columns = o->rows, .depth = o->columns, .a = p->right, .a_row = o->columns, .a_step = 1, .b = o->matrix, .b_step = 1, .b_column = o->columns,
                                  .c = p->left, .c_row = o->rows, .scratch = p->scratch });
}

static void principal_to_right(const principal *p)
{
    const ink_principal *o = p->of;
    o->kernels->gemm(&(ink_gemm){ .rows = p->k, .columns = o->columns, .depth = o->rows, .a = p->left, .a_row = o->rows, .a_step = 1, .b = o->matrix, .b_step = o->columns, .b_column = 1,
                                  .c = p->right, .c_row = o->columns, .scratch = p->scratch });
}

static void principal_rotate(double *a, double *v, size_t k, size_t p, size_t q)
{
    const double apq = a[p * k + q], theta = (a[q * k + q] - a[p * k + p]) / (2 * apq);
    const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t i = 0; i < k; i++) {
        const double x = a[i * k + p], y = a[i * k + q];
        a[i * k + p] = c * x - s * y;
        a[i * k + q] = s * x + c * y;
    }
    for (size_t i = 0; i < k; i++) {
        const double x = a[p * k + i], y = a[q * k + i], u = v[p * k + i], w = v[q * k + i];
        a[p * k + i] = c * x - s * y;
        a[q * k + i] = s * x + c * y;
        v[p * k + i] = c * u - s * w;
        v[q * k + i] = s * u + c * w;
    }
}

/* Eigenvalues end on the diagonal, their vectors in the rows of p->turn. */
static void principal_eigen(principal *p)
{
    const size_t k = p->k;
    for (size_t i = 0; i < k * k; i++)
        p->turn[i] = i % (k + 1) == 0;
    for (size_t sweep = 0; sweep < PRINCIPAL_SWEEPS; sweep++)
        for (size_t i = 0; i < k; i++)
            for (size_t j = i + 1; j < k; j++)
                if (fabs(p->small[i * k + j]) > 1e-18 * sqrt(fabs(p->small[i * k + i] * p->small[j * k + j])))
                    principal_rotate(p->small, p->turn, k, i, j);
    for (size_t i = 0; i < k; i++) {
        size_t at = i;
        for (; at > 0 && p->small[p->order[at - 1] * (k + 1)] < p->small[i * (k + 1)]; at--)
            p->order[at] = p->order[at - 1];
        p->order[at] = i;
    }
}

/* The first vectors of x, mixed as the eigenvectors say, each times its factor. */
static void principal_mix(const principal *p, const float *x, size_t n, const double *by)
{
    for (size_t r = 0; r < p->of->rank; r++) {
        float *to = p->mixed + r * n;
        memset(to, 0, n * sizeof *to);
        for (size_t i = 0; r < p->k && i < p->k; i++) {
            const float part = (float)(by[r] * p->turn[p->order[r] * p->k + i]);
            for (size_t c = 0; c < n; c++)
                to[c] += part * x[i * n + c];
        }
    }
}

/* W = (W Z^T) Z within the subspace Z: singular values are the roots of the eigenvalues of (W Z^T)^T (W Z^T). */
static void principal_give(principal *p, double *by)
{
    const ink_principal *o = p->of;
    for (size_t i = 0; i < p->k; i++)
        for (size_t j = 0; j < p->k; j++)
            p->small[i * p->k + j] = principal_dot(o->rows, p->left + i * o->rows, p->left + j * o->rows);
    principal_eigen(p);
    for (size_t r = 0; r < o->rank; r++) {
        const double square = r < p->k ? p->small[p->order[r] * (p->k + 1)] : 0;
        by[r] = square > 0 ? pow(square, -0.25) : 0;
    }
    principal_mix(p, p->left, o->rows, by);
    for (size_t r = 0; r < o->rank; r++)
        for (size_t i = 0; i < o->rows; i++)
            o->left[i * o->rank + r] = p->mixed[r * o->rows + i];
    for (size_t r = 0; r < o->rank; r++)
        by[r] = by[r] > 0 ? 1 / by[r] : 0;
    principal_mix(p, p->right, o->columns, by);
    memcpy(o->right, p->mixed, o->rank * o->columns * sizeof *o->right);
}

static void principal_find(principal *p, double *by)
{
    const ink_principal *o = p->of;
    for (size_t i = 0; i < p->k * o->columns; i++)
        p->right[i] = (float)(ink_rng_uniform(o->seed, PRINCIPAL_STREAM, i) - 0.5);
    for (size_t round = 0; round < PRINCIPAL_ROUNDS; round++) {
        principal_to_left(p);
        principal_part(p->k, o->rows, p->left);
        principal_to_right(p);
        principal_part(p->k, o->columns, p->right);
    }
    principal_to_left(p);
    principal_give(p, by);
}

ink_status ink_principal_find(const ink_principal *o, ink_err *err)
{
    const size_t least = o->rows < o->columns ? o->rows : o->columns, most = o->rows < o->columns ? o->columns : o->rows;
    principal p = { .of = o, .k = o->rank + PRINCIPAL_MORE < least ? o->rank + PRINCIPAL_MORE : least };
    double *by = calloc(o->rank, sizeof *by);
    p.left = calloc(p.k * o->rows, sizeof *p.left);
    p.right = calloc(p.k * o->columns, sizeof *p.right);
    p.mixed = calloc(o->rank * most, sizeof *p.mixed);
    p.small = calloc(p.k * p.k, sizeof *p.small);
    p.turn = calloc(p.k * p.k, sizeof *p.turn);
    p.order = calloc(p.k, sizeof *p.order);
    p.scratch = aligned_alloc(PRINCIPAL_ALIGN, INK_GEMM_SCRATCH);
    const bool there = by && p.left && p.right && p.mixed && p.small && p.turn && p.order && p.scratch;
    if (there)
        principal_find(&p, by);
    free(by);
    free(p.left);
    free(p.right);
    free(p.mixed);
    free(p.small);
    free(p.turn);
    free(p.order);
    free(p.scratch);
    return there ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for the strongest directions of a matrix of %zu by %zu", o->rows, o->columns);
}
