/* From a model to something that computes: graphs of its body and its head, their plans, the whole budget checked before
   any of it is taken, then weights packed. */
#include "base/count.h"
#include "generate/llm.h"

#include <ink/memory.h>
#include <stdlib.h>
#include <string.h>

enum { LLM_ROWS = 512, LLM_LOGIT_BYTES = 8 << 20 };

static ink_net llm_net(ink_llm *l, ink_graph *g)
{
    return (ink_net){ .g = g, .weights = &l->weights, .kv_type = l->kv_shape.type, .context = l->context, .adapters = l->adapters.list, .adapter_count = l->adapters.count };
}

static ink_status llm_body(ink_llm *l, const ink_config *c, ink_err *err)
{
    ink_graph *g = &l->body_graph;
    INK_TRY(ink_graph_init(g, l->arena, err));
    ink_net n = llm_net(l, g);
    ink_node *ids = n.ids = ink_graph_input(g, LLM_SLOT_IDS, "ids", INK_SIZE_ROWS, 1), *positions = ink_graph_input(g, LLM_SLOT_POSITIONS, "positions", INK_SIZE_ROWS, 1);
    n.kv = ink_graph_input(g, LLM_SLOT_KV, "keys and values", INK_SIZE_ONE, 1);
    n.cross = l->reads ? ink_graph_input(g, LLM_SLOT_CROSS, "what was read", INK_SIZE_ONE, 1) : NULL;
    l->hidden = ink_model_architecture(l->model)->body(&n, c, ids, positions);
    l->hidden->output = true;
    return ink_graph_check(g);
}

static ink_status llm_head(ink_llm *l, const ink_config *c, ink_err *err)
{
    ink_graph *g = &l->head_graph;
    INK_TRY(ink_graph_init(g, l->arena, err));
    ink_net n = llm_net(l, g);
    ink_node *hidden = ink_graph_input(g, LLM_SLOT_HIDDEN, "hidden", INK_SIZE_ROWS, c->width), *index = ink_graph_input(g, LLM_SLOT_INDEX, "index", INK_SIZE_OUTPUTS, 1);
    l->logits = ink_model_architecture(l->model)->head(&n, c, ink_select(g, hidden, index));
    l->logits->output = true;
    l->states = l->showing ? n.headed : NULL;
    if (l->states)
        l->states->output = true;
    return ink_graph_check(g);
}

/* A prefix is columns of keys and of values for each layer; storing them is all there is to compute. */
static ink_status llm_before(ink_llm *l, const ink_config *c, ink_err *err)
{
    ink_graph *g = &l->before_graph;
    const size_t width = c->kv_heads * c->head_dim;
    INK_TRY(ink_graph_init(g, l->arena, err));
    ink_net n = llm_net(l, g);
    ink_node *kv = ink_graph_input(g, LLM_SLOT_KV, "keys and values", INK_SIZE_ONE, 1), *index = ink_graph_input(g, LLM_SLOT_BEFORE, "rows", INK_SIZE_ROWS, 1);
    ink_node *all = ink_nn_adapt_before(&n, 2 * c->layers * width), *rows = all ? ink_embed(g, index, all, NULL) : NULL;
    for (size_t i = 0; all && i < c->layers; i++) {
        const ink_attention_options o = { .type = l->kv_shape.type, .layer = i, .kv_heads = c->kv_heads, .head_dim = c->head_dim };
        ink_kv_store(g, ink_slice(g, rows, 2 * i * width, width), ink_slice(g, rows, (2 * i + 1) * width, width), kv, &o)->output = true;
    }
    INK_TRY(ink_graph_check(g));
    return ink_plan_make(g, &l->kernels, (const size_t[INK_SIZES]){ 1, l->before, 1, l->context }, ink_pool_threads(l->pool), &l->before_plan, err);
}

