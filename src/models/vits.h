/* VITS (Kim, Kong and Son 2021): a text encoder, durations, a flow, and a decoder of sound. Each part describes itself into
   an ink_net; names are Hugging Face's VitsModel's. */
#ifndef INK_MODELS_VITS_H
#define INK_MODELS_VITS_H

#include "models/config.h"

enum { VITS_STAGES = 8, VITS_BLOCKS = 8, VITS_CONVS = 8 }; /* the most of each in a decoder */

typedef struct vits_block { /* one of the residual blocks that stand side by side in a stage */
    size_t taps, convs, dilations[VITS_CONVS];
} vits_block;

typedef struct vits_config {
    size_t symbols, width, layers, heads, ffn, ffn_taps, window;  /* text encoder; window: near rows on each side */
    size_t latent;                                                /* channels of the flow and of the decoder's input */
    bool stochastic;                                              /* durations by a flow, else by a few convolutions */
    size_t duration_width, duration_layers, duration_taps, duration_flows, bins;
    size_t duration_posterior;                                    /* couplings that drawn durations learn by; 0: the file has none */
    size_t flows, flow_width, flow_layers, flow_taps, flow_dilation;
    size_t spectrum, posterior_layers;                            /* bins that the posterior encoder reads; 0: the file has none */
    size_t decoder_width, stages, rates[VITS_STAGES], kernels[VITS_STAGES];
    size_t blocks;
    vits_block block[VITS_BLOCKS];
    bool pairs;                                                   /* blocks of type 1: each dilated convolution is followed by a plain one */
    size_t speakers, speaker_width;                               /* 0: one voice */
    size_t hop;                                                   /* samples of a frame */
    bool tiled;                                                   /* the decoder's convolutions by tiles, with fewer products; not in a graph of bf16 */
} vits_config;

extern const ink_name_rule vits_rules[]; /* of the original implementation, in which a GGUF is written */
const ink_name_rule *vits_rules_of(const ink_weights *w);

/* Sizes from the shapes of tensors; rates and dilations from the file's metadata (ONNX) or its config.json. */
ink_status vits_configure(const ink_weights *w, const ink_json *json, vits_config *c, ink_err *err);

typedef struct vits_encoded {
    ink_node *hidden;   /* [rows, width]: what durations are told by */
    ink_node *stats;    /* [rows, 2 latent]: mean, logarithm of the deviation */
} vits_encoded;
/* ids [rows]: what the text says. */
vits_encoded vits_build_encoder(ink_net *n, const vits_config *c, ink_node *ids);
typedef struct vits_text {
    ink_node *stats;    /* [rows, 2 latent]: mean, logarithm of the deviation */
    ink_node *duration; /* [rows, 1]: frames, before they are made slower and rounded up */
} vits_text;
/* ids [rows]; noise [rows, 2], multiplied by its scale already (unused by plain durations); speaker: an id, [1], or NULL. */
vits_text vits_build_text(ink_net *n, const vits_config *c, ink_node *ids, ink_node *noise, ink_node *speaker);
/* mean + deviation noise, through the flow backwards: [rows, latent]. stats: a plan's input; index [rows]; noise [rows, latent]. */
ink_node *vits_build_flow(ink_net *n, const vits_config *c, ink_node *stats, ink_node *index, ink_node *noise, ink_node *speaker);
/* The flow forwards, as it learns: z [rows, latent] to [rows, latent]. */
ink_node *vits_build_flow_forward(ink_net *n, const vits_config *c, ink_node *z, ink_node *speaker);
typedef struct vits_posterior {
    ink_node *stats;    /* [rows, 2 latent]: mean, logarithm of the deviation */
    ink_node *z;        /* [rows, latent]: drawn */
} vits_posterior;
/* Where the file has it (c->spectrum). spectrum [rows, c->spectrum]: linear magnitudes of frames; noise [rows, latent]. */
vits_posterior vits_build_posterior(ink_net *n, const vits_config *c, ink_node *spectrum, ink_node *noise, ink_node *speaker);

/* ---- losses, [rows, 1]: a row's share. VITS's losses are their means over the rows of an utterance, or over all rows of several that are
   no padding; so the gradient of a row is 1 / rows, or 0. Noise is given. ---- */

/* Of durations (section 2.2.2). hidden [rows, width], which learns nothing from this, nor does the speaker; frames [rows, 1]: how many each row
   takes (vits_align); noise [rows, 2], not scaled. Drawn: an upper bound of -log p(frames); plain: the squared difference of logarithms (noise is
   not used). A file that lacks what only learning needs, as exported voices do, fails the graph with a sentence. */
ink_node *vits_build_duration_loss(ink_net *n, const vits_config *c, ink_node *hidden, ink_node *frames, ink_node *noise, ink_node *speaker);
/* Of what a recording says against what the text says, by one draw (section 2.1.3, equation 4). prior [rows, 2 latent]: of the text, selected for
   frames; posterior [rows, 2 latent] and z [rows, latent]: vits_build_posterior's, z after vits_build_flow_forward. */
ink_node *vits_build_divergence(ink_net *n, const vits_config *c, ink_node *prior, ink_node *posterior, ink_node *z);

/* [rows, hop]: samples of each frame of the span. */
ink_node *vits_build_decoder(ink_net *n, const vits_config *c, ink_node *z, ink_node *span, ink_node *speaker);
size_t vits_flow_reach(const vits_config *c);    /* frames on each side that a frame depends on */
size_t vits_decoder_reach(const vits_config *c);
size_t vits_flow_align(const vits_config *c);    /* runs begin at multiples of so many frames */
size_t vits_decoder_align(const vits_config *c);

typedef struct vits_alignment {
    size_t symbols, frames, latent;
    ink_view stats; /* [symbols, 2 latent]: means and logarithms of deviations, as vits_build_encoder's */
    ink_view z;     /* [frames, latent]: of a recording, after vits_build_flow_forward */
} vits_alignment;
/* The likeliest division of the frames among the symbols, in order: index [frames] says which symbol a frame is of, taken [symbols] how many
   frames a symbol takes, one at least. Fewer frames than symbols, or no symbol: INK_E_ARGUMENT. Takes a byte for each frame and symbol meanwhile. */
ink_status vits_align(const ink_kernels *k, const vits_alignment *a, uint32_t *index, float *taken, ink_err *err);

/* ---- between the files of the model ---- */

ink_node *vits_speaker(ink_net *n, const vits_config *c, ink_node *id); /* [1, speaker_width], or NULL: one voice */
/* A vector of the speaker's, made for one place: added to every row. */
ink_node *vits_add_speaker(ink_net *n, ink_node *x, ink_node *voice, const char *name);
ink_node *vits_less(ink_net *n, ink_node *a, ink_node *b);              /* a - b */
/* [rows, 1]: logarithms of frames. noise as of vits_build_text. */
ink_node *vits_build_durations(ink_net *n, const vits_config *c, ink_node *hidden, ink_node *noise, ink_node *voice);

#endif
