/* The loop of generation against a small engine that stands in for the real one: its logits are a function of the tokens
   before, so that what comes out can be worked out by hand. Also text as it grows: stop strings, broken characters. */
#include "fake_llm.h"

#include "generate/stream.h"

#include <ink/perplexity.h>

/* ---- a run, and what it said ---- */

typedef struct heard {
    char text[4][512];
    size_t pieces, stop_after; /* stop() says yes from this call on; 0: never */
    size_t asked;
} heard;

static bool hear(void *user, size_t answer, const char *bytes, size_t n)
{
    heard *h = user;
    assert_true(n > 0 && answer < 4);
    strncat(h->text[answer], bytes, n);
    h->pieces++;
    return true;
}
static bool hear_stop(void *user)
{
    heard *h = user;
    return h->stop_after && ++h->asked >= h->stop_after;
}

static ink_generate_options plain(heard *h)
{
    ink_generate_options o = { .piece = hear, .stop = hear_stop, .user = h };
    *h = (heard){ 0 };
    ink_param_defaults(ink_sampling_params, &o.sampling);
    o.sampling.seed = 3;
    return o;
}

/* The script from position 1 on is what follows a prompt of one token, with probability beyond 0.99 and greedy certainty. */
static void run_script(const int32_t *script, size_t n, ink_generate_options *o, ink_generation *g)
{
    ink_llm llm = { .script = script, .script_count = n };
    ink_arena *arena;
    assert_ok(ink_arena_new("test", 0, &arena, &err));
    assert_ok(ink_param_set(ink_sampling_params, "temp", "0", arena, &o->sampling, &err));
    assert_ok(ink_generate(&llm, NULL, (int32_t[]){ 0 }, 1, o, g, &err));
    assert_int_equal(llm.seqs, 0);
    ink_arena_free(arena);
}

static void expect(const int32_t *script, size_t n, const char *const *stops, size_t stop_count, const char *text, size_t tokens, ink_finish finish)
{
    heard h;
    ink_generation g;
    ink_generate_options o = plain(&h);
    o.stops = stops;
    o.stop_count = stop_count;
    o.most = n - 1;
    run_script(script, n, &o, &g);
    assert_string_equal(g.answers[0].text, text);
    assert_string_equal(h.text[0], text);
    assert_int_equal(g.answers[0].text_size, strlen(text));
    assert_int_equal(g.answers[0].tokens.count, tokens);
    assert_string_equal(ink_finish_name(g.answers[0].finish), ink_finish_name(finish));
    ink_generation_clear(&g);
}
#define EXPECT(script, text, tokens, finish, ...)                                                                     \
    expect((const int32_t[]){ 0, script }, sizeof((const int32_t[]){ 0, script }) / 4, (const char *const[]){ __VA_ARGS__ }, \
           sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), text, tokens, finish)
#define IDS(...) __VA_ARGS__

static void test_stops(void **state)
{
    (void)state;
    EXPECT(IDS(0, 1, 2, 3, 0, 1), "ab", 4, INK_FINISH_STOP, " STOP");
    EXPECT(IDS(0, 1, 2, 3, 0, 1), "ab ", 4, INK_FINISH_STOP, "STOP");
    EXPECT(IDS(0, 4, 4, 9, 1), "aS", 4, INK_FINISH_STOP, "STOP");      /* S, then S TOP! */
    EXPECT(IDS(0, 4, 0, 2, 1), "aSa STb", 5, INK_FINISH_LENGTH, "STOP"); /* held back, then given */
    EXPECT(IDS(0, 2), "a ST", 2, INK_FINISH_LENGTH, "STOP");           /* held back to the end */
    EXPECT(IDS(0, 1, 0, 1), "", 2, INK_FINISH_STOP, "b", "ab");        /* the one that begins earlier */
    EXPECT(IDS(0, 1, 0, 1), "", 1, INK_FINISH_STOP, "zz", "a");
    EXPECT(IDS(0, 5, 6, 7, 1), "a", 4, INK_FINISH_STOP, "\xe2\x82\xac");
    EXPECT(IDS(0, END, 1), "a", 2, INK_FINISH_END, "b");
}