/* What is read is computed whole: its rows see each other. */
static ink_status llm_source(ink_llm *l, const ink_config *c, ink_err *err)
{
    ink_graph *g = &l->source_graph;
    INK_TRY(ink_graph_init(g, l->arena, err));
    ink_net n = llm_net(l, g);
    n.batch = n.kv = ink_graph_input(g, LLM_SLOT_KV, "keys and values", INK_SIZE_ONE, 1);
    ink_model_architecture(l->model)->source(&n, c, ink_graph_input(g, LLM_SLOT_IDS, "ids", INK_SIZE_ROWS, 1), ink_graph_input(g, LLM_SLOT_POSITIONS, "positions", INK_SIZE_ROWS, 1));
    INK_TRY(ink_graph_check(g));
    return ink_plan_make(g, &l->kernels, (const size_t[INK_SIZES]){ 1, l->context, 1, l->context }, ink_pool_threads(l->pool), &l->source, err);
}

static ink_status llm_plans(ink_llm *l, ink_err *err)
{
    const ink_config *c = ink_model_config(l->model);
    const size_t bounds[INK_SIZES] = { 1, l->rows, l->outputs, l->context }, head[INK_SIZES] = { 1, 1, l->outputs, 1 };
    size_t threads = ink_pool_threads(l->pool);
    INK_TRY(llm_body(l, c, err));
    INK_TRY(llm_head(l, c, err));
    if (l->prefix)
        INK_TRY(llm_before(l, c, err));
    if (l->reads)
        INK_TRY(llm_source(l, c, err));
    INK_TRY(ink_adapters_check(&l->adapters, err));
    INK_TRY(ink_plan_make(&l->body_graph, &l->kernels, bounds, threads, &l->body, err));
    return ink_plan_make(&l->head_graph, &l->kernels, head, threads, &l->head, err);
}

/* All that will be taken, against what there is. */
static ink_status llm_budget(const ink_llm *l, size_t tokens, ink_err *err)
{
    size_t kv = ink_pieces(tokens, INK_KV_BLOCK) * l->kv_shape.block_bytes;
    double need = (double)l->weights.bytes + (double)kv + (double)ink_plan_bytes(&l->body) + (double)ink_plan_bytes(&l->head) + (l->reads ? (double)ink_plan_bytes(&l->source) : 0);
    uint64_t have = ink_memory_read().available;
    if (need <= (double)have)
        return INK_OK;
    return ink_fail(err, INK_E_MEMORY, "%s does not fit: it needs %.1f GB (weights %.1f, keys and values of %zu tokens %.1f), the machine has %.1f GB free; try a smaller --ctx",
                    ink_weights_path(ink_model_weights(l->model)), need / 1e9, (double)l->weights.bytes / 1e9, tokens, (double)kv / 1e9, (double)have / 1e9);
}

static ink_status llm_lists(ink_llm *l, ink_err *err)
{
    l->ids = ink_arena_array(l->arena, l->rows, sizeof *l->ids);
    l->positions = ink_arena_array(l->arena, l->rows, sizeof *l->positions);
    l->segment_of = ink_arena_array(l->arena, l->rows, sizeof *l->segment_of);
    l->index = ink_arena_array(l->arena, l->rows, sizeof *l->index);
    l->index_feed = ink_arena_array(l->arena, l->rows, sizeof *l->index_feed);
    l->index_at = ink_arena_array(l->arena, l->rows, sizeof *l->index_at);
    l->segments = ink_arena_array(l->arena, l->rows, sizeof *l->segments);
    l->crosses = ink_arena_array(l->arena, l->rows, sizeof *l->crosses);
    l->meters = ink_arena_array(l->arena, ink_pool_threads(l->pool), sizeof *l->meters);
    return l->ids && l->positions && l->segment_of && l->index && l->index_feed && l->index_at && l->segments && l->crosses && l->meters ? INK_OK : ink_arena_refused(l->arena, l->rows * 64, err);
}

