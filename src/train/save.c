/* What a run leaves: the model as a folder that anybody opens, and checkpoints from which it goes on bit for bit. Each appears
   whole: files are written beside their place and renamed, a checkpoint's folder as well. */
#define _GNU_SOURCE
#include "base/file.h"
#include "base/path.h"
#include "formats/write.h"
#include "models/labels.h"
#include "train/train.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
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
                                          "spiece.model", "sentencepiece.bpe.model", "added_tokens.json", "config.json", "generation_config.json", "adapter_config.json", INK_LABELS_FILE };
    enum { TOKENIZERS = 10 };
    for (size_t i = 0; i < (tokenizers ? TOKENIZERS : sizeof beside / sizeof *beside); i++)
        INK_TRY(save_copy(from, folder, beside[i], err));
    return INK_OK;
}

/* The name of the file of what learns. */
static const char *save_file(const ink_learner *l) { return l->encoder ? INK_PROMPT_ENCODER_FILE : l->adapters.count ? "adapter_model" : "model"; }

static ink_status save_learned(const ink_nn_weights *w, const char *folder, const char *file, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/%s.safetensors", folder, file));
    return save_weights(w, path.text, err);
}

ink_status ink_save_model(const ink_learner *l, const char *folder, ink_err *err)
{
    const char *from = ink_weights_folder(l->learning->file);
    INK_TRY(ink_path_make(folder, err));
    if (from)
        INK_TRY(ink_save_beside(from, folder, false, err));
    if (l->tags)
        INK_TRY(ink_labels_write(l->tags, folder, l->adapters.count, err));
    if (l->template)
        INK_TRY(ink_template_leave(l->template, folder, err));
    INK_TRY(save_learned(l->learning, folder, save_file(l), err));
    if (!l->encoder)
        return INK_OK;
    ink_prompt_encoder_run(l->encoder);
    return save_learned(&l->adapters.list[0]->weights, folder, "adapter_model", err);
}

/* ---- checkpoints ---- */

enum { SAVE_NAME = 256 };

typedef struct save_part { /* what a checkpoint holds of each weight */
    const char *what;
    uint8_t *data;
    size_t count;   /* floats; the weight's own number: shaped like it */
} save_part;
enum { SAVE_PARTS = 4 };

/* The weight, the moments or the state of the optimiser, and the average. */
static size_t save_parts(const ink_optimiser *p, const ink_average *a, size_t i, save_part parts[SAVE_PARTS])
{
    const ink_nn_weights *w = p->l->learning;
    const ink_nn_weight *x = w->list[i];
    size_t n = 0;
    if (!x->learns)
        return 0;
    parts[n++] = (save_part){ "w", w->learned.data + x->at, x->tensor->count };
    if (p->kind->whole)
        parts[n++] = (save_part){ "s", p->first.data + p->states[i] * sizeof(float), p->kind->state(x) };
    else
        parts[n++] = (save_part){ "m", p->first.data + x->at, x->tensor->count };
    if (!p->kind->whole && p->kind->moments > 1)
        parts[n++] = (save_part){ "v", p->second.data + x->at, x->tensor->count };
    if (a->keep > 0)
        parts[n++] = (save_part){ "e", a->values.data + x->at, x->tensor->count };
    return n;
}

static ink_write_tensor save_state_of(const char *name, const ink_tensor *t, const save_part *part)
{
    ink_write_tensor out = save_tensor(name, t, INK_F32, part->data, part->count * sizeof(float));
    if (part->count != t->count) {
        out.ndim = 1;
        out.dims[0] = part->count;
    }
    return out;
}

