#include "train/prompt_encoder.h"

#include "base/file.h"
#include "base/path.h"
#include "graph/gradient.h"
#include "nn/nn.h"

#include <stdio.h>
#include <string.h>

enum { SLOT_SEQUENCE };

/* Where the table holds a pseudo token: anchors stand in their middle. */
static size_t encoder_row(const ink_prompt_encoder *e, size_t token) { return token < (e->tokens + 1) / 2 ? token : token + e->anchors; }

static const ink_tensor *encoder_matrix(const ink_weights *file, const char *name)
{
    const ink_tensor *t = ink_weights_find(file, name);
    return t && t->ndim == 2 && t->dims[0] && t->dims[1] ? t : NULL;
}

static ink_status encoder_shapes(ink_prompt_encoder *e, ink_err *err)
{
    const ink_weights *file = e->weights.file;
    const ink_tensor *table = ink_weights_find(e->adapter->weights.file, "prompt_embeddings"), *words = encoder_matrix(file, "embedding.weight"), *anchors = encoder_matrix(file, "anchors.weight");
    if (!words)
        return ink_fail(err, INK_E_FORMAT, "%s: has no table embedding.weight of pseudo tokens", ink_weights_path(file));
    e->tokens = words->dims[0];
    e->anchors = anchors ? anchors->dims[0] : 0;
    e->width = table->dims[1];
    if (e->tokens + e->anchors != table->dims[0] || (anchors && anchors->dims[1] != e->width))
        return ink_fail(err, INK_E_FORMAT, "%s: %zu pseudo tokens and %zu anchors do not make the adapter's table of %zu rows", ink_weights_path(file), e->tokens, e->anchors, (size_t)table->dims[0]);
    return INK_OK;
}

ink_status ink_prompt_encoder_open(const ink_nn_adapter *adapter, const char *folder, ink_arena *arena, ink_prompt_encoder **out, ink_err *err)
{
    static const ink_name_rule none[] = { { NULL, NULL, NULL, INK_NAME_SAME } };
    ink_prompt_encoder *e = ink_arena_alloc(arena, sizeof *e);
    ink_weights *file;
    ink_path path;
    if (!e)
        return ink_arena_refused(arena, sizeof *e, err);
    INK_TRY(ink_path_format(&path, err, "%s/" INK_PROMPT_ENCODER_FILE ".safetensors", folder));
    if (ink_file_kind(path.text) != 'f')
        return ink_fail(err, INK_E_NOT_FOUND, "%s: holds the rows that an encoder made and not the encoder, which learns; with method prompt, or prefix without prefix_projection, the rows themselves go on learning", folder);
    INK_TRY(ink_weights_open(path.text, &file, err));
    *e = (ink_prompt_encoder){ .adapter = adapter, .weights = { .file = file, .rules = none, .arena = arena, .dense = true } };
    *out = e;
    return encoder_shapes(e, err);
}

void ink_prompt_encoder_close(ink_prompt_encoder *e)
{
    if (!e)
        return;
    ink_plan_free(&e->plan);
    ink_nn_weights_free(&e->weights);
    ink_weights_close((ink_weights *)(uintptr_t)e->weights.file);
}

/* ---- the network ---- */

/* A matrix of zeros, as a leaf that does not change. */
static ink_node *encoder_constant(ink_prompt_encoder *e, ink_constant *c, const char *name, size_t rows, size_t width)
{
    float *data = ink_arena_array(e->graph.arena, rows * width, sizeof *data);
    if (data)
        memset(data, 0, rows * width * sizeof *data);
    else
        ink_graph_fail(&e->graph, INK_E_MEMORY, "no memory for %zu rows of a prompt", rows);
    *c = (ink_constant){ .name = name, .type = INK_F32, .data = data };
    return ink_graph_weight(&e->graph, c, rows, width);
}

static void encoder_one(const ink_constant *c, size_t at)
{
    if (c->data)
        ((float *)(uintptr_t)c->data)[at] = 1;
}

