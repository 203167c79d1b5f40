/* inkstone generate: goes on with a text. */
#include "ngram.h"
#include "constrain.h"
#include "guess.h"

#include <ink/beams.h>
#include <ink/file.h>
#include <ink/generate.h>
#include <ink/steer.h>
#include <stdlib.h>
#include <string.h>

typedef struct generate_options {
    const char *model, *prompt, *file;
    ink_param_ints ids;
    int64_t n, threads, ctx, answers, logprobs;
    int kv;
    bool ignore_eos, special, json;
    ink_param_texts stop;
    ink_sampling sampling;
    ink_param_texts adapters;
    cli_constrain form;
    cli_guess guess;
    ink_steer steer;
    ink_param_ints negative_ids;
    int64_t beams, nbest;
    double length_penalty;
    int early_stopping;
} generate_options;

static const char *const generate_beam_ends[] = { "false", "true", "never", NULL }; /* in the order of ink_beam_end */

static const ink_param generate_params[] = {
    CLI_MODEL(generate_options),
    { .name = "prompt", .flag = 'p', .type = INK_PARAM_TEXT, .at = offsetof(generate_options, prompt), .help = "the text to go on with; BOS is added where the model wants it" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(generate_options, file), .help = "read the text from a file, - from standard input" },
    { .name = "ids", .type = INK_PARAM_INTS, .at = offsetof(generate_options, ids), .help = "go on with these token ids; nothing is added" },
    { .name = "negative_ids", .type = INK_PARAM_INTS, .at = offsetof(generate_options, negative_ids), .help = "--negative as token ids; nothing is added" },
    { .name = "n", .flag = 'n', .type = INK_PARAM_INT, .at = offsetof(generate_options, n), .min = 1, .max = 1e15, .def = 0,
      .shown = "until the model ends it or the context is full", .help = "new tokens at most" },
    { .name = "stop", .type = INK_PARAM_TEXTS, .at = offsetof(generate_options, stop), .help = "end where this text begins; may be repeated" },
    { .name = "ignore_eos", .type = INK_PARAM_BOOL, .at = offsetof(generate_options, ignore_eos), .help = "go on past the model's end tokens" },
    { .name = "special", .type = INK_PARAM_BOOL, .at = offsetof(generate_options, special), .help = "show control tokens in the text" },
    { .name = "answers", .type = INK_PARAM_INT, .at = offsetof(generate_options, answers), .min = 1, .max = 1024, .def = 1,
      .help = "so many answers, side by side; each is what it would be alone" },
    { .name = "logprobs", .type = INK_PARAM_INT, .at = offsetof(generate_options, logprobs), .min = 0, .max = 1000, .def = -1, .shown = "none", .value = "K",
      .help = "with --json: log-probability of each token and of the K likeliest" },
    { .name = "beams", .type = INK_PARAM_INT, .at = offsetof(generate_options, beams), .min = 1, .max = INK_BEAMS_MOST, .def = 0, .shown = "none",
      .help = "search so many beginnings side by side for the likeliest whole answer; nothing is drawn" },
    { .name = "nbest", .type = INK_PARAM_INT, .at = offsetof(generate_options, nbest), .min = 1, .max = INK_BEAMS_MOST, .def = 1, .help = "with --beams: so many answers, the best first" },
    { .name = "length_penalty", .type = INK_PARAM_REAL, .at = offsetof(generate_options, length_penalty), .min = -10, .max = 10, .def = 1,
      .help = "with --beams: answers are ranked by log-probability / length^this; more favours long ones" },
    { .name = "early_stopping", .type = INK_PARAM_CHOICE, .at = offsetof(generate_options, early_stopping), .choices = generate_beam_ends,
      .help = "with --beams: end when no better answer is likely (false), when as many ended as there are beams (true), or when none is possible (never)" },
    CLI_THREADS(generate_options),
    CLI_CONTEXT(generate_options),
    CLI_KV(generate_options),
    CLI_ADAPTER(generate_options),
    CLI_JSON(generate_options),
    { .name = "Form of the answer", .type = INK_PARAM_TABLE, .at = offsetof(generate_options, form), .table = cli_constrain_params },
    { .name = "Guessing", .type = INK_PARAM_TABLE, .at = offsetof(generate_options, guess), .table = cli_guess_params },
    { .name = "Steering", .type = INK_PARAM_TABLE, .at = offsetof(generate_options, steer), .table = ink_steer_params },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(generate_options, sampling), .table = ink_sampling_params },
    { 0 },
};