static ink_status llm_source_lists(ink_llm *l, ink_err *err)
{
    l->source_ids = ink_arena_array(l->arena, l->context, sizeof *l->source_ids);
    l->source_positions = ink_arena_array(l->arena, l->context, sizeof *l->source_positions);
    l->source_of = ink_arena_array(l->arena, l->context, sizeof *l->source_of);
    return l->source_ids && l->source_positions && l->source_of ? INK_OK : ink_arena_refused(l->arena, l->context * 12, err);
}

static ink_status llm_bounds(ink_llm *l, const ink_llm_options *o, ink_err *err)
{
    const ink_config *c = ink_model_config(l->model);
    if (ink_model_architecture(l->model)->encoder)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s is an encoder (%s): it foresees no text; inkstone embed makes vectors of texts with it", ink_weights_path(ink_model_weights(l->model)),
                        ink_model_architecture(l->model)->name);
    l->reads = c->source_layers > 0;
    if (o->context > c->context && !c->endless)
        return ink_fail(err, INK_E_LIMIT, "%s has a context of %zu tokens, %zu are asked for", ink_weights_path(ink_model_weights(l->model)), c->context, o->context);
    l->context = o->context ? o->context : ink_config_usual(c);
    l->rows = o->rows ? o->rows : LLM_ROWS;
    const size_t prompt = ink_adapters_tokens(&l->adapters, INK_ADAPTER_PROMPT), prefix = ink_adapters_tokens(&l->adapters, INK_ADAPTER_PREFIX);
    l->before = prompt + prefix;
    l->prefix = prefix;
    if (l->before && l->reads)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s reads one sequence and writes another; of adapters it takes LoRA and IA3, no prompts or prefixes", ink_weights_path(ink_model_weights(l->model)));
    l->context += o->context && l->context + l->before <= c->context ? l->before : 0; /* room for what is asked for */
    if (l->before >= l->context)
        return ink_fail(err, INK_E_LIMIT, "an adapter puts %zu tokens before every sequence, but a context has %zu", l->before, l->context);
    if (l->rows > 65536)
        return ink_fail(err, INK_E_LIMIT, "%zu rows in a step: at most 65536 are possible", l->rows);
    size_t slice = LLM_LOGIT_BYTES / (c->vocab * sizeof(float));
    l->outputs = slice < 1 ? 1 : slice < l->rows ? slice : l->rows;
    ink_kv_type type = ink_model_architecture(l->model)->keeps_state ? INK_KV_F32 : o->kv == INK_LLM_KV_AUTO ? (ink_model_describe(l->model)->float32 ? INK_KV_F32 : INK_KV_F16) : (ink_kv_type)(o->kv - INK_LLM_KV_F32);
    l->kv_shape = (ink_kv_shape){ .type = type, .layers = c->layers, .heads = c->kv_heads, .head_dim = c->head_dim };
    ink_kv_shape_fill(&l->kv_shape);
    return INK_OK;
}

static ink_status llm_fill(ink_llm *l, const ink_llm_options *o, ink_err *err)
{
    INK_TRY(ink_arena_new("model", 0, &l->arena, err));
    INK_TRY(ink_kernels_init(&l->kernels, err));
    for (size_t i = 0; i < o->adapter_count; i++)
        INK_TRY(ink_adapters_add(&l->adapters, o->adapters[i], l->model, l->arena, err));
    if (o->base && o->base->model != l->model)
        return ink_fail(err, INK_E_ARGUMENT, "%s: weights are lent by another model", ink_weights_path(ink_model_weights(l->model)));
    l->showing = o->states;
    INK_TRY(llm_bounds(l, o, err));
    l->weights = (ink_nn_weights){ .file = ink_model_weights(l->model), .rules = ink_model_architecture(l->model)->rules, .arena = l->arena, .lender = o->base ? &o->base->weights : NULL };
    INK_TRY(ink_pool_new(o->threads, &l->pool, err));
    INK_TRY(llm_plans(l, err));
    INK_TRY(ink_nn_weights_complete(&l->weights, err));
    size_t tokens = o->tokens ? o->tokens + (o->tokens / INK_KV_BLOCK + 1) * l->before : l->reads ? 2 * l->context : l->context;
    INK_TRY(llm_budget(l, tokens, err));
    INK_TRY(llm_lists(l, err));
    if (l->reads)
        INK_TRY(llm_source_lists(l, err));
    INK_TRY(ink_kv_new(&l->kv_shape, tokens, &l->kv, err));
    INK_TRY(ink_plan_allocate(&l->body, err));
    INK_TRY(ink_plan_allocate(&l->head, err));
    if (l->prefix)
        INK_TRY(ink_plan_allocate(&l->before_plan, err));
    if (l->reads)
        INK_TRY(ink_plan_allocate(&l->source, err));
    for (size_t i = 0; i < l->adapters.count; i++)
        INK_TRY(ink_nn_weights_load(&l->adapters.list[i]->weights, l->pool, err));
    return ink_nn_weights_load(&l->weights, l->pool, err);
}

