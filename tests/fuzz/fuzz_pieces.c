/* A model of SentencePiece and a text: three bytes say of which family it is and how long the model is; any bytes as either. */
#include "models/tokenizer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_need(int promise)
{
    if (!promise)
        __builtin_trap();
}

static void fuzz_encode(const ink_tokenizer *t, const char *text, size_t n, unsigned flags)
{
    ink_ids ids = { 0 };
    ink_err err = { 0 };
    if (ink_tokenize(t, text, n, flags, &ids, &err))
        fuzz_need(err.status && err.text[0] && !ids.count);
    for (size_t i = 0; i < ids.count; i++)
        fuzz_need(ids.at[i] >= 0 && (size_t)ids.at[i] < ink_tokenizer_size(t));
    ink_ids_clear(&ids);
}

static ink_status fuzz_make(ink_text model, const char *kind, ink_tokenizer **out, ink_err *err)
{
    static const char later[] = "{\"extra_ids\":3,\"added_tokens_decoder\":{\"8\":{\"content\":\"<x>\",\"special\":true}}}";
    const ink_pieces_family *family;
    ink_json *config, *said = ink_json_new_object();
    ink_arena *arena;
    ink_tokenizer_spec spec = { .where = "spiece.model", .bos = -1, .eos = -1, .unknown = -1 };
    ink_json_set(said, "model_type", ink_json_new_text(kind, strlen(kind)));
    fuzz_need(!ink_pieces_family_find(NULL, said, "spiece.model", &family, err));
    ink_json_free(said);
    INK_TRY(ink_json_parse(later, sizeof later - 1, "config", &config, err));
    ink_status status = ink_arena_new("tokenizer", (size_t)1 << 28, &arena, err);
    if (!status) {
        status = ink_tokenizer_from_pieces(model, family, config, &spec, arena, err);
        if (!status)
            status = ink_tokenizer_make(&spec, out, err);
        if (status)
            ink_split_clear(&spec.split);
        ink_arena_free(arena);
    }
    ink_json_free(config);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = { "t5", "xlm-roberta", "llama", "gemma" };
    ink_err err = { 0 };
    ink_tokenizer *t;
    if (size < 3 || size > 1 << 17)
        return 0;
    size_t n = data[1] | (size_t)data[2] << 8;
    n = n < size - 3 ? n : size - 3;
    const char *text = (const char *)data + 3 + n;
    if (fuzz_make((ink_text){ (const char *)data + 3, n }, kinds[data[0] & 3], &t, &err)) {
        fuzz_need(err.status && err.text[0]);
        return 0;
    }
    fuzz_encode(t, text, size - 3 - n, 0);
    fuzz_encode(t, text, size - 3 - n, INK_TOKENIZE_SPECIAL);
    ink_tokenizer_close(t);
    return 0;
}
