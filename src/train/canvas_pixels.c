/* A canvas of pixels, two for a point, that becomes a PNG. Letters are drawn as lines too: strokes in a grid four wide and six
   high, the line that letters stand on being 0, so nobody's font is needed. Small letters stand for large ones. */
#include "media/picture.h"
#include "train/chart.h"

#include <ctype.h>
#include <ink/file.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS_SCALE = 2, PIXELS_TEXT = 0x333333 };
static const double pixels_letter = 1.45, pixels_advance = 6.6; /* points: of a step of the grid, and from letter to letter */

typedef struct pixels {
    ink_canvas canvas;
    size_t wide, high;
    uint8_t *rgb;
} pixels;

static void pixels_blend(pixels *p, long x, long y, uint32_t colour, double part)
{
    if (x < 0 || y < 0 || (size_t)x >= p->wide || (size_t)y >= p->high || part <= 0)
        return;
    uint8_t *at = p->rgb + 3 * ((size_t)y * p->wide + (size_t)x);
    part = part < 1 ? part : 1;
    for (int i = 0; i < 3; i++) {
        const double to = colour >> 8 * (2 - i) & 255;
        at[i] = (uint8_t)lround(at[i] + part * (to - at[i]));
    }
}

/* How far a place lies from a stretch. */
static double pixels_apart(double x, double y, ink_chart_point a, ink_chart_point b)
{
    const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    double t = length > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / length : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(x - a.x - t * dx, y - a.y - t * dy);
}

static void pixels_stretch(pixels *p, ink_chart_point a, ink_chart_point b, uint32_t colour, double wide)
{
    const double half = wide * PIXELS_SCALE / 2;
    a = (ink_chart_point){ a.x * PIXELS_SCALE, a.y * PIXELS_SCALE };
    b = (ink_chart_point){ b.x * PIXELS_SCALE, b.y * PIXELS_SCALE };
    for (long y = lround(fmin(a.y, b.y) - half) - 1; y <= lround(fmax(a.y, b.y) + half) + 1; y++)
        for (long x = lround(fmin(a.x, b.x) - half) - 1; x <= lround(fmax(a.x, b.x) + half) + 1; x++)
            pixels_blend(p, x, y, colour, half + 0.5 - pixels_apart((double)x + 0.5, (double)y + 0.5, a, b));
}

static void pixels_dashes(pixels *p, ink_chart_point a, ink_chart_point b, uint32_t colour, double wide)
{
    enum { DASH = 6, STEP = 10 };
    const double length = hypot(b.x - a.x, b.y - a.y);
    for (double at = 0; at < length; at += STEP) {
        const double from = at / length, to = fmin(at + DASH, length) / length;
        pixels_stretch(p, (ink_chart_point){ a.x + from * (b.x - a.x), a.y + from * (b.y - a.y) }, (ink_chart_point){ a.x + to * (b.x - a.x), a.y + to * (b.y - a.y) }, colour, wide);
    }
}

static void pixels_line(ink_canvas *c, const ink_chart_point *points, size_t count, uint32_t colour, double wide, bool dashed)
{
    for (size_t i = 0; i + 1 < count; i++)
        (dashed ? pixels_dashes : pixels_stretch)((pixels *)c, points[i], points[i + 1], colour, wide);
}

static void pixels_box(ink_canvas *c, double x, double y, double wide, double high, uint32_t colour)
{
    for (long row = lround(y * PIXELS_SCALE); row < lround((y + high) * PIXELS_SCALE); row++)
        for (long column = lround(x * PIXELS_SCALE); column < lround((x + wide) * PIXELS_SCALE); column++)
            pixels_blend((pixels *)c, column, row, colour, 1);
}

/* Places x, y in pairs of digits; a space lifts the pen. */
static const char *pixels_strokes(char letter)
{
    static const char *const digits[] = { "103041453616050110", "152620 1030", "05163645440040", "05163645443313 334241301001", "30360242", "460603334241301001", "3616050110304142331302", "064610",
                                          "13040516364544331302011030414233", "1030414536160504133344" };
    static const char *const letters[] = { "0004264440 0242", "000636453403 334241300000", "4536160501103041", "00062644422000", "46060040 0333", "460600 0333", "453616050110304143 2343", "0006 4046 0343",
                                           "2026 1030 1636", "3631201001", "0006 460340", "060040", "0006234640", "00064046", "103041453616050110", "0006364544330303", "103041453616050110 2240", "0006364544330303 2340",
                                           "4536160504133342413010 01", "0646 2620", "060110304146", "062046", "0610233046", "0046 0640", "062346 2320", "06460040" };
    static const struct { char letter; const char *strokes; } others[] = { { '.', "2021" }, { ',', "2110" }, { '-', "1333" }, { '+', "1333 2224" }, { '_', "0040" }, { '%', "0046 0516 3041" }, { '/', "0046" }, { ':', "2122 2425" } };
    if (isdigit((unsigned char)letter))
        return digits[letter - '0'];
    if (isalpha((unsigned char)letter))
        return letters[toupper((unsigned char)letter) - 'A'];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].letter == letter)
            return others[i].strokes;
    return "";
}

static void pixels_letter_draw(pixels *p, double x, double y, char letter)
{
    const char *s = pixels_strokes(letter);
    ink_chart_point before = { 0, 0 };
    for (bool down = false; *s; s += *s == ' ' ? 1 : 2) {
        if (*s == ' ') {
            down = false;
            continue;
        }
        const ink_chart_point at = { x + (s[0] - '0') * 0.75 * pixels_letter, y - (s[1] - '0') * pixels_letter };
        if (down)
            pixels_stretch(p, before, at, PIXELS_TEXT, 1);
        before = at;
        down = true;
    }
}

static void pixels_text(ink_canvas *c, double x, double y, ink_anchor anchor, const char *text)
{
    const double wide = pixels_advance * (double)strlen(text);
    x -= anchor == INK_ANCHOR_END ? wide : anchor == INK_ANCHOR_MIDDLE ? wide / 2 : 0;
    for (; *text; text++, x += pixels_advance)
        pixels_letter_draw((pixels *)c, x, y, *text);
}

ink_status ink_chart_png(const ink_chart *chart, const char *path, ink_err *err)
{
    pixels p = { .canvas = { pixels_line, pixels_box, pixels_text }, .wide = PIXELS_SCALE * INK_CHART_WIDE, .high = PIXELS_SCALE * INK_CHART_HIGH };
    p.rgb = calloc(p.wide * p.high, 3);
    if (!p.rgb)
        return ink_fail(err, INK_E_MEMORY, "no memory for a picture of %zu by %zu", p.wide, p.high);
    ink_chart_draw(chart, &p.canvas);
    ink_status status = ink_picture_png(path, p.rgb, p.wide, p.high, err);
    free(p.rgb);
    return status;
}
