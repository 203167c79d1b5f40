/* JSON schemas. */
#include "fuzz_constraint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_grammar g = { 0 };
    ink_err err = { 0 };
    return size > 1 << 14 ? 0 : fuzz_grammar(ink_grammar_from_schema(&g, (const char *)data, size, "it", &err), &g, &err);
}