static void test_ends(void **state)
{
    (void)state;
    static const int32_t script[] = { 0, 1, END, 1, END, 0 };
    heard h;
    ink_generation g;
    ink_generate_options o = plain(&h);
    run_script(script, 6, &o, &g);
    assert_int_equal(g.answers[0].tokens.count, 2);
    assert_int_equal(g.answers[0].tokens.at[1], END);
    assert_int_equal(g.answers[0].finish, INK_FINISH_END);
    assert_int_equal(g.prompt_tokens, 1);
    assert_int_equal(g.steps_tokens, 1);
    ink_generation_clear(&g);
    o = plain(&h);
    o.ignore_end = true;
    o.special = true;
    o.most = 5;
    run_script(script, 6, &o, &g);
    assert_string_equal(h.text[0], "b<end>b<end>a");
    assert_int_equal(g.answers[0].finish, INK_FINISH_LENGTH);
    ink_generation_clear(&g);
    o = plain(&h); /* nothing ends it but the context */
    o.ignore_end = true;
    run_script(script, 6, &o, &g);
    assert_int_equal(g.answers[0].tokens.count, CONTEXT - 1);
    ink_generation_clear(&g);
    o = plain(&h); /* asked before the fourth step: the prompt's and two more went */
    o.ignore_end = true;
    h.stop_after = 4;
    run_script(script, 6, &o, &g);
    assert_int_equal(g.answers[0].finish, INK_FINISH_ASKED);
    assert_int_equal(g.answers[0].tokens.count, 3);
    ink_generation_clear(&g);
}

static void test_logprobs(void **state)
{
    (void)state;
    heard h;
    ink_generation g;
    ink_generate_options o = plain(&h);
    o.logprobs = 3;
    o.most = 5;
    run_script((const int32_t[]){ 0, 1, 2, 3, 4, 5 }, 6, &o, &g);
    double all = log(exp(9) + VOCAB - 2); /* one of 9, one impossible, the rest 0 */
    for (size_t i = 0; i < 5; i++) {
        const ink_logprob *l = g.answers[0].logprobs + 3 * i;
        assert_int_equal(l[0].id, i + 1);
        assert_int_equal(l[1].id, i + 1);
        assert_int_equal(l[2].id, 0);
        assert_true(fabs(l[0].logprob - (9 - all)) < 1e-12 && fabs(l[2].logprob + all) < 1e-12);
    }
    ink_generation_clear(&g);
}

/* Each of N answers is what the same stream alone gives; here the first, and any N. */
static void test_answers(void **state)
{
    (void)state;
    int32_t kept[4][20];
    size_t counts[4] = { 0 };
    const int32_t prompt[] = { 1, 2, 3 };
    for (size_t n = 4; n >= 1; n--) {
        heard h;
        ink_generation g;
        ink_generate_options o = plain(&h);
        ink_llm llm = { 0 };
        o.answers = n;
        o.most = 20;
        assert_ok(ink_generate(&llm, NULL, prompt, 3, &o, &g, &err));
        assert_int_equal(llm.seqs, 0);
        assert_int_equal(g.count, n);
        assert_int_equal(g.seed, 3);
        assert_true(llm.widest <= n && (n < 4 || llm.widest > 1));
        for (size_t i = 0; i < n; i++) {
            const ink_ids *t = &g.answers[i].tokens;
            if (n == 4) {
                counts[i] = t->count;
                memcpy(kept[i], t->at, t->count * sizeof *t->at);
            }
            assert_int_equal(t->count, counts[i]);
            assert_memory_equal(t->at, kept[i], t->count * sizeof *t->at);
            assert_string_equal(h.text[i], g.answers[i].text);
        }
        ink_generation_clear(&g);
    }
    assert_true(counts[0] != counts[1] || memcmp(kept[0], kept[1], counts[0] * sizeof **kept));
}

