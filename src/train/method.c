/* The ways of fine-tuning: which weights change, and how fast. What each does is its own file's (methods/NAME.c). */
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INK_METHOD(name) &ink_method_##name,
static const ink_method *const method_list[] = {
#include "train/methods.def"
};
#undef INK_METHOD

static ink_status method_check(const ink_train_options *o, const ink_method *m, ink_err *err)
{
    const ink_method_adapter *a = m->adapter;
    if (o->adapter && !a)
        return ink_fail(err, INK_E_ARGUMENT, "method %s changes the model itself, and has no adapter to start from", o->method);
    if (o->pissa && (!a || !a->principal || o->adapter))
        return ink_fail(err, INK_E_ARGUMENT, "pissa_init is how a new LoRA begins; %s", o->adapter ? "this run starts from an adapter that is there" : "methods lora and qlora make one");
    if (o->pissa && o->decay > 0)
        return ink_fail(err, INK_E_ARGUMENT, "with pissa_init weight_decay is 0: what an adapter began as has to stay");
    if (o->projection && (!a || !a->projects))
        return ink_fail(err, INK_E_ARGUMENT, "prefix_projection is of methods prefix and ptuning-v2; this run's is %s", o->method);
    if (o->anchors && *o->anchors && (!a || !a->encodes || o->adapter))
        return ink_fail(err, INK_E_ARGUMENT, "prompt_anchors stand among the pseudo tokens of a new prompt of method ptuning-lstm or ptuning-mlp");
    return INK_OK;
}

const ink_method *ink_method_find(const ink_train_options *o, ink_err *err)
{
    char known[256] = "";
    for (size_t i = 0, at = 0; i < sizeof method_list / sizeof *method_list; i++) {
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", method_list[i]->name);
        if (strcmp(o->method, method_list[i]->name))
            continue;
        return method_check(o, method_list[i], err) == INK_OK ? method_list[i] : NULL;
    }
    ink_fail(err, INK_E_ARGUMENT, "there is no method %.40s; known are %s", o->method, known);
    return NULL;
}

bool ink_method_encodes(const ink_train_options *o, const ink_method *m) { return m->adapter && (m->adapter->encodes || o->projection); }

long ink_method_layer(const char *name)
{
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
        if (dot[1] >= '0' && dot[1] <= '9')
            return strtol(dot + 1, NULL, 10);
    return -1;
}

bool ink_method_above(const ink_method_layers *m, const char *name)
{
    return strcmp(name, m->embedding) && !strstr(name, "embed") && !strstr(name, ".wpe.");
}

bool ink_method_among(const ink_method_layers *m, const char *name)
{
    const long layer = ink_method_layer(name), layers = (long)m->layers, some = (long)m->some;
    return layer >= 0 && (some < 0 ? layer < -some : layer >= layers - some);
}

/* What lies deeper learns more slowly (Howard and Ruder 2018, section 3.3); B learns faster than A (Hayou et al. 2024, section 4). */
double ink_method_rate(const ink_method_layers *m, const char *name, size_t epoch)
{
    const long layer = ink_method_layer(name);
    const size_t depth = layer >= 0 ? m->layers - (size_t)layer : ink_method_above(m, name) ? 0 : m->layers + 1;
    if (m->method->rests && m->method->rests(depth, epoch))
        return 0;
    return pow(m->layer_decay, -(double)depth) * (strstr(name, ".lora_B.") ? m->up : 1);
}

bool ink_method_learns(const void *user, const char *name)
{
    const ink_method_layers *m = user;
    return !m->method->learns || m->method->learns(m, name);
}
