/* The scheduler against a small engine: whoever else is there, however small the steps and the room, the answers are those of the
   loop alone; what is shared is computed once; the queue has a bound and is fair; who goes away is gone within a step. */
#include "fake_llm.h"

#include "base/rng.h"

#include <ink/scheduler.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- a gate in front of every step ---- */

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool shut;
    size_t passed, waiting;
} gate;

static void gate_turn(void *user, bool begin)
{
    gate *g = user;
    pthread_mutex_lock(&g->lock);
    g->waiting += begin;
    pthread_cond_broadcast(&g->moved);
    while (begin && g->shut)
        pthread_cond_wait(&g->moved, &g->lock);
    g->waiting -= begin;
    g->passed += begin;
    pthread_mutex_unlock(&g->lock);
}

static void gate_set(gate *g, bool shut)
{
    pthread_mutex_lock(&g->lock);
    g->shut = shut;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}

static void gate_wait(gate *g) /* until a step stands before it */
{
    pthread_mutex_lock(&g->lock);
    while (!g->waiting)
        pthread_cond_wait(&g->moved, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

/* ---- the same alone and in a crowd ---- */

enum { CROWD = 40 };

static size_t prompt_of(size_t i, int32_t ids[CONTEXT])
{
    size_t n = 1 + ink_rng_bits(7, i, 0) % 40;
    for (size_t k = 0; k < n; k++) /* half of them begin alike */
        ids[k] = (int32_t)(i % 2 && k < 24 ? k % 9 : ink_rng_bits(8, i, k) % 10);
    return n;
}

static ink_generate_options options_of(size_t i)
{
    ink_generate_options o = { .most = 1 + ink_rng_bits(9, i, 0) % 20, .answers = i % 5 ? 1 : 3, .logprobs = i % 3 ? 0 : 3, .ignore_end = i % 4 };
    ink_param_defaults(ink_sampling_params, &o.sampling);
    o.sampling.seed = (int64_t)i;
    return o;
}

static void assert_same(const ink_generation *a, const ink_generation *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const ink_answer *x = &a->answers[i], *y = &b->answers[i];
        assert_int_equal(x->tokens.count, y->tokens.count);
        assert_memory_equal(x->tokens.at, y->tokens.at, x->tokens.count * sizeof *x->tokens.at);
        assert_int_equal(x->text_size, y->text_size);
        assert_string_equal(x->text, y->text);
        assert_int_equal(x->finish, y->finish);
        assert_int_equal(x->logprobs != NULL, y->logprobs != NULL);
    }
}

/* Some are guided, and some go on beyond the context. */
static void steer(ink_generate_options *o, size_t i)
{
    static const int32_t negative[] = { 3, 1, 4 };
    if (i % 7 == 3) {
        o->guidance = 1.5;
        o->negative = negative;
        o->negative_count = i % 2 ? 3 : 0;
    }
    o->shift = i % 7 == 5;
    o->sinks = o->shift;
    o->most = o->shift ? CONTEXT : o->most;
}

static void crowd(ink_scheduler_options so, size_t room, bool steered)
{
    gate door = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, true, 0, 0 }; /* or the first would be answered before the last has come */
    ink_llm llm = { .room = room };
    ink_scheduler *s;
    ink_request *r[CROWD];
    ink_generate_options o[CROWD];
    so.turn = gate_turn;
    so.user = &door;
    assert_ok(ink_scheduler_open(&llm, &so, &s, &err));
    for (size_t i = 0; i < CROWD; i++) {
        int32_t ids[CONTEXT];
        size_t n = prompt_of(i, ids);
        o[i] = options_of(i);
        if (steered)
            steer(&o[i], i);
        assert_ok(ink_scheduler_submit(s, ids, n, i % 3, &o[i], NULL, &r[i], &err));
    }
    gate_set(&door, false);
    for (size_t i = 0; i < CROWD; i++) {
        ink_llm alone = { 0 };
        ink_generation g;
        int32_t ids[CONTEXT];
        size_t n = prompt_of(i, ids);
        assert_ok(ink_request_wait(r[i], &err));
        assert_ok(ink_generate(&alone, NULL, ids, n, &o[i], &g, &err));
        assert_same(ink_request_result(r[i]), &g);
        assert_int_equal(ink_request_result(r[i])->seed, i);
        ink_generation_clear(&g);
        ink_request_free(r[i]);
    }
    ink_scheduler_state state = ink_scheduler_look(s);
    assert_int_equal(state.requests, CROWD);
    assert_int_equal(state.waiting, 0);
    if (room)
        assert_true(state.preempted > 0);
    ink_scheduler_close(s);
    assert_int_equal(llm.seqs, 0);
    assert_int_equal(llm.held, 0);
}

