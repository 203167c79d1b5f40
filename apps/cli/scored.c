#include "scored.h"

#include <stdlib.h>
#include <string.h>

/* Room for the prompt, and for one continuation at a time in blocks of its own. */
static size_t scored_room(const cli_scored *s, const cli_scored_options *o)
{
    enum { BLOCKS = 256 };
    return 2 * cli_model_context(&s->model, o->ctx) + BLOCKS;
}

ink_status cli_scored_make(cli_scored *s, const cli_scored_options *o, const char *prompt, const ink_param_texts *texts, ink_err *err)
{
    INK_TRY(cli_model_open(&s->model, o->model, err));
    s->scores = calloc(texts->count + 1, sizeof *s->scores);
    if (!s->scores)
        return ink_fail(err, INK_E_MEMORY, "no memory for %zu scores", texts->count);
    const ink_llm_options llm = { .threads = (size_t)o->threads, .context = (size_t)o->ctx, .kv = (ink_llm_kv)o->kv, .adapters = o->adapters.at, .adapter_count = o->adapters.count,
                                  .tokens = scored_room(s, o) };
    INK_TRY(cli_model_pack(&s->model, &llm, err));
    return ink_score_continuations(s->model.llm, prompt, (const char *const *)texts->at, texts->count, s->scores, err);
}

void cli_scored_clear(cli_scored *s)
{
    cli_model_close(&s->model);
    free(s->scores);
}
