/* ink/constraint.h: text that an answer must be: a GBNF grammar, a JSON schema, a regular expression, or one of some choices.
   All four become one automaton over bytes; while an answer grows, the tokens that keep it inside the language are a mask over
   the logits, and as its room runs out only those stay that still let it end in time. So an answer is always whole.
   Masks are kept, state by state: a constraint may be used for any number of answers, by one thread at a time. */
#ifndef INK_CONSTRAINT_H
#define INK_CONSTRAINT_H

#include <ink/param.h>
#include <ink/tokenizer.h>

typedef enum ink_constraint_kind { INK_CONSTRAINT_GBNF, INK_CONSTRAINT_JSON_SCHEMA, INK_CONSTRAINT_REGEX, INK_CONSTRAINT_CHOICE } ink_constraint_kind;

/* The text of a grammar, schema or expression; or choices. GBNF begins at the rule `root`. A regular expression is ECMAScript's
   and means the whole answer; look-around, back references and \b are refused by name. Of JSON schema (2020-12) docs/constraints.md
   lists what is understood; other keywords are refused by name. `{"type":"object"}` is any JSON object. */
typedef struct ink_constraint_spec {
    ink_constraint_kind kind;
    const char *where; /* names the text in sentences */
    const char *text;
    size_t n;
    ink_param_texts choices;
} ink_constraint_spec;

typedef struct ink_constraint ink_constraint;

/* The tokenizer is borrowed and must outlive it. vocab: as many logits as the model gives. The spec is read now and not kept.
   INK_E_FORMAT says where a text is wrong, INK_E_UNSUPPORTED what is not done, INK_E_LIMIT which bound it exceeds. */
INK_API ink_status ink_constraint_new(const ink_tokenizer *t, size_t vocab, const ink_constraint_spec *spec, ink_constraint **out, ink_err *err);
INK_API void ink_constraint_free(ink_constraint *c); /* NULL is fine; after every answer that it held */

/* So many tokens are enough for a whole answer; fewer than that, in ink_generate_options.most, are refused. */
INK_API size_t ink_constraint_shortest(ink_constraint *c);

/* Whether a text belongs to the language, and whether it is the beginning of one that does. */
INK_API bool ink_constraint_accepts(ink_constraint *c, const char *text, size_t n, bool *begins);

/* A place in the language. Start with ink_constraint_start, go on with ink_constraint_take. */
typedef uint32_t ink_constraint_state;
INK_API ink_constraint_state ink_constraint_start(const ink_constraint *c);
/* The tokens that may come next when `left` tokens of room are left (0: none may, and no bits are given), as bits: token i is bit i % 64 of word i / 64, the
   words are (vocab + 63) / 64 and valid until the next call. ends: the text may end here; more: it may go on as well.
   Tokens that end an answer are not among the bits. */
INK_API ink_status ink_constraint_mask(ink_constraint *c, ink_constraint_state at, size_t left, const uint64_t **bits, bool *ends, bool *more, ink_err *err);
INK_API bool ink_constraint_ends(const ink_constraint *c, ink_constraint_state at); /* the same `ends`, without a mask */
/* The place after a token that the mask allowed. */
INK_API ink_status ink_constraint_take(ink_constraint *c, ink_constraint_state *at, int32_t token, ink_err *err);

#endif
