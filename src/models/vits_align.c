/* Which frames a symbol takes while the model learns: monotonic alignment search (Kim et al. 2020, Glow-TTS, section 3.2 and algorithm 1).
   Every symbol is a normal distribution, every frame a point; symbols take runs of frames in their order, each at least one, so that the
   points are as likely as they can be. */
#include "models/vits.h"

#include <math.h>
#include <stdlib.h>

typedef struct align_search {
    const ink_kernels *k;
    const vits_alignment *a;
    double *best;      /* [symbols]: of the paths up to this frame that end in each */
    uint8_t *came;     /* [frames, symbols]: 1: the frame before is the symbol's before */
    float *turn;       /* [symbols, 2 latent]: 1 / deviation, then - mean / deviation */
    double *constant;  /* [symbols]: of the logarithm of the density */
    float *away;       /* [latent] */
} align_search;

static void align_symbol(align_search *s, size_t symbol)
{
    const size_t n = s->a->latent;
    const float *mean = ink_view_row(s->a->stats, symbol), *logs = mean + n;
    float *by = s->turn + symbol * 2 * n;
    s->constant[symbol] = -0.5 * log(2 * 3.14159265358979323846) * (double)n;
    for (size_t i = 0; i < n; i++) {
        by[i] = -logs[i];
        s->k->exp(1, by + i, by + i);
        by[n + i] = -mean[i] * by[i];
        s->constant[symbol] -= (double)logs[i];
    }
}

/* The logarithm of the symbol's density where the frame is. */
static double align_value(const align_search *s, size_t frame, size_t symbol)
{
    const size_t n = s->a->latent;
    const float *by = s->turn + symbol * 2 * n;
    s->k->mul_add(n, ink_view_row(s->a->z, frame), by, by + n, s->away);
    return s->constant[symbol] - 0.5 * (double)s->k->squares(n, s->away);
}

/* From the last symbol that the frame can have to the first, so that `best` still holds the frame before. */
static void align_frame(align_search *s, size_t frame)
{
    const size_t left = s->a->frames - 1 - frame, symbols = s->a->symbols, first = symbols > left + 1 ? symbols - 1 - left : 0;
    for (size_t symbol = (frame < symbols - 1 ? frame : symbols - 1) + 1; symbol-- > first;) {
        const bool stays = symbol < frame || (frame == 0 && symbol == 0), steps = symbol > 0;
        const bool step = steps && (!stays || s->best[symbol - 1] > s->best[symbol]);
        s->best[symbol] = (frame == 0 ? 0 : s->best[symbol - step]) + align_value(s, frame, symbol);
        s->came[frame * symbols + symbol] = step;
    }
}

static void align_back(const align_search *s, uint32_t *index, float *taken)
{
    size_t symbol = s->a->symbols - 1;
    for (size_t i = 0; i < s->a->symbols; i++)
        taken[i] = 0;
    for (size_t frame = s->a->frames; frame--;) {
        index[frame] = (uint32_t)symbol;
        taken[symbol]++;
        symbol -= s->came[frame * s->a->symbols + symbol];
    }
}

static ink_status align_room(align_search *s, ink_err *err)
{
    const size_t symbols = s->a->symbols, n = s->a->latent;
    s->best = calloc(symbols, sizeof *s->best);
    s->constant = calloc(symbols, sizeof *s->constant);
    s->came = calloc(s->a->frames, symbols);
    s->turn = calloc(symbols, 2 * n * sizeof *s->turn);
    s->away = calloc(n, sizeof *s->away);
    return s->best && s->constant && s->came && s->turn && s->away ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory to align %zu frames with %zu symbols", s->a->frames, symbols);
}

ink_status vits_align(const ink_kernels *k, const vits_alignment *a, uint32_t *index, float *taken, ink_err *err)
{
    align_search s = { .k = k, .a = a };
    if (!a->symbols || a->frames < a->symbols)
        return ink_fail(err, INK_E_ARGUMENT, "%zu frames are too few for %zu symbols: each takes one at least", a->frames, a->symbols);
    const ink_status status = align_room(&s, err);
    if (status == INK_OK) {
        for (size_t symbol = 0; symbol < a->symbols; symbol++)
            align_symbol(&s, symbol);
        for (size_t frame = 0; frame < a->frames; frame++)
            align_frame(&s, frame);
        align_back(&s, index, taken);
    }
    free(s.best), free(s.constant), free(s.came), free(s.turn), free(s.away);
    return status;
}
