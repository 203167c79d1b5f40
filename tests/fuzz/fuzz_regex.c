/* Regular expressions of constraints: the first byte says for which use. */
#include "fuzz_constraint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_grammar g = { 0 };
    ink_err err = { 0 };
    ink_expression all = 0;
    if (!size || size > 1 << 14)
        return 0;
    uint32_t rule = ink_grammar_rule_new(&g);
    ink_status status = ink_grammar_regex(&g, (const char *)data + 1, size - 1, (ink_grammar_regex_use)(data[0] % 3), "it", &all, &err);
    ink_grammar_define(&g, rule, all);
    return fuzz_grammar(status, &g, &err);
}
