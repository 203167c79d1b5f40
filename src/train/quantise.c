/* A base in fewer bits, for adapters that learn beside it (quantization_bit): written once into the run's folder, and opened like any other. */
#include "base/file.h"
#include "train/train.h"

#include <ink/convert.h>
#include <ink/weights.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The type of the largest tensor. */
static ink_status quantise_type(const char *path, ink_type *type, ink_err *err)
{
    ink_weights *w;
    size_t most = 0;
    INK_TRY(ink_weights_open(path, &w, err));
    for (size_t i = 0; i < ink_weights_count(w); i++) {
        const ink_tensor *t = ink_weights_at(w, i);
        *type = t->count > most ? t->type : *type;
        most = t->count > most ? t->count : most;
    }
    ink_weights_close(w);
    return INK_OK;
}

static void quantise_say(const ink_train_hooks *hooks, const char *text)
{
    if (hooks->say)
        hooks->say(hooks->user, text);
}

static ink_status quantise_into(const ink_train_options *o, const ink_train_hooks *hooks, const char *from, const char *to, ink_err *err)
{
    static const char *const types[] = { NULL, "Q4_K_M", "Q8_0" }; /* as the setting counts them */
    const ink_convert_options how = { .type = types[o->bits], .threads = (size_t)o->threads };
    ink_convert_report report;
    ink_err why = { 0 };
    char text[256];
    INK_TRY(ink_path_make(o->output_dir, err));
    const ink_status status = ink_convert(from, to, &how, &report, &why);
    if (status != INK_OK)
        return ink_fail(err, status, "quantization_bit writes the base as a GGUF first: %.700s", why.text);
    snprintf(text, sizeof text, "the base is quantised: %.1f MB of %s instead of %.1f", (double)report.bytes_out / 1e6, types[o->bits], (double)report.bytes_in / 1e6);
    quantise_say(hooks, text);
    return INK_OK;
}

ink_status ink_start_quantise(const ink_train_options *o, const ink_train_hooks *hooks, char **path, ink_err *err)
{
    ink_type type = INK_F32;
    ink_path to;
    if (!o->bits)
        return INK_OK;
    INK_TRY(quantise_type(*path, &type, err));
    if (ink_type_find((int)type)->block > 1) {
        quantise_say(hooks, "the model is quantised already, and stays as its file has it");
        return INK_OK;
    }
    INK_TRY(ink_path_format(&to, err, "%s/base-%s.gguf", o->output_dir, o->bits == 1 ? "4bit" : "8bit"));
    if (!o->resume || ink_file_kind(to.text) != 'f')
        INK_TRY(quantise_into(o, hooks, *path, to.text, err));
    free(*path);
    *path = strdup(to.text);
    return *path ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for a path");
}
