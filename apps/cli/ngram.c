/* inkstone ngram: counts a text into an n-gram model, asks one, and lets one go on. */
#include "ngram.h"

#include <ink/ngram.h>
#include <string.h>

typedef struct ngram_options {
    const char *train, *out, *model, *file, *prompt;
    int64_t order, words, seed;
    bool fallback, list, json;
} ngram_options;

static const ink_param ngram_params[] = {
    { .name = "train", .type = INK_PARAM_PATH, .at = offsetof(ngram_options, train), .help = "the text to count, a sentence a line, words between blanks" },
    { .name = "out", .flag = 'o', .type = INK_PARAM_PATH, .at = offsetof(ngram_options, out), .help = "write the model here, as ARPA" },
    { .name = "model", .flag = 'm', .type = INK_PARAM_PATH, .at = offsetof(ngram_options, model), .help = "an ARPA file, of whatever program, instead of a text to count" },
    { .name = "file", .flag = 'f', .type = INK_PARAM_PATH, .at = offsetof(ngram_options, file), .help = "a text to score" },
    { .name = "order", .type = INK_PARAM_INT, .at = offsetof(ngram_options, order), .min = 1, .max = INK_NGRAM_MOST, .def = 5, .help = "words of the longest n-grams" },
    { .name = "fallback", .type = INK_PARAM_BOOL, .at = offsetof(ngram_options, fallback), .help = "discounts of 0.5, 1 and 1.5 where a text is too short to estimate them" },
    { .name = "prompt", .flag = 'p', .type = INK_PARAM_TEXT, .at = offsetof(ngram_options, prompt), .help = "the words to go on with; else it begins a sentence" },
    { .name = "words", .flag = 'n', .type = INK_PARAM_INT, .at = offsetof(ngram_options, words), .min = 0, .max = 1e9, .def = 0, .help = "let it go on by so many words" },
    { .name = "seed", .type = INK_PARAM_INT, .at = offsetof(ngram_options, seed), .min = 0, .max = 1e15, .def = 1, .help = "of the words that are drawn" },
    { .name = "list", .type = INK_PARAM_BOOL, .at = offsetof(ngram_options, list), .help = "a line for each word of the text: the word, words of the n-gram found, log10 p" },
    CLI_JSON(ngram_options),
    { 0 },
};

static void ngram_each(void *user, ink_text word, uint32_t id, size_t matched, double log10)
{
    (void)user, (void)id;
    printf("%.*s\t%zu\t%.7g\n", (int)word.size, word.data, matched, log10);
}

static ink_status ngram_check(const ngram_options *o, ink_err *err)
{
    if (!o->train == !o->model)
        return ink_fail(err, INK_E_ARGUMENT, "one of --train and --model is needed");
    return o->out || o->file || o->words ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "nothing to do: give -o to write the model, -f to score a text, or -n to let it go on");
}

static void ngram_describe(const ink_ngram *m, ink_jot *j)
{
    ink_jot_integer(j, "order", (int64_t)ink_ngram_order(m));
    ink_jot_array(j, "ngrams");
    for (size_t n = 1; n <= ink_ngram_order(m); n++)
        ink_jot_integer(j, NULL, (int64_t)ink_ngram_count(m, n));
    ink_jot_end(j);
    if (!ink_ngram_discounts(m, 1))
        return;
    ink_jot_array(j, "discounts");
    for (size_t n = 1; n <= ink_ngram_order(m); n++) {
        ink_jot_array(j, NULL);
        for (size_t k = 0; k < 3; k++)
            ink_jot_number(j, NULL, ink_ngram_discounts(m, n)[k]);
        ink_jot_end(j);
    }
    ink_jot_end(j);
}

static ink_status ngram_score(const ink_ngram *m, const ngram_options *o, ink_jot *j, ink_err *err)
{
    ink_ngram_measure s;
    if (!o->file)
        return INK_OK;
    INK_TRY(ink_ngram_score_file(m, o->file, o->list && !o->json ? ngram_each : NULL, NULL, &s, err));
    if (!o->json) {
        printf("perplexity %.4f, %.4f without unknown words (log10 %.6f, %zu words, %zu of them unknown, %zu sentences)\n", s.perplexity, s.perplexity_known, s.log10, s.words, s.unknown, s.sentences);
        return INK_OK;
    }
    ink_jot_number(j, "perplexity", s.perplexity);
    ink_jot_number(j, "perplexity_known", s.perplexity_known);
    ink_jot_number(j, "log10", s.log10);
    ink_jot_integer(j, "words", (int64_t)s.words);
    ink_jot_integer(j, "unknown", (int64_t)s.unknown);
    ink_jot_integer(j, "sentences", (int64_t)s.sentences);
    return INK_OK;
}