/* A sequence that holds the beginning of the prompt gives what a fresh one gives. */
static void test_prefix(void **state)
{
    (void)state;
    const int32_t prompt[] = { 1, 2, 3, 4, 5, 6 };
    int32_t first[16];
    for (size_t held = 0; held < 6; held++) {
        heard h;
        ink_generation g;
        ink_generate_options o = plain(&h);
        ink_llm llm = { 0 };
        ink_seq *seq;
        o.most = 16;
        o.ignore_end = true;
        assert_ok(ink_seq_new(&llm, &seq, &err));
        const ink_feed feed = { .seq = seq, .ids = prompt, .count = held };
        assert_ok(ink_llm_step(&llm, &feed, 1, NULL, NULL, &err));
        assert_ok(ink_generate(&llm, seq, prompt, 6, &o, &g, &err));
        assert_int_equal(g.prompt_tokens, 6 - held);
        assert_int_equal(ink_seq_length(seq), 6 + 15);
        if (!held)
            memcpy(first, g.answers[0].tokens.at, sizeof first);
        assert_memory_equal(first, g.answers[0].tokens.at, sizeof first);
        ink_generation_clear(&g);
        ink_seq_free(seq);
        assert_int_equal(llm.seqs, 0);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    int32_t ids[CONTEXT] = { 0 };
    heard h;
    ink_generation g;
    ink_llm llm = { 0 };
    ink_generate_options o = plain(&h);
    assert_int_equal(ink_generate(&llm, NULL, ids, 0, &o, &g, &err), INK_E_ARGUMENT);
    assert_int_equal(ink_generate(&llm, NULL, ids, CONTEXT, &o, &g, &err), INK_E_LIMIT);
    o.most = 30;
    assert_int_equal(ink_generate(&llm, NULL, ids, 40, &o, &g, &err), INK_E_LIMIT);
    assert_non_null(strstr(err.text, "40"));
    assert_non_null(strstr(err.text, "64"));
    o.most = SIZE_MAX;
    assert_int_equal(ink_generate(&llm, NULL, ids, 40, &o, &g, &err), INK_E_LIMIT);
    o = plain(&h);
    o.stops = (const char *const[]){ "" };
    o.stop_count = 1;
    assert_int_equal(ink_generate(&llm, NULL, ids, 4, &o, &g, &err), INK_E_ARGUMENT);
    o.stops = (const char *const[]){ "x" };
    llm.mute = true;
    assert_int_equal(ink_generate(&llm, NULL, ids, 4, &o, &g, &err), INK_E_NOT_FOUND);
    assert_int_equal(llm.calls, 0);
    o.stop_count = 0;
    o.most = 3;
    assert_ok(ink_generate(&llm, NULL, ids, 4, &o, &g, &err)); /* ids alone are served without a tokenizer */
    assert_null(g.answers[0].text);
    ink_generation_clear(&g);
    for (llm = (ink_llm){ .fail_at = 1 }; llm.fail_at < 8; llm.fail_at++) {
        llm.calls = 0;
        o = plain(&h);
        o.most = 10;
        o.answers = 3;
        o.ignore_end = true;
        assert_int_equal(ink_generate(&llm, NULL, ids, 4, &o, &g, &err), INK_E_MEMORY);
        assert_int_equal(g.count, 0);
        assert_int_equal(llm.seqs, 0);
    }
}

/* ---- text alone ---- */

static void test_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t pending;
    } cases[] = { { "", 0 }, { "a", 0 }, { "\xe2", 1 }, { "a\xe2\x82", 2 }, { "\xe2\x82\xac", 0 }, { "\xf0\x9f\x98", 3 }, { "\xf0\x9f\x98\x80", 0 },
                  { "\xc3", 1 }, { "\xc3\xa9", 0 }, { "\xff", 0 }, { "\x80\x80\x80\x80", 0 }, { "\xc0", 0 }, { "\xf5", 0 }, { "\xc3\xa9\xc3", 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ink_utf8_pending(cases[i].text, strlen(cases[i].text)), cases[i].pending);
    ink_stream s;
    const char *bytes;
    ink_stream_init(&s, NULL, 0);
    ink_stream_add(&s, "x\xe2", 2);
    assert_int_equal(ink_stream_take(&s, false, &bytes), 1);
    ink_stream_add(&s, "\x82", 1);
    assert_int_equal(ink_stream_take(&s, false, &bytes), 0);
    ink_stream_add(&s, "\xac\xff", 2); /* a byte that can begin nothing is not waited for */
    assert_int_equal(ink_stream_take(&s, false, &bytes), 4);
    assert_memory_equal(bytes, "\xe2\x82\xac\xff", 4);
    ink_stream_add(&s, "\xe2", 1);
    assert_int_equal(ink_stream_take(&s, true, &bytes), 1);
    ink_stream_clear(&s);
}

