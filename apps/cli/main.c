/* inkstone: reads the command's name, its words into its options, runs it, and turns a status into an exit code. */
#include "cli.h"

#include <ink/cpu.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_RESUMABLE = 75 };

static int main_fail(const ink_err *err)
{
    cli_note("%s", err->text);
    return err->status == INK_E_ARGUMENT ? EXIT_USAGE : err->status == INK_E_STOPPED ? EXIT_RESUMABLE : EXIT_FAILED;
}

#if defined(__clang__)
#define MAIN_COMPILER "clang " __clang_version__
#else
#define MAIN_COMPILER "gcc " __VERSION__
#endif

static void main_version_json(const ink_cpu_set *sets, const char *used)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "version", INK_VERSION);
    ink_jot_text(&j, "compiler", MAIN_COMPILER);
    ink_jot_array(&j, "built");
    for (size_t i = 0; i < INK_CPU_SETS; i++)
        if (sets[i].built)
            ink_jot_text(&j, NULL, sets[i].name);
    ink_jot_end(&j);
    ink_jot_array(&j, "processor");
    for (size_t i = 0; i < INK_CPU_SETS; i++)
        if (sets[i].has)
            ink_jot_text(&j, NULL, sets[i].name);
    ink_jot_end(&j);
    ink_jot_text(&j, "used", used);
    cli_jot_finish(&j);
}

static const char *main_used(const ink_cpu_set *sets)
{
    const char *used = sets[0].name;
    for (size_t i = 0; i < INK_CPU_SETS; i++)
        used = sets[i].used ? sets[i].name : used;
    return used;
}

static void main_version(const ink_cpu_set *sets, const char *used)
{
    printf("inkstone %s, built with %s\nkernels for", INK_VERSION, MAIN_COMPILER);
    for (size_t i = 0; i < INK_CPU_SETS; i++)
        printf("%s%s", sets[i].built ? " " : "", sets[i].built ? sets[i].name : "");
    printf("; this processor has");
    for (size_t i = 0; i < INK_CPU_SETS; i++)
        printf("%s%s", sets[i].has ? " " : "", sets[i].has ? sets[i].name : "");
    printf("; in use: %s\n", used);
}

static ink_status main_options(const cli_command *command, int argc, char *const *argv, ink_arena *arena, void *options, ink_err *err)
{
    INK_TRY(ink_param_parse(command->params, argc, argv, arena, options, err));
    const int given = argc;
    if (command->made)
        INK_TRY(cli_made_words(command->params, options, arena, &argc, &argv, err));
    return argc == given ? INK_OK : ink_param_parse(command->params, argc, argv, arena, options, err);
}

static ink_status main_run(const cli_entry *entry, int argc, char **argv, const char *used, ink_err *err)
{
    const cli_command *command = entry->command;
    for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            cli_help_command(stdout, entry);
            return cli_flush(err);
        }
    ink_arena *arena;
    INK_TRY(ink_arena_new("options", 0, &arena, err));
    void *options = ink_arena_alloc(arena, command->size);
    ink_status status = options ? main_options(command, argc, argv, arena, options, err) : ink_arena_refused(arena, command->size, err);
    if (status == INK_E_ARGUMENT) {
        size_t n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, " (see inkstone %s --help)", entry->name);
    }
    if (status == INK_OK && command->computes && !strcmp(used, "scalar") && !getenv("INK_CPU"))
        cli_note("this processor has no AVX2: plain C will do the work, slowly");
    if (status == INK_OK)
        status = command->run(options, err);
    ink_arena_free(arena);
    return status == INK_OK ? cli_flush(err) : status;
}

static ink_status main_dispatch(int argc, char **argv, ink_err *err)
{
    ink_cpu_set sets[INK_CPU_SETS];
    if (ink_cpu_sets(sets, err)) /* a set that the machine lacks, or an unknown one: the caller's mistake */
        return err->status = INK_E_ARGUMENT;
    const char *word = argc > 1 ? argv[1] : "--help";
    const cli_entry *entry = cli_entry_find(word);
    if (entry)
        return main_run(entry, argc - 2, argv + 2, main_used(sets), err);
    if (!strcmp(word, "--version"))
        (argc > 2 && !strcmp(argv[2], "--json") ? main_version_json : main_version)(sets, main_used(sets));
    else if (!strcmp(word, "help") && argc > 2 && (entry = cli_entry_find(argv[2])))
        cli_help_command(stdout, entry);
    else if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help"))
        cli_help(stdout);
    else {
        const char *near = cli_entry_nearest(word);
        return near ? ink_fail(err, INK_E_ARGUMENT, "there is no command %.60s; did you mean %s?", word, near)
                    : ink_fail(err, INK_E_ARGUMENT, "there is no command %.60s; inkstone --help lists them all", word);
    }
    return cli_flush(err);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is a failed write, and failed writes are reported */
    ink_err err = { 0 };
    return main_dispatch(argc, argv, &err) ? main_fail(&err) : EXIT_DONE;
}
