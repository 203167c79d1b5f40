/* learn_voice VOICE PART FOLDER [SPEAKER]: runs a part of a voice as it learns, for conformance/voices.py. FOLDER holds its inputs, a file of floats
   each: x.f32 first, rows of what the part reads. To FOLDER/y.f32 goes its result; and from FOLDER/dy.f32 the gradients of x, to FOLDER/dx.f32
   where there are any, and of all weights, to FOLDER/gradients.f32, whose names and counts stand on standard output in their order. The table
   below lists the parts and what else they read. PART align: see align(). */
#include "generate/speaker.h"
#include "graph/gradient.h"

#include <ink/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 8 };

typedef struct lesson {
    ink_net n;
    const vits_config *c;
    const char *folder;
    ink_node *speaker, *x;
    ink_run run;         /* inputs and sizes as they are given */
    float *data[SLOTS];
    size_t given;
} lesson;

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

static char *path_of(const lesson *l, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s.f32", l->folder, name);
    return path;
}

/* NAME.f32, rows of `width`. */
static float *read_rows(const lesson *l, const char *name, size_t width, size_t *rows)
{
    ink_err err;
    char *text;
    size_t size;
    need(ink_file_text(path_of(l, name), (size_t)1 << 28, &text, &size, &err), &err);
    *rows = size / sizeof(float) / width;
    if (*rows * width * sizeof(float) != size) {
        fprintf(stderr, "%s: %zu bytes are no rows of %zu floats\n", name, size, width);
        exit(1);
    }
    return (float *)(void *)text;
}

/* An input of the graph; the first that has so many rows says how many those are. */
static ink_node *given(lesson *l, const char *name, ink_size of, size_t width)
{
    size_t rows;
    float *data = read_rows(l, name, width, &rows);
    l->run.sizes[of] = l->run.sizes[of] ? l->run.sizes[of] : rows;
    if (rows != l->run.sizes[of] || l->given == SLOTS) {
        fprintf(stderr, "%s has %zu rows, not %zu\n", name, rows, l->run.sizes[of]);
        exit(1);
    }
    l->data[l->given] = data;
    l->run.inputs[l->given] = (ink_view){ (uint8_t *)data, width * sizeof *data };
    return ink_graph_input(l->n.g, l->given++, name, of, width);
}

static ink_node *given_integers(lesson *l, const char *name, ink_size of)
{
    ink_node *node = given(l, name, of, 1);
    float *data = l->data[l->given - 1];
    for (size_t i = 0; i < l->run.sizes[of]; i++) {
        const int32_t integer = (int32_t)data[i];
        memcpy(&data[i], &integer, sizeof integer);
    }
    return node;
}

static void write_rows(const lesson *l, const char *name, ink_view v, size_t rows, size_t width)
{
    FILE *f = fopen(path_of(l, name), "wb");
    for (size_t r = 0; f && r < rows; r++)
        fwrite(ink_view_row(v, r), sizeof(float), width, f);
    if (!f || fclose(f))
        exit(1);
}

/* ---- the parts ---- */

static ink_node *learn_text(lesson *l) { return vits_build_encoder(&l->n, l->c, given_integers(l, "x", INK_SIZE_ROWS)).stats; }
static ink_node *learn_posterior(lesson *l)
{
    l->x = given(l, "x", INK_SIZE_ROWS, l->c->spectrum);
    return vits_build_posterior(&l->n, l->c, l->x, given(l, "noise", INK_SIZE_ROWS, l->c->latent), l->speaker).stats;
}
static ink_node *learn_flow(lesson *l) { return vits_build_flow_forward(&l->n, l->c, l->x = given(l, "x", INK_SIZE_ROWS, l->c->latent), l->speaker); }
static ink_node *learn_decoder(lesson *l) { return vits_build_decoder(&l->n, l->c, l->x = given(l, "x", INK_SIZE_ROWS, l->c->latent), NULL, l->speaker); }
static ink_node *learn_durations(lesson *l)
{
    l->x = given(l, "x", INK_SIZE_ROWS, l->c->width);
    ink_node *frames = given(l, "frames", INK_SIZE_ROWS, 1), *noise = given(l, "noise", INK_SIZE_ROWS, 2);
    return vits_build_duration_loss(&l->n, l->c, l->x, frames, noise, l->speaker);
}
static ink_node *learn_divergence(lesson *l)
{
    l->x = given(l, "x", INK_SIZE_SOURCE, 2 * l->c->latent);
    ink_node *index = given_integers(l, "index", INK_SIZE_ROWS), *spectrum = given(l, "spectrum", INK_SIZE_ROWS, l->c->spectrum);
    const vits_posterior p = vits_build_posterior(&l->n, l->c, spectrum, given(l, "noise", INK_SIZE_ROWS, l->c->latent), l->speaker);
    return vits_build_divergence(&l->n, l->c, ink_select(l->n.g, l->x, index), p.stats, vits_build_flow_forward(&l->n, l->c, p.z, l->speaker));
}

