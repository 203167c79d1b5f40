/* Byte-level BPE (Radford et al. 2019, section 2.2): words are bytes, all 256 of which are tokens. Of two pairs that are as frequent the
   one whose bytes are greater goes first, the left side deciding. */
#include "base/text.h"
#include "text/train.h"
#include "text/vocab.h"

#include <stdlib.h>
#include <string.h>

static int bpe_bytes_order(ink_text a, ink_text b) { return ink_bytes_compare(a.data, a.size, b.data, b.size); }

static int bpe_order(const ink_merging *m, ink_pair a, ink_pair b)
{
    const int left = bpe_bytes_order(ink_words_at(&m->symbols, a.left), ink_words_at(&m->symbols, b.left));
    return left ? left : bpe_bytes_order(ink_words_at(&m->symbols, a.right), ink_words_at(&m->symbols, b.right));
}

static void bpe_piece(void *user, const uint8_t *p, size_t n) { ink_training_word(user, (const char *)p, n); }

static const char *bpe_split(const ink_token_training *t) { return t->o->split ? t->o->split : "gpt-2"; }

static ink_status bpe_read(ink_token_training *t, const char *text, size_t n)
{
    const ink_split_name *split = ink_split_find(bpe_split(t), strlen(bpe_split(t)));
    if (!split || split->split->count != 1 || !ink_split_regex(&split->split->rules[0]))
        return ink_fail(t->err, INK_E_ARGUMENT, "there is no way to cut called \"%.40s\" that a tokenizer.json can say; gpt-2, llama-bpe and qwen2 are some", bpe_split(t));
    ink_split_text(split->split, (const uint8_t *)text, n, bpe_piece, t);
    return t->status;
}

/* Bytes in the order of the letters that stand for them, as vocabularies have them. */
static void bpe_alphabet(uint8_t order[256])
{
    char letters[256][4];
    for (size_t b = 0; b < 256; b++) {
        size_t at = b;
        ink_spelling_letter((uint8_t)b, letters[b]);
        for (; at && strcmp(letters[order[at - 1]], letters[b]) > 0; at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)b;
    }
}

static ink_status bpe_learn(ink_token_training *t)
{
    static const ink_merging_rules rules = { .order = bpe_order };
    uint8_t alphabet[256];
    uint32_t symbol_of[256];
    if (t->o->vocab < t->special_count + 256)
        return ink_fail(t->err, INK_E_ARGUMENT, "a vocabulary of %zu tokens has no room for 256 bytes and %zu special tokens", t->o->vocab, t->special_count);
    bpe_alphabet(alphabet);
    for (size_t i = 0; i < 256; i++)
        INK_TRY(ink_words_add(&t->merging.symbols, (const char *)&alphabet[i], 1, 0, &symbol_of[alphabet[i]], t->err));
    for (size_t i = 0; i < t->words.count; i++) {
        const ink_text word = ink_words_at(&t->words, i);
        uint32_t *symbols = malloc((word.size + 1) * sizeof *symbols);
        if (!symbols)
            return ink_fail(t->err, INK_E_MEMORY, "no memory for a word of %zu bytes", word.size);
        for (size_t b = 0; b < word.size; b++)
            symbols[b] = symbol_of[(uint8_t)word.data[b]];
        ink_status status = ink_merging_word(&t->merging, symbols, word.size, t->words.counts[i], t->err);
        free(symbols);
        INK_TRY(status);
    }
    return ink_training_merge(t, &rules, t->o->vocab - t->special_count);
}

static void bpe_letters(ink_buf *b, ink_text bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        char letter[4];
        ink_spelling_letter((uint8_t)bytes.data[i], letter);
        ink_buf_text(b, letter);
    }
}

