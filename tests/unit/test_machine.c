/* What the machine can do: measured with every instruction set, within a sane range. How fast it is, is not tested. */
#include <ink/machine.h>

#include "kernel_sets.h"

static void test_rates_of_every_set(void **state)
{
    (void)state;
    kernel_tables t = kernel_tables_open();
    for (size_t k = 0; k < t.count; k++)
        for (int form = 0; form < INK_ACT_FORMS; form++) {
            float sink = -1;
            assert_non_null(t.k[k].peak[form]);
            double ops = t.k[k].peak[form](10, &sink);
            assert_true(ops > 0 && t.k[k].peak[form](20, &sink) == 2 * ops);
            assert_true(sink > 0);
        }
}

static void test_rates_and_bandwidth(void **state)
{
    (void)state;
    ink_err err;
    ink_machine_speed speed;
    double gbps = 0;
    assert_ok(ink_machine_rates(1, &speed, &err));
    assert_true(speed.int8_gops > 0 && speed.bf16_gops > 0 && speed.f32_gops > 0 && speed.int8_gops < 1e6);
    assert_ok(ink_machine_bandwidth(2, 5000000, &gbps, &err));
    assert_true(gbps > 0 && gbps < 1e5);
    assert_ok(ink_machine_bandwidth(1, 0, &gbps, &err)); /* the least that is read is a page */
    assert_true(gbps > 0);
}

/* Reading adds up what it reads: a pattern whose words sum to a known number. */
static void test_read_reads_everything(void **state)
{
    (void)state;
    enum { WORDS = 4096 };
    static uint64_t words[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        words[i] = i;
    kernel_tables t = kernel_tables_open();
    for (size_t k = 0; k < t.count; k++)
        assert_true(t.k[k].read((const uint8_t *)words, sizeof words) == WORDS * (WORDS - 1) / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_of_every_set), cmocka_unit_test(test_rates_and_bandwidth), cmocka_unit_test(test_read_reads_everything),
    };
    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
