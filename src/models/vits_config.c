/* The sizes of a VITS model: nearly all stand in the shapes of its tensors; how far convolutions step and reach, elsewhere. */
#include "models/vits.h"

#include <stdio.h>
#include <string.h>

enum { VITS_MOST = 4096, VITS_DEEP = 64, VITS_NAME = 160 }; /* channels, layers, bytes of a name */

typedef struct vits_reader {
    const ink_weights *w;
    const ink_json *json;
    ink_err *err;
    ink_status status; /* of the first failure */
} vits_reader;

/* The tensor of a name, or of the direction of its weight norm. */
static const ink_tensor *vits_tensor(const vits_reader *r, const char *name)
{
    static const char *const tails[] = { ".weight", ".weight_v", ".parametrizations.weight.original1", "" };
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char full[VITS_NAME];
        ink_name_change change;
        snprintf(full, sizeof full, "%s%s", name, tails[i]);
        const ink_tensor *t = ink_names_find(vits_rules_of(r->w), r->w, full, &change, NULL);
        if (t)
            return t;
    }
    return NULL;
}

/* A dimension of a tensor that must be there, from 1 to `most`. */
static size_t vits_dim(vits_reader *r, size_t dim, size_t most, const char *format, size_t a, size_t b)
{
    char name[VITS_NAME];
    snprintf(name, sizeof name, format, a, b);
    const ink_tensor *t = vits_tensor(r, name);
    const uint64_t size = !t ? 0 : dim < t->ndim ? t->dims[dim] : 1;
    if (size && size <= most)
        return (size_t)size;
    if (r->status == INK_OK && !t)
        r->status = ink_fail(r->err, INK_E_FORMAT, "%s: is no VITS voice: it has no tensor %s", ink_weights_path(r->w), name);
    else if (r->status == INK_OK)
        r->status = ink_fail(r->err, INK_E_LIMIT, "%s: dimension %zu of %s is %llu; 1 to %zu are possible", ink_weights_path(r->w), dim, t->name, (unsigned long long)size, most);
    return 1;
}

/* How many there are, from number `first` on. */
static size_t vits_count(const vits_reader *r, size_t first, const char *format)
{
    char name[VITS_NAME];
    size_t n = 0;
    for (; n < VITS_DEEP; n++) {
        snprintf(name, sizeof name, format, first + n);
        if (!vits_tensor(r, name))
            break;
    }
    return n;
}

static void vits_need(vits_reader *r, bool good, const char *what)
{
    if (!good && r->status == INK_OK)
        r->status = ink_fail(r->err, INK_E_FORMAT, "%s: is no VITS voice that inkstone can speak with: %s", ink_weights_path(r->w), what);
}

/* ---- parts ---- */

/* A setting as Hugging Face calls it: at the root, or where the original implementation and coqui keep theirs. */
static const ink_json *vits_json(const vits_reader *r, const char *name, const char *coqui)
{
    const ink_json *places[] = { ink_json_get(ink_json_get(r->json, "model"), name), ink_json_get(ink_json_get(r->json, "model_args"), coqui), ink_json_get(r->json, name) };
    size_t i = 0;
    while (i < 2 && ink_json_kind(places[i]) == INK_JSON_ABSENT)
        i++;
    return places[i];
}

static void vits_read_text(vits_reader *r, vits_config *c)
{
    static const char near[] = "text_encoder.encoder.layers.0.attention.emb_rel_k", widen[] = "text_encoder.encoder.layers.0.feed_forward.conv_1";
    c->symbols = vits_dim(r, 0, 1 << 20, "text_encoder.embed_tokens", 0, 0);
    c->width = vits_dim(r, 1, VITS_MOST, "text_encoder.embed_tokens", 0, 0);
    c->layers = vits_count(r, 0, "text_encoder.encoder.layers.%zu.attention.q_proj");
    c->window = vits_dim(r, 1, 129, near, 0, 0) / 2;
    c->heads = c->width / vits_dim(r, 2, VITS_MOST, near, 0, 0);
    c->ffn = vits_dim(r, 0, 4 * VITS_MOST, widen, 0, 0);
    c->ffn_taps = vits_dim(r, 2, 31, widen, 0, 0);
    c->latent = vits_dim(r, 0, 2 * VITS_MOST, "text_encoder.project", 0, 0) / 2;
    vits_need(r, c->layers && c->heads && c->width % c->heads == 0, "its attention has no whole heads");
    vits_need(r, c->latent && c->latent % 2 == 0 && c->ffn_taps % 2, "its sizes are odd");
}