typedef struct generate_work {
    const generate_options *o;
    cli_model model, draft;
    ink_ids ids, negative;
    ink_generation out;
    cli_progress bar;
    ink_constraint *constraint;
    char last;      /* byte written; answers end their line */
} generate_work;

/* ---- the prompt ---- */

static ink_status generate_tokenize(generate_work *w, const char *text, size_t n, ink_ids *ids, ink_err *err)
{
    return ink_model_prompt_ids(w->model.model, text, n, ids, err);
}

/* What answers are driven away from. */
static ink_status generate_negative(generate_work *w, ink_err *err)
{
    const generate_options *o = w->o;
    if (o->negative_ids.at && (o->steer.negative || o->steer.guidance == 1))
        return ink_fail(err, INK_E_ARGUMENT, "--negative-ids goes with --guidance, and instead of --negative");
    for (size_t i = 0; i < o->negative_ids.count; i++)
        INK_TRY(ink_ids_add(&w->negative, o->negative_ids.at[i], err));
    if (o->steer.negative)
        INK_TRY(generate_tokenize(w, o->steer.negative, strlen(o->steer.negative), &w->negative, err));
    if ((o->steer.negative || o->negative_ids.at) && !w->negative.count)
        return ink_fail(err, INK_E_ARGUMENT, "the negative prompt is empty");
    return cli_model_check(&w->model, w->negative.at, w->negative.count, err);
}

static ink_status generate_read(generate_work *w, ink_err *err)
{
    const generate_options *o = w->o;
    if (!!o->prompt + !!o->file + (o->ids.at != NULL) != 1)
        return ink_fail(err, INK_E_ARGUMENT, "generate wants one prompt: -p TEXT, -f FILE or --ids 1,2,3");
    if (o->beams && (o->answers > 1 || o->logprobs >= 0 || o->stop.count || o->ignore_eos || o->guess.lookup || o->guess.draft || o->steer.guidance != 1 || o->steer.contrast > 0 || o->steer.shift || cli_constrain_asked(&o->form)))
        return ink_fail(err, INK_E_ARGUMENT, "--beams searches for whole answers: --answers, --logprobs, --stop, --ignore-eos, --lookup, --draft, steering and forms of the answer do not go with it");
    if (!o->beams && o->nbest > 1)
        return ink_fail(err, INK_E_ARGUMENT, "--nbest is of beam search: say --beams too");
    if (o->logprobs >= 0 && !o->json)
        return ink_fail(err, INK_E_ARGUMENT, "--logprobs is shown with --json only");
    INK_TRY(cli_model_open(&w->model, o->model, err));
    for (size_t i = 0; i < o->ids.count; i++)
        INK_TRY(ink_ids_add(&w->ids, o->ids.at[i], err));
    if (o->prompt)
        return generate_tokenize(w, o->prompt, strlen(o->prompt), &w->ids, err);
    if (o->file) {
        char *text;
        size_t n;
        INK_TRY(ink_file_text(o->file, (size_t)256 << 20, &text, &n, err));
        ink_status status = generate_tokenize(w, text, n, &w->ids, err);
        free(text);
        return status;
    }
    return cli_model_check(&w->model, w->ids.at, w->ids.count, err);
}

/* ---- while it runs ---- */

