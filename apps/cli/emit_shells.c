/* Completions for bash, zsh and fish. Models complete to what `inkstone list --names` prints, and to files. */
#include "cli.h"

#include <string.h>

static bool shells_takes_files(const ink_param *p)
{
    return p->type == INK_PARAM_PATH || p->type == INK_PARAM_MODEL || p->type == INK_PARAM_TEXTS;
}

/* What may stand for a value, as words of a shell; nothing when any text may. */
static void shells_words(FILE *to, const ink_param *p)
{
    if (p->type == INK_PARAM_MODEL)
        fputs("$(inkstone list --names 2>/dev/null)", to);
    for (size_t i = 0; p->type == INK_PARAM_CHOICE && p->choices[i]; i++)
        fprintf(to, "%s%s", i ? " " : "", p->choices[i]);
}

static void shells_commands(FILE *to)
{
    for (const cli_entry *e = cli_entries(); e->name; e++)
        if (e->command)
            fprintf(to, "%s ", e->name);
}

static void bash_reply(FILE *to, const ink_param *p)
{
    fputs("COMPREPLY=( $(compgen ", to);
    fputs(shells_takes_files(p) ? "-f " : "", to);
    fputs("-W \"", to);
    shells_words(to, p);
    fputs("\" -- \"$cur\") )", to);
}

static void bash_command(FILE *to, const cli_entry *e)
{
    const ink_param *positional = NULL;
    fprintf(to, "    %s)\n        case $prev in\n", e->name);
    for (ink_param_walk w = ink_param_first(e->command->params); w.param; ink_param_next(&w)) {
        char flag[64];
        ink_param_flag(w.param, flag, sizeof flag);
        if (w.param->bits & INK_PARAM_POSITIONAL)
            positional = positional ? positional : w.param;
        else if (w.param->type != INK_PARAM_BOOL) {
            fprintf(to, "        %s", flag);
            if (w.param->flag)
                fprintf(to, "|-%c", w.param->flag);
            fputs(") ", to);
            bash_reply(to, w.param);
            fputs("; return;;\n", to);
        }
    }
    fputs("        esac\n        if [[ $cur == -* ]]; then COMPREPLY=( $(compgen -W \"--help", to);
    for (ink_param_walk w = ink_param_first(e->command->params); w.param; ink_param_next(&w)) {
        char flag[64];
        ink_param_flag(w.param, flag, sizeof flag);
        if (!(w.param->bits & INK_PARAM_POSITIONAL))
            fprintf(to, " %s", flag);
    }
    fputs("\" -- \"$cur\") )", to);
    if (positional) {
        fputs("; else ", to);
        bash_reply(to, positional);
    }
    fputs("; fi;;\n", to);
}

void cli_emit_bash(FILE *to)
{
    fputs("# bash completion for inkstone\n_inkstone()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    if [ \"$COMP_CWORD\" = 1 ]; then COMPREPLY=( $(compgen -W \"", to);
    shells_commands(to);
    fputs("--help --version\" -- \"$cur\") ); return; fi\n    case ${COMP_WORDS[1]} in\n", to);
    for (const cli_entry *e = cli_entries(); e->name; e++)
        if (e->command)
            bash_command(to, e);
    fputs("    esac\n}\ncomplete -o filenames -F _inkstone inkstone\n", to);
}

/* Text inside single quotes of zsh's _arguments, where brackets and colons mean something, or of fish. */
static void shells_quoted(FILE *to, const char *text, bool zsh)
{
    for (const char *c = text; *c; c++)
        if (*c == '\'')
            fputs(zsh ? "'\\''" : "\\'", to);
        else if (zsh && strchr("[]:", *c))
            fprintf(to, "\\%c", *c);
        else
            fputc(*c, to);
}

static void zsh_value(FILE *to, const ink_param *p)
{
    fputc(':', to);
    shells_quoted(to, ink_param_value(p), true);
    fputc(':', to);
    if (p->type == INK_PARAM_MODEL)
        fputs("_inkstone_models", to);
    else if (p->type == INK_PARAM_CHOICE) {
        fputc('(', to);
        shells_words(to, p);
        fputc(')', to);
    } else if (shells_takes_files(p))
        fputs("_files", to);
}

static void zsh_param(FILE *to, const ink_param *p)
{
    char flag[64];
    ink_param_flag(p, flag, sizeof flag);
    fputs(" \\\n            ", to);
    if (p->bits & INK_PARAM_POSITIONAL) {
        fputs(p->type == INK_PARAM_TEXTS ? "'*" : "'", to);
        zsh_value(to, p);
        fputc('\'', to);
        return;
    }
    if (p->flag)
        fprintf(to, "{-%c,%s}", p->flag, flag);
    fprintf(to, "'%s[", p->flag ? "" : flag);
    shells_quoted(to, p->help, true);
    fputc(']', to);
    if (p->type != INK_PARAM_BOOL)
        zsh_value(to, p);
    fputc('\'', to);
}

void cli_emit_zsh(FILE *to)
{
    fputs("#compdef inkstone\n_inkstone_models() { compadd -- $(inkstone list --names 2>/dev/null); _files }\n"
          "_inkstone() {\n    if (( CURRENT == 2 )); then\n        local -a commands=(\n", to);
    for (const cli_entry *e = cli_entries(); e->name; e++)
        if (e->command) {
            fprintf(to, "            '%s:", e->name);
            shells_quoted(to, e->help, true);
            fputs("'\n", to);
        }
    fputs("        )\n        _describe command commands\n        return\n    fi\n    local name=$words[2]\n"
          "    shift words\n    (( CURRENT-- ))\n    case $name in\n", to);
    for (const cli_entry *e = cli_entries(); e->name; e++) {
        if (!e->command)
            continue;
        fprintf(to, "        %s) _arguments '--help[explain this command]'", e->name);
        for (ink_param_walk w = ink_param_first(e->command->params); w.param; ink_param_next(&w))
            zsh_param(to, w.param);
        fputs(";;\n", to);
    }
    fputs("    esac\n}\n_inkstone \"$@\"\n", to);
}

static void fish_param(FILE *to, const char *command, const ink_param *p)
{
    char flag[64];
    ink_param_flag(p, flag, sizeof flag);
    fprintf(to, "complete -c inkstone -n '__fish_seen_subcommand_from %s'", command);
    if (!(p->bits & INK_PARAM_POSITIONAL)) {
        fprintf(to, " -l %s", flag + 2);
        if (p->flag)
            fprintf(to, " -s %c", p->flag);
        fputs(" -d '", to);
        shells_quoted(to, p->help, false);
        fputs(p->type == INK_PARAM_BOOL ? "'" : "' -r", to);
    }
    fputs(shells_takes_files(p) ? " -F" : " -f", to);
    if (p->type == INK_PARAM_MODEL || p->type == INK_PARAM_CHOICE) {
        fputs(" -a '", to);
        if (p->type == INK_PARAM_MODEL)
            fputs("(inkstone list --names 2>/dev/null)", to);
        else
            shells_words(to, p);
        fputc('\'', to);
    }
    fputc('\n', to);
}

void cli_emit_fish(FILE *to)
{
    fputs("# fish completion for inkstone\n", to);
    for (const cli_entry *e = cli_entries(); e->name; e++) {
        if (!e->command)
            continue;
        fprintf(to, "complete -c inkstone -n __fish_use_subcommand -f -a %s -d '", e->name);
        shells_quoted(to, e->help, false);
        fputs("'\n", to);
        for (ink_param_walk w = ink_param_first(e->command->params); w.param; ink_param_next(&w))
            fish_param(to, e->name, w.param);
    }
}
