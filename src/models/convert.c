/* Conversion: a plan of every tensor that the other file gets, then one passage after the other. */
#include "models/convert.h"

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "models/voice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The type of a matrix or vector in a GGUF. Vectors stay whole: other programs want them so. */
static ink_type convert_type(const ink_conversion *c, const ink_write_tensor *t, ink_type from)
{
    const ink_type_info *info = ink_type_find((int)from);
    const bool whole = from >= INK_I8 && from <= INK_I64;
    if (whole || from == INK_F64)
        return from;
    if (!c->gguf)
        return c->mix ? c->mix->type : info->block > 1 ? INK_F16 : from;
    if (t->ndim == 1)
        return INK_F32;
    return c->mix ? ink_mix_type(c->mix, &c->model, t->name, (size_t)t->dims[t->ndim - 1], c->options->pure) : from;
}

ink_status ink_convert_add(ink_conversion *c, ink_write_tensor t, ink_passage p, ink_type from, ink_err *err)
{
    if (c->count == c->room)
        return ink_fail(err, INK_E_LIMIT, "%s: more tensors than were counted", c->from);
    t.type = convert_type(c, &t, from);
    const ink_type_info *info = ink_type_find((int)t.type);
    uint64_t count = 1;
    for (size_t i = 0; i < t.ndim; i++)
        count *= t.dims[i];
    if (t.dims[t.ndim - 1] % info->block)
        return ink_fail(err, INK_E_FORMAT, "%s: rows of %llu values are not whole blocks of %s", t.name, (unsigned long long)t.dims[t.ndim - 1], info->name);
    t.bytes = (size_t)(count / info->block * info->bytes);
    c->list[c->count] = t;
    c->passages[c->count++] = p;
    return INK_OK;
}

ink_status ink_convert_one(ink_conversion *c, ink_write_tensor t, const ink_tensor *from, ink_passage p, ink_err *err)
{
    p.parts = ink_arena_array(c->arena, 1, sizeof *p.parts);
    char *name = ink_arena_text(c->arena, t.name, strlen(t.name));
    if (!p.parts || !name)
        return ink_arena_refused(c->arena, sizeof *p.parts, err);
    p.parts[0] = from;
    p.part_count = 1;
    t.name = name;
    return ink_convert_add(c, t, p, from->type, err);
}

ink_status ink_convert_room(ink_conversion *c, size_t tensors, ink_err *err)
{
    c->room = tensors;
    c->list = ink_arena_array(c->arena, tensors + 1, sizeof *c->list);
    c->passages = ink_arena_array(c->arena, tensors + 1, sizeof *c->passages);
    return c->list && c->passages ? INK_OK : ink_arena_refused(c->arena, tensors * sizeof *c->list, err);
}

/* ---- writing ---- */

static ink_status convert_feed(void *user, size_t which, ink_write_sink *to, ink_err *err)
{
    ink_conversion *c = user;
    const ink_passing s = { .file = c->weights, .kernels = &c->kernels, .pool = c->pool };
    const ink_passage *p = &c->passages[which];
    if (c->options->progress && !c->options->progress(c->options->user, c->done, c->total))
        return ink_fail(err, INK_E_STOPPED, "%s: stopped; nothing was written", c->to);
    INK_TRY(ink_pass(&s, p, &c->list[which], to, err));
    for (size_t i = 0; i < p->part_count; i++)
        c->done += p->parts[i]->bytes;
    return INK_OK;
}

static void convert_report(const ink_conversion *c, ink_convert_report *r)
{
    uint64_t of_type[64] = { 0 }, most = 0;
    *r = (ink_convert_report){ .architecture = c->kind ? c->gguf ? c->kind->file : c->kind->hugging : "", .tensors = c->count, .left_out = c->left_out, .bytes_in = c->total };
    for (size_t i = 0; i < c->count; i++) {
        const ink_write_tensor *t = &c->list[i];
        const ink_type_info *info = ink_type_find((int)t->type);
        r->bytes_out += t->bytes;
        r->values += t->bytes / info->bytes * info->block;
        if ((size_t)t->type < 64 && (of_type[t->type] += t->bytes) > most) {
            most = of_type[t->type];
            snprintf(r->type, sizeof r->type, "%s", info->name);
        }
    }
}