static ink_status save_moments(const ink_optimiser *p, const ink_average *a, const char *folder, ink_err *err)
{
    const ink_nn_weights *w = p->l->learning;
    ink_path path;
    size_t count = 0;
    ink_write_tensor *list = calloc(SAVE_PARTS * w->count + 1, sizeof *list);
    char (*names)[SAVE_NAME] = calloc(SAVE_PARTS * w->count + 1, sizeof *names);
    ink_status status = list && names ? ink_path_format(&path, err, "%s/optimizer.safetensors", folder) : ink_fail(err, INK_E_MEMORY, "no memory to list the moments");
    for (size_t i = 0; status == INK_OK && i < w->count; i++) {
        save_part parts[SAVE_PARTS];
        const size_t n = save_parts(p, a, i, parts);
        for (size_t k = 0; k < n; k++, count++) {
            snprintf(names[count], SAVE_NAME, "%s.%s", parts[k].what, w->list[i]->name);
            list[count] = save_state_of(names[count], w->list[i]->tensor, &parts[k]);
        }
    }
    if (status == INK_OK)
        status = ink_safetensors_write(path.text, list, count, NULL, err);
    free(list);
    free(names);
    return status;
}

static ink_status save_state(const char *folder, const ink_train_state *s, ink_err *err)
{
    ink_path path;
    ink_json *root = ink_json_new_object();
    ink_json_set(root, "global_step", ink_json_new_integer((int64_t)s->step));
    ink_json_set(root, "best_metric", ink_json_new_number(s->best));
    ink_json_set(root, "best_step", ink_json_new_integer((int64_t)s->best_step));
    ink_json_set(root, "measured_since_best", ink_json_new_integer((int64_t)s->waited));
    ink_json_set(root, "plateau_best", ink_json_new_number(s->plateau.best));
    ink_json_set(root, "plateau_waited", ink_json_new_integer((int64_t)s->plateau.waited));
    ink_json_set(root, "plateau_factor", ink_json_new_number(s->plateau.factor));
    ink_status status = ink_path_format(&path, err, "%s/trainer_state.json", folder);
    if (status == INK_OK)
        status = ink_json_write(path.text, root, err);
    ink_json_free(root);
    return status;
}

