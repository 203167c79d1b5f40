/* The list of commands, from commands.def. */
#include "cli.h"

#include <string.h>

#define INK_GROUP(title)
#define INK_COMMAND(name, help) extern const cli_command cli_##name;
#define INK_COMMAND_NAMED(file, name, help) INK_COMMAND(file, help)
#include "commands.def"
#undef INK_GROUP
#undef INK_COMMAND
#undef INK_COMMAND_NAMED

static const cli_entry registry_entries[] = {
#define INK_GROUP(title) { title, NULL, NULL },
#define INK_COMMAND(name, help) { #name, help, &cli_##name },
#define INK_COMMAND_NAMED(file, name, help) { name, help, &cli_##file },
#include "commands.def"
    { NULL, NULL, NULL },
};

const cli_entry *cli_entries(void)
{
    return registry_entries;
}

const cli_entry *cli_entry_find(const char *name)
{
    for (const cli_entry *e = registry_entries; e->name; e++)
        if (e->command && !strcmp(e->name, name))
            return e;
    return NULL;
}

const char *cli_entry_nearest(const char *name)
{
    const char *names[sizeof registry_entries / sizeof *registry_entries];
    size_t count = 0;
    for (const cli_entry *e = registry_entries; e->name; e++)
        if (e->command)
            names[count++] = e->name;
    names[count] = NULL;
    return ink_param_nearest(name, names);
}