ink_status ink_convert_write(ink_conversion *c, const ink_gguf_pairs *pairs, ink_err *err)
{
    const ink_write_feed feed = { convert_feed, c };
    ink_path path;
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->passages[i].part_count; k++)
            c->total += c->passages[i].parts[k]->bytes;
    if (pairs)
        return ink_gguf_write(c->to, pairs, c->list, c->count, &feed, err);
    INK_TRY(ink_path_format(&path, err, "%s/model.safetensors", c->to));
    return ink_safetensors_write(path.text, c->list, c->count, &feed, err);
}

/* ---- a GGUF into another: names and metadata stay ---- */

static size_t convert_number(const ink_weights *w, const char *key)
{
    char whole[160];
    const ink_meta *a = ink_weights_meta(w, "general.architecture");
    snprintf(whole, sizeof whole, "%.*s.%s", a && a->type == INK_META_TEXT ? (int)a->text.size : 0, a ? a->text.data : "", key);
    const ink_meta *m = ink_weights_meta(w, whole);
    return m && m->type == INK_META_INTEGER && m->integer > 0 ? (size_t)m->integer : 0;
}

static void convert_know(ink_conversion *c)
{
    const ink_weights *w = c->weights;
    const ink_meta *a = ink_weights_meta(w, "general.architecture");
    const size_t heads = convert_number(w, "attention.head_count"), shared = convert_number(w, "attention.head_count_kv");
    c->model = (ink_mix_model){ .layers = convert_number(w, "block_count"), .share = shared ? heads / shared : 1, .experts = convert_number(w, "expert_count"),
                                .tied = !ink_weights_find(w, "output.weight"), .importance = c->importance.count,
                                .falcon = a && a->type == INK_META_TEXT && a->text.size == 6 && !memcmp(a->text.data, "falcon", 6) };
}

