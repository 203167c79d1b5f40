/* The ways of fine-tuning: which weights change. */
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ink_method method_list[] = {
    { "full", INK_METHOD_FULL, false, 0 },        { "top", INK_METHOD_TOP, false, 0 },          { "freeze", INK_METHOD_FREEZE, false, 0 },
    { "gradual", INK_METHOD_GRADUAL, false, 0 },
    { "lora", INK_METHOD_ADAPTER, false, INK_ADAPTER_LORA }, { "qlora", INK_METHOD_ADAPTER, false, INK_ADAPTER_LORA }, { "dora", INK_METHOD_ADAPTER, true, INK_ADAPTER_LORA },
    { "ia3", INK_METHOD_ADAPTER, false, INK_ADAPTER_IA3 }, { "prompt", INK_METHOD_ADAPTER, false, INK_ADAPTER_PROMPT },
    { "prefix", INK_METHOD_ADAPTER, false, INK_ADAPTER_PREFIX }, { "ptuning-v2", INK_METHOD_ADAPTER, false, INK_ADAPTER_PREFIX },
};

static ink_status method_check(const ink_train_options *o, const ink_method *m, ink_err *err)
{
    if (o->adapter && m->kind != INK_METHOD_ADAPTER)
        return ink_fail(err, INK_E_ARGUMENT, "method %s changes the model itself, and has no adapter to start from", o->method);
    if (o->pissa && (m->kind != INK_METHOD_ADAPTER || m->adapter != INK_ADAPTER_LORA || m->dora || o->adapter))
        return ink_fail(err, INK_E_ARGUMENT, "pissa_init is how a new LoRA begins; %s", o->adapter ? "this run starts from an adapter that is there" : "methods lora and qlora make one");
    if (o->pissa && o->decay > 0)
        return ink_fail(err, INK_E_ARGUMENT, "with pissa_init weight_decay is 0: what an adapter began as has to stay");
    return INK_OK;
}

const ink_method *ink_method_find(const ink_train_options *o, ink_err *err)
{
    char known[256] = "";
    for (size_t i = 0, at = 0; i < sizeof method_list / sizeof *method_list; i++) {
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", method_list[i].name);
        if (strcmp(o->method, method_list[i].name))
            continue;
        return method_check(o, &method_list[i], err) == INK_OK ? &method_list[i] : NULL;
    }
    ink_fail(err, INK_E_ARGUMENT, "there is no method %.40s; known are %s", o->method, known);
    return NULL;
}

long ink_method_layer(const char *name)
{
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
        if (dot[1] >= '0' && dot[1] <= '9')
            return strtol(dot + 1, NULL, 10);
    return -1;
}

/* A weight outside the layers that stands above them: the last norm and the head. */
static bool method_above(const ink_method_layers *m, const char *name)
{
    return strcmp(name, m->embedding) && !strstr(name, "embed") && !strstr(name, ".wpe.");
}

/* Gradual unfreezing goes down a layer an epoch, and what lies deeper learns more slowly (Howard and Ruder 2018, section 3.3);
   B learns faster than A (Hayou et al. 2024, section 4). */
double ink_method_rate(const ink_method_layers *m, const char *name, size_t epoch)
{
    const long layer = ink_method_layer(name);
    const size_t depth = layer >= 0 ? m->layers - (size_t)layer : method_above(m, name) ? 0 : m->layers + 1;
    if (m->method->kind == INK_METHOD_GRADUAL && depth > epoch + 1)
        return 0;
    return pow(m->layer_decay, -(double)depth) * (strstr(name, ".lora_B.") ? m->up : 1);
}

bool ink_method_learns(const void *user, const char *name)
{
    const ink_method_layers *m = user;
    const long layer = ink_method_layer(name), layers = (long)m->layers, some = (long)m->some;
    if (m->method->kind == INK_METHOD_FULL || m->method->kind == INK_METHOD_GRADUAL || m->method->kind == INK_METHOD_ADAPTER)
        return true;
    if (layer < 0)
        return m->method->kind == INK_METHOD_TOP && method_above(m, name);
    return some < 0 ? layer < -some : layer >= layers - some;
}
