/* Curves over two axes, as SVG and as PNG from one drawing. */
#ifndef INK_TRAIN_CHART_H
#define INK_TRAIN_CHART_H

#include <ink/buf.h>
#include <stdint.h>

typedef struct ink_chart_point {
    double x, y;
} ink_chart_point;
typedef struct ink_chart_curve {
    const char *label;
    uint32_t colour;               /* 0xRRGGBB */
    const ink_chart_point *points; /* one alone: a dashed line across */
    size_t count;
} ink_chart_curve;
typedef struct ink_chart {
    const char *x_title, *y_title;
    void (*x_text)(double x, char text[32]); /* of a place on an axis */
    void (*y_text)(double y, char text[32]);
    const ink_chart_curve *curves;
    size_t count;
} ink_chart;
enum { INK_CHART_WIDE = 760, INK_CHART_HIGH = 440, INK_CHART_COLOURS = 8 };
extern const uint32_t ink_chart_colours[INK_CHART_COLOURS];

/* What a chart is drawn on (canvas.h has two). Places are in points of the picture, y downwards. */
typedef enum ink_anchor { INK_ANCHOR_START, INK_ANCHOR_MIDDLE, INK_ANCHOR_END } ink_anchor;
typedef struct ink_canvas {
    void (*line)(struct ink_canvas *c, const ink_chart_point *points, size_t count, uint32_t colour, double wide, bool dashed);
    void (*box)(struct ink_canvas *c, double x, double y, double wide, double high, uint32_t colour);
    void (*text)(struct ink_canvas *c, double x, double y, ink_anchor anchor, const char *text); /* y: of the line that letters stand on */
} ink_canvas;
void ink_chart_draw(const ink_chart *chart, ink_canvas *canvas);

ink_status ink_chart_svg(const ink_chart *chart, const char *path, ink_err *err);  /* canvas_svg.c; the file appears whole */
ink_status ink_chart_png(const ink_chart *chart, const char *path, ink_err *err);  /* canvas_pixels.c; as well */

#endif
