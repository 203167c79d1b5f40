/* What a run leaves: the model as a folder that anybody opens, and checkpoints from which it goes on bit for bit. Each appears
   whole: files are written beside their place and renamed, a checkpoint's folder as well. */
#define _GNU_SOURCE
#include "base/file.h"
#include "base/path.h"
#include "formats/write.h"
#include "train/train.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ink_nn_weight *save_find(const ink_nn_weights *w, const ink_tensor *t)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i]->tensor == t && w->list[i]->learns)
            return w->list[i];
    return NULL;
}

static ink_write_tensor save_tensor(const char *name, const ink_tensor *t, ink_type type, const void *data, size_t bytes)
{
    ink_write_tensor out = { .name = name, .type = type, .ndim = t->ndim, .data = data, .bytes = bytes };
    memcpy(out.dims, t->dims, sizeof out.dims);
    return out;
}

/* Every tensor of the file it came from: as learned, or as it was. */
static ink_status save_weights(const ink_nn_weights *w, const char *path, ink_err *err)
{
    size_t count = ink_weights_count(w->file);
    ink_write_tensor *list = calloc(count + 1, sizeof *list);
    if (!list)
        return ink_fail(err, INK_E_MEMORY, "no memory to list %zu tensors", count);
    for (size_t i = 0; i < count; i++) {
        const ink_tensor *t = ink_weights_at(w->file, i);
        const ink_nn_weight *x = save_find(w, t);
        list[i] = x ? save_tensor(t->name, t, INK_F32, w->learned.data + x->at, t->count * sizeof(float)) : save_tensor(t->name, t, t->type, t->data, t->bytes);
    }
    ink_status status = ink_safetensors_write(path, list, count, NULL, err);
    free(list);
    return status;
}

static ink_status save_copy(const char *from, const char *to, const char *name, ink_err *err)
{
    ink_path source, target;
    ink_buf bytes;
    INK_TRY(ink_path_format(&source, err, "%s/%s", from, name));
    INK_TRY(ink_path_format(&target, err, "%s/%s", to, name));
    if (ink_file_kind(source.text) != 'f')
        return INK_OK;
    INK_TRY(ink_file_read(source.text, 0, &bytes, err));
    ink_status status = ink_file_write(target.text, bytes.data, bytes.len, err);
    ink_buf_clear(&bytes);
    return status;
}

ink_status ink_save_beside(const char *from, const char *folder, bool tokenizers, ink_err *err)
{
    static const char *const beside[] = { "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "vocab.json", "merges.txt", "tokenizer.model",
                                          "added_tokens.json", "config.json", "generation_config.json", "adapter_config.json" };
    enum { TOKENIZERS = 8 };
    for (size_t i = 0; i < (tokenizers ? TOKENIZERS : sizeof beside / sizeof *beside); i++)
        INK_TRY(save_copy(from, folder, beside[i], err));
    return INK_OK;
}

ink_status ink_save_model(const ink_learner *l, const char *folder, ink_err *err)
{
    ink_path path;
    const char *from = ink_weights_folder(l->learning->file);
    INK_TRY(ink_path_make(folder, err));
    if (from)
        INK_TRY(ink_save_beside(from, folder, false, err));
    INK_TRY(ink_path_format(&path, err, "%s/%s.safetensors", folder, l->adapters.count ? "adapter_model" : "model"));
    return save_weights(l->learning, path.text, err);
}

/* ---- checkpoints ---- */

enum { SAVE_NAME = 256 };

static ink_status save_moments(const ink_optimiser *p, const char *folder, ink_err *err)
{
    const ink_nn_weights *w = p->l->learning;
    ink_path path;
    size_t count = 0;
    ink_write_tensor *list = calloc(3 * w->count + 1, sizeof *list);
    char (*names)[SAVE_NAME] = calloc(3 * w->count + 1, sizeof *names);
    ink_status status = list && names ? ink_path_format(&path, err, "%s/optimizer.safetensors", folder) : ink_fail(err, INK_E_MEMORY, "no memory to list the moments");
    for (size_t i = 0; status == INK_OK && i < w->count; i++) {
        const ink_nn_weight *x = w->list[i];
        const struct { const char *what; const uint8_t *data; } kinds[] = { { "w", w->learned.data }, { "m", p->first.data }, { "v", p->second.data } };
        for (size_t k = 0; x->learns && k < 1 + p->kind->moments; k++, count++) {
            snprintf(names[count], SAVE_NAME, "%s.%s", kinds[k].what, x->name);
            list[count] = save_tensor(names[count], x->tensor, INK_F32, kinds[k].data + x->at, x->tensor->count * sizeof(float));
        }
    }
    if (status == INK_OK)
        status = ink_safetensors_write(path.text, list, count, NULL, err);
    free(list);
    free(names);
    return status;
}

