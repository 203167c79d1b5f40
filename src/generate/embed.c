/* Whole sequences side by side in one step, no keys or values kept; then a vector of each, or its rows. Encoders give their last layer's
   rows, those of models that read and then write too, decoders those of their last norm. */
#include "base/json.h"
#include "graph/plan.h"
#include "models/adapter.h"
#include "models/classes.h"
#include "models/pooling.h"

#include <ink/embed.h>
#include <ink/memory.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMBED_ROWS = 256 /* their activations stay near the processor */, EMBED_HEAD_ROWS = 32, EMBED_DECODER = 4096 };
enum { SLOT_IDS, SLOT_POSITIONS, SLOT_BATCH, SLOT_TYPES, SLOT_HIDDEN = SLOT_IDS, SLOT_INDEX = SLOT_POSITIONS };

struct ink_embedder {
    const ink_model *model;
    ink_embed_options options;
    ink_arena *arena;
    ink_kernels kernels;
    ink_pool *pool;
    ink_nn_weights weights;
    ink_adapters adapters;
    size_t before;                 /* keys and values that a prefix puts before every text */
    ink_graph body_graph, head_graph;
    ink_plan body, head;
    ink_node *hidden, *logits;
    size_t labels;                 /* of a head for tags; 0: the model's own head, or none */
    size_t rows, longest;          /* of a step; of a sequence */
    int32_t *ids, *positions, *types; /* [rows] */
    uint32_t *index;
    ink_segment *segments;
    ink_meter *meters; /* [thread] */
};

/* ---- opening ---- */

static ink_status embed_body(ink_embedder *e, ink_err *err)
{
    ink_graph *g = &e->body_graph;
    INK_TRY(ink_graph_init(g, e->arena, err));
    ink_net n = { .g = g, .weights = &e->weights, .context = e->longest, .adapters = e->adapters.list, .adapter_count = e->adapters.count };
    const ink_config *c = ink_model_config(e->model);
    n.before = ink_nn_adapt_before(&n, 2 * c->layers * c->kv_heads * c->head_dim);
    n.ids = ink_graph_input(g, SLOT_IDS, "ids", INK_SIZE_ROWS, 1);
    n.types = ink_graph_input(g, SLOT_TYPES, "types", INK_SIZE_ROWS, 1);
    n.batch = ink_graph_input(g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1);
    const ink_architecture *a = ink_model_architecture(e->model);
    e->hidden = (a->source ? a->source : a->body)(&n, c, n.ids, ink_graph_input(g, SLOT_POSITIONS, "positions", INK_SIZE_ROWS, 1));
    if (!a->encoder && !a->source)
        e->hidden = ink_classes_rows(&n, a, c, e->hidden);
    e->hidden->output = true;
    INK_TRY(ink_graph_check(g));
    return ink_plan_make(g, &e->kernels, (const size_t[INK_SIZES]){ 1, e->rows, 1, e->longest }, ink_pool_threads(e->pool), &e->body, err);
}

static ink_status embed_head(ink_embedder *e, ink_err *err)
{
    ink_graph *g = &e->head_graph;
    const ink_config *c = ink_model_config(e->model);
    INK_TRY(ink_graph_init(g, e->arena, err));
    ink_net n = { .g = g, .weights = &e->weights, .context = e->longest, .adapters = e->adapters.list, .adapter_count = e->adapters.count };
    ink_node *hidden = ink_graph_input(g, SLOT_HIDDEN, "hidden", INK_SIZE_ROWS, c->width);
    ink_node *rows = ink_select(g, hidden, ink_graph_input(g, SLOT_INDEX, "index", INK_SIZE_OUTPUTS, 1));
    if (e->options.labels)
        e->logits = ink_classes_head(&n, ink_model_architecture(e->model), c, rows, e->options.labels);
    else
        e->logits = e->labels ? ink_nn_task(&n, rows, e->labels) : ink_model_architecture(e->model)->head(&n, c, rows);
    e->logits->output = true;
    INK_TRY(ink_graph_check(g));
    return ink_plan_make(g, &e->kernels, (const size_t[INK_SIZES]){ 1, 1, EMBED_HEAD_ROWS, 1 }, ink_pool_threads(e->pool), &e->head, err);
}

/* A file of the model's folder; NULL where there is none. */
static ink_json *embed_file(const ink_model *m, const char *name)
{
    char path[4096];
    ink_json *v = NULL;
    const char *folder = ink_weights_folder(ink_model_weights(m));
    if (folder && snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && ink_json_read(path, 1 << 20, &v, NULL))
        v = NULL;
    return v;
}

