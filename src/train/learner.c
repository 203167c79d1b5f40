#include "base/count.h"
#include "train/learner.h"

#include "graph/gradient.h"
#include "graph/look.h"
#include "models/labels.h"

#include <ink/memory.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_IDS, SLOT_POSITIONS, SLOT_BATCH, SLOT_INDEX, SLOT_LABELS, SLOT_SHARES, SLOT_DRAW, SLOT_TYPES, SLOT_READ_IDS, SLOT_READ_POSITIONS, SLOT_READ_BATCH, SLOT_CROSS };

/* As few parts as keep the logits of one below this many bytes: each part reads the head's matrix again, and writes its gradient. Products in f32 take
   so long that a part more hardly shows. Each part is nodes of its own, so there is an end to them. */
enum { LEARNER_LOGITS = 128 << 20, LEARNER_LOGITS_FAST = 256 << 20, LEARNER_PARTS = 256 };

/* Whether the processor multiplies faster in bf16 and is asked to. */
static bool learner_fast(const ink_learner *l) { return l->bf16 && l->kernels.gemm_bf16 != l->kernels.gemm; }

static ink_learner_room learner_cut(const ink_learner *l, size_t samples)
{
    ink_learner_room r = { .samples = samples, .rows = l->context * samples };
    const size_t bytes = r.rows * (l->tags ? l->tags->count : ink_model_config(l->model)->vocab) * sizeof(float);
    const size_t parts = bytes / (learner_fast(l) ? LEARNER_LOGITS_FAST : LEARNER_LOGITS) + 1;
    r.parts = l->temperature > 0 || l->classes ? 1 : parts < LEARNER_PARTS ? parts : LEARNER_PARTS; /* 1: every vector meets every other */
    r.part_rows = ink_pieces(r.rows, r.parts);
    return r;
}

/* A node takes few inputs, so parts are joined by that many. */
static ink_node *learner_join(ink_graph *g, ink_node *const *parts, size_t count)
{
    ink_node *all = NULL;
    for (size_t i = 0; i < count; i += INK_NODE_INPUTS) {
        ink_node *some = ink_parts(g, count - i < INK_NODE_INPUTS ? count - i : INK_NODE_INPUTS, parts + i, i);
        all = all ? ink_add(g, all, some) : some;
    }
    return all;
}

/* What the head is made from, and the net that made it. */
static ink_node *learner_hidden(ink_learner *l, ink_graph *g, bool learns, ink_net *n)
{
    const ink_config *c = ink_model_config(l->model);
    g->bf16 = l->bf16;
    *n = (ink_net){ .g = g, .weights = &l->weights, .context = l->context, .adapters = l->adapters.list, .adapter_count = l->adapters.count };
    if (learns && (l->dropout > 0 || l->lora_dropout > 0)) {
        n->dropout = l->dropout;
        n->lora_dropout = l->lora_dropout;
        n->draw = ink_graph_input(g, SLOT_DRAW, "draw", INK_SIZE_ONE, 1);
    }
    ink_node *ids = n->ids = ink_graph_input(g, SLOT_IDS, "ids", INK_SIZE_ROWS, 1), *positions = ink_graph_input(g, SLOT_POSITIONS, "positions", INK_SIZE_ROWS, 1);
    n->batch = ink_graph_input(g, SLOT_BATCH, "batch", INK_SIZE_ONE, 1);
    n->types = ink_model_architecture(l->model)->encoder ? ink_graph_input(g, SLOT_TYPES, "types", INK_SIZE_ROWS, 1) : NULL;
    ink_architecture_source(ink_model_architecture(l->model), n, c, &(ink_source_slots){ SLOT_READ_IDS, SLOT_READ_POSITIONS, SLOT_READ_BATCH, SLOT_CROSS });
    n->before = ink_nn_adapt_before(n, 2 * c->layers * c->kv_heads * c->head_dim);
    ink_node *hidden = ink_model_architecture(l->model)->body(n, c, ids, positions);
    if (n->draw && !n->dropped)
        ink_graph_fail(g, INK_E_UNSUPPORTED, "%s: nothing is lost in learning here: dropout is known of Llama's kind, GPT-2 and recurrent models, lora_dropout of LoRA", ink_model_architecture(l->model)->name);
    return ink_select(g, hidden, ink_graph_input(g, SLOT_INDEX, "index", INK_SIZE_OUTPUTS, 1));
}