static void vits_read_durations(vits_reader *r, vits_config *c)
{
    c->stochastic = vits_tensor(r, "duration_predictor.flows.0.translate") != NULL;
    if (!c->stochastic) {
        c->duration_width = vits_dim(r, 0, VITS_MOST, "duration_predictor.conv_1", 0, 0);
        c->duration_taps = vits_dim(r, 2, 31, "duration_predictor.conv_1", 0, 0);
        return;
    }
    c->duration_width = vits_dim(r, 0, VITS_MOST, "duration_predictor.conv_pre", 0, 0);
    c->duration_layers = vits_count(r, 0, "duration_predictor.conv_dds.convs_dilated.%zu");
    c->duration_taps = vits_dim(r, 2, 31, "duration_predictor.conv_dds.convs_dilated.0", 0, 0);
    c->duration_flows = 1 + vits_count(r, 2, "duration_predictor.flows.%zu.conv_pre");
    c->bins = (vits_dim(r, 0, 3 * 64 - 1, "duration_predictor.flows.2.conv_proj", 0, 0) + 1) / 3;
    c->duration_posterior = vits_tensor(r, "duration_predictor.flows.1.conv_pre") ? vits_count(r, 1, "duration_predictor.post_flows.%zu.conv_pre") : 0; /* exported voices lack both */
    vits_need(r, c->bins > 1 && c->duration_layers <= 8, "its durations are of an unknown shape");
}

static void vits_read_flow(vits_reader *r, vits_config *c)
{
    c->flows = vits_count(r, 0, "flow.flows.%zu.conv_pre");
    c->flow_width = vits_dim(r, 0, VITS_MOST, "flow.flows.0.conv_pre", 0, 0);
    c->flow_layers = vits_count(r, 0, "flow.flows.0.wavenet.in_layers.%zu");
    c->flow_taps = vits_dim(r, 2, 31, "flow.flows.0.wavenet.in_layers.0", 0, 0);
    c->flow_dilation = (size_t)ink_json_integer(vits_json(r, "wavenet_dilation_rate", "dilation_rate_flow"), 1);
    vits_need(r, c->flows && c->flow_layers && c->flow_layers <= 16 && c->flow_taps % 2 && c->flow_dilation && c->flow_dilation <= 4, "its flow is of an unknown shape");
}

/* What only training needs: exported voices lack it. */
static void vits_read_posterior(vits_reader *r, vits_config *c)
{
    if (!vits_tensor(r, "posterior_encoder.conv_pre"))
        return;
    c->spectrum = vits_dim(r, 1, 1 << 16, "posterior_encoder.conv_pre", 0, 0);
    c->posterior_layers = vits_count(r, 0, "posterior_encoder.wavenet.in_layers.%zu");
    vits_need(r, c->posterior_layers && vits_dim(r, 0, VITS_MOST, "posterior_encoder.conv_pre", 0, 0) == c->flow_width, "its posterior encoder is of an unknown shape");
}

static void vits_read_speakers(vits_reader *r, vits_config *c)
{
    vits_need(r, !ink_weights_find(r->w, "emb_l.weight"), "it speaks several languages by a table of them");
    vits_need(r, vits_tensor(r, "embed_speaker") || !vits_tensor(r, "decoder.cond"), "its speakers are vectors that another model makes, and no table of them is in it");
    if (!vits_tensor(r, "embed_speaker"))
        return;
    c->speakers = vits_dim(r, 0, 1 << 20, "embed_speaker", 0, 0);
    c->speaker_width = vits_dim(r, 1, VITS_MOST, "embed_speaker", 0, 0);
}

/* ---- decoder ---- */

