/* What inkstone show prints for a person. */
#include "show.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_GROUPS = 48, TEXT_MOST = 100 }; /* lines of tensors unasked; bytes of a foreign text */

/* Foreign text on a terminal: without control characters, and not too much of it. */
static void text_print(const char *text, size_t n)
{
    size_t shown = n < TEXT_MOST ? n : TEXT_MOST;
    while (shown < n && shown && ((unsigned char)text[shown] & 0xc0) == 0x80) /* not within a character */
        shown--;
    for (size_t i = 0; i < shown; i++)
        putchar((unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i]);
    fputs(shown < n ? "…" : "", stdout);
}

static void text_line(const char *label, const char *text)
{
    if (!text)
        return;
    printf("  %-14s", label);
    text_print(text, strlen(text));
    putchar('\n');
}

static const char *text_size(const show_all *s, uint64_t bytes)
{
    char text[32];
    cli_size((double)bytes, text, sizeof text);
    return ink_arena_format(s->arena, "%s", text);
}

static const char *text_count(const show_all *s, uint64_t n)
{
    static const char *const units[] = { "", " thousand", " million", " billion", " trillion" };
    double v = (double)n;
    size_t unit = 0;
    for (; v >= 999.5 && unit < 4; unit++)
        v /= 1000;
    return ink_arena_format(s->arena, unit ? "%.4g%s" : "%.0f%s", v, units[unit]);
}

static const char *text_shape(const show_all *s, const ink_tensor *t)
{
    char text[160];
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; i < t->ndim; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%llu", i ? " × " : "", (unsigned long long)t->dims[i]);
    return ink_arena_text(s->arena, t->ndim ? text : "one number", t->ndim ? n : 10);
}

static void text_architecture(const show_all *s)
{
    const ink_about *a = &s->about;
    text_line("name", a->name);
    text_line("architecture", a->architecture ? a->architecture : "not said");
    if (a->layers && a->width) {
        printf("  %-14s%zu layers, %zu wide", "", a->layers, a->width);
        if (a->heads)
            printf(", %zu heads of %zu", a->heads, a->head_dim);
        if (a->heads && a->kv_heads != a->heads)
            printf(" (%zu for keys and values)", a->kv_heads);
        if (a->ffn)
            printf(", feed-forward %zu", a->ffn);
        putchar('\n');
    }
    if (a->context)
        printf("  %-14s%zu tokens%s\n", "context", a->context, a->window ? ink_arena_format(s->arena, ", sliding windows of %zu", a->window) : "");
    text_line("licence", a->licence);
}

static void text_parameters(const show_all *s)
{
    const ink_about *a = &s->about;
    printf("  %-14s%s weights, %s biases", "parameters", text_count(s, a->weights), a->biases ? text_count(s, a->biases) : "no");
    printf("%s%s, mostly %s\n", a->others ? ", whole numbers beside them: " : "", a->others ? text_count(s, a->others) : "",
           ink_type_find((int)a->type)->name);
    if (a->embedding)
        printf("  %-14s%s, %s, %s\n", "embedding", a->embedding->name, text_shape(s, a->embedding), ink_type_find((int)a->embedding->type)->name);
    if (a->head && a->head == a->embedding)
        printf("  %-14sthe embedding again\n", "head");
    else if (a->head)
        printf("  %-14s%s, %s, %s\n", "head", a->head->name, text_shape(s, a->head), ink_type_find((int)a->head->type)->name);
}

static void text_words(const show_all *s)
{
    const ink_about *a = &s->about;
    const char *vocab = a->vocab ? ink_arena_format(s->arena, "%s%zu entries", a->tokenizer ? ", " : "", a->vocab) : "";
    const char *split = a->split ? ink_arena_format(s->arena, ", split as %s", a->split) : "";
    if (a->tokenizer || a->vocab)
        text_line("tokenizer", ink_arena_format(s->arena, "%s%s%s", a->tokenizer ? a->tokenizer : "", split, vocab));
    if (a->chat_template)
        printf("  %-14s%zu bytes (--template prints it)\n", "chat template", strlen(a->chat_template));
}

static void text_needs(const show_all *s)
{
    const show_memory *m = &s->memory;
    if (!m->weights)
        return;
    printf("  %-14s%s weights", "memory", text_size(s, m->weights));
    if (m->kv)
        printf(" + %s keys and values (%s, %llu tokens) = %s", text_size(s, m->kv), s->about.type == INK_F32 ? "f32" : "f16",
               (unsigned long long)m->context, text_size(s, m->total));
    if (m->machine.available)
        printf("\n  %-14s%s: this machine has %s, %s of it free", "", show_fits(m) ? "fits" : "does not fit", text_size(s, m->machine.total),
               text_size(s, m->machine.available));
    putchar('\n');
}

/* Tensors that differ in the number of a layer alone, with the same type and shape, share a line. */
typedef struct text_row {
    const ink_tensor *first;
    const char *pattern; /* the name with * for numbers */
    size_t at, count;    /* of the first, in the file */
    uint64_t bytes;
} text_row;

static const char *text_pattern(ink_arena *arena, const char *name)
{
    char *p = ink_arena_text(arena, name, strlen(name));
    size_t n = 0;
    for (const char *part = name; p && *part;) {
        size_t k = strcspn(part, "._/"), digits = strspn(part, "0123456789");
        if (k && digits == k)
            p[n++] = '*';
        else
            for (size_t i = 0; i < k; i++)
                p[n++] = part[i];
        part += k;
        if (*part)
            p[n++] = *part++;
    }
    if (p)
        p[n] = 0;
    return p ? p : name;
}