static ink_node *learner_head(ink_learner *l, ink_net *n, ink_node *x, bool learns)
{
    const ink_architecture *a = ink_model_architecture(l->model);
    const ink_config *c = ink_model_config(l->model);
    if (!l->classes)
        return a->head(n, c, x);
    ink_node *said = ink_classes_head(n, a, c, ink_classes_rows(n, a, c, x), l->classes);
    if (!learns) {
        said->output = true;
        l->judged = said;
    }
    return said;
}

static ink_node *learner_loss(ink_learner *l, ink_net *n, ink_node *x, ink_node *labels, bool learns)
{
    if (l->temperature > 0)
        return ink_match(n->g, x, n->batch, &(ink_match_options){ (float)l->temperature, l->rooms[learns].samples / 2 });
    return ink_cross_entropy(n->g, l->tags ? ink_nn_task(n, x, l->tags->count) : learner_head(l, n, x, learns), labels);
}

/* Every scored row's loss. Where a gradient is wanted it goes back to the hidden rows part by part, so that no two parts have their logits
   at the same time, and from there through the body. */
static ink_status learner_losses(ink_learner *l, ink_graph *g, bool learns, ink_node **losses, ink_err *err)
{
    ink_net n;
    ink_node *hidden = learner_hidden(l, g, learns, &n), *labels = ink_graph_input(g, SLOT_LABELS, "labels", INK_SIZE_OUTPUTS, 1);
    ink_node *shares = ink_graph_input(g, SLOT_SHARES, "shares", INK_SIZE_OUTPUTS, 1);
    const size_t forward = g->count, parts = l->rooms[learns].parts;
    ink_node **part = ink_arena_array(l->arena, parts, sizeof *part), **back = ink_arena_array(l->arena, parts, sizeof *back);
    if (!part || !back)
        return ink_arena_refused(l->arena, parts * sizeof *part, err);
    for (size_t i = 0; i < parts; i++) {
        ink_node *x = ink_part(g, hidden, i);
        part[i] = learner_loss(l, &n, x, ink_part(g, labels, i), learns);
        INK_TRY(ink_graph_check(g));
        if (learns)
            INK_TRY(ink_graph_gradient(g, part[i], ink_part(g, shares, i), ink_add, &x, 1, &back[i]));
    }
    *losses = learner_join(g, part, parts);
    (*losses)->output = true;
    INK_TRY(ink_adapters_check(&l->adapters, err));
    if (!learns)
        return ink_graph_check(g);
    ink_node *all = learner_join(g, back, parts);
    const size_t way_back = g->count;
    INK_TRY(ink_graph_gradient(g, hidden, all, ink_add, NULL, 0, NULL));
    return ink_graph_recompute(g, forward, way_back, l->recompute);
}

/* Whether every weight that learns is reached, and as a whole: of what is not, a gradient that is made anew would never be made. */
static bool learner_reaches(const ink_learner *l, const ink_graph *g)
{
    for (size_t n = 0; n < g->count; n++)
        if (g->nodes[n]->into && g->nodes[n]->op->part)
            return false;
    for (size_t i = 0; i < l->learning->count; i++) {
        const ink_nn_weight *w = l->learning->list[i];
        size_t n = 0;
        while (w->learns && n < g->count && g->nodes[n]->into != &w->constant)
            n++;
        if (w->learns && n == g->count)
            return false;
    }
    return true;
}

static ink_status learner_plan(ink_learner *l, bool learns, ink_err *err)
{
    const ink_learner_room *room = &l->rooms[learns];
    const size_t bounds[INK_SIZES] = { 1, room->rows, room->parts * room->part_rows, l->context, room->part_rows, l->pairs ? room->rows : 0 };
    ink_graph *g = learns ? &l->learn_graph : &l->measure_graph;
    INK_TRY(ink_graph_init(g, l->arena, err));
    INK_TRY(learner_losses(l, g, learns, learns ? &l->learn_losses : &l->measure_losses, err));
    if (learns && l->at_once && learner_reaches(l, g))
        g->gradients = l->learning->learned_bytes;
    return ink_plan_make(g, &l->kernels, bounds, ink_pool_threads(l->pool), learns ? &l->learn : &l->measure, err);
}