static bool generate_piece(void *user, size_t answer, const char *bytes, size_t n)
{
    generate_work *w = user;
    (void)answer;
    w->last = bytes[n - 1];
    return fwrite(bytes, 1, n, stdout) == n && !fflush(stdout);
}

static bool generate_stop(void *user)
{
    (void)user;
    return cli_stop_asked();
}

static void generate_progress(void *user, size_t done, size_t total)
{
    enum { LONG = 1024 };
    generate_work *w = user;
    if (total >= LONG)
        cli_progress_step(&w->bar, "prompt", done, total);
    if (done == total)
        cli_progress_end(&w->bar);
}

/* ---- what is said afterwards ---- */

static double generate_rate(double n, double seconds)
{
    return seconds > 0 ? n / seconds : 0;
}

static void generate_json_logprobs(ink_jot *j, const generate_work *w, const ink_answer *a)
{
    const ink_tokenizer *t = NULL;
    ink_err ignored;
    size_t each = (size_t)w->o->logprobs + 1;
    if (ink_model_tokenizer(w->model.model, &t, &ignored))
        t = NULL;
    ink_jot_array(j, "logprobs");
    for (size_t i = 0; i < a->tokens.count * each; i++) {
        const ink_logprob *l = &a->logprobs[i];
        if (l->id >= 0) {
            ink_text text = t ? ink_token_bytes(t, l->id) : (ink_text){ 0 };
            ink_jot_object(j, NULL);
            ink_jot_integer(j, "id", l->id);
            if (t)
                ink_jot_bytes(j, "token", text.data, text.size);
            ink_jot_number(j, "logprob", l->logprob);
            if (i % each == 0)
                ink_jot_array(j, "top");
            else
                ink_jot_end(j);
        }
        if (i % each == each - 1) { /* of the list, and of the token it belongs to */
            ink_jot_end(j);
            ink_jot_end(j);
        }
    }
    ink_jot_end(j);
}

static void generate_json_answer(ink_jot *j, const generate_work *w, const ink_answer *a)
{
    ink_jot_array(j, "tokens");
    for (size_t i = 0; i < a->tokens.count; i++)
        ink_jot_integer(j, NULL, a->tokens.at[i]);
    ink_jot_end(j);
    if (a->text)
        ink_jot_bytes(j, "text", a->text, a->text_size);
    else
        ink_jot_null(j, "text");
    if (w->o->logprobs >= 0)
        generate_json_logprobs(j, w, a);
    else
        ink_jot_null(j, "logprobs");
    ink_jot_text(j, "finish", ink_finish_name(a->finish));
    if (w->o->beams)
        ink_jot_number(j, "score", a->score);
}

static void generate_json(const generate_work *w)
{
    const ink_generation *g = &w->out;
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "prompt_tokens");
    for (size_t i = 0; i < w->ids.count; i++)
        ink_jot_integer(&j, NULL, w->ids.at[i]);
    ink_jot_end(&j);
    if (g->count == 1)
        generate_json_answer(&j, w, &g->answers[0]);
    else {
        ink_jot_array(&j, "answers");
        for (size_t i = 0; i < g->count; i++) {
            ink_jot_object(&j, NULL);
            generate_json_answer(&j, w, &g->answers[i]);
            ink_jot_end(&j);
        }
        ink_jot_end(&j);
    }
    ink_jot_integer(&j, "seed", (int64_t)g->seed);
    if (w->o->guess.lookup || w->o->guess.draft) {
        ink_jot_integer(&j, "guessed", (int64_t)g->guessed);
        ink_jot_integer(&j, "accepted", (int64_t)g->accepted);
    }
    ink_jot_object(&j, "timings");
    ink_jot_number(&j, "load_ms", 1e3 * w->model.load_seconds);
    ink_jot_integer(&j, "prompt_n", (int64_t)g->prompt_tokens);
    ink_jot_number(&j, "prompt_ms", 1e3 * g->prompt_seconds);
    ink_jot_number(&j, "prompt_per_second", generate_rate((double)g->prompt_tokens, g->prompt_seconds));
    ink_jot_integer(&j, "predicted_n", (int64_t)g->steps_tokens);
    ink_jot_number(&j, "predicted_ms", 1e3 * g->steps_seconds);
    ink_jot_number(&j, "predicted_per_second", generate_rate((double)g->steps_tokens, g->steps_seconds));
    cli_jot_finish(&j);
}

