/* BPE as SentencePiece does it (Kudo and Richardson 2018): words between blanks begin with U+2581 and are characters, merged
   within the bounds of ink_training_fits. Of two pairs that are as frequent the shorter goes first, then
   the one that sorts first. Characters too rare for a token become bytes. */
#include "base/text.h"
#include "text/train_chars.h"
#include "text/unicode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPM_LONGEST = INK_TRAINING_LONGEST, SPM_BYTES = 256 };

static ink_text spm_spelled(const ink_merging *m, ink_pair p, char room[4 * SPM_LONGEST * 4])
{
    const ink_text a = ink_words_at(&m->symbols, p.left), b = ink_words_at(&m->symbols, p.right);
    if (a.size + b.size > sizeof(char[4 * SPM_LONGEST * 4]))
        return (ink_text){ 0 };
    memcpy(room, a.data, a.size);
    memcpy(room + a.size, b.data, b.size);
    return (ink_text){ room, a.size + b.size };
}

static int spm_order(const ink_merging *m, ink_pair a, ink_pair b)
{
    char one[4 * SPM_LONGEST * 4], other[4 * SPM_LONGEST * 4];
    const ink_text x = spm_spelled(m, a, one), y = spm_spelled(m, b, other);
    const size_t nx = ink_utf8_count(x.data, x.size), ny = ink_utf8_count(y.data, y.size);
    if (nx != ny)
        return nx < ny ? 1 : -1;
    return ink_bytes_compare(y.data, y.size, x.data, x.size);
}

static bool spm_allows(const ink_merging *m, ink_pair p)
{
    char room[4 * SPM_LONGEST * 4];
    const ink_text t = spm_spelled(m, p, room);
    return t.data && ink_training_fits(t);
}

static ink_status spm_part(void *user, const char *p, size_t n, uint64_t count)
{
    ink_token_training *t = user;
    uint32_t *symbols = malloc((n + 1) * sizeof *symbols);
    size_t have = 0;
    if (!symbols)
        return ink_fail(t->err, INK_E_MEMORY, "no memory for a word of %zu bytes", n);
    for (size_t at = 0, size; at < n; at += size) {
        size = ink_training_char(p + at, p + n);
        symbols[have++] = ink_words_find(&t->merging.symbols, p + at, size);
    }
    ink_status status = ink_merging_word(&t->merging, symbols, have, count, t->err);
    free(symbols);
    return status;
}

static ink_status spm_learn(ink_token_training *t)
{
    static const ink_merging_rules rules = { .order = spm_order, .allows = spm_allows };
    const double coverage = t->o->coverage != 0 ? t->o->coverage : 0.9995;
    INK_TRY(ink_training_chars(t, coverage, &t->merging.symbols));
    const size_t own = t->special_count + SPM_BYTES + t->merging.symbols.count;
    if (t->o->vocab < own)
        return ink_fail(t->err, INK_E_ARGUMENT, "a vocabulary of %zu tokens has no room for 256 bytes, %zu special tokens and %zu characters", t->o->vocab, t->special_count, t->merging.symbols.count);
    INK_TRY(ink_training_parts(t, &t->merging.symbols, spm_part, t));
    return ink_training_merge(t, &rules, t->o->vocab - t->special_count - SPM_BYTES);
}

/* Special tokens, bytes, then characters and what they were merged into. */
static ink_json *spm_vocabulary(const ink_token_training *t)
{
    ink_json *vocab = ink_json_new_object();
    ink_buf spelling;
    int64_t id = 0;
    ink_buf_init(&spelling, 0);
    for (size_t i = 0; i < t->special_count; i++)
        ink_json_set(vocab, t->specials[i], ink_json_new_integer(id++));
    for (unsigned b = 0; b < SPM_BYTES; b++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", b);
        ink_json_set(vocab, name, ink_json_new_integer(id++));
    }
    for (size_t i = 0; i < t->merging.symbols.count; i++) {
        const ink_text s = ink_words_at(&t->merging.symbols, i);
        ink_buf_reset(&spelling);
        ink_buf_add(&spelling, s.data, s.size);
        if (!spelling.failed)
            ink_json_set(vocab, spelling.data, ink_json_new_integer(id++));
    }
    ink_buf_clear(&spelling);
    return vocab;
}

static ink_json *spm_merges(const ink_token_training *t)
{
    ink_json *merges = ink_json_new_array();
    for (size_t i = 0; i < t->merging.merge_count; i++) {
        const ink_text a = ink_words_at(&t->merging.symbols, t->merging.merges[i].left), b = ink_words_at(&t->merging.symbols, t->merging.merges[i].right);
        ink_json *pair = ink_json_new_array();
        ink_json_append(pair, ink_json_new_text(a.data, a.size));
        ink_json_append(pair, ink_json_new_text(b.data, b.size));
        ink_json_append(merges, pair);
    }
    return merges;
}

static ink_json *spm_step(ink_json *list, const char *type)
{
    ink_json *holder = ink_json_new_object(), *step = ink_json_new_object();
    ink_json_update(step, ink_training_step(holder, "step", type));
    ink_json_free(holder);
    ink_json_append(list, step);
    return step;
}

static void spm_replace(ink_json *list, const char *from, const char *to)
{
    ink_json *step = spm_step(list, "Replace"), *pattern = ink_json_new_object();
    ink_json_set(pattern, "String", ink_json_new_text(from, strlen(from)));
    ink_json_set(step, "pattern", pattern);
    ink_json_set(step, "content", ink_json_new_text(to, strlen(to)));
}

/* As Llama's tokenizer.json says it: U+2581 before the text and for every space, and all of it back. */
static void spm_steps(ink_json *root)
{
    ink_json *in = ink_json_new_array(), *out = ink_json_new_array();
    ink_json_set(spm_step(in, "Prepend"), "prepend", ink_json_new_text(INK_TRAINING_SPACE, 3));
    spm_replace(in, " ", INK_TRAINING_SPACE);
    ink_json_set(ink_training_step(root, "normalizer", "Sequence"), "normalizers", in);
    spm_replace(out, INK_TRAINING_SPACE, " ");
    spm_step(out, "ByteFallback");
    spm_step(out, "Fuse");
    ink_json *strip = spm_step(out, "Strip");
    ink_json_set(strip, "content", ink_json_new_text(" ", 1));
    ink_json_set(strip, "start", ink_json_new_integer(1));
    ink_json_set(strip, "stop", ink_json_new_integer(0));
    ink_json_set(ink_training_step(root, "decoder", "Sequence"), "decoders", out);
}

static ink_status spm_write(const ink_token_training *t, const char *folder, ink_json *root, ink_tokenizer_trained *out)
{
    (void)folder;
    spm_steps(root);
    ink_json *model = ink_training_step(root, "model", "BPE");
    ink_json_set(model, "unk_token", ink_json_new_text("<unk>", 5));
    ink_json_set(model, "fuse_unk", ink_json_new_bool(1));
    ink_json_set(model, "byte_fallback", ink_json_new_bool(1));
    ink_json_set(model, "vocab", spm_vocabulary(t));
    ink_json_set(model, "merges", spm_merges(t));
    out->vocab = t->special_count + SPM_BYTES + t->merging.symbols.count;
    return INK_OK;
}

static const char *const spm_specials[] = { "<unk>", "<s>", "</s>", NULL };
const ink_token_trainer ink_token_trainer_spm = { .name = "spm", .specials = spm_specials, .read = ink_training_spaced, .learn = spm_learn, .write = spm_write };
