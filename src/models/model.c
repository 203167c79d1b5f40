/* Opening a model: its weights, which architecture they are of, and that architecture's configuration. */
#include "models/config.h"

#include <ink/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ink_model {
    ink_weights *weights;
    const ink_architecture *architecture;
    ink_config config;
    ink_model_info info;
    char kind[64]; /* what the file calls the architecture */
    ink_tokenizer *tokenizer;
    int32_t ends[16]; /* of the configuration, for a model without a tokenizer */
    size_t end_count;
};

static const ink_architecture *const model_list[] = {
#define INK_MODEL(name) &ink_arch_##name,
#include "models/models.def"
#undef INK_MODEL
};

bool ink_architecture_goes_by(const ink_architecture *a, const char *name)
{
    for (const char *const *also = a->also; *also; also++)
        if (!strcmp(*also, name))
            return true;
    for (const ink_kind *k = a->kinds; k && k->file; k++)
        if (!strcmp(k->file, name) || !strcmp(k->hugging, name))
            return true;
    return !strcmp(a->name, name);
}

const ink_architecture *ink_architecture_named(const char *name, const ink_weights *gguf)
{
    const ink_architecture *found = NULL;
    for (size_t i = 0; i < sizeof model_list / sizeof *model_list; i++) {
        const ink_architecture *a = model_list[i];
        if (!ink_architecture_goes_by(a, name))
            continue;
        if (a->owns && gguf && a->owns(gguf))
            return a;
        found = found ? found : a;
    }
    return found;
}

static ink_status model_unknown(const ink_model *m, const char *name, ink_err *err)
{
    char known[1024] = "";
    for (size_t i = 0, at = 0; i < sizeof model_list / sizeof *model_list && at < sizeof known; i++)
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", model_list[i]->name);
    return ink_fail(err, INK_E_UNSUPPORTED, "%s is of architecture \"%.60s\", which inkstone does not run; it runs %s", ink_weights_path(m->weights), name, known);
}

static void model_end(ink_model *m, const ink_json *v)
{
    if (ink_json_kind(v) == INK_JSON_INTEGER && m->end_count < sizeof m->ends / sizeof *m->ends)
        m->ends[m->end_count++] = (int32_t)ink_json_integer(v, -1);
    for (size_t i = 0; ink_json_kind(v) == INK_JSON_ARRAY && i < ink_json_size(v); i++)
        model_end(m, ink_json_at(v, i));
}

static ink_status model_json(const ink_model *m, const char *name, ink_json **out, ink_err *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", ink_weights_folder(m->weights), name);
    return ink_json_read(path, 16 << 20, out, err);
}

/* The vocabulary is what the table of tokens has rows for. */
static ink_status model_vocabulary(ink_model *m, ink_err *err)
{
    ink_name_change change;
    const ink_tensor *t = ink_names_find(m->architecture->rules, m->weights, m->architecture->embedding, &change, NULL);
    if (!t || t->ndim != 2 || t->dims[0] > INT32_MAX)
        return ink_fail(err, INK_E_FORMAT, "%s: the table of tokens (%s) is missing or no matrix", ink_weights_path(m->weights), m->architecture->embedding);
    m->config.vocab = t->dims[0];
    m->info.float32 = t->type == INK_F32;
    return INK_OK;
}

static ink_status model_configure(ink_model *m, const char *name, const ink_settings *s, ink_err *err)
{
    snprintf(m->kind, sizeof m->kind, "%s", name);
    m->architecture = ink_architecture_named(name, s->json ? NULL : m->weights);
    if (!m->architecture)
        return model_unknown(m, name, err);
    INK_TRY(m->architecture->configure(s, &m->config, err));
    INK_TRY(model_vocabulary(m, err));
    const ink_config *c = &m->config;
    m->info = (ink_model_info){ .architecture = m->architecture->name, .layers = c->layers, .width = c->width, .heads = c->heads, .kv_heads = c->kv_heads, .head_dim = c->head_dim,
                                .ffn = c->ffn, .vocab = c->vocab, .context = c->context, .usual = ink_config_usual(c), .window = c->window, .encoder = m->architecture->encoder,
                                .reads = m->architecture->source != NULL, .float32 = m->info.float32 };
    return INK_OK;
}