static void generate_text(const generate_work *w)
{
    const ink_generation *g = &w->out;
    for (size_t i = 0; i < g->count && g->count > 1; i++)
        printf("%s--- %zu\n%s\n", i ? "\n" : "", i + 1, g->answers[i].text ? g->answers[i].text : "");
    if (g->count == 1 && !g->answers[0].text) /* no tokenizer: the ids are all there is to say */
        for (size_t i = 0; i < g->answers[0].tokens.count; i++)
            printf("%s%d", i ? "," : "", g->answers[0].tokens.at[i]);
    if (w->o->beams && g->count == 1 && g->answers[0].text)
        puts(g->answers[0].text);
    else if (g->count == 1 && w->last != '\n')
        putchar('\n');
    char speed[128] = "";
    if (g->steps_tokens)
        snprintf(speed, sizeof speed, ", answer %.1f", generate_rate((double)g->steps_tokens, g->steps_seconds));
    if (g->guessed)
        snprintf(speed + strlen(speed), sizeof speed - strlen(speed), "; %zu of %zu guesses were right", g->accepted, g->guessed);
    cli_note("seed %llu; tokens a second: prompt %.0f%s", (unsigned long long)g->seed, generate_rate((double)g->prompt_tokens, g->prompt_seconds), speed);
}

/* ---- the command ---- */

/* Room for keys and values of all that goes on side by side; 0: one sequence. */
static size_t generate_tokens(const generate_options *o, const generate_work *w, size_t before, size_t context, size_t most, size_t side)
{
    enum { BLOCKS = 128 }; /* tokens that a sequence may waste in blocks begun and copied */
    const size_t prompt = o->steer.shift ? context : w->ids.count, each = (o->steer.shift ? context : most ? most : context - before) + BLOCKS;
    size_t tokens = side > 1 ? prompt + BLOCKS + side * each : 0;
    if (o->steer.guidance != 1)
        tokens = prompt + w->negative.count + 2 * BLOCKS + 2 * side * each;
    return o->steer.contrast > 0 ? context + ink_steer_candidates(&o->sampling) * BLOCKS : tokens;
}

static ink_status generate_work_run(generate_work *w, ink_err *err)
{
    const generate_options *o = w->o;
    INK_TRY(generate_read(w, err));
    const size_t context = cli_model_context(&w->model, o->ctx), most = (size_t)o->n, answers = (size_t)o->answers, side = o->beams ? (size_t)o->beams : answers;
    const size_t before = ink_model_describe(w->model.model)->reads ? 1 : w->ids.count; /* what is read has a context of its own */
    if (!o->steer.shift)
        INK_TRY(ink_generate_fits(before, most, context, err));
    INK_TRY(cli_constrain_make(&o->form, &w->model, &w->constraint, err));
    ink_llm_options llm = { .threads = (size_t)o->threads, .context = (size_t)o->ctx, .kv = (ink_llm_kv)o->kv, .adapters = o->adapters.at, .adapter_count = o->adapters.count };
    ink_generate_options g = { .sampling = o->sampling, .most = most, .answers = answers, .stops = o->stop.at, .stop_count = o->stop.count,
                               .logprobs = (size_t)(o->logprobs + 1), .ignore_end = o->ignore_eos, .constraint = w->constraint, .special = o->special,
                               .piece = o->json || answers > 1 ? NULL : generate_piece, .stop = generate_stop, .progress = generate_progress, .user = w };
    INK_TRY(ink_steer_make(&o->steer, &o->sampling, &g, err));
    llm.states = o->steer.contrast > 0;
    INK_TRY(generate_negative(w, err));
    llm.tokens = generate_tokens(o, w, before, context, most, side);
    g.negative = w->negative.at;
    g.negative_count = w->negative.count;
    INK_TRY(cli_model_pack(&w->model, &llm, err));
    if (o->beams) {
        const ink_beam_options b = { .beams = (size_t)o->beams, .best = (size_t)o->nbest, .most = most, .length_penalty = o->length_penalty,
                                     .end = (ink_beam_end)o->early_stopping, .special = o->special, .stop = generate_stop, .user = w };
        INK_TRY(ink_beams(w->model.llm, w->ids.at, w->ids.count, &b, &w->out, err));
    } else {
        INK_TRY(cli_guess_make(&o->guess, &llm, &w->draft, &g, err));
        INK_TRY(ink_generate(w->model.llm, NULL, w->ids.at, w->ids.count, &g, &w->out, err));
    }
    (o->json ? generate_json : generate_text)(w);
    return cli_stop_asked() ? ink_fail(err, INK_E_STOPPED, "stopped") : INK_OK;
}

