/* Arenas: alignment, zeroing, rewinding, limits. */
#include "test.h"
#include <ink/arena.h>

static void test_blocks_are_aligned_and_zero(void **state)
{
    (void)state;
    ink_err err;
    ink_arena *a;
    assert_ok(ink_arena_new("test", 0, &a, &err));
    for (size_t n = 0; n < 300000; n += 9973) {
        unsigned char *p = ink_arena_alloc(a, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 255, n);
    }
    ink_arena_free(a);
}

static void test_rewind_gives_the_same_memory_again(void **state)
{
    (void)state;
    ink_err err;
    ink_arena *a;
    assert_ok(ink_arena_new("test", 0, &a, &err));
    ink_arena_alloc(a, 100);
    ink_mark mark = ink_arena_mark(a);
    size_t used = ink_arena_used(a);
    void *first = ink_arena_alloc(a, 1000);
    ink_arena_alloc(a, 10 << 20);
    ink_arena_rewind(a, mark);
    assert_int_equal(ink_arena_used(a), used);
    assert_ptr_equal(ink_arena_alloc(a, 1000), first);
    ink_arena_free(a);
}

static void test_limit_is_a_sentence(void **state)
{
    (void)state;
    ink_err err;
    ink_arena *a;
    assert_ok(ink_arena_new("step", 4096, &a, &err));
    assert_non_null(ink_arena_alloc(a, 4000));
    assert_null(ink_arena_alloc(a, 4000));
    assert_null(ink_arena_array(a, SIZE_MAX / 2, 3));
    assert_int_equal(ink_arena_refused(a, 4000, &err), INK_E_LIMIT);
    assert_non_null(strstr(err.text, "step arena"));
    ink_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_aligned_and_zero),
        cmocka_unit_test(test_rewind_gives_the_same_memory_again),
        cmocka_unit_test(test_limit_is_a_sentence),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
