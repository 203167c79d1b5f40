#define _GNU_SOURCE
#include "server/training.h"
#include "server/models.h"

#include <errno.h>
#include <ink/file.h>
#include <ink/train.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRAINING_RUNS = 64, TRAINING_POINTS = 400, TRAINING_PROMPTS = 8, TRAINING_PROMPT = 2000, TRAINING_SAMPLE = 96, TRAINING_LOOKS = 8, TRAINING_APART = 100, TRAINING_NICE = 10 };

const char *const srv_lesson_kinds[] = { "characters", "adapter", NULL };

typedef enum training_state { TRAINING_RUNNING, TRAINING_DONE, TRAINING_STOPPED, TRAINING_FAILED } training_state;

typedef struct training_sample { /* what the model made of a prompt; malloc'd */
    char *prompt, *text;
} training_sample;

typedef struct training_run {
    srv_training *t;
    uint64_t owner;
    int64_t id;
    int kind;
    char folder[4096], data[4200];
    ink_arena *arena;
    ink_train_options o;
    pthread_t thread;
    atomic_bool stop;
    /* Under the lock: */
    training_state state;
    size_t step, steps, points, every; /* a point stands for `every` steps */
    float losses[TRAINING_POINTS];
    double eval_loss, speed;
    training_sample samples[TRAINING_PROMPTS];
    size_t sample_count, sampled; /* sampled: after which step */
    char error[768];
} training_run;

struct srv_training {
    srv_server *server;
    pthread_mutex_t lock;
    char home[3900];
    training_run *runs[TRAINING_RUNS];
    size_t count;
    int64_t last;
};

/* ---- while it runs ---- */

/* The curve has so many points at most: when it is full, every second one goes. */
static void training_point(training_run *r, double loss)
{
    if (r->step % r->every)
        return;
    if (r->points == TRAINING_POINTS) {
        for (size_t i = 0; i < TRAINING_POINTS / 2; i++)
            r->losses[i] = r->losses[2 * i + 1];
        r->points = TRAINING_POINTS / 2;
        r->every *= 2;
    }
    r->losses[r->points++] = (float)loss;
}

static void training_forget(training_run *r)
{
    for (; r->sample_count; r->sample_count--) {
        free(r->samples[r->sample_count - 1].prompt);
        free(r->samples[r->sample_count - 1].text);
    }
}

/* What the model writes now; the page shows the newest. */
static void training_show(training_run *r, const ink_train_report *p)
{
    if (!p->sample_count)
        return;
    training_forget(r);
    for (size_t i = 0; i < p->sample_count && i < TRAINING_PROMPTS; i++)
        r->samples[r->sample_count++] = (training_sample){ strdup(p->samples[i].prompt), strdup(p->samples[i].text) };
    r->sampled = p->step;
}

static bool training_step(void *user, const ink_train_report *p)
{
    training_run *r = user;
    pthread_mutex_lock(&r->t->lock);
    r->step = p->step;
    r->steps = p->steps;
    r->speed = p->tokens_per_second;
    if (!isnan(p->eval_loss))
        r->eval_loss = p->eval_loss;
    training_point(r, p->loss);
    training_show(r, p);
    pthread_mutex_unlock(&r->t->lock);
    return !atomic_load(&r->stop) && !srv_stopping(r->t->server);
}

static void *training_thread(void *user)
{
    training_run *r = user;
    ink_err err = { 0 };
    const ink_train_hooks hooks = { .step = training_step, .user = r };
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), TRAINING_NICE); /* and the threads that it makes */
    ink_status status = ink_train_run(&r->o, &hooks, &err);
    pthread_mutex_lock(&r->t->lock);
    r->state = !status ? TRAINING_DONE : status == INK_E_STOPPED ? TRAINING_STOPPED : TRAINING_FAILED;
    snprintf(r->error, sizeof r->error, "%s", status && status != INK_E_STOPPED ? err.text : "");
    pthread_mutex_unlock(&r->t->lock);
    return NULL;
}

/* ---- beginning ---- */

static ink_status training_folder(const char *path, ink_err *err)
{
    return mkdir(path, 0777) && errno != EEXIST ? ink_fail(err, INK_E_IO, "%s: cannot be made: %s", path, strerror(errno)) : INK_OK;
}

static ink_status training_word(training_run *r, ink_err *err, const char *format, ...) __attribute__((format(printf, 3, 4)));
static ink_status training_word(training_run *r, ink_err *err, const char *format, ...)
{
    char word[4400];
    va_list args;
    va_start(args, format);
    vsnprintf(word, sizeof word, format, args);
    va_end(args);
    const char *kept = ink_arena_text(r->arena, word, strlen(word));
    return kept ? ink_train_word(kept, r->arena, &r->o, err) : ink_arena_refused(r->arena, strlen(word), err);
}