static ink_status learner_graphs(ink_learner *l, ink_err *err)
{
    INK_TRY(learner_plan(l, true, err));
    INK_TRY(learner_plan(l, false, err));
    return l->encoder ? ink_prompt_encoder_make(l->encoder, &l->kernels, l->pool, err) : INK_OK;
}

static ink_status learner_pair_lists(ink_learner *l, size_t rows, ink_err *err)
{
    l->read = ink_arena_array(l->arena, rows, sizeof *l->read);
    l->read_ids = ink_arena_array(l->arena, rows, sizeof *l->read_ids);
    l->read_positions = ink_arena_array(l->arena, rows, sizeof *l->read_positions);
    l->sources = ink_arena_array(l->arena, rows, sizeof *l->sources);
    l->crosses = ink_arena_array(l->arena, rows, sizeof *l->crosses);
    return l->read && l->read_ids && l->read_positions && l->sources && l->crosses ? INK_OK : ink_arena_refused(l->arena, rows * 64, err);
}

static size_t learner_most(size_t a, size_t b) { return a > b ? a : b; }

static ink_status learner_lists(ink_learner *l, ink_err *err)
{
    const size_t rows = learner_most(l->rooms[0].rows, l->rooms[1].rows);
    const size_t outputs = learner_most(l->rooms[0].parts * l->rooms[0].part_rows, l->rooms[1].parts * l->rooms[1].part_rows);
    l->ids = ink_arena_array(l->arena, rows, sizeof *l->ids);
    l->types = ink_arena_array(l->arena, rows, sizeof *l->types);
    l->shown = ink_arena_array(l->arena, rows, sizeof *l->shown);
    l->asked = ink_arena_array(l->arena, rows, sizeof *l->asked);
    l->positions = ink_arena_array(l->arena, rows, sizeof *l->positions);
    l->labels = ink_arena_array(l->arena, outputs, sizeof *l->labels);
    l->index = ink_arena_array(l->arena, outputs, sizeof *l->index);
    l->shares = ink_arena_array(l->arena, outputs, sizeof *l->shares);
    l->segments = ink_arena_array(l->arena, rows, sizeof *l->segments);
    l->meters = ink_arena_array(l->arena, ink_pool_threads(l->pool), sizeof *l->meters);
    if (l->pairs)
        INK_TRY(learner_pair_lists(l, rows, err));
    return l->meters && l->ids && l->types && l->shown && l->asked && l->positions && l->labels && l->index && l->shares && l->segments ? INK_OK : ink_arena_refused(l->arena, rows * 64, err);
}

static bool learner_fits(ink_learner *l, size_t moments)
{
    const double learn = (double)ink_plan_bytes(&l->learn), measure = (double)ink_plan_bytes(&l->measure);
    l->need = (ink_learner_need){ .weights = (double)(l->weights.bytes + l->weights.kept_bytes), .learning = (double)((l->learn_graph.gradients ? 1 : 2) + moments) * (double)l->learning->learned_bytes,
                                  .plan = (learn > measure ? learn : measure) + (l->encoder ? (double)ink_plan_bytes(&l->encoder->plan) : 0), .have = (double)ink_memory_read().available };
    return l->need.weights + l->need.learning + l->need.plan <= l->need.have;
}

/* Where nobody said what is computed twice: wide products where the processor has faster ones for bf16 and that is less than a seventh of the
   operations; beyond that what makes it fit. */
static ink_status learner_choose(ink_learner *l, size_t moments, ink_err *err)
{
    enum { PART = 7 };
    if (!learner_fast(l) || PART * ink_plan_operations(&l->learn, true) > ink_plan_operations(&l->learn, false)) {
        l->recompute = INK_RECOMPUTE_CHEAP;
        INK_TRY(learner_plan(l, true, err));
    }
    while (!learner_fits(l, moments) && l->recompute < INK_RECOMPUTE_LAYERS) {
        l->recompute++;
        INK_TRY(learner_plan(l, true, err));
    }
    return INK_OK;
}

