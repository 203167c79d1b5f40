/* Training a tokenizer, whatever its kind. */
#include "text/train.h"

#include "base/file.h"
#include "base/path.h"

#include <string.h>

static const ink_token_trainer *const train_list[] = {
#define INK_TOKEN_TRAINER(name, title) &ink_token_trainer_##name,
#include "text/trainers.def"
#undef INK_TOKEN_TRAINER
};
const char *const ink_tokenizer_kinds[] = {
#define INK_TOKEN_TRAINER(name, title) title,
#include "text/trainers.def"
#undef INK_TOKEN_TRAINER
    NULL,
};

ink_status ink_training_word(ink_token_training *t, const char *p, size_t n)
{
    uint32_t number;
    if (t->status == INK_OK)
        t->status = ink_words_add(&t->words, p, n, 1, &number, t->err);
    return t->status;
}

ink_status ink_training_merge(ink_token_training *t, const ink_merging_rules *rules, size_t symbols)
{
    return ink_merging_run(&t->merging, rules, symbols, t->o->least ? t->o->least : 2, t->o->step, t->o->user, t->err);
}

ink_json *ink_training_step(ink_json *root, const char *key, const char *type)
{
    ink_json *step = ink_json_new_object();
    ink_json_set(step, "type", ink_json_new_text(type, strlen(type)));
    ink_json_set(root, key, step);
    return step;
}

ink_status ink_training_file(const char *folder, const char *name, const ink_buf *text, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_buf_check(text, name, err));
    INK_TRY(ink_path_format(&path, err, "%s/%s", folder, name));
    return ink_file_write(path.text, text->data ? text->data : "", text->len, err);
}

/* Between tokens that are never cut. */
static ink_status train_parts(ink_token_training *t, const ink_token_trainer *kind, const char *text, size_t n)
{
    const char *from = text, *end = text + n;
    for (const char *at = text; at < end;) {
        size_t found = 0;
        for (size_t i = 0; i < t->special_count && !found; i++) {
            const size_t size = strlen(t->specials[i]);
            found = size <= (size_t)(end - at) && !memcmp(at, t->specials[i], size) ? size : 0;
        }
        if (found && at > from)
            INK_TRY(kind->read(t, from, (size_t)(at - from)));
        at += found ? found : 1;
        from = found ? at : from;
    }
    return from < end ? kind->read(t, from, (size_t)(end - from)) : INK_OK;
}

static ink_status train_read(ink_token_training *t, const ink_token_trainer *kind, const char *path)
{
    ink_map map;
    INK_TRY(ink_map_open(path, &map, t->err));
    ink_status status = map.size ? train_parts(t, kind, (const char *)map.data, map.size) : INK_OK;
    t->bytes += map.size;
    ink_map_close(&map);
    return status;
}

static ink_json *train_root(const ink_token_training *t)
{
    static const char *const flags[] = { "single_word", "lstrip", "rstrip", "normalized" };
    ink_json *root = ink_json_new_object(), *added = ink_json_new_array();
    ink_json_set(root, "version", ink_json_new_text("1.0", 3));
    ink_json_set(root, "truncation", ink_json_new_null());
    ink_json_set(root, "padding", ink_json_new_null());
    for (size_t i = 0; i < t->special_count; i++) {
        ink_json *one = ink_json_new_object();
        ink_json_set(one, "id", ink_json_new_integer((int64_t)i));
        ink_json_set(one, "content", ink_json_new_text(t->specials[i], strlen(t->specials[i])));
        for (size_t f = 0; f < sizeof flags / sizeof *flags; f++)
            ink_json_set(one, flags[f], ink_json_new_bool(0));
        ink_json_set(one, "special", ink_json_new_bool(1));
        ink_json_append(added, one);
    }
    ink_json_set(root, "added_tokens", added);
    ink_json_set(root, "normalizer", ink_json_new_null());
    ink_json_set(root, "pre_tokenizer", ink_json_new_null());
    ink_json_set(root, "post_processor", ink_json_new_null());
    ink_json_set(root, "decoder", ink_json_new_null());
    return root;
}

