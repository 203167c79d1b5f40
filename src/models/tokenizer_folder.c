/* The tokenizer of a Hugging Face folder: tokenizer.json, or a model of SentencePiece where there is none, and beside it what says which tokens
   begin and end a text, and the chat template. */
#include "models/tokenizer.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { FOLDER_JSON_BYTES = 256 << 20, FOLDER_CONFIG_BYTES = 16 << 20, FOLDER_PIECES_BYTES = 64 << 20 };

enum { FOLDER_TOKENIZER, FOLDER_CONFIG, FOLDER_GENERATION, FOLDER_MODEL };

static ink_status folder_read(const char *folder, const char *name, size_t most, int slot, ink_tokenizer_source *source, ink_err *err)
{
    char path[sizeof source->path + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return ink_file_kind(path) == 'f' ? ink_json_read_settings(path, most, &source->files[slot], err) : INK_OK;
}

/* "<s>", or {"content":"<s>",…}: its id. */
static int32_t folder_token(const ink_tokenizer_spec *spec, const ink_json *config, const char *key)
{
    size_t n = 0;
    const ink_json *v = ink_json_get(config, key);
    const char *text = ink_json_text(ink_json_kind(v) == INK_JSON_OBJECT ? ink_json_get(v, "content") : v, &n);
    return text ? ink_tokenizer_added_id(spec, text, n) : -1;
}

/* The first token that the post_processor puts before a single text (at 0) or the one after it (1), or -1; a Sequence of them is looked into. */
static int32_t folder_processor_bos(const ink_tokenizer_spec *spec, const ink_json *processor, size_t at)
{
    const ink_json *list = ink_json_get(processor, "processors");
    for (size_t i = 0; i < ink_json_size(list); i++) {
        int32_t id = folder_processor_bos(spec, ink_json_at(list, i), at);
        if (id >= 0)
            return id;
    }
    size_t n = 0;
    const ink_json *single = ink_json_get(processor, "single"), *first = ink_json_get(ink_json_at(single, 0), "SpecialToken");
    const char *text = first ? ink_json_text(ink_json_get(ink_json_get(ink_json_at(single, at), "SpecialToken"), "id"), &n) : NULL;
    if (!text && !at)
        text = ink_json_text(ink_json_at(ink_json_get(processor, "cls"), 0), &n); /* BertProcessing, RobertaProcessing */
    return text ? ink_tokenizer_added_id(spec, text, n) : -1;
}

/* The last token that the post_processor puts after a single text, or -1. */
static int32_t folder_processor_closing(const ink_tokenizer_spec *spec, const ink_json *processor)
{
    const ink_json *list = ink_json_get(processor, "processors"), *single = ink_json_get(processor, "single"), *last = ink_json_at(single, ink_json_size(single) - 1);
    size_t n = 0;
    for (size_t i = 0; i < ink_json_size(list); i++) {
        int32_t id = folder_processor_closing(spec, ink_json_at(list, i));
        if (id >= 0)
            return id;
    }
    const char *text = ink_json_size(single) > 1 ? ink_json_text(ink_json_get(ink_json_get(last, "SpecialToken"), "id"), &n) : NULL;
    if (!text)
        text = ink_json_text(ink_json_at(ink_json_get(processor, "sep"), 0), &n); /* BertProcessing, RobertaProcessing */
    return text ? ink_tokenizer_added_id(spec, text, n) : -1;
}

/* put, second, closes: what stands before a text, what follows that, and what stands after the text, or -1. */
static void folder_begin(ink_tokenizer_spec *spec, const ink_tokenizer_source *source, int32_t put, int32_t second, int32_t closes)
{
    const ink_json *config = source->files[FOLDER_CONFIG];
    spec->second = 1 + second;
    spec->closing = 1 + closes;
    spec->bos = folder_token(spec, config, "bos_token");
    if (spec->bos < 0)
        spec->bos = put;
    spec->add_bos = ink_json_bool(ink_json_get(config, "add_bos_token"), put >= 0 && put == spec->bos);
}

/* eos_token_id: a number or a list of them; whether there was one. */
static bool folder_ends(ink_tokenizer_spec *spec, const ink_json *config)
{
    const ink_json *ids = ink_json_get(config, "eos_token_id");
    const size_t before = spec->end_count;
    ink_tokenizer_add_end(spec, ink_json_integer(ids, -1));
    for (size_t i = 0; i < ink_json_size(ids); i++)
        ink_tokenizer_add_end(spec, ink_json_integer(ink_json_at(ids, i), -1));
    return spec->end_count > before;
}

/* What generation_config.json says counts, then config.json, then the tokenizer's own word. */
static void folder_end(ink_tokenizer_spec *spec, const ink_tokenizer_source *source)
{
    spec->eos = folder_token(spec, source->files[FOLDER_CONFIG], "eos_token");
    if (!folder_ends(spec, source->files[FOLDER_GENERATION]) && !folder_ends(spec, source->files[FOLDER_MODEL]))
        ink_tokenizer_add_end(spec, spec->eos);
    if (spec->end_count)
        spec->eos = spec->ends[0];
}

/* A template is one text, or a list of {name, template} in which one is the default. */
static void folder_template(ink_tokenizer_spec *spec, const ink_json *v)
{
    for (size_t i = 0; i < ink_json_size(v); i++)
        if (!strcmp(ink_json_string(ink_json_get(ink_json_at(v, i), "name"), ""), "default"))
            folder_template(spec, ink_json_get(ink_json_at(v, i), "template"));
    if (ink_json_text(v, NULL))
        spec->template.data = ink_json_text(v, &spec->template.size);
}

static ink_status folder_jinja(const char *folder, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    char path[sizeof source->path + 64];
    snprintf(path, sizeof path, "%s/chat_template.jinja", folder);
    folder_template(spec, ink_json_get(source->files[FOLDER_CONFIG], "chat_template"));
    if (ink_file_kind(path) != 'f')
        return INK_OK;
    INK_TRY(ink_file_read(path, FOLDER_CONFIG_BYTES, &source->jinja, err));
    spec->template = (ink_text){ source->jinja.data ? source->jinja.data : "", source->jinja.len };
    return INK_OK;
}

static ink_status folder_json(ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    const ink_json *root = source->files[FOLDER_TOKENIZER], *processor = ink_json_get(root, "post_processor");
    INK_TRY(ink_tokenizer_from_json(root, spec, source->arena, err));
    folder_begin(spec, source, folder_processor_bos(spec, processor, 0), folder_processor_bos(spec, processor, 1), folder_processor_closing(spec, processor));
    folder_end(spec, source);
    return INK_OK;
}

static int32_t folder_family_token(const ink_tokenizer_spec *spec, const ink_json *config, const char *key, const char *otherwise)
{
    const int32_t id = folder_token(spec, config, key);
    return id < 0 && otherwise ? ink_tokenizer_added_id(spec, otherwise, strlen(otherwise)) : id;
}

/* A model of SentencePiece: which one, as families call it. */
static ink_status folder_pieces(const char *folder, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    static const char *const names[] = { "spiece.model", "tokenizer.model", "sentencepiece.bpe.model" };
    const ink_json *config = source->files[FOLDER_CONFIG];
    const ink_pieces_family *family;
    size_t i = 0;
    char path[sizeof source->path + 64];
    for (; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (ink_file_kind(path) == 'f')
            break;
    }
    if (i == sizeof names / sizeof *names)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: there is no tokenizer.json, nor a model of SentencePiece (spiece.model, tokenizer.model, sentencepiece.bpe.model)", folder);
    snprintf(source->path, sizeof source->path, "%.*s", (int)sizeof source->path - 1, path);
    INK_TRY(ink_pieces_family_find(config, source->files[FOLDER_MODEL], spec->where, &family, err));
    INK_TRY(ink_file_read(path, FOLDER_PIECES_BYTES, &source->pieces, err));
    INK_TRY(ink_tokenizer_from_pieces((ink_text){ source->pieces.data ? source->pieces.data : "", source->pieces.len }, family, config, spec, source->arena, err));
    const int32_t bos = folder_family_token(spec, config, "bos_token", family->bos), eos = folder_family_token(spec, config, "eos_token", family->eos);
    const int32_t second = family->second ? ink_tokenizer_added_id(spec, family->second, strlen(family->second)) : -1;
    folder_begin(spec, source, family->begins ? bos : -1, second, ink_json_bool(ink_json_get(config, "add_eos_token"), family->closes) ? eos : -1);
    folder_end(spec, source);
    ink_tokenizer_add_end(spec, spec->end_count ? -1 : eos);
    spec->eos = spec->eos < 0 ? eos : spec->eos;
    return INK_OK;
}

ink_status ink_tokenizer_from_folder(const char *folder, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err)
{
    if (snprintf(source->path, sizeof source->path, "%s/tokenizer.json", folder) >= (int)sizeof source->path - 32)
        return ink_fail(err, INK_E_LIMIT, "the path of the folder is longer than %zu bytes", sizeof source->path - 32);
    spec->where = source->path;
    INK_TRY(folder_read(folder, "tokenizer.json", FOLDER_JSON_BYTES, FOLDER_TOKENIZER, source, err));
    INK_TRY(folder_read(folder, "tokenizer_config.json", FOLDER_CONFIG_BYTES, FOLDER_CONFIG, source, err));
    INK_TRY(folder_read(folder, "generation_config.json", FOLDER_CONFIG_BYTES, FOLDER_GENERATION, source, err));
    INK_TRY(folder_read(folder, "config.json", FOLDER_CONFIG_BYTES, FOLDER_MODEL, source, err));
    INK_TRY(source->files[FOLDER_TOKENIZER] ? folder_json(spec, source, err) : folder_pieces(folder, spec, source, err));
    return folder_jinja(folder, spec, source, err);
}
