/* Sequences: a conversation's tokens as blocks of keys and values. */
#include "generate/llm.h"

#include <stdlib.h>

ink_status ink_seq_new(ink_llm *llm, ink_seq **out, ink_err *err)
{
    ink_seq *s = calloc(1, sizeof *s);
    if (!s)
        return ink_fail(err, INK_E_MEMORY, "no memory for another sequence");
    s->llm = llm;
    *out = s;
    return INK_OK;
}

/* Tokens, with those that an adapter puts before them. */
static size_t seq_rows(const ink_seq *s, size_t tokens)
{
    return tokens ? tokens + s->llm->before : 0;
}

ink_status ink_seq_fork(const ink_seq *from, size_t tokens, ink_seq **out, ink_err *err)
{
    ink_seq *s;
    if (tokens > ink_seq_length(from))
        return ink_fail(err, INK_E_ARGUMENT, "a sequence of %zu tokens has no first %zu", ink_seq_length(from), tokens);
    INK_TRY(ink_seq_new(from->llm, &s, err));
    ink_status status = ink_kv_share(from->llm->kv, &from->table, seq_rows(from, tokens), &s->table, err);
    if (status == INK_OK)
        status = ink_kv_share(from->llm->kv, &from->source, from->source.tokens, &s->source, err);
    if (status != INK_OK) {
        ink_seq_free(s);
        return status;
    }
    *out = s;
    return INK_OK;
}

void ink_seq_keep(ink_seq *s, size_t tokens)
{
    ink_kv_keep(s->llm->kv, &s->table, seq_rows(s, tokens));
}

size_t ink_seq_length(const ink_seq *s)
{
    return s->table.tokens > s->llm->before ? s->table.tokens - s->llm->before : 0;
}

void ink_seq_free(ink_seq *s)
{
    if (!s)
        return;
    ink_kv_keep(s->llm->kv, &s->table, 0);
    ink_kv_keep(s->llm->kv, &s->source, 0);
    free(s->table.blocks);
    free(s->source.blocks);
    free(s);
}
