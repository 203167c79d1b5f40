/* A sequence as a file: what it was computed from, the ids, and its blocks of keys and values as they lie in memory. It is good for the same
   weights and the same way of keeping keys and values; anything else is told apart by the header. */
#include "base/count.h"
#include "generate/llm.h"

#include <ink/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEQ_SEEN = 256 }; /* bytes of each tensor that tell models apart */

typedef struct seq_header {
    char magic[8];
    uint64_t model, tokens, blocks, block_bytes, check; /* check: of the ids and blocks */
} seq_header;

static const char seq_magic[8] = "INKSEQ1";

/* Of bytes in words of eight: FNV-1a's step on each (its bytes would be eight times as slow). n is a multiple of 4. */
static uint64_t seq_hash(uint64_t h, const void *bytes, size_t n)
{
    const uint8_t *b = bytes;
    for (; n >= 8; n -= 8, b += 8) {
        uint64_t word;
        memcpy(&word, b, 8);
        h = (h ^ word) * 1099511628211u;
        h ^= h >> 29;
    }
    for (; n; n--, b++)
        h = (h ^ *b) * 1099511628211u;
    return h;
}

static uint64_t seq_model(const ink_llm *l)
{
    const ink_weights *w = ink_model_weights(l->model);
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < ink_weights_count(w); i++) {
        const ink_tensor *t = ink_weights_at(w, i);
        h = seq_hash(h, t->name, strlen(t->name));
        h = seq_hash(h, t->dims, t->ndim * sizeof *t->dims);
        h = seq_hash(h, &t->type, sizeof t->type);
        h = seq_hash(h, t->data, t->bytes < SEQ_SEEN ? t->bytes : SEQ_SEEN);
    }
    h = seq_hash(h, &l->kv_shape.type, sizeof l->kv_shape.type);
    return seq_hash(h, &l->kv_shape.block_bytes, sizeof l->kv_shape.block_bytes);
}

static ink_status seq_able(const ink_llm *l, ink_err *err)
{
    if (l->reads)
        return ink_fail(err, INK_E_UNSUPPORTED, "keys and values of what answers to something that was read are not kept in files");
    return l->adapters.count ? ink_fail(err, INK_E_UNSUPPORTED, "keys and values under adapters are not kept in files") : INK_OK;
}

ink_status ink_seq_save(const ink_seq *s, const int32_t *ids, const char *path, ink_err *err)
{
    const ink_llm *l = s->llm;
    ink_writer w;
    seq_header h = { .tokens = s->table.tokens, .blocks = s->table.count, .block_bytes = l->kv_shape.block_bytes, .check = 14695981039346656037u };
    memcpy(h.magic, seq_magic, sizeof h.magic);
    INK_TRY(seq_able(l, err));
    h.model = seq_model(l);
    h.check = seq_hash(h.check, ids, h.tokens * sizeof *ids);
    for (size_t i = 0; i < h.blocks; i++)
        h.check = seq_hash(h.check, s->table.blocks[i], h.block_bytes);
    INK_TRY(ink_writer_begin(&w, path, err));
    ink_status status = ink_writer_add(&w, &h, sizeof h, err);
    if (!status)
        status = ink_writer_add(&w, ids, h.tokens * sizeof *ids, err);
    for (size_t i = 0; i < h.blocks && !status; i++)
        status = ink_writer_add(&w, s->table.blocks[i], h.block_bytes, err);
    if (!status)
        return ink_writer_commit(&w, err);
    ink_writer_abandon(&w);
    return status;
}

/* ---- reading ---- */

static ink_status seq_header_check(const ink_llm *l, const seq_header *h, FILE *f, const char *path, ink_err *err)
{
    size_t most = ink_pieces(l->context, INK_KV_BLOCK);
    if (memcmp(h->magic, seq_magic, sizeof h->magic))
        return ink_fail(err, INK_E_FORMAT, "%s: is no saved prompt", path);
    if (h->model != seq_model(l) || h->block_bytes != l->kv_shape.block_bytes)
        return ink_fail(err, INK_E_ARGUMENT, "%s: was saved with another model, or with keys and values kept otherwise", path);
    if (!h->tokens || h->tokens > l->context || h->blocks > most || h->blocks != ink_pieces(h->tokens, INK_KV_BLOCK))
        return ink_fail(err, INK_E_LIMIT, "%s: holds %llu tokens, and a context has %zu", path, (unsigned long long)h->tokens, l->context);
    if (fseeko(f, 0, SEEK_END) || (uint64_t)ftello(f) != sizeof *h + h->tokens * sizeof(int32_t) + h->blocks * h->block_bytes || fseeko(f, sizeof *h, SEEK_SET))
        return ink_fail(err, INK_E_FORMAT, "%s: is not as long as its beginning says", path);
    return INK_OK;
}

static ink_status seq_read_blocks(ink_seq *s, const seq_header *h, ink_ids *ids, FILE *f, const char *path, ink_err *err)
{
    uint64_t check = 14695981039346656037u;
    for (size_t i = 0; i < h->tokens; i++)
        INK_TRY(ink_ids_add(ids, 0, err));
    if (fread(ids->at, sizeof *ids->at, h->tokens, f) != h->tokens)
        return ink_fail(err, INK_E_IO, "%s: cannot be read", path);
    check = seq_hash(check, ids->at, h->tokens * sizeof *ids->at);
    INK_TRY(ink_kv_append(s->llm->kv, &s->table, h->tokens, err));
    for (size_t i = 0; i < h->blocks; i++) {
        if (fread(s->table.blocks[i], 1, h->block_bytes, f) != h->block_bytes)
            return ink_fail(err, INK_E_IO, "%s: cannot be read", path);
        check = seq_hash(check, s->table.blocks[i], h->block_bytes);
    }
    return check == h->check ? INK_OK : ink_fail(err, INK_E_FORMAT, "%s: is damaged", path);
}

static ink_status seq_read(ink_llm *l, FILE *f, const char *path, ink_seq **out, ink_ids *ids, ink_err *err)
{
    seq_header h;
    if (fread(&h, sizeof h, 1, f) != 1)
        return ink_fail(err, INK_E_FORMAT, "%s: is no saved prompt", path);
    INK_TRY(seq_header_check(l, &h, f, path, err));
    INK_TRY(ink_seq_new(l, out, err));
    ink_status status = seq_read_blocks(*out, &h, ids, f, path, err);
    if (status) {
        ink_seq_free(*out);
        ink_ids_clear(ids);
        *out = NULL;
    }
    return status;
}

ink_status ink_seq_load(ink_llm *l, const char *path, ink_seq **out, ink_ids *ids, ink_err *err)
{
    INK_TRY(seq_able(l, err));
    FILE *f = fopen(path, "rb");
    if (!f)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: cannot be opened", path);
    ink_status status = seq_read(l, f, path, out, ids, err);
    fclose(f);
    return status;
}
