/* Self-instruct. An attempt is a function of the seed, its number and the rows before it. */
#define _GNU_SOURCE /* strcasestr, asprintf */
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ink/chat.h>
#include <ink/generate.h>
#include <ink/self_instruct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SELF_WORDS = 512, SELF_EXAMPLES = 3, SELF_TOKENS = 400, SELF_VAIN = 20 };

typedef struct self_word {
    const char *at;
    size_t n;
} self_word;

static size_t self_words(const char *text, self_word out[SELF_WORDS])
{
    size_t count = 0;
    while (*text && count < SELF_WORDS) {
        while (*text && !isalnum((unsigned char)*text) && !((unsigned char)*text & 0x80))
            text++;
        out[count].at = text;
        while (*text && (isalnum((unsigned char)*text) || (unsigned char)*text & 0x80))
            text++;
        out[count].n = (size_t)(text - out[count].at);
        count += out[count].n > 0;
    }
    return count;
}

double ink_rouge_l(const char *a, const char *b)
{
    self_word x[SELF_WORDS], y[SELF_WORDS];
    size_t row[SELF_WORDS + 1] = { 0 };
    const size_t n = self_words(a, x), m = self_words(b, y);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0, before = 0; j < m; j++) { /* before: of the row above, one to the left */
            const size_t above = row[j + 1];
            const bool same = x[i].n == y[j].n && !strncasecmp(x[i].at, y[j].at, x[i].n);
            row[j + 1] = same ? before + 1 : above > row[j] ? above : row[j];
            before = above;
        }
    return n && m ? 2.0 * (double)row[m] / (double)(n + m) : 0;
}

typedef struct self_task {
    char *instruction, *input, *output;
} self_task;

typedef struct self {
    ink_llm *llm;
    const ink_tokenizer *t;
    const ink_self_instruct_options *o;
    ink_self_instruct_report *report;
    self_task *tasks;        /* seeds, then rows */
    size_t count, seeds, room;
    int fd;
} self;

static void self_task_free(self_task *t)
{
    free(t->instruction);
    free(t->input);
    free(t->output);
    *t = (self_task){ 0 };
}

/* Takes the task over. */
static ink_status self_add(self *s, self_task t, ink_err *err)
{
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 256;
        self_task *more = realloc(s->tasks, room * sizeof *more);
        if (!more) {
            self_task_free(&t);
            return ink_fail(err, INK_E_MEMORY, "no memory for %zu tasks", room);
        }
        s->tasks = more;
        s->room = room;
    }
    s->tasks[s->count++] = t;
    return INK_OK;
}

static ink_status self_read_row(self *s, const char *path, const char *line, size_t n, size_t number, ink_err *err)
{
    ink_json *row;
    INK_TRY(ink_json_parse(line, n, path, &row, err));
    const ink_json *first = ink_json_at(ink_json_get(row, "instances"), 0), *from = first ? first : row;
    const char *instruction = ink_json_string(ink_json_get(row, "instruction"), NULL), *output = ink_json_string(ink_json_get(from, "output"), NULL);
    const int64_t attempt = ink_json_integer(ink_json_get(row, "attempt"), -1);
    ink_status status = instruction && output ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s, line %zu: has no instruction or no output", path, number);
    if (status == INK_OK) {
        self_task t = { strdup(instruction), strdup(ink_json_string(ink_json_get(from, "input"), "")), strdup(output) };
        const bool whole = t.instruction && t.input && t.output;
        if (!whole)
            self_task_free(&t);
        status = whole ? self_add(s, t, err) : ink_fail(err, INK_E_MEMORY, "no memory for the tasks of %s", path);
    }
    s->report->attempts = status == INK_OK && attempt >= 0 ? (size_t)attempt + 1 : s->report->attempts;
    ink_json_free(row);
    return status;
}

static ink_status self_read(self *s, const char *path, ink_err *err)
{
    char *text;
    size_t n, number = 0;
    INK_TRY(ink_file_text(path, 0, &text, &n, err));
    ink_status status = INK_OK;
    for (char *at = text; status == INK_OK && at < text + n; number++) {
        const size_t size = strcspn(at, "\n");
        if (strspn(at, " \t\r") < size)
            status = self_read_row(s, path, at, size, number + 1, err);
        at += size + 1;
    }
    free(text);
    return status;
}

/* ---- an attempt ---- */

static void self_show(ink_buf *b, size_t number, const self_task *t)
{
    ink_buf_format(b, "Task %zu\nInstruction: %s\nInput: %s\nOutput: %s\n\n", number, t->instruction, *t->input ? t->input : "none", t->output);
}

