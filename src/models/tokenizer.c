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

int32_t ink_tokenizer_added_id(const ink_tokenizer_spec *spec, const char *text, size_t n)
{
    for (size_t i = 0; i < spec->added_count; i++)
        if (spec->added[i].text.size == n && !memcmp(spec->added[i].text.data, text, n))
            return spec->added[i].id;
    return -1;
}

/* </s> is also a tag of HTML, which some vocabularies have whole: what could be one must be a control token. */
static void tokenizer_end_named(ink_tokenizer_spec *spec, const char *name)
{
    const bool tag = name[0] == '<' && name[1] != '|' && !strchr(name, '_');
    const int32_t id = ink_tokenizer_added_id(spec, name, strlen(name));
    if (id >= 0 && (!tag || spec->kinds[id] == INK_TOKEN_CONTROL || spec->kinds[id] == INK_TOKEN_CONTROL_PART))
        ink_tokenizer_add_end(spec, id);
}

/* A model that has <|return|> and <|call|> ends a part of its answer with <|end|>, and goes on. */
void ink_tokenizer_known_ends(ink_tokenizer_spec *spec)
{
    static const char *const names[] = {
        "<|eot_id|>", "<|im_end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "<|endofturn|>",
        "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "<|end_of_text|>", "<end_of_utterance>", "<eos>", ("<\xef\xbd\x9c" "end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>"),
        "<turn|>", "[EOT]",
    };
    static const char *const turns[] = { "<|user|>", "<|observation|>" }; /* of GLMs, where the next turn ends an answer */
    const bool parts = ink_tokenizer_added_id(spec, "<|return|>", 10) >= 0 && ink_tokenizer_added_id(spec, "<|call|>", 8) >= 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        tokenizer_end_named(spec, names[i]);
    if (!parts)
        tokenizer_end_named(spec, "<|end|>");
    for (size_t i = 0; i < 2 && ink_tokenizer_added_id(spec, "[gMASK]", 7) >= 0; i++)
        tokenizer_end_named(spec, turns[i]);
}

void ink_tokenizer_read_clear(ink_tokenizer_spec *spec, ink_tokenizer_source *source)
{
    ink_split_clear(&spec->split);
    for (size_t i = 0; i < INK_TOKENIZER_FILES; i++)
        ink_json_free(source->files[i]);
    ink_buf_clear(&source->jinja);
    ink_buf_clear(&source->pieces);
    ink_arena_free(source->arena);
}

ink_status ink_tokenizer_read(const ink_weights *w, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    const char *folder = ink_weights_folder(w);
    *spec = (ink_tokenizer_spec){ .where = ink_weights_path(w), .bos = -1, .eos = -1, .unknown = -1 };
    *source = (ink_tokenizer_source){ 0 };
    ink_buf_init(&source->jinja, 0);
    ink_buf_init(&source->pieces, 0);
    INK_TRY(ink_arena_new("tokenizer", (size_t)1 << 30, &source->arena, err));
    return folder ? ink_tokenizer_from_folder(folder, spec, source, err) : ink_tokenizer_from_gguf(w, spec, source, err);
}

ink_status ink_tokenizer_open(const ink_weights *w, ink_tokenizer **out, ink_err *err)
{
    ink_tokenizer_spec spec;
    ink_tokenizer_source source;
    ink_status status = ink_tokenizer_read(w, &spec, &source, err);
    if (!status) {
        ink_tokenizer_known_ends(&spec);
        status = ink_tokenizer_make(&spec, out, err);
    }
    if (!status)
        spec.split.count = 0; /* the tokenizer has taken its rules over */
    ink_tokenizer_read_clear(&spec, &source);
    return status;
}
