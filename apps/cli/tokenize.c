/* inkstone tokenize: text to ids, and back. */
#include "cli.h"

#include <ink/store.h>
#include <ink/tokenizer.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct tokenize_options {
    const char *model;
    bool special, decode, pieces, json;
} tokenize_options;

static const ink_param tokenize_params[] = {
    CLI_MODEL(tokenize_options),
    { .name = "special", .type = INK_PARAM_BOOL, .at = offsetof(tokenize_options, special), .help = "read and write control tokens by name" },
    { .name = "decode", .type = INK_PARAM_BOOL, .at = offsetof(tokenize_options, decode), .help = "the other way: ids in, text out" },
    { .name = "pieces", .type = INK_PARAM_BOOL, .at = offsetof(tokenize_options, pieces), .help = "a line for each token: its id and its text" },
    CLI_JSON(tokenize_options),
    { 0 },
};

/* All of stdin: malloc'd. */
static ink_status tokenize_read(char **text, size_t *n, ink_err *err)
{
    size_t room = (size_t)1 << 16;
    *text = NULL;
    *n = 0;
    for (;;) {
        char *more = realloc(*text, room);
        if (!more)
            return ink_fail(err, INK_E_MEMORY, "no memory for the text on standard input, of which %zu bytes are read", *n);
        *text = more;
        *n += fread(*text + *n, 1, room - *n, stdin);
        if (*n < room)
            break;
        room *= 2;
    }
    return ferror(stdin) ? ink_fail(err, INK_E_IO, "standard input could not be read: %s", strerror(errno)) : INK_OK;
}

static void tokenize_json(const ink_tokenizer *t, const ink_ids *ids)
{
    ink_jot j = cli_jot();
    ink_jot_object(&j, NULL);
    ink_jot_array(&j, "ids");
    for (size_t i = 0; i < ids->count; i++)
        ink_jot_integer(&j, NULL, ids->at[i]);
    ink_jot_end(&j);
    ink_jot_array(&j, "pieces");
    for (size_t i = 0; i < ids->count; i++) {
        ink_text piece = ink_token_bytes(t, ids->at[i]);
        ink_jot_bytes(&j, NULL, piece.data, piece.size);
    }
    cli_jot_finish(&j);
}

static void tokenize_pieces(const ink_tokenizer *t, const ink_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        ink_text piece = ink_token_bytes(t, ids->at[i]);
        ink_jot j = cli_jot();
        printf("%7d  ", ids->at[i]);
        ink_jot_bytes(&j, NULL, piece.data, piece.size);
        cli_jot_finish(&j);
    }
}

static void tokenize_print(const ink_tokenizer *t, const ink_ids *ids, const tokenize_options *o)
{
    if (o->json)
        tokenize_json(t, ids);
    else if (o->pieces)
        tokenize_pieces(t, ids);
    else
        for (size_t i = 0; i < ids->count; i++)
            printf("%d%c", ids->at[i], i + 1 < ids->count ? ' ' : '\n');
}

/* Ids between blanks, commas and brackets; the text may end with NUL after n bytes. */
static ink_status tokenize_ids(const ink_tokenizer *t, const char *text, size_t n, ink_ids *ids, ink_err *err)
{
    for (const char *at = text, *end = text + n; (at += strspn(at, " \t\r\n,[]")) < end;) {
        char *stop;
        errno = 0;
        long id = strtol(at, &stop, 10);
        if (stop == at || errno || id < 0 || (unsigned long)id >= ink_tokenizer_size(t))
            return ink_fail(err, INK_E_ARGUMENT, "\"%.20s\" on standard input is no token id; they go from 0 to %zu", at, ink_tokenizer_size(t) - 1);
        INK_TRY(ink_ids_add(ids, (int32_t)id, err));
        at = stop;
    }
    return INK_OK;
}

static void tokenize_write(const ink_tokenizer *t, const ink_ids *ids, const tokenize_options *o)
{
    ink_jot j = cli_jot();
    char *text = NULL;
    size_t n = 0, room = 1;
    for (size_t i = 0; i < ids->count; i++)
        room += ink_token_display(t, ids->at[i], i == 0, o->special).size;
    text = o->json ? malloc(room) : NULL;
    for (size_t i = 0; i < ids->count; i++) {
        ink_text piece = ink_token_display(t, ids->at[i], i == 0, o->special);
        if (text)
            memcpy(text + n, piece.data, piece.size);
        else
            fwrite(piece.data, 1, piece.size, stdout);
        n += piece.size;
    }
    if (!text)
        return;
    ink_jot_object(&j, NULL);
    ink_jot_bytes(&j, "text", text, n);
    cli_jot_finish(&j);
    free(text);
}

static ink_status tokenize_stdin(const ink_tokenizer *t, const tokenize_options *o, ink_err *err)
{
    ink_ids ids = { 0 };
    char *text;
    size_t n;
    ink_status status = tokenize_read(&text, &n, err);
    if (!status && o->decode) {
        text[n] = 0; /* reading ends with room to spare */
        status = tokenize_ids(t, text, n, &ids, err);
        if (!status)
            tokenize_write(t, &ids, o);
    } else if (!status) {
        status = ink_tokenize(t, text, n, o->special ? INK_TOKENIZE_SPECIAL : 0, &ids, err);
        if (!status)
            tokenize_print(t, &ids, o);
    }
    ink_ids_clear(&ids);
    free(text);
    return status;
}

static ink_status tokenize_run(const void *options, ink_err *err)
{
    const tokenize_options *o = options;
    char *path;
    ink_weights *w;
    ink_tokenizer *t;
    INK_TRY(ink_store_resolve(o->model, &path, err));
    ink_status status = ink_weights_open(path, &w, err);
    free(path);
    INK_TRY(status);
    status = ink_tokenizer_open(w, &t, err);
    ink_weights_close(w);
    INK_TRY(status);
    if (ink_tokenizer_warning(t))
        cli_note("%s", ink_tokenizer_warning(t));
    status = tokenize_stdin(t, o, err);
    ink_tokenizer_close(t);
    return status;
}

const cli_command cli_tokenize = {
    .params = tokenize_params,
    .size = sizeof(tokenize_options),
    .about = "Reads standard input, byte for byte, and prints the ids of its tokens; nothing is added in front or behind. Control tokens written in "
             "the text are text, unless --special says otherwise.",
    .examples = { { "tokenize -m smollm2 < book.txt", "ids, separated by blanks" },
                  { "tokenize -m smollm2 --pieces < book.txt", "see where the text is cut" },
                  { "tokenize -m smollm2 --decode < ids.txt", "the text of those ids" } },
    .run = tokenize_run,
};
