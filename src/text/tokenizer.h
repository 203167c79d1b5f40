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

#define INK_WORDPIECE_BEGINS "\xe2\x96\x81" /* before tokens that begin a word, in a GGUF */
typedef struct ink_wordpiece { /* words spelled by the longest tokens (wordpiece.h) */
    bool on;                 /* the tokenizer is of this kind */
    bool clean, han, accents, lower; /* control characters go; ideographs stand alone; accents are taken away; small letters */
    char prefix[16];         /* of tokens that go on with a word: "##" */
    size_t longest;          /* characters of a word; longer ones are unknown */
} ink_wordpiece;

/* What is done to a text before it is cut, one after the other. */
typedef enum ink_normal_kind {
    INK_STEP_FORM,      /* a Unicode normal form: INK_NORMAL_* in `form` */
    INK_STEP_LOWER,     /* small letters */
    INK_STEP_ACCENTS,   /* marks go */
    INK_STEP_STRIP,     /* white space, or spaces alone, goes, on the left or the right */
    INK_STEP_REPLACE,   /* `what` by `by` */
    INK_STEP_SPACES,    /* two spaces and more by `by` */
    INK_STEP_NMT,       /* control characters go, and what looks like a space is one */
    INK_STEP_CHARSMAP,  /* SentencePiece's table (charsmap.h), by clusters or not */
    INK_STEP_KINDS
} ink_normal_kind;
typedef struct ink_normal_step {
    ink_normal_kind kind;
    int form;
    bool left, right, spaces, clusters;
    char what[16], by[16];
} ink_normal_step;
enum { INK_NORMAL_STEPS = 16 };

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
    const double *scores;       /* when there are no merges: the higher first; of a unigram model: ln p */
    const ink_added *added;
    size_t added_count;
    ink_split split;
    int normal;                 /* 0: as it comes */
    ink_normal_step steps[INK_NORMAL_STEPS]; /* before that */
    size_t step_count;
    ink_text charsmap;          /* of INK_STEP_CHARSMAP, as its file has it */
    bool unigram;               /* the likeliest way to cut (unigram.h), not merges */
    bool words;                 /* white space only parts words, which a space is put before */
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
    int32_t second;             /* the token that follows bos where bos is added, + 1; 0: none */
    int32_t closing;            /* the token that stands after a text, + 1; 0: none */
    int32_t ends[INK_TOKENIZER_ENDS];
    size_t end_count;
    ink_text template, warning; /* empty: none */
} ink_tokenizer_spec;

/* Takes over what the split's rules own, on success. */
ink_status ink_tokenizer_make(const ink_tokenizer_spec *spec, ink_tokenizer **out, ink_err *err);

#endif
