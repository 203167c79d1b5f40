/* What came of a history: a table for people, one for programs, and a picture of perplexities over tokens seen. */
#include "train/history.h"

#include "base/file.h"

#include <math.h>

enum { PICTURE_WIDE = 760, PICTURE_HIGH = 440, PICTURE_LEFT = 64, PICTURE_TOP = 24, PICTURE_RIGHT = 200, PICTURE_BOTTOM = 48 };

static const char *const picture_colours[] = { "#777777", "#1b6ca8", "#c8553d", "#2a9134", "#8f3985", "#d8973c", "#3d3b8e", "#0f8b8d" };

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

typedef struct picture {
    double most, low, high; /* tokens; nats */
    ink_buf b;
} picture;

static void picture_bounds(picture *p, const ink_history *h)
{
    *p = (picture){ .most = 1, .low = 1e9, .high = -1e9 };
    for (size_t i = 0; i < h->count; i++)
        for (size_t k = 0; k < h->curves[i].count; k++) {
            p->most = fmax(p->most, h->curves[i].points[k].tokens);
            p->low = fmin(p->low, h->curves[i].points[k].nats);
            p->high = fmax(p->high, h->curves[i].points[k].nats);
        }
    p->low = p->low > p->high ? 0 : p->low - 0.1;
    p->high = p->high < p->low ? 1 : p->high + 0.1;
}

static double picture_x(const picture *p, double tokens) { return PICTURE_LEFT + tokens / p->most * (PICTURE_WIDE - PICTURE_LEFT - PICTURE_RIGHT); }
static double picture_y(const picture *p, double nats) { return PICTURE_TOP + (p->high - nats) / (p->high - p->low) * (PICTURE_HIGH - PICTURE_TOP - PICTURE_BOTTOM); }

static void picture_axes(picture *p)
{
    enum { LINES = 5 };
    for (int i = 0; i <= LINES; i++) {
        const double nats = p->low + (p->high - p->low) * i / LINES, y = picture_y(p, nats), tokens = p->most * i / LINES;
        ink_buf_format(&p->b, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e4e4e4\"/>\n", PICTURE_LEFT, PICTURE_WIDE - PICTURE_RIGHT, y, y);
        ink_buf_format(&p->b, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n", PICTURE_LEFT - 8, y + 4, exp(nats));
        ink_buf_format(&p->b, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.3gM</text>\n", picture_x(p, tokens), PICTURE_HIGH - PICTURE_BOTTOM + 20, tokens / 1e6);
    }
    ink_buf_format(&p->b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">tokens seen</text>\n", (PICTURE_LEFT + PICTURE_WIDE - PICTURE_RIGHT) / 2, PICTURE_HIGH - 8);
    ink_buf_format(&p->b, "<text x=\"%d\" y=\"%d\">perplexity of a token</text>\n", PICTURE_LEFT, PICTURE_TOP - 8);
}

/* A model that only counts has one point: a line across. */
static void picture_curve(picture *p, const ink_history_curve *c, size_t i)
{
    const char *colour = picture_colours[i % (sizeof picture_colours / sizeof *picture_colours)];
    if (!c->count)
        return;
    ink_buf_format(&p->b, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s points=\"", colour, c->count == 1 ? " stroke-dasharray=\"6 4\"" : "");
    if (c->count == 1)
        ink_buf_format(&p->b, "%.1f,%.1f %.1f,%.1f", picture_x(p, 0), picture_y(p, c->points[0].nats), picture_x(p, p->most), picture_y(p, c->points[0].nats));
    for (size_t k = 0; c->count > 1 && k < c->count; k++)
        ink_buf_format(&p->b, "%.1f,%.1f ", picture_x(p, c->points[k].tokens), picture_y(p, c->points[k].nats));
    ink_buf_text(&p->b, "\"/>\n");
    ink_buf_format(&p->b, "<rect x=\"%d\" y=\"%zu\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"%zu\">%s, %.1f</text>\n", PICTURE_WIDE - PICTURE_RIGHT + 16, PICTURE_TOP + 22 * i, colour,
                   PICTURE_WIDE - PICTURE_RIGHT + 34, PICTURE_TOP + 22 * i + 11, c->name, exp(c->row.nats));
}

static ink_status show_picture(const ink_history *h, ink_err *err)
{
    picture p;
    picture_bounds(&p, h);
    ink_buf_init(&p.b, 0);
    ink_buf_format(&p.b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333333\">\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
                   PICTURE_WIDE, PICTURE_HIGH, PICTURE_WIDE, PICTURE_HIGH);
    picture_axes(&p);
    for (size_t i = 0; i < h->count; i++)
        picture_curve(&p, &h->curves[i], i);
    ink_buf_text(&p.b, "</svg>\n");
    return show_file(h, "perplexity.svg", &p.b, err);
}

ink_status ink_history_show(const ink_history *h, ink_err *err)
{
    INK_TRY(show_table(h, err));
    INK_TRY(show_json(h, err));
    return show_picture(h, err);
}