static ink_status load_state(const char *folder, ink_train_state *s, ink_err *err)
{
    ink_path path;
    ink_json *root;
    INK_TRY(ink_path_format(&path, err, "%s/trainer_state.json", folder));
    INK_TRY(ink_json_read(path.text, 0, &root, err));
    const int64_t step = ink_json_integer(ink_json_get(root, "global_step"), 0);
    s->step = step > 0 ? (size_t)step : 0;
    s->best = ink_json_number(ink_json_get(root, "best_metric"), (double)INFINITY);
    s->best_step = (size_t)ink_json_integer(ink_json_get(root, "best_step"), 0);
    s->waited = (size_t)ink_json_integer(ink_json_get(root, "measured_since_best"), 0);
    s->plateau.best = ink_json_number(ink_json_get(root, "plateau_best"), (double)INFINITY);
    s->plateau.waited = (size_t)ink_json_integer(ink_json_get(root, "plateau_waited"), 0);
    s->plateau.factor = ink_json_number(ink_json_get(root, "plateau_factor"), 1);
    ink_json_free(root);
    return INK_OK;
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

ink_status ink_drop_checkpoints(const char *output, ink_err *err)
{
    ink_path best;
    INK_TRY(save_drop(output, 0, err));
    INK_TRY(ink_path_format(&best, err, "%s/best", output));
    return ink_path_delete(best.text, err);
}

static void save_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static ink_status load_tensor(const ink_weights *from, const char *name, size_t count, uint8_t *to, ink_err *err)
{
    const ink_tensor *t = ink_weights_find(from, name);
    if (!t || t->type != INK_F32 || t->count != count)
        return ink_fail(err, INK_E_FORMAT, "%s: %s is missing or has another shape; the checkpoint is of another run", ink_weights_path(from), name);
    memcpy(to, t->data, t->bytes);
    return INK_OK;
}

/* A folder beside its place, and then in it. */
static ink_status save_begin(const ink_path *path, ink_path *temp, ink_err *err)
{
    INK_TRY(ink_path_format(temp, err, "%s.tmp", path->text));
    INK_TRY(ink_path_delete(temp->text, err));
    return ink_path_make(temp->text, err);
}

static ink_status save_finish(const ink_path *path, const ink_path *temp, const char *output, ink_err *err)
{
    INK_TRY(ink_path_delete(path->text, err));
    if (rename(temp->text, path->text))
        return ink_fail(err, INK_E_IO, "%s: the checkpoint cannot be finished: %s", path->text, strerror(errno));
    save_sync(output);
    return INK_OK;
}

static ink_status save_checkpoint_in(const ink_optimiser *p, const ink_average *a, const char *folder, const ink_train_state *s, bool whole, ink_err *err)
{
    if (whole)
        INK_TRY(save_moments(p, a, folder, err));
    INK_TRY(ink_save_model(p->l, folder, err));
    return save_state(folder, s, err);
}

ink_status ink_save_checkpoint(const ink_optimiser *p, const ink_average *a, const char *output, const ink_train_state *s, bool whole, ink_err *err)
{
    ink_path temp, path;
    INK_TRY(ink_path_format(&path, err, "%s/checkpoint-%zu", output, s->step));
    INK_TRY(save_begin(&path, &temp, err));
    const ink_status status = save_checkpoint_in(p, a, temp.text, s, whole, err);
    if (status != INK_OK) { /* what was begun would only fill the disk */
        ink_path_delete(temp.text, NULL);
        return status;
    }
    INK_TRY(save_finish(&path, &temp, output, err));
    return save_drop(output, (size_t)p->o->save_total_limit, err);
}

ink_status ink_save_best(const ink_learner *l, const char *output, ink_err *err)
{
    ink_path temp, path;
    INK_TRY(ink_path_format(&path, err, "%s/best", output));
    INK_TRY(save_begin(&path, &temp, err));
    INK_TRY(ink_save_model(l, temp.text, err));
    return save_finish(&path, &temp, output, err);
}

ink_status ink_load_best(ink_learner *l, const char *output, ink_err *err)
{
    const ink_nn_weights *w = l->learning;
    ink_weights *from;
    ink_path path;
    ink_status status = INK_OK;
    INK_TRY(ink_path_format(&path, err, "%s/best/%s.safetensors", output, save_file(l)));
    INK_TRY(ink_weights_open(path.text, &from, err));
    for (size_t i = 0; status == INK_OK && i < w->count; i++)
        if (w->list[i]->learns)
            status = load_tensor(from, w->list[i]->tensor->name, w->list[i]->tensor->count, w->learned.data + w->list[i]->at, err);
    ink_weights_close(from);
    return status;
}

static ink_status load_moments(ink_optimiser *p, const ink_average *a, const char *folder, ink_err *err)
{
    const ink_nn_weights *w = p->l->learning;
    ink_weights *from;
    ink_path path;
    ink_status status = INK_OK;
    INK_TRY(ink_path_format(&path, err, "%s/optimizer.safetensors", folder));
    if (ink_file_kind(path.text) != 'f')
        return ink_fail(err, INK_E_NOT_FOUND, "%s holds a model alone, without the moments that a run goes on with (save_only_model); it can be what another run starts from", folder);
    INK_TRY(ink_weights_open(path.text, &from, err));
    for (size_t i = 0; status == INK_OK && i < w->count; i++) {
        save_part parts[SAVE_PARTS];
        const size_t n = save_parts(p, a, i, parts);
        for (size_t k = 0; status == INK_OK && k < n; k++) {
            char name[SAVE_NAME];
            snprintf(name, sizeof name, "%s.%s", parts[k].what, w->list[i]->name);
            status = load_tensor(from, name, parts[k].count, parts[k].data, err);
        }
    }
    ink_weights_close(from);
    return status;
}

/* Newer ones would be what the next --resume finds. */
static ink_status load_is_newest(const ink_path *path, const char *output, size_t step, ink_err *err)
{
    const size_t newest = save_list(output).newest;
    return newest <= step ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "%s/checkpoint-%zu is newer than %s: delete it, or name another output_dir", output, newest, path->text);
}

ink_status ink_load_checkpoint(ink_optimiser *p, const ink_average *a, const char *output, const char *from, ink_train_state *s, ink_err *err)
{
    ink_path path;
    const size_t newest = save_list(output).newest;
    if (!*from && !newest)
        return INK_OK;
    INK_TRY(*from ? ink_path_format(&path, err, "%s", from) : ink_path_format(&path, err, "%s/checkpoint-%zu", output, newest));
    INK_TRY(load_state(path.text, s, err));
    INK_TRY(load_is_newest(&path, output, s->step, err));
    return load_moments(p, a, path.text, err);
}
