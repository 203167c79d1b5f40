/* WordPiece (Schuster and Nakajima 2012; Devlin et al. 2019) as it is trained in practice: merges of the most frequent pair, where pieces
   that do not begin a word are spelled with ## before them. Words are cut at blanks and around punctuation and ideographs; capitals and
   accents go unless they are kept. Of two pairs that are as frequent the one with the lower numbers goes first. */
#include "text/train_chars.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

static int piece_order(const ink_merging *m, ink_pair a, ink_pair b)
{
    (void)m;
    if (a.left != b.left)
        return a.left < b.left ? 1 : -1;
    return a.right < b.right ? 1 : a.right == b.right ? 0 : -1;
}

static bool piece_alone(uint32_t c)
{
    const unsigned traits = ink_unicode_traits(c);
    const bool ideograph = (c >= 0x3400 && c < 0xa000) || (c >= 0xf900 && c < 0xfb00) || (c >= 0x20000 && c < 0x30000);
    return ideograph || !(traits & (INK_UNICODE_LETTER | INK_UNICODE_NUMBER | INK_UNICODE_WORD));
}

static bool piece_mark(uint32_t c) { return c >= 0x300 && c < 0x370; }

static ink_status piece_end(ink_token_training *t, ink_buf *word)
{
    ink_status status = ink_buf_check(word, "a word", t->err);
    if (status == INK_OK && word->len)
        status = ink_training_word(t, word->data, word->len);
    ink_buf_reset(word);
    return status;
}

static ink_status piece_words(ink_token_training *t, const ink_buf *text, ink_buf *word)
{
    for (const char *at = text->data, *end = at + text->len; at < end;) {
        uint32_t c = ink_utf8_next(&at, end);
        const bool blank = (ink_unicode_traits(c) & INK_UNICODE_SPACE) || c < 0x20, alone = !blank && c != 0xfffd && piece_alone(c);
        char put[4];
        if (!t->o->keep_case && piece_mark(c))
            continue;
        c = t->o->keep_case ? c : ink_unicode_lower(c);
        if (blank || alone)
            INK_TRY(piece_end(t, word));
        if (!blank && c != 0xfffd)
            ink_buf_add(word, put, ink_utf8_put(c, put));
        if (alone)
            INK_TRY(piece_end(t, word));
    }
    return piece_end(t, word);
}

static ink_status piece_read(ink_token_training *t, const char *text, size_t n)
{
    ink_buf normal, word;
    ink_buf_init(&normal, n * 4 + 4096);
    ink_buf_init(&word, 0);
    const size_t valid = ink_utf8_valid(text, n);
    bool fine = ink_unicode_normal(text, valid, t->o->keep_case, false, &normal);
    ink_status status = fine ? ink_buf_check(&normal, "the normal form of a text", t->err) : ink_fail(t->err, INK_E_MEMORY, "no memory for the normal form of a text");
    if (status == INK_OK && valid < n)
        status = ink_fail(t->err, INK_E_FORMAT, "the text is not UTF-8 from byte %zu on", valid);
    if (status == INK_OK && normal.len)
        status = piece_words(t, &normal, &word);
    ink_buf_clear(&normal);
    ink_buf_clear(&word);
    return status;
}

/* The number of a character, at the beginning of a word or inside. */
static ink_status piece_symbol(ink_token_training *t, const char *p, size_t n, bool inside, uint32_t *symbol)
{
    char spelling[8] = "##";
    memcpy(spelling + (inside ? 2 : 0), p, n);
    return ink_words_add(&t->merging.symbols, spelling, n + (inside ? 2 : 0), 0, symbol, t->err);
}

