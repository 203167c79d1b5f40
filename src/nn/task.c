/* The head that a task gave to a model: one linear layer over rows, called classifier. It is the model's own, or lies in an adapter, as PEFT saves what it was told to
   save whole (modules_to_save): beside LoRA under the model's name, beside prefixes under its own. */
#include "nn/nn.h"

#include <stdio.h>

static const char *const task_prefixes[] = { "base_model.model.", "base_model." };

static const ink_tensor *task_find(const ink_weights *w, const char **prefix)
{
    char name[64];
    for (size_t p = 0; p < sizeof task_prefixes / sizeof *task_prefixes; p++) {
        snprintf(name, sizeof name, "%sclassifier.weight", *prefix = task_prefixes[p]);
        const ink_tensor *t = ink_weights_find(w, name);
        if (t)
            return t;
    }
    *prefix = "";
    return ink_weights_find(w, "classifier.weight");
}

size_t ink_nn_task_labels(const ink_weights *w)
{
    const char *prefix;
    const ink_tensor *t = task_find(w, &prefix);
    return t && t->ndim == 2 ? (size_t)t->dims[0] : 0;
}

ink_node *ink_nn_task(ink_net *n, ink_node *x, size_t labels)
{
    char weight[64], bias[64];
    const char *prefix = "";
    ink_net m = *n;
    *m.prefix = 0;
    m.adapter_count = 0;
    m.quantised_from = NULL;
    for (size_t i = 0; i < n->adapter_count && !*prefix; i++)
        if (task_find(n->adapters[i]->weights.file, &prefix) && *prefix)
            m.weights = &n->adapters[i]->weights;
    snprintf(weight, sizeof weight, "%sclassifier.weight", prefix);
    snprintf(bias, sizeof bias, "%sclassifier.bias", prefix);
    ink_node *y = ink_nn_head(&m, x, weight, labels);
    return ink_net_has(&m, bias) ? ink_add(m.g, y, ink_nn_row(&m, bias, labels)) : y;
}
