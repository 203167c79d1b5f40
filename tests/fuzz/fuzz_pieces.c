/* A model of SentencePiece and a text: three bytes say of which family it is and how long the model is; any bytes as either. */
#include "fuzz_tokenizer.h"

#include <string.h>

typedef struct fuzz_model {
    ink_text bytes;
    const char *kind;
} fuzz_model;

static ink_status fuzz_read(const void *from, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    static const char later[] = "{\"extra_ids\":3,\"added_tokens_decoder\":{\"8\":{\"content\":\"<x>\",\"special\":true}}}";
    const fuzz_model *model = from;
    const ink_pieces_family *family;
    ink_json *said = ink_json_new_object();
    ink_json_set(said, "model_type", ink_json_new_text(model->kind, strlen(model->kind)));
    fuzz_need(!ink_pieces_family_find(NULL, said, spec->where, &family, err));
    ink_json_free(said);
    INK_TRY(ink_json_parse(later, sizeof later - 1, "config", &source->files[0], err));
    return ink_tokenizer_from_pieces(model->bytes, family, source->files[0], spec, source->arena, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = { "t5", "xlm-roberta", "llama", "gemma" };
    if (size < 3 || size > 1 << 17)
        return 0;
    size_t n = data[1] | (size_t)data[2] << 8;
    n = n < size - 3 ? n : size - 3;
    const fuzz_model model = { { (const char *)data + 3, n }, kinds[data[0] & 3] };
    const ink_text text = { model.bytes.data + n, size - 3 - n };
    ink_tokenizer *t = fuzz_tokenizer(fuzz_read, &model, "spiece.model");
    if (!t)
        return 0;
    fuzz_encode(t, text, 0);
    fuzz_encode(t, text, INK_TOKENIZE_SPECIAL);
    ink_tokenizer_close(t);
    return 0;
}