/* What a model's loader wants to know beside: the usual roles, where tokens with these names are there. */
static ink_status train_config(const ink_token_training *t, const char *folder)
{
    static const char *const roles[][2] = { { "<|endoftext|>", "eos_token" }, { "</s>", "eos_token" }, { "<s>", "bos_token" }, { "<unk>", "unk_token" }, { "[UNK]", "unk_token" },
                                            { "[PAD]", "pad_token" },         { "[CLS]", "cls_token" }, { "[SEP]", "sep_token" }, { "[MASK]", "mask_token" } };
    ink_path path;
    INK_TRY(ink_path_format(&path, t->err, "%s/tokenizer_config.json", folder));
    ink_json *config = ink_json_new_object();
    ink_json_set(config, "tokenizer_class", ink_json_new_text("PreTrainedTokenizerFast", 23));
    ink_json_set(config, "add_bos_token", ink_json_new_bool(0));
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++)
        for (size_t i = 0; i < t->special_count; i++)
            if (!strcmp(t->specials[i], roles[r][0]))
                ink_json_set(config, roles[r][1], ink_json_new_text(roles[r][0], strlen(roles[r][0])));
    ink_status status = ink_json_write(path.text, config, t->err);
    ink_json_free(config);
    return status;
}

static ink_status train_write(ink_token_training *t, const ink_token_trainer *kind, const char *folder, ink_tokenizer_trained *out)
{
    ink_path path;
    INK_TRY(ink_path_make(folder, t->err));
    INK_TRY(ink_path_format(&path, t->err, "%s/tokenizer.json", folder));
    ink_json *root = train_root(t);
    ink_status status = kind->write(t, folder, root, out);
    if (status == INK_OK)
        status = ink_json_write(path.text, root, t->err);
    ink_json_free(root);
    return status == INK_OK ? train_config(t, folder) : status;
}

static ink_status train_all(ink_token_training *t, const ink_token_trainer *kind, const char *const *paths, size_t count, const char *folder, ink_tokenizer_trained *out)
{
    for (size_t i = 0; i < count; i++)
        INK_TRY(train_read(t, kind, paths[i]));
    if (!t->words.count)
        return ink_fail(t->err, INK_E_ARGUMENT, "%s: there is no word to learn from", count ? paths[0] : "no file");
    INK_TRY(kind->learn(t));
    INK_TRY(train_write(t, kind, folder, out));
    out->merges = t->merging.merge_count;
    out->different = t->words.count;
    out->bytes = t->bytes;
    for (size_t i = 0; i < t->words.count; i++)
        out->words += t->words.counts[i];
    return INK_OK;
}

ink_status ink_tokenizer_train(const char *const *paths, size_t count, const ink_tokenizer_training *o, const char *folder, ink_tokenizer_trained *out, ink_err *err)
{
    enum { MOST = 1 << 21 };
    const ink_token_trainer *kind = train_list[o->kind];
    ink_token_training t = { .o = o, .specials = o->special_count ? o->specials : kind->specials, .special_count = o->special_count, .err = err };
    while (!o->special_count && t.specials[t.special_count])
        t.special_count++;
    for (size_t i = 0; i < t.special_count; i++)
        if (!*t.specials[i])
            return ink_fail(err, INK_E_ARGUMENT, "a special token is empty");
    if (o->vocab > MOST)
        return ink_fail(err, INK_E_LIMIT, "%zu tokens: at most %d are possible", o->vocab, MOST);
    *out = (ink_tokenizer_trained){ 0 };
    ink_status status = train_all(&t, kind, paths, count, folder, out);
    ink_merging_clear(&t.merging);
    ink_words_clear(&t.words);
    return status;
}
