/* A tokenizer.json up to the first zero, then a text that is cut with it: any bytes as either. */
#include "fuzz_tokenizer.h"

#include <string.h>

static ink_status fuzz_read(const void *from, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    const ink_text *json = from;
    INK_TRY(ink_json_parse(json->data, json->size, spec->where, &source->files[0], err));
    INK_TRY(ink_tokenizer_from_json(source->files[0], spec, source->arena, err));
    ink_tokenizer_known_ends(spec);
    return INK_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ink_text json = { (const char *)data, strnlen((const char *)data, size) };
    const size_t at = json.size < size ? json.size + 1 : json.size;
    const ink_text text = { json.data + at, size - at };
    if (size > 1 << 18)
        return 0;
    ink_tokenizer *t = fuzz_tokenizer(fuzz_read, &json, "tokenizer.json");
    if (!t)
        return 0;
    fuzz_encode(t, text, 0);
    fuzz_encode(t, text, INK_TOKENIZE_SPECIAL);
    fuzz_encode(t, json, INK_TOKENIZE_SPECIAL); /* its own text: every token stands there */
    ink_tokenizer_close(t);
    return 0;
}
