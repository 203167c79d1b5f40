/* Answers what tests/conformance/constraints.py asks, a line of JSON for a line of JSON:
   {"kind":0..3,"text":…,"texts":[…],"samples":N,"left":L}   {"shortest":S,"accepts":[…],"samples":[…]}
   Samples are drawn token by token from the masks of a vocabulary of all bytes and some longer tokens, L tokens each at most; at every
   step each bit of the mask is compared with walking that token's bytes. A refusal is {"error":…}. */
#include "ask.h"
#include "base/rng.h"
#include "text/tokenizer.h"
#include "text/vocab.h"

#include <ink/constraint.h>
#include <string.h>

static const char *const ask_longer[] = { "\",\"", "\":", "{\"", "true", "false", "null", "hello", " wor", "\",", "[[", "]]", "12", "00", "\\\"", "\xc3\xa9t\xc3\xa9", "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8", "a\"", "\"}", "\n  ", "ab", "abc", "0.", "aaaaaaaaaaaaaaaa" };
enum { ASK_TOKENS = 256 + sizeof ask_longer / sizeof *ask_longer };

typedef struct ask_state {
    ink_jot jot;
    ink_tokenizer *tokenizer;
    uint64_t drawn;
} ask_state;

/* All bytes, then the longer ones, spelled in the byte-level alphabet. */
static ink_status ask_tokenizer(ink_tokenizer **out, ink_err *err)
{
    static char spelled[ASK_TOKENS][64];
    static ink_text tokens[ASK_TOKENS];
    static uint8_t kinds[ASK_TOKENS];
    ink_tokenizer_spec spec = { .where = "test", .byte_level = true, .count = ASK_TOKENS, .tokens = tokens, .kinds = kinds, .merges = tokens, .bos = -1, .eos = -1, .unknown = -1 };
    for (size_t i = 0; i < ASK_TOKENS; i++) {
        char byte[2] = { (char)i, 0 };
        const char *text = i < 256 ? byte : ask_longer[i - 256];
        const size_t n = i < 256 ? 1 : strlen(text);
        for (size_t k = 0; k < n; k++)
            ink_spelling_letter((uint8_t)text[k], spelled[i] + strlen(spelled[i]));
        tokens[i] = (ink_text){ spelled[i], strlen(spelled[i]) };
        kinds[i] = INK_TOKEN_NORMAL;
    }
    return ink_tokenizer_make(&spec, out, err);
}

static bool ask_bit(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* A bit is set if, and with room to spare only if, the token's bytes can be walked. */
static ink_status ask_compare(ink_constraint *c, ink_constraint_state at, const uint64_t *bits, ink_err *err)
{
    uint64_t copy[(ASK_TOKENS + 63) / 64];
    memcpy(copy, bits, sizeof copy);
    for (int32_t i = 0; i < (int32_t)ASK_TOKENS; i++) {
        ink_constraint_state to = at;
        bool goes = !ink_constraint_take(c, &to, i, NULL);
        if (goes != ask_bit(copy, (size_t)i))
            return ink_fail(err, INK_E_FORMAT, "the mask is wrong for token %d", i);
    }
    return INK_OK;
}

static ink_status ask_sample(ask_state *s, ink_constraint *c, const ink_tokenizer *t, size_t left, ink_buf *out, ink_err *err)
{
    ink_constraint_state at = ink_constraint_start(c);
    const uint64_t *bits;
    bool ends, more;
    for (;; left--) {
        size_t count = 0, pick = ASK_TOKENS;
        INK_TRY(ink_constraint_mask(c, at, 1 << 20, &bits, &ends, &more, err));
        INK_TRY(ask_compare(c, at, bits, err));
        INK_TRY(ink_constraint_mask(c, at, left, &bits, &ends, &more, err));
        if (!left || !more || (ends && ink_rng_uniform(1, 2, s->drawn++) < 0.1))
            return ends ? INK_OK : ink_fail(err, INK_E_FORMAT, "the room is used up, and the text is not whole");
        for (size_t i = 0; i < ASK_TOKENS; i++)
            if (ask_bit(bits, i) && ink_rng_uniform(1, 3, s->drawn++) * (double)++count < 1)
                pick = i;
        ink_text text = ink_token_bytes(t, (int32_t)pick);
        ink_buf_add(out, text.data, text.size);
        INK_TRY(ink_constraint_take(c, &at, (int32_t)pick, err));
    }
}

static ink_status ask_samples(ask_state *s, ink_constraint *c, const ink_json *request, ink_err *err)
{
    const int64_t n = ink_json_integer(ink_json_get(request, "samples"), 0), left = ink_json_integer(ink_json_get(request, "left"), 100);
    const size_t least = ink_constraint_shortest(c);
    ink_jot_array(&s->jot, "samples");
    for (int64_t i = 0; i < n; i++) {
        ink_buf text;
        ink_buf_init(&text, 0);
        ink_status status = ask_sample(s, c, s->tokenizer, (size_t)left > least ? (size_t)left : least, &text, err);
        if (!status)
            ink_jot_bytes(&s->jot, NULL, text.data ? text.data : "", text.len);
        ink_buf_clear(&text);
        if (status)
            ink_jot_text(&s->jot, NULL, err->text);
    }
    ink_jot_end(&s->jot);
    return INK_OK;
}

static ink_status ask_one(void *user, const ink_json *request, ink_err *err)
{
    ask_state *s = user;
    ink_constraint_spec spec = { .kind = (ink_constraint_kind)ink_json_integer(ink_json_get(request, "kind"), 0), .where = "it" };
    const ink_json *texts = ink_json_get(request, "texts");
    ink_constraint *c;
    spec.text = ink_json_text(ink_json_get(request, "text"), &spec.n);
    INK_TRY(ink_constraint_new(s->tokenizer, ASK_TOKENS, &spec, &c, err));
    ink_jot_object(&s->jot, NULL);
    ink_jot_integer(&s->jot, "shortest", (int64_t)ink_constraint_shortest(c));
    ink_jot_array(&s->jot, "accepts");
    for (size_t i = 0; i < ink_json_size(texts); i++) {
        size_t n;
        const char *text = ink_json_text(ink_json_at(texts, i), &n);
        ink_jot_bool(&s->jot, NULL, ink_constraint_accepts(c, text, n, NULL));
    }
    ink_jot_end(&s->jot);
    ink_status status = ask_samples(s, c, request, err);
    ink_jot_end(&s->jot);
    ink_constraint_free(c);
    return status;
}

int main(void)
{
    ask_state s = { 0 };
    ink_err err;
    if (ask_tokenizer(&s.tokenizer, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const int code = ask_lines(ask_one, &s, &s.jot);
    ink_tokenizer_close(s.tokenizer);
    return code;
}
