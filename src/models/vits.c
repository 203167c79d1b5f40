/* VITS as its paper describes it (Kim, Kong and Son 2021, section 2 and appendix B), for one utterance without padding. */
#include "models/vits.h"

#include <math.h>
#include <stdio.h>

/* ---- text encoder: transformer blocks, the norm after the sum ---- */

static ink_node *vits_attention(ink_net *n, const vits_config *c, ink_node *x, size_t layer)
{
    const size_t dims = c->width / c->heads, near = 2 * c->window + 1;
    const ink_nn_conv square = { .out = c->width, .taps = 1 }, back = { .out = c->width, .taps = 1, .adds = { x } };
    const ink_near_attention_options o = { .heads = c->heads, .window = c->window };
    ink_net_at(n, "text_encoder.encoder.layers.%zu.attention.", layer);
    ink_node *q = ink_nn_conv1d(n, x, "q_proj", &square), *k = ink_nn_conv1d(n, x, "k_proj", &square), *v = ink_nn_conv1d(n, x, "v_proj", &square);
    ink_node *near_k = ink_nn_vector(n, "emb_rel_k", near * dims), *near_v = ink_nn_vector(n, "emb_rel_v", near * dims);
    return ink_nn_conv1d(n, ink_near_attention(n->g, q, k, v, near_k, near_v, &o), "out_proj", &back);
}

static ink_node *vits_encoder_layer(ink_net *n, const vits_config *c, ink_node *x, size_t layer)
{
    x = vits_attention(n, c, x, layer);
    ink_net_at(n, "text_encoder.encoder.layers.%zu.", layer);
    x = ink_nn_layer_norm(n, x, "layer_norm", 1e-5f);
    const ink_nn_conv up = { .out = c->ffn, .taps = c->ffn_taps };
    const ink_nn_conv down = { .out = c->width, .taps = c->ffn_taps, .entry = { .slope = 0, .scale = 1 }, .adds = { x } };
    x = ink_nn_conv1d(n, ink_nn_conv1d(n, x, "feed_forward.conv_1", &up), "feed_forward.conv_2", &down);
    return ink_nn_layer_norm(n, x, "final_layer_norm", 1e-5f);
}

/* ---- what several parts share ---- */

ink_node *vits_add_speaker(ink_net *n, ink_node *x, ink_node *voice, const char *name)
{
    const ink_nn_conv c = { .out = ink_node_width(x), .taps = 1 };
    return voice ? ink_add(n->g, x, ink_nn_conv1d(n, voice, name, &c)) : x;
}

ink_node *vits_speaker(ink_net *n, const vits_config *c, ink_node *id)
{
    ink_net_at(n, "%s", "");
    return id && c->speakers ? ink_nn_embedding(n, id, "embed_speaker", c->speakers, c->speaker_width) : NULL;
}

ink_node *vits_less(ink_net *n, ink_node *a, ink_node *b) { return ink_add(n->g, a, ink_scale(n->g, b, -1)); }

/* ---- what the text says ---- */

vits_encoded vits_build_encoder(ink_net *n, const vits_config *c, ink_node *ids)
{
    const ink_nn_conv project = { .out = 2 * c->latent, .taps = 1 };
    ink_net_at(n, "text_encoder.");
    ink_node *x = ink_scale(n->g, ink_nn_embedding(n, ids, "embed_tokens", c->symbols, c->width), sqrtf((float)c->width));
    for (size_t i = 0; i < c->layers; i++)
        x = vits_encoder_layer(n, c, x, i);
    ink_net_at(n, "text_encoder.");
    return (vits_encoded){ .hidden = x, .stats = ink_nn_conv1d(n, x, "project", &project) };
}

vits_text vits_build_text(ink_net *n, const vits_config *c, ink_node *ids, ink_node *noise, ink_node *speaker)
{
    ink_node *voice = vits_speaker(n, c, speaker);
    const vits_encoded e = vits_build_encoder(n, c, ids);
    return (vits_text){ .stats = e.stats, .duration = ink_exp(n->g, vits_build_durations(n, c, e.hidden, noise, voice)) };
}

/* ---- flow ---- */

static ink_nn_wavenet_options vits_flow_options(const vits_config *c)
{
    return (ink_nn_wavenet_options){ .width = c->flow_width, .layers = c->flow_layers, .taps = c->flow_taps, .dilation = c->flow_dilation, .tiled = true };
}

/* A coupling's second half, by what its first half says of it: forwards that is added, backwards taken away. */
static ink_node *vits_coupling(ink_net *n, const vits_config *c, ink_node *z, ink_node *voice, size_t flow, bool backwards)
{
    const size_t half = c->latent / 2;
    const ink_nn_conv pre = { .out = c->flow_width, .taps = 1 }, post = { .out = half, .taps = 1 };
    const ink_nn_wavenet_options o = vits_flow_options(c);
    ink_node *kept = ink_slice(n->g, z, 0, half), *other = ink_slice(n->g, z, half, half);
    ink_net_at(n, "flow.flows.%zu.", flow);
    ink_node *h = ink_nn_wavenet(n, ink_nn_conv1d(n, kept, "conv_pre", &pre), "wavenet", voice, &o);
    ink_node *shift = ink_nn_conv1d(n, h, "conv_post", &post);
    return ink_concat(n->g, kept, backwards ? vits_less(n, other, shift) : ink_add(n->g, other, shift));
}