static size_t encoder_out(const ink_prompt_encoder *e, const char *layer)
{
    char name[INK_NET_NAME];
    snprintf(name, sizeof name, "%s.weight", layer);
    const ink_tensor *t = encoder_matrix(e->weights.file, name);
    return t ? t->dims[0] : 1; /* what is not there is refused by name */
}

static ink_node *encoder_linear(const ink_prompt_encoder *e, ink_net *n, ink_node *x, const char *layer) { return ink_nn_linear(n, x, layer, encoder_out(e, layer)); }

/* A layer that reads forwards, beside one that reads backwards. */
static ink_node *encoder_both_ways(ink_net *n, ink_node *x, ink_node *turn, size_t layer, size_t width)
{
    enum { GATES = 4 };
    const ink_recur_options o = { .cell = INK_CELL_LSTM, .width = width, .layer = layer };
    char name[INK_NET_NAME];
    snprintf(name, sizeof name, "l%zu", layer);
    ink_node *there = ink_nn_recurrent(n, x, "lstm_head", name, GATES, &o);
    snprintf(name, sizeof name, "l%zu_reverse", layer);
    ink_node *back = ink_nn_recurrent(n, ink_product(n->g, x, turn, false, x, false), "lstm_head", name, GATES, &o);
    return ink_concat(n->g, there, ink_product(n->g, there, turn, false, back, false));
}

static ink_node *encoder_lstm(ink_prompt_encoder *e, ink_net *n, ink_node *x)
{
    const ink_tensor *inner = encoder_matrix(e->weights.file, "lstm_head.weight_hh_l0");
    ink_node *turn = encoder_constant(e, &e->turn, "turn", e->tokens, e->tokens);
    char name[INK_NET_NAME] = "lstm_head.weight_ih_l0";
    for (size_t i = 0; i < e->tokens; i++)
        encoder_one(&e->turn, i * e->tokens + e->tokens - 1 - i);
    n->batch = ink_graph_input(n->g, SLOT_SEQUENCE, "pseudo tokens", INK_SIZE_ONE, 1);
    for (size_t layer = 0; ink_net_has(n, name); snprintf(name, sizeof name, "lstm_head.weight_ih_l%zu", layer))
        x = encoder_both_ways(n, x, turn, layer++, inner ? inner->dims[1] : 1);
    return x;
}

static ink_node *encoder_network(ink_prompt_encoder *e, ink_net *n, ink_node *x)
{
    static const char *const deep[] = { "mlp_head.0", "mlp_head.2", "mlp_head.4" };
    if (ink_net_has(n, "transform.0.weight"))
        return encoder_linear(e, n, ink_tanh(n->g, encoder_linear(e, n, x, "transform.0")), "transform.2");
    if (ink_net_has(n, "lstm_head.weight_hh_l0"))
        x = encoder_lstm(e, n, x);
    x = encoder_linear(e, n, x, deep[0]);
    for (size_t i = 1; i < sizeof deep / sizeof *deep && (i < 2 || encoder_matrix(e->weights.file, "mlp_head.4.weight")); i++)
        x = encoder_linear(e, n, ink_leaky_relu(n->g, x, 0), deep[i]);
    return x;
}

static ink_node *encoder_tokens(ink_net *n, size_t tokens)
{
    ink_err err;
    ink_nn_weight *w = ink_net_weight(n, "embedding.weight", "");
    const size_t width = w && w->tensor->ndim == 2 ? w->tensor->dims[1] : 1;
    const ink_status status = w ? ink_nn_weight_matrix(n->weights, w, tokens, width, (ink_name_heads){ 0 }, &err) : INK_E_FORMAT;
    return w ? ink_net_leaf(n, w, status, &err, tokens, width) : &n->g->nowhere;
}

