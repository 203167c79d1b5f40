/* An importance matrix: the model's body runs over chunks of a text, and beside every product stands a sum of the squares of what it is
   given. Experts of a layer share theirs. */
#include "formats/write.h"
#include "graph/plan.h"
#include "models/config.h"

#include <ink/imatrix.h>
#include <ink/memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_IDS, SLOT_POSITIONS, SLOT_BATCH, IMATRIX_CONTEXT = 512, IMATRIX_LEAST = 4 };

typedef struct imatrix_sum { /* of one matrix */
    char name[INK_NAMES_LONGEST];
    ink_constant constant;  /* where a run leaves its sums */
    size_t columns;
    size_t per_row;         /* how many rows of columns a token brings */
    double *sums;
} imatrix_sum;

typedef struct imatrix {
    ink_model *model;
    const ink_imatrix_options *o;
    size_t context;
    ink_arena *arena;
    ink_kernels kernels;
    ink_pool *pool;
    ink_nn_weights weights;
    ink_graph graph;
    ink_plan plan;
    imatrix_sum **list;
    size_t count, room;
    size_t tokens, chunks;
    int32_t *ids, *positions;
} imatrix;

static bool imatrix_known(const imatrix *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (!strcmp(m->list[i]->name, name))
            return true;
    return false;
}

static imatrix_sum *imatrix_add(imatrix *m, const ink_nn_weight *w, size_t columns, size_t per_row)
{
    if (m->count == m->room) {
        const size_t room = m->room ? 2 * m->room : 256;
        imatrix_sum **list = ink_arena_array(m->arena, room, sizeof *list);
        if (!list)
            return NULL;
        if (m->count)
            memcpy(list, m->list, m->count * sizeof *list);
        m->list = list;
        m->room = room;
    }
    imatrix_sum *s = ink_arena_alloc(m->arena, sizeof *s);
    float *gradient = ink_arena_array(m->arena, columns, sizeof *gradient);
    double *sums = ink_arena_array(m->arena, columns, sizeof *sums);
    if (!s || !gradient || !sums)
        return NULL;
    memset(gradient, 0, columns * sizeof *gradient);
    memset(sums, 0, columns * sizeof *sums);
    *s = (imatrix_sum){ .columns = columns, .per_row = per_row, .sums = sums };
    s->constant = (ink_constant){ .name = s->name, .type = INK_F32, .data = gradient, .learns = true, .gradient = gradient };
    if (!strcmp(ink_weights_format(m->weights.file), "gguf"))
        snprintf(s->name, sizeof s->name, "%s", w->whole->name);
    else
        ink_names_foreign(m->weights.rules, "gguf", w->name, ink_model_config(m->model)->variant, s->name);
    return imatrix_known(m, s->name) ? s : (m->list[m->count++] = s);
}

/* x holds rows of the weight's columns, one or several in each of its own. */
static void imatrix_saw(void *user, ink_net *n, const ink_nn_weight *w, ink_node *x, size_t columns)
{
    imatrix *m = user;
    const size_t before = m->count;
    imatrix_sum *s = imatrix_add(m, w, columns, ink_node_width(x) / columns);
    if (!s) {
        ink_graph_fail(n->g, INK_E_MEMORY, "no memory for what %s is given", w->name);
        return;
    }
    if (m->count > before)
        ink_sum_rows(n->g, ink_mul(n->g, x, x), ink_graph_weight(n->g, &s->constant, 1, columns))->into = &s->constant;
}

static ink_status imatrix_build(imatrix *m, ink_err *err)
{
    const ink_config *c = ink_model_config(m->model);
    const ink_architecture *a = ink_model_architecture(m->model);
    const size_t bounds[INK_SIZES] = { 1, m->context, m->context, m->context };
    m->weights = (ink_nn_weights){ .file = ink_model_weights(m->model), .rules = a->rules, .arena = m->arena };
    INK_TRY(ink_graph_init(&m->graph, m->arena, err));
    ink_net n = { .g = &m->graph, .weights = &m->weights, .watch = imatrix_saw, .watch_user = m };
    n.ids = ink_graph_input(&m->graph, SLOT_IDS, "ids", INK_SIZE_ROWS, 1);
    ink_node *positions = ink_graph_input(&m->graph, SLOT_POSITIONS, "positions", INK_SIZE_ROWS, 1);
    n.batch = ink_graph_input(&m->graph, SLOT_BATCH, "batch", INK_SIZE_ONE, 1);
    a->head(&n, c, a->body(&n, c, n.ids, positions)); /* nobody asks for what it gives, so the head's own product is not made */
    INK_TRY(ink_graph_check(&m->graph));
    INK_TRY(ink_plan_make(&m->graph, &m->kernels, bounds, ink_pool_threads(m->pool), &m->plan, err));
    const double need = (double)m->weights.bytes + (double)ink_plan_bytes(&m->plan), have = (double)ink_memory_read().available;
    if (need > have)
        return ink_fail(err, INK_E_MEMORY, "this does not fit: it needs %.1f GB, the machine has %.1f GB free; try a smaller --ctx", need / 1e9, have / 1e9);
    INK_TRY(ink_plan_allocate(&m->plan, err));
    return ink_nn_weights_load(&m->weights, m->pool, err);
}