static ink_status learner_unfit(const ink_learner *l, ink_err *err)
{
    const ink_learner_need *n = &l->need;
    return ink_fail(err, INK_E_MEMORY, "this does not fit: weights, gradients and moments need %.1f GB and %zu tokens at a time %.1f GB, the machine has %.1f GB free; try a smaller per_device_train_batch_size or cutoff_len",
                    (n->weights + n->learning) / 1e9, learner_most(l->rooms[0].rows, l->rooms[1].rows), n->plan / 1e9, n->have / 1e9);
}

static ink_status learner_weights(ink_learner *l, const ink_learner_options *o, ink_err *err)
{
    l->weights = (ink_nn_weights){ .file = ink_model_weights(l->model), .rules = ink_model_architecture(l->model)->rules, .arena = l->arena, .dense = true, .keeps = o->keeps };
    l->learning = &l->weights;
    if (o->adapter) {
        INK_TRY(ink_adapters_add(&l->adapters, o->adapter, l->model, l->arena, err));
        l->learning = &l->adapters.list[0]->weights;
        l->learning->dense = true;
        l->learning->learns = o->learns;
        l->learning->learns_user = o->learns_user;
        l->prompt = ink_adapters_tokens(&l->adapters, INK_ADAPTER_PROMPT);
        l->prefix = ink_adapters_tokens(&l->adapters, INK_ADAPTER_PREFIX);
    }
    if (o->encodes) {
        INK_TRY(ink_prompt_encoder_open(l->adapters.list[0], ink_weights_folder(l->learning->file), l->arena, &l->encoder, err));
        l->learning = &l->encoder->weights;
    }
    l->learning->learns = o->learns;
    l->learning->learns_user = o->learns_user;
    return INK_OK;
}

static ink_status learner_load(ink_learner *l, ink_err *err)
{
    if (l->learn_graph.gradients)
        l->learning->gradients.data = l->learn.memory;
    INK_TRY(ink_nn_weights_load(&l->weights, l->pool, err));
    if (l->adapters.count)
        INK_TRY(ink_nn_weights_load(&l->adapters.list[0]->weights, l->pool, err));
    return l->encoder ? ink_prompt_encoder_load(l->encoder, err) : INK_OK;
}