static ink_status piece_part(void *user, const char *p, size_t n, uint64_t count)
{
    ink_token_training *t = user;
    uint32_t *symbols = malloc((n + 1) * sizeof *symbols);
    size_t have = 0;
    ink_status status = symbols ? INK_OK : ink_fail(t->err, INK_E_MEMORY, "no memory for a word of %zu bytes", n);
    for (size_t at = 0, size; status == INK_OK && at < n; at += size) {
        size = ink_training_char(p + at, p + n);
        status = piece_symbol(t, p + at, size, at > 0, &symbols[have++]);
    }
    if (status == INK_OK)
        status = ink_merging_word(&t->merging, symbols, have, count, t->err);
    free(symbols);
    return status;
}

static ink_status piece_learn(ink_token_training *t)
{
    static const ink_merging_rules rules = { .order = piece_order, .skip = 2 };
    ink_words chars = { 0 };
    uint32_t symbol;
    ink_status status = ink_training_chars(t, t->o->coverage != 0 ? t->o->coverage : 1, &chars);
    for (size_t i = 0; status == INK_OK && i < chars.count; i++) {
        const ink_text c = ink_words_at(&chars, i);
        status = piece_symbol(t, c.data, c.size, false, &symbol);
    }
    if (status == INK_OK)
        status = ink_training_parts(t, &chars, piece_part, t);
    ink_words_clear(&chars);
    INK_TRY(status);
    if (t->o->vocab < t->special_count + t->merging.symbols.count)
        return ink_fail(t->err, INK_E_ARGUMENT, "a vocabulary of %zu tokens has no room for %zu special tokens and %zu characters at the beginning of words and inside", t->o->vocab,
                        t->special_count, t->merging.symbols.count);
    return ink_training_merge(t, &rules, t->o->vocab - t->special_count);
}

static void piece_steps(const ink_token_training *t, ink_json *root)
{
    ink_json *normal = ink_training_step(root, "normalizer", "BertNormalizer");
    ink_json_set(normal, "clean_text", ink_json_new_bool(1));
    ink_json_set(normal, "handle_chinese_chars", ink_json_new_bool(1));
    ink_json_set(normal, "strip_accents", ink_json_new_bool(!t->o->keep_case));
    ink_json_set(normal, "lowercase", ink_json_new_bool(!t->o->keep_case));
    ink_training_step(root, "pre_tokenizer", "BertPreTokenizer");
    ink_json *decoder = ink_training_step(root, "decoder", "WordPiece");
    ink_json_set(decoder, "prefix", ink_json_new_text("##", 2));
    ink_json_set(decoder, "cleanup", ink_json_new_bool(1));
}

/* And a vocab.txt, as BERT has it. */
static ink_status piece_write(const ink_token_training *t, const char *folder, ink_json *root, ink_tokenizer_trained *out)
{
    ink_buf list;
    ink_json *vocab = ink_json_new_object();
    ink_buf_init(&list, 0);
    for (size_t i = 0; i < t->special_count + t->merging.symbols.count; i++) {
        const size_t from = list.len;
        const ink_text s = i < t->special_count ? (ink_text){ t->specials[i], strlen(t->specials[i]) } : ink_words_at(&t->merging.symbols, i - t->special_count);
        ink_buf_add(&list, s.data, s.size);
        if (!list.failed)
            ink_json_set(vocab, list.data + from, ink_json_new_integer((int64_t)i));
        ink_buf_char(&list, '\n');
    }
    piece_steps(t, root);
    ink_json *model = ink_training_step(root, "model", "WordPiece");
    ink_json_set(model, "unk_token", ink_json_new_text("[UNK]", 5));
    ink_json_set(model, "continuing_subword_prefix", ink_json_new_text("##", 2));
    ink_json_set(model, "max_input_chars_per_word", ink_json_new_integer(100));
    ink_json_set(model, "vocab", vocab);
    out->vocab = t->special_count + t->merging.symbols.count;
    ink_status status = ink_training_file(folder, "vocab.txt", &list, t->err);
    ink_buf_clear(&list);
    return status;
}

static const char *const piece_specials[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", NULL };
const ink_token_trainer ink_token_trainer_wordpiece = { .name = "wordpiece", .specials = piece_specials, .read = piece_read, .learn = piece_learn, .write = piece_write };