/* What reaches the table's rows, in the order of pseudo tokens. */
static ink_node *encoder_reached(ink_prompt_encoder *e)
{
    const size_t rows = e->tokens + e->anchors;
    ink_node *place = encoder_constant(e, &e->place, "place", rows, e->tokens);
    for (size_t i = 0; i < e->tokens; i++)
        encoder_one(&e->place, encoder_row(e, i) * e->tokens + i);
    e->reaches = (ink_constant){ .name = "reaches", .type = INK_F32 };
    return ink_product(&e->graph, e->made, place, true, ink_graph_weight(&e->graph, &e->reaches, rows, e->width), false);
}

/* Anchors are no part of what learns, and yet of the file. */
static ink_status encoder_anchors(ink_prompt_encoder *e, ink_err *err)
{
    ink_nn_weights *w = &e->weights;
    if (!e->anchors)
        return INK_OK;
    ink_nn_learns *learns = w->learns;
    w->learns = NULL;
    ink_nn_weight *anchors = ink_nn_weights_get(w, "anchors.weight", err);
    w->learns = learns;
    return anchors ? ink_nn_weight_matrix(w, anchors, e->anchors, e->width, (ink_name_heads){ 0 }, err) : err ? err->status : INK_E_FORMAT;
}

ink_status ink_prompt_encoder_make(ink_prompt_encoder *e, const ink_kernels *k, ink_pool *pool, ink_err *err)
{
    const size_t bounds[INK_SIZES] = { 1, 1, 1, 1, 1 };
    INK_TRY(encoder_anchors(e, err));
    INK_TRY(ink_graph_init(&e->graph, e->weights.arena, err));
    ink_net n = { .g = &e->graph, .weights = &e->weights };
    e->made = encoder_network(e, &n, encoder_tokens(&n, e->tokens));
    INK_TRY(ink_graph_check(&e->graph));
    if (ink_node_width(e->made) != e->width)
        return ink_fail(err, INK_E_FORMAT, "%s: makes rows of %zu values, but the adapter's have %zu", ink_weights_path(e->weights.file), ink_node_width(e->made), e->width);
    INK_TRY(ink_nn_weights_complete(&e->weights, err));
    e->made->output = true;
    INK_TRY(ink_graph_gradient(&e->graph, e->made, encoder_reached(e), ink_add, NULL, 0, NULL));
    e->all = (ink_segment){ .rows = e->tokens };
    e->sequence = (ink_ragged){ .segments = &e->all, .count = 1 };
    e->run = (ink_run){ .k = k, .pool = pool };
    memcpy(e->run.sizes, bounds, sizeof bounds);
    e->run.inputs[SLOT_SEQUENCE] = (ink_view){ (uint8_t *)&e->sequence, 0 };
    return ink_plan_make(&e->graph, k, bounds, ink_pool_threads(pool), &e->plan, err);
}

static float *encoder_table(const ink_prompt_encoder *e) { return (float *)(void *)e->adapter->weights.learned.data; }

ink_status ink_prompt_encoder_load(ink_prompt_encoder *e, ink_err *err)
{
    INK_TRY(ink_plan_allocate(&e->plan, err));
    INK_TRY(ink_nn_weights_load(&e->weights, e->run.pool, err));
    e->reaches.data = e->adapter->weights.gradients.data;
    if (e->anchors)
        memcpy(encoder_table(e) + (e->tokens + 1) / 2 * e->width, e->weights.list[0]->constant.data, e->anchors * e->width * sizeof(float));
    return INK_OK;
}

void ink_prompt_encoder_run(ink_prompt_encoder *e)
{
    const size_t row = e->width * sizeof(float);
    ink_plan_run(&e->plan, &e->run);
    for (size_t i = 0; i < e->tokens; i++)
        memcpy(encoder_table(e) + encoder_row(e, i) * e->width, ink_view_row(ink_plan_data(&e->plan, e->made), i), row);
    memset(e->adapter->weights.gradients.data, 0, (e->tokens + e->anchors) * row);
}