/* An n-gram model goes on word by word, and has nothing else to set. */
static ink_status generate_words(const generate_options *o, ink_err *err)
{
    enum { USUAL = 100 };
    if (o->file || o->ids.count || o->stop.count || o->adapters.count || o->answers > 1 || o->logprobs >= 0 || o->guess.lookup || o->guess.draft || o->steer.guidance != 1 || o->steer.contrast > 0 || o->steer.shift)
        return ink_fail(err, INK_E_ARGUMENT, "%s is an n-gram model: it takes -p, -n, --seed and --json", o->model);
    return cli_ngram_ask(o->model, NULL, o->prompt, o->n ? o->n : USUAL, o->sampling.seed, o->json, err);
}

static ink_status generate_run(const void *options, ink_err *err)
{
    if (cli_is_ngram(((const generate_options *)options)->model))
        return generate_words(options, err);
    generate_work w = { .o = options, .bar = { .unit = "tokens" } };
    cli_stop_catch();
    ink_status status = generate_work_run(&w, err);
    cli_progress_end(&w.bar);
    ink_generation_clear(&w.out);
    ink_ids_clear(&w.ids);
    ink_ids_clear(&w.negative);
    ink_constraint_free(w.constraint);
    cli_model_close(&w.draft);
    cli_model_close(&w.model);
    return status;
}

const cli_command cli_generate = {
    .params = generate_params,
    .size = sizeof(generate_options),
    .about = "Goes on with a raw text or raw token ids; for a conversation see inkstone chat. The answer appears as it comes. The same model, prompt, "
             "settings and seed give the same answer, whatever the threads and however many answers are asked for at once.",
    .examples = { { "generate -m smollm2 -p \"Once upon a time\" -n 100", "tell a story" },
                  { "generate -m smollm2 -p \"2+2=\" -n 5 --temp 0 --json", "always the likeliest token, as JSON" },
                  { "generate -m smollm2 -p \"A colour: \" --choice red --choice blue", "one of two words" },
                  { "generate -m smollm2 -p \"As JSON: \" --json-schema person.json -n 200", "an answer that a schema allows" },
                  { "generate -m smollm2 -f notes.txt --answers 3 -n 50", "three ways to go on" },
                  { "generate -m smollm2 -p \"Le chat:\" --beams 4 --nbest 2 -n 20", "the two likeliest answers, by beam search" },
                  { "generate -m smollm2 -p \"The film was\" --negative \"A bad review:\" --guidance 1.5", "away from another beginning" },
                  { "generate -m smollm2 -p Once --penalty-alpha 0.6 --top-k 4 -n 200", "without repeating itself, by contrastive search" },
                  { "generate -m smollm2 -f long.txt --ctx 2048 --context-shift --sinks 4 -n 500", "on and on" } },
    .computes = true,
    .made = true,
    .run = generate_run,
};