/* A LLaMA of four small layers that reads letters; its vocabulary is the text's. */
static ink_status training_characters(training_run *r, ink_err *err)
{
    static const char config[] = "{\"architectures\": [\"LlamaForCausalLM\"], \"model_type\": \"llama\", \"vocab_size\": 65, \"hidden_size\": 128, \"intermediate_size\": 344,"
                                 " \"num_hidden_layers\": 4, \"num_attention_heads\": 4, \"num_key_value_heads\": 4, \"max_position_embeddings\": 128, \"hidden_act\": \"silu\","
                                 " \"rms_norm_eps\": 1e-5, \"rope_theta\": 10000.0, \"tie_word_embeddings\": false, \"initializer_range\": 0.02}\n";
    char path[4200];
    snprintf(path, sizeof path, "%s/config.json", r->folder);
    INK_TRY(ink_file_write(path, config, sizeof config - 1, err));
    INK_TRY(training_word(r, err, "model=%s", path));
    INK_TRY(training_word(r, err, "tokenizer=char"));
    INK_TRY(training_word(r, err, "dataset_format=txt"));
    INK_TRY(training_word(r, err, "cutoff_len=128"));
    return training_word(r, err, "weight_decay=0.1");
}

static ink_status training_adapter(training_run *r, srv_call *c, const srv_lesson *l, ink_err *err)
{
    const srv_known *known;
    INK_TRY(srv_models_resolve(c->server, l->model, c->arena, &known, err));
    INK_TRY(training_word(r, err, "model=%s", known->path));
    INK_TRY(training_word(r, err, "method=lora"));
    INK_TRY(training_word(r, err, "per_device_train_batch_size=4"));
    INK_TRY(training_word(r, err, "cutoff_len=256"));
    return *l->text == '{' || *l->text == '[' ? training_word(r, err, "stage=sft") : INK_OK;
}

/* What it is to write while it learns: a line each; a model of letters goes on from the text's first. */
static ink_status training_prompts(training_run *r, const srv_lesson *l, ink_err *err)
{
    const int64_t apart = l->steps / TRAINING_LOOKS;
    size_t count = 0, first = 1;
    while (first < 4 && first < l->size && ((unsigned char)l->text[first] & 0xc0) == 0x80)
        first++;
    for (const char *at = l->prompts ? l->prompts : "", *end; *at; at = end + (*end == '\n')) {
        end = at + strcspn(at, "\r\n");
        const size_t n = (size_t)(end - at);
        end += *end == '\r';
        if (!n)
            continue;
        if (count++ == TRAINING_PROMPTS || n > TRAINING_PROMPT)
            return ink_fail(err, INK_E_ARGUMENT, "while it learns a model goes on with %d prompts at most, of %d bytes each", TRAINING_PROMPTS, TRAINING_PROMPT);
        INK_TRY(training_word(r, err, "sample_prompts=%.*s", (int)n, at));
    }
    if (!count && l->kind)
        return INK_OK;
    if (!count)
        INK_TRY(training_word(r, err, "sample_prompts=%.*s", (int)first, l->text));
    INK_TRY(training_word(r, err, "sample_tokens=%d", TRAINING_SAMPLE));
    return training_word(r, err, "eval_steps=%lld", (long long)(apart > TRAINING_APART ? TRAINING_APART : apart ? apart : 1));
}

static ink_status training_prepare(training_run *r, srv_call *c, const srv_lesson *l, ink_err *err)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t teach = srv_settings(c->server)->teach;
    INK_TRY(ink_arena_new("training", 16 << 20, &r->arena, err));
    INK_TRY(training_folder(r->folder, err));
    snprintf(r->data, sizeof r->data, "%s/data.%s", r->folder, *l->text == '{' || *l->text == '[' ? "jsonl" : "txt");
    INK_TRY(ink_file_write(r->data, l->text, l->size, err));
    ink_param_defaults(ink_train_params, &r->o);
    INK_TRY(training_word(r, err, "dataset=%s", r->data));
    INK_TRY(training_word(r, err, "output_dir=%s/out", r->folder));
    INK_TRY(training_word(r, err, "max_steps=%lld", (long long)l->steps));
    INK_TRY(training_word(r, err, "learning_rate=%.9g", l->rate));
    INK_TRY(training_word(r, err, "lr_scheduler_type=cosine"));
    INK_TRY(training_word(r, err, "threads=%lld", teach ? (long long)teach : cores > 1 ? (long long)cores / 2 : 1));
    INK_TRY(training_prompts(r, l, err));
    return l->kind ? training_adapter(r, c, l, err) : training_characters(r, err);
}

static void training_free(training_run *r)
{
    ink_arena_free(r->arena);
    training_forget(r);
    free(r);
}

