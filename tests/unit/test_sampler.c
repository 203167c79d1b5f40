/* Samplers against closed forms, draws against their probabilities, the random numbers against the published vectors. */
#include "test.h"

#include "base/rng.h"
#include "generate/candidates.h"

#include <math.h>

static ink_err err;

/* ---- the generator ---- */

static void test_philox(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = { /* kat_vectors of Random123 1.14, philox4x32 with 10 rounds */
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 }, { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        ink_philox(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void test_uniform(void **state)
{
    (void)state;
    enum { BINS = 64, DRAWS = 64000 };
    for (uint64_t stream = 0; stream < 3; stream++) {
        size_t bins[BINS] = { 0 };
        for (uint64_t i = 0; i < DRAWS; i++) {
            double u = ink_rng_uniform(7, stream, i);
            assert_true(u >= 0 && u < 1);
            bins[(size_t)(u * BINS)]++;
        }
        double chi2 = 0;
        for (size_t b = 0; b < BINS; b++)
            chi2 += pow((double)bins[b] - DRAWS / BINS, 2) / ((double)DRAWS / BINS);
        assert_true(chi2 > 30 && chi2 < 117); /* 63 degrees: both tails below 1e-4 */
    }
    assert_true(ink_rng_bits(1, 0, 0) != ink_rng_bits(0, 1, 0) && ink_rng_bits(0, 1, 0) != ink_rng_bits(0, 0, 1));
}

/* ---- ranking ---- */

static int by_key(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static void test_rank(void **state)
{
    (void)state;
    enum { MOST = 3001 };
    ink_kernels k;
    static float keys[MOST], sorted[MOST];
    static uint64_t heap[MOST];
    assert_ok(ink_kernels_init(&k, &err));
    static const size_t counts[] = { 1, 2, 511, 512, 513, 1025, MOST };
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (size_t n = 1; n <= counts[c]; n = n < 5 ? n + 1 : n * 3) {
            for (size_t i = 0; i < counts[c]; i++) /* many equals, both signs */
                sorted[i] = keys[i] = (float)((double)(ink_rng_bits(3, c, i) % 701) - 350) / 8;
            qsort(sorted, counts[c], sizeof *sorted, by_key);
            ink_rank(&k, keys, counts[c], n, heap);
            for (size_t i = 0; i < n; i++) {
                assert_true(keys[ink_rank_at(heap[i])] == sorted[i]);
                if (i && sorted[i] == sorted[i - 1])
                    assert_true(ink_rank_at(heap[i]) > ink_rank_at(heap[i - 1]));
            }
        }
    float odd[] = { NAN, -INFINITY, 1, INFINITY, -0.0f };
    ink_rank(&k, odd, 5, 5, heap);
    static const size_t order[] = { 3, 2, 4, 1, 0 };
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ink_rank_at(heap[i]), order[i]);
}

/* ---- each sampler, on probabilities .4 .3 .2 .06 .04, given out of order ---- */

enum { VOCAB = 5 };
static const double chances[VOCAB] = { 0.06, 0.4, 0.04, 0.3, 0.2 };

static void set_all(ink_sampling *s, ink_arena *arena, const char *settings) /* "name=value name=value" over "everything off" */
{
    char words[512];
    snprintf(words, sizeof words, "temp=1 top_k=0 top_p=1 min_p=0 seed=5 %s", settings);
    ink_param_defaults(ink_sampling_params, s);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value++ = 0;
        assert_ok(ink_param_set(ink_sampling_params, word, ink_arena_text(arena, value, strlen(value)), arena, s, &err));
    }
}

/* How often each token comes in `draws` positions of stream 0. */
static void frequencies(const char *settings, const float *logits, const int32_t *history, size_t count, size_t draws, double *out)
{
    ink_arena *arena;
    ink_sampling sampling;
    ink_sampler *s;
    assert_ok(ink_arena_new("test", 0, &arena, &err));
    set_all(&sampling, arena, settings);
    assert_ok(ink_sampler_new(&sampling, VOCAB, &s, &err));
    memset(out, 0, VOCAB * sizeof *out);
    for (size_t i = 0; i < draws; i++) { /* streams, because a position is the length of the history */
        int32_t id;
        assert_ok(ink_sampler_choose(s, logits, history, count, i, &id, &err));
        assert_in_range(id, 0, VOCAB - 1);
        out[id] += 1.0 / (double)draws;
    }
    ink_sampler_free(s);
    ink_arena_free(arena);
}

static void expect(const char *settings, const double *weights)
{
    enum { DRAWS = 20000 };
    float logits[VOCAB];
    double found[VOCAB], sum = 0, chi2 = 0;
    size_t kinds = 0;
    for (size_t i = 0; i < VOCAB; i++) {
        logits[i] = (float)log(chances[i]) + 3;
        sum += weights[i];
    }
    frequencies(settings, logits, NULL, 0, DRAWS, found);
    for (size_t i = 0; i < VOCAB; i++) {
        double p = weights[i] / sum;
        if (p > 0) {
            chi2 += DRAWS * (found[i] - p) * (found[i] - p) / p;
            kinds++;
        } else if (found[i] > 0)
            fail_msg("%s: token %zu came", settings, i);
    }
    if (chi2 > 6 + 5 * (double)(kinds - 1)) /* beyond 1 in 10000 for 1 to 4 degrees */
        fail_msg("%s: chi-square %.2f of %zu kinds; %.3f %.3f %.3f %.3f %.3f", settings, chi2, kinds, found[0], found[1], found[2], found[3], found[4]);
}

static void test_each(void **state)
{
    (void)state;
    expect("", (double[]){ .06, .4, .04, .3, .2 });
    expect("temp=0", (double[]){ 0, 1, 0, 0, 0 });
    expect("temp=0.5", (double[]){ .0036, .16, .0016, .09, .04 }); /* p^(1/T) */
    expect("temp=2", (double[]){ sqrt(.06), sqrt(.4), sqrt(.04), sqrt(.3), sqrt(.2) });
    expect("top_k=1", (double[]){ 0, 1, 0, 0, 0 });
    expect("top_k=2", (double[]){ 0, .4, 0, .3, 0 });
    expect("top_k=99", (double[]){ .06, .4, .04, .3, .2 });
    expect("top_p=0.39", (double[]){ 0, 1, 0, 0, 0 });
    expect("top_p=0.41", (double[]){ 0, .4, 0, .3, 0 });
    expect("top_p=0.89", (double[]){ 0, .4, 0, .3, .2 });
    expect("top_p=0.93", (double[]){ .06, .4, 0, .3, .2 });
    expect("top_p=0", (double[]){ 0, 1, 0, 0, 0 });
    expect("min_p=0.49", (double[]){ 0, .4, 0, .3, .2 }); /* 0.2 is half of 0.4 */
    expect("min_p=0.51", (double[]){ 0, .4, 0, .3, 0 });
    expect("min_p=0.099", (double[]){ .06, .4, 0.04, .3, .2 });
    expect("min_p=1", (double[]){ 0, 1, 0, 0, 0 });
    /* H = 1.347; surprises .916 1.204 1.609 2.813 3.219, so the distances are .431 .143 .262 1.466 1.872 */
    expect("typical_p=0.29", (double[]){ 0, 0, 0, 1, 0 });
    expect("typical_p=0.49", (double[]){ 0, 0, 0, .3, .2 });
    expect("typical_p=0.89", (double[]){ 0, .4, 0, .3, .2 });
    expect("typical_p=0.95", (double[]){ .06, .4, 0, .3, .2 });
    expect("top_n_sigma=1", (double[]){ 0, .4, 0, .3, .2 }); /* the deviation of ln p is .905 */
    expect("top_n_sigma=0.5", (double[]){ 0, .4, 0, .3, 0 });
    expect("xtc_probability=1 xtc_threshold=0.25", (double[]){ .06, 0, .04, .3, .2 });
    expect("xtc_probability=0.5 xtc_threshold=0.25", (double[]){ .08, .2, .16 / 3, .4, .8 / 3 });
    expect("xtc_probability=1 xtc_threshold=0.45", (double[]){ .06, .4, .04, .3, .2 });
    double t = 0.5 + 1.347157 / log(5); /* entropy over the most there could be */
    expect("dynatemp_range=0.5", (double[]){ pow(.06, 1 / t), pow(.4, 1 / t), pow(.04, 1 / t), pow(.3, 1 / t), pow(.2, 1 / t) });
    expect("mirostat=2 mirostat_tau=0.7", (double[]){ 0, 1, 0, 0, 0 }); /* surprises in bits: 1.32 1.74 2.32 …; the bound begins at 2 tau */
    expect("mirostat=2 mirostat_tau=0.9 top_k=1", (double[]){ 0, .4, 0, .3, 0 }); /* top_k cuts, and is put aside */
    expect("mirostat=1 mirostat_tau=0.9", (double[]){ 0, .4, 0, .3, 0 }); /* s = 1.030, k = 2.16 */
    expect("mirostat=1 mirostat_tau=1.2", (double[]){ 0, .4, 0, .3, .2 }); /* k = 3.24 */
    expect("logit_bias=1=-inf", (double[]){ .06, 0, .04, .3, .2 });
    expect("logit_bias=0=2.302585093 logit_bias=1-0.69314718", (double[]){ .6, .2, .04, .3, .2 }); /* × 10, × ½ */
    expect("logit_bias=2+100 temp=0", (double[]){ 0, 0, 1, 0, 0 });
}

static void test_order(void **state)
{
    (void)state;
    expect("temp=0.5 top_p=0.89 samplers=top_p;temperature", (double[]){ 0, .16, 0, .09, .04 });
    expect("temp=0.5 top_p=0.84 samplers=temperature;top_p", (double[]){ 0, .16, 0, .09, 0 }); /* .542 .305 .136 … once sharpened */
    expect("temp=0.5 top_p=0.1 top_k=1 samplers=temperature", (double[]){ .0036, .16, .0016, .09, .04 }); /* left out: off */
    expect("top_k=2 typical_p=0.4 samplers=typical,top_k", (double[]){ 0, 0, 0, .3, .2 });
    expect("top_k=2 typical_p=0.4 samplers=top_k;typical", (double[]){ 0, 1, 0, 0, 0 }); /* .571 .429: H = .683, distances .123 .164 */
    expect("top_k=2 logit_bias=4=9 samplers=top_k", (double[]){ 0, .4 / 8103.08, 0, 0, .2 }); /* a bias acts whatever the order */
    expect("temp=0 logit_bias=4=9", (double[]){ 0, 0, 0, 0, 1 });
    expect("temp=0 typical_p=0.2", (double[]){ 0, 0, 0, 1, 0 }); /* typical may drop the likeliest; greedy takes what is left */
}

static void test_penalties(void **state)
{
    (void)state;
    static const float logits[VOCAB] = { 1, 2, -1, 0.5f, 0 };
    static const int32_t history[] = { 3, 3, 3, 1, 2, 1, -7, 99 };
    static const struct {
        const char *settings;
        double logits[VOCAB];
    } cases[] = {
        { "repeat_penalty=2", { 1, 1, -2, .25, 0 } },
        { "frequency_penalty=0.5", { 1, 1, -1.5, -1, 0 } },
        { "presence_penalty=0.5", { 1, 1.5, -1.5, 0, 0 } },
        { "repeat_penalty=2 frequency_penalty=0.5 presence_penalty=0.25", { 1, -.25, -2.75, -1.5, 0 } },
        { "repeat_penalty=2 repeat_last_n=4", { 1, 1, -2, .5, 0 } },
        { "repeat_penalty=2 repeat_last_n=0", { 1, 2, -1, .5, 0 } },
        { "repeat_penalty=2 repeat_last_n=-1", { 1, 1, -2, .25, 0 } },
        { "repeat_penalty=2 top_k=3 samplers=top_k;penalties", { 1, 1, -HUGE_VAL, .25, -HUGE_VAL } }, /* on a list already short */
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        enum { DRAWS = 20000 };
        double found[VOCAB], sum = 0, chi2 = 0;
        frequencies(cases[c].settings, logits, history, sizeof history / sizeof *history, DRAWS, found);
        for (size_t i = 0; i < VOCAB; i++)
            sum += exp(cases[c].logits[i]);
        for (size_t i = 0; i < VOCAB; i++) {
            double p = exp(cases[c].logits[i]) / sum;
            chi2 += p > 0 ? DRAWS * (found[i] - p) * (found[i] - p) / p : 1e9 * found[i];
        }
        if (chi2 > 26)
            fail_msg("%s: chi-square %.2f", cases[c].settings, chi2);
    }
}

/* ---- what must hold for any settings ---- */

static void test_determined(void **state)
{
    (void)state;
    enum { WIDE = 5000, STEPS = 40 };
    static float logits[WIDE];
    int32_t history[STEPS] = { 0 }, first[2][STEPS];
    ink_sampling sampling;
    ink_sampler *s;
    size_t differ = 0;
    for (size_t i = 0; i < WIDE; i++)
        logits[i] = (float)(4 * ink_rng_uniform(9, 9, i));
    ink_param_defaults(ink_sampling_params, &sampling);
    sampling.seed = 11;
    for (size_t round = 0; round < 4; round++) { /* the order of calls and the other streams do not matter */
        assert_ok(ink_sampler_new(&sampling, WIDE, &s, &err));
        assert_int_equal(ink_sampler_seed(s), 11);
        for (size_t n = 0; n < STEPS; n++) {
            size_t at = round % 2 ? STEPS - 1 - n : n;
            for (uint64_t stream = 0; stream < 2; stream++) {
                int32_t id;
                assert_ok(ink_sampler_choose(s, logits, history, at, stream, &id, &err));
                if (!round)
                    first[stream][at] = id;
                assert_int_equal(id, first[stream][at]);
            }
            differ += first[0][at] != first[1][at];
        }
        ink_sampler_free(s);
    }
    assert_true(differ > 4 * STEPS / 2);
}

static void test_wide(void **state)
{
    (void)state;
    enum { WIDE = 70000 }; /* a flat distribution: top-p has to rank nearly everything */
    static float logits[WIDE];
    ink_candidates c;
    ink_kernels k;
    assert_ok(ink_kernels_init(&k, &err));
    assert_ok(ink_candidates_init(&c, WIDE, &k, &err));
    for (size_t i = 0; i < WIDE; i++)
        logits[i] = (float)((i * 7919) % WIDE) * 1e-7f;
    ink_candidates_fill(&c, logits);
    ink_candidates_softmax(&c);
    ink_candidates_mass(&c, c.logits, 0.5);
    assert_true(c.sorted && !c.whole && c.count > WIDE / 2 - 200 && c.count < WIDE / 2 + 10);
    for (size_t i = 0; i < c.count; i++)
        assert_true(c.logits[i] == logits[c.ids[i]] && (!i || c.logits[i] <= c.logits[i - 1]));
    ink_candidates_clear(&c);
}

static void test_odd_logits(void **state)
{
    (void)state;
    static const float none[VOCAB] = { NAN, -INFINITY, NAN, -INFINITY, NAN }, some[VOCAB] = { NAN, -INFINITY, 3, NAN, NAN };
    static const float huge[VOCAB] = { 0, INFINITY, 0, -INFINITY, 1e38f };
    static const char *const settings[] = { "temp=0", "temp=0.8 top_k=3 top_p=0.9 min_p=0.1 typical_p=0.9", "top_p=0.5", "repeat_penalty=0.01" };
    double found[VOCAB];
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        frequencies(settings[i], some, (int32_t[]){ 2 }, 1, 20, found);
        assert_true(found[2] > 0.99);
        frequencies(settings[i], huge, (int32_t[]){ 1 }, 1, 20, found);
        assert_true(found[1] > 0.99);
    }
    ink_sampling sampling;
    ink_sampler *s;
    int32_t id;
    ink_param_defaults(ink_sampling_params, &sampling);
    assert_ok(ink_sampler_new(&sampling, VOCAB, &s, &err));
    assert_int_equal(ink_sampler_choose(s, none, NULL, 0, 0, &id, &err), INK_E_FORMAT);
    ink_sampler_free(s);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const bad[] = { "samplers=top_q", "samplers=x", "logit_bias=5=1", "logit_bias=-1=1", "logit_bias=a=1", "logit_bias=1=", "logit_bias=1",
                                       "logit_bias=1=nan", "logit_bias=1=inf", "logit_bias=1=1e9", "logit_bias=1=2x" };
    ink_arena *arena;
    ink_sampling sampling;
    ink_sampler *s = NULL;
    assert_ok(ink_arena_new("test", 0, &arena, &err));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set_all(&sampling, arena, bad[i]);
        if (ink_sampler_new(&sampling, VOCAB, &s, &err) != INK_E_ARGUMENT)
            fail_msg("%s is taken", bad[i]);
    }
    set_all(&sampling, arena, "samplers=topk");
    assert_int_equal(ink_sampler_new(&sampling, VOCAB, &s, &err), INK_E_ARGUMENT);
    assert_non_null(strstr(err.text, "did you mean top_k?"));
    set_all(&sampling, arena, "logit_bias=0=-inf logit_bias=1=-inf logit_bias=2=-inf logit_bias=3=-inf logit_bias=4=-inf");
    assert_ok(ink_sampler_new(&sampling, VOCAB, &s, &err));
    int32_t id;
    assert_int_equal(ink_sampler_choose(s, (float[]){ 1, 2, 3, 4, 5 }, NULL, 0, 0, &id, &err), INK_E_ARGUMENT);
    ink_sampler_free(s);
    ink_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox), cmocka_unit_test(test_uniform), cmocka_unit_test(test_rank), cmocka_unit_test(test_each),
        cmocka_unit_test(test_order), cmocka_unit_test(test_penalties), cmocka_unit_test(test_determined), cmocka_unit_test(test_wide),
        cmocka_unit_test(test_odd_logits), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