static void self_request(const self *s, ink_buf *b)
{
    const size_t show = s->o->examples ? s->o->examples : SELF_EXAMPLES;
    ink_buf_text(b, "Here are tasks for an assistant. Each has an instruction, an input (\"none\" where none is needed) and the output that a good assistant gives.\n\n");
    for (size_t i = 0; i < show; i++)
        self_show(b, i + 1, &s->tasks[(size_t)(ink_rng_uniform(s->o->seed, s->report->attempts, i) * (double)s->count)]);
    ink_buf_format(b, "Write task %zu in the same form. It must be about something else and ask for something else than those above.\n", show + 1);
}

/* The answer is begun for the model, so that it keeps to the form. */
static const char self_begun[] = "Instruction:";

static ink_status self_ids(const self *s, const char *text, size_t n, ink_ids *ids, ink_err *err)
{
    ink_buf whole;
    ink_buf_init(&whole, 0);
    ink_buf_add(&whole, text, n);
    ink_buf_text(&whole, self_begun);
    ink_status status = ink_buf_check(&whole, "a request", err);
    if (status == INK_OK)
        status = ink_prompt_ids(s->t, whole.data, whole.len, ids, err);
    ink_buf_clear(&whole);
    return status;
}

/* As the model was taught to be asked; a base model goes on with the text. */
static ink_status self_prompt(const self *s, const ink_buf *request, ink_ids *ids, ink_err *err)
{
    ink_json *messages = ink_json_new_array(), *one = ink_json_new_object();
    ink_buf json;
    char *text;
    size_t n;
    ink_buf_init(&json, 0);
    ink_json_set(one, "role", ink_json_new_text("user", 4));
    ink_json_set(one, "content", ink_json_new_text(request->data, request->len));
    ink_json_append(messages, one);
    ink_json_dump(messages, 0, &json);
    ink_json_free(messages);
    ink_status status = ink_buf_check(&json, "a request", err);
    if (status == INK_OK)
        status = ink_chat_render(s->t, json.data, json.len, NULL, &text, &n, err);
    ink_buf_clear(&json);
    if (status == INK_E_NOT_FOUND)
        return self_ids(s, request->data, request->len, ids, err);
    INK_TRY(status);
    status = self_ids(s, text, n, ids, err);
    free(text);
    return status;
}

static ink_status self_answer(const self *s, char **answer, ink_err *err)
{
    static const char *const stops[] = { "\nTask " };
    ink_buf request;
    ink_ids ids = { 0 };
    ink_generation g = { 0 };
    ink_generate_options how = { .most = s->o->most ? s->o->most : SELF_TOKENS, .stops = stops, .stop_count = 1 };
    ink_param_defaults(ink_sampling_params, &how.sampling);
    how.sampling.seed = (int64_t)(ink_rng_bits(s->o->seed, s->report->attempts, ~(uint64_t)0) >> 1);
    ink_buf_init(&request, 0);
    self_request(s, &request);
    ink_status status = ink_buf_check(&request, "a request", err);
    if (status == INK_OK)
        status = self_prompt(s, &request, &ids, err);
    if (status == INK_OK)
        status = ink_generate(s->llm, NULL, ids.at, ids.count, &how, &g, err);
    if (status == INK_OK && asprintf(answer, "%s%s", self_begun, g.count && g.answers[0].text ? g.answers[0].text : "") < 0)
        status = ink_fail(err, INK_E_MEMORY, "no memory for an answer");
    ink_generation_clear(&g);
    ink_ids_clear(&ids);
    ink_buf_clear(&request);
    return status;
}

/* What follows a heading, up to the next one. NULL: the heading is not there. */
static char *self_field(const char *answer, const char *heading, const char *next)
{
    const char *from = strcasestr(answer, heading), *to = from ? strcasestr(from + strlen(heading), next) : NULL;
    if (!from)
        return NULL;
    from += strlen(heading);
    size_t n = to ? (size_t)(to - from) : strlen(from);
    while (n && isspace((unsigned char)*from))
        from++, n--;
    while (n && (isspace((unsigned char)from[n - 1]) || from[n - 1] == '*'))
        n--;
    return strndup(from, n);
}

static bool self_parse(const char *answer, self_task *t)
{
    enum { LEAST = 3, MOST = 150 };
    self_word words[SELF_WORDS];
    *t = (self_task){ self_field(answer, "Instruction:", "Input:"), self_field(answer, "Input:", "Output:"), self_field(answer, "Output:", "\nTask ") };
    if (t->input && (!strcasecmp(t->input, "none") || !strcasecmp(t->input, "<noinput>")))
        *t->input = 0;
    const size_t n = t->instruction ? self_words(t->instruction, words) : 0;
    return t->instruction && t->input && t->output && *t->output && n >= LEAST && n <= MOST;
}