/* What sentence-transformers keeps beside a model. */
static void embed_folder(ink_embedder *e)
{
    ink_json *sentence = embed_file(e->model, "sentence_bert_config.json");
    const int64_t longest = ink_json_integer(ink_json_get(sentence, "max_seq_length"), 0);
    e->longest = longest > 2 && (size_t)longest < e->longest ? (size_t)longest : e->longest;
    if (e->options.pooling == INK_POOL_AUTO)
        e->options.pooling = ink_pooling_of(ink_model_weights(e->model));
    ink_json_free(sentence);
}

/* Vectors that sentence-transformers would put through anything more would be others. */
static ink_status embed_modules(const ink_embedder *e, ink_err *err)
{
    static const char *const known[] = { "Transformer", "Pooling", "Normalize" };
    ink_json *modules = embed_file(e->model, "modules.json");
    ink_status status = INK_OK;
    for (size_t i = 0; !status && i < ink_json_size(modules); i++) {
        const char *type = ink_json_string(ink_json_get(ink_json_at(modules, i), "type"), ""), *dot = strrchr(type, '.'), *name = dot ? dot + 1 : type;
        bool is = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            is |= !strcmp(name, known[k]);
        if (!is)
            status = ink_fail(err, INK_E_UNSUPPORTED, "%s: modules.json puts vectors through a part (%.40s) that inkstone does not compute", ink_weights_path(ink_model_weights(e->model)), name);
    }
    ink_json_free(modules);
    return status;
}

static ink_status embed_lists(ink_embedder *e, ink_err *err)
{
    e->ids = ink_arena_array(e->arena, e->rows, sizeof *e->ids);
    e->positions = ink_arena_array(e->arena, e->rows, sizeof *e->positions);
    e->types = ink_arena_array(e->arena, e->rows, sizeof *e->types);
    e->index = ink_arena_array(e->arena, e->rows, sizeof *e->index);
    e->segments = ink_arena_array(e->arena, e->rows, sizeof *e->segments);
    e->meters = ink_arena_array(e->arena, ink_pool_threads(e->pool), sizeof *e->meters);
    return e->ids && e->positions && e->types && e->index && e->segments && e->meters ? INK_OK : ink_arena_refused(e->arena, e->rows * 32, err);
}

static ink_status embed_budget(const ink_embedder *e, ink_err *err)
{
    const double need = (double)e->weights.bytes + (double)ink_plan_bytes(&e->body) + (double)ink_plan_bytes(&e->head), have = (double)ink_memory_read().available;
    return need <= have ? INK_OK : ink_fail(err, INK_E_MEMORY, "%s does not fit: it needs %.1f GB, the machine has %.1f GB free", ink_weights_path(ink_model_weights(e->model)), need / 1e9, have / 1e9);
}

/* Adapters, and what a prefix leaves of the positions. */
static ink_status embed_adapters(ink_embedder *e, ink_err *err)
{
    for (size_t i = 0; i < e->options.adapter_count; i++)
        INK_TRY(ink_adapters_add(&e->adapters, e->options.adapters[i], e->model, e->arena, err));
    if (ink_adapters_tokens(&e->adapters, INK_ADAPTER_PROMPT))
        return ink_fail(err, INK_E_UNSUPPORTED, "an encoder takes no prompt of an adapter; LoRA and prefixes act on one");
    e->before = ink_adapters_tokens(&e->adapters, INK_ADAPTER_PREFIX);
    if (e->before >= e->longest)
        return ink_fail(err, INK_E_LIMIT, "an adapter puts %zu places before every text, but the model has %zu", e->before, e->longest);
    e->longest -= e->before;
    return INK_OK;
}

/* How many tags the head knows, an adapter's before the model's. */
static ink_status embed_labels(ink_embedder *e, ink_err *err)
{
    for (size_t i = 0; e->options.tags && i < e->adapters.count && !e->labels; i++)
        e->labels = ink_nn_task_labels(e->adapters.list[i]->weights.file);
    if (e->options.tags && !e->labels)
        e->labels = ink_nn_task_labels(ink_model_weights(e->model));
    return e->labels || !e->options.tags ? INK_OK : ink_fail(err, INK_E_UNSUPPORTED, "%s: was not taught to tag words: it has no classifier, nor has an adapter (inkstone train stage=tag)",
                                                             ink_weights_path(ink_model_weights(e->model)));
}

static ink_status embed_load(ink_embedder *e, ink_err *err)
{
    for (size_t i = 0; i < e->adapters.count; i++)
        INK_TRY(ink_nn_weights_load(&e->adapters.list[i]->weights, e->pool, err));
    return ink_nn_weights_load(&e->weights, e->pool, err);
}

