/* tags: a line {"tokens": ["The", "Hague", …], "tags": ["O", "B-LOC", …]} for each sample, a tag for every word (stage tag). */
#include "models/tagging.h"
#include "train/examples.h"

#include <stdlib.h>
#include <string.h>

typedef struct tags_row {
    const ink_reading *r;
    const ink_tokenizer *tokenizer;
    ink_examples *into;
} tags_row;

typedef struct tags_words { /* of a row */
    ink_text *words;
    int32_t *tags, *targets;
    size_t *starts;
    ink_ids ids;
} tags_words;

static bool tags_probe(const char *head, size_t n) { return ink_json_mentions(head, n, "tokens") && ink_json_mentions(head, n, "tags"); }

static ink_status tags_read_words(const tags_row *s, const ink_json *row, tags_words *w, size_t count, ink_err *err)
{
    const ink_json *tokens = ink_json_get(row, "tokens"), *tags = ink_json_get(row, "tags");
    for (size_t i = 0; i < count; i++) {
        const char *tag = ink_json_string(ink_json_at(tags, i), NULL);
        w->words[i].data = ink_json_text(ink_json_at(tokens, i), &w->words[i].size);
        if (!w->words[i].data || !tag)
            return ink_fail(err, INK_E_FORMAT, "word %zu or its tag is no text", i + 1);
        size_t number;
        INK_TRY(ink_labels_take(s->r->labels, tag, strlen(tag), &number, err));
        w->tags[i] = (int32_t)number;
    }
    return INK_OK;
}

static ink_status tags_make(const tags_row *s, const ink_json *row, tags_words *w, size_t count, ink_err *err)
{
    INK_TRY(tags_read_words(s, row, w, count, err));
    INK_TRY(ink_tagging_ids(s->tokenizer, w->words, count, &w->ids, w->starts, err));
    if (w->ids.count > s->r->cutoff)
        return ink_fail(err, INK_E_LIMIT, "has %zu tokens, but a sample has at most %zu (cutoff_len)", w->ids.count, s->r->cutoff);
    if (!(w->targets = malloc((w->ids.count + 1) * sizeof *w->targets)))
        return ink_fail(err, INK_E_MEMORY, "no memory for a sample of %zu tokens", w->ids.count);
    for (size_t i = 0; i < w->ids.count; i++)
        w->targets[i] = INK_IGNORED;
    for (size_t i = 0; i < count; i++)
        if (w->starts[i] != SIZE_MAX)
            w->targets[w->starts[i]] = w->tags[i];
    return ink_examples_add(s->into, w->ids.at, w->targets, INK_IGNORED, w->ids.count, err);
}

static ink_status tags_add(void *user, const ink_json *row, ink_err *err)
{
    const tags_row *s = user;
    const size_t count = ink_json_size(ink_json_get(row, "tokens"));
    if (ink_json_kind(ink_json_get(row, "tokens")) != INK_JSON_ARRAY || ink_json_kind(ink_json_get(row, "tags")) != INK_JSON_ARRAY || ink_json_size(ink_json_get(row, "tags")) != count)
        return ink_fail(err, INK_E_FORMAT, "tokens and tags are no two lists of one length");
    tags_words w = { .words = calloc(count + 1, sizeof *w.words), .tags = calloc(count + 1, sizeof *w.tags), .starts = calloc(count + 1, sizeof *w.starts) };
    ink_status status = w.words && w.tags && w.starts ? tags_make(s, row, &w, count, err) : ink_fail(err, INK_E_MEMORY, "no memory for %zu words", count);
    free(w.words);
    free(w.tags);
    free(w.starts);
    free(w.targets);
    ink_ids_clear(&w.ids);
    return status;
}

static ink_status tags_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    tags_row s = { .r = r, .into = into };
    if (!r->labels)
        return ink_fail(err, INK_E_ARGUMENT, "%s: words with tags are for stage tag", r->path);
    INK_TRY(ink_model_tokenizer(r->model, &s.tokenizer, err));
    return ink_json_rows(r, text, n, tags_add, &s, into, err);
}

const ink_rows_format ink_rows_tags = { .name = "tags", .probe = tags_probe, .read = tags_read };