/* Whatever the stop strings and however a text is cut into tokens, what is given is what a plain search says. */
static void test_stream_any(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t round = 0; round < 20000; round++) {
        char text[24], stop[2][8];
        size_t lengths[3];
        for (size_t i = 0; i < 3; i++) {
            char *to = i < 2 ? stop[i] : text;
            lengths[i] = 1 + (seed = seed * 1664525 + 1013904223, seed >> 8) % (i < 2 ? 5 : 20);
            for (size_t j = 0; j < lengths[i]; j++)
                to[j] = "ab"[(seed = seed * 1664525 + 1013904223, seed >> 20) % 2];
            to[lengths[i]] = 0;
        }
        char given[32] = "", want[32];
        const char *const stops[] = { stop[0], stop[1] };
        ink_stream s;
        ink_stream_init(&s, stops, 2);
        size_t whole = lengths[2];
        for (size_t at = 0, n; at < lengths[2] && !s.stopped; at += n) {
            const char *bytes;
            n = 1 + (seed = seed * 1664525 + 1013904223, seed >> 16) % 3;
            n = n < lengths[2] - at ? n : lengths[2] - at;
            ink_stream_add(&s, text + at, n);
            size_t ready = ink_stream_take(&s, at + n == lengths[2], &bytes);
            strncat(given, bytes ? bytes : "", ready);
            whole = at + n; /* the text as far as it was fed */
        }
        snprintf(want, sizeof want, "%.*s", (int)whole, text);
        char *hit[2] = { strstr(want, stop[0]), strstr(want, stop[1]) };
        char *first = !hit[0] || (hit[1] && hit[1] < hit[0]) ? hit[1] : hit[0];
        if (first)
            *first = 0;
        assert_int_equal(s.stopped, first != NULL);
        assert_string_equal(given, want);
        ink_stream_clear(&s);
    }
}

/* ---- perplexity ---- */

static void test_perplexity(void **state)
{
    (void)state;
    enum { LONG = 50 };
    int32_t ids[LONG];
    for (size_t i = 0; i < LONG; i++)
        ids[i] = (int32_t)(i * 7 % 10);
    for (int32_t first = -1; first < 3; first += 2) { /* without and with a BOS of 1 */
        ink_llm llm = { 0 };
        ink_perplexity p;
        const ink_perplexity_options o = { .context = 12, .first = first };
        double sum = 0;
        assert_ok(ink_perplexity_measure(&llm, ids, LONG, &o, &p, &err));
        for (size_t chunk = 0; chunk < 4; chunk++) {
            ink_seq seq = { .count = 0 };
            for (size_t i = 0; i < 12; i++) {
                float logits[VOCAB];
                double all = 0;
                fake_logits(&llm, &seq, logits);
                for (size_t v = 0; v < VOCAB; v++)
                    all += exp((double)logits[v]);
                int32_t id = ids[12 * chunk + i];
                sum += i < 6 ? 0 : log(all) - (double)logits[id];
                seq.ids[seq.count++] = i || first < 0 ? id : first;
            }
        }
        assert_int_equal(p.tokens, 24);
        assert_int_equal(p.chunks, 4);
        assert_true(fabs(p.nll - sum / 24) < 1e-9 && fabs(p.perplexity - exp(p.nll)) < 1e-9);
        assert_int_equal(llm.seqs, 0);
    }
    ink_llm llm = { 0 };
    ink_perplexity p;
    static const ink_perplexity_options bad[] = { { .context = 13 }, { .context = 2 }, { .context = 66 }, { .context = 52 }, { .context = 12, .chunks = 5 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(ink_perplexity_measure(&llm, ids, LONG, &bad[i], &p, &err), INK_OK);
    assert_int_equal(llm.calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops), cmocka_unit_test(test_ends), cmocka_unit_test(test_logprobs), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_prefix), cmocka_unit_test(test_refusals), cmocka_unit_test(test_characters), cmocka_unit_test(test_stream_any),
        cmocka_unit_test(test_perplexity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
