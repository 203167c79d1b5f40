/* The man page inkstone(1): every command with its settings, in man(7) macros. */
#include "cli.h"

#include <ink/train.h>
#include <string.h>

/* Text in which no character of troff's means anything. */
static void man_text(FILE *to, const char *text)
{
    bool start = true;
    for (const char *c = text; *c; c++) {
        if (start && (*c == '.' || *c == '\''))
            fputs("\\&", to);
        start = *c == '\n';
        if (*c == '\\')
            fputs("\\e", to);
        else if (*c == '-')
            fputs("\\-", to);
        else if (*c == '\n')
            fputs("\n.PP\n", to);
        else
            fputc(*c, to);
    }
}

/* key: as a word KEY=VALUE, not as a flag. */
static void man_param(FILE *to, const ink_param *p, bool key)
{
    char flag[64], preset[128], range[256];
    ink_param_flag(p, flag, sizeof flag);
    ink_param_default(p, preset, sizeof preset);
    ink_param_range(p, range, sizeof range);
    const char *value = ink_param_value(p);
    fputs(".TP\n", to);
    if (p->bits & INK_PARAM_POSITIONAL)
        fprintf(to, "\\fI%s\\fR", value);
    else if (key)
        fprintf(to, "\\fB%s\\fR=\\fI%s\\fR", p->name, value ? value : "true");
    else {
        if (p->flag)
            fprintf(to, "\\fB\\-%c\\fR, ", p->flag);
        fputs("\\fB", to);
        man_text(to, flag);
        fprintf(to, "\\fR%s%s%s", value ? " \\fI" : "", value ? value : "", value ? "\\fR" : "");
    }
    fputc('\n', to);
    man_text(to, p->help);
    if (*range) {
        fputs("; ", to);
        man_text(to, range);
    }
    if (*preset) {
        fputs(" (default: ", to);
        man_text(to, preset);
        fputc(')', to);
    }
    fputs(".\n", to);
}

static void man_command(FILE *to, const cli_entry *e)
{
    fprintf(to, ".SS %s\n", e->name);
    man_text(to, e->help);
    fputs(".\n.PP\n.B ", to);
    cli_usage(to, e);
    if (e->command->about) {
        fputs(".PP\n", to);
        man_text(to, e->command->about);
        fputc('\n', to);
    }
    for (ink_param_walk w = ink_param_first(e->command->params); w.param; ink_param_next(&w))
        man_param(to, w.param, false);
    for (size_t i = 0; i < CLI_EXAMPLES && e->command->examples[i].line; i++) {
        fputs(".PP\n.nf\n    inkstone ", to);
        man_text(to, e->command->examples[i].line);
        fputs("\n.fi\n", to);
        man_text(to, e->command->examples[i].says);
        fputs(".\n", to);
    }
}

/* What runs of training are told, by what it is about. */
static void man_keys(FILE *to)
{
    const char *heading = "";
    fputs(".SH KEYS OF TRAINING\n", to);
    for (ink_param_walk w = ink_param_first(ink_train_params); w.param; ink_param_next(&w)) {
        if (strcmp(heading, w.heading))
            fprintf(to, ".SS %s\n", w.heading);
        heading = w.heading;
        man_param(to, w.param, true);
    }
}

void cli_emit_man(FILE *to)
{
    fputs(".TH INKSTONE 1 \"\" \"inkstone " INK_VERSION "\" \"User Commands\"\n"
          ".SH NAME\ninkstone \\- run language models on this machine\n"
          ".SH SYNOPSIS\n.B inkstone\n.I COMMAND\n[\\fIoptions\\fR]\n"
          ".SH DESCRIPTION\nOne program fetches models, talks to them, measures them and looks inside them. "
          "A model is a name of the catalogue (see \\fBinkstone list\\fR), a file or folder, or \\fBhf:user/repo\\fR[:\\fIquant\\fR].\n"
          ".SH COMMANDS\n", to);
    for (const cli_entry *e = cli_entries(); e->name; e++)
        if (e->command)
            man_command(to, e);
    man_keys(to);
    fputs(".SH EXIT STATUS\n.TP\n.B 0\ndone\n.TP\n.B 1\nfailed; a sentence on standard error says why\n"
          ".TP\n.B 2\nthe command line does not make sense, or INK_CPU names what this machine lacks\n"
          ".TP\n.B 75\nstopped, and the same command goes on from there\n"
          ".SH ENVIRONMENT\n.TP\n.B INKSTONE_HOME\nthe folder for models, instead of ~/.inkstone\n"
          ".TP\n.B INK_CPU\nscalar, avx2, avx512 or amx: use no more of the processor than this\n"
          ".TP\n.BR HF_ENDPOINT \", \" HF_TOKEN\nanother address for Hugging Face, and the token it asks for\n"
          ".TP\n.BR MODELSCOPE_ENDPOINT \", \" MODELSCOPE_API_TOKEN\nthe same for ModelScope\n", to);
}