static ink_status learner_make(ink_learner *l, const ink_learner_options *o, ink_err *err)
{
    if (!o->classes && ink_model_architecture(l->model)->encoder != (o->masking || o->tags || o->temperature > 0))
        return ink_fail(err, INK_E_UNSUPPORTED, "%s is a model (%s) that %s", ink_weights_path(ink_model_weights(l->model)), ink_model_architecture(l->model)->name,
                        !ink_model_architecture(l->model)->encoder ? "foresees text; stages mlm, tag and embed are for encoders" : "is an encoder, which learns with stage mlm, classify, tag or embed");
    if (o->pairs != (ink_model_architecture(l->model)->source != NULL))
        return ink_fail(err, INK_E_UNSUPPORTED, o->pairs ? "%s is a model (%s) that goes on with a text; stages seq2seq and span are for those that read one text and write another"
                                                         : "%s is a model (%s) that reads one text and writes another, which learns with stages seq2seq and span",
                        ink_weights_path(ink_model_weights(l->model)), ink_model_architecture(l->model)->name);
    l->classes = o->classes;
    l->masking = o->masking;
    l->tags = o->tags;
    l->template = o->template;
    l->temperature = o->temperature;
    l->pairs = o->pairs;
    l->spans = o->spans;
    INK_TRY(ink_arena_new("learner", 0, &l->arena, err));
    INK_TRY(ink_kernels_init(&l->kernels, err));
    INK_TRY(ink_pool_new(o->threads, &l->pool, err));
    INK_TRY(learner_weights(l, o, err));
    if (ink_model_architecture(l->model)->encoder && l->prompt)
        return ink_fail(err, INK_E_UNSUPPORTED, "an encoder takes no prompt of an adapter; LoRA and prefixes act on one");
    if (l->pairs && (l->prompt || l->prefix))
        return ink_fail(err, INK_E_UNSUPPORTED, "a model that reads one text and writes another takes no prompt or prefix of an adapter; LoRA and IA3 act on one");
    l->bf16 = o->bf16;
    l->at_once = o->at_once && !l->encoder; /* whose gradients begin with those of the rows that it makes */
    l->dropout = (float)o->dropout;
    l->lora_dropout = (float)o->lora_dropout;
    l->draw.seed = o->seed;
    l->context = o->context + l->prompt;
    if (l->context + l->prefix > ink_model_config(l->model)->context && !ink_model_config(l->model)->endless)
        return ink_fail(err, INK_E_LIMIT, "samples of %zu tokens and %zu before them do not fit the model's context of %zu", o->context, l->prompt + l->prefix, ink_model_config(l->model)->context);
    l->rooms[1] = learner_cut(l, o->samples);
    l->rooms[0] = o->measured ? learner_cut(l, o->measured) : l->rooms[1];
    INK_TRY(learner_lists(l, err));
    l->recompute = o->recompute == INK_RECOMPUTE_AUTO ? INK_RECOMPUTE_WIDE : o->recompute;
    INK_TRY(learner_graphs(l, err));
    if (o->recompute == INK_RECOMPUTE_AUTO)
        INK_TRY(learner_choose(l, o->moments, err));
    if (!learner_fits(l, o->moments))
        return learner_unfit(l, err);
    INK_TRY(ink_plan_allocate(&l->learn, err));
    INK_TRY(ink_plan_allocate(&l->measure, err));
    return learner_load(l, err);
}

ink_status ink_learner_open(ink_model *model, const ink_learner_options *o, ink_learner **out, ink_err *err)
{
    ink_learner *l = calloc(1, sizeof *l);
    if (!l)
        return ink_fail(err, INK_E_MEMORY, "no memory to learn with");
    l->model = model;
    ink_status status = learner_make(l, o, err);
    if (status == INK_OK)
        *out = l;
    else
        ink_learner_close(l);
    return status;
}

void ink_learner_close(ink_learner *l)
{
    if (!l)
        return;
    ink_plan_free(&l->learn);
    ink_plan_free(&l->measure);
    ink_nn_weights_free(&l->weights);
    ink_prompt_encoder_close(l->encoder);
    ink_adapters_close(&l->adapters);
    ink_pool_free(l->pool);
    ink_arena_free(l->arena);
    free(l);
}

/* The labels that the head finds likeliest, against what they should be. */
static void learner_judge(ink_learner *l, size_t rows)
{
    const ink_view said = ink_plan_data(&l->measure, l->judged);
    for (size_t row = 0; row < rows; row++) {
        const float *x = ink_view_row(said, row);
        size_t best = 0;
        for (size_t i = 1; i < l->classes; i++)
            best = x[i] > x[best] ? i : best;
        l->right += best == (size_t)l->labels[row];
    }
}

/* What samples are computed with; it points into itself. */
typedef struct learner_feed {
    ink_run r;
    ink_ragged ragged, sources, crosses;
} learner_feed;