static bool convert_stale(const ink_meta *m)
{
    static const char *const keys[] = { "general.file_type", "general.quantization_version", "general.alignment", "split.no", "split.count", "split.tensors.count" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (m->key.size == strlen(keys[i]) && !memcmp(m->key.data, keys[i], m->key.size))
            return true;
    return false;
}

static ink_status convert_again(ink_conversion *c, ink_err *err)
{
    ink_gguf_pairs pairs;
    convert_know(c);
    INK_TRY(ink_convert_room(c, ink_weights_count(c->weights), err));
    for (size_t i = 0; i < ink_weights_count(c->weights); i++) {
        const ink_tensor *t = ink_weights_at(c->weights, i);
        ink_write_tensor as = { .name = t->name, .ndim = t->ndim };
        memcpy(as.dims, t->dims, sizeof as.dims);
        ink_passage p = { .weight = ink_importance_find(&c->importance, t->name, (size_t)t->dims[t->ndim - 1]) };
        INK_TRY(ink_convert_one(c, as, t, p, err));
    }
    ink_gguf_pairs_init(&pairs);
    for (size_t i = 0; i < ink_weights_meta_count(c->weights); i++)
        if (!convert_stale(ink_weights_meta_at(c->weights, i)))
            ink_gguf_meta(&pairs, ink_weights_meta_at(c->weights, i));
    ink_convert_about(c, &pairs);
    ink_status status = ink_convert_write(c, &pairs, err);
    ink_gguf_pairs_clear(&pairs);
    return status;
}

void ink_convert_about(const ink_conversion *c, ink_gguf_pairs *pairs)
{
    enum { QUANTIZATION_VERSION = 2 };
    ink_gguf_count(pairs, "general.quantization_version", QUANTIZATION_VERSION);
    if (c->mix)
        ink_gguf_count(pairs, "general.file_type", c->mix->file);
}

/* ---- the call ---- */

static ink_status convert_open(ink_conversion *c, ink_err *err)
{
    const ink_convert_options *o = c->options;
    c->gguf = ink_ends(c->to, ".gguf");
    if (o->type && !(c->mix = ink_mix_named(o->type)))
        return ink_fail(err, INK_E_ARGUMENT, "\"%.40s\" is no type that can be written; inkstone quantize --help lists them", o->type);
    if (c->mix && !c->gguf && ink_type_find((int)c->mix->type)->block > 1)
        return ink_fail(err, INK_E_ARGUMENT, "%s: a folder holds F32, F16 or BF16; blocks go into a file that ends in .gguf", c->to);
    INK_TRY(ink_kernels_init(&c->kernels, err));
    INK_TRY(ink_arena_new("conversion", 0, &c->arena, err));
    INK_TRY(ink_pool_new(o->threads, &c->pool, err));
    if (o->importance)
        INK_TRY(ink_importance_read(&c->importance, o->importance, c->arena, err));
    return ink_weights_open(c->from, &c->weights, err);
}

/* For the report: what was written is looked at. */
static ink_status convert_voice_told(ink_conversion *c, ink_err *err)
{
    ink_weights *w;
    INK_TRY(ink_weights_open(c->to, &w, err));
    ink_status status = ink_convert_room(c, ink_weights_count(w), err);
    for (size_t i = 0; status == INK_OK && i < ink_weights_count(w); i++) {
        const ink_tensor *t = ink_weights_at(w, i);
        c->list[c->count++] = (ink_write_tensor){ .name = "", .type = t->type, .bytes = t->bytes };
        c->total += t->bytes;
    }
    ink_weights_close(w);
    return status;
}

/* A voice speaks the same samples from its GGUF, so its tensors stay what they are. */
static ink_status convert_voice(ink_conversion *c, ink_err *err)
{
    ink_voice *v;
    if (!c->gguf || c->mix)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is a voice; it is converted into a file that ends in .gguf, its tensors as they are", c->from);
    INK_TRY(ink_voice_open(c->from, &v, err));
    ink_status status = ink_voice_save(v, c->to, err);
    ink_voice_close(v);
    return status == INK_OK ? convert_voice_told(c, err) : status;
}

static ink_status convert_all(ink_conversion *c, ink_err *err)
{
    INK_TRY(convert_open(c, err));
    const bool gguf = !strcmp(ink_weights_format(c->weights), "gguf");
    if (ink_voice_is(c->weights))
        return convert_voice(c, err);
    if (!gguf && strcmp(ink_weights_format(c->weights), "safetensors"))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: is %s; GGUF and safetensors are converted", c->from, ink_weights_format(c->weights));
    if (gguf && c->gguf)
        return convert_again(c, err);
    return ink_convert_model(c, err);
}

ink_status ink_convert(const char *from, const char *to, const ink_convert_options *options, ink_convert_report *report, ink_err *err)
{
    static const ink_convert_options none;
    ink_conversion c = { .from = from, .to = to, .options = options ? options : &none };
    const int64_t began = ink_clock_ns();
    ink_status status = convert_all(&c, err);
    if (status == INK_OK && report) {
        convert_report(&c, report);
        report->seconds = 1e-9 * (double)(ink_clock_ns() - began);
    }
    ink_pool_free(c.pool);
    ink_model_close(c.opened);
    ink_weights_close(c.opened ? NULL : c.weights);
    ink_arena_free(c.arena);
    return status;
}

const char *ink_convert_type(size_t i, const char **about)
{
    const ink_mix *mix = ink_mix_at(i);
    if (about)
        *about = mix ? mix->about : NULL;
    return mix ? mix->name : NULL;
}
