/* Which rules belong to which name and which regular expression. */
#include "text/split.h"

#include <string.h>

#define GPT2 { .match = ink_split_gpt2 }
#define CUT_GPT2 { .match = ink_split_gpt2, .cut_numbers = true }
#define LLAMA3_OF(classes, digits, after) { .match = ink_split_llama3, .letters = (classes), .most = (digits), .tail = (after) }
#define LLAMA3(digits) LLAMA3_OF(INK_LETTER, digits, "\r\n")
#define QWEN35 LLAMA3_OF(INK_LETTER | INK_MARK, 1, "\r\n")
#define CASED(digits, contracted) { .match = ink_split_cased, .most = (digits), .tail = "\r\n/", .suffix = (contracted) }
#define RUN(kind, ...) { .match = ink_split_run, .member = (kind), __VA_ARGS__ }
#define SINGLE_NUMBER RUN(ink_is_number, .most = 1)
#define THREE_DIGITS RUN(ink_is_digit, .least = 3, .most = 3)

const ink_rule ink_rule_gpt2 = GPT2, ink_rule_single_number = SINGLE_NUMBER, ink_rule_cut_gpt2 = CUT_GPT2;

static const ink_split gpt2 = { { GPT2 }, 1, 0 };
static const ink_split smollm = { { CUT_GPT2 }, 1, 0 };
static const ink_split llama3 = { { LLAMA3(3) }, 1, 0 };
static const ink_split qwen2 = { { LLAMA3(1) }, 1, 0 };
static const ink_split qwen35 = { { QWEN35 }, 1, 0 };
static const ink_split seed = { { LLAMA3_OF(INK_LETTER, 1, "") }, 1, 0 };
static const ink_split tekken = { { CASED(1, false) }, 1, 0 };
static const ink_split gpt4o = { { CASED(3, true) }, 1, 0 };
static const ink_split deepseek = {
    { RUN(ink_is_newline, .most = 1), RUN(ink_is_cased, .lead = INK_SPACE), RUN(ink_is_wide_punctuation, .lead = INK_SPACE),
      { .match = ink_split_last_space }, RUN(ink_is_cjk), RUN(ink_is_number) }, 6, 0 };
static const ink_split deepseek_coder = {
    { RUN(ink_is_newline, .most = 1), RUN(ink_is_letter, .lead = INK_SPACE), RUN(ink_is_punctuation, .lead = INK_SPACE), RUN(ink_is_cjk),
      SINGLE_NUMBER }, 5, 0 };
static const ink_split deepseek3 = { { RUN(ink_is_number, .most = 3), RUN(ink_is_cjk_or_kana), { .match = ink_split_deepseek3 } }, 3, 0 };
static const ink_split falcon = { { RUN(ink_is_falcon_mark), GPT2, THREE_DIGITS }, 3, 0 };
static const ink_split bloom = { { RUN(ink_is_bloom_word, .lead = ' ') }, 1, 0 };
static const ink_split viking = { { RUN(ink_is_bloom_word, .lead = ' '), SINGLE_NUMBER }, 2, 0 };
static const ink_split by_default = { { RUN(ink_is_default_mark), GPT2, RUN(ink_is_number), THREE_DIGITS }, 4, 0 };

