/* What the small files beside safetensors say: config.json and tokenizer_config.json of transformers, the configuration of
   diffusers, the card's front matter. None of them is needed, and a damaged one counts as absent. */
#include "formats/about.h"
#include "base/json.h"
#include "base/path.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { FOLDER_FILE = 4 << 20 }; /* bytes of a small file */

static ink_json *folder_json(const char *folder, const char *name)
{
    ink_path path;
    ink_json *root = NULL;
    if (ink_path_format(&path, NULL, "%s/%s", folder, name) || ink_file_kind(path.text) != 'f' || ink_json_read(path.text, FOLDER_FILE, &root, NULL))
        return NULL;
    return root;
}

static const char *folder_keep(const ink_json *v, ink_arena *arena)
{
    size_t n = 0;
    const char *text = ink_json_text(v, &n);
    return text && n ? ink_arena_text(arena, text, n) : NULL;
}

/* A number; of a vision-language model, it stands with its text part. */
static double folder_number(const ink_json *config, const about_field *f)
{
    const ink_json *text = ink_json_get(config, "text_config");
    for (size_t i = 0; i < sizeof f->folder / sizeof *f->folder && f->folder[i]; i++) {
        double v = ink_json_number(ink_json_get(config, f->folder[i]), 0);
        v = v > 0 ? v : ink_json_number(ink_json_get(text, f->folder[i]), 0);
        if (v > 0)
            return v;
    }
    return 0;
}

/* Whether a class of transformers writes texts: by what such classes are called, and ChatGLM's own, which is called as a body alone. */
static bool folder_writes(const char *class)
{
    static const char *const words[] = { "CausalLM", "LMHead", "ConditionalGeneration", "ChatGLMModel" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(class, words[i]))
            return true;
    return false;
}

static void folder_read_config(const char *folder, ink_arena *arena, ink_about *a)
{
    ink_json *config = folder_json(folder, "config.json");
    const char *class = ink_json_string(ink_json_at(ink_json_get(config, "architectures"), 0), "");
    a->architecture = folder_keep(ink_json_get(config, "model_type"), arena);
    if (!a->architecture)
        a->architecture = folder_keep(ink_json_get(config, "_class_name"), arena);
    a->name = folder_keep(ink_json_get(config, "_name_or_path"), arena);
    for (size_t i = 0; i < ABOUT_FIELDS; i++)
        about_set(a, &about_fields[i], folder_number(config, &about_fields[i]));
    a->decoder = folder_writes(class);
    ink_json_free(config);
}

/* Several templates: the one called default, else the first. */
static const ink_json *folder_template(const ink_json *v)
{
    if (ink_json_kind(v) != INK_JSON_ARRAY)
        return v;
    for (size_t i = 0; i < ink_json_size(v); i++)
        if (!strcmp(ink_json_string(ink_json_get(ink_json_at(v, i), "name"), ""), "default"))
            return ink_json_get(ink_json_at(v, i), "template");
    return ink_json_get(ink_json_at(v, 0), "template");
}

static const struct {
    const char *file, *kind;
} folder_tokenizers[] = {
    { "tokenizer.json", "tokenizer.json" }, { "tokenizer.model", "SentencePiece" }, { "vocab.txt", "WordPiece" }, { "vocab.json", "byte-level BPE" },
};

static void folder_read_tokenizer(const char *folder, ink_arena *arena, ink_about *a)
{
    ink_path path;
    ink_buf text;
    ink_json *config = folder_json(folder, "tokenizer_config.json");
    a->tokenizer = folder_keep(ink_json_get(config, "tokenizer_class"), arena);
    a->chat_template = folder_keep(folder_template(ink_json_get(config, "chat_template")), arena);
    ink_json_free(config);
    for (size_t i = 0; !a->tokenizer && i < sizeof folder_tokenizers / sizeof *folder_tokenizers; i++)
        if (!ink_path_format(&path, NULL, "%s/%s", folder, folder_tokenizers[i].file) && ink_file_kind(path.text) == 'f')
            a->tokenizer = folder_tokenizers[i].kind;
    if (ink_path_format(&path, NULL, "%s/chat_template.jinja", folder) || ink_file_kind(path.text) != 'f' ||
        ink_file_read(path.text, FOLDER_FILE, &text, NULL))
        return;
    a->chat_template = text.len ? ink_arena_text(arena, text.data, text.len) : a->chat_template;
    ink_buf_clear(&text);
}

/* "license: apache-2.0" between the lines of dashes at the top of a model card. */
static void folder_read_card(const char *folder, ink_arena *arena, ink_about *a)
{
    ink_path path;
    ink_buf text;
    if (ink_path_format(&path, NULL, "%s/README.md", folder) || ink_file_kind(path.text) != 'f' || ink_file_read(path.text, FOLDER_FILE, &text, NULL))
        return;
    char *end = strncmp(text.data, "---\n", 4) ? NULL : strstr(text.data + 4, "\n---");
    char *at = end ? strstr(text.data, "\nlicense:") : NULL;
    if (at && at < end) {
        at += strlen("\nlicense:");
        at += strspn(at, " \"'");
        size_t n = strcspn(at, " \"'\r\n");
        a->licence = n ? ink_arena_text(arena, at, n) : NULL;
    }
    ink_buf_clear(&text);
}

void about_read_folder(const char *folder, ink_arena *arena, ink_about *a)
{
    folder_read_config(folder, arena, a);
    folder_read_tokenizer(folder, arena, a);
    folder_read_card(folder, arena, a);
}