static ink_json *bpe_vocabulary(const ink_token_training *t, ink_buf *spelling)
{
    ink_json *vocab = ink_json_new_object();
    for (size_t i = 0; i < t->special_count; i++)
        ink_json_set(vocab, t->specials[i], ink_json_new_integer((int64_t)i));
    for (size_t i = 0; i < t->merging.symbols.count; i++) {
        ink_buf_reset(spelling);
        bpe_letters(spelling, ink_words_at(&t->merging.symbols, i));
        ink_json_set(vocab, spelling->data, ink_json_new_integer((int64_t)(t->special_count + i)));
    }
    return vocab;
}

static ink_json *bpe_merges(const ink_token_training *t, ink_buf *file)
{
    ink_json *merges = ink_json_new_array();
    for (size_t i = 0; i < t->merging.merge_count; i++) {
        const size_t from = file->len;
        bpe_letters(file, ink_words_at(&t->merging.symbols, t->merging.merges[i].left));
        ink_buf_char(file, ' ');
        bpe_letters(file, ink_words_at(&t->merging.symbols, t->merging.merges[i].right));
        if (!file->failed)
            ink_json_append(merges, ink_json_new_text(file->data + from, file->len - from));
        ink_buf_char(file, '\n');
    }
    return merges;
}

static void bpe_cutter(const ink_token_training *t, ink_json *root)
{
    static const char *const plain[] = { "pre_tokenizer", "decoder" };
    const char *regex = ink_split_regex(&ink_split_find(bpe_split(t), strlen(bpe_split(t)))->split->rules[0]);
    const bool own = t->o->split && strcmp(t->o->split, "gpt-2");
    for (size_t i = 0; i < 2; i++) {
        ink_json *step = ink_training_step(root, plain[i], "ByteLevel");
        ink_json_set(step, "add_prefix_space", ink_json_new_bool(0));
        ink_json_set(step, "trim_offsets", ink_json_new_bool(1));
        ink_json_set(step, "use_regex", ink_json_new_bool(i || !own));
    }
    if (!own)
        return;
    ink_json *all = ink_json_new_object(), *list = ink_json_new_array(), *cut = ink_json_new_object(), *pattern = ink_json_new_object(), *bytes = ink_json_new_object();
    ink_json_set(pattern, "Regex", ink_json_new_text(regex, strlen(regex)));
    ink_json_set(cut, "type", ink_json_new_text("Split", 5));
    ink_json_set(cut, "pattern", pattern);
    ink_json_set(cut, "behavior", ink_json_new_text("Isolated", 8));
    ink_json_set(cut, "invert", ink_json_new_bool(0));
    ink_json_update(bytes, ink_json_get(root, "pre_tokenizer"));
    ink_json_append(list, cut);
    ink_json_append(list, bytes);
    ink_json_set(all, "type", ink_json_new_text("Sequence", 8));
    ink_json_set(all, "pretokenizers", list);
    ink_json_set(root, "pre_tokenizer", all);
}

/* A vocab.json and a merges.txt too, as GPT-2 had them. */
static ink_status bpe_write(const ink_token_training *t, const char *folder, ink_json *root, ink_tokenizer_trained *out)
{
    ink_buf spelling, merges, file;
    ink_buf_init(&spelling, 0);
    ink_buf_init(&merges, 0);
    ink_buf_init(&file, 0);
    bpe_cutter(t, root);
    ink_json *model = ink_training_step(root, "model", "BPE"), *vocab = bpe_vocabulary(t, &spelling);
    ink_json_dump(vocab, 0, &file);
    ink_json_set(model, "vocab", vocab);
    ink_json_set(model, "merges", bpe_merges(t, &merges));
    out->vocab = t->special_count + t->merging.symbols.count;
    ink_status status = ink_training_file(folder, "vocab.json", &file, t->err);
    if (status == INK_OK)
        status = ink_training_file(folder, "merges.txt", &merges, t->err);
    ink_buf_clear(&spelling);
    ink_buf_clear(&merges);
    ink_buf_clear(&file);
    return status;
}

static const char *const bpe_specials[] = { "<|endoftext|>", NULL };
const ink_token_trainer ink_token_trainer_bpe = { .name = "bpe", .specials = bpe_specials, .read = bpe_read, .learn = bpe_learn, .write = bpe_write };
