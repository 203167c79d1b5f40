/* learn_voice VOICE PART FOLDER ROWS [SPEAKER]: runs a part of a voice as it learns, for conformance/voices.py. From FOLDER/x.f32, rows of the part's
   input, to FOLDER/y.f32; and from FOLDER/dy.f32 to the gradients of x, in FOLDER/dx.f32, and of all weights, in FOLDER/gradients.f32, whose
   names and counts stand on standard output in their order. PART: posterior (means and logarithms), flow (forwards), decoder,
   text (means and logarithms; x.f32 holds ids, which have no gradient). */
#include "generate/speaker.h"
#include "graph/gradient.h"

#include <ink/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_X, SLOT_DY, SLOT_VOICE, SLOT_NOISE };

static void need(ink_status status, const ink_err *err)
{
    if (status == INK_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static bool learn_all(const void *user, const char *name)
{
    (void)user;
    (void)name;
    return true;
}

static char *path_of(const char *folder, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static float *read_floats(const char *folder, const char *name, size_t wanted, ink_err *err)
{
    char *text;
    size_t size;
    need(ink_file_text(path_of(folder, name), (size_t)1 << 28, &text, &size, err), err);
    if (size != wanted * sizeof(float)) {
        fprintf(stderr, "%s has %zu numbers, not %zu\n", name, size / sizeof(float), wanted);
        exit(1);
    }
    return (float *)(void *)text;
}

static void write_rows(const char *folder, const char *name, ink_view v, size_t rows, size_t width)
{
    FILE *f = fopen(path_of(folder, name), "wb");
    for (size_t r = 0; f && r < rows; r++)
        fwrite(ink_view_row(v, r), sizeof(float), width, f);
    if (!f || fclose(f))
        exit(1);
}

int main(int argc, char **argv)
{
    ink_err err;
    ink_voice *v;
    ink_arena *arena;
    ink_graph g;
    ink_plan plan;
    ink_kernels k;
    ink_pool *pool;
    if (argc < 5)
        return 2;
    const char *part = argv[2], *folder = argv[3];
    const size_t rows = strtoul(argv[4], NULL, 10);
    need(ink_voice_open(argv[1], &v, &err), &err);
    need(ink_kernels_init(&k, &err), &err);
    need(ink_pool_new(2, &pool, &err), &err);
    need(ink_arena_new("voice", 0, &arena, &err), &err);
    need(ink_graph_init(&g, arena, &err), &err);
    ink_nn_weights weights = { .file = v->weights, .rules = vits_rules_of(v->weights), .arena = arena, .dense = true, .learns = learn_all };
    ink_net n = { .g = &g, .weights = &weights };
    const vits_config *c = &v->config;
    int32_t id = argc > 5 ? atoi(argv[5]) : 0;
    ink_node *speaker = c->speakers ? ink_graph_input(&g, SLOT_VOICE, "speaker", INK_SIZE_ONE, 1) : NULL;
    const bool text = !strcmp(part, "text");
    const size_t width = text ? 1 : strcmp(part, "posterior") ? c->latent : c->spectrum, drawn = text ? 2 : c->latent;
    ink_node *x = ink_graph_input(&g, SLOT_X, "x", INK_SIZE_ROWS, width), *noise = ink_graph_input(&g, SLOT_NOISE, "noise", INK_SIZE_ROWS, drawn);
    ink_node *y = !strcmp(part, "posterior") ? vits_build_posterior(&n, c, x, noise, speaker).stats
                  : !strcmp(part, "flow")    ? vits_build_flow_forward(&n, c, x, speaker)
                  : text                     ? vits_build_text(&n, c, x, noise, speaker).stats
                                             : vits_build_decoder(&n, c, x, NULL, speaker);
    const size_t out = ink_node_width(y);
    ink_node *dy = ink_graph_input(&g, SLOT_DY, "dy", INK_SIZE_ROWS, out), *dx = NULL;
    y->output = true;
    need(ink_graph_gradient(&g, y, dy, ink_add, &x, !text, &dx), &err);
    const size_t bounds[INK_SIZES] = { 1, rows, 1, 1 };
    need(ink_plan_make(&g, &k, bounds, 2, &plan, &err), &err);
    need(ink_plan_allocate(&plan, &err), &err);
    need(ink_nn_weights_load(&weights, pool, &err), &err);
    ink_run r = { .k = &k, .pool = pool, .sizes = { 1, rows, 1, 1 } };
    float *given = read_floats(folder, "x.f32", rows * width, &err), *back = read_floats(folder, "dy.f32", rows * out, &err), *still = calloc(rows * drawn, sizeof *still);
    for (size_t i = 0; text && i < rows; i++) {
        const int32_t symbol = (int32_t)given[i];
        memcpy(&given[i], &symbol, sizeof symbol);
    }
    r.inputs[SLOT_X] = (ink_view){ (uint8_t *)given, width * sizeof(float) };
    r.inputs[SLOT_DY] = (ink_view){ (uint8_t *)back, out * sizeof(float) };
    r.inputs[SLOT_VOICE] = (ink_view){ (uint8_t *)&id, sizeof id };
    r.inputs[SLOT_NOISE] = (ink_view){ (uint8_t *)still, drawn * sizeof(float) };
    ink_plan_run(&plan, &r);
    write_rows(folder, "y.f32", ink_plan_data(&plan, y), rows, out);
    if (dx)
        write_rows(folder, "dx.f32", ink_plan_data(&plan, dx), rows, width);
    FILE *f = fopen(path_of(folder, "gradients.f32"), "wb");
    for (size_t i = 0; f && i < weights.count; i++) {
        const ink_nn_weight *w = weights.list[i];
        printf("%s\t%zu\n", w->name, (size_t)w->tensor->count);
        fwrite(w->constant.gradient, sizeof(float), w->tensor->count, f);
    }
    if (!f || fclose(f))
        return 1;
    free(given), free(back), free(still);
    ink_plan_free(&plan);
    ink_nn_weights_free(&weights);
    ink_arena_free(arena);
    ink_pool_free(pool);
    ink_voice_close(v);
    return 0;
}
