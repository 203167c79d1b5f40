/* Making tokenizers, and asking them. */
#include "text/parts.h"

#include <stdlib.h>
#include <string.h>

/* Notes which byte follows which inside any token. Bytes that have no token are left out of the text, and so may stand anywhere. */
static void tokenizer_inside(ink_tokenizer *t)
{
    const ink_vocab *v = &t->vocab;
    for (unsigned b = 0; t->byte_level && b < 256; b++)
        for (unsigned a = 0; v->byte_ids[b] < 0 && a < 256; a++) {
            t->inside[a][b >> 6] |= (uint64_t)1 << (b & 63);
            t->inside[b][a >> 6] |= (uint64_t)1 << (a & 63);
        }
    for (uint32_t i = 0; i < v->count; i++)
        for (uint32_t at = v->starts[i] + 1; at < v->starts[i + 1]; at++)
            t->inside[v->bytes[at - 1]][v->bytes[at] >> 6] |= (uint64_t)1 << (v->bytes[at] & 63);
}

/* The added tokens with texts of their own, so that the file may be closed. */
static ink_status tokenizer_added(ink_tokenizer *t, const ink_tokenizer_spec *spec, ink_err *err)
{
    size_t bytes = 1;
    for (size_t i = 0; i < spec->added_count; i++)
        bytes += spec->added[i].text.size;
    t->added_text = malloc(bytes);
    ink_added *list = malloc((spec->added_count + 1) * sizeof *list);
    if (!t->added_text || !list) {
        free(list);
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for %zu added tokens", spec->where, spec->added_count);
    }
    char *at = t->added_text;
    for (size_t i = 0; i < spec->added_count; i++) {
        list[i] = spec->added[i];
        list[i].text.data = at;
        memcpy(at, spec->added[i].text.data, list[i].text.size);
        at += list[i].text.size;
    }
    ink_status status = ink_added_make(&t->all, list, spec->added_count, true, spec->where, err);
    if (!status)
        status = ink_added_make(&t->user, list, spec->added_count, false, spec->where, err);
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
    t->eos = tokenizer_id(spec, spec->eos);
    t->unknown = tokenizer_id(spec, spec->unknown);
    t->normal = spec->normal;
    t->byte_level = spec->byte_level;
    t->ignore_merges = spec->ignore_merges;
    t->add_space_prefix = spec->add_space_prefix;
    t->prefix_each = spec->prefix_each;
    t->prefix_lacking = spec->prefix_lacking;
    t->byte_fallback = spec->byte_fallback;
    t->fuse_unknown = spec->fuse_unknown;
    t->add_bos = spec->add_bos && t->bos >= 0;
    INK_TRY(ink_vocab_make(&t->vocab, spec, err));
    INK_TRY(ink_merges_make(&t->merges, &t->vocab, spec, err));
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
    ink_vocab_clear(&t->vocab);
    ink_merges_clear(&t->merges);
    ink_split_clear(&t->split);
    ink_added_clear(&t->all);
    ink_added_clear(&t->user);
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
    return tokenizer_holds(t, id) && (t->vocab.kinds[id] == INK_TOKEN_CONTROL || t->vocab.kinds[id] == INK_TOKEN_UNKNOWN);
}

bool ink_tokenizer_is_end(const ink_tokenizer *t, int32_t id)
{
    return tokenizer_holds(t, id) && t->ends[id / 8] >> id % 8 & 1;
}

size_t ink_tokenizer_size(const ink_tokenizer *t) { return t->vocab.count; }
int32_t ink_tokenizer_bos(const ink_tokenizer *t) { return t->bos; }
int32_t ink_tokenizer_eos(const ink_tokenizer *t) { return t->eos; }
bool ink_tokenizer_adds_bos(const ink_tokenizer *t) { return t->add_bos; }
const char *ink_tokenizer_template(const ink_tokenizer *t) { return t->template; }
const char *ink_tokenizer_warning(const ink_tokenizer *t) { return t->warning; }

const char *ink_tokenizer_kind(const ink_tokenizer *t)
{
    return t->byte_level ? "byte-level BPE" : t->merges.order ? "SentencePiece BPE" : "BPE over characters";
}

int32_t ink_tokenizer_find(const ink_tokenizer *t, const char *token, size_t n)
{
    return n ? ink_vocab_find(&t->vocab, (const uint8_t *)token, n) : -1;
}
