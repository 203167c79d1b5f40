/* inkstone template: messages into a prompt. */
#include "cli.h"

#include <ink/chat.h>
#include <ink/file.h>
#include <ink/store.h>
#include <stdlib.h>

typedef struct template_options {
    const char *model, *messages, *chat_template, *tools, *variables;
    bool generation_prompt;
} template_options;

static const ink_param template_params[] = {
    CLI_MODEL(template_options),
    { .name = "messages", .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(template_options, messages), .value = "FILE.json",
      .help = "an array of {role, content}; - reads standard input" },
    { .name = "chat_template", .type = INK_PARAM_PATH, .at = offsetof(template_options, chat_template), .help = "a Jinja template in place of the model's own" },
    { .name = "tools", .type = INK_PARAM_PATH, .at = offsetof(template_options, tools), .value = "FILE.json", .help = "an array of tools, as OpenAI writes them" },
    { .name = "variables", .type = INK_PARAM_TEXT, .at = offsetof(template_options, variables), .value = "JSON",
      .help = "more variables for the template, such as {\"enable_thinking\":false}" },
    { .name = "generation_prompt", .type = INK_PARAM_BOOL, .at = offsetof(template_options, generation_prompt), .def = 1,
      .help = "end where the model's answer begins (--no-generation-prompt: after the last message)" },
    { 0 },
};

enum { TEMPLATE_BYTES = 1 << 20, TEMPLATE_MESSAGES_BYTES = 64 << 20 };

typedef struct template_files { /* malloc'd; NULL where not asked for */
    char *messages, *source, *tools;
    size_t n;
} template_files;

static ink_status template_tokenizer(const char *model, ink_tokenizer **t, ink_err *err)
{
    char *path;
    ink_weights *w;
    INK_TRY(ink_store_resolve(model, &path, err));
    ink_status status = ink_weights_open(path, &w, err);
    free(path);
    INK_TRY(status);
    status = ink_tokenizer_open(w, t, err);
    ink_weights_close(w);
    return status;
}

static ink_status template_read(const template_options *o, template_files *f, ink_err *err)
{
    size_t ignored;
    INK_TRY(ink_file_text(o->messages, TEMPLATE_MESSAGES_BYTES, &f->messages, &f->n, err));
    if (o->chat_template)
        INK_TRY(ink_file_text(o->chat_template, TEMPLATE_BYTES, &f->source, &ignored, err));
    return o->tools ? ink_file_text(o->tools, TEMPLATE_MESSAGES_BYTES, &f->tools, &ignored, err) : INK_OK;
}

static ink_status template_print(const ink_tokenizer *t, const template_options *o, const template_files *f, ink_err *err)
{
    char *prompt;
    size_t n;
    const ink_chat_options chat = { .template_source = f->source, .no_generation_prompt = !o->generation_prompt, .tools_json = f->tools,
                                    .variables_json = o->variables };
    INK_TRY(ink_chat_render(t, f->messages, f->n, &chat, &prompt, &n, err));
    fwrite(prompt, 1, n, stdout);
    free(prompt);
    return INK_OK;
}

static ink_status template_run(const void *options, ink_err *err)
{
    const template_options *o = options;
    template_files files = { 0 };
    ink_tokenizer *t;
    INK_TRY(template_tokenizer(o->model, &t, err));
    ink_status status = template_read(o, &files, err);
    if (!status)
        status = template_print(t, o, &files, err);
    free(files.messages), free(files.source), free(files.tools);
    ink_tokenizer_close(t);
    return status;
}

const cli_command cli_template = {
    .params = template_params,
    .size = sizeof(template_options),
    .about = "Prints the prompt byte for byte, and nothing else: no newline is added. `inkstone chat` and the server send the same text to the model. "
             "A base model has no template; --chat-template gives it one.",
    .examples = { { "template -m smollm2 --messages talk.json", "the prompt for this conversation" },
                  { "template -m smollm2 --messages talk.json | inkstone tokenize -m smollm2 --special", "the ids of its tokens" } },
    .run = template_run,
};
