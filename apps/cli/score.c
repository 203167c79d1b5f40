/* inkstone score: how likely a model finds given continuations. */
#include "scored.h"

typedef struct score_options {
    cli_scored_options model;
    const char *prompt;
    ink_param_texts texts;
    bool json;
} score_options;

static const ink_param score_params[] = {
    CLI_MODEL(cli_scored_options),
    { .name = "prompt", .flag = 'p', .type = INK_PARAM_TEXT, .bits = INK_PARAM_REQUIRED, .at = offsetof(score_options, prompt), .help = "what stands before" },
    { .name = "text", .type = INK_PARAM_TEXTS, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(score_options, texts), .value = "TEXT", .help = "the continuations, spaces and all" },
    CLI_THREADS(cli_scored_options),
    CLI_CONTEXT(cli_scored_options),
    CLI_KV(cli_scored_options),
    CLI_ADAPTER(cli_scored_options),
    CLI_JSON(score_options),
    { 0 },
};

static void score_json(const score_options *o, const cli_scored *s)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "scores");
    for (size_t i = 0; i < o->texts.count; i++) {
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "text", o->texts.at[i]);
        ink_jot_number(&j, "logprob", s->scores[i].logprob);
        ink_jot_integer(&j, "tokens", (int64_t)s->scores[i].tokens);
        ink_jot_bool(&j, "greedy", s->scores[i].greedy);
        ink_jot_end(&j);
    }
    cli_jot_finish(&j);
}

static ink_status score_run(const void *options, ink_err *err)
{
    const score_options *o = options;
    cli_scored s = { 0 };
    ink_status status = cli_scored_make(&s, &o->model, o->prompt, &o->texts, err);
    if (!status && o->json)
        score_json(o, &s);
    for (size_t i = 0; !status && !o->json && i < o->texts.count; i++)
        printf("%10.4f  %s\n", s.scores[i].logprob, o->texts.at[i]);
    cli_scored_clear(&s);
    return status;
}

const cli_command cli_score = {
    .params = score_params,
    .size = sizeof(score_options),
    .about = "The natural logarithm of each continuation's probability after the prompt: the sum over its tokens.",
    .examples = { { "score -m smollm2 -p \"The capital of France is\" \" Paris\" \" Rome\"", "two numbers, the larger is the likelier" } },
    .computes = true,
    .made = true,
    .run = score_run,
};
