/* Making tokenizers, and asking them. */
#include "text/rewrite.h"
#include "text/trie.h"

#include <stdlib.h>
#include <string.h>

/* Whether characters may have to be told from their neighbours as one unknown token, however far apart they stand. */
static bool tokenizer_fuses(const ink_tokenizer *t)
{
    bool bytes = t->byte_fallback;
    for (size_t b = 0; b < 256; b++)
        bytes = bytes && t->vocab.byte_ids[b] >= 0;
    return t->fuse_unknown && t->unknown >= 0 && !bytes;
}

/* Notes which byte follows which inside any token. Bytes that have no token are left out of the text, and so may stand anywhere. */
static void tokenizer_inside(ink_tokenizer *t)
{
    const ink_vocab *v = &t->vocab;
    if (tokenizer_fuses(t))
        memset(t->inside, -1, sizeof t->inside);
    for (unsigned b = 0; t->byte_level && b < 256; b++)
        for (unsigned a = 0; v->byte_ids[b] < 0 && a < 256; a++) {
            t->inside[a][b >> 6] |= (uint64_t)1 << (b & 63);
            t->inside[b][a >> 6] |= (uint64_t)1 << (a & 63);
        }
    for (uint32_t i = 0; i < v->count; i++)
        for (uint32_t at = v->starts[i] + 1; at < v->starts[i + 1]; at++)
            t->inside[v->bytes[at - 1]][v->bytes[at] >> 6] |= (uint64_t)1 << (v->bytes[at] & 63);
}

/* What is looked for: the text of an added token, or its normal form, is put after those before it. */
static bool tokenizer_added_text(const ink_tokenizer *t, ink_rewriter *r, const ink_added *a, ink_buf *texts)
{
    ink_text text = a->text;
    if (a->bits & INK_ADDED_NORMAL && !ink_rewrite_normal(r, t, true, &text))
        return false;
    ink_buf_add(texts, text.data, text.size);
    return !texts->failed;
}

static ink_status tokenizer_added_sets(ink_tokenizer *t, const ink_added *list, size_t count, const char *where, ink_err *err)
{
    for (int normal = 0; normal < 2; normal++)
        for (int controls = 0; controls < 2; controls++)
            INK_TRY(ink_added_make(&t->added[normal][controls], list, count, normal, controls, where, err));
    t->added[1][0].marked = t->added[1][1].marked = !t->byte_level && !t->marks_late;
    return INK_OK;
}

/* The added tokens with texts of their own, so that the file may be closed. */
static ink_status tokenizer_added(ink_tokenizer *t, const ink_tokenizer_spec *spec, ink_err *err)
{
    ink_rewriter rewriter;
    ink_buf texts;
    ink_added *list = malloc((spec->added_count + 1) * sizeof *list);
    bool made = list != NULL;
    ink_rewriter_init(&rewriter);
    ink_buf_init(&texts, 0);
    for (size_t i = 0; made && i < spec->added_count; i++) {
        const size_t before = texts.len;
        made = tokenizer_added_text(t, &rewriter, &spec->added[i], &texts);
        list[i] = spec->added[i];
        list[i].text.size = texts.len - before;
    }
    ink_rewriter_clear(&rewriter);
    t->added_text = texts.data;
    const char *at = texts.data;
    for (size_t i = 0; made && i < spec->added_count; at += list[i++].text.size)
        list[i].text.data = at;
    ink_status status = made ? tokenizer_added_sets(t, list, spec->added_count, spec->where, err)
                             : ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu added tokens", spec->where, spec->added_count);
    free(list);
    return status;
}

static ink_status tokenizer_text(ink_text text, char **out, const char *where, ink_err *err)
{
    if (!text.size)
        return INK_OK;
    *out = malloc(text.size + 1);
    if (!*out)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu bytes of text", where, text.size);
    memcpy(*out, text.data, text.size);
    (*out)[text.size] = 0;
    return INK_OK;
}

static int32_t tokenizer_id(const ink_tokenizer_spec *spec, int32_t id)
{
    return id >= 0 && (size_t)id < spec->count ? id : -1;
}

static ink_status tokenizer_ends(ink_tokenizer *t, const ink_tokenizer_spec *spec, ink_err *err)
{
    t->ends = calloc(spec->count / 8 + 1, 1);
    if (!t->ends)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu tokens", spec->where, spec->count);
    for (size_t i = 0; i < spec->end_count; i++) {
        int32_t id = tokenizer_id(spec, spec->ends[i]);
        if (id >= 0)
            t->ends[id / 8] |= (uint8_t)(1 << id % 8);
    }
    return INK_OK;
}

