/* One utterance: durations of all ids, then the flow and the decoder over stretches of frames, each with as many frames
   beside it as its results depend on; so that stretches change nothing, and the first sound comes early. */
#include "base/clock.h"
#include "base/rng.h"
#include "generate/speaker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPEAK_FIRST = 24, SPEAK_SHORT = 96 }; /* frames of the first stretch of sound; of an utterance that is one stretch, so that no frame is computed twice */

typedef struct speak { /* an utterance on its way */
    ink_speaker *s;
    const ink_utterance *u;
    ink_speech *out;
    double began;
    uint32_t *index;     /* [frame] the id that it belongs to */
    float *noise, *z;    /* of a run of the flow [flow_rows][latent]; of all frames [frames][latent] */
    size_t ready;        /* frames of z that are computed */
} speak;

enum { SPEAK_DURATIONS, SPEAK_FRAMES, SPEAK_KINDS }; /* streams of noise of one utterance */

/* A normal number by its place (Box and Muller 1958): two neighbours share a draw. */
static float speak_normal(const ink_utterance *u, uint64_t kind, uint64_t at)
{
    const uint64_t stream = u->stream * SPEAK_KINDS + kind;
    const double r = sqrt(-2 * log(1 - ink_rng_uniform(u->seed, stream, at / 2 * 2))), turn = 6.283185307179586 * ink_rng_uniform(u->seed, stream, at / 2 * 2 + 1);
    return (float)(r * (at % 2 ? sin(turn) : cos(turn)));
}

/* Noise of channel c at row t, given channel by channel or drawn row by row. */
static float speak_noise(const ink_utterance *u, const float *given, uint64_t kind, size_t t, size_t rows, size_t c, size_t channels)
{
    return given ? given[c * rows + t] : speak_normal(u, kind, t * channels + c);
}

static ink_run speak_run(const speak *k, size_t rows)
{
    ink_run r = { .k = &k->s->kernels, .pool = k->s->pool, .sizes = { [INK_SIZE_ONE] = 1, [INK_SIZE_ROWS] = rows, [INK_SIZE_OUTPUTS] = 1, [INK_SIZE_CONTEXT] = 1 } };
    r.inputs[SPEAKER_SLOT_VOICE] = (ink_view){ (uint8_t *)(uintptr_t)&k->u->speaker, sizeof k->u->speaker };
    return r;
}

/* ---- text ---- */

static ink_status speak_check(const speak *k, ink_err *err)
{
    const ink_utterance *u = k->u;
    const size_t symbols = k->s->voice->info.symbols;
    if (!u->count)
        return ink_fail(err, INK_E_ARGUMENT, "there is nothing to say: no ids");
    if (u->count > SPEAKER_IDS)
        return ink_fail(err, INK_E_LIMIT, "an utterance of %zu ids: at most %d are possible; split it into sentences", u->count, SPEAKER_IDS);
    for (size_t i = 0; i < u->count; i++)
        if (u->ids[i] < 0 || (size_t)u->ids[i] >= symbols)
            return ink_fail(err, INK_E_ARGUMENT, "id %zu is %d, but this voice has %zu symbols, from 0 on", i + 1, (int)u->ids[i], symbols);
    if (u->duration_noise && u->duration_noise_count != 2 * u->count)
        return ink_fail(err, INK_E_ARGUMENT, "the noise of durations has %zu numbers; %zu ids take %zu", u->duration_noise_count, u->count, 2 * u->count);
    return INK_OK;
}

static ink_status speak_text(speak *k, ink_err *err)
{
    const ink_utterance *u = k->u;
    ink_speaker *s = k->s;
    float *noise = malloc(u->count * 2 * sizeof *noise);
    k->out->durations = malloc(u->count * sizeof *k->out->durations);
    k->out->count = u->count;
    if (!noise || !k->out->durations) {
        free(noise);
        return ink_fail(err, INK_E_MEMORY, "no memory for an utterance of %zu ids", u->count);
    }
    for (size_t i = 0; i < u->count; i++)
        for (size_t c = 0; c < 2; c++)
            noise[2 * i + c] = u->noise_w != 0 ? (float)u->noise_w * speak_noise(u, u->duration_noise, SPEAK_DURATIONS, i, u->count, c, 2) : 0;
    ink_run r = speak_run(k, u->count);
    r.inputs[SPEAKER_SLOT_IDS] = (ink_view){ (uint8_t *)(uintptr_t)u->ids, sizeof *u->ids };
    r.inputs[SPEAKER_SLOT_NOISE] = (ink_view){ (uint8_t *)noise, 2 * sizeof *noise };
    ink_plan_run(&s->text, &r);
    free(noise);
    const ink_view durations = ink_plan_data(&s->text, s->told.duration);
    for (size_t i = 0; i < u->count; i++)
        k->out->durations[i] = *ink_view_row(durations, i) * (float)u->length_scale;
    return INK_OK;
}

/* Which id each frame belongs to. */
static ink_status speak_frames(speak *k, ink_err *err)
{
    const size_t count = k->u->count, latent = k->s->config.latent;
    size_t frames = 0;
    for (size_t i = 0; i < count; i++) {
        const float d = ceilf(k->out->durations[i]);
        if (!(d >= 0 && d <= SPEAKER_FRAMES) || (frames += (size_t)d) > SPEAKER_FRAMES)
            return ink_fail(err, INK_E_LIMIT, "this utterance would be longer than %d frames; make it shorter or faster", SPEAKER_FRAMES);
    }
    k->out->frames = frames ? frames : 1;
    k->index = calloc(k->out->frames, sizeof *k->index);
    k->z = malloc(k->out->frames * latent * sizeof *k->z);
    k->noise = calloc(k->s->flow_rows * latent, sizeof *k->noise);
    if (!k->index || !k->z || !k->noise)
        return ink_fail(err, INK_E_MEMORY, "no memory for an utterance of %zu frames", k->out->frames);
    if (k->u->noise && k->u->noise_count != latent * k->out->frames)
        return ink_fail(err, INK_E_ARGUMENT, "the noise has %zu numbers; %zu frames take %zu", k->u->noise_count, k->out->frames, latent * k->out->frames);
    for (size_t i = 0, f = 0; i < count; i++)
        for (size_t n = (size_t)ceilf(k->out->durations[i]); n; n--)
            k->index[f++] = (uint32_t)i;
    return INK_OK;
}

