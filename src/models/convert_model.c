/* Between a GGUF and a Hugging Face folder: the architecture says which tensors there are, its rules what each form calls them, its
   tables what each form calls its settings. */
#include "models/convert.h"
#include "models/pooling.h"
#include "models/tokenizer.h"

#include "base/file.h"
#include "base/path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct convert_model {
    ink_conversion *c;
    const ink_architecture *a;
    const ink_config *config;
    ink_nn_weights asked;
} convert_model;

static ink_status model_kind(ink_conversion *c, ink_err *err)
{
    const ink_architecture *a = ink_model_architecture(c->opened);
    const char *name = ink_model_kind(c->opened);
    ink_name_change unused;
    for (const ink_kind *k = a->kinds; k && k->file; k++)
        if (!strcmp(c->gguf ? k->hugging : k->file, name) && (c->gguf || ((!k->tensor || ink_names_find(a->rules, c->weights, k->tensor, &unused, NULL)) && (!k->tokenizer || ink_config_says(c->weights, "tokenizer.ggml.model", k->tokenizer))))) {
            c->kind = k;
            return INK_OK;
        }
    for (const ink_kind *k = a->kinds; k && k->file; k++) /* from a folder to a folder the name stays, whichever it is */
        if (!strcmp(k->hugging, name) || !strcmp(k->file, name))
            c->kind = k;
    return c->kind ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s: models of architecture \"%s\" cannot be converted: inkstone does not know what the other form calls it", c->from, name);
}

/* Of an encoder's head for masked words. */
static bool model_mask(const char *name)
{
    static const char *const heads[] = { "cls.predictions.", "lm_head.", "vocab_" };
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        if (!strncmp(name, heads[k], strlen(heads[k])))
            return true;
    return false;
}

static bool model_masks(const ink_weights *w)
{
    for (size_t i = 0; i < ink_weights_count(w); i++)
        if (model_mask(ink_weights_at(w, i)->name))
            return true;
    return false;
}

static ink_status model_ask(convert_model *m, ink_err *err)
{
    ink_conversion *c = m->c;
    m->asked = (ink_nn_weights){ .file = c->weights, .rules = m->a->rules, .arena = c->arena, .dense = true };
    const bool head = !m->a->encoder || model_masks(c->weights);
    INK_TRY((head ? ink_architecture_ask : ink_architecture_ask_body)(m->a, m->config, &m->asked, err));
    INK_TRY(ink_nn_weights_complete(&m->asked, err));
    size_t kept = 0;
    for (size_t i = 0; i < m->asked.count; i++)
        if (!c->gguf || !m->a->encoder || !model_mask(m->asked.list[i]->name))
            m->asked.list[kept++] = m->asked.list[i];
    c->left_out = m->asked.count - kept;
    m->asked.count = kept;
    return ink_convert_room(c, m->asked.count + 2, err);
}

/* ---- tensors ---- */

static ink_write_tensor model_shape(const ink_nn_weight *w, const char *name, bool turned)
{
    ink_write_tensor t = { .name = name, .ndim = w->tensor->ndim };
    for (size_t i = 0; i < t.ndim; i++)
        t.dims[i] = w->tensor->dims[turned ? t.ndim - 1 - i : i];
    return t;
}

