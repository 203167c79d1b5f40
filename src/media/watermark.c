/* Spread spectrum (Cox, Kilian, Leighton and Shamoon 1997, section III): a pseudo-random row of plus and minus ones, repeated, each of them
   some samples long so that it lies where speech does, and as loud as the sound lets it be. To find it, sound is brought to that
   rhythm, what speech foretells of itself is taken out (linear prediction, Makhoul 1975), and all repetitions are added up. */
#include <ink/watermark.h>

#include "base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MARK_CHIPS = 2047, MARK_HALVES = 2 * MARK_CHIPS, MARK_BLOCK = 1024, MARK_ORDER = 16 }; /* of a repetition; half as long; of a prediction */
static const double mark_hertz = 2756.25, mark_loud = 0.02, mark_memory = 0.02; /* chips a second; part of the sound's loudness; seconds */

static uint64_t mark_key(const char *key)
{
    uint64_t h = 0xCBF29CE484222325u; /* FNV-1a */
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001B3u;
    return h;
}

static float mark_chip(uint64_t key, uint64_t chip) { return ink_rng_uniform(key, 77, chip % MARK_CHIPS) < 0.5 ? -1.0f : 1.0f; }

void ink_watermark_begin(ink_watermark *w, const char *key, size_t rate)
{
    *w = (ink_watermark){ .rate = (double)rate, .loud = mark_loud, .key = mark_key(key) };
}

void ink_watermark_add(ink_watermark *w, float *samples, size_t n)
{
    const double keep = exp(-1 / (mark_memory * w->rate));
    for (size_t i = 0; i < n; i++, w->at++) {
        w->level = keep * w->level + (1 - keep) * (double)samples[i] * (double)samples[i];
        samples[i] += (float)(w->loud * sqrt(w->level)) * mark_chip(w->key, (uint64_t)((double)w->at / w->rate * mark_hertz));
    }
}

/* ---- finding ---- */

/* Means over half chips. */
static float *mark_rhythm(const float *samples, size_t n, double rate, size_t *count)
{
    *count = (size_t)((double)n / rate * 2 * mark_hertz);
    float *out = calloc(*count + 1, sizeof *out);
    for (size_t h = 0; out && h < *count; h++) {
        const size_t from = (size_t)((double)h * rate / (2 * mark_hertz)), to = (size_t)((double)(h + 1) * rate / (2 * mark_hertz));
        double sum = 0;
        for (size_t i = from; i < to && i < n; i++)
            sum += (double)samples[i];
        out[h] = to > from ? (float)(sum / (double)(to - from)) : 0;
    }
    return out;
}

/* The coefficients that foretell x from what came before it (Levinson's recursion). */
static void mark_predict(const float *x, size_t n, double a[MARK_ORDER + 1])
{
    double r[MARK_ORDER + 1], error;
    for (size_t k = 0; k <= MARK_ORDER; k++) {
        r[k] = 0;
        for (size_t i = k; i < n; i++)
            r[k] += (double)x[i] * (double)x[i - k];
    }
    memset(a, 0, (MARK_ORDER + 1) * sizeof *a);
    a[0] = 1;
    error = r[0] * 1.001 + 1e-12;
    for (size_t k = 1; k <= MARK_ORDER; k++) {
        double sum = 0, next[MARK_ORDER + 1];
        for (size_t i = 0; i < k; i++)
            sum += a[i] * r[k - i];
        const double reflection = -sum / error;
        memcpy(next, a, sizeof next);
        for (size_t i = 1; i <= k; i++)
            next[i] = a[i] + reflection * a[k - i];
        memcpy(a, next, sizeof next);
        error *= 1 - reflection * reflection;
    }
}

/* What a block says of the mark: what speech does not foretell, through the same filter backwards (which is where a mark would stand out
   most), as loud as the mark would be there over how loud the rest is. Silence says nothing. */
static void mark_whiten(const float *x, size_t from, size_t n, float *out)
{
    double a[MARK_ORDER + 1], rest[MARK_BLOCK] = { 0 }, power = 0, loud = 0;
    mark_predict(x + from, n, a);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k <= MARK_ORDER && k <= from + i; k++)
            rest[i] += a[k] * (double)x[from + i - k];
        power += rest[i] * rest[i];
        loud += (double)x[from + i] * (double)x[from + i];
    }
    const double by = loud / (double)n > 1e-8 && power > 0 ? sqrt(loud / power) * sqrt((double)n / power) : 0, most = 3 * sqrt(power / (double)n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= MARK_ORDER && i + k < n; k++)
            out[from + i] += (float)(by * a[k] * fmin(most, fmax(-most, rest[i + k])));
}

static double mark_score(const double *folded, uint64_t key)
{
    double most = 0, sum = 0, squares = 0;
    float chips[MARK_CHIPS];
    for (size_t i = 0; i < MARK_CHIPS; i++)
        chips[i] = mark_chip(key, i);
    for (size_t shift = 0; shift < MARK_HALVES; shift++) {
        double c = 0;
        for (size_t h = 0; h < MARK_HALVES; h++)
            c += folded[h + shift < MARK_HALVES ? h + shift : h + shift - MARK_HALVES] * (double)chips[h / 2];
        most = c > most ? c : most;
        sum += c;
        squares += c * c;
    }
    const double mean = sum / MARK_HALVES, deviation = sqrt(fmax(squares / MARK_HALVES - mean * mean, 1e-30));
    return (most - mean) / deviation;
}

ink_status ink_watermark_find(const float *samples, size_t n, size_t rate, const char *key, double *score, ink_err *err)
{
    size_t count = 0;
    if (n < rate || !rate)
        return ink_fail(err, INK_E_ARGUMENT, "a watermark is looked for in a second of sound or more");
    float *x = mark_rhythm(samples, n, (double)rate, &count), *white = calloc(count + 1, sizeof *white);
    double *folded = calloc(MARK_HALVES, sizeof *folded);
    if (x && white && folded) {
        for (size_t at = 0; at + MARK_ORDER < count; at += MARK_BLOCK)
            mark_whiten(x, at, count - at < MARK_BLOCK ? count - at : MARK_BLOCK, white);
        for (size_t h = 0; h < count; h++)
            folded[h % MARK_HALVES] += (double)white[h];
        *score = mark_score(folded, mark_key(key));
    }
    const bool good = x && white && folded;
    free(x);
    free(white);
    free(folded);
    return good ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory to look for a watermark in %zu samples", n);
}
