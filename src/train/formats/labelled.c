/* labelled: a line {"text": "…", "label": …} for each sample, or with "text_pair" beside it, or {"input_ids": […], "label": …}; labels are numbers from 0 on, or
   names, which are numbered as they come. Read where a run learns labels. */
#include "train/examples.h"

typedef struct labelled_rows {
    const ink_reading *r;
    ink_examples *into;
    bool names, numbers;  /* what labels were so far */
    ink_ids ids, targets; /* of a row */
} labelled_rows;

static bool labelled_probe(const char *head, size_t n)
{
    (void)head, (void)n;
    return false;
}

static ink_status labelled_label(labelled_rows *s, const ink_json *row, size_t *number, ink_err *err)
{
    const ink_json *label = ink_json_get(row, "label");
    size_t n = 0;
    const char *name = ink_json_text(label, &n);
    const int64_t whole = ink_json_integer(label, -1);
    if (!name && whole < 0)
        return ink_fail(err, INK_E_FORMAT, "has no label: a name, or a whole number from 0 on");
    s->names |= name != NULL;
    s->numbers |= !name;
    if (s->names && s->numbers)
        return ink_fail(err, INK_E_FORMAT, "its label is %s, but those before it are not", name ? "a name" : "a number");
    *number = (size_t)(whole < 0 ? 0 : whole);
    return name ? ink_labels_take(s->r->classes, name, n, number, err) : ink_classes_number(s->r->classes, whole, err);
}

static ink_status labelled_ids(labelled_rows *s, const ink_json *list, ink_err *err)
{
    if (ink_json_size(list) > s->r->cutoff)
        return ink_fail(err, INK_E_LIMIT, "has %zu tokens, but a sample has at most %zu (cutoff_len)", ink_json_size(list), s->r->cutoff);
    for (size_t i = 0; i < ink_json_size(list); i++) {
        const int64_t id = ink_json_integer(ink_json_at(list, i), -1);
        if (id < 0 || id >= (int64_t)s->r->vocab)
            return ink_fail(err, INK_E_FORMAT, "number %zu of input_ids is no token of the model's vocabulary of %zu", i + 1, s->r->vocab);
        INK_TRY(ink_ids_add(&s->ids, (int32_t)id, err));
    }
    return INK_OK;
}

static ink_status labelled_tokens(labelled_rows *s, const ink_json *row, size_t *second, ink_err *err)
{
    ink_class_text t = { 0 };
    bool cut;
    t.first = ink_json_text(ink_json_get(row, "text"), &t.first_size);
    t.second = ink_json_text(ink_json_get(row, "text_pair"), &t.second_size);
    s->ids.count = s->targets.count = 0;
    *second = 0;
    if (ink_json_get(row, "input_ids"))
        return labelled_ids(s, ink_json_get(row, "input_ids"), err);
    return t.first ? ink_classes_ids(s->r->model, &t, s->r->cutoff, &s->ids, second, &cut, err) : ink_fail(err, INK_E_FORMAT, "has no text");
}

/* The label stands where the model's head looks: at the first token or at the last. */
static ink_status labelled_row(void *user, const ink_json *row, ink_err *err)
{
    labelled_rows *s = user;
    size_t number, second;
    INK_TRY(labelled_tokens(s, row, &second, err));
    if (!s->ids.count)
        return ink_fail(err, INK_E_UNSUPPORTED, "has no token");
    INK_TRY(labelled_label(s, row, &number, err));
    const size_t at = ink_model_architecture(s->r->model)->encoder ? 0 : s->ids.count - 1;
    for (size_t i = 0; i < s->ids.count; i++)
        INK_TRY(ink_ids_add(&s->targets, i == at ? (int32_t)number : INK_IGNORED, err));
    return ink_examples_add(s->into, s->ids.at, s->targets.at, second ? (int32_t)second : INK_IGNORED, s->ids.count, err);
}

static ink_status labelled_read(const ink_reading *r, const char *text, size_t n, ink_examples *into, ink_err *err)
{
    labelled_rows s = { .r = r, .into = into };
    if (!r->classes)
        return ink_fail(err, INK_E_ARGUMENT, "%s: labels are learned with stage classify", r->path);
    const ink_status status = ink_json_rows(r, text, n, labelled_row, &s, into, err);
    ink_ids_clear(&s.ids);
    ink_ids_clear(&s.targets);
    return status;
}

const ink_rows_format ink_rows_labelled = { .name = "labelled", .probe = labelled_probe, .read = labelled_read };
