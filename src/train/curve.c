/* How a loss went: what was measured, what was learned from, and the latter smoothed (a mean that forgets by the half in about a
   fiftieth of the steps). */
#include "base/path.h"
#include "train/chart.h"
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct curve_line {
    ink_chart_point *points;
    size_t count, room;
} curve_line;
enum { CURVE_LOSS, CURVE_SMOOTH, CURVE_MEASURED, CURVES };
static const char *const curve_labels[CURVES] = { "loss", "loss, smoothed", "eval loss" };
static const uint32_t curve_colours[CURVES] = { 0xb9d3e8, 0x1b6ca8, 0xc8553d };

static ink_status curve_add(curve_line *l, double x, double y, ink_err *err)
{
    if (l->count == l->room) {
        const size_t room = l->room ? 2 * l->room : 1024;
        ink_chart_point *points = realloc(l->points, room * sizeof *points);
        if (!points)
            return ink_fail(err, INK_E_MEMORY, "no memory for a curve of %zu steps", room);
        l->points = points;
        l->room = room;
    }
    l->points[l->count++] = (ink_chart_point){ x, y };
    return INK_OK;
}

static ink_status curve_row(void *user, const ink_train_report *r, ink_err *err)
{
    curve_line *lines = user;
    const bool measured = !isnan(r->eval_loss);
    const double y = measured ? r->eval_loss : r->loss;
    return isfinite(y) ? curve_add(&lines[measured ? CURVE_MEASURED : CURVE_LOSS], (double)r->step, y, err) : INK_OK;
}

static ink_status curve_smooth(curve_line *lines, ink_err *err)
{
    const curve_line *from = &lines[CURVE_LOSS];
    const double keep = pow(0.5, 50.0 / (double)(from->count + 50));
    double mean = 0, weight = 0;
    for (size_t i = 0; i < from->count; i++) {
        mean = keep * mean + (1 - keep) * from->points[i].y;
        weight = keep * weight + (1 - keep);
        INK_TRY(curve_add(&lines[CURVE_SMOOTH], from->points[i].x, mean / weight, err));
    }
    return INK_OK;
}

static void curve_step_text(double x, char text[32]) { snprintf(text, 32, "%.6g", x); }
static void curve_loss_text(double y, char text[32]) { snprintf(text, 32, "%.3g", y); }

static ink_status curve_files(const ink_chart *chart, const char *output, ink_err *err)
{
    ink_path path;
    INK_TRY(ink_path_format(&path, err, "%s/loss.svg", output));
    INK_TRY(ink_chart_svg(chart, path.text, err));
    INK_TRY(ink_path_format(&path, err, "%s/loss.png", output));
    return ink_chart_png(chart, path.text, err);
}

ink_status ink_curve_draw(const char *output, ink_err *err)
{
    ink_path path;
    curve_line lines[CURVES] = { 0 };
    ink_chart_curve curves[CURVES];
    INK_TRY(ink_path_format(&path, err, "%s/log.jsonl", output));
    ink_status status = ink_log_read(path.text, SIZE_MAX, curve_row, lines, NULL, err);
    if (status == INK_OK)
        status = curve_smooth(lines, err);
    for (size_t i = 0; i < CURVES; i++)
        curves[i] = (ink_chart_curve){ .label = curve_labels[i], .colour = curve_colours[i], .points = lines[i].points, .count = lines[i].count };
    const ink_chart chart = { .x_title = "steps", .y_title = "loss of a token", .x_text = curve_step_text, .y_text = curve_loss_text, .curves = curves, .count = CURVES };
    if (status == INK_OK)
        status = curve_files(&chart, output, err);
    for (size_t i = 0; i < CURVES; i++)
        free(lines[i].points);
    return status;
}