static void imatrix_run(imatrix *m, const int32_t *ids)
{
    ink_segment segment = { .rows = m->context };
    const ink_ragged ragged = { .segments = &segment, .count = 1 };
    ink_run r = { .k = &m->kernels, .pool = m->pool, .sizes = { 1, m->context, m->context, 1 } };
    memcpy(m->ids, ids, m->context * sizeof *ids);
    m->ids[0] = m->o->first >= 0 ? m->o->first : m->ids[0];
    for (size_t i = 0; i < m->context; i++)
        m->positions[i] = (int32_t)i;
    r.inputs[SLOT_IDS] = (ink_view){ (uint8_t *)m->ids, sizeof *m->ids };
    r.inputs[SLOT_POSITIONS] = (ink_view){ (uint8_t *)m->positions, sizeof *m->positions };
    r.inputs[SLOT_BATCH] = (ink_view){ (uint8_t *)(uintptr_t)&ragged, 0 };
    ink_plan_run(&m->plan, &r);
    m->tokens += m->context;
    for (size_t i = 0; i < m->count; i++) {
        imatrix_sum *s = m->list[i];
        for (size_t c = 0; c < s->columns; c++) {
            s->sums[c] += (double)s->constant.gradient[c];
            s->constant.gradient[c] = 0;
        }
    }
}

/* ---- the file ---- */

static ink_status imatrix_feed(void *user, size_t which, ink_write_sink *to, ink_err *err)
{
    const imatrix *m = user;
    const imatrix_sum *s = m->list[which / 2];
    const float rows = (float)(m->tokens * s->per_row);
    if (which % 2)
        return ink_write_more(to, &rows, sizeof rows, err);
    for (size_t c = 0; c < s->columns; c++) {
        const float sum = (float)s->sums[c];
        INK_TRY(ink_write_more(to, &sum, sizeof sum, err));
    }
    return INK_OK;
}

static ink_status imatrix_file(imatrix *m, const char *path, ink_err *err)
{
    ink_gguf_pairs pairs;
    const ink_write_feed feed = { imatrix_feed, m };
    ink_write_tensor *list = ink_arena_array(m->arena, 2 * m->count + 1, sizeof *list);
    if (!list)
        return ink_arena_refused(m->arena, m->count * sizeof *list, err);
    for (size_t i = 0; i < m->count; i++) {
        const size_t columns = m->list[i]->columns;
        list[2 * i] = (ink_write_tensor){ .name = ink_arena_format(m->arena, "%s.in_sum2", m->list[i]->name), .type = INK_F32, .ndim = 2, .dims = { 1, columns }, .bytes = columns * sizeof(float) };
        list[2 * i + 1] = (ink_write_tensor){ .name = ink_arena_format(m->arena, "%s.counts", m->list[i]->name), .type = INK_F32, .ndim = 2, .dims = { 1, 1 }, .bytes = sizeof(float) };
        if (!list[2 * i].name || !list[2 * i + 1].name)
            return ink_arena_refused(m->arena, INK_NAMES_LONGEST, err);
    }
    ink_gguf_pairs_init(&pairs);
    ink_gguf_text(&pairs, "general.type", "imatrix", 7);
    ink_gguf_count(&pairs, "imatrix.chunk_count", (uint32_t)m->chunks);
    ink_gguf_count(&pairs, "imatrix.chunk_size", (uint32_t)m->context);
    ink_status status = ink_gguf_write(path, &pairs, list, 2 * m->count, &feed, err);
    ink_gguf_pairs_clear(&pairs);
    return status;
}

static ink_status imatrix_all(imatrix *m, const int32_t *ids, size_t count, const char *path, ink_err *err)
{
    const size_t most = ink_model_config(m->model)->context;
    m->context = m->o->context ? m->o->context : most < IMATRIX_CONTEXT ? most : IMATRIX_CONTEXT;
    if (m->context < IMATRIX_LEAST || m->context > most)
        return ink_fail(err, INK_E_LIMIT, "a chunk of %zu tokens: this model takes from %d to %zu", m->context, IMATRIX_LEAST, most);
    const size_t has = count / m->context, chunks = m->o->chunks ? m->o->chunks : has;
    if (!has || chunks > has)
        return ink_fail(err, INK_E_ARGUMENT, "the text has %zu tokens: %zu chunks of %zu, not %zu", count, has, m->context, chunks ? chunks : 1);
    INK_TRY(ink_arena_new("importance", 0, &m->arena, err));
    INK_TRY(ink_kernels_init(&m->kernels, err));
    INK_TRY(ink_pool_new(m->o->threads, &m->pool, err));
    m->ids = ink_arena_array(m->arena, m->context, sizeof *m->ids);
    m->positions = ink_arena_array(m->arena, m->context, sizeof *m->positions);
    if (!m->ids || !m->positions)
        return ink_arena_refused(m->arena, m->context * sizeof *m->ids, err);
    INK_TRY(imatrix_build(m, err));
    while (m->chunks < chunks) {
        imatrix_run(m, ids + m->chunks++ * m->context);
        if (m->o->chunk && !m->o->chunk(m->o->user, m->chunks, chunks) && m->chunks < chunks)
            return ink_fail(err, INK_E_STOPPED, "stopped after %zu of %zu chunks; nothing was written", m->chunks, chunks);
    }
    return imatrix_file(m, path, err);
}

ink_status ink_imatrix_write(ink_model *model, const int32_t *ids, size_t count, const char *path, const ink_imatrix_options *options, ink_imatrix_report *out, ink_err *err)
{
    imatrix m = { .model = model, .o = options };
    ink_status status = imatrix_all(&m, ids, count, path, err);
    if (status == INK_OK && out)
        *out = (ink_imatrix_report){ .chunks = m.chunks, .tokens = m.tokens, .matrices = m.count };
    ink_plan_free(&m.plan);
    ink_nn_weights_free(&m.weights);
    ink_pool_free(m.pool);
    ink_arena_free(m.arena);
    return status;
}
