/* Gated recurrent units over words (Cho et al. 2014), in the form that cuDNN and PyTorch compute. */
#include "models/words.h"

static const ink_name_rule gru_rules[] = { { NULL, NULL, NULL, INK_NAME_SAME } };

static ink_node *gru_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    (void)positions;
    return ink_words_body(n, c, ids, INK_CELL_GRU, 3);
}

const ink_architecture ink_arch_gru = {
    .name = "gru",
    .also = (const char *const[]){ NULL },
    .rules = gru_rules,
    .embedding = INK_WORDS_EMBEDDING,
    .deviation = INK_WORDS_DEVIATION,
    .keeps_state = true,
    .has = ink_words_has,
    .configure = ink_words_configure,
    .body = gru_body,
    .head = ink_words_head,
};
