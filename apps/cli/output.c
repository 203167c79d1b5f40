/* What commands say: results on stdout, remarks on stderr. */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static void output_put(void *user, const char *bytes, size_t n)
{
    fwrite(bytes, 1, n, user);
}

ink_jot cli_jot(void)
{
    return (ink_jot){ .put = output_put, .user = stdout };
}

void cli_jot_finish(ink_jot *j)
{
    while (j->depth)
        ink_jot_end(j);
    putchar('\n');
}

ink_status cli_flush(ink_err *err)
{
    errno = 0;
    if (!fflush(stdout) && !ferror(stdout))
        return INK_OK;
    return ink_fail(err, INK_E_IO, "the output could not be written: %s", errno ? strerror(errno) : "an earlier write failed");
}

void cli_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fputs("inkstone: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void cli_size(double bytes, char *out, size_t size)
{
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
    size_t unit = 0;
    for (; bytes >= 999.5 && unit < 4; unit++)
        bytes /= 1000;
    snprintf(out, size, unit && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

void cli_wrap(FILE *to, const char *text, size_t indent, size_t at, size_t width)
{
    bool fresh = true; /* nothing stands on this line yet but the indent */
    for (const char *word = text; *word;) {
        if (*word == '\n') { /* a new line in the text is one in the output */
            fprintf(to, "\n%*s", word[1] == '\n' ? 0 : (int)indent, "");
            at = indent;
            fresh = true;
            word++;
            continue;
        }
        size_t n = strcspn(word, " \n");
        if (!fresh && at + 1 + n > width) {
            fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
            fresh = true;
        }
        fprintf(to, "%s%.*s", fresh ? "" : " ", (int)n, word);
        at += n + !fresh;
        fresh = false;
        word += n + (word[n] == ' ');
    }
    fputc('\n', to);
}
