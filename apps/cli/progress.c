/* One line on stderr that is drawn again: what, a bar, how much, how fast, how long yet. Silent when stderr is a file. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

/* "512 tokens", "96.4 MB"; a rate keeps a digit more while it is small. */
static void progress_amount(const cli_progress *p, double v, char *out, size_t size)
{
    if (p->unit)
        snprintf(out, size, "%.*f %s", v < 10 && v > (double)(uint64_t)v ? 1 : 0, v, p->unit);
    else
        cli_size(v, out, size);
}

static void progress_draw(const cli_progress *p, uint64_t done, uint64_t total, double now)
{
    enum { WIDTH = 24 };
    static const char full[] = "########################", none[] = "........................";
    char have[32], all[32], speed[32];
    double rate = (double)(done - p->first) / (now - p->started + 1e-9);
    progress_amount(p, (double)done, have, sizeof have);
    progress_amount(p, (double)total, all, sizeof all);
    progress_amount(p, rate, speed, sizeof speed);
    if (!total) {
        fprintf(stderr, "\r\033[K%s  %s  %s/s", p->what, have, speed);
        return;
    }
    int filled = done >= total ? WIDTH : (int)(WIDTH * (double)done / (double)total);
    fprintf(stderr, "\r\033[K%s  [%.*s%.*s] %3.0f%%  %s of %s  %s/s", p->what, filled, full, WIDTH - filled, none,
            100 * (double)done / (double)total, have, all, speed);
    double left = rate > 0 ? (double)(total > done ? total - done : 0) / rate : 0;
    if (left >= 1 && left < 360000)
        fprintf(stderr, "  %d:%02d left", (int)left / 60, (int)left % 60);
}

void cli_progress_step(cli_progress *p, const char *what, uint64_t done, uint64_t total)
{
    double now = cli_now();
    if (!isatty(STDERR_FILENO))
        return;
    if (strncmp(p->what, what, sizeof p->what - 1) || done < p->first) {
        cli_progress_end(p);
        snprintf(p->what, sizeof p->what, "%s", what);
        p->started = now;
        p->first = done;
    }
    if (p->shown && now - p->drawn < 0.1 && done != total)
        return;
    p->drawn = now;
    p->shown = true;
    progress_draw(p, done, total, now);
    fflush(stderr);
}

void cli_progress_end(cli_progress *p)
{
    if (p->shown)
        fputc('\n', stderr);
    *p = (cli_progress){ .unit = p->unit };
}