/* A linear congruence is enough for a choice among words (Knuth's MMIX constants). */
static double ngram_uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

typedef struct ngram_talk { /* the last words that were said */
    const ink_ngram *m;
    uint32_t words[INK_NGRAM_MOST];
    size_t count;
} ngram_talk;

static void ngram_said(ngram_talk *t, uint32_t word)
{
    if (word == INK_NGRAM_END) {
        t->words[0] = INK_NGRAM_BEGIN;
        t->count = 1;
        return;
    }
    if (t->count == INK_NGRAM_MOST)
        memmove(t->words, t->words + 1, --t->count * sizeof *t->words);
    t->words[t->count++] = word;
}

static void ngram_go_on(const ink_ngram *m, const ngram_options *o, ink_jot *j)
{
    uint64_t state = (uint64_t)o->seed;
    ngram_talk t = { .m = m };
    ngram_uniform(&state);
    ngram_said(&t, INK_NGRAM_END);
    for (const char *at = o->prompt ? o->prompt : ""; at += strspn(at, " \t\r\n"), *at; at += strcspn(at, " \t\r\n"))
        ngram_said(&t, ink_ngram_find(m, at, strcspn(at, " \t\r\n")));
    if (o->json)
        ink_jot_array(j, "text");
    for (int64_t i = 0; i < o->words; i++) {
        const uint32_t w = ink_ngram_draw(m, t.words, t.count, ngram_uniform(&state));
        const ink_text word = ink_ngram_word(m, w);
        if (o->json)
            ink_jot_bytes(j, NULL, word.data, word.size);
        else
            printf("%.*s%c", (int)(w == INK_NGRAM_END ? 0 : word.size), word.data, w == INK_NGRAM_END || i + 1 == o->words ? '\n' : ' ');
        ngram_said(&t, w);
    }
    if (o->json)
        ink_jot_end(j);
}

static ink_status ngram_do(const ink_ngram *m, const ngram_options *o, ink_err *err)
{
    ink_jot j = cli_jot();
    if (o->json) {
        ink_jot_object(&j, NULL);
        ngram_describe(m, &j);
    }
    if (o->out)
        INK_TRY(ink_ngram_save(m, o->out, err));
    INK_TRY(ngram_score(m, o, &j, err));
    if (o->words)
        ngram_go_on(m, o, &j);
    if (o->json)
        cli_jot_finish(&j);
    return INK_OK;
}

static ink_status ngram_run(const void *options, ink_err *err)
{
    const ngram_options *o = options;
    const ink_ngram_options how = { .order = (size_t)o->order, .fallback = o->fallback };
    ink_ngram *m;
    INK_TRY(ngram_check(o, err));
    INK_TRY(o->train ? ink_ngram_train(o->train, &how, &m, err) : ink_ngram_open(o->model, &m, err));
    ink_status status = ngram_do(m, o, err);
    ink_ngram_close(m);
    return status;
}

bool cli_is_ngram(const char *model) { return ink_ngram_probe(model); }

ink_status cli_ngram_ask(const char *model, const char *file, const char *prompt, int64_t words, int64_t seed, bool json, ink_err *err)
{
    const ngram_options o = { .model = model, .file = file, .prompt = prompt, .words = words, .seed = seed < 0 ? (int64_t)(cli_now() * 1e6) : seed, .json = json };
    return ngram_run(&o, err);
}

const cli_command cli_ngram = {
    .params = ngram_params,
    .size = sizeof(ngram_options),
    .about = "Modified Kneser-Ney smoothing over words between blanks, a sentence a line. <s>, </s> and <unk> written in a text that is counted are left out.",
    .examples = { { "ngram --train news.txt --order 5 -o news.arpa", "count and smooth" },
                  { "ngram -m news.arpa -f test.txt", "how well it foresees a text" },
                  { "ngram -m news.arpa -n 40", "let it talk" } },
    .run = ngram_run,
};
