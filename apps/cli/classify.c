/* inkstone classify: which label a text deserves: by the head that a model has for labels, or by how likely it finds each behind the text. */
#include "scored.h"

#include <ink/buf.h>
#include <ink/classify.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct classify_options {
    cli_scored_options model;
    const char *text, *pair, *question;
    ink_param_texts labels;
    bool json;
} classify_options;

static const ink_param classify_params[] = {
    CLI_MODEL(cli_scored_options),
    { .name = "text", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL | INK_PARAM_REQUIRED, .at = offsetof(classify_options, text), .value = "TEXT", .help = "what is to be classified" },
    { .name = "pair", .type = INK_PARAM_TEXT, .at = offsetof(classify_options, pair), .help = "a second text, for a model that was taught labels of pairs" },
    { .name = "label", .type = INK_PARAM_TEXTS, .at = offsetof(classify_options, labels), .shown = "those that the model was taught", .help = "a label it may have; repeat it" },
    { .name = "question", .type = INK_PARAM_TEXT, .at = offsetof(classify_options, question), .text = "\n\nLabel:", .help = "what stands between the text and its label" },
    CLI_THREADS(cli_scored_options),
    CLI_CONTEXT(cli_scored_options),
    CLI_KV(cli_scored_options),
    CLI_ADAPTER(cli_scored_options),
    CLI_JSON(classify_options),
    { 0 },
};

/* Probabilities among the labels, of their mean log-probability a token: a long label is not less likely for its length. */
static size_t classify_shares(const cli_scored *s, size_t count, double *shares)
{
    double most = -(double)INFINITY, sum = 0;
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        shares[i] = s->scores[i].logprob / (double)s->scores[i].tokens;
        best = shares[i] > shares[best] ? i : best;
        most = shares[i] > most ? shares[i] : most;
    }
    for (size_t i = 0; i < count; i++)
        sum += shares[i] = exp(shares[i] - most);
    for (size_t i = 0; i < count; i++)
        shares[i] /= sum;
    return best;
}

static void classify_say(const classify_options *o, const cli_scored *s, const double *shares, size_t best)
{
    if (!o->json) {
        for (size_t i = 0; i < o->labels.count; i++)
            printf("%6.2f %%  %s%s\n", 100 * shares[i], o->labels.at[i], i == best ? "  <" : "");
        return;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "label", o->labels.at[best]);
    ink_jot_array(&j, "labels");
    for (size_t i = 0; i < o->labels.count; i++) {
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "label", o->labels.at[i]);
        ink_jot_number(&j, "p", shares[i]);
        ink_jot_number(&j, "logprob", s->scores[i].logprob);
        ink_jot_end(&j);
    }
    cli_jot_finish(&j);
}

/* Each label as it stands behind the question, after a space. */
static ink_status classify_texts(const classify_options *o, ink_param_texts *out, ink_err *err)
{
    for (; out->count < o->labels.count; out->count++) {
        const size_t n = strlen(o->labels.at[out->count]);
        char *text = malloc(n + 2);
        if (!text)
            return ink_fail(err, INK_E_MEMORY, "no memory for %zu labels", o->labels.count);
        *text = ' ';
        memcpy(text + 1, o->labels.at[out->count], n + 1);
        out->at[out->count] = text;
    }
    return INK_OK;
}

static ink_status classify_asked(const classify_options *o, ink_err *err)
{
    cli_scored s = { 0 };
    ink_buf prompt;
    double *shares = calloc(o->labels.count + 1, sizeof *shares);
    ink_param_texts texts = { .at = calloc(o->labels.count + 1, sizeof *texts.at) };
    ink_buf_init(&prompt, 0);
    ink_buf_text(&prompt, o->text);
    ink_buf_text(&prompt, o->question);
    ink_status status = shares && texts.at ? ink_buf_check(&prompt, "the text", err) : ink_fail(err, INK_E_MEMORY, "no memory for %zu labels", o->labels.count);
    if (!status)
        status = classify_texts(o, &texts, err);
    if (!status)
        status = cli_scored_make(&s, &o->model, prompt.data, &texts, err);
    if (!status)
        classify_say(o, &s, shares, classify_shares(&s, o->labels.count, shares));
    cli_scored_clear(&s);
    for (size_t i = 0; i < texts.count; i++)
        free((char *)(uintptr_t)texts.at[i]);
    free(texts.at);
    free(shares);
    ink_buf_clear(&prompt);
    return status;
}

/* ---- by a head that was taught labels ---- */

static void classify_tell(const classify_options *o, const ink_classifier *c, const double *p, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = p[i] > p[best] ? i : best;
    if (!o->json) {
        for (size_t i = 0; i < count; i++)
            printf("%6.2f %%  %s%s\n", 100 * p[i], ink_classifier_label(c, i), i == best ? "  <" : "");
        return;
    }
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "label", ink_classifier_label(c, best));
    ink_jot_array(&j, "labels");
    for (size_t i = 0; i < count; i++) {
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "label", ink_classifier_label(c, i));
        ink_jot_number(&j, "p", p[i]);
        ink_jot_end(&j);
    }
    cli_jot_finish(&j);
}

static ink_status classify_taught(const classify_options *o, const ink_model *model, const char *adapter, size_t count, ink_err *err)
{
    ink_classifier *c = NULL;
    bool cut = false;
    double *p = calloc(count, sizeof *p);
    ink_status status = p ? ink_classifier_open(model, adapter, (size_t)o->model.threads, &c, err) : ink_fail(err, INK_E_MEMORY, "no memory for %zu labels", count);
    if (!status)
        status = ink_classifier_run(c, o->text, o->pair, p, &cut, err);
    if (!status)
        classify_tell(o, c, p, count);
    if (!status && cut)
        cli_note("the text is longer than the model reads; its end was left out");
    ink_classifier_close(c);
    free(p);
    return status;
}

static ink_status classify_run(const void *options, ink_err *err)
{
    const classify_options *o = options;
    cli_model model = { 0 };
    size_t count = 0;
    if (o->labels.count && o->pair)
        return ink_fail(err, INK_E_ARGUMENT, "--pair is for models that were taught labels; with --label the text and --question are all that is read");
    if (o->labels.count)
        return classify_asked(o, err);
    if (o->model.adapters.count > 1)
        return ink_fail(err, INK_E_ARGUMENT, "one adapter has the head for labels; %zu were named", o->model.adapters.count);
    const char *adapter = o->model.adapters.count ? o->model.adapters.at[0] : NULL;
    ink_status status = cli_model_open(&model, o->model.model, err);
    if (!status)
        status = ink_classifier_labels(model.model, adapter, &count, err);
    if (!status && !count)
        status = ink_fail(err, INK_E_ARGUMENT, "%s was taught no labels: name them with --label", o->model.model);
    if (!status)
        status = classify_taught(o, model.model, adapter, count, err);
    cli_model_close(&model);
    return status;
}

const cli_command cli_classify = {
    .params = classify_params,
    .size = sizeof(classify_options),
    .about = "A model that was taught labels (train stage=classify) says which of them is likely. Of another each --label is written behind the text and the question, and the model says how likely it finds it, token for token.",
    .examples = { { "classify -m smollm2 \"I loved every minute.\" --question \" This review is\" --label positive --label negative", "two probabilities" }, { "classify -m saves/mood \"I loved every minute.\"", "the labels that were learned" } },
    .computes = true,
    .made = true,
    .run = classify_run,
};