/* mean + noise e^logs of rows [mean | logs]. */
static ink_node *vits_drawn(ink_net *n, const vits_config *c, ink_node *stats, ink_node *noise)
{
    ink_node *deviation = ink_exp(n->g, ink_slice(n->g, stats, c->latent, c->latent));
    return ink_add(n->g, ink_slice(n->g, stats, 0, c->latent), ink_mul(n->g, noise, deviation));
}

ink_node *vits_build_flow(ink_net *n, const vits_config *c, ink_node *stats, ink_node *index, ink_node *noise, ink_node *speaker)
{
    ink_node *voice = vits_speaker(n, c, speaker), *z = vits_drawn(n, c, ink_select(n->g, stats, index), noise);
    for (size_t flow = c->flows; flow--;)
        z = vits_coupling(n, c, ink_reverse(n->g, z), voice, flow, true);
    return z;
}

ink_node *vits_build_flow_forward(ink_net *n, const vits_config *c, ink_node *z, ink_node *speaker)
{
    ink_node *voice = vits_speaker(n, c, speaker);
    for (size_t flow = 0; flow < c->flows; flow++)
        z = ink_reverse(n->g, vits_coupling(n, c, z, voice, flow, false));
    return z;
}

/* ---- posterior encoder (section 2.4): what of a recording teaches ---- */

vits_posterior vits_build_posterior(ink_net *n, const vits_config *c, ink_node *spectrum, ink_node *noise, ink_node *speaker)
{
    const ink_nn_conv pre = { .out = c->flow_width, .taps = 1 }, project = { .out = 2 * c->latent, .taps = 1 };
    ink_nn_wavenet_options o = vits_flow_options(c);
    vits_posterior p;
    o.layers = c->posterior_layers;
    ink_node *voice = vits_speaker(n, c, speaker);
    ink_net_at(n, "posterior_encoder.");
    ink_node *h = ink_nn_wavenet(n, ink_nn_conv1d(n, spectrum, "conv_pre", &pre), "wavenet", voice, &o);
    p.stats = ink_nn_conv1d(n, h, "conv_proj", &project);
    p.z = vits_drawn(n, c, p.stats, noise);
    return p;
}

/* log N(z; posterior) - log N(z; prior) with the first one's part that z does not move in its mean, a half for each channel. */
ink_node *vits_build_divergence(ink_net *n, const vits_config *c, ink_node *prior, ink_node *posterior, ink_node *z)
{
    ink_node *logs = ink_slice(n->g, prior, c->latent, c->latent), *far = vits_less(n, z, ink_slice(n->g, prior, 0, c->latent));
    far = ink_mul(n->g, far, ink_exp(n->g, ink_scale(n->g, logs, -1)));
    ink_node *wider = ink_offset(n->g, vits_less(n, logs, ink_slice(n->g, posterior, c->latent, c->latent)), -0.5f);
    return ink_sum_columns(n->g, ink_add(n->g, wider, ink_scale(n->g, ink_mul(n->g, far, far), 0.5f)));
}

size_t vits_flow_reach(const vits_config *c)
{
    size_t reach = 0, dilation = 1;
    for (size_t i = 0; i < c->flow_layers; i++, dilation *= c->flow_dilation)
        reach += ink_nn_conv_reach(c->flow_taps, dilation, true);
    return reach * c->flows;
}

/* The least common multiple with what a convolution's tiles ask of the frame that a run begins with. */
static size_t vits_align_conv(size_t align, size_t taps, size_t dilation, size_t rows_per_frame)
{
    size_t whole = align;
    while (ink_nn_conv_tiles(taps, dilation) && whole * rows_per_frame % ink_conv1d_tile(taps, dilation))
        whole += align;
    return whole;
}

size_t vits_flow_align(const vits_config *c)
{
    size_t align = 1, dilation = 1;
    for (size_t i = 0; i < c->flow_layers; i++, dilation *= c->flow_dilation)
        align = vits_align_conv(align, c->flow_taps, dilation, 1);
    return align;
}

size_t vits_decoder_align(const vits_config *c)
{
    size_t align = 1, rows = 1;
    for (size_t s = 0; s < c->stages && c->tiled; s++) {
        rows *= c->rates[s];
        for (size_t b = 0; b < c->blocks; b++)
            for (size_t i = 0; i < c->block[b].convs; i++)
                align = vits_align_conv(vits_align_conv(align, c->block[b].taps, c->block[b].dilations[i], rows), c->block[b].taps, 1, rows);
    }
    return align;
}

/* ---- decoder: HiFi-GAN (Kong, Kim and Bae 2020, section 2.2) ---- */

enum { VITS_ENDS = 7 }; /* taps of the first and the last convolution */

static size_t vits_conv_reach(const vits_config *c, const vits_block *b, size_t conv) { return ink_nn_conv_reach(b->taps, b->dilations[conv], c->tiled); }

