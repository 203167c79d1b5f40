/* A tokenizer.json up to the first zero, then a text that is cut with it: any bytes as either. */
#include "models/tokenizer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_need(int promise)
{
    if (!promise)
        __builtin_trap();
}

/* Ids of the vocabulary, with control tokens read and without, and of every part of the text too. */
static void fuzz_encode(const ink_tokenizer *t, const char *text, size_t n, unsigned flags)
{
    ink_ids ids = { 0 };
    ink_err err = { 0 };
    if (ink_tokenize(t, text, n, flags, &ids, &err))
        fuzz_need(err.status && err.text[0] && !ids.count);
    size_t shown = 0;
    for (size_t i = 0; i < ids.count; i++) {
        fuzz_need(ids.at[i] >= 0 && (size_t)ids.at[i] < ink_tokenizer_size(t));
        shown += ink_token_display(t, ids.at[i], !i, flags != 0).size;
        ink_text bytes = ink_token_bytes(t, ids.at[i]);
        fuzz_need(!bytes.size || ink_tokenizer_find(t, bytes.data, bytes.size) >= -1);
    }
    fuzz_need(shown < (size_t)1 << 40);
    ink_ids_clear(&ids);
}

static ink_status fuzz_make(const char *json, size_t n, ink_tokenizer **out, ink_err *err)
{
    ink_json *root;
    ink_arena *arena;
    ink_tokenizer_spec spec = { .where = "tokenizer.json", .bos = -1, .eos = -1, .unknown = -1 };
    INK_TRY(ink_json_parse(json, n, spec.where, &root, err));
    ink_status status = ink_arena_new("tokenizer", (size_t)1 << 28, &arena, err);
    if (!status) {
        status = ink_tokenizer_from_json(root, &spec, arena, err);
        if (!status) {
            ink_tokenizer_known_ends(&spec);
            status = ink_tokenizer_make(&spec, out, err);
        }
        if (status)
            ink_split_clear(&spec.split);
        ink_arena_free(arena);
    }
    ink_json_free(root);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *json = (const char *)data;
    const size_t n = strnlen(json, size), at = n < size ? n + 1 : n;
    ink_err err = { 0 };
    ink_tokenizer *t;
    if (size > 1 << 18)
        return 0;
    if (fuzz_make(json, n, &t, &err)) {
        fuzz_need(err.status && err.text[0]);
        return 0;
    }
    fuzz_encode(t, json + at, size - at, 0);
    fuzz_encode(t, json + at, size - at, INK_TOKENIZE_SPECIAL);
    fuzz_encode(t, json, n, INK_TOKENIZE_SPECIAL); /* its own text: every token stands there */
    ink_tokenizer_close(t);
    return 0;
}
