/* Between the files that ask a model what it is: about.c and, for folders, about_folder.c. */
#ifndef INK_FORMATS_ABOUT_H
#define INK_FORMATS_ABOUT_H

#include <ink/about.h>

/* A number of the configuration: where it goes, its GGUF key after "ARCHITECTURE.", its names in config.json. */
typedef struct about_field {
    size_t at;
    const char *gguf, *folder[4];
} about_field;
enum { ABOUT_FIELDS = 9 };
extern const about_field about_fields[ABOUT_FIELDS];

void about_set(ink_about *a, const about_field *f, double v); /* ignores what no model has */
/* config.json, tokenizer_config.json, chat_template.jinja, README.md. What is absent or damaged is not said. */
void about_read_folder(const char *folder, ink_arena *arena, ink_about *a);

#endif
