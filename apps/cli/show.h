/* Between the files of inkstone show: show.c (the command), show_text.c and show_json.c (its two reports). */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli.h"

#include <ink/about.h>
#include <ink/memory.h>

typedef struct show_options {
    const char *model, *tensor, *output;
    int64_t ctx;
    bool tensors, metadata, template, json;
} show_options;

typedef struct show_memory { /* needed, and there */
    uint64_t context, weights, kv, total;
    ink_memory machine;
} show_memory;

typedef struct show_all { /* what the reports are written from */
    const show_options *options;
    const ink_weights *w;
    ink_arena *arena;
    ink_about about;
    show_memory memory;
} show_all;

enum { SHOW_ARRAY = 8 }; /* elements of an array that are shown unasked */

bool show_fits(const show_memory *m);
ink_status show_text(const show_all *s, ink_err *err);
void show_json(const show_all *s);

#endif
