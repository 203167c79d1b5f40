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

void ink_pooling_to_gguf(ink_pooling p, const char *architecture, ink_gguf_pairs *out)
{
    char key[160];
    snprintf(key, sizeof key, "%s.pooling_type", architecture);
    for (size_t i = 0; i < sizeof pooling_words / sizeof *pooling_words; i++)
        if (pooling_words[i].pooling == p)
            ink_gguf_count(out, key, pooling_words[i].gguf);
}
