/* A base of the run's own, written once into its folder and opened like any other: in fewer bits, for adapters that learn beside it (quantization_bit);
   or as a Hugging Face folder of floats, where all of a GGUF is to change. */
#include "base/file.h"
#include "train/train.h"

#include <ink/convert.h>
#include <ink/weights.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct base_copy {
    const char *name, *last, *type, *said, *before; /* last: the file whose presence says that it is whole; before: the sentence of what went wrong */
} base_copy;

static const base_copy base_copies[] = { /* as quantization_bit counts them */
    { "base-f32", "/model.safetensors", "F32", "all of the model changes, so it is a folder of floats first", "all of a GGUF changes as a Hugging Face folder, which it becomes first" },
    { "base-4bit.gguf", "", "Q4_K_M", "the base is quantised", "quantization_bit writes the base as a GGUF first" },
    { "base-8bit.gguf", "", "Q8_0", "the base is quantised", "quantization_bit writes the base as a GGUF first" },
};

/* Whether it is a GGUF, and whether its largest tensor is quantised. */
static ink_status base_look(const char *path, bool *gguf, bool *quantised, ink_err *err)
{
    ink_weights *w;
    size_t most = 0;
    *quantised = false;
    INK_TRY(ink_weights_open(path, &w, err));
    *gguf = !strcmp(ink_weights_format(w), "gguf");
    for (size_t i = 0; i < ink_weights_count(w); i++) {
        const ink_tensor *t = ink_weights_at(w, i);
        *quantised = t->count > most ? ink_type_find((int)t->type)->block > 1 : *quantised;
        most = t->count > most ? t->count : most;
    }
    ink_weights_close(w);
    return INK_OK;
}

static void base_say(const ink_train_hooks *hooks, const char *text)
{
    if (hooks->say)
        hooks->say(hooks->user, text);
}

static ink_status base_write(const ink_train_options *o, const base_copy *c, const ink_train_hooks *hooks, const char *from, const char *to, ink_err *err)
{
    const ink_convert_options how = { .type = c->type, .threads = (size_t)o->threads };
    ink_convert_report report;
    ink_err why = { 0 };
    char text[256];
    INK_TRY(ink_path_make(o->output_dir, err));
    const ink_status status = ink_convert(from, to, &how, &report, &why);
    if (status != INK_OK)
        return ink_fail(err, status, "%s: %.700s", c->before, why.text);
    snprintf(text, sizeof text, "%s: %.1f MB of %s instead of %.1f", c->said, (double)report.bytes_out / 1e6, c->type, (double)report.bytes_in / 1e6);
    base_say(hooks, text);
    return INK_OK;
}

ink_status ink_start_base(const ink_train_options *o, const ink_method *method, const ink_train_hooks *hooks, char **path, ink_err *err)
{
    const base_copy *copy = &base_copies[o->bits];
    bool gguf, quantised;
    ink_path to, last;
    if (!o->bits && method->adapter)
        return INK_OK;
    INK_TRY(base_look(*path, &gguf, &quantised, err));
    if (o->bits && quantised)
        base_say(hooks, "the model is quantised already, and stays as its file has it");
    if (o->bits ? quantised : !gguf)
        return INK_OK;
    INK_TRY(ink_path_format(&to, err, "%s/%s", o->output_dir, copy->name));
    INK_TRY(ink_path_format(&last, err, "%s%s", to.text, copy->last));
    if (!o->resume || ink_file_kind(last.text) != 'f')
        INK_TRY(base_write(o, copy, hooks, *path, to.text, err));
    free(*path);
    *path = strdup(to.text);
    return *path ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for a path");
}