static ink_status save_state(const char *folder, size_t step, ink_err *err)
{
    ink_path path;
    char text[128];
    INK_TRY(ink_path_format(&path, err, "%s/trainer_state.json", folder));
    int n = snprintf(text, sizeof text, "{\"global_step\": %zu}\n", step);
    return ink_file_write(path.text, text, (size_t)n, err);
}

/* The number of a checkpoint's folder, or 0. */
static size_t save_number(const char *name)
{
    char *end;
    if (strncmp(name, "checkpoint-", 11))
        return 0;
    unsigned long long n = strtoull(name + 11, &end, 10);
    return *end || !name[11] ? 0 : (size_t)n;
}

typedef struct checkpoints {
    size_t newest, oldest, count;
} checkpoints;

static checkpoints save_list(const char *output)
{
    checkpoints c = { 0, SIZE_MAX, 0 };
    DIR *dir = opendir(output);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        size_t n = save_number(e->d_name);
        if (!n)
            continue;
        c.count++;
        c.newest = n > c.newest ? n : c.newest;
        c.oldest = n < c.oldest ? n : c.oldest;
    }
    if (dir)
        closedir(dir);
    return c;
}

bool ink_has_checkpoint(const char *output)
{
    return save_list(output).count > 0;
}

static ink_status save_drop(const char *output, size_t keep, ink_err *err)
{
    for (checkpoints c; (c = save_list(output)).count > keep;) {
        ink_path path;
        INK_TRY(ink_path_format(&path, err, "%s/checkpoint-%zu", output, c.oldest));
        INK_TRY(ink_path_delete(path.text, err));
    }
    return INK_OK;
}

static void save_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

ink_status ink_save_checkpoint(const ink_optimiser *p, const char *output, size_t step, size_t keep, ink_err *err)
{
    ink_path temp, path;
    INK_TRY(ink_path_format(&path, err, "%s/checkpoint-%zu", output, step));
    INK_TRY(ink_path_format(&temp, err, "%s.tmp", path.text));
    INK_TRY(ink_path_delete(temp.text, err));
    INK_TRY(ink_path_make(temp.text, err));
    INK_TRY(save_moments(p, temp.text, err));
    INK_TRY(ink_save_model(p->l, temp.text, err));
    INK_TRY(save_state(temp.text, step, err));
    INK_TRY(ink_path_delete(path.text, err));
    if (rename(temp.text, path.text))
        return ink_fail(err, INK_E_IO, "%s: the checkpoint cannot be finished: %s", path.text, strerror(errno));
    save_sync(output);
    return save_drop(output, keep, err);
}

static ink_status load_part(const ink_weights *from, const char *what, const ink_nn_weight *x, uint8_t *to, ink_err *err)
{
    char name[SAVE_NAME];
    snprintf(name, sizeof name, "%s.%s", what, x->name);
    const ink_tensor *t = ink_weights_find(from, name);
    if (!t || t->type != INK_F32 || t->count != x->tensor->count)
        return ink_fail(err, INK_E_FORMAT, "%s: %s is missing or has another shape; the checkpoint is of another run", ink_weights_path(from), name);
    memcpy(to, t->data, t->bytes);
    return INK_OK;
}

ink_status ink_load_checkpoint(ink_optimiser *p, const char *output, size_t *step, ink_err *err)
{
    ink_nn_weights *w = p->l->learning;
    ink_weights *from;
    ink_path path;
    ink_status status = INK_OK;
    *step = save_list(output).newest;
    if (!*step)
        return INK_OK;
    INK_TRY(ink_path_format(&path, err, "%s/checkpoint-%zu/optimizer.safetensors", output, *step));
    INK_TRY(ink_weights_open(path.text, &from, err));
    for (size_t i = 0; status == INK_OK && i < w->count; i++) {
        const ink_nn_weight *x = w->list[i];
        if (!x->learns)
            continue;
        status = load_part(from, "w", x, w->learned.data + x->at, err);
        status = status == INK_OK ? load_part(from, "m", x, p->first.data + x->at, err) : status;
        status = status == INK_OK && p->kind->moments > 1 ? load_part(from, "v", x, p->second.data + x->at, err) : status;
    }
    ink_weights_close(from);
    return status;
}
