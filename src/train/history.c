/* One text, many models. The run of each is a run of training like any other; what is added is the tokens that all share and the n-gram
   model, which counts the same tokens as words. */
#include "train/history.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/yaml.h"
#include "tensor/weights.h"

#include <ink/ngram.h>
#include <ink/tokenizer_train.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void history_say(const ink_history *h, const char *sentence)
{
    if (h->hooks->say)
        h->hooks->say(h->hooks->user, sentence);
}

/* ---- settings ---- */

static ink_status history_models(ink_history *h, const char *list, ink_err *err)
{
    h->model_count = 0;
    for (const char *at = list; *at; at += strspn(at, ", ")) {
        const size_t n = strcspn(at, ", ");
        if (h->model_count == INK_HISTORY_MODELS)
            return ink_fail(err, INK_E_LIMIT, "more than %d models", INK_HISTORY_MODELS);
        h->models[h->model_count] = ink_arena_text(h->arena, at, n);
        if (!h->models[h->model_count++])
            return ink_arena_refused(h->arena, n, err);
        at += n;
    }
    return INK_OK;
}

static ink_status history_set(ink_history *h, const char *key, const char *value, ink_err *err)
{
    int64_t *number = !strcmp(key, "ngram_order") ? &h->order : !strcmp(key, "vocab_size") ? &h->vocab : NULL;
    char *end;
    if (!strcmp(key, "models"))
        return history_models(h, value, err);
    if (!number) {
        char *word = ink_arena_format(h->arena, "%s=%s", key, value);
        return word ? ink_train_word(word, h->arena, &h->o, err) : ink_arena_refused(h->arena, strlen(value), err);
    }
    *number = strtoll(value, &end, 10);
    return *end || *number < 0 ? ink_fail(err, INK_E_ARGUMENT, "%s is \"%.40s\", not a number", key, value) : INK_OK;
}

static ink_status history_pair(void *user, const char *key, const char *value, size_t line, ink_err *err)
{
    ink_history *h = user;
    ink_err inner;
    ink_status status = history_set(h, key, value, &inner);
    return status == INK_OK ? INK_OK : ink_fail(err, status, "%s, line %zu: %.600s", h->config, line, inner.text);
}

static ink_status history_word(ink_history *h, const char *word, ink_err *err)
{
    const char *equals = strchr(word, '=');
    if (!equals)
        return ink_fail(err, INK_E_ARGUMENT, "%.100s is no setting; settings are written key=value", word);
    const char *key = ink_arena_text(h->arena, word, (size_t)(equals - word));
    return key ? history_set(h, key, equals + 1, err) : ink_arena_refused(h->arena, 1, err);
}

static ink_status history_check(const ink_history *h, ink_err *err)
{
    const struct { const char *name, *value; } needed[] = { { "dataset", h->o.dataset }, { "eval_dataset", h->o.eval_dataset }, { "output_dir", h->o.output_dir } };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].value || !*needed[i].value)
            return ink_fail(err, INK_E_ARGUMENT, "the history does not say its %s", needed[i].name);
    if (!h->o.cutoff)
        return ink_fail(err, INK_E_ARGUMENT, "the history does not say its cutoff_len, which all models share");
    return h->model_count || h->order ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "the history names no models");
}

/* ---- the tokens that all share ---- */

static ink_status history_tokenizer(ink_history *h, ink_err *err)
{
    ink_tokenizer_trained made;
    ink_weights *none;
    const ink_tokenizer_training how = { .kind = 0, .vocab = (size_t)h->vocab };
    INK_TRY(ink_path_format(&h->folder, err, "%s/tokenizer", h->o.output_dir));
    INK_TRY(ink_tokenizer_train(&h->o.dataset, 1, &how, h->folder.text, &made, err));
    h->vocab = (int64_t)made.vocab;
    INK_TRY(ink_weights_new(h->folder.text, h->folder.text, "safetensors", &none, err));
    ink_status status = ink_weights_seal(none, err);
    if (status == INK_OK)
        status = ink_tokenizer_open(none, &h->tokenizer, err);
    ink_weights_close(none);
    return status;
}

