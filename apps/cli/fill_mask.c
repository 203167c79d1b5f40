/* inkstone fill-mask: which words fit a gap. */
#include "cli.h"

#include <ink/embed.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILL_MOST = 100 };

typedef struct fill_options {
    const char *model, *text;
    int64_t top, threads;
    bool json;
    ink_param_texts adapters;
} fill_options;

static const ink_param fill_params[] = {
    CLI_MODEL(fill_options),
    { .name = "text", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(fill_options, text), .value = "TEXT", .help = "a text with [MASK] or <mask> in it" },
    { .name = "top", .type = INK_PARAM_INT, .at = offsetof(fill_options, top), .min = 1, .max = FILL_MOST, .def = 5, .help = "so many words for a gap" },
    CLI_THREADS(fill_options),
    CLI_ADAPTER(fill_options),
    CLI_JSON(fill_options),
    { 0 },
};

typedef struct fill_guess {
    int32_t id;
    double p;
} fill_guess;

typedef struct fill_work {
    const fill_options *o;
    cli_model model;
    ink_embedder *embedder;
    const ink_tokenizer *tokenizer;
    ink_ids ids;
    int32_t mask;
    ink_jot jot;
    size_t gaps;
} fill_work;

/* The token for a gap, by the spelling of either family. */
static int32_t fill_mask_id(const ink_tokenizer *t)
{
    int32_t id = ink_tokenizer_find(t, "[MASK]", 6);
    return id >= 0 ? id : ink_tokenizer_find(t, "<mask>", 6);
}

/* The likeliest tokens in order, by their logits. */
static size_t fill_best(const float *logits, size_t vocab, fill_guess *best, size_t top)
{
    double most = -(double)INFINITY, sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < vocab; i++)
        most = (double)logits[i] > most ? (double)logits[i] : most;
    for (size_t i = 0; i < vocab; i++) {
        const double p = exp((double)logits[i] - most);
        size_t at = n < top ? n++ : n;
        sum += p;
        if (at == top && p <= best[top - 1].p)
            continue;
        for (at = at == top ? top - 1 : at; at && best[at - 1].p < p; at--)
            best[at] = best[at - 1];
        best[at] = (fill_guess){ (int32_t)i, p };
    }
    for (size_t i = 0; i < n; i++)
        best[i].p /= sum;
    return n;
}

static void fill_on_row(void *user, size_t index, const float *logits)
{
    fill_work *w = user;
    fill_guess best[FILL_MOST];
    if (w->ids.at[index] != w->mask)
        return;
    size_t n = fill_best(logits, ink_model_describe(w->model.model)->vocab, best, (size_t)w->o->top);
    if (w->o->json)
        ink_jot_array(&w->jot, NULL);
    else if (w->gaps)
        putchar('\n');
    w->gaps++;
    for (size_t i = 0; i < n; i++) {
        const ink_text text = ink_token_bytes(w->tokenizer, best[i].id);
        if (!w->o->json) {
            printf("%6.2f %%  %.*s\n", 100 * best[i].p, (int)text.size, text.data);
            continue;
        }
        ink_jot_object(&w->jot, NULL);
        ink_jot_integer(&w->jot, "id", best[i].id);
        ink_jot_bytes(&w->jot, "token", text.data, text.size);
        ink_jot_number(&w->jot, "p", best[i].p);
        ink_jot_end(&w->jot);
    }
    if (w->o->json)
        ink_jot_end(&w->jot);
}

/* The text with what an encoder wants around it, its gaps read as tokens. */
static ink_status fill_ids(fill_work *w, ink_err *err)
{
    const int32_t closing = ink_tokenizer_closing(w->tokenizer);
    bool gap = false;
    INK_TRY(ink_tokenizer_begin(w->tokenizer, &w->ids, err));
    INK_TRY(ink_tokenize(w->tokenizer, w->o->text, strlen(w->o->text), INK_TOKENIZE_SPECIAL, &w->ids, err));
    if (closing >= 0)
        INK_TRY(ink_ids_add(&w->ids, closing, err));
    w->mask = fill_mask_id(w->tokenizer);
    for (size_t i = 0; i < w->ids.count; i++)
        gap = gap || w->ids.at[i] == w->mask;
    return gap && w->mask >= 0 ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "the text has no gap: write [MASK] (BERT) or <mask> (RoBERTa) where a word is missing");
}

static ink_status fill_work_run(fill_work *w, ink_err *err)
{
    INK_TRY(cli_model_open(&w->model, w->o->model, err));
    INK_TRY(ink_model_tokenizer(w->model.model, &w->tokenizer, err));
    INK_TRY(fill_ids(w, err));
    INK_TRY(ink_embedder_open(w->model.model, &(ink_embed_options){ .threads = (size_t)w->o->threads, .head = true, .adapters = w->o->adapters.at, .adapter_count = w->o->adapters.count }, &w->embedder, err));
    w->jot = cli_jot();
    if (w->o->json) {
        ink_jot_object(&w->jot, NULL);
        ink_jot_array(&w->jot, "gaps");
    }
    INK_TRY(ink_embedder_rows(w->embedder, &(ink_embed_text){ w->ids.at, w->ids.count }, true, fill_on_row, w, err));
    if (w->o->json) {
        ink_jot_end(&w->jot);
        cli_jot_finish(&w->jot);
    }
    return INK_OK;
}

static ink_status fill_run(const void *options, ink_err *err)
{
    fill_work w = { .o = options };
    ink_status status = fill_work_run(&w, err);
    ink_embedder_close(w.embedder);
    cli_model_close(&w.model);
    ink_ids_clear(&w.ids);
    return status;
}

const cli_command cli_fill_mask = {
    .params = fill_params,
    .size = sizeof(fill_options),
    .about = "The likeliest tokens for every gap of a text, by an encoder that was taught to fill gaps.",
    .examples = { { "fill-mask -m ./bert-base-uncased \"Paris is the [MASK] of France.\"", "five words and how likely they are" } },
    .computes = true,
    .run = fill_run,
};
