#include "models/pooling.h"

#include "base/json.h"
#include "base/path.h"
#include "formats/write.h"

#include <stdio.h>
#include <string.h>

static const struct pooling_word {
    ink_pooling pooling;
    const char *folder; /* an entry of 1_Pooling/config.json */
    uint32_t gguf;      /* of ARCHITECTURE.pooling_type */
} pooling_words[] = {
    { INK_POOL_MEAN, "pooling_mode_mean_tokens", 1 },
    { INK_POOL_CLS, "pooling_mode_cls_token", 2 },
    { INK_POOL_LAST, "pooling_mode_lasttoken", 3 },
};

static ink_pooling pooling_folder(const char *folder)
{
    ink_path path;
    ink_json *said = NULL;
    ink_pooling p = INK_POOL_AUTO;
    if (ink_path_format(&path, NULL, "%s/1_Pooling/config.json", folder) || ink_json_read(path.text, 1 << 20, &said, NULL))
        return p;
    for (size_t i = 0; i < sizeof pooling_words / sizeof *pooling_words; i++)
        p = ink_json_bool(ink_json_get(said, pooling_words[i].folder), 0) ? pooling_words[i].pooling : p;
    ink_json_free(said);
    return p;
}

static ink_pooling pooling_gguf(const ink_weights *w)
{
    char key[160];
    const ink_meta *architecture = ink_weights_meta(w, "general.architecture"), *type;
    if (!architecture || architecture->type != INK_META_TEXT)
        return INK_POOL_AUTO;
    snprintf(key, sizeof key, "%.*s.pooling_type", architecture->text.size < 64 ? (int)architecture->text.size : 64, architecture->text.data);
    type = ink_weights_meta(w, key);
    for (size_t i = 0; type && type->type == INK_META_INTEGER && i < sizeof pooling_words / sizeof *pooling_words; i++)
        if (type->integer == (int64_t)pooling_words[i].gguf)
            return pooling_words[i].pooling;
    return INK_POOL_AUTO;
}

ink_pooling ink_pooling_of(const ink_weights *w)
{
    const char *folder = ink_weights_folder(w);
    return folder ? pooling_folder(folder) : pooling_gguf(w);
}

static ink_json *pooling_module(int64_t i, const char *path, const char *type)
{
    ink_json *m = ink_json_new_object();
    const char name[2] = { (char)('0' + i), 0 };
    ink_json_set(m, "idx", ink_json_new_integer(i));
    ink_json_set(m, "name", ink_json_new_text(name, 1));
    ink_json_set(m, "path", ink_json_new_text(path, strlen(path)));
    ink_json_set(m, "type", ink_json_new_text(type, strlen(type)));
    return m;
}

static ink_status pooling_write(const char *folder, const char *name, ink_json *v, ink_err *err)
{
    ink_path path;
    ink_status status = ink_path_format(&path, err, "%s/%s", folder, name);
    if (!status)
        status = ink_json_write(path.text, v, err);
    ink_json_free(v);
    return status;
}

static ink_json *pooling_said(ink_pooling p, size_t width)
{
    ink_json *said = ink_json_new_object();
    ink_json_set(said, "word_embedding_dimension", ink_json_new_integer((int64_t)width));
    for (size_t i = 0; i < sizeof pooling_words / sizeof *pooling_words; i++)
        ink_json_set(said, pooling_words[i].folder, ink_json_new_bool(pooling_words[i].pooling == p));
    return said;
}

static ink_json *pooling_modules(void)
{
    ink_json *modules = ink_json_new_array();
    ink_json_append(modules, pooling_module(0, "", "sentence_transformers.models.Transformer"));
    ink_json_append(modules, pooling_module(1, "1_Pooling", "sentence_transformers.models.Pooling"));
    return modules;
}

ink_status ink_pooling_to_folder(ink_pooling p, size_t width, const char *folder, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/1_Pooling", folder));
    INK_TRY(ink_path_make(path.text, err));
    INK_TRY(pooling_write(folder, "1_Pooling/config.json", pooling_said(p, width), err));
    return pooling_write(folder, "modules.json", pooling_modules(), err);
}

void ink_pooling_to_gguf(ink_pooling p, const char *architecture, ink_gguf_pairs *out)
{
    char key[160];
    snprintf(key, sizeof key, "%s.pooling_type", architecture);
    for (size_t i = 0; i < sizeof pooling_words / sizeof *pooling_words; i++)
        if (pooling_words[i].pooling == p)
            ink_gguf_count(out, key, pooling_words[i].gguf);
}
