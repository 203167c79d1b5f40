/* inkstone list: what is here, and what could be. */
#include "cli.h"

#include <ink/store.h>

typedef struct list_options {
    bool json, names;
} list_options;

static const ink_param list_params[] = {
    CLI_JSON(list_options),
    { .name = "names", .type = INK_PARAM_BOOL, .at = offsetof(list_options, names), .help = "names only, one to a line" },
    { 0 },
};

static void list_json(const ink_store_list *list)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "models");
    for (size_t i = 0; i < list->count; i++) {
        const ink_store_item *m = &list->at[i];
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "name", m->name);
        ink_jot_bool(&j, "here", m->path != NULL);
        ink_jot_integer(&j, "bytes", (int64_t)m->bytes);
        ink_jot_text(&j, "licence", m->licence);
        ink_jot_text(&j, "about", m->about);
        ink_jot_text(&j, "path", m->path);
        ink_jot_text(&j, "source", m->source);
        ink_jot_end(&j);
    }
    cli_jot_finish(&j);
}

static void list_table(const ink_store_list *list, bool here, const char *title)
{
    bool any = false;
    for (size_t i = 0; i < list->count; i++) {
        const ink_store_item *m = &list->at[i];
        char size[32];
        if ((m->path != NULL) != here)
            continue;
        printf("%s%s", any ? "" : title, any ? "" : "\n");
        any = true;
        cli_size((double)m->bytes, size, sizeof size);
        printf("  %-14s %9s  %s%s%s%s\n", m->name, size, m->about ? m->about : m->source ? m->source : "", m->licence ? " [" : "",
               m->licence ? m->licence : "", m->licence ? "]" : "");
    }
}

static ink_status list_run(const void *options, ink_err *err)
{
    const list_options *o = options;
    ink_store_list list;
    INK_TRY(ink_store_list_read(&list, err));
    if (o->json)
        list_json(&list);
    else if (o->names)
        for (size_t i = 0; i < list.count; i++)
            puts(list.at[i].name);
    else {
        list_table(&list, true, "Here");
        list_table(&list, false, "To be had with inkstone pull");
    }
    ink_store_list_clear(&list);
    return INK_OK;
}

const cli_command cli_list = {
    .params = list_params,
    .size = sizeof(list_options),
    .examples = { { "list", "see sizes and licences" }, { "list --json", "the same for a program, with paths" } },
    .run = list_run,
};