static ink_status embed_fill(ink_embedder *e, ink_err *err)
{
    const ink_architecture *a = ink_model_architecture(e->model);
    const bool head = e->options.head || e->options.tags, words = head && !e->options.labels;
    if (!a->encoder && (words || a->keeps_state))
        return ink_fail(err, INK_E_UNSUPPORTED, words ? "%s is a %s, which foresees text; gaps are filled and words tagged by encoders (bert, roberta, distilbert)"
                                                                : "%s is a %s, which makes no vectors; encoders and transformers that foresee text do",
                        ink_weights_path(ink_model_weights(e->model)), a->name);
    INK_TRY(ink_arena_new("encoder", 0, &e->arena, err));
    INK_TRY(ink_kernels_init(&e->kernels, err));
    INK_TRY(ink_pool_new(e->options.threads, &e->pool, err));
    e->longest = ink_model_config(e->model)->context;
    e->longest = a->encoder || a->source || e->longest < EMBED_DECODER ? e->longest : EMBED_DECODER;
    if (!head && !e->options.raw)
        INK_TRY(embed_modules(e, err));
    if (!head)
        embed_folder(e);
    INK_TRY(embed_adapters(e, err));
    INK_TRY(embed_labels(e, err));
    e->rows = e->longest > EMBED_ROWS ? e->longest : EMBED_ROWS;
    e->weights = (ink_nn_weights){ .file = ink_model_weights(e->model), .rules = a->rules, .arena = e->arena };
    INK_TRY(embed_lists(e, err));
    INK_TRY(embed_body(e, err));
    if (head)
        INK_TRY(embed_head(e, err));
    INK_TRY(ink_adapters_check(&e->adapters, err));
    INK_TRY(embed_budget(e, err));
    INK_TRY(ink_plan_allocate(&e->body, err));
    if (head)
        INK_TRY(ink_plan_allocate(&e->head, err));
    return embed_load(e, err);
}

ink_status ink_embedder_open(const ink_model *model, const ink_embed_options *options, ink_embedder **out, ink_err *err)
{
    ink_embedder *e = calloc(1, sizeof *e);
    if (!e)
        return ink_fail(err, INK_E_MEMORY, "no memory to open a model");
    e->model = model;
    e->options = *options;
    ink_status status = embed_fill(e, err);
    if (status)
        ink_embedder_close(e);
    else
        *out = e;
    return status;
}

void ink_embedder_close(ink_embedder *e)
{
    if (!e)
        return;
    ink_pool_free(e->pool);
    ink_nn_weights_free(&e->weights);
    ink_plan_free(&e->body);
    ink_plan_free(&e->head);
    ink_adapters_close(&e->adapters);
    ink_arena_free(e->arena);
    free(e);
}

size_t ink_embedder_width(const ink_embedder *e) { return ink_model_config(e->model)->width; }
size_t ink_embedder_labels(const ink_embedder *e) { return e->labels; }
size_t ink_embedder_longest(const ink_embedder *e) { return e->longest; }
ink_products ink_embedder_products(const ink_embedder *e) { return ink_meters_sum(e->meters, ink_pool_threads(e->pool)); }

/* ---- ids ---- */

ink_status ink_embedder_ids(const ink_embedder *e, const char *text, size_t n, ink_ids *ids, bool *cut, ink_err *err)
{
    const ink_tokenizer *t;
    INK_TRY(ink_model_tokenizer(e->model, &t, err));
    const int32_t last = ink_tokenizer_closing(t);
    const size_t before = ids->count, room = e->longest - (last >= 0);
    INK_TRY(ink_tokenizer_begin(t, ids, err));
    INK_TRY(ink_tokenize(t, text, n, 0, ids, err));
    *cut = ids->count - before > room;
    ids->count = *cut ? before + room : ids->count;
    return last >= 0 ? ink_ids_add(ids, last, err) : INK_OK;
}

/* ---- computing ---- */

static ink_status embed_check(const ink_embedder *e, const ink_embed_text *text, ink_err *err)
{
    const size_t vocab = ink_model_config(e->model)->vocab;
    if (!text->count)
        return ink_fail(err, INK_E_ARGUMENT, "a text without tokens has no vector");
    if (text->count > e->longest)
        return ink_fail(err, INK_E_LIMIT, "a text of %zu tokens: the model takes %zu", text->count, e->longest);
    for (size_t i = 0; i < text->count; i++)
        if (text->ids[i] < 0 || (size_t)text->ids[i] >= vocab)
            return ink_fail(err, INK_E_ARGUMENT, "token id %d is outside the vocabulary of %zu", (int)text->ids[i], vocab);
    return INK_OK;
}

