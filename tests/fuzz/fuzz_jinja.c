/* A chat template, rendered with messages and tools such as a program would give. */
#include "fuzz.h"
#include <ink/template.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char variables[] =
        "{\"messages\":[{\"role\":\"system\",\"content\":\"S \\u00e9\"},{\"role\":\"user\",\"content\":\"hi\\n\",\"n\":1.5},"
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1,true]}}}]}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}],"
        "\"add_generation_prompt\":true,\"bos_token\":\"<s>\",\"eos_token\":\"</s>\",\"s\":\"Stra\\u00dfe %s {}\",\"l\":[3,1,2],\"d\":{\"a\":{\"b\":-7}}}";
    static const ink_template_limits limits = { .steps = 20000, .output_bytes = 1 << 20 };
    ink_template *t;
    ink_err err;
    char *out;
    size_t n;
    if (ink_template_parse((const char *)data, size, &t, &err)) {
        fuzz_need(err.text[0]);
        return 0;
    }
    if (!ink_template_render(t, variables, sizeof variables - 1, &limits, &out, &n, &err))
        free(out);
    ink_template_free(t);
    return 0;
}
