/* The ways of fine-tuning: which weights change. */
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ink_method method_list[] = {
    { "full", INK_METHOD_FULL, false, 0 },        { "top", INK_METHOD_TOP, false, 0 },          { "freeze", INK_METHOD_FREEZE, false, 0 },
    { "lora", INK_METHOD_ADAPTER, false, INK_ADAPTER_LORA }, { "qlora", INK_METHOD_ADAPTER, false, INK_ADAPTER_LORA }, { "dora", INK_METHOD_ADAPTER, true, INK_ADAPTER_LORA },
    { "ia3", INK_METHOD_ADAPTER, false, INK_ADAPTER_IA3 }, { "prompt", INK_METHOD_ADAPTER, false, INK_ADAPTER_PROMPT },
    { "prefix", INK_METHOD_ADAPTER, false, INK_ADAPTER_PREFIX }, { "ptuning-v2", INK_METHOD_ADAPTER, false, INK_ADAPTER_PREFIX },
};

const ink_method *ink_method_find(const ink_train_options *o, ink_err *err)
{
    char known[256] = "";
    for (size_t i = 0, at = 0; i < sizeof method_list / sizeof *method_list; i++) {
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", method_list[i].name);
        if (strcmp(o->method, method_list[i].name))
            continue;
        if (!o->adapter || method_list[i].kind == INK_METHOD_ADAPTER)
            return &method_list[i];
        ink_fail(err, INK_E_ARGUMENT, "method %s changes the model itself, and has no adapter to start from", o->method);
        return NULL;
    }
    ink_fail(err, INK_E_ARGUMENT, "there is no method %.40s; known are %s", o->method, known);
    return NULL;
}

/* The number of the layer that a name belongs to, or -1. */
static long method_layer(const char *name)
{
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
        if (dot[1] >= '0' && dot[1] <= '9')
            return strtol(dot + 1, NULL, 10);
    return -1;
}

bool ink_method_learns(const void *user, const char *name)
{
    const ink_method_layers *m = user;
    const long layer = method_layer(name), layers = (long)m->layers, some = (long)m->some;
    if (m->method->kind == INK_METHOD_FULL || m->method->kind == INK_METHOD_ADAPTER)
        return true;
    if (layer < 0)
        return m->method->kind == INK_METHOD_TOP && strcmp(name, m->embedding) && !strstr(name, "embed") && !strstr(name, ".wpe.");
    return some < 0 ? layer < -some : layer >= layers - some;
}
