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

ink_status ink_seq_fork(const ink_seq *from, size_t tokens, ink_seq **out, ink_err *err)
{
    ink_seq *s;
    if (tokens > from->table.tokens)
        return ink_fail(err, INK_E_ARGUMENT, "a sequence of %zu tokens has no first %zu", from->table.tokens, tokens);
    INK_TRY(ink_seq_new(from->llm, &s, err));
    ink_status status = ink_kv_share(from->llm->kv, &from->table, tokens, &s->table, err);
    if (status != INK_OK) {
        ink_seq_free(s);
        return status;
    }
    *out = s;
    return INK_OK;
}

void ink_seq_keep(ink_seq *s, size_t tokens)
{
    ink_kv_keep(s->llm->kv, &s->table, tokens);
}

size_t ink_seq_length(const ink_seq *s)
{
    return s->table.tokens;
}

void ink_seq_free(ink_seq *s)
{
    if (!s)
        return;
    ink_kv_keep(s->llm->kv, &s->table, 0);
    free(s->table.blocks);
    free(s);
}
