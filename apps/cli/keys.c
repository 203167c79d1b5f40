/* The settings of runs of training, from their table: a list for people at a terminal, tables for docs/training.md. */
#include "cli.h"

#include <ink/train.h>
#include <string.h>

static const char *keys_value(const ink_param *p)
{
    const char *value = ink_param_value(p);
    return value ? value : "true";
}

void cli_keys(FILE *to)
{
    enum { COLUMN = 4, WIDTH = 100 };
    const char *heading = "";
    for (ink_param_walk w = ink_param_first(ink_train_params); w.param; ink_param_next(&w)) {
        char text[1024];
        if (strcmp(heading, w.heading))
            fprintf(to, "%s%s\n", *heading ? "\n" : "", w.heading);
        heading = w.heading;
        cli_describe(w.param, text, sizeof text);
        fprintf(to, "  %s: %s\n%*s", w.param->name, keys_value(w.param), COLUMN, "");
        cli_wrap(to, text, COLUMN, COLUMN, WIDTH);
    }
    fputs("\nWords of LLaMA-Factory, transformers and others for the same, and those that have no effect: docs/training.md, or inkstone emit keys.\n", to);
}

void cli_keys_json(void)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "keys");
    for (ink_param_walk w = ink_param_first(ink_train_params); w.param; ink_param_next(&w)) {
        char preset[128], range[256];
        ink_param_default(w.param, preset, sizeof preset);
        ink_param_range(w.param, range, sizeof range);
        ink_jot_object(&j, NULL);
        ink_jot_text(&j, "key", w.param->name);
        ink_jot_text(&j, "about", w.heading);
        ink_jot_text(&j, "value", keys_value(w.param));
        ink_jot_text(&j, "range", *range ? range : NULL);
        ink_jot_text(&j, "default", *preset ? preset : NULL);
        ink_jot_text(&j, "help", w.param->help);
        ink_jot_end(&j);
    }
    cli_jot_finish(&j);
}

static void keys_row(FILE *to, const ink_param *p)
{
    char preset[128], range[256];
    ink_param_default(p, preset, sizeof preset);
    ink_param_range(p, range, sizeof range);
    fprintf(to, "| `%s` | %s | %s | %s |\n", p->name, *range ? range : keys_value(p), preset, p->help);
}

/* "`bf16: true`" */
static void keys_word(FILE *to, const char *key, const char *value)
{
    if (value)
        fprintf(to, "`%s: %s`", key, value);
    else
        fprintf(to, "`%s`", key);
}

static void keys_synonyms(FILE *to)
{
    fputs("\n### Other words for the same\n\n| word | is |\n|---|---|\n", to);
    for (const ink_train_synonym *s = ink_train_synonyms; s->key; s++) {
        if (!s->name)
            continue;
        fputs("| ", to);
        keys_word(to, s->key, s->value);
        fputs(" | ", to);
        keys_word(to, s->name, s->means);
        fputs(" |\n", to);
    }
    fputs("\nSo it is anyway, and another value is refused: ", to);
    const char *before = "";
    for (const ink_train_synonym *s = ink_train_synonyms; s->key; s++) {
        if (s->name)
            continue;
        fputs(before, to);
        keys_word(to, s->key, s->value);
        before = ", ";
    }
    fputs(".\n", to);
}

void cli_emit_keys(FILE *to)
{
    const char *heading = "";
    for (ink_param_walk w = ink_param_first(ink_train_params); w.param; ink_param_next(&w)) {
        if (strcmp(heading, w.heading))
            fprintf(to, "%s### %s\n\n| key | value | without it | what |\n|---|---|---|---|\n", *heading ? "\n" : "", w.heading);
        heading = w.heading;
        keys_row(to, w.param);
    }
    keys_synonyms(to);
    fputs("\n### Without effect\n\n| key | why |\n|---|---|\n", to);
    for (const ink_param *p = ink_train_idle; p->name; p++)
        fprintf(to, "| `%s` | %s |\n", p->name, p->help);
}
