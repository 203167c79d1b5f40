/* From a voice to something that speaks: graphs of its three parts, their plans, weights packed. */
#include "generate/speaker.h"

#include <stdlib.h>

enum { SPEAKER_FLOW = 1024, SPEAKER_DECODER = 160 }; /* frames of a run that are wanted, at most */

static ink_node *speaker_input(const ink_speaker *s, ink_graph *g)
{
    return s->config.speakers ? ink_graph_input(g, SPEAKER_SLOT_VOICE, "speaker", INK_SIZE_ONE, 1) : NULL;
}

static ink_status speaker_text(ink_speaker *s, ink_err *err)
{
    ink_graph *g = &s->text_graph;
    INK_TRY(ink_graph_init(g, s->arena, err));
    ink_net n = { .g = g, .weights = &s->weights };
    ink_node *ids = ink_graph_input(g, SPEAKER_SLOT_IDS, "ids", INK_SIZE_ROWS, 1), *noise = ink_graph_input(g, SPEAKER_SLOT_NOISE, "noise", INK_SIZE_ROWS, 2);
    s->told = vits_build_text(&n, &s->config, ids, noise, speaker_input(s, g));
    s->told.stats->output = s->told.duration->output = true;
    return ink_graph_check(g);
}

static ink_status speaker_flow(ink_speaker *s, ink_err *err)
{
    const vits_config *c = &s->config;
    ink_graph *g = &s->flow_graph;
    INK_TRY(ink_graph_init(g, s->arena, err));
    ink_net n = { .g = g, .weights = &s->weights };
    ink_node *stats = ink_graph_input(g, SPEAKER_SLOT_ROWS, "means and deviations", INK_SIZE_ROWS, 2 * c->latent);
    ink_node *index = ink_graph_input(g, SPEAKER_SLOT_INDEX, "ids of frames", INK_SIZE_ROWS, 1);
    ink_node *noise = ink_graph_input(g, SPEAKER_SLOT_NOISE, "noise", INK_SIZE_ROWS, c->latent);
    s->z = vits_build_flow(&n, c, stats, index, noise, speaker_input(s, g));
    s->z->output = true;
    return ink_graph_check(g);
}

static ink_status speaker_decoder(ink_speaker *s, ink_err *err)
{
    const vits_config *c = &s->config;
    ink_graph *g = &s->decoder_graph;
    INK_TRY(ink_graph_init(g, s->arena, err));
    g->bf16 = s->bf16;
    ink_net n = { .g = g, .weights = &s->weights };
    ink_node *z = ink_graph_input(g, SPEAKER_SLOT_ROWS, "z", INK_SIZE_ROWS, c->latent), *span = ink_graph_input(g, SPEAKER_SLOT_SPAN, "span", INK_SIZE_ONE, 1);
    s->sound = vits_build_decoder(&n, c, z, span, speaker_input(s, g));
    s->sound->output = true;
    return ink_graph_check(g);
}

static ink_status speaker_plan(ink_speaker *s, const ink_graph *g, size_t rows, ink_plan *out, ink_err *err)
{
    const size_t bounds[INK_SIZES] = { 1, rows, 1, 1 };
    INK_TRY(ink_plan_make(g, &s->kernels, bounds, ink_pool_threads(s->pool), out, err));
    return ink_plan_allocate(out, err);
}

static ink_status speaker_fill(ink_speaker *s, size_t threads, ink_err *err)
{
    const vits_config *c = &s->config;
    INK_TRY(ink_arena_new("voice", 0, &s->arena, err));
    INK_TRY(ink_kernels_init(&s->kernels, err));
    INK_TRY(ink_pool_new(threads, &s->pool, err));
    s->weights = (ink_nn_weights){ .file = s->voice->weights, .rules = vits_rules_of(s->voice->weights), .arena = s->arena, .finite = true };
    s->flow_rows = SPEAKER_FLOW + 2 * vits_flow_reach(c) + vits_flow_align(c);
    s->decoder_rows = SPEAKER_DECODER + 2 * vits_decoder_reach(c) + vits_decoder_align(c);
    INK_TRY(speaker_text(s, err));
    INK_TRY(speaker_flow(s, err));
    INK_TRY(speaker_decoder(s, err));
    INK_TRY(speaker_plan(s, &s->text_graph, SPEAKER_IDS, &s->text, err));
    INK_TRY(speaker_plan(s, &s->flow_graph, s->flow_rows, &s->flow, err));
    INK_TRY(speaker_plan(s, &s->decoder_graph, s->decoder_rows, &s->decoder, err));
    return ink_nn_weights_load(&s->weights, s->pool, err);
}

const char *const ink_voice_dtypes[] = { "f32", "bf16", NULL };

ink_type ink_voice_dtype(int i) { return i == 1 ? INK_BF16 : INK_F32; }

ink_status ink_speaker_open(const ink_voice *v, size_t threads, ink_type type, ink_speaker **out, ink_err *err)
{
    if (type != INK_F32 && type != INK_BF16)
        return ink_fail(err, INK_E_ARGUMENT, "a voice is computed in f32 or bf16");
    ink_speaker *s = calloc(1, sizeof *s);
    if (!s)
        return ink_fail(err, INK_E_MEMORY, "no memory to open a voice");
    s->voice = v;
    s->bf16 = type == INK_BF16;
    s->config = v->config;
    s->config.tiled = !s->bf16;
    ink_status status = speaker_fill(s, threads, err);
    if (status != INK_OK) {
        ink_speaker_close(s);
        return status;
    }
    *out = s;
    return INK_OK;
}

void ink_speaker_close(ink_speaker *s)
{
    if (!s)
        return;
    ink_pool_free(s->pool);
    ink_nn_weights_free(&s->weights);
    ink_plan_free(&s->text);
    ink_plan_free(&s->flow);
    ink_plan_free(&s->decoder);
    ink_arena_free(s->arena);
    free(s);
}