/* ---- frames ---- */

/* At least so many frames before, and where tiles allow a run to begin. */
static size_t speak_before(size_t at, size_t reach, size_t align) { return at > reach ? (at - reach) / align * align : 0; }
static size_t speak_after(const speak *k, size_t at, size_t reach) { return at + reach < k->out->frames ? at + reach : k->out->frames; }

/* z of frames from `ready` on: at most a whole run's, at least up to `wanted`. */
static void speak_flow(speak *k, size_t wanted)
{
    ink_speaker *s = k->s;
    const ink_utterance *u = k->u;
    const size_t reach = vits_flow_reach(&s->config), align = vits_flow_align(&s->config), latent = s->config.latent;
    while (k->ready < wanted) {
        const size_t end = speak_after(k, k->ready, s->flow_rows - 2 * reach - align), from = speak_before(k->ready, reach, align), to = speak_after(k, end, reach);
        for (size_t i = 0; u->noise_scale != 0 && i < (to - from) * latent; i++)
            k->noise[i] = (float)u->noise_scale * speak_noise(u, u->noise, SPEAK_FRAMES, from + i / latent, k->out->frames, i % latent, latent);
        ink_run r = speak_run(k, to - from);
        r.inputs[SPEAKER_SLOT_ROWS] = ink_plan_data(&s->text, s->told.stats);
        r.inputs[SPEAKER_SLOT_INDEX] = (ink_view){ (uint8_t *)(k->index + from), sizeof *k->index };
        r.inputs[SPEAKER_SLOT_NOISE] = (ink_view){ (uint8_t *)k->noise, latent * sizeof *k->noise };
        ink_plan_run(&s->flow, &r);
        const ink_view z = ink_plan_data(&s->flow, s->z);
        for (size_t f = k->ready; f < end; f++)
            memcpy(k->z + f * latent, ink_view_row(z, f - from), latent * sizeof *k->z);
        k->ready = end;
    }
}

/* Sound of frames [first, first + count), which lie in the plan one after the other. */
static const float *speak_sound(speak *k, size_t first, size_t count)
{
    ink_speaker *s = k->s;
    const size_t reach = vits_decoder_reach(&s->config), latent = s->config.latent;
    const size_t from = speak_before(first, reach, vits_decoder_align(&s->config)), to = speak_after(k, first + count, reach);
    const ink_frames span = { first - from, count };
    speak_flow(k, to);
    ink_run r = speak_run(k, to - from);
    r.inputs[SPEAKER_SLOT_ROWS] = (ink_view){ (uint8_t *)(k->z + from * latent), latent * sizeof *k->z };
    r.inputs[SPEAKER_SLOT_SPAN] = (ink_view){ (uint8_t *)(uintptr_t)&span, 0 };
    ink_plan_run(&s->decoder, &r);
    return ink_view_row(ink_plan_data(&s->decoder, s->sound), span.first);
}

/* Rows of sound have no gaps when a frame's samples fill whole lines; else they are brought together. */
static bool speak_give(const speak *k, const float *sound, size_t frames, ink_on_sound *on, void *user)
{
    const size_t hop = k->s->voice->info.hop, stride = ink_node_stride(k->s->sound) / sizeof *sound;
    if (stride == hop)
        return on(user, sound, frames * hop);
    for (size_t f = 0; f < frames; f++)
        if (!on(user, sound + f * stride, hop))
            return false;
    return true;
}

static ink_status speak_all(speak *k, ink_on_sound *on, void *user, ink_err *err)
{
    const size_t most = k->s->decoder_rows - 2 * vits_decoder_reach(&k->s->config) - vits_decoder_align(&k->s->config);
    INK_TRY(speak_check(k, err));
    INK_TRY(speak_text(k, err));
    INK_TRY(speak_frames(k, err));
    for (size_t at = 0, n; at < k->out->frames; at += n) {
        n = at || k->out->frames <= SPEAK_SHORT ? most : SPEAK_FIRST;
        n = n < k->out->frames - at ? n : k->out->frames - at;
        const float *sound = speak_sound(k, at, n);
        if (!at)
            k->out->first_seconds = ink_clock_seconds() - k->began;
        if (!speak_give(k, sound, n, on, user))
            return ink_fail(err, INK_E_STOPPED, "stopped after %zu of %zu frames", at + n, k->out->frames);
    }
    return INK_OK;
}

ink_status ink_speak(ink_speaker *s, const ink_utterance *u, ink_on_sound *on, void *user, ink_speech *out, ink_err *err)
{
    speak k = { .s = s, .u = u, .out = out, .began = ink_clock_seconds() };
    ink_speech_clear(out);
    ink_status status = speak_all(&k, on, user, err);
    free(k.index);
    free(k.noise);
    free(k.z);
    out->seconds = ink_clock_seconds() - k.began;
    return status;
}

void ink_speech_clear(ink_speech *s)
{
    free(s->durations);
    *s = (ink_speech){ 0 };
}
