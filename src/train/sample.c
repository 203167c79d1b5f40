/* What a model writes while it is taught: at every measurement it is saved for the occasion, opened as any model is, and goes on with the run's prompts. So what is
   shown is what the saved model would say, and nothing of the run is touched: its losses are the same with samples and without. */
#define _GNU_SOURCE
#include "base/file.h"
#include "base/path.h"
#include "train/train.h"

#include <ink/generate.h>
#include <stdlib.h>
#include <string.h>

/* Stages whose models make text. */
static bool sample_speaks(int stage)
{
    static const int stages[] = { INK_STAGE_PRETRAIN, INK_STAGE_SFT, INK_STAGE_SEQ2SEQ, INK_STAGE_SPAN };
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (stages[i] == stage)
            return true;
    return false;
}

/* A conversation as the template writes it: messages, or in stage sft a text as what a user says. NULL: the text as it stands. */
static ink_json *sample_messages(const ink_train_options *o, const char *prompt)
{
    ink_json *messages = NULL;
    if (*prompt == '[' && ink_json_parse(prompt, strlen(prompt), "a prompt", &messages, NULL) == INK_OK && ink_json_get(ink_json_at(messages, 0), "role"))
        return messages;
    ink_json_free(messages);
    if (o->stage != INK_STAGE_SFT)
        return NULL;
    messages = ink_json_new_array();
    ink_talk_say(messages, "user", prompt, strlen(prompt));
    return messages;
}

/* context 0: there is no end. */
static ink_status sample_fits(size_t prompt, size_t most, size_t context, ink_err *err) { return context ? ink_generate_fits(prompt, most, context, err) : INK_OK; }

static ink_status sample_ids(const ink_train_options *o, const ink_model *model, const char *prompt, ink_ids *ids, ink_err *err)
{
    const ink_tokenizer *t;
    const char *template;
    ink_json *messages = sample_messages(o, prompt);
    char *text = NULL;
    size_t n = strlen(prompt);
    ink_status status = ink_model_tokenizer(model, &t, err);
    if (status == INK_OK && messages)
        status = ink_template_named(t, o->template_name, &template, err);
    if (status == INK_OK && messages)
        status = ink_talk_render(t, template, messages, true, &text, &n, err);
    if (status == INK_OK)
        status = ink_model_prompt_ids(model, text ? text : prompt, n, ids, err);
    free(text);
    ink_json_free(messages);
    if (status == INK_OK && !ids->count)
        return ink_fail(err, INK_E_ARGUMENT, "sample_prompts: there is nothing in \"%.40s\" to go on with", prompt);
    return status == INK_OK ? sample_fits(ids->count, (size_t)o->sample_tokens, ink_model_describe(model)->context, err) : status;
}

ink_status ink_samples_open(ink_samples *s, const ink_train_options *o, const ink_model *model, ink_err *err)
{
    ink_err why = { 0 };
    const size_t count = o->sample_prompts.count;
    if (!count)
        return INK_OK;
    if (!sample_speaks(o->stage))
        return ink_fail(err, INK_E_UNSUPPORTED, "sample_prompts are for stages whose models write text: pretrain, sft, seq2seq and span");
    *s = (ink_samples){ .o = o, .prompts = calloc(count, sizeof *s->prompts), .said = calloc(count, sizeof *s->said) };
    if (!s->prompts || !s->said)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu prompts", count);
    for (; s->count < count; s->count++) {
        s->said[s->count].prompt = o->sample_prompts.at[s->count];
        const ink_status status = sample_ids(o, model, o->sample_prompts.at[s->count], &s->prompts[s->count], &why);
        if (status != INK_OK) {
            ink_ids_clear(&s->prompts[s->count]);
            return ink_fail(err, status, "sample_prompts, number %zu: %.600s", s->count + 1, why.text);
        }
    }
    return INK_OK;
}

static void sample_forget(ink_samples *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free((void *)(uintptr_t)s->said[i].text);
        s->said[i].text = NULL;
    }
}

void ink_samples_close(ink_samples *s)
{
    sample_forget(s);
    for (size_t i = 0; i < s->count; i++)
        ink_ids_clear(&s->prompts[i]);
    free(s->prompts);
    free(s->said);
    *s = (ink_samples){ 0 };
}

static ink_status sample_answer(const ink_samples *s, ink_llm *llm, size_t i, ink_err *err)
{
    ink_generation g = { 0 };
    ink_generate_options o = { .most = (size_t)s->o->sample_tokens };
    ink_param_defaults(ink_sampling_params, &o.sampling);
    o.sampling.seed = s->o->seed;
    INK_TRY(ink_generate(llm, NULL, s->prompts[i].at, s->prompts[i].count, &o, &g, err));
    s->said[i].text = g.count && g.answers[0].text ? strndup(g.answers[0].text, g.answers[0].text_size) : calloc(1, 1);
    ink_generation_clear(&g);
    return s->said[i].text ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for a sample");
}

/* One sequence at a time, no longer than it has to be. */
static ink_status sample_answers(const ink_samples *s, ink_model *model, const char *adapter, ink_err *err)
{
    ink_llm *llm;
    ink_llm_options o = { .threads = (size_t)s->o->threads, .adapters = &adapter, .adapter_count = adapter != NULL };
    for (size_t i = 0; i < s->count; i++)
        if (s->prompts[i].count + (size_t)s->o->sample_tokens > o.context)
            o.context = s->prompts[i].count + (size_t)s->o->sample_tokens;
    INK_TRY(ink_llm_open(model, &o, &llm, err));
    ink_status status = INK_OK;
    for (size_t i = 0; status == INK_OK && i < s->count; i++)
        status = sample_answer(s, llm, i, err);
    ink_llm_close(llm);
    return status;
}

static ink_status sample_whole(const ink_samples *s, const char *folder, ink_err *err)
{
    ink_model *model;
    INK_TRY(ink_model_open(folder, &model, err));
    const ink_status status = sample_answers(s, model, NULL, err);
    ink_model_close(model);
    return status;
}

ink_status ink_samples_draw(ink_samples *s, const ink_learner *l, ink_err *err)
{
    ink_path folder;
    sample_forget(s);
    INK_TRY(ink_path_format(&folder, err, "%s/sampling", s->o->output_dir));
    ink_status status = ink_file_kind(folder.text) ? ink_path_delete(folder.text, err) : INK_OK; /* of a run that was killed */
    if (status == INK_OK)
        status = ink_save_model(l, folder.text, err);
    if (status == INK_OK)
        status = l->adapters.count ? sample_answers(s, l->model, folder.text, err) : sample_whole(s, folder.text, err);
    const ink_status gone = ink_path_delete(folder.text, status == INK_OK ? err : NULL);
    return status == INK_OK ? gone : status;
}