/* The tokens of a text as numbers on one line, which is how an n-gram model gets them. */
static ink_status history_ids(const ink_history *h, const char *text_path, const char *name, ink_path *path, double *bytes, double *tokens, ink_err *err)
{
    ink_map map;
    ink_ids ids = { 0 };
    ink_buf line;
    ink_buf_init(&line, (size_t)8 << 30);
    INK_TRY(ink_map_open(text_path, &map, err));
    ink_status status = ink_tokenize(h->tokenizer, map.data ? (const char *)map.data : "", map.size, 0, &ids, err);
    *bytes = (double)map.size;
    *tokens = (double)ids.count;
    ink_map_close(&map);
    for (size_t i = 0; i < ids.count; i++)
        ink_buf_format(&line, "%s%d", i ? " " : "", (int)ids.at[i]);
    ink_ids_clear(&ids);
    if (status == INK_OK)
        status = ink_buf_check(&line, "the tokens of a text", err);
    if (status == INK_OK)
        status = ink_path_format(path, err, "%s/%s", h->o.output_dir, name);
    if (status == INK_OK)
        status = ink_file_write(path->text, line.data ? line.data : "", line.len, err);
    ink_buf_clear(&line);
    return status;
}

/* ---- models ---- */

static void history_done(ink_history *h, ink_history_curve *c)
{
    c->row.name = c->name;
    c->row.bits_per_byte = c->row.nats * h->eval_tokens / h->eval_bytes / log(2);
    if (h->hooks->row)
        h->hooks->row(h->hooks->user, &c->row);
}

/* The end of the line is no token of the text. */
typedef struct history_end {
    double log10;
} history_end;

static void history_each(void *user, ink_text word, uint32_t id, size_t matched, double log10)
{
    (void)word, (void)matched;
    if (id == INK_NGRAM_END)
        ((history_end *)user)->log10 += log10;
}

static ink_status history_count(ink_history *h, const char *train, const char *eval, double tokens, ink_err *err)
{
    const ink_ngram_options how = { .order = (size_t)h->order, .fallback = true };
    const double began = ink_clock_seconds();
    ink_history_curve *c = &h->curves[h->count];
    ink_ngram *m;
    ink_ngram_measure s;
    ink_path path;
    history_end end = { 0 };
    INK_TRY(ink_ngram_train(train, &how, &m, err));
    c->row.seconds = ink_clock_seconds() - began;
    c->row.tokens_per_second = tokens / c->row.seconds;
    for (size_t n = 1; n <= how.order; n++)
        c->row.parameters += (double)ink_ngram_count(m, n);
    ink_status status = ink_ngram_score_file(m, eval, history_each, &end, &s, err);
    if (status == INK_OK)
        status = ink_path_format(&path, err, "%s/%lld-gram.arpa", h->o.output_dir, (long long)h->order);
    if (status == INK_OK)
        status = ink_ngram_save(m, path.text, err);
    ink_ngram_close(m);
    INK_TRY(status);
    snprintf(c->name, sizeof c->name, "%lld-gram, Kneser-Ney", (long long)h->order);
    c->row.nats = -(s.log10 - end.log10) * log(10) / (double)s.words;
    c->points[c->count].x = tokens;
    c->points[c->count++].y = c->row.nats;
    h->count++;
    history_done(h, c);
    return INK_OK;
}

static bool history_step(void *user, const ink_train_report *r)
{
    ink_history *h = user;
    ink_history_curve *c = &h->curves[h->at];
    h->seen += (double)(h->o.batch * h->o.accumulate * h->o.cutoff);
    c->row.seconds += (double)(h->o.batch * h->o.accumulate * h->o.cutoff) / r->tokens_per_second;
    if (!isnan(r->eval_loss)) {
        c->row.nats = r->eval_loss;
        if (c->count < INK_HISTORY_POINTS) {
            c->points[c->count].x = h->seen;
            c->points[c->count++].y = r->eval_loss;
        }
    }
    return !h->hooks->step || h->hooks->step(h->hooks->user, c->name, r);
}

