/* The ways of fine-tuning: which weights change. */
#include "train/train.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    bool adapter; /* what changes is an adapter's */
} method_list[] = { { "full", false }, { "lora", true }, { "dora", true }, { "ia3", true }, { "prefix", true }, { "ptuning-v2", true }, { "prompt", true } };

ink_status ink_method_check(const ink_train_options *o, ink_err *err)
{
    char known[256] = "";
    for (size_t i = 0, at = 0; i < sizeof method_list / sizeof *method_list; i++) {
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", method_list[i].name);
        if (strcmp(o->method, method_list[i].name))
            continue;
        if (method_list[i].adapter != (o->adapter != NULL))
            return o->adapter ? ink_fail(err, INK_E_ARGUMENT, "method %s changes the model itself, and has no adapter to start from", o->method)
                              : ink_fail(err, INK_E_ARGUMENT, "method %s needs an adapter to start from: a PEFT folder, for example one that PEFT has made", o->method);
        return INK_OK;
    }
    return ink_fail(err, INK_E_ARGUMENT, "there is no method %.40s; known are %s", o->method, known);
}
