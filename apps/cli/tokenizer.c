/* inkstone tokenizer train FILE…: a tokenizer from texts. */
#include "cli.h"

#include <ink/tokenizer_train.h>
#include <string.h>

typedef struct tokenizer_options {
    const char *what, *out, *split;
    ink_param_texts files, specials;
    int kind;
    int64_t vocab, least;
    double coverage;
    bool keep_case, json;
} tokenizer_options;

static const ink_param tokenizer_params[] = {
    { .name = "what", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(tokenizer_options, what), .value = "train", .help = "what to do: train" },
    { .name = "files", .type = INK_PARAM_TEXTS, .bits = INK_PARAM_POSITIONAL, .at = offsetof(tokenizer_options, files), .value = "FILE", .help = "the texts to learn from" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .bits = INK_PARAM_REQUIRED, .at = offsetof(tokenizer_options, out), .help = "the folder for tokenizer.json" },
    { .name = "kind", .type = INK_PARAM_CHOICE, .at = offsetof(tokenizer_options, kind), .choices = ink_tokenizer_kinds, .help = "bpe works on bytes, the others on characters" },
    { .name = "vocab_size", .type = INK_PARAM_INT, .at = offsetof(tokenizer_options, vocab), .min = 1, .max = 1 << 21, .def = 8000, .help = "tokens, all included" },
    { .name = "special", .type = INK_PARAM_TEXTS, .at = offsetof(tokenizer_options, specials), .value = "TOKEN", .help = "a token that is never cut, instead of the kind's own; may be repeated" },
    { .name = "min_frequency", .type = INK_PARAM_INT, .at = offsetof(tokenizer_options, least), .min = 1, .max = 1e15, .def = 2, .help = "a pair must stand there so often to be merged" },
    { .name = "split", .type = INK_PARAM_TEXT, .at = offsetof(tokenizer_options, split), .shown = "gpt-2", .help = "bpe: how words are cut: gpt-2, llama-bpe, qwen2 and others that GGUFs name" },
    { .name = "coverage", .type = INK_PARAM_REAL, .at = offsetof(tokenizer_options, coverage), .min = 0.5, .max = 1, .def = 0, .shown = "0.9995; wordpiece 1", .help = "part of all characters that get a token of their own" },
    { .name = "keep_case", .type = INK_PARAM_BOOL, .at = offsetof(tokenizer_options, keep_case), .help = "wordpiece: capitals and accents stay" },
    CLI_JSON(tokenizer_options),
    { 0 },
};

static bool tokenizer_step(void *user, size_t done, size_t total)
{
    if (done % 64 == 0 || done == total)
        cli_progress_step(user, "merging", done, total);
    return !cli_stop_asked();
}

static ink_status tokenizer_run(const void *options, ink_err *err)
{
    const tokenizer_options *o = options;
    cli_progress bar = { .unit = "tokens" };
    ink_tokenizer_trained made;
    if (strcmp(o->what, "train"))
        return ink_fail(err, INK_E_ARGUMENT, "\"%.40s\" is nothing that is done with tokenizers; train is", o->what);
    if (!o->files.count)
        return ink_fail(err, INK_E_ARGUMENT, "there is no text to learn from: name one or more files");
    const ink_tokenizer_training how = { .kind = o->kind, .vocab = (size_t)o->vocab, .least = (size_t)o->least, .specials = o->specials.at, .special_count = o->specials.count, .split = o->split,
                                         .coverage = o->coverage, .keep_case = o->keep_case, .step = tokenizer_step, .user = &bar };
    cli_stop_catch();
    ink_status status = ink_tokenizer_train(o->files.at, o->files.count, &how, o->out, &made, err);
    cli_progress_end(&bar);
    INK_TRY(status);
    if (made.vocab < (size_t)o->vocab)
        cli_note("no more pairs stand there %lld times: %zu tokens instead of %lld", (long long)o->least, made.vocab, (long long)o->vocab);
    if (!o->json) {
        printf("%s: %zu tokens, %zu of them merged, from %zu words (%zu different) in %zu bytes\n", o->out, made.vocab, made.merges, made.words, made.different, made.bytes);
        return INK_OK;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "path", o->out);
    ink_jot_text(&j, "kind", ink_tokenizer_kinds[o->kind]);
    ink_jot_integer(&j, "vocab_size", (int64_t)made.vocab);
    ink_jot_integer(&j, "merges", (int64_t)made.merges);
    ink_jot_integer(&j, "words", (int64_t)made.words);
    ink_jot_integer(&j, "different", (int64_t)made.different);
    ink_jot_integer(&j, "bytes", (int64_t)made.bytes);
    cli_jot_finish(&j);
    return INK_OK;
}

const cli_command cli_tokenizer = {
    .params = tokenizer_params,
    .size = sizeof(tokenizer_options),
    .about = "Learns a tokenizer from texts: the pair of tokens that stands side by side most often becomes a token, again and again. The folder gets a tokenizer.json, which "
             "Hugging Face's tokenizers open too, and the older files of its kind.",
    .examples = { { "tokenizer train book.txt --vocab-size 8000 -o tok", "byte-level BPE, as GPT-2 has it" },
                  { "tokenizer train *.txt --kind spm-bpe --vocab-size 16000 -o tok", "as Llama 2 has it" } },
    .run = tokenizer_run,
};