static const ink_split_name names[] = {
    { "a.x-4.0", &gpt2, 0, 0 }, { "bailingmoe", &qwen2, 0, 0 }, { "bailingmoe2", &qwen2, 0, 0 }, { "bloom", &bloom, 0, 0 },
    { "chatglm-bpe", &llama3, 0, 0 }, { "codeshell", &smollm, 0, 0 }, { "command-r", &smollm, 0, 0 }, { "dbrx", &llama3, 0, 0 },
    { "deepseek-coder", &deepseek_coder, 0, 0 }, { "deepseek-llm", &deepseek, 0, 0 }, { "deepseek-r1-qwen", &qwen2, 0, 0 },
    { "deepseek-v3", &deepseek3, 0, 0 }, { "default", &by_default, 0, 0 }, { "exaone", &smollm, 0, 0 }, { "exaone4", &gpt2, 0, 0 },
    { "falcon", &falcon, 0, 0 }, { "falcon-h1", &llama3, 1, 1 }, { "falcon3", &llama3, 1, 1 }, { "gigachat", &gpt2, 0, 0 },
    { "glm4", &llama3, 0, 0 }, { "gpt-2", &gpt2, 0, 0 }, { "gpt-4o", &gpt4o, 0, 0 }, { "gpt3-finnish", &bloom, 0, 0 },
    { "granite-docling", &gpt2, 0, 0 }, { "grok-2", &qwen2, 0, 0 }, { "hunyuan", &qwen2, 0, 0 }, { "hunyuan-dense", &deepseek3, 0, 0 },
    { "jais", &gpt2, 0, 0 }, { "jina-de", &gpt2, 0, 0 }, { "jina-es", &gpt2, 0, 0 }, { "jina-v1-en", &gpt2, 0, 0 },
    { "jina-v2-code", &gpt2, 0, 0 }, { "jina-v2-de", &gpt2, 0, 0 }, { "jina-v2-es", &gpt2, 0, 0 }, { "joyai-llm", &deepseek3, 0, 0 },
    { "kanana2", &gpt4o, 0, 0 }, { "kormo", &qwen2, 0, 0 }, { "lfm2", &llama3, 1, 1 }, { "llada-moe", &qwen2, 0, 0 },
    { "llama-bpe", &llama3, 1, 1 }, { "llama-v3", &llama3, 1, 1 }, { "llama3", &llama3, 1, 1 }, { "llama4", &gpt4o, 0, 0 },
    { "megrez", &qwen2, 0, 0 }, { "mellum", &gpt2, 0, 0 }, { "midm-2.0", &llama3, 1, 1 }, { "minerva-7b", &smollm, 0, 0 },
    { "minimax-m2", &gpt4o, 0, 0 }, { "modern-bert", &gpt2, 0, 0 }, { "mpt", &gpt2, 0, 0 }, { "olmo", &gpt2, 0, 0 }, { "phi-2", &gpt2, 0, 0 },
    { "pixtral", &llama3, 1, 1 }, { "poro-chat", &bloom, 0, 0 }, { "qwen2", &qwen2, 0, 0 }, { "qwen35", &qwen35, 0, 0 },
    { "refact", &smollm, 0, 0 }, { "roberta-bpe", &gpt2, 0, 0 }, { "seed-coder", &seed, 0, 0 }, { "smaug-bpe", &llama3, 0, 0 },
    { "smollm", &smollm, 0, 0 }, { "solar-open", &qwen2, 0, 0 }, { "stablelm2", &qwen2, 0, 0 }, { "starcoder", &smollm, 0, 0 },
    { "tekken", &tekken, 1, 1 }, { "trillion", &gpt2, 0, 0 }, { "viking", &viking, 0, 0 },
};

static bool names_same(const ink_rule *a, const ink_rule *b)
{
    return a->match == b->match && a->member == b->member && a->lead == b->lead && a->least == b->least && a->most == b->most && a->letters == b->letters &&
           !strcmp(a->tail ? a->tail : "", b->tail ? b->tail : "") && a->cut_numbers == b->cut_numbers && a->suffix == b->suffix &&
           a->drop_gaps == b->drop_gaps && a->drop_matches == b->drop_matches && a->regex == b->regex;
}

static const ink_split_name *names_seek(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == n && !memcmp(names[i].name, name, n))
            return &names[i];
    return NULL;
}

const ink_split_name *ink_split_find(const char *name, size_t n)
{
    return names_seek(name, n);
}

const ink_split_name *ink_split_for(const char *architecture, size_t n)
{
    static const struct { const char *architecture, *name; } usual[] = {
        { "bloom", "bloom" }, { "codeshell", "codeshell" }, { "command-r", "command-r" }, { "deepseek2", "deepseek-v3" }, { "exaone", "exaone" },
        { "falcon", "falcon" }, { "gpt2", "gpt-2" }, { "gptneox", "gpt-2" }, { "mpt", "mpt" }, { "olmo", "olmo" }, { "phi2", "phi-2" },
        { "qwen2", "qwen2" }, { "qwen2moe", "qwen2" }, { "qwen3", "qwen2" }, { "qwen3moe", "qwen2" }, { "refact", "refact" },
        { "stablelm", "stablelm2" }, { "starcoder", "starcoder" }, { "starcoder2", "starcoder" },
    };
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strlen(usual[i].architecture) == n && !memcmp(usual[i].architecture, architecture, n))
            return names_seek(usual[i].name, strlen(usual[i].name));
    return names_seek("llama-bpe", 9);
}

