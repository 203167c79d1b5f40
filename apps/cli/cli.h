/* The frame that commands stand in. A command is one file with one `const cli_command`, and one line in commands.def. */
#ifndef CLI_H
#define CLI_H

#include <ink/jot.h>
#include <ink/llm.h>
#include <ink/param.h>
#include <stddef.h>
#include <stdio.h>

enum { CLI_EXAMPLES = 9 };

typedef struct cli_example {
    const char *line, *says; /* what is typed after "inkstone ", and what it does */
} cli_example;

typedef struct cli_command {
    const ink_param *params; /* fields of the options struct */
    size_t size;             /* of the options struct */
    const char *about;       /* a paragraph or more for help and man page; a blank line parts them */
    cli_example examples[CLI_EXAMPLES];
    bool computes;           /* runs kernels: main says so when only plain C can be used */
    bool made;               /* takes what was said of a model of one's own for its settings, where it is told nothing else */
    /* Writes results to stdout, remarks through cli_note. INK_E_ARGUMENT ends in exit 2, INK_E_STOPPED in 75, the rest in 1. */
    ink_status (*run)(const void *options, ink_err *err);
} cli_command;

/* Settings that mean the same in every command; T is the options struct, with const char *model, int64_t threads, bool json. */
#define CLI_MODEL(T)                                                                                                          \
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .bits = INK_PARAM_REQUIRED, .at = offsetof(T, model),          \
      .help = "catalogue name, file or folder, or hf:user/repo[:quant]" }
#define CLI_THREADS(T)                                                                                                        \
    { .name = "threads", .flag = 't', .type = INK_PARAM_INT, .at = offsetof(T, threads), .min = 1, .max = 1024, .def = 0,   \
      .shown = "physical cores", .help = "threads that compute; the answer does not depend on it" }
#define CLI_CONTEXT(T)                                                                                                        \
    { .name = "ctx", .type = INK_PARAM_INT, .at = offsetof(T, ctx), .min = 1, .max = 1e15, .def = 0,                         \
      .shown = "the smaller of the model's and 8192", .help = "most tokens of a sequence, prompt and answer together" }
#define CLI_KV(T)                                                                                                             \
    { .name = "kv", .type = INK_PARAM_CHOICE, .at = offsetof(T, kv), .choices = cli_kv_types,                               \
      .shown = "auto: f32 for F32 weights, else f16", .help = "how keys and values are kept" }
#define CLI_ADAPTER(T)                                                                                                        \
    { .name = "adapter", .type = INK_PARAM_TEXTS, .at = offsetof(T, adapters), .value = "PATH[:SCALE]",                      \
      .help = "a PEFT folder, or a LoRA in a GGUF, that acts on the model; may be repeated" }
extern const char *const cli_kv_types[]; /* in the order of ink_llm_kv */
#define CLI_JSON(T) { .name = "json", .type = INK_PARAM_BOOL, .at = offsetof(T, json), .help = "print one JSON object instead of text" }

/* ---- the list (registry.c) ---- */

typedef struct cli_entry {
    const char *name, *help;
    const cli_command *command; /* NULL: name is the heading of the group that follows */
} cli_entry;
const cli_entry *cli_entries(void);                 /* ends with name NULL */
const cli_entry *cli_entry_find(const char *name);  /* NULL when there is none */
const char *cli_entry_nearest(const char *name);    /* NULL when none is near */

/* Words before those of argv: what was said of the model that options name (inkstone create), as flags that params knows. */
ink_status cli_made_words(const ink_param *params, const void *options, ink_arena *arena, int *argc, char *const **argv, ink_err *err);

/* ---- a model, ready to compute (load.c) ---- */

typedef struct cli_model {
    char *path;
    ink_model *model;
    ink_llm *llm;      /* NULL until cli_model_pack */
    double began;      /* seconds */
    double load_seconds;
} cli_model;
ink_status cli_model_open(cli_model *m, const char *name, ink_err *err); /* maps it; nothing is computed */
size_t cli_model_context(const cli_model *m, int64_t ctx);               /* what --ctx, or its absence, comes to */
/* Ids of the vocabulary, each; a sentence that names the first which is not. */
ink_status cli_model_check(const cli_model *m, const int32_t *ids, size_t count, ink_err *err);
ink_status cli_model_pack(cli_model *m, const ink_llm_options *options, ink_err *err);
/* The tokens of a text (- is standard input), nothing added; *first: what the model wants before a text, or -1. */
ink_status cli_text_ids(const cli_model *m, const char *file, ink_ids *ids, int32_t *first, ink_err *err);
void cli_model_close(cli_model *m); /* after any of the above */
double cli_now(void);               /* seconds */

/* ---- output (output.c) ---- */

ink_jot cli_jot(void);                              /* writes to stdout */
void cli_jot_finish(ink_jot *j);                    /* closes what is open and ends the line */
ink_status cli_flush(ink_err *err);                 /* fails when stdout could not take all that was written */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2))); /* "inkstone: …" on stderr */
void cli_size(double bytes, char *out, size_t size); /* "96.4 MB" */
void cli_wrap(FILE *to, const char *text, size_t indent, size_t at, size_t width); /* words; the cursor stands in column at */

/* ---- a bar on stderr, when that is a terminal (progress.c) ---- */

typedef struct cli_progress {
    char what[64];
    double started, drawn; /* seconds */
    uint64_t first;        /* what was there before we began */
    const char *unit;      /* what is counted, such as "tokens"; NULL: bytes */
    bool shown;
} cli_progress;
void cli_progress_step(cli_progress *p, const char *what, uint64_t done, uint64_t total); /* total 0: not known */
void cli_progress_end(cli_progress *p);

/* ---- Ctrl-C (stop.c) ---- */

void cli_stop_catch(void);    /* from now on Ctrl-C sets a flag; a second one ends the program */
void cli_stop_cuts_reading(bool cuts); /* whether Ctrl-C also ends a read that waits; it does not after cli_stop_catch */
bool cli_stop_asked(void);
void cli_stop_forget(void);   /* clears the flag: one answer stopped, the program goes on */

/* ---- help and what is printed from the tables (help.c, emit_*.c) ---- */

void cli_help(FILE *to);
void cli_help_command(FILE *to, const cli_entry *entry);
void cli_usage(FILE *to, const cli_entry *entry); /* one line */
void cli_describe(const ink_param *p, char *out, size_t size); /* "help (range; default)" */
void cli_keys(FILE *to);      /* settings of runs of training (keys.c): as a list, */
void cli_keys_json(void);     /* as one JSON object, */
void cli_emit_keys(FILE *to); /* or as tables in Markdown, words of other trainers included */
void cli_emit_man(FILE *to);
void cli_emit_bash(FILE *to);
void cli_emit_zsh(FILE *to);
void cli_emit_fish(FILE *to);

#endif