static bool self_is_new(const self *s, const self_task *t)
{
    const double alike = s->o->alike > 0 ? s->o->alike : 0.7;
    for (size_t i = 0; i < s->count; i++)
        if (ink_rouge_l(s->tasks[i].instruction, t->instruction) > alike)
            return false;
    return true;
}

static ink_status self_write(const self *s, const self_task *t, ink_err *err)
{
    ink_json *row = ink_json_new_object();
    ink_buf line;
    ink_buf_init(&line, 0);
    ink_json_set(row, "instruction", ink_json_new_text(t->instruction, strlen(t->instruction)));
    ink_json_set(row, "input", ink_json_new_text(t->input, strlen(t->input)));
    ink_json_set(row, "output", ink_json_new_text(t->output, strlen(t->output)));
    ink_json_set(row, "attempt", ink_json_new_integer((int64_t)s->report->attempts));
    ink_json_dump(row, 0, &line);
    ink_buf_char(&line, '\n');
    ink_json_free(row);
    ink_status status = ink_buf_check(&line, "a row", err);
    if (status == INK_OK && (write(s->fd, line.data, line.len) != (ssize_t)line.len || fsync(s->fd)))
        status = ink_fail(err, INK_E_IO, "%s could not be written: %s", s->o->out, strerror(errno));
    ink_buf_clear(&line);
    return status;
}

static ink_status self_attempt(self *s, ink_err *err)
{
    char *answer;
    self_task t;
    INK_TRY(self_answer(s, &answer, err));
    const bool complete = self_parse(answer, &t), is_new = complete && self_is_new(s, &t);
    free(answer);
    s->report->incomplete += !complete;
    s->report->alike += complete && !is_new;
    if (!is_new) {
        self_task_free(&t);
        return INK_OK;
    }
    ink_status status = self_write(s, &t, err);
    if (status != INK_OK) {
        self_task_free(&t);
        return status;
    }
    s->report->rows++;
    return self_add(s, t, err);
}

/* ---- the run ---- */

/* A last line that was cut off goes, so that what follows stands by itself. */
static ink_status self_open(self *s, ink_err *err)
{
    ink_buf bytes;
    if (ink_file_kind(s->o->out) == 'f') {
        INK_TRY(ink_file_read(s->o->out, 0, &bytes, err));
        size_t whole = bytes.len;
        while (whole && bytes.data[whole - 1] != '\n')
            whole--;
        ink_buf_clear(&bytes);
        if (truncate(s->o->out, (off_t)whole))
            return ink_fail(err, INK_E_IO, "%s could not be cut to whole lines: %s", s->o->out, strerror(errno));
        INK_TRY(self_read(s, s->o->out, err));
        s->report->rows = s->count - s->seeds;
    }
    s->fd = open(s->o->out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return s->fd >= 0 ? INK_OK : ink_fail(err, INK_E_IO, "%s could not be opened: %s", s->o->out, strerror(errno));
}

static ink_status self_run(self *s, ink_err *err)
{
    INK_TRY(ink_model_tokenizer(ink_llm_model(s->llm), &s->t, err));
    INK_TRY(self_read(s, s->o->seeds, err));
    if (!s->count)
        return ink_fail(err, INK_E_ARGUMENT, "%s holds no seed tasks", s->o->seeds);
    s->seeds = s->count;
    INK_TRY(self_open(s, err));
    for (size_t vain = 0, rows = s->report->rows; s->report->rows < s->o->count; s->report->attempts++) {
        INK_TRY(self_attempt(s, err));
        vain = s->report->rows > rows ? 0 : vain + 1;
        rows = s->report->rows;
        if (s->o->step && !s->o->step(s->o->user, rows, s->report->attempts + 1))
            return ink_fail(err, INK_E_STOPPED, "stopped with %zu of %zu rows; the same command goes on from there", rows, s->o->count);
        if (vain >= SELF_VAIN)
            return ink_fail(err, INK_E_LIMIT, "%d attempts one after the other came to nothing (%zu incomplete, %zu too much like others so far); %zu rows are written; a larger model may do better", SELF_VAIN,
                            s->report->incomplete, s->report->alike, rows);
    }
    return INK_OK;
}

ink_status ink_self_instruct(ink_llm *llm, const ink_self_instruct_options *o, ink_self_instruct_report *report, ink_err *err)
{
    self s = { .llm = llm, .o = o, .report = report, .fd = -1 };
    *report = (ink_self_instruct_report){ 0 };
    ink_status status = self_run(&s, err);
    if (s.fd >= 0)
        close(s.fd);
    for (size_t i = 0; i < s.count; i++)
        self_task_free(&s.tasks[i]);
    free(s.tasks);
    return status;
}