/* The first of a stack makes room for all; each finds its place by coming in order. */
static ink_status model_expert(convert_model *m, const ink_nn_weight *w, const char *own, ink_err *err)
{
    ink_conversion *c = m->c;
    const size_t experts = m->config->experts;
    for (size_t i = c->count; i--;)
        if (!strcmp(c->list[i].name, own)) {
            if (c->passages[i].part_count == experts)
                return ink_fail(err, INK_E_FORMAT, "%s: more experts of %s than the configuration names", c->from, w->name);
            c->passages[i].parts[c->passages[i].part_count++] = w->tensor;
            return INK_OK;
        }
    ink_write_tensor t = { .name = ink_arena_text(c->arena, own, strlen(own)), .ndim = w->tensor->ndim + 1, .dims = { experts } };
    ink_passage p = { .parts = ink_arena_array(c->arena, experts, sizeof *p.parts), .part_count = 1 };
    if (!t.name || !p.parts)
        return ink_arena_refused(c->arena, experts * sizeof *p.parts, err);
    memcpy(t.dims + 1, w->tensor->dims, w->tensor->ndim * sizeof *t.dims);
    p.parts[0] = w->tensor;
    p.weight = ink_importance_find(&c->importance, own, (size_t)t.dims[t.ndim - 1]);
    return ink_convert_add(c, t, p, w->tensor->type, err);
}

/* Rows that the table of positions gets before those of the file, or loses (below 0): a sequence's first position is that after the padding's
   token, and a GGUF begins with it. */
static ptrdiff_t model_before(const convert_model *m)
{
    if (m->c->gguf)
        return -(ptrdiff_t)m->config->first_position;
    return m->a->late && !ink_weights_folder(m->c->weights) ? (ptrdiff_t)m->config->padding + 1 : 0;
}

static ink_status model_tensor(convert_model *m, const ink_nn_weight *w, ink_err *err)
{
    ink_conversion *c = m->c;
    char own[INK_NAMES_LONGEST];
    ink_passage p = { .undo = w->change, .heads = w->heads };
    snprintf(own, sizeof own, "%s", w->name);
    p.make = c->gguf ? ink_names_foreign(m->a->rules, "gguf", w->name, m->config->variant, own) : ink_names_change(m->a->rules, "safetensors", w->name);
    if (p.make == INK_NAME_EXPERT)
        return model_expert(m, w, own, err);
    ink_write_tensor t = model_shape(w, own, (p.undo == INK_NAME_TRANSPOSED) != (p.make == INK_NAME_TRANSPOSED));
    if (m->a->late && !strcmp(w->name, m->a->late)) {
        p.before = model_before(m);
        t.dims[0] += (uint64_t)p.before;
    }
    p.weight = ink_importance_find(&c->importance, own, (size_t)t.dims[t.ndim - 1]);
    return ink_convert_one(c, t, w->tensor, p, err);
}

/* Llama 3's blend of frequencies is a tensor of divisors in a GGUF, and LongRoPE's are two. */
static ink_status model_divisors(convert_model *m, ink_err *err)
{
    static const char *const stretches[] = { "rope_factors_short.weight", "rope_factors_long.weight" };
    const ink_rope_options *r = &m->config->rope;
    for (size_t i = 0; i < 2 && m->c->gguf && r->scaling == INK_ROPE_LONG; i++)
        INK_TRY(ink_convert_add(m->c, (ink_write_tensor){ .name = stretches[i], .ndim = 1, .dims = { r->dims / 2 } }, (ink_passage){ .made = r->stretch[i] }, INK_F32, err));
    ink_rope_options plain = *r;
    plain.scaling = INK_ROPE_PLAIN;
    if (!m->c->gguf || r->scaling != INK_ROPE_LLAMA3)
        return INK_OK;
    float *by = ink_arena_array(m->c->arena, r->dims / 2, sizeof *by);
    if (!by)
        return ink_arena_refused(m->c->arena, r->dims / 2 * sizeof *by, err);
    for (size_t i = 0; i < r->dims / 2; i++)
        by[i] = (float)(ink_nn_rope_frequency(&plain, i) / ink_nn_rope_frequency(r, i));
    return ink_convert_add(m->c, (ink_write_tensor){ .name = "rope_freqs.weight", .ndim = 1, .dims = { r->dims / 2 } }, (ink_passage){ .made = by }, INK_F32, err);
}

