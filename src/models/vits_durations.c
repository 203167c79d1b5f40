/* How many frames a symbol takes: drawn by a flow (Kim, Kong and Son 2021, section 2.2.2 and appendix B) or told by a few convolutions; how
   either speaks, and the loss by which it learns. A flow's steps carry two numbers a row, and forwards how much they stretch them. */
#include "models/vits.h"

#include <math.h>
#include <stdio.h>

enum { DURATION_NAME = 96 };

/* Dilated depthwise convolutions, each three times as far apart as the one before (appendix B, figure 5). */
static ink_node *duration_separable(ink_net *n, const vits_config *c, ink_node *x, const char *at)
{
    const ink_nn_conv square = { .out = c->duration_width, .taps = 1 };
    size_t dilation = 1;
    ink_net_at(n, "%s", at);
    for (size_t i = 0; i < c->duration_layers; i++, dilation *= c->duration_taps) {
        const ink_nn_conv apart = { .taps = c->duration_taps, .dilation = dilation };
        char name[64];
        snprintf(name, sizeof name, "convs_dilated.%zu", i);
        ink_node *y = ink_nn_conv_depthwise(n, x, name, &apart);
        snprintf(name, sizeof name, "norms_1.%zu", i);
        y = ink_gelu(n->g, ink_nn_layer_norm(n, y, name, 1e-5f));
        snprintf(name, sizeof name, "convs_pointwise.%zu", i);
        y = ink_nn_conv1d(n, y, name, &square);
        snprintf(name, sizeof name, "norms_2.%zu", i);
        x = ink_add(n->g, x, ink_gelu(n->g, ink_nn_layer_norm(n, y, name, 1e-5f)));
    }
    return x;
}

/* x through NAMEpre, the separable convolutions NAMEdds and NAMEproj; the speaker's vector is added behind the first. */
static ink_node *duration_condition(ink_net *n, const vits_config *c, ink_node *x, ink_node *voice, const char *name)
{
    const ink_nn_conv square = { .out = c->duration_width, .taps = 1 };
    char part[DURATION_NAME];
    ink_net_at(n, "duration_predictor.");
    snprintf(part, sizeof part, "%spre", name);
    x = vits_add_speaker(n, ink_nn_conv1d(n, x, part, &square), voice, "cond");
    snprintf(part, sizeof part, "duration_predictor.%sdds.", name);
    x = duration_separable(n, c, x, part);
    ink_net_at(n, "duration_predictor.");
    snprintf(part, sizeof part, "%sproj", name);
    return ink_nn_conv1d(n, x, part, &square);
}

/* ---- steps of a flow ---- */

static ink_spline_options duration_spline(const vits_config *c)
{
    return (ink_spline_options){ .bins = c->bins, .bound = 5, .scale = 1 / sqrtf((float)c->duration_width) };
}

/* What the first number says of the spline that the second one goes through. */
static ink_node *duration_shape(ink_net *n, const vits_config *c, ink_node *first, ink_node *condition, const char *flows, size_t flow)
{
    const ink_nn_conv widen = { .out = c->duration_width, .taps = 1 }, shape = { .out = 3 * c->bins - 1, .taps = 1 };
    char at[DURATION_NAME];
    ink_net_at(n, "duration_predictor.%s.%zu.", flows, flow);
    ink_node *h = ink_add(n->g, ink_nn_conv1d(n, first, "conv_pre", &widen), condition);
    snprintf(at, sizeof at, "duration_predictor.%s.%zu.conv_dds.", flows, flow);
    h = duration_separable(n, c, h, at);
    ink_net_at(n, "duration_predictor.%s.%zu.", flows, flow);
    return ink_nn_conv1d(n, h, "conv_proj", &shape);
}

static ink_node *duration_coupling_back(ink_net *n, const vits_config *c, ink_node *z, ink_node *condition, size_t flow)
{
    const ink_spline_options o = duration_spline(c);
    ink_node *first = ink_slice(n->g, z, 0, 1), *second = ink_slice(n->g, z, 1, 1);
    return ink_concat(n->g, first, ink_spline_inverse(n->g, second, duration_shape(n, c, first, condition, "flows", flow), &o));
}

/* Forwards; to *stretch is added the logarithm of how much the step stretches volumes. */
static ink_node *duration_coupling(ink_net *n, const vits_config *c, ink_node *z, ink_node *condition, const char *flows, size_t flow, ink_node **stretch)
{
    const ink_spline_options o = duration_spline(c);
    ink_node *first = ink_slice(n->g, z, 0, 1), *second = ink_slice(n->g, z, 1, 1);
    ink_node *bent = ink_spline(n->g, second, duration_shape(n, c, first, condition, flows, flow), &o);
    *stretch = ink_add(n->g, *stretch, ink_slice(n->g, bent, 1, 1));
    return ink_concat(n->g, first, ink_slice(n->g, bent, 0, 1));
}

/* The first step, z e^scale + translate, then couplings that take turns with reversals. */
static ink_node *duration_flow(ink_net *n, const vits_config *c, ink_node *z, ink_node *condition, const char *flows, size_t couplings, ink_node **stretch)
{
    ink_net_at(n, "duration_predictor.%s.0.", flows);
    ink_node *scale = ink_nn_vector(n, "log_scale", 2);
    *stretch = ink_add(n->g, *stretch, ink_sum_columns(n->g, scale));
    z = ink_add(n->g, ink_mul(n->g, z, ink_exp(n->g, scale)), ink_nn_vector(n, "translate", 2));
    for (size_t flow = 1; flow <= couplings; flow++)
        z = ink_reverse(n->g, duration_coupling(n, c, z, condition, flows, flow, stretch));
    return z;
}

