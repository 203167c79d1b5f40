/* Products with BF16 weights and activations where the processor multiplies matrices (AMX, Intel SDM volume 2, TDPBF16PS):
   32 columns at a time, even and odd products in sums of their own, then their total onto the output's. It flushes denormals
   and rounds in its own way, so bits differ from other processors, but not between numbers of rows or chunks: an output walks
   the columns from the first to the last whichever tile it falls into. A panel of 16 outputs lies as a tile wants it already. */
#include "kernels/amx.h"
#include "kernels/kernels.h"

enum {
    DENSE_AMX_ROWS = 16,
    DENSE_AMX_COLS = 32,
    DENSE_AMX_BYTES = 1024, /* of a tile of weights: a panel by 32 columns */
    DENSE_AMX_AHEAD = 2048, /* bytes of weights between what is used and what is fetched, as in dense_walk.h */
};

typedef struct dense_amx {
    const uint8_t *w;
    size_t panel_bytes, whole, tail; /* tiles of 32 columns, and the bytes of a row in the rest: pairs of columns */
    const uint8_t *x;
    size_t x_bytes;
    float *y;
    size_t y_stride;
} dense_amx;

/* Up to 32 rows by two panels, or 16 by four. Tiles 0 to 3: sums, 4 and 5: rows or weights, 6 and 7: weights. */
static void dense_amx_shapes(size_t rows)
{
    amx_shapes s = { .palette = 1 };
    const size_t low = rows < DENSE_AMX_ROWS ? rows : DENSE_AMX_ROWS, high = rows - low;
    for (int t = 0; t < 8; t++) {
        s.bytes[t] = 64;
        s.rows[t] = (uint8_t)(t >= 6 ? 16 : high && (t == 2 || t == 3 || t == 5) ? high : t == 5 ? 16 : low);
    }
    amx_configure(&s);
}

/* A tile of weights and one of rows whose last columns are zero. */
typedef struct dense_amx_rest {
    _Alignas(64) uint8_t w[4][DENSE_AMX_BYTES], x[2 * DENSE_AMX_ROWS][64];
} dense_amx_rest;

static void dense_amx_fill(const dense_amx *j, size_t panels, size_t rows, dense_amx_rest *rest)
{
    memset(rest, 0, sizeof *rest);
    for (size_t p = 0; p < panels; p++)
        memcpy(rest->w[p], j->w + p * j->panel_bytes + j->whole * DENSE_AMX_BYTES, j->tail * DENSE_AMX_ROWS);
    for (size_t r = 0; r < rows; r++)
        memcpy(rest->x[r], j->x + r * j->x_bytes + j->whole * 64, j->tail);
}

static inline void dense_amx_fetch(const uint8_t *from)
{
    for (size_t line = 0; line < DENSE_AMX_BYTES; line += 64)
        __builtin_prefetch(from + line);
}

/* Where the read of panels is in a while: past the end of these panels the next ones begin. */
static inline size_t dense_amx_ahead(size_t panels, size_t panel_bytes, size_t offset)
{
    offset += DENSE_AMX_AHEAD;
    return offset < panel_bytes ? offset : offset + (panels - 1) * panel_bytes;
}

/* 17 to 32 rows by one or two panels: x and w read `columns` by `columns` from where they stand. */
static inline void dense_amx_square(size_t tiles, size_t panels, const uint8_t *x, size_t x_bytes, const uint8_t *w, size_t panel_bytes)
{
    for (size_t k = 0; k < tiles; k++, x += 64, w += DENSE_AMX_BYTES) {
        amx_load(4, x, x_bytes);
        amx_load(5, x + DENSE_AMX_ROWS * x_bytes, x_bytes);
        amx_load(6, w, 64);
        amx_dot_bf16(0, 4, 6);
        amx_dot_bf16(2, 5, 6);
        if (panels > 1) {
            amx_load(7, w + panel_bytes, 64);
            amx_dot_bf16(1, 4, 7);
            amx_dot_bf16(3, 5, 7);
        }
    }
}