/* The other way round: of the blends that models were made with, the one that gives these divisors. */
static ink_status model_blend(convert_model *m, ink_config *config, ink_err *err)
{
    const ink_tensor *t = m->config->rope.divisors ? ink_weights_find(m->c->weights, m->config->rope.divisors) : NULL;
    if (!t)
        return INK_OK;
    float by[2048];
    const double factors[] = { 8, 32, 4, 16 };
    ink_rope_options plain = config->rope, *r = &config->rope;
    if (t->count != r->dims / 2 || t->count > sizeof by / sizeof *by)
        return ink_fail(err, INK_E_FORMAT, "%s: %s has %zu values, but %zu pairs rotate", m->c->from, t->name, (size_t)t->count, r->dims / 2);
    ink_dequantize(t->type, t->data, t->count, by);
    *r = (ink_rope_options){ .dims = r->dims, .base = r->base, .scaling = INK_ROPE_LLAMA3, .low = 1, .high = 4, .original = 8192, .attention = r->attention };
    for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
        size_t same = 0;
        r->factor = factors[f];
        while (same < t->count && fabs((double)by[same] * ink_nn_rope_frequency(r, same) / ink_nn_rope_frequency(&plain, same) - 1) < 1e-5)
            same++;
        if (same == t->count)
            return INK_OK;
    }
    return ink_fail(err, INK_E_UNSUPPORTED, "%s: its rotary frequencies (%s) are none of Llama 3's, so config.json has no words for them", m->c->from, t->name);
}

static ink_status model_tensors(convert_model *m, ink_err *err)
{
    const ink_config *config = m->config;
    m->c->model = (ink_mix_model){ .layers = config->layers, .share = config->kv_heads ? config->heads / config->kv_heads : 1, .importance = m->c->importance.count,
                                   .falcon = !strcmp(m->a->name, "falcon"), .tied = true };
    for (size_t i = 0; i < m->asked.count; i++)
        m->c->model.tied &= strcmp(m->asked.list[i]->name, ink_architecture_output(m->a)) != 0;
    for (size_t i = 0; i < m->asked.count; i++)
        INK_TRY(model_tensor(m, m->asked.list[i], err));
    return model_divisors(m, err);
}

/* ---- into a GGUF ---- */

static ink_status model_tokenizer(convert_model *m, ink_gguf_pairs *pairs, ink_err *err)
{
    ink_tokenizer_spec spec;
    ink_tokenizer_source source;
    ink_err why;
    ink_status status = ink_tokenizer_read(m->c->weights, &spec, &source, &why);
    if (!status)
        status = pairs ? ink_tokenizer_to_gguf(&spec, m->config->vocab, pairs, &why) : ink_tokenizer_to_folder(&spec, m->config->types > 1, m->c->to, &why);
    ink_tokenizer_read_clear(&spec, &source);
    if (status == INK_E_NOT_FOUND && pairs)
        ink_gguf_text(pairs, "tokenizer.ggml.model", "none", 4);
    return status == INK_OK || status == INK_E_NOT_FOUND ? INK_OK : ink_fail(err, status, "%s", why.text);
}

/* A folder's last part. */
static ink_text model_name(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    size_t from = n;
    while (from && path[from - 1] != '/')
        from--;
    return (ink_text){ path + from, n - from };
}

/* Whether the metadata say the same as what was read: a file of them alone is opened for it. */
static ink_status model_check(const convert_model *m, const ink_gguf_pairs *pairs, ink_err *err)
{
    ink_path path;
    ink_weights *w = NULL;
    ink_config config = { 0 };
    INK_TRY(ink_path_format(&path, err, "%s.metadata", m->c->to));
    ink_status status = ink_gguf_write(path.text, pairs, NULL, 0, NULL, err);
    if (!status)
        status = ink_weights_open(path.text, &w, err);
    if (!status)
        status = m->a->configure(&(ink_settings){ .weights = w, .architecture = m->c->kind->file }, &config, err);
    if (!status)
        status = ink_config_same(m->a, m->config, &config, "a GGUF", err);
    ink_weights_close(w);
    ink_path_delete(path.text, NULL);
    return status;
}