/* Names that are the usual ones of their rules come before those that the alphabet puts first. */
const ink_split_name *ink_split_like(const ink_split *split, bool ignore_merges)
{
    static const char *const usual[] = { "gpt-2", "smollm", "llama-bpe", "qwen2", "gpt-4o", "deepseek-v3" };
    for (size_t i = 0; i < sizeof usual / sizeof *usual + sizeof names / sizeof *names; i++) {
        const size_t spare = sizeof usual / sizeof *usual;
        const ink_split_name *n = i < spare ? names_seek(usual[i], strlen(usual[i])) : &names[i - spare];
        bool same = n->ignore_merges == ignore_merges && n->split->count == split->count;
        for (size_t k = 0; same && k < split->count; k++)
            same = names_same(&n->split->rules[k], &split->rules[k]);
        if (same)
            return n;
    }
    return NULL;
}

#define ANY_CASE "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define SPACES "\\s+(?!\\S)|\\s+"
#define LLAMA3_PATTERN(contractions, letters, digits, other, lines) \
    contractions "|[^\\r\\n\\p{L}\\p{N}]?" letters "|" digits "| ?" other "|" lines "|" SPACES
#define UPPER_LOWER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
#define UPPER_ONLY "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
#define CASED_PATTERN(suffix, digits) \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER_LOWER suffix "|[^\\r\\n\\p{L}\\p{N}]?" UPPER_ONLY suffix "|" digits \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|" SPACES

static const struct { const char *pattern; ink_rule rule; } patterns[] = {
    { "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|" SPACES, GPT2 },
    { LLAMA3_PATTERN(ANY_CASE, "\\p{L}+", "\\p{N}{1,3}", "[^\\s\\p{L}\\p{N}]+[\\r\\n]*", "\\s*[\\r\\n]+"), LLAMA3(3) },
    { LLAMA3_PATTERN(ANY_CASE, "\\p{L}+", "\\p{N}", "[^\\s\\p{L}\\p{N}]+[\\r\\n]*", "\\s*[\\r\\n]+"), LLAMA3(1) },
    { LLAMA3_PATTERN(ANY_CASE, "[\\p{L}\\p{M}]+", "\\p{N}", "[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*", "\\s*[\\r\\n]+"),
      QWEN35 },
    { "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|" SPACES, LLAMA3(3) },
    { "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|" SPACES, LLAMA3(1) },
    { CASED_PATTERN("", "\\p{N}"), CASED(1, false) },
    { CASED_PATTERN(ANY_CASE "?", "\\p{N}{1,3}"), CASED(3, true) },
    { "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|" SPACES,
      { .match = ink_split_deepseek3 } },
    { "[\xe4\xb8\x80-\xe9\xbe\xa5\xe3\x81\x80-\xe3\x82\x9f\xe3\x82\xa0-\xe3\x83\xbf]+", RUN(ink_is_cjk_or_kana) },
    { "[\xe4\xb8\x80-\xe9\xbe\xa5\xe0\xa0\x80-\xe4\xb8\x80\xea\xb0\x80-\xed\x9f\xbf]+", RUN(ink_is_cjk) },
    { "\\s?[!-/:-~\xef\xbc\x81-\xef\xbc\x8f\xef\xbc\x9a-\xef\xbd\x9e\xe2\x80\x98-\xe2\x80\x9f\xe3\x80\x80-\xe3\x80\x82]+",
      RUN(ink_is_wide_punctuation, .lead = INK_SPACE) },
    { " ?[^(\\s|[.,!?\xe2\x80\xa6\xe3\x80\x82\xef\xbc\x8c\xe3\x80\x81\xe0\xa5\xa4\xdb\x94\xd8\x8c])]+", RUN(ink_is_bloom_word, .lead = ' ') },
    { "\\s?\\p{L}+", RUN(ink_is_letter, .lead = INK_SPACE) },
    { "\\s?\\p{P}+", RUN(ink_is_punctuation, .lead = INK_SPACE) },
    { "\\s+$", { .match = ink_split_last_space } },
    { "[\r\n]", RUN(ink_is_newline, .most = 1) },
    { "[\\r\\n]", RUN(ink_is_newline, .most = 1) },
    { "\\p{N}", SINGLE_NUMBER },
    { "\\p{N}+", RUN(ink_is_number) },
    { "\\p{N}{1,3}", RUN(ink_is_number, .most = 3) },
    { "[0-9][0-9][0-9]", THREE_DIGITS },
};

const ink_rule *ink_split_pattern(const char *pattern, size_t n)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (strlen(patterns[i].pattern) == n && !memcmp(patterns[i].pattern, pattern, n))
            return &patterns[i].rule;
    return NULL;
}

const char *ink_split_regex(const ink_rule *rule)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (names_same(&patterns[i].rule, rule))
            return patterns[i].pattern;
    return NULL;
}
