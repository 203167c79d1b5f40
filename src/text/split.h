/* Cutting a text into the pieces that byte pairs are merged within. A split is a list of rules. Each rule finds its matches in
   every piece that the rules before it left; a match is a piece, and so is what lies between two matches. The rules are the
   published regular expressions of each family, written as functions that look at every byte a bounded number of times. */
#ifndef INK_TEXT_SPLIT_H
#define INK_TEXT_SPLIT_H

#include "text/chars.h"

#include <ink/err.h>
#include <stdbool.h>

typedef struct ink_rule ink_rule;
struct ink_rule {
    /* At p (begin <= p < end): the length of the match that starts here; or -n when none starts in the next n bytes; or 0 when
       the search had to be given up, which only a foreign regular expression does. */
    ptrdiff_t (*match)(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end);
    bool (*member)(ink_char c); /* runs: what they are made of … */
    unsigned lead;              /* … what may stand before: 0, ' ', or INK_SPACE for any white space … */
    unsigned least, most;       /* … and how many, 0: any number. Words: how many digits go together */
    unsigned letters;           /* words: classes that make up a word */
    const char *tail;           /* words: what punctuation takes with it */
    bool cut_numbers;           /* words: every number stands alone, as if a rule before had cut it out */
    bool suffix;                /* words: 's and its like stay with the word */
    bool drop_gaps, drop_matches; /* what the rule does not match, or does, is left out of the text */
    void *regex;                /* regular expressions: see regex.h */
};

enum { INK_SPLIT_RULES = 16 };

typedef struct ink_split {
    ink_rule rules[INK_SPLIT_RULES];
    size_t count;
    bool wants_utf8; /* a rule cannot stand bytes that are not UTF-8: such bytes become pieces of their own */
} ink_split;

void ink_split_clear(ink_split *s); /* frees what rules own */

typedef void (*ink_piece)(void *user, const uint8_t *p, size_t n);

/* Calls piece for each piece of p[0, n), in order. false: a rule gave up (pieces before it have been delivered). */
bool ink_split_text(const ink_split *s, const uint8_t *p, size_t n, ink_piece piece, void *user);

/* The families (split_words.c), as rules that match everywhere … */
ptrdiff_t ink_split_gpt2(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end);
ptrdiff_t ink_split_llama3(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end);
ptrdiff_t ink_split_cased(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end);
ptrdiff_t ink_split_deepseek3(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end);
/* … and the rules that match here and there (split_runs.c). */
ptrdiff_t ink_split_run(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end);
ptrdiff_t ink_split_byte_digits(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end); /* in GPT-2's letters for bytes */
ptrdiff_t ink_split_spaced(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end); /* up to the next space */
ptrdiff_t ink_split_last_space(const ink_rule *rule, const uint8_t *begin, const uint8_t *p, const uint8_t *end);
bool ink_is_number(ink_char c);
bool ink_is_digit(ink_char c);
bool ink_is_letter(ink_char c);
bool ink_is_punctuation(ink_char c);
bool ink_is_newline(ink_char c);
bool ink_is_cased(ink_char c);             /* DeepSeek's list of cased letters */
bool ink_is_wide_punctuation(ink_char c);  /* DeepSeek: ASCII from ! on but digits, full-width forms, quotes */
bool ink_is_cjk(ink_char c);               /* DeepSeek: from Samaritan to the ideographs, Hangul */
bool ink_is_cjk_or_kana(ink_char c);       /* DeepSeek 3 */
bool ink_is_falcon_mark(ink_char c);       /* punctuation and $+<=>^~|` */
bool ink_is_default_mark(ink_char c);      /* the same without ` */
bool ink_is_bloom_word(ink_char c);        /* neither white space nor a sentence's mark */

/* By the name in a GGUF (split_names.c). */
typedef struct ink_split_name {
    const char *name;
    const ink_split *split;
    bool ignore_merges, add_bos;
} ink_split_name;
const ink_split_name *ink_split_find(const char *name, size_t n);          /* NULL when unknown */
const ink_split_name *ink_split_for(const char *architecture, size_t n);   /* a guess, when the file does not say; never NULL */
const ink_split_name *ink_split_like(const ink_split *split, bool ignore_merges); /* the first name of these rules, or NULL */
/* A regular expression that does what the rule does, as a tokenizer.json would have it, or NULL. */
const char *ink_split_regex(const ink_rule *rule);
/* By the regular expression of a tokenizer.json: the rule that does the same, or NULL. */
const ink_rule *ink_split_pattern(const char *pattern, size_t n);
extern const ink_rule ink_rule_gpt2, ink_rule_single_number, ink_rule_cut_gpt2;

#endif
