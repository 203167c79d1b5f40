/* What `convert` and `quantize` share: one conversion with its bar and its report. */
#include "passage.h"

#include <ink/store.h>
#include <stdlib.h>

static bool passage_progress(void *user, uint64_t done, uint64_t total)
{
    cli_progress_step(user, "converting", done, total);
    return !cli_stop_asked();
}

static void passage_json(const char *to, const ink_convert_report *r)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", to);
    if (*r->architecture)
        ink_jot_text(&j, "architecture", r->architecture);
    ink_jot_text(&j, "type", r->type);
    ink_jot_integer(&j, "tensors", (int64_t)r->tensors);
    ink_jot_integer(&j, "values", (int64_t)r->values);
    ink_jot_integer(&j, "bytes_in", (int64_t)r->bytes_in);
    ink_jot_integer(&j, "bytes_out", (int64_t)r->bytes_out);
    ink_jot_integer(&j, "left_out", (int64_t)r->left_out);
    ink_jot_number(&j, "seconds", r->seconds);
    cli_jot_finish(&j);
}

static void passage_text(const char *to, const ink_convert_report *r)
{
    char in[32], out[32];
    cli_size((double)r->bytes_in, in, sizeof in);
    cli_size((double)r->bytes_out, out, sizeof out);
    printf("%s: %zu tensors, mostly %s, %s from %s: %.2f bits a value; %.1f s\n", to, r->tensors, r->type, out, in, 8.0 * (double)r->bytes_out / (double)(r->values + !r->values), r->seconds);
    if (r->left_out)
        cli_note("%zu tensors of the head for masked words were left out: a GGUF has no place for them", r->left_out);
}

ink_status cli_passage(const char *from, const char *to, ink_convert_options *how, bool json, ink_err *err)
{
    cli_progress bar = { 0 };
    ink_convert_report r;
    char *path;
    INK_TRY(ink_store_resolve(from, &path, err));
    cli_stop_catch();
    how->progress = passage_progress;
    how->user = &bar;
    ink_status status = ink_convert(path, to, how, &r, err);
    cli_progress_end(&bar);
    free(path);
    INK_TRY(status);
    (json ? passage_json : passage_text)(to, &r);
    return INK_OK;
}