/* A convolution's step or gap, as the ONNX reader notes it by the file's own name. */
static size_t vits_noted(vits_reader *r, const char *what, const char *format, size_t a, size_t b)
{
    char key[VITS_NAME];
    size_t at = (size_t)snprintf(key, sizeof key, format, a, b);
    snprintf(key + at, sizeof key - at, ".%s", what);
    const ink_meta *m = ink_weights_meta(r->w, key);
    return m && m->integer > 0 && m->integer <= VITS_MOST ? (size_t)m->integer : 0;
}

static size_t vits_listed(const ink_json *list, size_t i)
{
    int64_t v = ink_json_integer(ink_json_at(list, i), 0);
    return v > 0 && v <= VITS_MOST ? (size_t)v : 0;
}

static void vits_read_stage(vits_reader *r, vits_config *c, size_t s)
{
    const bool noted = !strcmp(ink_weights_format(r->w), "onnx");
    c->kernels[s] = vits_dim(r, 2, 256, "decoder.upsampler.%zu", s, 0);
    c->rates[s] = noted ? vits_noted(r, "stride", "dec.ups.%zu", s, 0) : vits_listed(vits_json(r, "upsample_rates", "upsample_rates_decoder"), s);
    vits_need(r, c->rates[s] && c->kernels[s] >= c->rates[s] && (c->kernels[s] - c->rates[s]) % 2 == 0, "a step of its decoder is unknown");
    c->hop *= c->rates[s];
    vits_need(r, c->hop && c->hop <= 4096, "a frame of it has more than 4096 samples");
}

static void vits_read_block(vits_reader *r, vits_config *c, size_t i)
{
    const bool noted = !strcmp(ink_weights_format(r->w), "onnx");
    const char *name = c->pairs ? "decoder.resblocks.%zu.convs1.%zu" : "decoder.resblocks.%zu.convs.%zu";
    vits_block *b = &c->block[i];
    char format[VITS_NAME];
    snprintf(format, sizeof format, "decoder.resblocks.%zu.convs%s.%%zu", i, c->pairs ? "1" : "");
    b->convs = vits_count(r, 0, format);
    b->taps = vits_dim(r, 2, 63, name, i, 0);
    vits_need(r, b->convs && b->convs <= VITS_CONVS && b->taps % 2, "a block of its decoder is of an unknown shape");
    for (size_t k = 0; k < b->convs && k < VITS_CONVS; k++) {
        b->dilations[k] = noted ? vits_noted(r, "dilation", c->pairs ? "dec.resblocks.%zu.convs1.%zu" : "dec.resblocks.%zu.convs.%zu", i, k)
                                : vits_listed(ink_json_at(vits_json(r, "resblock_dilation_sizes", "resblock_dilation_sizes_decoder"), i), k);
        vits_need(r, b->dilations[k] && b->dilations[k] <= 64, "a gap of its decoder is unknown");
    }
}

static void vits_read_decoder(vits_reader *r, vits_config *c)
{
    c->decoder_width = vits_dim(r, 0, VITS_MOST, "decoder.conv_pre", 0, 0);
    c->stages = vits_count(r, 0, "decoder.upsampler.%zu");
    c->pairs = vits_tensor(r, "decoder.resblocks.0.convs1.0") != NULL;
    const size_t all = vits_count(r, 0, c->pairs ? "decoder.resblocks.%zu.convs1.0" : "decoder.resblocks.%zu.convs.0");
    vits_need(r, c->stages && c->stages <= VITS_STAGES && c->decoder_width >> c->stages && all % c->stages == 0 && all / c->stages <= VITS_BLOCKS && all,
              "its decoder is of an unknown shape");
    if (r->status != INK_OK)
        return;
    c->hop = 1;
    c->blocks = all / c->stages;
    for (size_t s = 0; s < c->stages; s++)
        vits_read_stage(r, c, s);
    for (size_t b = 0; b < c->blocks; b++)
        vits_read_block(r, c, b);
}

ink_status vits_configure(const ink_weights *w, const ink_json *json, vits_config *c, ink_err *err)
{
    vits_reader r = { .w = w, .json = json, .err = err };
    *c = (vits_config){ 0 };
    vits_read_text(&r, c);
    vits_read_durations(&r, c);
    vits_read_flow(&r, c);
    vits_read_posterior(&r, c);
    vits_read_speakers(&r, c);
    vits_read_decoder(&r, c);
    return r.status;
}