/* Up to 16 rows by one, two or four panels. */
static inline void dense_amx_wide(size_t tiles, size_t panels, const uint8_t *x, size_t x_bytes, const uint8_t *w, size_t panel_bytes)
{
    for (size_t k = 0; k < tiles; k++, x += 64, w += DENSE_AMX_BYTES) {
        const size_t ahead = dense_amx_ahead(panels, panel_bytes, k * DENSE_AMX_BYTES) - k * DENSE_AMX_BYTES;
        amx_load(4, x, x_bytes);
        dense_amx_fetch(w + ahead);
        amx_load(6, w, 64);
        amx_dot_bf16(0, 4, 6);
        if (panels > 1) {
            dense_amx_fetch(w + panel_bytes + ahead);
            amx_load(7, w + panel_bytes, 64);
            amx_dot_bf16(1, 4, 7);
        }
        if (panels > 2) {
            dense_amx_fetch(w + 2 * panel_bytes + ahead);
            amx_load(5, w + 2 * panel_bytes, 64);
            amx_dot_bf16(2, 4, 5);
            dense_amx_fetch(w + 3 * panel_bytes + ahead);
            amx_load(6, w + 3 * panel_bytes, 64);
            amx_dot_bf16(3, 4, 6);
        }
    }
}

static void dense_amx_block(const dense_amx *j, size_t panels, size_t rows)
{
    void (*const walk)(size_t, size_t, const uint8_t *, size_t, const uint8_t *, size_t) = rows > DENSE_AMX_ROWS ? dense_amx_square : dense_amx_wide;
    const size_t stride = j->y_stride * sizeof *j->y;
    amx_zero(0);
    amx_zero(1);
    amx_zero(2);
    amx_zero(3);
    walk(j->whole, panels, j->x, j->x_bytes, j->w, j->panel_bytes);
    if (j->tail) {
        dense_amx_rest rest;
        dense_amx_fill(j, panels, rows, &rest);
        walk(1, panels, rest.x[0], 64, rest.w[0], DENSE_AMX_BYTES);
    }
    amx_store(0, j->y, stride);
    if (panels > 1)
        amx_store(1, j->y + 16, stride);
    if (rows > DENSE_AMX_ROWS) {
        float *high = j->y + DENSE_AMX_ROWS * j->y_stride;
        amx_store(2, high, stride);
        if (panels > 1)
            amx_store(3, high + 16, stride);
    } else if (panels > 2) {
        amx_store(2, j->y + 32, stride);
        amx_store(3, j->y + 48, stride);
    }
}

static void dense_amx_matmul(const ink_packed *w, size_t p0, size_t p1, const void *x, size_t rows, float *y, size_t y_stride, void *scratch)
{
    const size_t odd = w->cols % DENSE_AMX_COLS;
    (void)scratch;
    for (size_t r = 0, n; r < rows; r += n) {
        n = rows - r < 2 * DENSE_AMX_ROWS ? rows - r : 2 * DENSE_AMX_ROWS;
        const size_t most = n > DENSE_AMX_ROWS ? 2 : 4;
        dense_amx_shapes(n);
        for (size_t p = p0, panels; p < p1; p += panels) {
            panels = p1 - p >= most ? most : p1 - p >= 2 ? 2 : 1;
            const dense_amx j = { .w = w->data + p * w->panel_bytes, .panel_bytes = w->panel_bytes, .whole = w->cols / DENSE_AMX_COLS,
                                  .tail = (odd + odd % 2) * 2, .x = (const uint8_t *)x + r * ink_act_bytes(w->form, w->cols),
                                  .x_bytes = ink_act_bytes(w->form, w->cols), .y = y + r * y_stride + 16 * (p - p0), .y_stride = y_stride };
            dense_amx_block(&j, panels, n);
        }
    }
    amx_release();
}

/* The most that this instruction can do, as in peak.c. */
static double dense_amx_peak(size_t n, float *sink)
{
    static const uint16_t ones[32] = { 0x3f80, 0x3f80 };
    dense_amx_shapes(2 * DENSE_AMX_ROWS);
    amx_load(4, ones, 0);
    amx_load(5, ones, 0);
    amx_load(6, ones, 0);
    amx_load(7, ones, 0);
    for (size_t k = 0; k < n; k++) {
        amx_dot_bf16(0, 4, 6);
        amx_dot_bf16(1, 4, 7);
        amx_dot_bf16(2, 5, 6);
        amx_dot_bf16(3, 5, 7);
    }
    float sum[256];
    amx_store(0, sum, 64);
    amx_release();
    *sink = sum[0];
    return 4.0 * 2 * 16 * 16 * 32 * (double)n;
}

void INK_KERNEL(ink_dense_tiles)(ink_kernels *k);
void INK_KERNEL(ink_dense_tiles)(ink_kernels *k)
{
    k->matmul[INK_PACK_BF16] = dense_amx_matmul;
    k->peak[INK_ACT_BF16] = dense_amx_peak;
}
