/* A model from nothing: its architecture describes itself, and every tensor that it asks for is drawn: matrices normal with
   deviation 0.02 (initializer_range), those that end a residual branch smaller by the root of twice the layers (Radford et al.
   2019, section 2.3), norms one, biases zero. */
#include "models/config.h"

#include "base/file.h"
#include "base/path.h"
#include "base/rng.h"
#include "base/text.h"
#include "formats/write.h"
#include "tensor/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct creation {
    ink_json *json;
    const ink_architecture *architecture;
    ink_config config;
    ink_arena *arena;
    ink_weights *empty;
    ink_nn_weights weights;
    uint64_t seed;
} creation;

static bool create_has(const void *user, const char *name)
{
    const creation *c = user;
    return c->architecture->has && c->architecture->has(c->json, name);
}

static ink_status create_configure(creation *c, const char *path, ink_err *err)
{
    const char *name = ink_json_string(ink_json_get(c->json, "model_type"), NULL);
    int64_t vocab = ink_json_integer(ink_json_get(c->json, "vocab_size"), 0);
    c->architecture = name ? ink_architecture_named(name, NULL) : NULL;
    if (!c->architecture)
        return ink_fail(err, INK_E_FORMAT, "%s: its model_type \"%.60s\" is no architecture that inkstone knows", path, name ? name : "");
    if (vocab < 1 || vocab > INK_CONFIG_MOST)
        return ink_fail(err, INK_E_FORMAT, "%s: does not say how many tokens there are (vocab_size)", path);
    INK_TRY(c->architecture->configure(&(ink_settings){ .weights = c->empty, .json = c->json, .architecture = name }, &c->config, err));
    c->config.vocab = (size_t)vocab;
    return INK_OK;
}

static ink_status create_describe(creation *c, ink_err *err)
{
    c->weights = (ink_nn_weights){ .file = c->empty, .rules = c->architecture->rules, .arena = c->arena, .dense = true, .has = create_has, .has_user = c };
    return ink_architecture_ask(c->architecture, &c->config, &c->weights, err);
}

static double create_deviation(const creation *c, const char *name)
{
    static const char *const residual[] = { ".c_proj.weight", ".o_proj.weight", ".down_proj.weight" };
    const double usual = c->architecture->deviation != 0 ? c->architecture->deviation : 0.02;
    double deviation = ink_json_number(ink_json_get(c->json, "initializer_range"), usual);
    for (size_t i = 0; i < sizeof residual / sizeof *residual; i++)
        if (ink_ends(name, residual[i]))
            return deviation / sqrt(2.0 * (double)c->config.layers);
    return deviation;
}

static void create_fill(const creation *c, size_t which, float *data)
{
    const ink_tensor *t = c->weights.list[which]->tensor;
    const double deviation = create_deviation(c, t->name);
    const float norm = 1.0f - c->weights.list[which]->plus; /* which makes it 1 where it acts */
    for (size_t i = 0; i < t->count; i++)
        data[i] = t->ndim > 1 ? (float)(deviation * ink_rng_normal(c->seed, which, i)) : strstr(t->name, "bias") ? 0.0f : norm;
}

static ink_status create_write(const creation *c, const char *path, ink_err *err)
{
    size_t count = c->weights.count;
    ink_write_tensor *list = calloc(count + 1, sizeof *list);
    ink_status status = list ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory to list %zu tensors", count);
    for (size_t i = 0; status == INK_OK && i < count; i++) {
        const ink_tensor *t = c->weights.list[i]->tensor;
        float *data = malloc(t->count * sizeof *data + 1);
        if (data)
            create_fill(c, i, data);
        else
            status = ink_fail(err, INK_E_MEMORY, "no memory for %s", t->name);
        list[i] = (ink_write_tensor){ .name = t->name, .type = INK_F32, .ndim = t->ndim, .data = data, .bytes = t->count * sizeof *data };
        memcpy(list[i].dims, t->dims, sizeof list[i].dims);
    }
    if (status == INK_OK)
        status = ink_safetensors_write(path, list, count, NULL, err);
    for (size_t i = 0; list && i < count; i++)
        free((void *)(uintptr_t)list[i].data);
    free(list);
    return status;
}

static ink_status create_config(const creation *c, const char *folder, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/config.json", folder));
    return ink_json_write(path.text, c->json, err);
}

static ink_status create_all(creation *c, const char *config, const char *folder, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_weights_new(config, folder, "safetensors", &c->empty, err));
    INK_TRY(ink_weights_seal(c->empty, err));
    INK_TRY(ink_arena_new("new model", 0, &c->arena, err));
    INK_TRY(create_configure(c, config, err));
    INK_TRY(create_describe(c, err));
    INK_TRY(ink_path_make(folder, err));
    INK_TRY(create_config(c, folder, err));
    INK_TRY(ink_path_format(&path, err, "%s/model.safetensors", folder));
    return create_write(c, path.text, err);
}

ink_status ink_model_create(const char *config, size_t vocab, uint64_t seed, const char *folder, ink_err *err)
{
    creation c = { .seed = seed };
    INK_TRY(ink_json_read(config, 1 << 20, &c.json, err));
    if (vocab)
        ink_json_set(c.json, "vocab_size", ink_json_new_integer((int64_t)vocab));
    ink_status status = create_all(&c, config, folder, err);
    ink_arena_free(c.arena);
    ink_weights_close(c.empty);
    ink_json_free(c.json);
    return status;
}
