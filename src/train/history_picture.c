/* What came of a history: a table for people, one for programs, and a picture of perplexities over tokens seen. */
#include "train/history.h"

#include "base/file.h"
#include "train/chart.h"

#include <math.h>
#include <stdio.h>

static ink_status show_file(const ink_history *h, const char *name, ink_buf *text, ink_err *err)
{
    ink_path path;
    ink_status status = ink_buf_check(text, name, err);
    if (status == INK_OK)
        status = ink_path_format(&path, err, "%s/%s", h->o.output_dir, name);
    if (status == INK_OK)
        status = ink_file_write(path.text, text->data, text->len, err);
    ink_buf_clear(text);
    return status;
}

static ink_status show_table(const ink_history *h, ink_err *err)
{
    ink_buf b;
    ink_buf_init(&b, 0);
    ink_buf_text(&b, "| model | parameters | perplexity of a token | bits a byte | tokens a second | seconds |\n|---|---:|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < h->count; i++) {
        const ink_history_row *r = &h->curves[i].row;
        ink_buf_format(&b, "| %s | %.0f | %.2f | %.3f | %.0f | %.1f |\n", r->name, r->parameters, exp(r->nats), r->bits_per_byte, r->tokens_per_second, r->seconds);
    }
    return show_file(h, "table.md", &b, err);
}

static ink_status show_json(const ink_history *h, ink_err *err)
{
    ink_json *all = ink_json_new_array();
    ink_path path;
    for (size_t i = 0; i < h->count; i++) {
        const ink_history_row *r = &h->curves[i].row;
        const struct { const char *key; double value; } numbers[] = { { "parameters", r->parameters }, { "perplexity", exp(r->nats) }, { "nats", r->nats }, { "bits_per_byte", r->bits_per_byte },
                                                                      { "tokens_per_second", r->tokens_per_second }, { "seconds", r->seconds } };
        ink_json *row = ink_json_new_object();
        size_t n = 0;
        while (r->name[n])
            n++;
        ink_json_set(row, "model", ink_json_new_text(r->name, n));
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            ink_json_set(row, numbers[k].key, ink_json_new_number(numbers[k].value));
        ink_json_append(all, row);
    }
    ink_status status = ink_path_format(&path, err, "%s/table.json", h->o.output_dir);
    if (status == INK_OK)
        status = ink_json_write(path.text, all, err);
    ink_json_free(all);
    return status;
}

static void show_tokens(double tokens, char text[32]) { snprintf(text, 32, "%.3gM", tokens / 1e6); }
static void show_perplexity(double nats, char text[32]) { snprintf(text, 32, "%.0f", exp(nats)); }

/* A model that only counts has one point: a line across. */
static ink_status show_picture(const ink_history *h, ink_err *err)
{
    ink_path path;
    ink_chart_curve curves[INK_HISTORY_MODELS + 1];
    char labels[INK_HISTORY_MODELS + 1][96];
    for (size_t i = 0; i < h->count; i++) {
        const ink_history_curve *c = &h->curves[i];
        snprintf(labels[i], sizeof labels[i], "%s, %.1f", c->name, exp(c->row.nats));
        curves[i] = (ink_chart_curve){ .label = labels[i], .colour = ink_chart_colours[i % INK_CHART_COLOURS], .points = c->points, .count = c->count };
    }
    const ink_chart chart = { .x_title = "tokens seen", .y_title = "perplexity of a token", .x_text = show_tokens, .y_text = show_perplexity, .curves = curves, .count = h->count };
    INK_TRY(ink_path_format(&path, err, "%s/perplexity.svg", h->o.output_dir));
    INK_TRY(ink_chart_svg(&chart, path.text, err));
    INK_TRY(ink_path_format(&path, err, "%s/perplexity.png", h->o.output_dir));
    return ink_chart_png(&chart, path.text, err);
}

ink_status ink_history_show(const ink_history *h, ink_err *err)
{
    INK_TRY(show_table(h, err));
    INK_TRY(show_json(h, err));
    return show_picture(h, err);
}
