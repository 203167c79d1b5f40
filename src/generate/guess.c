/* Whether guessing pays. Of guesses is known how often they were right, by how long the end was that stood in the text before; of steps,
   how long those of so many rows take. As many are taken as make the most tokens a second. Looked-up guesses cost nothing to
   make, so they are counted even while none is taken; another model's are tried again from time to time, ever more seldom. */
#include "generate/guess.h"

#include "base/clock.h"

#include <stdlib.h>

enum { GUESS_PAUSE = 16, GUESS_LONGEST_PAUSE = 512, GUESS_MEMORY = 48 };
static const double guess_margin = 1.03; /* what is not clearly faster is not done */
static const double guess_row = 0.12;    /* of a step's time, for each row more, as long as it is not measured */

typedef struct guess_rate {
    double right, tries;
} guess_rate;

struct ink_guesser {
    ink_draft *draft;                         /* NULL: looked up */
    size_t vocab;
    guess_rate rates[INK_LOOKUP_LONGEST + 1]; /* by length of the end; [0]: another model's */
    double seconds[INK_GUESSES + 2];          /* of a step, by rows; 0: not known */
    double each;                              /* seconds for a guess of another model */
    size_t length, taken;                     /* of the last guesses */
    int32_t first;                            /* the likeliest next, when it was not taken; -1: none */
    size_t rest, pause;                       /* steps until another model is asked again */
};

/* ---- what is known ---- */

static void guess_count(guess_rate *r, bool right)
{
    if (r->tries >= GUESS_MEMORY) {
        r->tries /= 2;
        r->right /= 2;
    }
    r->tries++;
    r->right += right;
}

/* Before anything is known, longer ends are trusted more. */
static double guess_chance(const ink_guesser *g, size_t length)
{
    const size_t at = length < INK_LOOKUP_LONGEST ? length : INK_LOOKUP_LONGEST;
    const double before = g->draft ? 0.7 : 0.3 + 0.5 * (double)at / INK_LOOKUP_LONGEST;
    return (g->rates[at].right + 2 * before) / (g->rates[at].tries + 2);
}

/* A guess that is right makes the end longer by one. */
static size_t guess_length(const ink_guesser *g, size_t at)
{
    const size_t length = g->draft ? 0 : g->length + at;
    return length < INK_LOOKUP_LONGEST ? length : INK_LOOKUP_LONGEST;
}

static double guess_step(const ink_guesser *g, size_t rows)
{
    size_t known = rows;
    while (known > 1 && g->seconds[known] <= 0)
        known--;
    return g->seconds[known] * (1 + guess_row * (double)(rows - 1)) / (1 + guess_row * (double)(known - 1));
}

/* Of at most so many guesses, how many make the most tokens a second. */
static size_t guess_worth(const ink_guesser *g, size_t most)
{
    double chance = 1, tokens = 1, best = guess_margin / guess_step(g, 1);
    size_t worth = 0;
    for (size_t n = 1; n <= most; n++) {
        chance *= guess_chance(g, guess_length(g, n - 1));
        tokens += chance;
        const double rate = tokens / (guess_step(g, n + 1) + (double)n * g->each);
        if (rate > best) {
            best = rate;
            worth = n;
        }
    }
    return worth;
}

/* ---- guessing ---- */

static size_t guess_lookup(ink_guesser *g, const int32_t *all, size_t count, size_t most, int32_t *ids)
{
    if (g->first >= 0)
        guess_count(&g->rates[g->length], g->first == all[count - 1]);
    g->first = -1;
    const size_t from = ink_lookup_find(all, count, &g->length);
    if (g->length < 2)
        return 0;
    const size_t n = guess_worth(g, most);
    for (size_t i = 0; i < n; i++)
        ids[i] = from + i < count ? all[from + i] : ids[from + i - count];
    g->first = n ? -1 : all[from];
    return n;
}

static ink_status guess_draft(ink_guesser *g, const int32_t *all, size_t count, size_t most, int32_t *ids, size_t *n, ink_err *err)
{
    size_t worth = guess_worth(g, most);
    if (worth)
        g->pause = GUESS_PAUSE;
    else if (g->rest) {
        g->rest--;
        return INK_OK;
    } else {
        worth = most < 2 ? most : 2;
        g->rest = g->pause;
        g->pause = 2 * g->pause < GUESS_LONGEST_PAUSE ? 2 * g->pause : GUESS_LONGEST_PAUSE;
    }
    const double began = ink_clock_seconds();
    *n = worth;
    INK_TRY(ink_draft_guess(g->draft, all, count, ids, n, err));
    const double each = *n ? (ink_clock_seconds() - began) / (double)*n : 0;
    g->each += *n ? 0.3 * (each - g->each) : 0;
    return INK_OK;
}

ink_status ink_guesser_guess(ink_guesser *g, const int32_t *all, size_t count, size_t most, int32_t ids[INK_GUESSES], size_t *n, ink_err *err)
{
    most = most < INK_GUESSES ? most : INK_GUESSES;
    *n = g->taken = 0;
    if (!most || g->seconds[1] <= 0)
        return INK_OK;
    if (g->draft)
        INK_TRY(guess_draft(g, all, count, most, ids, n, err));
    else
        *n = guess_lookup(g, all, count, most, ids);
    for (size_t i = 0; i < *n; i++)
        if ((size_t)ids[i] >= g->vocab)
            *n = i;
    g->taken = *n;
    return INK_OK;
}

/* One step that something else held up must not decide: slower times count little. */
void ink_guesser_learn(ink_guesser *g, size_t right, double seconds)
{
    double *known = &g->seconds[g->taken + 1];
    const double likely = *known > 0 || !g->taken ? *known : guess_step(g, g->taken + 1);
    *known = likely > 0 ? likely + (seconds < likely ? 0.4 : 0.1) * (seconds - likely) : seconds;
    for (size_t i = 0; i < g->taken && i <= right; i++)
        guess_count(&g->rates[guess_length(g, i)], i < right);
}

/* ---- beginning and end ---- */

ink_status ink_guesser_new(const ink_answering *a, ink_llm *llm, ink_guesser **out, ink_err *err)
{
    const ink_generate_options *o = a->options;
    *out = NULL;
    if (!o->lookup && !o->draft)
        return INK_OK;
    if (o->lookup && o->draft)
        return ink_fail(err, INK_E_ARGUMENT, "the next tokens are guessed by a model or looked up in the text, not both");
    if (a->count > 1)
        return ink_fail(err, INK_E_ARGUMENT, "guessing is for one answer; %zu are computed side by side already", a->count);
    if (o->draft && ink_llm_reads(llm))
        return ink_fail(err, INK_E_UNSUPPORTED, "nobody guesses for a model that reads one text and writes another");
    if (o->draft == llm)
        return ink_fail(err, INK_E_ARGUMENT, "a model cannot guess for itself");
    ink_guesser *g = calloc(1, sizeof *g);
    if (!g)
        return ink_fail(err, INK_E_MEMORY, "no memory for guesses");
    *g = (ink_guesser){ .vocab = a->vocab, .first = -1, .pause = GUESS_PAUSE };
    ink_status status = o->draft ? ink_draft_new(a, &g->draft, err) : INK_OK;
    if (status)
        ink_guesser_free(g);
    else
        *out = g;
    return status;
}

void ink_guesser_free(ink_guesser *g)
{
    if (g)
        ink_draft_free(g->draft);
    free(g);
}
