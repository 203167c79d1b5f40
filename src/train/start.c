/* What a run starts from: a model that is there, or one from nothing, made in the output folder before it is opened like any other. */
#include "base/file.h"
#include "base/path.h"
#include "text/vocab.h"
#include "train/train.h"

#include <ink/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The configuration of a model without weights: a file of JSON, or a folder with nothing but config.json. */
static bool start_config(const char *model, ink_path *config)
{
    ink_weights *w;
    size_t n = strlen(model);
    if (ink_file_kind(model) == 'f' && n > 5 && !strcmp(model + n - 5, ".json"))
        return ink_path_format(config, NULL, "%s", model) == INK_OK;
    if (ink_file_kind(model) != 'd' || ink_path_format(config, NULL, "%s/config.json", model) || ink_file_kind(config->text) != 'f')
        return false;
    if (ink_weights_open(model, &w, NULL) != INK_OK)
        return true;
    ink_weights_close(w);
    return false;
}

/* A token for every byte that the text has: a vocabulary of its characters, where these are ASCII. */
static ink_status start_characters(const char *dataset, const char *folder, size_t *vocab, ink_err *err)
{
    ink_map map;
    ink_path path;
    bool seen[256] = { false };
    INK_TRY(ink_map_open(dataset, &map, err));
    for (size_t i = 0; i < map.size; i++)
        seen[map.data[i]] = true;
    ink_map_close(&map);
    ink_json *root = ink_json_new_object(), *model = ink_json_new_object(), *letters = ink_json_new_object(), *step = ink_json_new_object();
    *vocab = 0;
    for (unsigned b = 0; b < 256; b++) {
        char letter[4];
        ink_spelling_letter((uint8_t)b, letter);
        if (seen[b])
            ink_json_set(letters, letter, ink_json_new_integer((int64_t)(*vocab)++));
    }
    ink_json_set(model, "type", ink_json_new_text("BPE", 3));
    ink_json_set(model, "vocab", letters);
    ink_json_set(model, "merges", ink_json_new_array());
    ink_json_set(step, "type", ink_json_new_text("ByteLevel", 9));
    ink_json_set(step, "add_prefix_space", ink_json_new_bool(0));
    ink_json_set(step, "trim_offsets", ink_json_new_bool(1));
    ink_json_set(step, "use_regex", ink_json_new_bool(0));
    ink_json_set(root, "version", ink_json_new_text("1.0", 3));
    ink_json_set(root, "added_tokens", ink_json_new_array());
    ink_json_set(root, "normalizer", ink_json_new_null());
    ink_json_set(root, "pre_tokenizer", step);
    ink_json *decoder = ink_json_new_object();
    ink_json_update(decoder, step);
    ink_json_set(root, "decoder", decoder);
    ink_json_set(root, "model", model);
    ink_status status = ink_path_format(&path, err, "%s/tokenizer.json", folder);
    if (status == INK_OK)
        status = ink_json_write(path.text, root, err);
    ink_json_free(root);
    return status;
}

static ink_status start_tokenizer(const ink_train_options *o, const char *folder, size_t *vocab, ink_err *err)
{
    *vocab = 0;
    if (!o->tokenizer)
        return INK_OK;
    if (!strcmp(o->tokenizer, "char"))
        return start_characters(o->dataset, folder, vocab, err);
    return ink_save_beside(o->tokenizer, folder, true, err);
}

ink_status ink_start_from(const ink_train_options *o, char **path, ink_err *err)
{
    ink_path config, folder, weights;
    size_t vocab;
    if (!start_config(o->model, &config))
        return ink_store_resolve(o->model, path, err);
    INK_TRY(ink_path_format(&folder, err, "%s/initial", o->output_dir));
    INK_TRY(ink_path_format(&weights, err, "%s/model.safetensors", folder.text));
    INK_TRY(ink_path_make(folder.text, err));
    if (!o->resume || ink_file_kind(weights.text) != 'f') {
        INK_TRY(start_tokenizer(o, folder.text, &vocab, err));
        INK_TRY(ink_model_create(config.text, vocab, (uint64_t)o->seed, folder.text, err));
    }
    *path = malloc(strlen(folder.text) + 1);
    return *path ? (memcpy(*path, folder.text, strlen(folder.text) + 1), INK_OK) : ink_fail(err, INK_E_MEMORY, "no memory for a path");
}