static void test_crowd(void **state)
{
    (void)state;
    crowd((ink_scheduler_options){ 0 }, 0, false);
    crowd((ink_scheduler_options){ .step_tokens = 5, .active = 4 }, 0, false);
    crowd((ink_scheduler_options){ .step_tokens = 40, .active = 8, .cached = 2 }, 90, false);
    crowd((ink_scheduler_options){ .step_tokens = 7, .active = 6, .step_seconds = 1e-9 }, CONTEXT, false);
    crowd((ink_scheduler_options){ 0 }, 0, true);
    crowd((ink_scheduler_options){ .active = 8 }, 8 * CONTEXT, true);
}

/* ---- what is shared ---- */

static void test_shares(void **state)
{
    (void)state;
    gate g = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER, .shut = true };
    ink_llm llm = { 0 };
    ink_scheduler *s;
    ink_request *r[4];
    int32_t ids[CONTEXT] = { 0 };
    ink_generate_options o = options_of(1);
    o.most = 4;
    o.ignore_end = true;
    assert_ok(ink_scheduler_open(&llm, &(ink_scheduler_options){ .turn = gate_turn, .user = &g }, &s, &err));
    for (size_t i = 0; i < 4; i++) { /* 20 the same, then one of their own; the last is somebody else's, who shares nothing */
        ids[20] = (int32_t)i;
        assert_ok(ink_scheduler_submit(s, ids, 21, i == 3, &o, NULL, &r[i], &err));
        if (!i)
            gate_wait(&g);
    }
    gate_set(&g, false);
    for (size_t i = 0; i < 4; i++)
        assert_ok(ink_request_wait(r[i], &err));
    assert_int_equal(llm.computed, 4 + 4 * 21 - 40 + 4 * 2);
    assert_int_equal(ink_request_result(r[0])->prompt_tokens, 21);
    assert_int_equal(ink_request_result(r[1])->prompt_tokens, 1);
    assert_int_equal(ink_request_result(r[3])->prompt_tokens, 21);
    assert_int_equal(ink_request_result(r[0])->steps_tokens, 3);
    for (size_t i = 0; i < 4; i++)
        ink_request_free(r[i]);
    ink_scheduler_close(s);
}

static void test_turns_of_talk(void **state)
{
    (void)state;
    ink_llm llm = { 0 };
    ink_scheduler *s;
    ink_ids talk = { 0 };
    ink_generate_options o = options_of(1);
    o.most = 3;
    o.ignore_end = true;
    assert_ok(ink_scheduler_open(&llm, NULL, &s, &err));
    for (int32_t turn = 0; turn < 4; turn++) {
        ink_request *r;
        for (int32_t i = 0; i < 6; i++)
            assert_ok(ink_ids_add(&talk, (turn + i) % 9, &err));
        assert_ok(ink_scheduler_submit(s, talk.at, talk.count, 0, &o, NULL, &r, &err));
        assert_ok(ink_request_wait(r, &err));
        const ink_generation *g = ink_request_result(r);
        assert_int_equal(g->prompt_tokens, turn ? 7 : 6); /* the last token of an answer was never computed */
        for (size_t i = 0; i < 3; i++)
            assert_ok(ink_ids_add(&talk, g->answers[0].tokens.at[i], &err));
        ink_request_free(r);
    }
    assert_int_equal(ink_scheduler_look(s).cached, 1); /* later turns hold the earlier */
    ink_scheduler_close(s);
    assert_int_equal(llm.seqs, 0);
    assert_ok(ink_scheduler_open(&llm, &(ink_scheduler_options){ .cached_tokens = 100 }, &s, &err)); /* a block each: one is kept */
    for (int32_t i = 0; i < 3; i++) {
        ink_request *r;
        assert_ok(ink_scheduler_submit(s, (int32_t[]){ i, 1, 1, 1, 1, 1 }, 6, 0, &o, NULL, &r, &err));
        assert_ok(ink_request_wait(r, &err));
        ink_request_free(r);
    }
    assert_int_equal(ink_scheduler_look(s).cached, 1);
    assert_int_equal(llm.held, 8);
    ink_scheduler_close(s);
    ink_ids_clear(&talk);
    assert_int_equal(llm.seqs, 0);
}

