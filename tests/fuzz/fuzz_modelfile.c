/* Any bytes as a Modelfile; one that is read is checked, and printed as one that says the same. */
#include "fuzz.h"
#include <ink/modelfile.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ink_err err = { 0 };
    ink_json *made, *again;
    ink_buf text, one, two;
    if (ink_modelfile_parse((const char *)data, size, "it", &made, &err)) {
        fuzz_need(err.status && err.text[0]);
        return 0;
    }
    ink_modelfile_check(made, &err);
    ink_buf_init(&text, 0);
    ink_buf_init(&one, 0);
    ink_buf_init(&two, 0);
    ink_modelfile_print(made, &text);
    if (!ink_modelfile_parse(text.data, text.len, "its print", &again, &err)) {
        ink_modelfile_print(again, &one);
        ink_json_free(again);
        if (!ink_modelfile_parse(one.data, one.len, "the print of that", &again, &err)) {
            ink_modelfile_print(again, &two); /* from the second print on nothing changes */
            fuzz_need(two.len == one.len && !memcmp(two.data, one.data, one.len));
            ink_json_free(again);
        }
    }
    ink_buf_clear(&text);
    ink_buf_clear(&one);
    ink_buf_clear(&two);
    ink_json_free(made);
    return 0;
}
