/* ink_tokenizer_open: whose reader to ask, and what readers share. */
#include "models/tokenizer.h"

#include <string.h>

void ink_tokenizer_add_end(ink_tokenizer_spec *spec, int64_t id)
{
    if (id < 0 || (uint64_t)id >= spec->count || spec->end_count == INK_TOKENIZER_ENDS)
        return;
    for (size_t i = 0; i < spec->end_count; i++)
        if (spec->ends[i] == id)
            return;
    spec->ends[spec->end_count++] = (int32_t)id;
}

static bool tokenizer_named(ink_text text, const char *name)
{
    return text.size == strlen(name) && !memcmp(text.data, name, text.size);
}

/* </s> is also a tag of HTML, which some vocabularies have whole: what is not written <|so|> or the like must be a control token. */
static int32_t tokenizer_added_id(const ink_tokenizer_spec *spec, const char *name)
{
    const bool tag = name[1] == '/' || !strchr(name, '_');
    for (size_t i = 0; i < spec->added_count; i++)
        if (tokenizer_named(spec->added[i].text, name) && (spec->added[i].control || !tag || name[1] == '|'))
            return spec->added[i].id;
    return -1;
}

/* A model that has <|return|> and <|call|> ends a part of its answer with <|end|>, and goes on. */
void ink_tokenizer_known_ends(ink_tokenizer_spec *spec)
{
    static const char *const names[] = {
        "<|eot_id|>", "<|im_end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "<|endofturn|>",
        "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<\xef\xbd\x9c""end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
        "<turn|>", "[EOT]",
    };
    const bool parts = tokenizer_added_id(spec, "<|return|>") >= 0 && tokenizer_added_id(spec, "<|call|>") >= 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ink_tokenizer_add_end(spec, tokenizer_added_id(spec, names[i]));
    if (!parts)
        ink_tokenizer_add_end(spec, tokenizer_added_id(spec, "<|end|>"));
}

ink_status ink_tokenizer_open(const ink_weights *w, ink_tokenizer **out, ink_err *err)
{
    ink_tokenizer_spec spec = { .where = ink_weights_path(w), .bos = -1, .eos = -1, .unknown = -1 };
    ink_arena *arena;
    INK_TRY(ink_arena_new("tokenizer", (size_t)1 << 30, &arena, err));
    ink_status status = ink_tokenizer_from_gguf(w, &spec, arena, err);
    if (!status) {
        ink_tokenizer_known_ends(&spec);
        status = ink_tokenizer_make(&spec, out, err);
    }
    ink_arena_free(arena);
    return status;
}
