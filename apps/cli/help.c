/* Help, as a person reads it: from the tables, in one screen. */
#include "cli.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static size_t help_width(void)
{
    struct winsize w;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || w.ws_col < 60)
        return 100;
    return w.ws_col < 110 ? w.ws_col : 110;
}

/* Where to begin; a line shows when its command exists. */
static const struct {
    const char *command, *line, *says;
} help_begin[] = {
    { "pull", "inkstone pull smollm2", "fetch a small model, once" },
    { "chat", "inkstone chat smollm2", "talk with it" },
    { "generate", "inkstone generate -m smollm2 -p \"Once upon a time\"", "let it continue a text" },
    { "show", "inkstone show model.gguf", "look inside any model file" },
};

void cli_help(FILE *to)
{
    fputs("inkstone runs language models on this machine.\n\n"
          "  inkstone COMMAND [options]\n  inkstone COMMAND --help\n  inkstone --version [--json]\n\nBegin with\n", to);
    for (size_t i = 0; i < sizeof help_begin / sizeof *help_begin; i++)
        if (cli_entry_find(help_begin[i].command))
            fprintf(to, "  %-52s %s\n", help_begin[i].line, help_begin[i].says);
    for (const cli_entry *e = cli_entries(); e->name; e++)
        if (e->command)
            fprintf(to, "  %-12s %s\n", e->name, e->help);
        else
            fprintf(to, "\n%s\n", e->name);
    fputs("\nA model is a name from inkstone list, a file or folder, or hf:user/repo[:quant].\n"
          "Models live in ~/.inkstone; INKSTONE_HOME moves them. INK_CPU=scalar|avx2|avx512|amx limits the processor.\n", to);
}

void cli_usage(FILE *to, const cli_entry *entry)
{
    fprintf(to, "inkstone %s", entry->name);
    bool options = false;
    for (ink_param_walk w = ink_param_first(entry->command->params); w.param; ink_param_next(&w)) {
        if (w.param->bits & INK_PARAM_POSITIONAL)
            continue;
        char flag[64];
        ink_param_flag(w.param, flag, sizeof flag);
        if (!(w.param->bits & INK_PARAM_REQUIRED))
            options = true;
        else if (w.param->flag)
            fprintf(to, " -%c %s", w.param->flag, ink_param_value(w.param));
        else
            fprintf(to, " %s %s", flag, ink_param_value(w.param));
    }
    fputs(options ? " [options]" : "", to);
    for (ink_param_walk w = ink_param_first(entry->command->params); w.param; ink_param_next(&w))
        if (w.param->bits & INK_PARAM_POSITIONAL)
            fprintf(to, w.param->bits & INK_PARAM_REQUIRED ? " %s%s" : " [%s%s]", ink_param_value(w.param),
                    w.param->type == INK_PARAM_TEXTS ? "…" : "");
    fputc('\n', to);
}

void cli_describe(const ink_param *p, char *out, size_t size)
{
    char preset[128], range[256];
    ink_param_default(p, preset, sizeof preset);
    ink_param_range(p, range, sizeof range);
    if (p->type == INK_PARAM_INTS)
        *range = 0;
    bool both = *preset && *range;
    snprintf(out, size, "%s%s%s%s%s%s", p->help, *preset || *range ? " (" : "", range, both ? "; " : "", *preset ? preset : "",
             *preset || *range ? ")" : "");
}

static void help_param(FILE *to, const ink_param *p, size_t width)
{
    enum { COLUMN = 26 };
    char flag[64], letter[8] = "    ", left[128], text[1024];
    const char *value = ink_param_value(p);
    ink_param_flag(p, flag, sizeof flag);
    if (p->flag)
        snprintf(letter, sizeof letter, "-%c, ", p->flag);
    if (p->bits & INK_PARAM_POSITIONAL)
        snprintf(left, sizeof left, "  %s", value);
    else
        snprintf(left, sizeof left, "  %s%s%s%s", letter, flag, value ? " " : "", value ? value : "");
    cli_describe(p, text, sizeof text);
    size_t columns = 0; /* of the screen: bytes that begin a character */
    for (const char *c = left; *c; c++)
        columns += ((unsigned char)*c & 0xc0) != 0x80;
    fputs(left, to);
    if (columns + 2 > COLUMN)
        fprintf(to, "\n%*s", COLUMN, "");
    else
        fprintf(to, "%*s", (int)(COLUMN - columns), "");
    cli_wrap(to, text, COLUMN, COLUMN, width);
}

static void help_params(FILE *to, const ink_param *params, bool positional, const char *title, size_t width)
{
    const char *heading = NULL;
    bool any = false;
    for (ink_param_walk w = ink_param_first(params); w.param; ink_param_next(&w)) {
        if (positional != !!(w.param->bits & INK_PARAM_POSITIONAL))
            continue;
        if (!any || (w.heading != heading && (!w.heading || !heading || strcmp(w.heading, heading))))
            fprintf(to, "\n%s\n", w.heading ? w.heading : title);
        any = true;
        heading = w.heading;
        help_param(to, w.param, width);
    }
}

void cli_help_command(FILE *to, const cli_entry *entry)
{
    const cli_command *c = entry->command;
    size_t width = help_width();
    fprintf(to, "%s: %s\n\n  ", entry->name, entry->help);
    cli_usage(to, entry);
    if (c->about) {
        fputc('\n', to);
        cli_wrap(to, c->about, 0, 0, width);
    }
    help_params(to, c->params, true, "What", width);
    help_params(to, c->params, false, "Options", width);
    for (size_t i = 0; i < CLI_EXAMPLES && c->examples[i].line; i++) {
        fputs(i ? "" : "\nExamples\n", to);
        fprintf(to, "  inkstone %s\n      %s\n", c->examples[i].line, c->examples[i].says);
    }
}
