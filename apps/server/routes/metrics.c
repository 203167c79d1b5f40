/* GET /metrics: counts for Prometheus, of each model that is loaded; the names are llama.cpp's where it has one. */
#define _GNU_SOURCE
#include "server/models.h"

#include <stddef.h>
#include <unistd.h>

static const struct {
    const char *name, *type, *help;
    size_t at;
    char kind; /* of the field: 'u' uint64_t, 's' size_t, 'd' double */
} metrics[] = {
    { "llamacpp:prompt_tokens_total", "counter", "Tokens of prompts that were computed.", offsetof(ink_scheduler_state, prompt_tokens), 'u' },
    { "llamacpp:tokens_predicted_total", "counter", "Tokens of answers.", offsetof(ink_scheduler_state, new_tokens), 'u' },
    { "llamacpp:requests_processing", "gauge", "Requests that are being answered.", offsetof(ink_scheduler_state, active), 's' },
    { "llamacpp:requests_deferred", "gauge", "Requests that wait.", offsetof(ink_scheduler_state, waiting), 's' },
    { "llamacpp:n_decode_total", "counter", "Steps.", offsetof(ink_scheduler_state, steps), 'u' },
    { "inkstone:requests_total", "counter", "Requests that were taken in.", offsetof(ink_scheduler_state, requests), 'u' },
    { "inkstone:requests_refused_total", "counter", "Requests that found the queue full.", offsetof(ink_scheduler_state, refused), 'u' },
    { "inkstone:requests_cancelled_total", "counter", "Requests that ended because their client went away.", offsetof(ink_scheduler_state, cancelled), 'u' },
    { "inkstone:reused_tokens_total", "counter", "Tokens of prompts that were there already.", offsetof(ink_scheduler_state, reused_tokens), 'u' },
    { "inkstone:preempted_total", "counter", "Answers that lost their keys and values for want of room.", offsetof(ink_scheduler_state, preempted), 'u' },
    { "inkstone:sequences_cached", "gauge", "Sequences kept for prompts that begin alike.", offsetof(ink_scheduler_state, cached), 's' },
    { "inkstone:step_seconds_total", "counter", "Seconds of all steps.", offsetof(ink_scheduler_state, step_seconds), 'd' },
};

typedef struct metrics_row {
    ink_buf *out;
    size_t i;
} metrics_row;

static void metrics_model(void *user, const srv_model *m)
{
    const metrics_row *row = user;
    const ink_scheduler_state s = ink_scheduler_look(m->scheduler);
    const void *at = (const char *)&s + metrics[row->i].at;
    double v = metrics[row->i].kind == 'd' ? *(const double *)at : metrics[row->i].kind == 's' ? (double)*(const size_t *)at : (double)*(const uint64_t *)at;
    ink_buf_format(row->out, "%s{model=\"%s\"} %.17g\n", metrics[row->i].name, m->name, v);
}

/* Pages of this process that are in memory; nothing is written where the system does not tell. */
static void metrics_memory(ink_buf *out)
{
    unsigned long long all, here;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%llu %llu", &all, &here) == 2)
        ink_buf_format(out, "# HELP process_resident_memory_bytes Memory that this process holds.\n# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %llu\n",
                       here * (unsigned long long)sysconf(_SC_PAGESIZE));
    if (f)
        fclose(f);
}

static ink_status metrics_run(srv_call *c, ink_err *err)
{
    (void)err;
    c->type = "text/plain; version=0.0.4";
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        metrics_row row = { &c->out, i };
        ink_buf_format(&c->out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help, metrics[i].name, metrics[i].type);
        srv_models_each(c->server, metrics_model, &row);
    }
    metrics_memory(&c->out);
    return INK_OK;
}

extern const srv_route srv_route_metrics;
const srv_route srv_route_metrics = { .method = "GET", .paths = (const char *const[]){ "/metrics", NULL }, .about = "Counts for Prometheus.", .run = metrics_run };
