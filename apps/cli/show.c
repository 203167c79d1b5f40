/* inkstone show MODEL: what is inside a file or folder of weights, of whatever architecture. */
#include "show.h"

#include <ink/file.h>
#include <ink/store.h>
#include <stdlib.h>
#include <string.h>

enum { SHOW_CONTEXT = 8192, SHOW_PIECE = 16384 }; /* usual tokens; elements written at a time, a multiple of every block */

static const ink_param show_params[] = {
    { .name = "model", .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(show_options, model), .value = "MODEL",
      .help = "catalogue name, file or folder, or hf:user/repo[:quant]" },
    { .name = "ctx", .type = INK_PARAM_INT, .at = offsetof(show_options, ctx), .min = 1, .max = 1 << 30, .def = 0, .shown = "the model's, at most 8192",
      .help = "tokens of context to reckon the memory for" },
    { .name = "tensors", .type = INK_PARAM_BOOL, .at = offsetof(show_options, tensors), .help = "list every tensor, not groups of them" },
    { .name = "metadata", .type = INK_PARAM_BOOL, .at = offsetof(show_options, metadata), .help = "list the metadata too" },
    { .name = "template", .type = INK_PARAM_BOOL, .at = offsetof(show_options, template), .help = "print the chat template and nothing else" },
    { .name = "tensor", .type = INK_PARAM_TEXT, .at = offsetof(show_options, tensor), .value = "NAME", .help = "write this tensor's elements to a file" },
    { .name = "output", .flag = 'o', .type = INK_PARAM_PATH, .at = offsetof(show_options, output), .help = "that file: little-endian f32 and nothing else" },
    CLI_JSON(show_options),
    { 0 },
};

static show_memory show_reckon(const show_all *s)
{
    size_t usual = s->about.context && s->about.context < SHOW_CONTEXT ? s->about.context : SHOW_CONTEXT, width = s->about.type == INK_F32 ? 4 : 2;
    show_memory m = { .context = s->options->ctx ? (uint64_t)s->options->ctx : usual, .weights = s->about.weight_bytes, .machine = ink_memory_read() };
    m.kv = s->about.kv_values * width * m.context;
    m.total = m.weights + m.kv;
    return m;
}

bool show_fits(const show_memory *m)
{
    return !m->machine.available || m->total <= m->machine.available;
}

static ink_status show_save_pieces(const ink_tensor *t, ink_writer *out, ink_err *err)
{
    const ink_type_info *info = ink_type_find((int)t->type);
    float piece[SHOW_PIECE];
    for (uint64_t at = 0; at < t->count; at += SHOW_PIECE) {
        size_t n = t->count - at < SHOW_PIECE ? (size_t)(t->count - at) : SHOW_PIECE;
        ink_dequantize(t->type, t->data + at / info->block * info->bytes, n, piece);
        INK_TRY(ink_writer_add(out, piece, n * sizeof *piece, err));
    }
    return INK_OK;
}

static ink_status show_save(const ink_tensor *t, const char *path, ink_err *err)
{
    ink_writer out;
    INK_TRY(ink_writer_begin(&out, path, err));
    ink_status status = show_save_pieces(t, &out, err);
    if (status == INK_OK)
        status = ink_writer_commit(&out, err);
    ink_writer_abandon(&out);
    return status;
}

static ink_status show_missing(const show_all *s, ink_err *err)
{
    size_t n = ink_weights_count(s->w);
    const char **names = ink_arena_array(s->arena, n + 1, sizeof *names), *near;
    for (size_t i = 0; names && i < n; i++)
        names[i] = ink_weights_at(s->w, i)->name;
    near = names ? ink_param_nearest(s->options->tensor, names) : NULL;
    return ink_fail(err, INK_E_NOT_FOUND, "%s: has no tensor %.200s; %s%.200s%s", ink_weights_path(s->w), s->options->tensor,
                    near ? "did you mean " : "--tensors lists them all", near ? near : "", near ? "?" : "");
}

/* The model's licence, where its own files do not say: the catalogue's. */
static const char *show_licence(const char *name, ink_arena *arena)
{
    ink_store_list list;
    const char *licence = NULL;
    if (ink_store_list_read(&list, NULL))
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        if (list.at[i].licence && !strcmp(list.at[i].name, name))
            licence = ink_arena_text(arena, list.at[i].licence, strlen(list.at[i].licence));
    ink_store_list_clear(&list);
    return licence;
}

static ink_status show_report(const show_all *s, ink_err *err)
{
    if (s->options->template && !s->about.chat_template)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: has no chat template", ink_weights_path(s->w));
    if (s->options->template)
        fputs(s->about.chat_template, stdout);
    else if (s->options->json)
        show_json(s);
    else
        return show_text(s, err);
    return INK_OK;
}

static ink_status show_opened(const show_options *o, const ink_weights *w, ink_err *err)
{
    show_all s = { .options = o, .w = w };
    INK_TRY(ink_arena_new("show", 0, &s.arena, err));
    const ink_tensor *t = o->tensor ? ink_weights_find(w, o->tensor) : NULL;
    ink_status status;
    if (o->tensor)
        status = t ? show_save(t, o->output, err) : show_missing(&s, err);
    else {
        s.about = ink_about_read(w, s.arena);
        s.about.licence = s.about.licence ? s.about.licence : show_licence(o->model, s.arena);
        s.memory = show_reckon(&s);
        status = show_report(&s, err);
    }
    ink_arena_free(s.arena);
    return status;
}

static ink_status show_run(const void *options, ink_err *err)
{
    const show_options *o = options;
    char *path = NULL;
    ink_weights *w = NULL;
    if (!o->tensor != !o->output)
        return ink_fail(err, INK_E_ARGUMENT, "--tensor NAME and -o FILE go together: which tensor, and where to");
    INK_TRY(ink_store_resolve(o->model, &path, err));
    ink_status status = ink_weights_open(path, &w, err);
    if (status == INK_OK)
        status = show_opened(o, w, err);
    ink_weights_close(w);
    free(path);
    return status;
}

const cli_command cli_show = {
    .params = show_params,
    .size = sizeof(show_options),
    .about = "Any GGUF or safetensors file can be shown, whatever its architecture, and so can a folder from Hugging Face. Names of tensors are the file's "
             "own; shapes come outermost dimension first, so that a linear weight is outputs × inputs.\n\n"
             "Memory is what the weights take and, for models that write token after token, the keys and values of the given context.",
    .examples = { { "show smollm2", "what a model is, and whether it fits this machine" },
                  { "show model.gguf --ctx 32768", "the memory that a long context takes" },
                  { "show model.gguf --tensor token_embd.weight -o embedding.f32", "take one tensor out, dequantised" } },
    .run = show_run,
};
