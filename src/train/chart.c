#include "train/chart.h"

#include <math.h>
#include <stdlib.h>

enum { CHART_LEFT = 64, CHART_TOP = 24, CHART_RIGHT = 200, CHART_BOTTOM = 48, CHART_LINES = 5, CHART_ROW = 22 };
enum { CHART_GRID = 0xe4e4e4 };

const uint32_t ink_chart_colours[INK_CHART_COLOURS] = { 0x777777, 0x1b6ca8, 0xc8553d, 0x2a9134, 0x8f3985, 0xd8973c, 0x3d3b8e, 0x0f8b8d };

typedef struct chart_place {
    const ink_chart *chart;
    ink_canvas *canvas;
    double most, low, high; /* x from 0 on; y */
} chart_place;

static void chart_bounds(chart_place *p)
{
    p->most = 0;
    p->low = 1e300;
    p->high = -1e300;
    for (size_t i = 0; i < p->chart->count; i++)
        for (size_t k = 0; k < p->chart->curves[i].count; k++) {
            const ink_chart_point at = p->chart->curves[i].points[k];
            p->most = fmax(p->most, at.x);
            p->low = fmin(p->low, at.y);
            p->high = fmax(p->high, at.y);
        }
    p->most = p->most > 0 ? p->most : 1;
    const double room = p->high > p->low ? 0.04 * (p->high - p->low) : 0.1;
    p->low = p->low > p->high ? 0 : p->low - room;
    p->high = p->high < p->low ? 1 : p->high + room;
}

static ink_chart_point chart_at(const chart_place *p, double x, double y)
{
    return (ink_chart_point){ CHART_LEFT + x / p->most * (INK_CHART_WIDE - CHART_LEFT - CHART_RIGHT),
                              CHART_TOP + (p->high - y) / (p->high - p->low) * (INK_CHART_HIGH - CHART_TOP - CHART_BOTTOM) };
}

static void chart_axes(const chart_place *p)
{
    char text[32];
    ink_canvas *c = p->canvas;
    for (int i = 0; i <= CHART_LINES; i++) {
        const double x = p->most * i / CHART_LINES, y = p->low + (p->high - p->low) * i / CHART_LINES;
        const ink_chart_point at = chart_at(p, x, y), across[] = { { CHART_LEFT, at.y }, { INK_CHART_WIDE - CHART_RIGHT, at.y } };
        c->line(c, across, 2, CHART_GRID, 1, false);
        p->chart->y_text(y, text);
        c->text(c, CHART_LEFT - 8, at.y + 4, INK_ANCHOR_END, text);
        p->chart->x_text(x, text);
        c->text(c, at.x, INK_CHART_HIGH - CHART_BOTTOM + 20, INK_ANCHOR_MIDDLE, text);
    }
    c->text(c, (CHART_LEFT + INK_CHART_WIDE - CHART_RIGHT) / 2, INK_CHART_HIGH - 8, INK_ANCHOR_MIDDLE, p->chart->x_title);
    c->text(c, CHART_LEFT, CHART_TOP - 8, INK_ANCHOR_START, p->chart->y_title);
}

static void chart_curve(const chart_place *p, const ink_chart_curve *curve, size_t row)
{
    ink_canvas *c = p->canvas;
    const double y = CHART_TOP + CHART_ROW * (double)row;
    ink_chart_point *points = curve->count ? malloc((curve->count + 1) * sizeof *points) : NULL;
    if (!points)
        return;
    for (size_t k = 0; k < curve->count; k++)
        points[k] = chart_at(p, curve->points[k].x, curve->points[k].y);
    if (curve->count == 1) {
        points[0] = chart_at(p, 0, curve->points[0].y);
        points[1] = chart_at(p, p->most, curve->points[0].y);
    }
    c->line(c, points, curve->count == 1 ? 2 : curve->count, curve->colour, 2, curve->count == 1);
    c->box(c, INK_CHART_WIDE - CHART_RIGHT + 16, y, 12, 12, curve->colour);
    c->text(c, INK_CHART_WIDE - CHART_RIGHT + 34, y + 11, INK_ANCHOR_START, curve->label);
    free(points);
}

void ink_chart_draw(const ink_chart *chart, ink_canvas *canvas)
{
    chart_place p = { .chart = chart, .canvas = canvas };
    chart_bounds(&p);
    canvas->box(canvas, 0, 0, INK_CHART_WIDE, INK_CHART_HIGH, 0xffffff);
    chart_axes(&p);
    for (size_t i = 0; i < chart->count; i++)
        chart_curve(&p, &chart->curves[i], i);
}