/* The rows of as many texts as fit a step; how many these are. */
static size_t embed_step(ink_embedder *e, const ink_embed_text *texts, size_t count)
{
    const int32_t first = (int32_t)(ink_model_config(e->model)->first_position + e->before);
    const bool kinds = ink_model_config(e->model)->types > 1;
    size_t rows = 0, n = 0;
    for (; n < count && rows + texts[n].count <= e->rows; n++) {
        e->segments[n] = (ink_segment){ .first_row = rows, .rows = texts[n].count };
        for (size_t i = 0; i < texts[n].count; i++, rows++) {
            e->ids[rows] = texts[n].ids[i];
            e->types[rows] = kinds && texts[n].second && i >= texts[n].second;
            e->positions[rows] = first + (int32_t)i;
        }
    }
    const ink_ragged batch = { .segments = e->segments, .count = n };
    ink_run r = { .k = &e->kernels, .pool = e->pool, .sizes = { [INK_SIZE_ONE] = 1, [INK_SIZE_ROWS] = rows, [INK_SIZE_OUTPUTS] = 1, [INK_SIZE_CONTEXT] = 1 }, .meters = e->meters };
    r.inputs[SLOT_IDS] = (ink_view){ (uint8_t *)e->ids, sizeof *e->ids };
    r.inputs[SLOT_POSITIONS] = (ink_view){ (uint8_t *)e->positions, sizeof *e->positions };
    r.inputs[SLOT_TYPES] = (ink_view){ (uint8_t *)e->types, sizeof *e->types };
    r.inputs[SLOT_BATCH] = (ink_view){ (uint8_t *)(uintptr_t)&batch, 0 };
    ink_plan_run(&e->body, &r);
    return n;
}

static void embed_pool(const ink_embedder *e, const ink_segment *s, float *vector)
{
    const size_t width = ink_embedder_width(e);
    const ink_view hidden = ink_plan_data(&e->body, e->hidden);
    const size_t from = e->options.pooling == INK_POOL_LAST ? s->rows - 1 : 0, to = e->options.pooling == INK_POOL_CLS ? 1 : s->rows;
    double length = 0;
    for (size_t i = 0; i < width; i++) {
        double sum = 0;
        for (size_t r = from; r < to; r++)
            sum += (double)ink_view_row(hidden, s->first_row + r)[i];
        sum /= (double)(to - from);
        vector[i] = (float)sum;
        length += sum * sum;
    }
    const double by = e->options.raw || length <= 0 ? 1 : 1 / sqrt(length);
    for (size_t i = 0; i < width; i++)
        vector[i] = (float)((double)vector[i] * by);
}

ink_status ink_embedder_vectors(ink_embedder *e, const ink_embed_text *texts, size_t count, float *vectors, ink_err *err)
{
    for (size_t i = 0; i < count; i++)
        INK_TRY(embed_check(e, &texts[i], err));
    for (size_t done = 0, n; done < count; done += n) {
        n = embed_step(e, texts + done, count - done);
        for (size_t i = 0; i < n; i++)
            embed_pool(e, &e->segments[i], vectors + (done + i) * ink_embedder_width(e));
    }
    return INK_OK;
}

static void embed_logits(ink_embedder *e, size_t from, size_t count, ink_on_row *on, void *user)
{
    ink_run r = { .k = &e->kernels, .pool = e->pool, .sizes = { [INK_SIZE_ONE] = 1, [INK_SIZE_ROWS] = 1, [INK_SIZE_CONTEXT] = 1 } };
    r.inputs[SLOT_HIDDEN] = ink_plan_data(&e->body, e->hidden);
    for (size_t i = 0; i < count; i++)
        e->index[i] = (uint32_t)(from + i);
    for (size_t done = 0; done < count; done += r.sizes[INK_SIZE_OUTPUTS]) {
        r.sizes[INK_SIZE_OUTPUTS] = count - done < EMBED_HEAD_ROWS ? count - done : EMBED_HEAD_ROWS;
        r.inputs[SLOT_INDEX] = (ink_view){ (uint8_t *)(e->index + done), sizeof *e->index };
        ink_plan_run(&e->head, &r);
        for (size_t i = 0; i < r.sizes[INK_SIZE_OUTPUTS]; i++)
            on(user, done + i, ink_view_row(ink_plan_data(&e->head, e->logits), i));
    }
}

ink_status ink_embedder_rows(ink_embedder *e, const ink_embed_text *text, bool logits, ink_on_row *on, void *user, ink_err *err)
{
    INK_TRY(embed_check(e, text, err));
    embed_step(e, text, 1);
    if (logits && e->options.labels)
        embed_logits(e, ink_model_architecture(e->model)->encoder ? 0 : text->count - 1, 1, on, user);
    else if (logits)
        embed_logits(e, 0, text->count, on, user);
    for (size_t i = 0; i < text->count && !logits; i++)
        on(user, i, ink_view_row(ink_plan_data(&e->body, e->hidden), i));
    return INK_OK;
}
