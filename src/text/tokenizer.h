/* What a tokenizer is made from, whatever file said it, and its parts. */
#ifndef INK_TEXT_TOKENIZER_H
#define INK_TEXT_TOKENIZER_H

#include "text/split.h"

#include <ink/tokenizer.h>

/* GGUF's numbers for what a token is, and one of our own. */
typedef enum ink_token_kind {
    INK_TOKEN_NORMAL = 1, INK_TOKEN_UNKNOWN, INK_TOKEN_CONTROL, INK_TOKEN_USER, INK_TOKEN_UNUSED, INK_TOKEN_BYTE,
    INK_TOKEN_CONTROL_PART, /* a control token that merges make and start from as well */
} ink_token_kind;

enum { /* takes the white space before or after with it; whole words only; its normal form is looked for in the text's */
    INK_ADDED_LEFT = 1, INK_ADDED_RIGHT = 2, INK_ADDED_WORD = 4, INK_ADDED_NORMAL = 8,
};

typedef struct ink_added { /* a token that is looked for in the text itself, before anything else */
    ink_text text;
    int32_t id;
    bool control;
    uint8_t bits;
    uint32_t rank; /* of two with the same text the lower is found: control tokens, then as they were listed (ink_added_make) */
} ink_added;

enum { INK_NORMAL_C = 1, INK_NORMAL_D, INK_NORMAL_KC, INK_NORMAL_KD }; /* Unicode normal forms */

enum { INK_TOKENIZER_TOKENS = (1 << 21) - 1, INK_TOKENIZER_MERGES = (1 << 22) - 2, INK_TOKENIZER_ENDS = 64 }; /* the most of each */

typedef struct ink_wordpiece { /* words spelled by the longest tokens (wordpiece.h) */
    bool on;                 /* the tokenizer is of this kind */
    bool clean, han, accents, lower; /* control characters go; ideographs stand alone; accents are taken away; small letters */
    char prefix[16];         /* of tokens that go on with a word: "##" */
    size_t longest;          /* characters of a word; longer ones are unknown */
} ink_wordpiece;

/* Everything is borrowed, and only read while the tokenizer is made. */
typedef struct ink_tokenizer_spec {
    const char *where;          /* the file, for sentences */
    bool byte_level;            /* tokens are spelled in GPT-2's alphabet of 256; else SentencePiece: spelled as text, U+2581 for a space */
    size_t count;
    const ink_text *tokens;
    const uint8_t *kinds;       /* ink_token_kind */
    size_t merge_count;         /* in order of rank: */
    const ink_text *merges;     /* the left sides, or both sides with a space between … */
    const ink_text *rights;     /* … when this is NULL */
    const float *scores;        /* when there are no merges: the higher first */
    const ink_added *added;
    size_t added_count;
    ink_split split;
    int normal;                 /* 0: as it comes */
    bool ignore_merges;         /* a piece that is a token is that token */
    bool add_space_prefix;      /* a space is put before the text … */
    bool prefix_each;           /* … and after every added token … */
    bool prefix_lacking;        /* … unless one is there */
    bool marks_late;            /* spaces become U+2581 after added tokens are looked for in the normal form, not before */
    bool byte_fallback;         /* SentencePiece: unknown characters become byte tokens */
    bool fuse_unknown;          /* unknown characters in a row are one unknown token */
    bool add_bos;
    ink_wordpiece wordpiece;
    int32_t bos, eos, unknown;  /* -1: none */
    int32_t closing;            /* the token that stands after a text, + 1; 0: none */
    int32_t ends[INK_TOKENIZER_ENDS];
    size_t end_count;
    ink_text template, warning; /* empty: none */
} ink_tokenizer_spec;

/* Takes over what the split's rules own, on success. */
ink_status ink_tokenizer_make(const ink_tokenizer_spec *spec, ink_tokenizer **out, ink_err *err);

#endif
