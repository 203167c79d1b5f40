/* Where tokenizers are described. Each reader fills a spec and leaves what the spec points to in a source, which lives until the
   tokenizer is made. */
#ifndef INK_MODELS_TOKENIZER_H
#define INK_MODELS_TOKENIZER_H

#include "base/json.h"
#include "text/tokenizer.h"

#include <ink/arena.h>

enum { INK_TOKENIZER_FILES = 4 };

typedef struct ink_tokenizer_source {
    ink_arena *arena;
    ink_json *files[INK_TOKENIZER_FILES];
    ink_buf jinja, pieces;
    char path[4096];
} ink_tokenizer_source;

/* Whichever of the two belongs to these weights; INK_E_NOT_FOUND when there is none. Clear both afterwards, in any case. */
ink_status ink_tokenizer_read(const ink_weights *w, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err);
void ink_tokenizer_read_clear(ink_tokenizer_spec *spec, ink_tokenizer_source *source);
ink_status ink_tokenizer_from_gguf(const ink_weights *w, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err);
ink_status ink_tokenizer_from_folder(const char *folder, ink_tokenizer_spec *spec, ink_tokenizer_source *source, ink_err *err);

/* The parts of a tokenizer.json that say how a text is rewritten and cut (tokenizer_pipe.c), after spec->byte_level is known. */
ink_status ink_tokenizer_pipe(const ink_json *root, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err);
/* A tokenizer.json by itself (tokenizer_json.c). */
ink_status ink_tokenizer_from_json(const ink_json *root, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err);

/* A model of SentencePiece by itself (tokenizer_pieces.c): the family that files of a folder name, and the tokens; `bytes` are borrowed until the tokenizer is made. */
typedef struct ink_pieces_family {
    const char *classes[2], *models[3]; /* of tokenizer_config.json; without one, model_type of config.json */
    const char *bos, *second, *eos;
    bool begins, closes; /* a text with these */
    bool shifted;        /* fairseq's numbers */
    size_t sentinels;    /* tokens after the pieces, unless extra_ids says otherwise */
    const char *later[10]; /* tokens after the pieces that tokenizer_config.json need not name */
    bool raw;            /* added tokens are looked for in the text as it stands, whatever is said of their normal form */
} ink_pieces_family;
ink_status ink_pieces_family_find(const ink_json *tokenizer, const ink_json *model, const char *where, const ink_pieces_family **out, ink_err *err);
ink_status ink_tokenizer_from_pieces(ink_text bytes, const ink_pieces_family *family, const ink_json *config, ink_tokenizer_spec *spec, ink_arena *arena, ink_err *err);

/* A tokenizer on its way into a file: metadata of a GGUF with room for `count` tokens, or tokenizer.json and tokenizer_config.json
   of a folder. types: whether the model tells types of tokens apart. INK_E_UNSUPPORTED names what the form has no word for. */
struct ink_gguf_pairs;
ink_status ink_tokenizer_to_gguf(const ink_tokenizer_spec *spec, size_t count, struct ink_gguf_pairs *out, ink_err *err);
ink_status ink_tokenizer_to_folder(const ink_tokenizer_spec *spec, bool types, const char *folder, ink_err *err);

ink_status ink_tokenizer_to_merges(const ink_tokenizer_spec *spec, ink_json *list, ink_err *err); /* pairs of texts, appended (tokenizer_to_merges.c) */

/* Tokens that end an answer: of every control or user-defined token whose name is known to do so. */
void ink_tokenizer_known_ends(ink_tokenizer_spec *spec);
void ink_tokenizer_add_end(ink_tokenizer_spec *spec, int64_t id);
int32_t ink_tokenizer_added_id(const ink_tokenizer_spec *spec, const char *text, size_t n); /* -1 when absent */

#endif