static const struct {
    const char *name;
    ink_node *(*build)(lesson *l);
} parts[] = {
    { "text", learn_text },             /* means and logarithms; x: ids, which have no gradient */
    { "posterior", learn_posterior },   /* means and logarithms; noise */
    { "flow", learn_flow },             /* forwards */
    { "decoder", learn_decoder },
    { "durations", learn_durations },   /* the loss, of rows; frames, noise */
    { "divergence", learn_divergence }, /* the loss, of rows; x: what the text says; index, spectrum, noise */
};

/* ---- and running them ---- */

static void write_gradients(const lesson *l)
{
    FILE *f = fopen(path_of(l, "gradients"), "wb");
    for (size_t i = 0; f && i < l->n.weights->count; i++) {
        const ink_nn_weight *w = l->n.weights->list[i];
        printf("%s\t%zu\n", w->name, (size_t)w->tensor->count);
        fwrite(w->constant.gradient, sizeof(float), w->tensor->count, f);
    }
    if (!f || fclose(f))
        exit(1);
}

static void learn(lesson *l, ink_node *(*build)(lesson *l))
{
    ink_err err;
    ink_plan plan;
    ink_node *y = build(l), *dx = NULL;
    need(ink_graph_check(l->n.g), l->n.g->err);
    ink_node *dy = given(l, "dy", INK_SIZE_ROWS, ink_node_width(y));
    y->output = true;
    need(ink_graph_gradient(l->n.g, y, dy, ink_add, &l->x, l->x ? 1 : 0, &dx), l->n.g->err);
    for (size_t i = 0; i < INK_SIZES; i++)
        l->run.sizes[i] = l->run.sizes[i] ? l->run.sizes[i] : 1;
    need(ink_plan_make(l->n.g, l->run.k, l->run.sizes, 2, &plan, &err), &err);
    need(ink_plan_allocate(&plan, &err), &err);
    need(ink_nn_weights_load(l->n.weights, l->run.pool, &err), &err);
    ink_plan_run(&plan, &l->run);
    write_rows(l, "y", ink_plan_data(&plan, y), ink_node_rows(y, l->run.sizes), ink_node_width(y));
    if (dx)
        write_rows(l, "dx", ink_plan_data(&plan, dx), ink_node_rows(dx, l->run.sizes), ink_node_width(dx));
    write_gradients(l);
    ink_plan_free(&plan);
}

/* Which frames (x: z after the flow) are of which symbol (stats), to FOLDER/index.f32. */
static void align(const lesson *l)
{
    ink_err err;
    const size_t latent = l->c->latent;
    vits_alignment a = { .latent = latent };
    float *stats = read_rows(l, "stats", 2 * latent, &a.symbols), *z = read_rows(l, "x", latent, &a.frames), *taken = calloc(a.symbols, sizeof *taken);
    uint32_t *index = calloc(a.frames, sizeof *index);
    a.stats = (ink_view){ (uint8_t *)stats, 2 * latent * sizeof *stats };
    a.z = (ink_view){ (uint8_t *)z, latent * sizeof *z };
    need(vits_align(l->run.k, &a, index, taken, &err), &err);
    for (size_t i = 0; i < a.symbols; i++)
        printf("%g\n", (double)taken[i]);
    for (size_t i = 0; i < a.frames; i++)
        z[i] = (float)index[i];
    write_rows(l, "index", (ink_view){ (uint8_t *)z, sizeof *z }, a.frames, 1);
    free(stats), free(z), free(taken), free(index);
}

int main(int argc, char **argv)
{
    ink_err err;
    ink_voice *v;
    ink_arena *arena;
    ink_graph g;
    ink_kernels k;
    ink_pool *pool;
    if (argc < 4)
        return 2;
    need(ink_voice_open(argv[1], &v, &err), &err);
    need(ink_kernels_init(&k, &err), &err);
    need(ink_pool_new(2, &pool, &err), &err);
    need(ink_arena_new("voice", 0, &arena, &err), &err);
    need(ink_graph_init(&g, arena, &err), &err);
    ink_nn_weights weights = { .file = v->weights, .rules = vits_rules_of(v->weights), .arena = arena, .dense = true, .learns = learn_all };
    lesson l = { .n = { .g = &g, .weights = &weights }, .c = &v->config, .folder = argv[3], .run = { .k = &k, .pool = pool, .sizes = { 1 } } };
    int32_t id = argc > 4 ? atoi(argv[4]) : 0;
    if (v->config.speakers) {
        l.run.inputs[l.given] = (ink_view){ (uint8_t *)&id, sizeof id };
        l.speaker = ink_graph_input(&g, l.given++, "speaker", INK_SIZE_ONE, 1);
    }
    bool known = !strcmp(argv[2], "align");
    if (known)
        align(&l);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(argv[2], parts[i].name)) {
            learn(&l, parts[i].build);
            known = true;
        }
    for (size_t i = 0; i < l.given; i++)
        free(l.data[i]);
    ink_nn_weights_free(&weights);
    ink_arena_free(arena);
    ink_pool_free(pool);
    ink_voice_close(v);
    return known ? 0 : 2;
}
