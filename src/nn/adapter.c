/* LoRA (Hu et al. 2022, section 4.1), DoRA (Liu et al. 2024, section 4.1), IA3 (Liu et al. 2022, section 3.3), prompts (Lester et
   al. 2021) and prefixes (Li and Liang 2021): what each adds to a layer. Names are PEFT's. */
#include "nn/nn.h"

#include <math.h>
#include <stdio.h>

enum { ADAPTER_NAME = 2 * INK_NET_NAME };

static bool adapter_has(const ink_nn_adapter *a, const char *layer, const char *part, char name[ADAPTER_NAME])
{
    snprintf(name, ADAPTER_NAME, "base_model.model.%s.%s", layer, part);
    return ink_nn_weights_has(&a->weights, name);
}

/* A net that finds its weights in the adapter. */
static ink_net adapter_net(const ink_net *n, ink_nn_adapter *a)
{
    ink_net m = *n;
    m.weights = &a->weights;
    m.adapter_count = 0;
    *m.prefix = 0;
    m.quantised_from = NULL;
    return m;
}

struct ink_net ink_nn_adapt_whole(struct ink_net *n, const char *layer)
{
    static const char *const before[] = { "base_model.model.", "base_model." }; /* of layers that are changed, and of prompts */
    char name[ADAPTER_NAME];
    for (size_t i = 0; i < n->adapter_count; i++)
        for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
            snprintf(name, sizeof name, "%s%s.weight", before[k], layer);
            if (!ink_nn_weights_has(&n->adapters[i]->weights, name))
                continue;
            ink_net m = adapter_net(n, n->adapters[i]);
            ink_net_at(&m, "%s", before[k]);
            return m;
        }
    return *n;
}

static size_t adapter_rank(ink_nn_adapter *a, const char *name)
{
    ink_name_change change;
    const ink_tensor *t = ink_names_find(a->weights.rules, a->weights.file, name, &change, NULL);
    return t && t->ndim == 2 ? t->dims[0] : 0;
}

/* y + scale x A^T B^T, names being those of A and B, whose nodes go to factors, or NULL. */
static ink_node *adapter_products(ink_net *m, ink_node *x, ink_node *y, const char *const names[2], size_t rank, float scale, ink_node *factors[2])
{
    ink_node *low = ink_nn_head(m, x, names[0], rank), *high = ink_nn_head(m, low, names[1], ink_node_width(y));
    factors[0] = low->inputs > 1 ? low->in[1] : NULL;
    factors[1] = high->inputs > 1 ? high->in[1] : NULL;
    return ink_add(m->g, y, ink_scale(m->g, high, scale));
}

/* The same while it learns, in passes over rows that are at hand. */
static ink_node *adapter_narrow(ink_net *m, ink_node *x, ink_node *y, const char *const names[2], size_t rank, float scale, ink_node *factors[2])
{
    factors[0] = ink_nn_matrix(m, names[0], rank, ink_node_width(x));
    factors[1] = ink_nn_matrix(m, names[1], ink_node_width(y), rank);
    return ink_rank_up(m->g, y, ink_scale(m->g, ink_rank_down(m->g, x, factors[0]), scale), ink_transpose(m->g, factors[1]));
}

static ink_node *adapter_lora(ink_net *n, ink_nn_adapter *a, ink_node *x, ink_node *y, const char *layer, ink_node *weight, bool turned)
{
    char down[ADAPTER_NAME], up[ADAPTER_NAME], magnitude[ADAPTER_NAME];
    if (!adapter_has(a, layer, "lora_A.weight", down) || !adapter_has(a, layer, "lora_B.weight", up))
        return y;
    ink_net m = adapter_net(n, a);
    const size_t rank = adapter_rank(a, down);
    const double scale = a->strength * a->alpha / (a->root ? sqrt((double)rank) : (double)rank);
    ink_node *factors[2];
    x = ink_nn_dropout(n, x, n->lora_dropout);
    y = n->weights->dense && rank <= INK_RANK_FEW ? adapter_narrow(&m, x, y, (const char *[]){ down, up }, rank, (float)scale, factors)
                                                  : adapter_products(&m, x, y, (const char *[]){ down, up }, rank, (float)scale, factors);
    if (!a->dora || !adapter_has(a, layer, "lora_magnitude_vector", magnitude) || !factors[0] || !factors[1])
        return y;
    ink_node *size = ink_nn_row(&m, magnitude, ink_node_width(y));
    ink_node *norms = ink_weight_norms(n->g, size, weight, factors[0], factors[1], (float)scale, turned, !n->weights->dense);
    return ink_mul(n->g, ink_mul(n->g, y, size), norms);
}

ink_node *ink_nn_adapt_product(ink_net *n, ink_node *x, ink_node *y, const char *layer, ink_node *weight, bool turned)
{
    for (size_t i = 0; i < n->adapter_count; i++)
        if (n->adapters[i]->kind == INK_ADAPTER_LORA)
            y = adapter_lora(n, n->adapters[i], x, y, layer, weight, turned);
    return y;
}

/* IA3's factor of a layer, if it has one for this side: a feed-forward layer's input is scaled, and of others the result. PEFT keeps
   the former as [1, in], the latter as [out, 1]. */
static ink_node *adapter_factor(ink_net *n, ink_node *x, const char *layer, bool input)
{
    char name[ADAPTER_NAME];
    for (size_t i = 0; i < n->adapter_count; i++) {
        ink_nn_adapter *a = n->adapters[i];
        if (a->kind != INK_ADAPTER_IA3 || !adapter_has(a, layer, "ia3_l", name))
            continue;
        ink_name_change change;
        const ink_tensor *t = ink_names_find(a->weights.rules, a->weights.file, name, &change, NULL);
        if (input != (t->ndim == 2 && t->dims[0] == 1))
            continue;
        ink_net m = adapter_net(n, a);
        x = ink_mul(n->g, x, ink_nn_row(&m, name, ink_node_width(x)));
    }
    return x;
}

ink_node *ink_nn_adapt_input(ink_net *n, ink_node *x, const char *layer) { return adapter_factor(n, x, layer, true); }
ink_node *ink_nn_adapt_result(ink_net *n, ink_node *y, const char *layer) { return adapter_factor(n, y, layer, false); }

static ink_node *adapter_table(ink_net *n, ink_adapter_kind kind, size_t width)
{
    for (size_t i = 0; i < n->adapter_count; i++) {
        ink_nn_adapter *a = n->adapters[i];
        ink_err err;
        if (a->kind != kind)
            continue;
        ink_nn_weight *w = ink_nn_weights_get(&a->weights, "prompt_embeddings", &err);
        ink_status status = w ? ink_nn_weight_matrix(&a->weights, w, a->tokens, width, (ink_name_heads){ 0 }, &err) : err.status;
        if (status == INK_OK)
            return ink_graph_weight(n->g, &w->constant, a->tokens, width);
        ink_graph_fail(n->g, status, "%s", err.text);
    }
    return NULL;
}

ink_node *ink_nn_adapt_tokens(ink_net *n, size_t width) { return adapter_table(n, INK_ADAPTER_PROMPT, width); }
ink_node *ink_nn_adapt_before(ink_net *n, size_t width) { return adapter_table(n, INK_ADAPTER_PREFIX, width); }