/* ---- speaking ---- */

/* Noise through the flow, but for its first coupling, backwards. */
static ink_node *duration_drawn(ink_net *n, const vits_config *c, ink_node *hidden, ink_node *z, ink_node *voice)
{
    ink_node *condition = duration_condition(n, c, hidden, voice, "conv_");
    for (size_t flow = c->duration_flows; flow > 1; flow--)
        z = duration_coupling_back(n, c, ink_reverse(n->g, z), condition, flow);
    ink_net_at(n, "duration_predictor.flows.0.");
    z = vits_less(n, ink_reverse(n->g, z), ink_nn_vector(n, "translate", 2));
    z = ink_mul(n->g, z, ink_exp(n->g, ink_scale(n->g, ink_nn_vector(n, "log_scale", 2), -1)));
    return ink_slice(n->g, z, 0, 1);
}

static ink_node *duration_plain(ink_net *n, const vits_config *c, ink_node *x, ink_node *voice)
{
    const ink_nn_conv conv = { .out = c->duration_width, .taps = c->duration_taps }, last = { .out = 1, .taps = 1 };
    ink_net_at(n, "duration_predictor.");
    x = vits_add_speaker(n, x, voice, "cond");
    x = ink_nn_layer_norm(n, ink_leaky_relu(n->g, ink_nn_conv1d(n, x, "conv_1", &conv), 0), "norm_1", 1e-5f);
    x = ink_nn_layer_norm(n, ink_leaky_relu(n->g, ink_nn_conv1d(n, x, "conv_2", &conv), 0), "norm_2", 1e-5f);
    return ink_nn_conv1d(n, x, "proj", &last);
}

ink_node *vits_build_durations(ink_net *n, const vits_config *c, ink_node *hidden, ink_node *noise, ink_node *voice)
{
    return c->stochastic ? duration_drawn(n, c, hidden, noise, voice) : duration_plain(n, c, hidden, voice);
}

/* ---- learning ---- */

/* max(x, least), least > 0: where the rest is rounded, it is by no more than x is. */
static ink_node *duration_least(ink_net *n, ink_node *x, float least)
{
    return ink_offset(n->g, ink_relu(n->g, ink_offset(n->g, x, -least)), least);
}

static ink_node *duration_half_square(ink_net *n, ink_node *x) { return ink_scale(n->g, ink_sum_columns(n->g, ink_mul(n->g, x, x)), 0.5f); }

/* Whole frames become numbers of a density: a part u of each, drawn by a flow that has seen them, is taken away, and a second number v is
   drawn beside (variational dequantisation and augmentation). What is minimised is log q(u, v) - log p(frames - u, v): noise and its image
   are both held against a normal distribution, whose constants cancel, and stretching counts for one and against the other. */
static ink_node *duration_drawn_loss(ink_net *n, const vits_config *c, ink_node *hidden, ink_node *frames, ink_node *noise, ink_node *voice)
{
    ink_node *condition = duration_condition(n, c, hidden, voice, "conv_"), *seen = duration_condition(n, c, frames, NULL, "post_conv_");
    ink_node *stretch = duration_half_square(n, noise);
    ink_node *drawn = duration_flow(n, c, noise, ink_add(n->g, condition, seen), "post_flows", c->duration_posterior, &stretch);
    ink_node *part = ink_slice(n->g, drawn, 0, 1), *other = ink_slice(n->g, drawn, 1, 1), *rest = ink_scale(n->g, ink_softplus(n->g, part), -1);
    stretch = ink_add(n->g, stretch, ink_add(n->g, rest, ink_log_sigmoid(n->g, part)));
    ink_node *left = ink_add(n->g, ink_exp(n->g, rest), ink_offset(n->g, frames, -1)); /* frames - u, where 1 - u is small too */
    left = ink_ln(n->g, duration_least(n, left, 1e-5f));
    stretch = vits_less(n, stretch, left);
    ink_node *z = duration_flow(n, c, ink_concat(n->g, left, other), condition, "flows", c->duration_flows, &stretch);
    return vits_less(n, duration_half_square(n, z), stretch);
}

static ink_node *duration_plain_loss(ink_net *n, const vits_config *c, ink_node *hidden, ink_node *frames, ink_node *voice)
{
    ink_node *off = vits_less(n, duration_plain(n, c, hidden, voice), ink_ln(n->g, duration_least(n, ink_offset(n->g, frames, 1e-6f), 1e-6f)));
    return ink_mul(n->g, off, off);
}

ink_node *vits_build_duration_loss(ink_net *n, const vits_config *c, ink_node *hidden, ink_node *frames, ink_node *noise, ink_node *speaker)
{
    ink_node *voice = vits_speaker(n, c, speaker);
    hidden = ink_detach(n->g, hidden);
    voice = voice ? ink_detach(n->g, voice) : NULL;
    if (!c->stochastic)
        return duration_plain_loss(n, c, hidden, frames, voice);
    if (!c->duration_posterior)
        ink_graph_fail(n->g, INK_E_UNSUPPORTED, "%s: its durations cannot be taught: it has only what speaks, as exported voices do, and no duration_predictor.post_flows; "
                       "take the checkpoint that it was exported from", ink_weights_path(n->weights->file));
    return c->duration_posterior ? duration_drawn_loss(n, c, hidden, frames, noise, voice) : hidden;
}