static void test_keeps(void **state)
{
    (void)state;
    char path[] = "/tmp/ink-scheduler-XXXXXX";
    static const int32_t prompt[] = { 1, 2, 3, 4, 5, 6, 7 };
    ink_llm llm = { 0 };
    ink_scheduler *s;
    ink_request *r;
    size_t tokens = 0;
    ink_generate_options o = options_of(1);
    o.most = 2;
    o.ignore_end = true;
    close(mkstemp(path));
    assert_ok(ink_scheduler_open(&llm, NULL, &s, &err));
    assert_int_equal(ink_scheduler_save(s, 0, prompt, 7, path, &tokens, &err), INK_E_NOT_FOUND);
    assert_ok(ink_scheduler_submit(s, prompt, 7, 0, &o, NULL, &r, &err));
    assert_ok(ink_request_wait(r, &err));
    ink_request_free(r);
    assert_ok(ink_scheduler_save(s, 0, prompt, 7, path, &tokens, &err));
    assert_int_equal(tokens, 7);
    assert_int_equal(ink_scheduler_save(s, 1, prompt, 7, path, &tokens, &err), INK_E_NOT_FOUND); /* another's */
    ink_scheduler_close(s);
    assert_int_equal(llm.seqs, 0);
    assert_ok(ink_scheduler_open(&llm, NULL, &s, &err)); /* another day */
    assert_ok(ink_scheduler_restore(s, 0, path, &tokens, &err));
    assert_int_equal(tokens, 7);
    assert_ok(ink_scheduler_submit(s, prompt, 7, 0, &o, NULL, &r, &err));
    assert_ok(ink_request_wait(r, &err));
    assert_int_equal(ink_request_result(r)->prompt_tokens, 1);
    ink_request_free(r);
    assert_int_equal(ink_scheduler_restore(s, 0, "/no/such/file", &tokens, &err), INK_E_NOT_FOUND);
    ink_scheduler_close(s);
    assert_int_equal(llm.seqs, 0);
    unlink(path);
}

/* ---- the queue ---- */

typedef struct order {
    _Atomic size_t next;
    size_t at[8];
} order;
typedef struct order_entry {
    order *o;
    size_t i;
} order_entry;

static void order_note(void *user)
{
    order_entry *e = user;
    e->o->at[e->i] = atomic_fetch_add(&e->o->next, 1);
}

static void test_queue(void **state)
{
    (void)state;
    gate g = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER, .shut = true };
    ink_llm llm = { 0 };
    ink_scheduler *s;
    ink_request *r[5], *more;
    order o = { 0 };
    order_entry e[5];
    static const uint64_t owners[5] = { 1, 1, 1, 1, 2 };
    assert_ok(ink_scheduler_open(&llm, &(ink_scheduler_options){ .active = 1, .queue = 4, .turn = gate_turn, .user = &g }, &s, &err));
    for (size_t i = 0; i < 5; i++) {
        ink_generate_options go = options_of(1);
        go.answers = 1;
        e[i] = (order_entry){ &o, i };
        go.user = &e[i];
        assert_ok(ink_scheduler_submit(s, (int32_t[]){ 1, 2 }, 2, owners[i], &go, order_note, &r[i], &err));
        if (!i)
            gate_wait(&g);
    }
    ink_generate_options go = options_of(1);
    go.answers = 1;
    assert_int_equal(ink_scheduler_submit(s, (int32_t[]){ 1 }, 1, 3, &go, NULL, &more, &err), INK_E_BUSY);
    assert_non_null(strstr(err.text, "4 requests"));
    assert_int_equal(ink_scheduler_look(s).refused, 1);
    ink_request_cancel(r[3]); /* while it waits */
    gate_set(&g, false);
    for (size_t i = 0; i < 5; i++)
        assert_ok(ink_request_wait(r[i], &err));
    assert_int_equal(ink_request_result(r[3])->answers[0].finish, INK_FINISH_ASKED);
    assert_int_equal(ink_request_result(r[3])->answers[0].tokens.count, 0);
    assert_true(o.at[0] < o.at[1] && o.at[4] < o.at[2]); /* the second owner did not wait for all of the first's */
    for (size_t i = 0; i < 5; i++)
        ink_request_free(r[i]);
    ink_scheduler_close(s);
}

