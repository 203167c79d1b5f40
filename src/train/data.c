/* Data sets looked at. */
#include "train/data_write.h"

#include <stdlib.h>
#include <string.h>

struct ink_data {
    ink_examples e;
    ink_data_report report;
};

typedef struct looking {
    ink_data *d;
    ink_data_writing writing;
    size_t first; /* sample of the row that is read */
} looking;

static void data_bad(void *user, size_t line, const char *reason)
{
    looking *s = user;
    s->d->report.bad++;
    if (s->writing.o->bad)
        s->writing.o->bad(s->writing.o->user, line, reason);
}

/* What became of a row that was there before is forgotten. */
static void data_used(void *user, size_t line, const char *row, size_t n)
{
    looking *s = user;
    ink_examples *e = &s->d->e;
    (void)line;
    if (!ink_data_writing_row(&s->writing, row, n)) {
        e->count = s->first;
        e->ids.count = e->targets.count = e->count ? e->starts[e->count] : 0;
    }
    s->first = e->count;
}

static ink_status data_read(looking *s, const ink_model *model, const char *path, ink_err *err)
{
    enum { USUAL = 1024 };
    const ink_data_options *o = s->writing.o;
    const ink_model_info *m = ink_model_describe(model);
    const size_t usual = m->context && m->context < USUAL ? m->context : USUAL;
    ink_reading r = { .path = path, .model = model, .vocab = m->vocab, .cutoff = o->cutoff ? o->cutoff : usual, .answers = !o->prompts, .pairs = m->reads, .bad = data_bad, .used = data_used, .user = s };
    ink_err first;
    ink_status status = ink_examples_read(&r, o->format, &s->d->e, &first);
    if (status == INK_E_ARGUMENT && r.answers && !s->d->e.count) { /* nobody answers there */
        r.answers = false;
        r.spans = m->reads;
        return ink_examples_read(&r, o->format, &s->d->e, err);
    }
    return status == INK_OK ? INK_OK : ink_fail(err, status, "%s", first.text);
}

static void data_count(ink_data *d)
{
    const ink_examples *e = &d->e;
    d->report.format = e->format;
    d->report.samples = e->count;
    d->report.tokens = e->ids.count;
    for (size_t i = 0; i < e->count; i++) {
        const size_t n = ink_examples_length(e, i);
        d->report.longest = n > d->report.longest ? n : d->report.longest;
    }
    for (size_t i = 0; i < e->targets.count; i++)
        d->report.learned += e->targets.at[i] >= 0;
}

static ink_status data_look(looking *s, const ink_model *model, const char *path, ink_err *err)
{
    INK_TRY(data_read(s, model, path, err));
    if (s->writing.o->out && !strcmp(s->d->e.format, "txt"))
        return ink_fail(err, INK_E_ARGUMENT, "%s is running text, which has no rows to write", path);
    data_count(s->d);
    s->d->report.duplicates = s->writing.duplicates;
    s->d->report.written = s->writing.written;
    return INK_OK;
}

ink_status ink_data_open(const ink_model *model, const char *path, const ink_data_options *o, ink_data **out, ink_err *err)
{
    looking s = { .d = calloc(1, sizeof *s.d) };
    if (!s.d)
        return ink_fail(err, INK_E_MEMORY, "no memory to look at %s", path);
    ink_status status = ink_data_writing_begin(&s.writing, o, err);
    if (status == INK_OK)
        status = data_look(&s, model, path, err);
    status = ink_data_writing_end(&s.writing, status, err);
    if (status == INK_OK)
        *out = s.d;
    else
        ink_data_close(s.d);
    return status;
}

const ink_data_report *ink_data_describe(const ink_data *d) { return &d->report; }

int32_t ink_data_token(const ink_data *d, size_t sample, size_t at, bool *learned)
{
    const ink_examples *e = &d->e;
    if (sample >= e->count || at >= ink_examples_length(e, sample))
        return -1;
    const size_t place = e->starts[sample] + at;
    *learned = at && e->targets.at[place - 1] >= 0;
    return e->ids.at[place];
}

void ink_data_close(ink_data *d)
{
    if (!d)
        return;
    ink_examples_clear(&d->e);
    free(d);
}
