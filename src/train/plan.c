/* What a run will take, told before it takes anything for long: parameters by part, memory, operations, time. */
#include "base/clock.h"
#include "train/train.h"

#include <string.h>

enum { PLAN_CHINCHILLA = 20 }; /* tokens for every parameter that computing best spends on a model (Hoffmann et al. 2022, table 3) */

/* The part that a weight belongs to, by what its name has; the first that fits. */
static const struct { const char *has, *part; } plan_parts[] = {
    { "lm_head", "head" }, { "embed_out", "head" }, { "output_layer", "head" }, { "norm", "norms" }, { "ln_", "norms" },
    { "Attention", "attention" }, { "Dense", "feed-forward" }, { "shared", "embeddings" }, { "embed", "embeddings" }, { "wte", "embeddings" }, { "wpe", "embeddings" }, { "attn", "attention" }, { "attention", "attention" }, { "mlp", "feed-forward" }, { "fc", "feed-forward" },
    { "expert", "feed-forward" }, { "rnn", "recurrent" }, { "encoder", "embeddings" }, { "decoder", "head" },
};

static const char *plan_part(const char *name)
{
    for (size_t i = 0; i < sizeof plan_parts / sizeof *plan_parts; i++)
        if (strstr(name, plan_parts[i].has))
            return plan_parts[i].part;
    return "other";
}

static void plan_count(ink_train_plan *p, const char *part, double parameters, bool learns)
{
    size_t i = 0;
    while (i < p->part_count && strcmp(p->parts[i].name, part))
        i++;
    if (i == INK_TRAIN_PARTS)
        return;
    p->part_count = i == p->part_count ? i + 1 : p->part_count;
    p->parts[i].name = part;
    p->parts[i].parameters += parameters;
    p->parts[i].learning += learns ? parameters : 0;
    p->parameters += parameters;
    p->learning += learns ? parameters : 0;
}

static void plan_weights(ink_train_plan *p, const ink_nn_weights *w)
{
    for (size_t i = 0; i < w->count; i++)
        plan_count(p, plan_part(w->list[i]->name), (double)w->list[i]->tensor->count, w->list[i]->learns);
}

/* Two for every parameter that is multiplied with on the way there, two for what goes back, two for the gradient of what learns
   itself (Kaplan et al. 2020, section 2.1); and attention, of which half the scores are seen. */
static double plan_operations(const ink_train_plan *p, const ink_learner *l)
{
    const ink_config *c = ink_model_config(l->model);
    const char *table = ink_model_architecture(l->model)->embedding;
    double rows = 0, rows_learn = 0; /* of a table that is only looked up in */
    bool head = false;
    for (size_t i = 0; i < l->weights.count; i++) {
        const ink_nn_weight *w = l->weights.list[i];
        head |= !strcmp(plan_part(w->name), "head");
        rows = strcmp(w->name, table) ? rows : (double)w->tensor->count;
        rows_learn = strcmp(w->name, table) || !w->learns ? rows_learn : rows;
    }
    const double multiplied = p->parameters - (head ? rows : 0), learning = p->learning - (head ? rows_learn : 0);
    return 4 * multiplied + 2 * learning + 6.0 * (double)c->layers * (double)(c->heads * c->head_dim) * (double)l->context;
}

static void plan_fullest(ink_train_plan *p, const ink_learner *l)
{
    enum { OPS = 128 };
    ink_plan_share all[OPS];
    const size_t count = ink_plan_peak(&l->learn, all, OPS);
    for (p->share_count = 0; p->share_count < INK_TRAIN_SHARES && p->share_count < count; p->share_count++) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            best = all[i].bytes > all[best].bytes ? i : best;
        p->fullest[p->share_count] = (ink_train_share){ all[best].op ? all[best].op->name : "gradients", (double)all[best].values, (double)all[best].bytes };
        all[best].bytes = 0;
    }
}

void ink_plan_tell(const ink_learner *l, ink_train_plan *p)
{
    plan_weights(p, &l->weights);
    for (size_t i = 0; l->learning != &l->weights && i < l->learning->count; i++)
        plan_count(p, "adapter", (double)l->learning->list[i]->tensor->count, l->learning->list[i]->learns);
    p->weight_bytes = l->need.weights;
    p->learning_bytes = l->need.learning;
    p->plan_bytes = l->need.plan;
    p->free_bytes = l->need.have;
    p->recompute = ink_recompute_names[l->recompute];
    plan_fullest(p, l);
    p->deserved_tokens = PLAN_CHINCHILLA * p->parameters;
    p->operations_per_token = plan_operations(p, l);
}

/* The second of two batches and a step of the optimiser: the first of anything is slow. */
void ink_plan_clock(ink_optimiser *p, const ink_examples *e, const uint32_t *which, size_t count, ink_train_plan *plan)
{
    double batch = 0, step = 0, tokens = 0;
    for (size_t i = 0; i < count; i++)
        tokens += (double)ink_examples_length(e, which[i]);
    for (int i = 0; i < 2; i++) {
        double began = ink_clock_seconds();
        ink_learner_learn(p->l, e, which, count, 1 / tokens);
        batch = ink_clock_seconds() - began;
        began = ink_clock_seconds();
        ink_optimiser_norm(p, 0);
        ink_optimiser_step(p, (size_t)i, 0, 1);
        step = ink_clock_seconds() - began;
    }
    const double batches = (double)p->o->accumulate;
    plan->tokens_per_second = batches * tokens / (batches * batch + step);
    plan->seconds = plan->tokens / plan->tokens_per_second;
}
