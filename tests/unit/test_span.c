/* Spans that are drawn: nothing of the text is lost but for a while, as much goes as is asked for, in pieces of every length. */
#include "test.h"
#include "train/span.h"

enum { SENTINEL = 1000, END = 1, START = 7, LONGEST = 600 };

static ink_spans spans_of(size_t sentinels)
{
    ink_spans s = { .part = 0.15, .mean = 3, .sentinel_count = sentinels, .start = START, .end = END, .seed = 11 };
    for (size_t i = 0; i < sentinels; i++)
        s.sentinels[i] = SENTINEL - (int32_t)i;
    return s;
}

static void text_add(ink_examples *e, size_t tokens)
{
    ink_err err;
    int32_t *ids = malloc(tokens * sizeof *ids);
    for (size_t i = 0; i < tokens; i++)
        ids[i] = 10 + (int32_t)(i % 900);
    assert_ok(ink_examples_add(e, ids, ids, INK_IGNORED, tokens, &err));
    free(ids);
}

typedef struct drawn {
    int32_t read[LONGEST + INK_SPAN_ROOM], ids[LONGEST + INK_SPAN_ROOM], targets[LONGEST + INK_SPAN_ROOM];
    ink_pair p;
} drawn;

static void draw(const ink_spans *s, uint64_t round, const ink_examples *e, size_t which, drawn *d)
{
    d->p = ink_spans_sample(s, round, e, which, d->read, d->ids, d->targets);
    assert_true(d->p.read_count <= ink_examples_length(e, which) + INK_SPAN_ROOM && d->p.count <= ink_examples_length(e, which) + INK_SPAN_ROOM);
    assert_int_equal(d->p.count, ink_spans_count(s, e, which));
}

/* Spans in their sentinels' places give the text again; how many there were. */
static size_t check_whole(const ink_spans *s, const ink_examples *e, size_t which, const drawn *d)
{
    const int32_t *text = e->ids.at + e->starts[which];
    size_t at = 0, spans = 0, written = 0;
    for (size_t i = 0; i + 1 < d->p.read_count; i++) {
        if (d->read[i] <= SENTINEL - (int32_t)s->sentinel_count || d->read[i] > SENTINEL) {
            assert_int_equal(d->read[i], text[at++]);
            continue;
        }
        assert_true(i && d->read[i - 1] != d->read[i] + 1); /* the text comes first, and between two spans */
        assert_int_equal(d->read[i], s->sentinels[spans]);
        assert_int_equal(d->targets[written++], s->sentinels[spans++]);
        assert_true(d->targets[written] < SENTINEL - (int32_t)s->sentinel_count);
        while (d->targets[written] != END && d->targets[written] != SENTINEL - (int32_t)spans)
            assert_int_equal(d->targets[written++], text[at++]);
    }
    assert_int_equal(at, ink_examples_length(e, which));
    assert_int_equal(d->read[d->p.read_count - 1], END);
    assert_int_equal(d->targets[written], END);
    assert_int_equal(written + 1, d->p.count);
    assert_int_equal(d->ids[0], START);
    assert_memory_equal(d->ids + 1, d->targets, (d->p.count - 1) * sizeof *d->ids);
    return spans;
}

static void test_texts_are_whole(void **state)
{
    (void)state;
    ink_examples e = { 0 };
    const ink_spans s = spans_of(100);
    drawn *d = malloc(sizeof *d);
    for (size_t n = 2; n <= LONGEST; n += n < 30 ? 1 : 57)
        text_add(&e, n);
    for (size_t i = 0; i < e.count; i++)
        for (uint64_t round = 0; round < 20; round++) {
            const size_t n = ink_examples_length(&e, i);
            draw(&s, round, &e, i, d);
            const size_t spans = check_whole(&s, &e, i, d), lost = d->p.count - spans - 1, wanted = (size_t)(0.15 * (double)n + 0.5);
            assert_int_equal(lost, wanted ? wanted : 1);
            assert_int_equal(spans, (size_t)((double)lost / 3 + 0.5) ? (size_t)((double)lost / 3 + 0.5) : 1);
        }
    free(d);
    ink_examples_clear(&e);
}

/* Of 60 lost tokens in 20 spans every way to cut is alike likely, so a span has one token in 19 of 59 cases. */
static void test_lengths(void **state)
{
    (void)state;
    enum { ROUNDS = 2000 };
    ink_examples e = { 0 };
    const ink_spans s = spans_of(100);
    drawn *d = malloc(sizeof *d), *again = malloc(sizeof *again);
    size_t single = 0, same = 0;
    text_add(&e, 400);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        draw(&s, round, &e, 0, d);
        single += d->targets[2] == SENTINEL - 1;
        draw(&s, round, &e, 0, again);
        assert_memory_equal(d->targets, again->targets, d->p.count * sizeof *d->targets);
        draw(&s, round + 1, &e, 0, again);
        same += !memcmp(d->targets, again->targets, d->p.count * sizeof *d->targets);
    }
    assert_int_equal(same, 0);
    const double part = (double)single / ROUNDS;
    if (part < 0.28 || part > 0.365)
        fail_msg("%g of the first spans have one token, should be about 0.322", part);
    free(d);
    free(again);
    ink_examples_clear(&e);
}

static void test_few_sentinels(void **state)
{
    (void)state;
    ink_examples e = { 0 };
    const ink_spans s = spans_of(4);
    drawn *d = malloc(sizeof *d);
    text_add(&e, LONGEST);
    draw(&s, 3, &e, 0, d);
    assert_int_equal(check_whole(&s, &e, 0, d), 4);
    assert_int_equal(d->p.count, 90 + 4 + 1);
    free(d);
    ink_examples_clear(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_texts_are_whole), cmocka_unit_test(test_lengths), cmocka_unit_test(test_few_sentinels) };
    return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
