/* log.jsonl: a row a step, each written whole; a run that goes on forgets the rows after its checkpoint. */
#define _GNU_SOURCE
#include "base/file.h"
#include "train/train.h"

#include <errno.h>
#include <fcntl.h>
#include <ink/jot.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whole rows up to the step. */
static void log_keep(const ink_buf *old, size_t step, ink_buf *kept)
{
    for (size_t at = 0; at < old->len;) {
        const char *end = memchr(old->data + at, '\n', old->len - at);
        ink_json *row;
        if (!end)
            return;
        size_t n = (size_t)(end - (old->data + at));
        if (ink_json_parse(old->data + at, n, "log.jsonl", &row, NULL) == INK_OK) {
            int64_t of = ink_json_integer(ink_json_get(row, "step"), -1);
            if (of >= 0 && (size_t)of <= step)
                ink_buf_add(kept, old->data + at, n + 1);
            ink_json_free(row);
        }
        at += n + 1;
    }
}

ink_status ink_log_open(ink_log *log, const char *output, size_t step, ink_err *err)
{
    ink_buf old = { 0 }, kept;
    snprintf(log->path, sizeof log->path, "%s/log.jsonl", output);
    log->fd = -1;
    ink_buf_init(&kept, 0);
    if (step && ink_file_read(log->path, 0, &old, NULL) == INK_OK)
        log_keep(&old, step, &kept);
    ink_status status = ink_buf_check(&kept, log->path, err);
    if (status == INK_OK)
        status = ink_file_write(log->path, kept.data ? kept.data : "", kept.len, err);
    ink_buf_clear(&old);
    ink_buf_clear(&kept);
    INK_TRY(status);
    log->fd = open(log->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    return log->fd >= 0 ? INK_OK : ink_fail(err, INK_E_IO, "%s: cannot be opened: %s", log->path, strerror(errno));
}

static void log_put(void *user, const char *bytes, size_t n)
{
    ink_buf_add(user, bytes, n);
}

static ink_status log_write(const ink_log *log, ink_buf *row, ink_err *err)
{
    ink_buf_char(row, '\n');
    INK_TRY(ink_buf_check(row, log->path, err));
    for (size_t at = 0; at < row->len;) {
        ssize_t n = write(log->fd, row->data + at, row->len - at);
        if (n < 0 && errno != EINTR)
            return ink_fail(err, INK_E_IO, "%s: cannot be written: %s", log->path, strerror(errno));
        at += n > 0 ? (size_t)n : 0;
    }
    return INK_OK;
}

ink_status ink_log_add(ink_log *log, const ink_train_report *r, ink_err *err)
{
    ink_buf row;
    ink_buf_init(&row, 1 << 16);
    ink_jot j = { .put = log_put, .user = &row };
    ink_jot_object(&j, NULL);
    ink_jot_integer(&j, "step", (int64_t)r->step);
    ink_jot_number(&j, "epoch", r->epoch);
    if (isnan(r->eval_loss)) {
        ink_jot_number(&j, "loss", r->loss);
        ink_jot_number(&j, "grad_norm", r->grad_norm);
        ink_jot_number(&j, "lr", r->rate);
        ink_jot_number(&j, "tokens_per_second", r->tokens_per_second);
    } else {
        ink_jot_number(&j, "eval_loss", r->eval_loss);
        ink_jot_number(&j, "eval_perplexity", exp(r->eval_loss));
    }
    ink_jot_end(&j);
    ink_status status = log_write(log, &row, err);
    ink_buf_clear(&row);
    return status;
}

void ink_log_sync(ink_log *log)
{
    fsync(log->fd);
}

void ink_log_close(ink_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}
