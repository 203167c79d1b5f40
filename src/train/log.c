/* The log: log.jsonl with a row a step, each written whole; the same numbers as a table for spreadsheets and as events for
   TensorBoard. A run that goes on forgets the rows after its checkpoint. */
#define _GNU_SOURCE
#include "base/file.h"
#include "base/path.h"
#include "train/train.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ink/jot.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AT(field) offsetof(ink_train_report, field)
const ink_log_column ink_log_columns[] = {
    { "loss", "train/loss", AT(loss), false }, { "grad_norm", "train/grad_norm", AT(grad_norm), false }, { "lr", "train/learning_rate", AT(rate), false },
    { "tokens_per_second", "train/tokens_per_second", AT(tokens_per_second), false },
    { "product_gops", "train/product_gops", AT(product_gops), false }, { "product_time", "train/product_time", AT(product_time), false },
    { "eval_loss", "eval/loss", AT(eval_loss), true }, { "eval_perplexity", "eval/perplexity", AT(eval_perplexity), true },
    { "eval_accuracy", "eval/accuracy", AT(eval_accuracy), true }, { "pairs_accuracy", "eval/pairs_accuracy", AT(pairs_accuracy), true },
    { 0 },
};
enum { LOG_ROWS, LOG_TABLE, LOG_EVENTS };

bool ink_log_has(const ink_train_report *r, const ink_log_column *c)
{
    const bool measured = !isnan(r->eval_loss) || !isnan(r->pairs_accuracy) || r->sample_count;
    return measured == c->measured && !isnan(ink_log_value(r, c));
}

static ink_train_report log_report(const ink_json *row, int64_t step)
{
    ink_train_report r = { .step = (size_t)step, .epoch = ink_json_number(ink_json_get(row, "epoch"), 0) };
    for (const ink_log_column *c = ink_log_columns; c->key; c++)
        *(double *)(void *)((char *)&r + c->at) = ink_json_number(ink_json_get(row, c->key), (double)NAN);
    return r;
}

ink_status ink_log_read(const char *path, size_t step, ink_log_row *row, void *user, size_t *bytes, ink_err *err)
{
    ink_buf old = { 0 };
    ink_status status = ink_file_kind(path) == 'f' ? ink_file_read(path, 0, &old, err) : INK_OK;
    size_t at = 0;
    for (const char *end; status == INK_OK && at < old.len && (end = memchr(old.data + at, '\n', old.len - at)); at = (size_t)(end - old.data) + 1) {
        ink_json *json;
        if (ink_json_parse(old.data + at, (size_t)(end - (old.data + at)), path, &json, NULL) != INK_OK)
            break;
        const int64_t of = ink_json_integer(ink_json_get(json, "step"), -1);
        const ink_train_report r = log_report(json, of);
        ink_json_free(json);
        if (of < 0 || (size_t)of > step)
            break;
        status = row ? row(user, &r, err) : INK_OK;
    }
    if (bytes)
        *bytes = at;
    ink_buf_clear(&old);
    return status;
}

static ink_status log_sheet_open(ink_log_sheet *s, ink_err *err)
{
    s->fd = open(s->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    return s->fd >= 0 ? INK_OK : ink_fail(err, INK_E_IO, "%s: cannot be opened: %s", s->path, strerror(errno));
}

/* Ends what is in `text` in the file, and frees it. */
static ink_status log_sheet_add(const ink_log_sheet *s, ink_buf *text, ink_err *err)
{
    ink_status status = ink_buf_check(text, s->path, err);
    for (size_t at = 0; status == INK_OK && at < text->len;) {
        const ssize_t n = write(s->fd, text->data + at, text->len - at);
        if (n < 0 && errno != EINTR)
            status = ink_fail(err, INK_E_IO, "%s: cannot be written: %s", s->path, strerror(errno));
        at += n > 0 ? (size_t)n : 0;
    }
    ink_buf_clear(text);
    return status;
}

/* The rows that stay, as they stand. */
static ink_status log_keep(const ink_log_sheet *s, size_t bytes, ink_err *err)
{
    ink_buf old = { 0 };
    ink_status status = bytes ? ink_file_read(s->path, 0, &old, err) : INK_OK;
    if (status == INK_OK)
        status = ink_file_write(s->path, bytes ? old.data : "", bytes, err);
    ink_buf_clear(&old);
    return status;
}

static ink_status log_table_old(void *user, const ink_train_report *r, ink_err *err)
{
    (void)err;
    ink_log_table_row(r, user);
    return INK_OK;
}

static double log_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A file of events of its own for every start, as TensorBoard wants it: it takes them together. */
static ink_status log_events_path(ink_log_sheet *s, const char *output, double now, ink_err *err)
{
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) || strchr(host, '/'))
        host[0] = 0;
    const int n = snprintf(s->path, sizeof s->path, "%s/events.out.tfevents.%.0f.%s.%ld.0", output, floor(now), host[0] ? host : "localhost", (long)getpid());
    return n > 0 && (size_t)n < sizeof s->path ? INK_OK : ink_fail(err, INK_E_LIMIT, "%.200s: the path is too long", output);
}