ink_status ink_llm_open(ink_model *model, const ink_llm_options *options, ink_llm **out, ink_err *err)
{
    ink_llm *l = calloc(1, sizeof *l);
    if (!l)
        return ink_fail(err, INK_E_MEMORY, "no memory to open a model");
    l->model = model;
    ink_status status = llm_fill(l, options, err);
    if (status != INK_OK) {
        ink_llm_close(l);
        return status;
    }
    *out = l;
    return INK_OK;
}

void ink_llm_close(ink_llm *l)
{
    if (!l)
        return;
    ink_pool_free(l->pool);
    ink_nn_weights_free(&l->weights);
    ink_plan_free(&l->body);
    ink_plan_free(&l->head);
    ink_plan_free(&l->before_plan);
    ink_plan_free(&l->source);
    ink_adapters_close(&l->adapters);
    ink_kv_free(l->kv);
    ink_arena_free(l->arena);
    free(l);
}

const ink_model *ink_llm_model(const ink_llm *l) { return l->model; }
size_t ink_llm_context(const ink_llm *l) { return l->context - l->before; }
size_t ink_llm_room(const ink_llm *l) { return ink_kv_blocks_free(l->kv) * INK_KV_BLOCK; }
size_t ink_llm_threads(const ink_llm *l) { return ink_pool_threads(l->pool); }

/* ---- measuring ---- */

void ink_llm_meter_set(ink_llm *l, bool on)
{
    memset(l->meters, 0, ink_pool_threads(l->pool) * sizeof *l->meters);
    l->metering = on;
}

ink_products ink_llm_meter_read(const ink_llm *l) { return ink_meters_sum(l->meters, ink_pool_threads(l->pool)); }

double ink_llm_bytes_per_token(const ink_llm *l, size_t position)
{
    double bytes = 0;
    for (size_t i = 0; i < l->weights.count; i++)
        bytes += l->weights.list[i]->product ? (double)l->weights.list[i]->packed.panels * (double)l->weights.list[i]->packed.panel_bytes : 0;
    return bytes + (double)l->kv_shape.block_bytes / INK_KV_BLOCK * (double)(position + 1);
}

int ink_llm_matmul_form(const ink_llm *l)
{
    static const char letters[INK_ACT_FORMS] = { [INK_ACT_F32] = 'f', [INK_ACT_BF16] = 'b', [INK_ACT_Q8] = 'i' };
    double bytes[INK_ACT_FORMS] = { 0 };
    size_t most = 0;
    for (size_t i = 0; i < l->weights.count; i++)
        if (l->weights.list[i]->product)
            bytes[l->weights.list[i]->packed.form] += (double)l->weights.list[i]->packed.rows * (double)l->weights.list[i]->packed.cols;
    for (size_t i = 0; i < INK_ACT_FORMS; i++)
        most = bytes[i] > bytes[most] ? i : most;
    return letters[most];
}