/* The next number without a folder. The lock is held, as in the following. */
static void training_number(srv_training *t, training_run *r)
{
    struct stat s;
    do {
        r->id = ++t->last;
        snprintf(r->folder, sizeof r->folder, "%s/%lld", t->home, (long long)r->id);
    } while (!stat(r->folder, &s));
}

static ink_status training_start(srv_training *t, srv_call *c, const srv_lesson *l, training_run *r, ink_err *err)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->runs[i]->state == TRAINING_RUNNING)
            return ink_fail(err, INK_E_BUSY, "another model is being taught; stop it, or wait until it is done");
    if (t->count == TRAINING_RUNS)
        return ink_fail(err, INK_E_LIMIT, "%d runs are listed already; the next start of the server begins a new list", TRAINING_RUNS);
    INK_TRY(srv_folder("training", t->home, sizeof t->home, err));
    training_number(t, r);
    INK_TRY(training_prepare(r, c, l, err));
    if (pthread_create(&r->thread, NULL, training_thread, r))
        return ink_fail(err, INK_E_MEMORY, "the system refuses another thread");
    t->runs[t->count++] = r;
    return INK_OK;
}

ink_status srv_training_begin(srv_call *c, const srv_lesson *l, int64_t *id, ink_err *err)
{
    srv_training *t = srv_training_of(c->server);
    training_run *r = calloc(1, sizeof *r);
    if (!r)
        return ink_fail(err, INK_E_MEMORY, "no memory for a run");
    *r = (training_run){ .t = t, .owner = c->owner, .kind = l->kind, .every = 1, .eval_loss = (double)NAN };
    pthread_mutex_lock(&t->lock);
    ink_status status = training_start(t, c, l, r, err);
    pthread_mutex_unlock(&t->lock);
    *id = r->id;
    if (status)
        training_free(r);
    return status;
}

/* ---- looking and stopping ---- */

static void training_write(ink_jot *j, const training_run *r)
{
    static const char *const states[] = { "running", "done", "stopped", "failed" };
    ink_jot_object(j, NULL);
    ink_jot_integer(j, "id", r->id);
    ink_jot_text(j, "kind", srv_lesson_kinds[r->kind]);
    ink_jot_text(j, "state", states[r->state]);
    ink_jot_text(j, "error", *r->error ? r->error : NULL);
    ink_jot_integer(j, "step", (int64_t)r->step);
    ink_jot_integer(j, "steps", (int64_t)r->steps);
    ink_jot_number(j, "tokens_per_second", r->speed);
    ink_jot_number(j, "eval_loss", r->eval_loss);
    ink_jot_integer(j, "every", (int64_t)r->every);
    ink_jot_array(j, "losses");
    for (size_t i = 0; i < r->points; i++)
        ink_jot_number(j, NULL, (double)r->losses[i]);
    ink_jot_end(j);
    ink_jot_integer(j, "sampled", (int64_t)r->sampled);
    ink_jot_array(j, "samples");
    for (size_t i = 0; i < r->sample_count; i++) {
        ink_jot_object(j, NULL);
        ink_jot_text(j, "prompt", r->samples[i].prompt);
        ink_jot_text(j, "text", r->samples[i].text);
        ink_jot_end(j);
    }
    ink_jot_end(j);
    ink_jot_text(j, "folder", r->o.output_dir);
    ink_jot_end(j);
}

void srv_training_list(srv_call *c, ink_jot *j)
{
    srv_training *t = srv_training_of(c->server);
    ink_jot_array(j, "runs");
    pthread_mutex_lock(&t->lock);
    for (size_t i = t->count; i-- > 0;)
        if (t->runs[i]->owner == c->owner)
            training_write(j, t->runs[i]);
    pthread_mutex_unlock(&t->lock);
    ink_jot_end(j);
}

ink_status srv_training_stop(srv_call *c, int64_t id, ink_err *err)
{
    srv_training *t = srv_training_of(c->server);
    bool found = false;
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < t->count; i++)
        if (t->runs[i]->id == id && t->runs[i]->owner == c->owner) {
            atomic_store(&t->runs[i]->stop, true);
            found = true;
        }
    pthread_mutex_unlock(&t->lock);
    return found ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "there is no run %lld", (long long)id);
}

ink_status srv_training_open(srv_server *s, srv_training **out, ink_err *err)
{
    srv_training *t = calloc(1, sizeof *t);
    if (!t)
        return ink_fail(err, INK_E_MEMORY, "no memory for runs of training");
    t->server = s;
    pthread_mutex_init(&t->lock, NULL);
    *out = t;
    return INK_OK;
}

void srv_training_close(srv_training *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++) {
        atomic_store(&t->runs[i]->stop, true);
        pthread_join(t->runs[i]->thread, NULL);
        training_free(t->runs[i]);
    }
    pthread_mutex_destroy(&t->lock);
    free(t);
}