/* A first run forgets the events of others; one that goes on adds a file. */
static ink_status log_forget_events(const char *output, ink_err *err)
{
    static const char begins[] = "events.out.tfevents.";
    ink_status status = INK_OK;
    DIR *dir = opendir(output);
    for (struct dirent *e; dir && status == INK_OK && (e = readdir(dir));) {
        ink_path path;
        if (strncmp(e->d_name, begins, sizeof begins - 1))
            continue;
        status = ink_path_format(&path, err, "%s/%s", output, e->d_name);
        status = status == INK_OK ? ink_path_delete(path.text, err) : status;
    }
    if (dir)
        closedir(dir);
    return status;
}

ink_status ink_log_open(ink_log *log, const char *output, size_t step, ink_err *err)
{
    ink_log_sheet *s = log->sheets;
    ink_buf table, events;
    size_t bytes = 0;
    const double now = log_now();
    for (size_t i = 0; i < INK_LOG_SHEETS; i++)
        s[i].fd = -1;
    snprintf(s[LOG_ROWS].path, sizeof s->path, "%s/log.jsonl", output);
    snprintf(s[LOG_TABLE].path, sizeof s->path, "%s/log.csv", output);
    INK_TRY(log_events_path(&s[LOG_EVENTS], output, now, err));
    ink_buf_init(&table, 0);
    ink_buf_init(&events, 0);
    ink_log_table_head(&table);
    ink_status status = step ? ink_log_read(s[LOG_ROWS].path, step, log_table_old, &table, &bytes, err) : log_forget_events(output, err);
    if (status == INK_OK)
        status = log_keep(&s[LOG_ROWS], bytes, err);
    if (status == INK_OK)
        status = ink_buf_check(&table, s[LOG_TABLE].path, err);
    if (status == INK_OK)
        status = ink_file_write(s[LOG_TABLE].path, table.data, table.len, err);
    ink_buf_clear(&table);
    for (size_t i = 0; status == INK_OK && i < INK_LOG_SHEETS; i++)
        status = log_sheet_open(&s[i], err);
    ink_log_events_head(now, step, &events);
    return status == INK_OK ? log_sheet_add(&s[LOG_EVENTS], &events, err) : (ink_buf_clear(&events), status);
}

static void log_put(void *user, const char *bytes, size_t n)
{
    ink_buf_add(user, bytes, n);
}

static void log_row(const ink_train_report *r, ink_buf *row)
{
    ink_jot j = { .put = log_put, .user = row };
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "step", (int64_t)r->step);
    ink_jot_number(&j, "epoch", r->epoch);
    for (const ink_log_column *c = ink_log_columns; c->key; c++)
        if (ink_log_has(r, c))
            ink_jot_number(&j, c->key, ink_log_value(r, c));
    if (r->sample_count)
        ink_jot_array(&j, "samples");
    for (size_t i = 0; i < r->sample_count; i++) {
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "prompt", r->samples[i].prompt);
        ink_jot_text(&j, "text", r->samples[i].text);
        ink_jot_end(&j);
    }
    if (r->sample_count)
        ink_jot_end(&j);
    ink_jot_end(&j);
    ink_buf_char(row, '\n');
}

ink_status ink_log_add(ink_log *log, const ink_train_report *r, ink_err *err)
{
    ink_buf b;
    ink_buf_init(&b, 0);
    log_row(r, &b);
    INK_TRY(log_sheet_add(&log->sheets[LOG_ROWS], &b, err));
    ink_log_table_row(r, &b);
    INK_TRY(log_sheet_add(&log->sheets[LOG_TABLE], &b, err));
    ink_log_events_row(r, log_now(), &b);
    return log_sheet_add(&log->sheets[LOG_EVENTS], &b, err);
}

void ink_log_sync(ink_log *log)
{
    for (size_t i = 0; i < INK_LOG_SHEETS; i++)
        fsync(log->sheets[i].fd);
}

void ink_log_close(ink_log *log)
{
    for (size_t i = 0; i < INK_LOG_SHEETS; i++) {
        if (log->sheets[i].fd >= 0)
            close(log->sheets[i].fd);
        log->sheets[i].fd = -1;
    }
}