static ink_status model_to_gguf(convert_model *m, ink_err *err)
{
    ink_gguf_pairs pairs;
    const ink_text name = model_name(m->c->from);
    const char *kind = m->c->kind->file;
    char key[96];
    ink_gguf_pairs_init(&pairs);
    ink_gguf_text(&pairs, "general.architecture", kind, strlen(kind));
    ink_gguf_text(&pairs, "general.type", "model", 5);
    ink_gguf_text(&pairs, "general.name", name.data, name.size);
    ink_convert_about(m->c, &pairs);
    snprintf(key, sizeof key, "%s.vocab_size", kind);
    ink_gguf_count(&pairs, key, (uint32_t)m->config->vocab);
    if (m->a->encoder) {
        snprintf(key, sizeof key, "%s.attention.causal", kind);
        ink_gguf_bool(&pairs, key, false);
        ink_pooling_to_gguf(ink_pooling_of(m->c->weights), kind, &pairs);
    }
    ink_status status = ink_config_to_gguf(m->a, kind, m->config, &pairs, err);
    if (!status)
        status = model_check(m, &pairs, err);
    if (!status)
        status = model_tokenizer(m, &pairs, err);
    if (!status)
        status = ink_convert_write(m->c, &pairs, err);
    ink_gguf_pairs_clear(&pairs);
    return status;
}

/* ---- into a folder ---- */

static bool model_has(const convert_model *m, const char *name)
{
    for (size_t i = 0; i < m->asked.count; i++)
        if (!strcmp(m->asked.list[i]->name, name))
            return true;
    return false;
}

static const char *model_float(const ink_conversion *c)
{
    const ink_type type = c->count ? c->list[0].type : INK_F32;
    return type == INK_F16 ? "float16" : type == INK_BF16 ? "bfloat16" : "float32";
}

static void model_say(ink_json *j, const char *key, const char *text)
{
    ink_json_set(j, key, ink_json_new_text(text, strlen(text)));
}

static void model_sign(ink_json *j, const ink_sign *s, bool is)
{
    if (s->words[is])
        model_say(j, s->hugging, s->words[is]);
    else
        ink_json_set(j, s->hugging, ink_json_new_bool(is));
}

static void model_ends(const convert_model *m, ink_json *j)
{
    const ink_tokenizer *t;
    if (ink_model_tokenizer(m->c->opened, &t, NULL) != INK_OK)
        return;
    if (ink_tokenizer_bos(t) >= 0)
        ink_json_set(j, "bos_token_id", ink_json_new_integer(ink_tokenizer_bos(t)));
    ink_json *ends = ink_json_new_array();
    for (size_t i = 0; i < ink_tokenizer_size(t); i++)
        if (ink_tokenizer_is_end(t, (int32_t)i))
            ink_json_append(ends, ink_json_new_integer((int64_t)i));
    if (ink_json_size(ends))
        ink_json_set(j, "eos_token_id", ends);
    else
        ink_json_free(ends);
}

/* Layers that have one feed-forward where others have experts. */
static void model_dense(const convert_model *m, ink_json *j)
{
    static const char end[] = ".mlp.gate_proj.weight", begin[] = "model.layers.";
    ink_json *list = ink_json_new_array();
    for (size_t i = 0; m->config->experts && i < m->asked.count; i++) {
        const char *name = m->asked.list[i]->name;
        char *rest = NULL;
        const unsigned long layer = strncmp(name, begin, sizeof begin - 1) ? 0 : strtoul(name + sizeof begin - 1, &rest, 10);
        if (rest && !strcmp(rest, end))
            ink_json_append(list, ink_json_new_integer((int64_t)layer));
    }
    if (m->config->experts)
        ink_json_set(j, "mlp_only_layers", list);
    else
        ink_json_free(list);
}

