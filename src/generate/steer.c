/* Settings of other ways to choose (ink/steer.h). */
#include <ink/steer.h>

#include <stddef.h>
#include <string.h>

enum { STEER_CANDIDATES = 64 };

const ink_param ink_steer_params[] = {
    { .name = "negative", .type = INK_PARAM_TEXT, .at = offsetof(ink_steer, negative), .help = "with guidance: the beginning that answers are driven away from; in chat, what the system says there" },
    { .name = "guidance", .type = INK_PARAM_REAL, .at = offsetof(ink_steer, guidance), .min = 0, .max = 100, .def = 1, .value = "S",
      .help = "choose by negative + S (own - negative), log-probabilities after the negative beginning and the prompt; 1 is off" },
    { .name = "penalty_alpha", .type = INK_PARAM_REAL, .at = offsetof(ink_steer, contrast), .min = 0, .max = 1, .def = 0, .value = "A",
      .help = "contrastive search: of the top-k likeliest tokens that with the most (1 - A) p - A likeness to the text so far; 0 is off" },
    { .name = "context_shift", .type = INK_PARAM_BOOL, .at = offsetof(ink_steer, shift),
      .help = "go on when the context is full: the oldest tokens go, half of the room at a time, and the rest is computed anew" },
    { .name = "sinks", .type = INK_PARAM_INT, .at = offsetof(ink_steer, sinks), .min = 0, .max = 1e9, .def = 0, .value = "N", .help = "where the context shifts: the first N tokens never go" },
    { 0 },
};

size_t ink_steer_candidates(const ink_sampling *sampling)
{
    for (ink_param_walk w = ink_param_first(ink_sampling_params); w.param; ink_param_next(&w))
        if (!strcmp(w.param->name, "top_k"))
            return (size_t)*(const int64_t *)(const void *)((const char *)sampling + w.at);
    return 0;
}

ink_status ink_steer_make(const ink_steer *o, const ink_sampling *sampling, ink_generate_options *out, ink_err *err)
{
    const size_t candidates = ink_steer_candidates(sampling);
    if (o->contrast > 0 && (candidates < 2 || candidates > STEER_CANDIDATES))
        return ink_fail(err, INK_E_ARGUMENT, "contrastive search (--penalty-alpha) weighs the likeliest tokens (--top-k) against each other: 2 to %d of them", STEER_CANDIDATES);
    if (o->negative && o->guidance == 1)
        return ink_fail(err, INK_E_ARGUMENT, "a negative beginning says what answers are driven away from, and guidance (--guidance) how far: say it too");
    out->guidance = o->guidance;
    out->contrast = o->contrast;
    out->contrast_of = candidates;
    out->shift = o->shift;
    out->sinks = (size_t)o->sinks;
    return INK_OK;
}