static ink_status model_configure_gguf(ink_model *m, ink_err *err)
{
    char name[64];
    const ink_meta *a = ink_weights_meta(m->weights, "general.architecture");
    if (!a || a->type != INK_META_TEXT)
        return ink_fail(err, INK_E_FORMAT, "%s does not say of which architecture it is (general.architecture)", ink_weights_path(m->weights));
    snprintf(name, sizeof name, "%.*s", (int)a->text.size, a->text.data);
    return model_configure(m, name, &(ink_settings){ .weights = m->weights, .architecture = name }, err);
}

static ink_status model_configure_folder(ink_model *m, ink_err *err)
{
    ink_json *config, *generation;
    if (!ink_weights_folder(m->weights))
        return ink_fail(err, INK_E_FORMAT, "%s stands alone: without a config.json beside it nobody knows what it computes", ink_weights_path(m->weights));
    INK_TRY(model_json(m, "config.json", &config, err));
    model_end(m, ink_json_get(config, "eos_token_id"));
    if (model_json(m, "generation_config.json", &generation, NULL) == INK_OK) {
        model_end(m, ink_json_get(generation, "eos_token_id"));
        ink_json_free(generation);
    }
    const char *name = ink_json_string(ink_json_get(config, "model_type"), NULL);
    ink_status status = name ? model_configure(m, name, &(ink_settings){ .weights = m->weights, .json = config, .architecture = name }, err)
                             : ink_fail(err, INK_E_FORMAT, "%s/config.json has no model_type", ink_weights_folder(m->weights));
    ink_json_free(config);
    return status;
}

ink_status ink_model_open(const char *path, ink_model **out, ink_err *err)
{
    ink_model *m = calloc(1, sizeof *m);
    if (!m)
        return ink_fail(err, INK_E_MEMORY, "no memory to open %s", path);
    ink_status status = ink_weights_open(path, &m->weights, err);
    if (status == INK_OK)
        status = !strcmp(ink_weights_format(m->weights), "gguf") ? model_configure_gguf(m, err) : model_configure_folder(m, err);
    if (status != INK_OK) {
        ink_model_close(m);
        return status;
    }
    *out = m;
    return INK_OK;
}

void ink_model_close(ink_model *m)
{
    if (!m)
        return;
    ink_tokenizer_close(m->tokenizer);
    ink_weights_close(m->weights);
    free(m);
}

const ink_model_info *ink_model_describe(const ink_model *m) { return &m->info; }
const ink_weights *ink_model_weights(const ink_model *m) { return m->weights; }
const ink_architecture *ink_model_architecture(const ink_model *m) { return m->architecture; }
const ink_config *ink_model_config(const ink_model *m) { return &m->config; }
const char *ink_model_kind(const ink_model *m) { return m->kind; }

ink_status ink_model_tokenizer(const ink_model *m, const ink_tokenizer **out, ink_err *err)
{
    ink_model *mine = (ink_model *)(uintptr_t)m; /* opened late, and the same from then on */
    if (!m->tokenizer)
        INK_TRY(ink_tokenizer_open(m->weights, &mine->tokenizer, err));
    *out = m->tokenizer;
    return INK_OK;
}

bool ink_model_is_end(const ink_model *m, int32_t id)
{
    const ink_tokenizer *t;
    for (size_t i = 0; i < m->end_count; i++)
        if (m->ends[i] == id)
            return true;
    return ink_model_tokenizer(m, &t, NULL) == INK_OK && ink_tokenizer_is_end(t, id);
}
