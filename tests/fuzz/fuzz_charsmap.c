/* A table of replacements and a text: two bytes say how long the table is; any bytes as either. */
#include "fuzz.h"
#include "text/charsmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_charsmap m = { 0 };
    ink_err err = { 0 };
    if (size < 2)
        return 0;
    size_t table = data[0] | (size_t)data[1] << 8;
    table = table < size - 2 ? table : size - 2;
    if (ink_charsmap_make(&m, data + 2, table, "table", &err))
        fuzz_need(err.status && err.text[0]);
    for (int clusters = 0; clusters < 2; clusters++) {
        ink_buf out;
        ink_buf_init(&out, 0);
        ink_charsmap_apply(&m, (const char *)data + 2 + table, size - 2 - table, clusters, &out);
        fuzz_need(!out.failed && out.len <= (size - 2 - table) * INK_CHARSMAP_TEXT);
        ink_buf_clear(&out);
    }
    ink_charsmap_clear(&m);
    return 0;
}
