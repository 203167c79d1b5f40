/* Logit bias: a number added to the logit of a token, given as ID=BIAS (or ID+1.5, ID-1.5); -inf rules the token out. */
#include "generate/candidates.h"

#include <math.h>
#include <stdlib.h>

typedef struct logit_bias {
    ink_param_texts texts;
} logit_bias;

const ink_param ink_sampler_logit_bias_params[] = {
    { .name = "logit_bias", .type = INK_PARAM_TEXTS, .at = offsetof(logit_bias, texts), .value = "ID=BIAS",
      .help = "add to the logit of a token, -inf to forbid it; may be repeated" },
    { 0 },
};

static bool logit_bias_active(const void *settings)
{
    const logit_bias *o = settings;
    return o->texts.count > 0;
}

/* False: the text is not one. */
static bool logit_bias_read(const char *text, long long *id, double *bias)
{
    char *end, *start;
    *id = strtoll(text, &end, 10);
    if (end == text || (*end != '=' && *end != '+' && *end != '-'))
        return false;
    start = end + (*end == '=');
    *bias = strtod(start, &end);
    return end != start && !*end && *bias <= 1e6 && (*bias >= -1e6 || isinf(*bias));
}

static ink_status logit_bias_check(const void *settings, size_t vocab, ink_err *err)
{
    const logit_bias *o = settings;
    for (size_t i = 0; i < o->texts.count; i++) {
        long long id;
        double bias;
        if (!logit_bias_read(o->texts.at[i], &id, &bias))
            return ink_fail(err, INK_E_ARGUMENT, "--logit-bias wants ID=BIAS, such as 42=-1.5 or 42=-inf, not \"%.40s\"", o->texts.at[i]);
        if (id < 0 || (unsigned long long)id >= vocab)
            return ink_fail(err, INK_E_ARGUMENT, "--logit-bias %.40s: the vocabulary ends at token %zu", o->texts.at[i], vocab - 1);
    }
    return INK_OK;
}

static void logit_bias_apply(const void *settings, ink_candidates *c)
{
    const logit_bias *o = settings;
    for (size_t i = 0; i < o->texts.count; i++) {
        long long id;
        double bias;
        size_t at = logit_bias_read(o->texts.at[i], &id, &bias) ? ink_candidates_find(c, (int32_t)id) : c->count;
        if (at < c->count)
            c->logits[at] += (float)bias;
    }
    c->sorted = false;
}

const ink_sampler_kind ink_sampler_logit_bias = { .always = true, .active = logit_bias_active, .check = logit_bias_check, .apply = logit_bias_apply };