static size_t vits_block_reach(const vits_config *c, const vits_block *b)
{
    size_t reach = 0;
    for (size_t i = 0; i < b->convs; i++)
        reach += vits_conv_reach(c, b, i) + (c->pairs ? ink_nn_conv_reach(b->taps, 1, c->tiled) : 0);
    return reach;
}

/* How many rows beyond the wanted ones are needed after each stage; [0] is before the first. */
static void vits_margins(const vits_config *c, size_t after[VITS_STAGES + 1])
{
    after[c->stages] = VITS_ENDS / 2;
    for (size_t s = c->stages; s--;) {
        size_t most = 0, pad = (c->kernels[s] - c->rates[s]) / 2;
        for (size_t b = 0; b < c->blocks; b++) {
            size_t reach = vits_block_reach(c, &c->block[b]);
            most = reach > most ? reach : most;
        }
        after[s] = (after[s + 1] + most + pad) / c->rates[s] + (c->kernels[s] + c->rates[s] - 1) / c->rates[s];
    }
}

size_t vits_decoder_reach(const vits_config *c)
{
    size_t after[VITS_STAGES + 1];
    vits_margins(c, after);
    return after[0] + VITS_ENDS / 2;
}

typedef struct vits_stage { /* what a residual block needs to know of its place */
    size_t number, width;
    ink_conv_reach reach; /* of what the stage gives on */
    ink_node *span;
} vits_stage;

/* Leaky rectifiers and dilated convolutions, each added to what went in; at the end also to what other blocks made. */
static ink_node *vits_residual(ink_net *n, const vits_config *c, const vits_stage *s, ink_node *x, size_t block, ink_node *others)
{
    const vits_block *b = &c->block[block];
    size_t margin = s->reach.margin + vits_block_reach(c, b);
    char name[64];
    ink_net_at(n, "decoder.resblocks.%zu.", s->number * c->blocks + block);
    for (size_t i = 0; i < b->convs; i++) {
        ink_nn_conv conv = { .out = s->width, .taps = b->taps, .dilation = b->dilations[i], .entry = { 0.1f, 1 }, .span = s->span, .tiled = c->tiled,
                             .fine = s->number + 1 == c->stages }; /* what is lost there is heard as noise */
        margin -= vits_conv_reach(c, b, i);
        conv.reach = (ink_conv_reach){ s->reach.rows_per_frame, margin };
        ink_node *y = x;
        if (c->pairs) {
            snprintf(name, sizeof name, "convs1.%zu", i);
            y = ink_nn_conv1d(n, x, name, &conv);
            conv.dilation = 1;
            conv.reach.margin = margin -= ink_nn_conv_reach(b->taps, 1, c->tiled);
        }
        conv.adds[0] = x;
        conv.adds[1] = i + 1 == b->convs ? others : NULL;
        snprintf(name, sizeof name, c->pairs ? "convs2.%zu" : "convs.%zu", i);
        x = ink_nn_conv1d(n, y, name, &conv);
    }
    return x;
}

ink_node *vits_build_decoder(ink_net *n, const vits_config *c, ink_node *z, ink_node *span, ink_node *speaker)
{
    size_t after[VITS_STAGES + 1], rows = 1, width = c->decoder_width;
    vits_margins(c, after);
    ink_node *voice = vits_speaker(n, c, speaker);
    const ink_nn_conv first = { .out = width, .taps = VITS_ENDS, .span = span, .reach = { 1, after[0] } };
    ink_net_at(n, "decoder.");
    ink_node *x = vits_add_speaker(n, ink_nn_conv1d(n, z, "conv_pre", &first), voice, "cond");
    float mean = 1; /* what the sum of the blocks is still to be multiplied with */
    for (size_t s = 0; s < c->stages; s++, mean = 1 / (float)c->blocks) {
        char name[64];
        size_t most = 0;
        for (size_t b = 0; b < c->blocks; b++)
            most = vits_block_reach(c, &c->block[b]) > most ? vits_block_reach(c, &c->block[b]) : most;
        rows *= c->rates[s];
        width /= 2;
        const vits_stage stage = { .number = s, .width = width, .reach = { rows, after[s + 1] }, .span = span };
        const ink_nn_conv up = { .out = width, .taps = c->kernels[s], .stride = c->rates[s], .entry = { 0.1f, mean }, .span = span, .reach = { rows, after[s + 1] + most } };
        ink_net_at(n, "decoder.");
        snprintf(name, sizeof name, "upsampler.%zu", s);
        x = ink_nn_conv_up(n, x, name, &up);
        ink_node *sum = NULL;
        for (size_t b = 0; b < c->blocks; b++)
            sum = vits_residual(n, c, &stage, x, b, sum);
        x = sum;
    }
    const ink_nn_conv last = { .taps = VITS_ENDS, .entry = { 0.01f, mean }, .span = span, .reach = { rows, 0 } };
    ink_net_at(n, "decoder.");
    return ink_tanh(n->g, ink_nn_conv_last(n, x, "conv_post", &last));
}
