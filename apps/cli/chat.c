/* inkstone chat: a conversation, or one answer. Lines and commands of a conversation: chat_lines.c, chat_commands.c. */
#include "chat.h"
#include "constrain.h"
#include "guess.h"

#include <ink/file.h>
#include <ink/steer.h>
#include <ink/store.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct chat_options {
    const char *model, *prompt, *system, *template, *load;
    int64_t threads, ctx;
    int kv;
    chat_settings settings;
    ink_param_texts adapters;
    cli_constrain form;
    cli_guess guess;
    ink_steer steer;
} chat_options;

const ink_param chat_settings_params[] = {
    { .name = "n", .flag = 'n', .type = INK_PARAM_INT, .at = offsetof(chat_settings, n), .min = 1, .max = 1e15, .def = 0,
      .shown = "until it is done", .help = "tokens of an answer at most" },
    { .name = "stop", .type = INK_PARAM_TEXTS, .at = offsetof(chat_settings, stop), .help = "end an answer where this text begins; may be repeated" },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(chat_settings, sampling), .table = ink_sampling_params },
    { 0 },
};

static const ink_param chat_params[] = {
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .bits = INK_PARAM_POSITIONAL, .at = offsetof(chat_options, model), .text = "smollm2",
      .help = "catalogue name, file or folder, or hf:user/repo[:quant]" },
    { .name = "prompt", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL, .at = offsetof(chat_options, prompt), .value = "PROMPT",
      .help = "say this, print the answer, and end" },
    { .name = "system", .type = INK_PARAM_TEXT, .at = offsetof(chat_options, system), .help = "what the model should know or be before the conversation" },
    { .name = "chat_template", .type = INK_PARAM_PATH, .at = offsetof(chat_options, template), .help = "read a chat template from this file instead of the model's" },
    { .name = "load", .type = INK_PARAM_PATH, .at = offsetof(chat_options, load), .help = "go on with a saved conversation" },
    CLI_THREADS(chat_options),
    CLI_CONTEXT(chat_options),
    CLI_KV(chat_options),
    CLI_ADAPTER(chat_options),
    { .name = "Form of the answer", .type = INK_PARAM_TABLE, .at = offsetof(chat_options, form), .table = cli_constrain_params },
    { .name = "Guessing", .type = INK_PARAM_TABLE, .at = offsetof(chat_options, guess), .table = cli_guess_params },
    { .name = "Steering", .type = INK_PARAM_TABLE, .at = offsetof(chat_options, steer), .table = ink_steer_params },
    { .name = "Answers", .type = INK_PARAM_TABLE, .at = offsetof(chat_options, settings), .table = chat_settings_params },
    { 0 },
};

static bool chat_piece(void *user, size_t answer, const char *bytes, size_t n)
{
    chat *c = user;
    (void)answer;
    c->last = bytes[n - 1];
    return fwrite(bytes, 1, n, stdout) == n && !fflush(stdout);
}

static bool chat_stop(void *user)
{
    (void)user;
    return cli_stop_asked();
}

ink_status chat_answer(chat *c, ink_err *err)
{
    ink_generation g;
    ink_generate_options o = c->answers;
    o.sampling = c->settings.sampling;
    o.most = (size_t)c->settings.n;
    o.stops = c->settings.stop.at;
    o.stop_count = c->settings.stop.count;
    o.constraint = c->constraint;
    if (o.sampling.seed >= 0)
        o.sampling.seed += c->again;
    c->last = '\n';
    cli_stop_forget();
    ink_status status = ink_conversation_reply(c->conversation, &o, &g, err);
    if (c->last != '\n')
        putchar('\n');
    fflush(stdout);
    ink_generation_clear(&g);
    return status;
}

/* One question, one answer: from the command line, or from a pipe. */
static ink_status chat_once(chat *c, const char *prompt, ink_err *err)
{
    char *text = NULL;
    size_t n;
    if (!prompt) {
        INK_TRY(ink_file_text("-", (size_t)64 << 20, &text, &n, err));
        while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
            text[--n] = 0;
        if (strlen(text) != n || !n) {
            free(text);
            return ink_fail(err, INK_E_ARGUMENT, n ? "standard input holds a zero byte: that is no text" : "standard input holds no question");
        }
    }
    ink_status status = ink_conversation_add(c->conversation, "user", prompt ? prompt : text, err);
    free(text);
    INK_TRY(status);
    INK_TRY(chat_answer(c, err));
    return cli_stop_asked() ? ink_fail(err, INK_E_STOPPED, "stopped") : INK_OK;
}