static void test_refuses(void **state)
{
    (void)state;
    ink_llm llm = { 0 };
    ink_scheduler *s;
    ink_request *r;
    ink_generate_options o = options_of(1);
    assert_ok(ink_scheduler_open(&llm, &(ink_scheduler_options){ .active = 2 }, &s, &err));
    assert_int_equal(ink_scheduler_submit(s, (int32_t[]){ VOCAB }, 1, 0, &o, NULL, &r, &err), INK_E_ARGUMENT);
    assert_int_equal(ink_scheduler_submit(s, (int32_t[]){ -1 }, 1, 0, &o, NULL, &r, &err), INK_E_ARGUMENT);
    assert_int_equal(ink_scheduler_submit(s, (int32_t[]){ 0 }, 0, 0, &o, NULL, &r, &err), INK_E_ARGUMENT);
    o.most = CONTEXT;
    assert_int_equal(ink_scheduler_submit(s, (int32_t[]){ 0 }, 1, 0, &o, NULL, &r, &err), INK_E_LIMIT);
    o.most = 1;
    o.answers = 3;
    assert_int_equal(ink_scheduler_submit(s, (int32_t[]){ 0 }, 1, 0, &o, NULL, &r, &err), INK_E_LIMIT);
    o.answers = 1;
    o.sampling.order = "no_such";
    assert_ok(ink_scheduler_submit(s, (int32_t[]){ 0 }, 1, 0, &o, NULL, &r, &err)); /* told when its turn comes */
    assert_int_equal(ink_request_wait(r, &err), INK_E_ARGUMENT);
    ink_request_free(r);
    ink_scheduler_close(s);
}

/* ---- going away ---- */

static void test_cancel(void **state)
{
    (void)state;
    gate g = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };
    ink_llm llm = { 0 };
    ink_scheduler *s;
    ink_request *gone, *stays;
    ink_generate_options o = options_of(1);
    o.ignore_end = true;
    o.most = CONTEXT - 2;
    assert_ok(ink_scheduler_open(&llm, &(ink_scheduler_options){ .turn = gate_turn, .user = &g }, &s, &err));
    gate_set(&g, true);
    assert_ok(ink_scheduler_submit(s, (int32_t[]){ 1, 2 }, 2, 0, &o, NULL, &gone, &err));
    assert_ok(ink_scheduler_submit(s, (int32_t[]){ 3, 4 }, 2, 0, &o, NULL, &stays, &err));
    gate_wait(&g);
    ink_request_cancel(gone);
    assert_false(ink_request_is_done(gone));
    gate_set(&g, false);
    assert_ok(ink_request_wait(gone, &err));
    assert_true(ink_request_result(gone)->answers[0].tokens.count <= 1); /* the step it stood in was its last */
    assert_int_equal(ink_request_result(gone)->answers[0].finish, INK_FINISH_ASKED);
    assert_ok(ink_request_wait(stays, &err));
    assert_int_equal(ink_request_result(stays)->answers[0].tokens.count, CONTEXT - 2);
    assert_int_equal(ink_scheduler_look(s).cancelled, 1);
    ink_request_free(gone);
    ink_request_free(stays);
    gate_set(&g, true); /* closing ends what runs */
    assert_ok(ink_scheduler_submit(s, (int32_t[]){ 1, 2 }, 2, 0, &o, NULL, &gone, &err));
    gate_set(&g, false);
    ink_request_free(gone);
    ink_scheduler_close(s);
    assert_int_equal(llm.seqs, 0);
}

static void test_failed_step(void **state)
{
    (void)state;
    ink_llm llm = { .fail_at = 3 };
    ink_scheduler *s;
    ink_request *r;
    ink_generate_options o = options_of(1);
    o.ignore_end = true;
    o.most = 20;
    assert_ok(ink_scheduler_open(&llm, NULL, &s, &err));
    assert_ok(ink_scheduler_submit(s, (int32_t[]){ 1, 2 }, 2, 0, &o, NULL, &r, &err));
    assert_int_equal(ink_request_wait(r, &err), INK_E_MEMORY);
    assert_string_equal(err.text, "the step fails");
    ink_request_free(r);
    assert_ok(ink_scheduler_submit(s, (int32_t[]){ 1, 2 }, 2, 0, &o, NULL, &r, &err)); /* the next one is served */
    assert_ok(ink_request_wait(r, &err));
    ink_request_free(r);
    ink_scheduler_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crowd), cmocka_unit_test(test_shares), cmocka_unit_test(test_turns_of_talk), cmocka_unit_test(test_keeps), cmocka_unit_test(test_queue),
        cmocka_unit_test(test_refuses), cmocka_unit_test(test_cancel), cmocka_unit_test(test_failed_step),
    };
    return cmocka_run_group_tests_name("scheduler", tests, NULL, NULL);
}
