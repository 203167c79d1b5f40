/* A canvas that writes SVG. */
#include "train/chart.h"

#include <ink/file.h>

typedef struct svg {
    ink_canvas canvas;
    ink_buf b;
} svg;

static void svg_line(ink_canvas *c, const ink_chart_point *points, size_t count, uint32_t colour, double wide, bool dashed)
{
    ink_buf *b = &((svg *)c)->b;
    if (count == 2 && wide <= 1) {
        ink_buf_format(b, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#%06x\"/>\n", points[0].x, points[0].y, points[1].x, points[1].y, colour);
        return;
    }
    ink_buf_format(b, "<polyline fill=\"none\" stroke=\"#%06x\" stroke-width=\"%g\"%s points=\"", colour, wide, dashed ? " stroke-dasharray=\"6 4\"" : "");
    for (size_t i = 0; i < count; i++)
        ink_buf_format(b, "%.1f,%.1f ", points[i].x, points[i].y);
    ink_buf_text(b, "\"/>\n");
}

static void svg_box(ink_canvas *c, double x, double y, double wide, double high, uint32_t colour)
{
    ink_buf_format(&((svg *)c)->b, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"#%06x\"/>\n", x, y, wide, high, colour);
}

static void svg_text(ink_canvas *c, double x, double y, ink_anchor anchor, const char *text)
{
    static const char *const anchors[] = { "start", "middle", "end" };
    ink_buf *b = &((svg *)c)->b;
    ink_buf_format(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchors[anchor]);
    for (; *text; text++)
        switch (*text) {
        case '<': ink_buf_text(b, "&lt;"); break;
        case '&': ink_buf_text(b, "&amp;"); break;
        default: ink_buf_char(b, *text);
        }
    ink_buf_text(b, "</text>\n");
}

ink_status ink_chart_svg(const ink_chart *chart, const char *path, ink_err *err)
{
    svg s = { .canvas = { svg_line, svg_box, svg_text } };
    ink_buf_init(&s.b, 0);
    ink_buf_format(&s.b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333333\">\n", INK_CHART_WIDE, INK_CHART_HIGH);
    ink_chart_draw(chart, &s.canvas);
    ink_buf_text(&s.b, "</svg>\n");
    ink_status status = ink_buf_check(&s.b, path, err);
    if (status == INK_OK)
        status = ink_file_write(path, s.b.data, s.b.len, err);
    ink_buf_clear(&s.b);
    return status;
}
