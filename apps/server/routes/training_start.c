/* POST /ui/training: a model is taught what a text holds. */
#include "server/training.h"

#include <string.h>

typedef struct training_fields {
    int kind;
    const char *model, *text, *prompts;
    int64_t steps;
    double learning_rate;
} training_fields;

static const ink_param training_params[] = {
    { .name = "kind", .type = INK_PARAM_CHOICE, .at = offsetof(training_fields, kind), .choices = srv_lesson_kinds, .help = "a small model of letters from nothing, or an adapter for a model" },
    { .name = "model", .type = INK_PARAM_TEXT, .at = offsetof(training_fields, model), .help = "adapter: the model that learns" },
    { .name = "text", .type = INK_PARAM_TEXT, .at = offsetof(training_fields, text), .help = "what to learn: a text, or lines of JSON with messages" },
    { .name = "prompts", .type = INK_PARAM_TEXT, .at = offsetof(training_fields, prompts), .help = "what the model goes on with, or answers, while it learns: a line each, eight at most" },
    { .name = "steps", .type = INK_PARAM_INT, .at = offsetof(training_fields, steps), .min = 1, .max = 100000, .def = 500, .help = "how long" },
    { .name = "learning_rate", .type = INK_PARAM_REAL, .at = offsetof(training_fields, learning_rate), .min = 1e-8, .max = 1, .def = 1e-3, .help = "how fast" },
    { 0 },
};

static ink_status start_run(srv_call *c, ink_err *err)
{
    const training_fields *f = c->params;
    int64_t id;
    if (!f->text || strlen(f->text) < 200)
        return ink_fail(err, INK_E_ARGUMENT, "a text to learn from has at least 200 letters");
    const srv_lesson l = { .kind = f->kind, .model = f->model, .text = f->text, .size = strlen(f->text), .prompts = f->prompts, .steps = f->steps, .rate = f->learning_rate };
    INK_TRY(srv_training_begin(c, &l, &id, err));
    srv_say_integer(c, "id", id);
    return INK_OK;
}

extern const srv_route srv_route_training_start;
const srv_route srv_route_training_start = {
    .method = "POST", .paths = (const char *const[]){ "/ui/training", NULL }, .params = training_params, .size = sizeof(training_fields), .about = "Teaches a model.", .run = start_run,
};