static int text_compare_kind(const text_row *a, const text_row *b)
{
    int order = strcmp(a->pattern, b->pattern);
    if (order || a->first->type != b->first->type)
        return order ? order : (int)a->first->type - (int)b->first->type;
    if (a->first->ndim != b->first->ndim)
        return a->first->ndim < b->first->ndim ? -1 : 1;
    return memcmp(a->first->dims, b->first->dims, a->first->ndim * sizeof *a->first->dims);
}

static int text_compare_rows(const void *a, const void *b)
{
    const text_row *x = a, *y = b;
    int order = text_compare_kind(x, y);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int text_compare_places(const void *a, const void *b)
{
    const text_row *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static int text_compare_sizes(const void *a, const void *b)
{
    const text_row *x = a, *y = b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes) : text_compare_places(a, b);
}

/* Rows that share a line become one. */
static size_t text_group(text_row *rows, size_t n)
{
    size_t kept = 0;
    qsort(rows, n, sizeof *rows, text_compare_rows);
    for (size_t i = 0; i < n; i++)
        if (kept && !text_compare_kind(&rows[kept - 1], &rows[i])) {
            rows[kept - 1].count++;
            rows[kept - 1].bytes += rows[i].bytes;
        } else
            rows[kept++] = rows[i];
    return kept;
}

static void text_rows(const show_all *s, const text_row *rows, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = strlen(rows[i].count > 1 ? rows[i].pattern : rows[i].first->name);
        width = k > width ? k : width;
    }
    for (size_t i = 0; i < n; i++) {
        const char *times = rows[i].count > 1 ? ink_arena_format(s->arena, "%zu x", rows[i].count) : "";
        printf("  %-*s %5s  %-6s %9s  %s\n", (int)width, rows[i].count > 1 ? rows[i].pattern : rows[i].first->name, times,
               ink_type_find((int)rows[i].first->type)->name, text_size(s, rows[i].bytes), text_shape(s, rows[i].first));
    }
}

static ink_status text_tensors(const show_all *s, ink_err *err)
{
    size_t n = ink_weights_count(s->w), shown = n;
    text_row *rows = ink_arena_array(s->arena, n, sizeof *rows);
    if (!rows)
        return ink_arena_refused(s->arena, n * sizeof *rows, err);
    for (size_t i = 0; i < n; i++) {
        const ink_tensor *t = ink_weights_at(s->w, i);
        rows[i] = (text_row){ t, s->options->tensors ? t->name : text_pattern(s->arena, t->name), i, 1, t->bytes };
    }
    if (!s->options->tensors) {
        n = text_group(rows, n);
        shown = n < TEXT_GROUPS ? n : TEXT_GROUPS;
        qsort(rows, n, sizeof *rows, text_compare_sizes); /* the largest stay, in the file's order */
        qsort(rows, shown, sizeof *rows, text_compare_places);
    }
    printf("%s", n ? "\n" : "");
    text_rows(s, rows, shown);
    if (n > shown)
        printf("  … and %zu smaller lines: --tensors lists all %zu tensors\n", n - shown, ink_weights_count(s->w));
    return INK_OK;
}

static void text_value(const ink_meta *m, size_t i)
{
    ink_text text = m->type == INK_META_TEXT ? m->text : (ink_text){ 0 };
    bool array = m->type == INK_META_ARRAY;
    ink_meta_type type = array ? m->element : m->type;
    if (type == INK_META_TEXT) {
        text = array ? ink_meta_text_at(m, i) : text;
        text_print(text.data, text.size);
    } else if (type == INK_META_BOOL)
        fputs((array ? ink_meta_number_at(m, i) != 0 : m->boolean) ? "true" : "false", stdout);
    else if (type == INK_META_INTEGER && !array)
        printf("%lld", (long long)m->integer);
    else
        printf("%.9g", array ? ink_meta_number_at(m, i) : m->real);
}

static void text_metadata(const show_all *s)
{
    for (size_t i = 0; i < ink_weights_meta_count(s->w); i++) {
        const ink_meta *m = ink_weights_meta_at(s->w, i);
        printf("%s  %-40.*s ", i ? "" : "\n", (int)m->key.size, m->key.data);
        if (m->type != INK_META_ARRAY)
            text_value(m, 0);
        for (size_t k = 0; m->type == INK_META_ARRAY && k < m->count && k < SHOW_ARRAY; k++) {
            fputs(k ? ", " : "", stdout);
            text_value(m, k);
        }
        if (m->type == INK_META_ARRAY && m->count > SHOW_ARRAY)
            printf(", … (%zu in all)", m->count);
        putchar('\n');
    }
}

ink_status show_text(const show_all *s, ink_err *err)
{
    printf("%s\n", ink_weights_path(s->w));
    printf("  %-14s%s, %s, %zu tensors\n", "file", ink_weights_format(s->w), text_size(s, ink_weights_bytes(s->w)), ink_weights_count(s->w));
    text_architecture(s);
    putchar('\n');
    if (ink_weights_count(s->w))
        text_parameters(s);
    text_words(s);
    text_needs(s);
    if (s->options->metadata)
        text_metadata(s);
    return text_tensors(s, err);
}