/* The configuration with the vocabulary that was learned. */
static ink_status history_configure(const ink_history *h, const char *model, const char *name, ink_path *path, ink_err *err)
{
    ink_json *json;
    ink_path beside;
    const char *slash = strrchr(h->config, '/');
    INK_TRY(ink_path_format(&beside, err, "%.*s%s", (int)(slash && *model != '/' ? slash + 1 - h->config : 0), h->config, model));
    INK_TRY(ink_json_read(beside.text, 1 << 20, &json, err));
    ink_json_set(json, "vocab_size", ink_json_new_integer(h->vocab));
    ink_status status = ink_path_format(path, err, "%s/%s.json", h->o.output_dir, name);
    if (status == INK_OK)
        status = ink_json_write(path->text, json, err);
    ink_json_free(json);
    return status;
}

static ink_status history_parameters(const char *folder, double *out, ink_err *err)
{
    ink_weights *w;
    INK_TRY(ink_weights_open(folder, &w, err));
    for (size_t i = 0; i < ink_weights_count(w); i++)
        *out += (double)ink_weights_at(w, i)->count;
    ink_weights_close(w);
    return INK_OK;
}

static ink_status history_train(ink_history *h, const char *model, ink_err *err)
{
    const char *slash = strrchr(model, '/'), *stem = slash ? slash + 1 : model;
    ink_history_curve *c = &h->curves[h->at = h->count];
    ink_train_options o = h->o;
    ink_path config, folder;
    snprintf(c->name, sizeof c->name, "%.*s", (int)strcspn(stem, "."), stem);
    INK_TRY(history_configure(h, model, c->name, &config, err));
    INK_TRY(ink_path_format(&folder, err, "%s/%s", h->o.output_dir, c->name));
    o.model = config.text;
    o.tokenizer = h->folder.text;
    o.output_dir = folder.text;
    o.overwrite = true;
    h->seen = 0;
    INK_TRY(ink_train_run(&o, &(ink_train_hooks){ .say = h->hooks->say, .step = history_step, .user = h }, err));
    INK_TRY(history_parameters(folder.text, &c->row.parameters, err));
    c->row.tokens_per_second = h->seen / c->row.seconds;
    h->count++;
    history_done(h, c);
    return INK_OK;
}

/* ---- the call ---- */

static ink_status history_all(ink_history *h, const char *const *words, size_t count, ink_err *err)
{
    ink_path train, eval;
    double bytes, tokens;
    ink_param_defaults(ink_train_params, &h->o);
    if (*h->config)
        INK_TRY(ink_yaml_read(h->config, history_pair, NULL, h, err));
    for (size_t i = 0; i < count; i++)
        INK_TRY(history_word(h, words[i], err));
    INK_TRY(history_check(h, err));
    h->curves = ink_arena_array(h->arena, h->model_count + 1, sizeof *h->curves);
    if (!h->curves)
        return ink_arena_refused(h->arena, sizeof *h->curves, err);
    INK_TRY(ink_path_make(h->o.output_dir, err));
    INK_TRY(history_tokenizer(h, err));
    INK_TRY(history_ids(h, h->o.dataset, "train.ids", &train, &bytes, &tokens, err));
    INK_TRY(history_ids(h, h->o.eval_dataset, "eval.ids", &eval, &h->eval_bytes, &h->eval_tokens, err));
    if (h->order)
        INK_TRY(history_count(h, train.text, eval.text, tokens, err));
    for (size_t i = 0; i < h->model_count; i++) {
        history_say(h, h->models[i]);
        INK_TRY(history_train(h, h->models[i], err));
    }
    return ink_history_show(h, err);
}

ink_status ink_history_run(const char *config, const char *const *words, size_t count, const ink_history_hooks *hooks, ink_err *err)
{
    ink_history h = { .hooks = hooks ? hooks : &(ink_history_hooks){ 0 }, .config = config ? config : "", .order = 5, .vocab = 1000 };
    INK_TRY(ink_arena_new("history", 0, &h.arena, err));
    ink_status status = config || count ? history_all(&h, words, count, err) : ink_fail(err, INK_E_ARGUMENT, "there are no settings; name a file with --config");
    ink_tokenizer_close(h.tokenizer);
    ink_arena_free(h.arena);
    return status;
}
