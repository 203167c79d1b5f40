#include "guess.h"

const ink_param cli_guess_params[] = {
    { .name = "lookup", .type = INK_PARAM_BOOL, .at = offsetof(cli_guess, lookup),
      .help = "guess what comes next from what followed the same words before: the same answer, sooner where it quotes" },
    { .name = "draft", .type = INK_PARAM_MODEL, .at = offsetof(cli_guess, draft), .help = "let this smaller model guess what comes next; it must have the same vocabulary" },
    { 0 },
};

ink_status cli_guess_make(const cli_guess *o, const ink_llm_options *like, cli_model *draft, ink_generate_options *out, ink_err *err)
{
    out->lookup = o->lookup;
    if (!o->draft)
        return INK_OK;
    INK_TRY(cli_model_open(draft, o->draft, err));
    INK_TRY(cli_model_pack(draft, &(ink_llm_options){ .threads = like->threads, .kv = like->kv }, err));
    out->draft = draft->llm;
    return INK_OK;
}