static ink_status model_config_json(convert_model *m, ink_json *j, ink_err *err)
{
    const ink_conversion *c = m->c;
    ink_config config = *m->config, said, again = { 0 };
    INK_TRY(model_blend(m, &config, err));
    ink_json *classes = ink_json_new_array();
    said = config;
    said.context += (size_t)model_before(m); /* max_position_embeddings counts all rows */
    ink_json_append(classes, ink_json_new_text(c->kind->class, strlen(c->kind->class)));
    ink_json_set(j, "architectures", classes);
    model_say(j, "model_type", c->kind->hugging);
    model_say(j, "torch_dtype", model_float(c));
    ink_json_set(j, "pad_token_id", ink_json_new_null()); /* or a family's own number would stand there */
    INK_TRY(ink_config_to_json(m->a, &said, j, err));
    for (const ink_sign *s = m->a->signs; s && s->hugging; s++)
        model_sign(j, s, model_has(m, s->tensor) != s->absent);
    model_dense(m, j);
    model_ends(m, j);
    INK_TRY(m->a->configure(&(ink_settings){ .weights = c->weights, .json = j, .architecture = c->kind->hugging }, &again, err));
    return ink_config_same(m->a, &config, &again, "config.json", err);
}

static ink_status model_files(convert_model *m, ink_err *err)
{
    ink_path path;
    ink_json *config = ink_json_new_object();
    ink_status status = model_config_json(m, config, err);
    if (!status)
        status = ink_path_make(m->c->to, err);
    if (!status)
        status = ink_path_format(&path, err, "%s/config.json", m->c->to);
    if (!status)
        status = ink_json_write(path.text, config, err);
    ink_json_free(config);
    const ink_pooling pooling = ink_pooling_of(m->c->weights);
    if (!status && pooling != INK_POOL_AUTO)
        status = ink_pooling_to_folder(pooling, m->config->width, m->c->to, err);
    return status ? status : model_tokenizer(m, NULL, err);
}

/* From a folder: its small files, as they are. */
static ink_status model_copy(const ink_conversion *c, ink_err *err)
{
    static const char *const files[] = { "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                                         "chat_template.jinja", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "README.md", "LICENSE" };
    enum { MOST = 256 << 20 };
    ink_path inner;
    INK_TRY(ink_path_make(c->to, err));
    INK_TRY(ink_path_format(&inner, err, "%s/1_Pooling", ink_weights_folder(c->weights)));
    if (ink_file_kind(inner.text) == 'd') {
        INK_TRY(ink_path_format(&inner, err, "%s/1_Pooling", c->to));
        INK_TRY(ink_path_make(inner.text, err));
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ink_path from, to;
        ink_buf text;
        INK_TRY(ink_path_format(&from, err, "%s/%s", ink_weights_folder(c->weights), files[i]));
        INK_TRY(ink_path_format(&to, err, "%s/%s", c->to, files[i]));
        if (ink_file_kind(from.text) != 'f')
            continue;
        INK_TRY(ink_file_read(from.text, MOST, &text, err));
        ink_status status = ink_file_write(to.text, text.data ? text.data : "", text.len, err);
        ink_buf_clear(&text);
        INK_TRY(status);
    }
    return INK_OK;
}

ink_status ink_convert_model(ink_conversion *c, ink_err *err)
{
    INK_TRY(ink_model_open(c->from, &c->opened, err));
    ink_weights_close(c->weights);
    c->weights = (ink_weights *)(uintptr_t)ink_model_weights(c->opened);
    convert_model m = { .c = c, .a = ink_model_architecture(c->opened), .config = ink_model_config(c->opened) };
    INK_TRY(model_kind(c, err));
    INK_TRY(model_ask(&m, err));
    INK_TRY(model_tensors(&m, err));
    if (c->gguf)
        return model_to_gguf(&m, err);
    INK_TRY(ink_weights_folder(c->weights) ? model_copy(c, err) : model_files(&m, err));
    return ink_convert_write(c, NULL, err); /* last: a folder without weights is no model yet */
}