static void learner_set(ink_learner *l, const ink_plan *p, const ink_examples *e, const uint32_t *which, size_t count, double share, learner_feed *f)
{
    ink_run *r = &f->r;
    *f = (learner_feed){ .r = { .k = &l->kernels, .pool = l->pool } };
    ink_learner_batch(l, &l->rooms[p == &l->learn], e, which, count, r);
    f->ragged = (ink_ragged){ .segments = l->segments, .count = count };
    f->sources = (ink_ragged){ .segments = l->sources, .count = count };
    f->crosses = (ink_ragged){ .segments = l->crosses, .count = count };
    for (size_t i = 0; i < r->sizes[INK_SIZE_OUTPUTS]; i++)
        l->shares[i] = (float)share;
    r->inputs[SLOT_IDS] = (ink_view){ (uint8_t *)l->ids, sizeof *l->ids };
    r->inputs[SLOT_POSITIONS] = (ink_view){ (uint8_t *)l->positions, sizeof *l->positions };
    r->inputs[SLOT_BATCH] = (ink_view){ (uint8_t *)&f->ragged, 0 };
    r->inputs[SLOT_TYPES] = (ink_view){ (uint8_t *)l->types, sizeof *l->types };
    r->inputs[SLOT_INDEX] = (ink_view){ (uint8_t *)l->index, sizeof *l->index };
    r->inputs[SLOT_LABELS] = (ink_view){ (uint8_t *)l->labels, sizeof *l->labels };
    r->inputs[SLOT_SHARES] = (ink_view){ (uint8_t *)l->shares, sizeof *l->shares };
    r->inputs[SLOT_READ_IDS] = (ink_view){ (uint8_t *)l->read_ids, sizeof *l->read_ids };
    r->inputs[SLOT_READ_POSITIONS] = (ink_view){ (uint8_t *)l->read_positions, sizeof *l->read_positions };
    r->inputs[SLOT_READ_BATCH] = (ink_view){ (uint8_t *)&f->sources, 0 };
    r->inputs[SLOT_CROSS] = (ink_view){ (uint8_t *)&f->crosses, 0 };
    r->inputs[SLOT_DRAW] = (ink_view){ (uint8_t *)&l->draw, 0 };
}

static double learner_run(ink_learner *l, ink_plan *p, const ink_node *losses, const ink_examples *e, const uint32_t *which, size_t count, double share, double *sums)
{
    learner_feed f;
    learner_set(l, p, e, which, count, share, &f);
    f.r.meters = p == &l->learn ? l->meters : NULL;
    if (l->latest && l->latest != p)
        ink_plan_rest(l->latest);
    l->latest = p;
    if (l->encoder)
        ink_prompt_encoder_run(l->encoder);
    ink_plan_run(p, &f.r);
    if (l->encoder && p == &l->learn)
        ink_prompt_encoder_run(l->encoder);
    double sum = 0;
    for (size_t i = 0, row = 0; i < count; i++) {
        double own = 0;
        for (const size_t end = row + ink_learner_scored(l, e, which[i]); row < end; row++) {
            own += (double)*ink_view_row(ink_plan_data(p, losses), row);
            sum += (double)*ink_view_row(ink_plan_data(p, losses), row);
        }
        if (sums)
            sums[i] = own;
    }
    return sum;
}

/* Gradients begin at nothing, and memory too: what lies there is what went wrong. */
bool ink_learner_look(ink_learner *l, const ink_examples *e, const uint32_t *which, size_t count, double share, char *where, size_t size)
{
    learner_feed f;
    ink_look look;
    if (ink_look_open(&look, &l->learn, NULL) != INK_OK)
        return false;
    learner_set(l, &l->learn, e, which, count, share, &f);
    f.r.look = &look;
    memset(l->learning->gradients.data, 0, l->learning->learned_bytes);
    ink_plan_rest(&l->learn);
    if (l->encoder)
        ink_prompt_encoder_run(l->encoder);
    ink_plan_run(&l->learn, &f.r);
    const ink_node *found = ink_look_found(&look);
    if (found)
        ink_look_tell(found, f.r.sizes, where, size);
    ink_look_close(&look);
    return found != NULL;
}

void ink_learner_products(ink_learner *l, double *gops, double *seconds)
{
    const size_t threads = ink_pool_threads(l->pool);
    const ink_products p = ink_meters_sum(l->meters, threads);
    memset(l->meters, 0, threads * sizeof *l->meters);
    *seconds = p.seconds;
    *gops = ink_products_rate(&p);
}

double ink_learner_learn(ink_learner *l, const ink_examples *e, const uint32_t *which, size_t count, double share)
{
    return learner_run(l, &l->learn, l->learn_losses, e, which, count, share, NULL);
}

double ink_learner_measure(ink_learner *l, const ink_examples *e, const uint32_t *which, size_t count, double *sums)
{
    const double sum = learner_run(l, &l->measure, l->measure_losses, e, which, count, 0, sums);
    if (l->classes)
        learner_judge(l, count);
    return sum;
}
