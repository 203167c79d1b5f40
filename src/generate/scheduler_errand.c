/* Errands: a kept prompt's keys and values go to a file and come back between two steps, while whoever asked waits. */
#include "generate/scheduler.h"

static ink_status scheduler_save(ink_scheduler *s, const scheduler_errand *e)
{
    size_t common;
    ink_seq *part;
    const ink_prefix *p = ink_prefixes_find(&s->prefixes, e->owner, e->ids, e->count, &common);
    if (!p)
        return ink_fail(e->err, INK_E_NOT_FOUND, "nothing of this prompt is kept any more; ask for an answer to it first");
    INK_TRY(ink_seq_fork(p->seq, common, &part, e->err));
    ink_status status = ink_seq_save(part, e->ids, e->path, e->err);
    ink_seq_free(part);
    *e->tokens = common;
    return status;
}

static ink_status scheduler_restore(ink_scheduler *s, const scheduler_errand *e)
{
    ink_seq *seq;
    ink_ids ids = { 0 };
    ink_status status;
    while ((status = ink_seq_load(s->llm, e->path, &seq, &ids, e->err)) == INK_E_LIMIT && ink_prefixes_evict(&s->prefixes))
        ;
    INK_TRY(status);
    *e->tokens = ids.count;
    ink_prefixes_keep(&s->prefixes, e->owner, seq, ids.at, ids.count);
    ink_ids_clear(&ids);
    return INK_OK;
}

void ink_scheduler_run_errands(ink_scheduler *s)
{
    while (s->errands) {
        scheduler_errand *e = s->errands;
        s->errands = e->next;
        pthread_mutex_unlock(&s->lock);
        e->status = s->closing ? ink_fail(e->err, INK_E_STOPPED, "the model is put away") : e->ids ? scheduler_save(s, e) : scheduler_restore(s, e);
        pthread_mutex_lock(&s->lock);
        e->done = true;
        pthread_cond_broadcast(&s->ended);
    }
}

static ink_status scheduler_errand_run(ink_scheduler *s, scheduler_errand *e)
{
    pthread_mutex_lock(&s->lock);
    e->next = s->errands;
    s->errands = e;
    pthread_cond_signal(&s->wake);
    while (!e->done)
        pthread_cond_wait(&s->ended, &s->lock);
    pthread_mutex_unlock(&s->lock);
    return e->status;
}

ink_status ink_scheduler_save(ink_scheduler *s, uint64_t owner, const int32_t *ids, size_t count, const char *path, size_t *tokens, ink_err *err)
{
    return scheduler_errand_run(s, &(scheduler_errand){ .owner = owner, .ids = ids, .count = count, .path = path, .tokens = tokens, .err = err });
}

ink_status ink_scheduler_restore(ink_scheduler *s, uint64_t owner, const char *path, size_t *tokens, ink_err *err)
{
    return scheduler_errand_run(s, &(scheduler_errand){ .owner = owner, .path = path, .tokens = tokens, .err = err });
}
