/* Long short-term memory over words (Hochreiter and Schmidhuber 1997; as a language model Zaremba et al. 2014). */
#include "models/words.h"

static const ink_name_rule lstm_rules[] = { { NULL, NULL, NULL, INK_NAME_SAME } };

static ink_node *lstm_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    (void)positions;
    return ink_words_body(n, c, ids, INK_CELL_LSTM, 4);
}

const ink_architecture ink_arch_lstm = {
    .name = "lstm",
    .also = (const char *const[]){ NULL },
    .rules = lstm_rules,
    .embedding = INK_WORDS_EMBEDDING,
    .deviation = INK_WORDS_DEVIATION,
    .keeps_state = true,
    .has = ink_words_has,
    .configure = ink_words_configure,
    .body = lstm_body,
    .head = ink_words_head,
};
