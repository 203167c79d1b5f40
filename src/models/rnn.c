/* The plain recurrent network over words (Elman 1990; as a language model Mikolov et al. 2010), with tanh or a rectifier. */
#include "models/words.h"

#include <string.h>

static const ink_name_rule rnn_rules[] = { { NULL, NULL, NULL, INK_NAME_SAME } };

static ink_status rnn_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    static const ink_choice choices[] = { { "nonlinearity", { "tanh", "relu" } }, { NULL, { NULL } } };
    char room[16];
    INK_TRY(ink_settings_choices(s, choices, err));
    INK_TRY(ink_words_configure(s, c, err));
    const char *f = ink_settings_text(s, "nonlinearity", "nonlinearity", room, sizeof room);
    c->variant = f && !strcmp(f, "relu") ? INK_CELL_RELU : INK_CELL_TANH;
    return INK_OK;
}

static ink_node *rnn_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    (void)positions;
    return ink_words_body(n, c, ids, (ink_cell_kind)c->variant, 1);
}

const ink_architecture ink_arch_rnn = {
    .name = "rnn",
    .also = (const char *const[]){ NULL },
    .rules = rnn_rules,
    .embedding = INK_WORDS_EMBEDDING,
    .deviation = INK_WORDS_DEVIATION,
    .keeps_state = true,
    .has = ink_words_has,
    .configure = rnn_configure,
    .body = rnn_body,
    .head = ink_words_head,
};