static ink_status tokenizer_fill(ink_tokenizer *t, const ink_tokenizer_spec *spec, ink_err *err)
{
    t->bos = tokenizer_id(spec, spec->bos);
    t->second = tokenizer_id(spec, spec->second - 1);
    t->eos = tokenizer_id(spec, spec->eos);
    t->unknown = tokenizer_id(spec, spec->unknown);
    t->closing = tokenizer_id(spec, spec->closing - 1);
    t->wordpiece = spec->wordpiece;
    t->normal = spec->normal;
    t->byte_level = spec->byte_level;
    t->ignore_merges = spec->ignore_merges;
    t->add_space_prefix = spec->add_space_prefix;
    t->prefix_each = spec->prefix_each;
    t->prefix_lacking = spec->prefix_lacking;
    t->marks_late = spec->marks_late;
    t->byte_fallback = spec->byte_fallback;
    t->fuse_unknown = spec->fuse_unknown;
    t->add_bos = spec->add_bos && t->bos >= 0;
    t->words = spec->words;
    memcpy(t->steps, spec->steps, sizeof t->steps);
    t->step_count = spec->step_count;
    INK_TRY(ink_charsmap_make(&t->charsmap, spec->charsmap.data, spec->charsmap.size, spec->where, err));
    INK_TRY(ink_vocab_make(&t->vocab, spec, err));
    INK_TRY(spec->unigram ? ink_unigram_make(&t->unigram, &t->vocab, spec, err) : ink_merges_make(&t->merges, &t->vocab, spec, err));
    INK_TRY(tokenizer_added(t, spec, err));
    INK_TRY(tokenizer_ends(t, spec, err));
    INK_TRY(tokenizer_text(spec->template, &t->template, spec->where, err));
    tokenizer_inside(t);
    return tokenizer_text(spec->warning, &t->warning, spec->where, err);
}

ink_status ink_tokenizer_make(const ink_tokenizer_spec *spec, ink_tokenizer **out, ink_err *err)
{
    ink_tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for a tokenizer", spec->where);
    pthread_mutex_init(&t->trees_lock, NULL);
    ink_status status = tokenizer_fill(t, spec, err);
    if (status) {
        ink_tokenizer_close(t);
        return status;
    }
    t->split = spec->split;
    *out = t;
    return INK_OK;
}

void ink_tokenizer_close(ink_tokenizer *t)
{
    if (!t)
        return;
    ink_token_trees_free(t->trees);
    pthread_mutex_destroy(&t->trees_lock);
    ink_vocab_clear(&t->vocab);
    ink_merges_clear(&t->merges);
    ink_unigram_clear(&t->unigram);
    ink_charsmap_clear(&t->charsmap);
    ink_split_clear(&t->split);
    for (size_t i = 0; i < 4; i++)
        ink_added_clear(&t->added[i / 2][i % 2]);
    free(t->added_text);
    free(t->ends);
    free(t->template);
    free(t->warning);
    free(t);
}

static bool tokenizer_holds(const ink_tokenizer *t, int32_t id)
{
    return id >= 0 && (uint32_t)id < t->vocab.count;
}

ink_text ink_token_bytes(const ink_tokenizer *t, int32_t id)
{
    return tokenizer_holds(t, id) ? ink_vocab_bytes(&t->vocab, id) : (ink_text){ "", 0 };
}

ink_text ink_token_display(const ink_tokenizer *t, int32_t id, bool first, bool special)
{
    ink_text text = ink_token_bytes(t, id);
    if (ink_tokenizer_is_control(t, id))
        return special ? text : (ink_text){ "", 0 };
    const bool drop = first && t->add_space_prefix && text.size && *text.data == ' ' && t->vocab.kinds[id] == INK_TOKEN_NORMAL;
    return drop ? (ink_text){ text.data + 1, text.size - 1 } : text;
}

bool ink_tokenizer_is_control(const ink_tokenizer *t, int32_t id)
{
    const uint8_t kind = tokenizer_holds(t, id) ? t->vocab.kinds[id] : 0;
    return kind == INK_TOKEN_CONTROL || kind == INK_TOKEN_UNKNOWN || kind == INK_TOKEN_CONTROL_PART;
}

bool ink_tokenizer_is_end(const ink_tokenizer *t, int32_t id)
{
    return tokenizer_holds(t, id) && t->ends[id / 8] >> id % 8 & 1;
}

size_t ink_tokenizer_size(const ink_tokenizer *t) { return t->vocab.count; }
int32_t ink_tokenizer_bos(const ink_tokenizer *t) { return t->bos; }
int32_t ink_tokenizer_eos(const ink_tokenizer *t) { return t->eos; }
int32_t ink_tokenizer_closing(const ink_tokenizer *t) { return t->closing; }
bool ink_tokenizer_adds_bos(const ink_tokenizer *t) { return t->add_bos; }

ink_status ink_tokenizer_begin(const ink_tokenizer *t, ink_ids *ids, ink_err *err)
{
    if (t->add_bos)
        INK_TRY(ink_ids_add(ids, t->bos, err));
    return t->add_bos && t->second >= 0 ? ink_ids_add(ids, t->second, err) : INK_OK;
}

const char *ink_tokenizer_template(const ink_tokenizer *t) { return t->template; }
const char *ink_tokenizer_warning(const ink_tokenizer *t) { return t->warning; }

const char *ink_tokenizer_kind(const ink_tokenizer *t)
{
    return t->wordpiece.on ? "WordPiece" : t->unigram.edges ? "SentencePiece unigram" : t->byte_level ? "byte-level BPE" : t->merges.order ? "SentencePiece BPE" : "BPE over characters";
}

int32_t ink_tokenizer_find(const ink_tokenizer *t, const char *token, size_t n)
{
    return n ? ink_vocab_find(&t->vocab, (const uint8_t *)token, n) : -1;
}