static ink_status chat_said(chat *c, const ink_json *message, ink_err *err)
{
    return ink_conversation_add(c->conversation, ink_json_string(ink_json_get(message, "role"), ""), ink_json_string(ink_json_get(message, "content"), ""), err);
}

static ink_status chat_begin(chat *c, const chat_options *o, ink_err *err)
{
    ink_llm_options llm = { .threads = (size_t)o->threads, .context = (size_t)o->ctx, .kv = (ink_llm_kv)o->kv, .adapters = o->adapters.at, .adapter_count = o->adapters.count };
    enum { BLOCKS = 128 }; /* tokens that a sequence may waste in blocks begun and copied */
    char *source = NULL;
    size_t n;
    INK_TRY(ink_arena_new("chat", 0, &c->arena, err));
    if (o->template)
        INK_TRY(ink_file_text(o->template, (size_t)1 << 20, &source, &n, err));
    ink_json *made = NULL;
    ink_status status = cli_model_open(&c->model, o->model, err);
    if (!status)
        status = ink_store_made(o->model, &made, err);
    if (!status)
        status = cli_constrain_make(&o->form, &c->model, &c->constraint, err);
    if (!status)
        status = ink_steer_make(&o->steer, &o->settings.sampling, &c->answers, err);
    llm.states = o->steer.contrast > 0;
    const size_t context = status ? 0 : cli_model_context(&c->model, o->ctx);
    llm.tokens = o->steer.guidance != 1 ? 2 * (context + BLOCKS) : o->steer.contrast > 0 ? context + ink_steer_candidates(&o->settings.sampling) * BLOCKS : 0;
    if (!status)
        status = cli_model_pack(&c->model, &llm, err);
    if (!status)
        status = cli_guess_make(&o->guess, &llm, &c->draft, &c->answers, err);
    if (!status)
        status = ink_conversation_new(c->model.llm, source ? source : ink_json_string(ink_json_get(made, "template"), NULL), &c->conversation, err);
    for (size_t i = 0; !status && !o->load && i < ink_json_size(ink_json_get(made, "messages")); i++)
        status = chat_said(c, ink_json_at(ink_json_get(made, "messages"), i), err);
    free(source);
    ink_json_free(made);
    INK_TRY(status);
    if (o->load)
        INK_TRY(ink_conversation_load(c->conversation, o->load, err));
    if (o->steer.negative)
        INK_TRY(ink_conversation_away(c->conversation, o->steer.negative, err));
    return o->system ? ink_conversation_system(c->conversation, o->system, err) : INK_OK;
}

static ink_status chat_run(const void *options, ink_err *err)
{
    const chat_options *o = options;
    chat c = { .settings = o->settings, .name = o->model, .answers = { .piece = chat_piece, .stop = chat_stop } };
    c.answers.user = &c;
    cli_stop_catch();
    ink_status status = chat_begin(&c, o, err);
    if (!status && !o->prompt && isatty(STDIN_FILENO))
        status = chat_talk(&c, err);
    else if (!status)
        status = chat_once(&c, o->prompt, err);
    ink_conversation_free(c.conversation);
    ink_constraint_free(c.constraint);
    cli_model_close(&c.draft);
    cli_model_close(&c.model);
    ink_arena_free(c.arena);
    return status;
}

const cli_command cli_chat = {
    .params = chat_params,
    .size = sizeof(chat_options),
    .about = "Without a prompt this is a conversation: type, and the answer appears as it comes. A line that ends in a backslash goes on in the next, and "
             "\"\"\" begins and ends a text of many lines. Ctrl-C stops an answer, Ctrl-D ends the conversation, /help lists what else there is. With a "
             "prompt, or a text on standard input, one answer is printed.",
    .examples = { { "chat", "talk with smollm2" },
                  { "chat smollm2 \"Why is the sky blue?\"", "one answer" },
                  { "chat --system \"You are a poet.\" --temp 1.2", "set the scene" },
                  { "chat < question.txt > answer.txt", "in a script" } },
    .computes = true,
    .made = true,
    .run = chat_run,
};
