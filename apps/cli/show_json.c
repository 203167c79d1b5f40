/* What inkstone show prints for a program. */
#include "show.h"

static void json_number(ink_jot *j, const char *key, size_t v)
{
    if (v)
        ink_jot_integer(j, key, (int64_t)v);
}

static void json_value(ink_jot *j, const char *key, const ink_meta *m)
{
    if (m->type == INK_META_TEXT)
        ink_jot_bytes(j, key, m->text.data, m->text.size);
    else if (m->type == INK_META_BOOL)
        ink_jot_bool(j, key, m->boolean);
    else if (m->type == INK_META_INTEGER)
        ink_jot_integer(j, key, m->integer);
    else
        ink_jot_number(j, key, m->real);
}

static void json_array(ink_jot *j, const char *key, const ink_meta *m)
{
    ink_jot_array(j, key);
    for (size_t i = 0; i < m->count; i++)
        if (m->element == INK_META_TEXT) {
            ink_text t = ink_meta_text_at(m, i);
            ink_jot_bytes(j, NULL, t.data, t.size);
        } else if (m->element == INK_META_BOOL)
            ink_jot_bool(j, NULL, ink_meta_number_at(m, i) != 0);
        else
            ink_jot_number(j, NULL, ink_meta_number_at(m, i));
    ink_jot_end(j);
}

/* Long arrays (vocabularies) only on demand. */
static void json_metadata(const show_all *s, ink_jot *j)
{
    ink_jot_object(j, "metadata");
    for (size_t i = 0; i < ink_weights_meta_count(s->w); i++) {
        const ink_meta *m = ink_weights_meta_at(s->w, i);
        const char *key = ink_arena_text(s->arena, m->key.data, m->key.size);
        if (m->type != INK_META_ARRAY)
            json_value(j, key, m);
        else if (m->count <= SHOW_ARRAY || s->options->metadata)
            json_array(j, key, m);
        else {
            ink_jot_object(j, key);
            ink_jot_integer(j, "count", (int64_t)m->count);
            ink_jot_end(j);
        }
    }
    ink_jot_end(j);
}

static void json_tensors(const show_all *s, ink_jot *j)
{
    ink_jot_array(j, "tensors");
    for (size_t i = 0; i < ink_weights_count(s->w); i++) {
        const ink_tensor *t = ink_weights_at(s->w, i);
        ink_jot_object(j, NULL);
        ink_jot_text(j, "name", t->name);
        ink_jot_text(j, "type", ink_type_find((int)t->type)->name);
        ink_jot_array(j, "shape");
        for (size_t d = 0; d < t->ndim; d++)
            ink_jot_integer(j, NULL, (int64_t)t->dims[d]);
        ink_jot_end(j);
        ink_jot_integer(j, "bytes", (int64_t)t->bytes);
        ink_jot_end(j);
    }
    ink_jot_end(j);
}

static void json_about(const show_all *s, ink_jot *j)
{
    const ink_about *a = &s->about;
    ink_jot_text(j, "architecture", a->architecture);
    ink_jot_text(j, "name", a->name);
    ink_jot_text(j, "licence", a->licence);
    json_number(j, "context", a->context);
    json_number(j, "window", a->window);
    json_number(j, "layers", a->layers);
    json_number(j, "width", a->width);
    json_number(j, "heads", a->heads);
    json_number(j, "kv_heads", a->kv_heads);
    json_number(j, "head_dim", a->head_dim);
    json_number(j, "ffn", a->ffn);
    ink_jot_object(j, "parameters");
    ink_jot_integer(j, "weights", (int64_t)a->weights);
    ink_jot_integer(j, "biases", (int64_t)a->biases);
    ink_jot_integer(j, "others", (int64_t)a->others);
    ink_jot_text(j, "type", ink_type_find((int)a->type)->name);
    ink_jot_text(j, "embedding", a->embedding ? a->embedding->name : NULL);
    ink_jot_text(j, "head", a->head ? a->head->name : NULL);
    ink_jot_end(j);
    ink_jot_object(j, "tokenizer");
    ink_jot_text(j, "kind", a->tokenizer);
    ink_jot_text(j, "split", a->split);
    json_number(j, "vocab", a->vocab);
    ink_jot_end(j);
    ink_jot_text(j, "chat_template", a->chat_template);
}

void show_json(const show_all *s)
{
    const show_memory *m = &s->memory;
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", ink_weights_path(s->w));
    ink_jot_text(&j, "format", ink_weights_format(s->w));
    ink_jot_integer(&j, "bytes", (int64_t)ink_weights_bytes(s->w));
    json_about(s, &j);
    ink_jot_object(&j, "memory");
    ink_jot_integer(&j, "context", (int64_t)m->context);
    ink_jot_integer(&j, "weights", (int64_t)m->weights);
    ink_jot_integer(&j, "kv", (int64_t)m->kv);
    ink_jot_integer(&j, "total", (int64_t)m->total);
    ink_jot_integer(&j, "machine", (int64_t)m->machine.total);
    ink_jot_integer(&j, "available", (int64_t)m->machine.available);
    ink_jot_bool(&j, "fits", show_fits(m));
    ink_jot_end(&j);
    json_metadata(s, &j);
    json_tensors(s, &j);
    cli_jot_finish(&j);
}
