/* The feed-forward language model (Bengio et al. 2003, section 2): the words before, looked up and laid side by side, a layer of
   tanh, and straight connections where there are any: y = b + W e + U tanh(d + H e). decoder.weight holds U and W side by side. */
#include "models/words.h"

#include <string.h>

static const ink_name_rule ffnn_rules[] = { { NULL, NULL, NULL, INK_NAME_SAME } };

enum { FFNN_DIRECT = 1 };

typedef struct ffnn_numbers {
    size_t order;
    bool direct;
} ffnn_numbers;

#define AT(field) offsetof(ffnn_numbers, field)
static const ink_setting ffnn_settings[] = {
    { AT(order), INK_SETTING_COUNT, "order", "order", 2, 1024, 5 },
    { AT(direct), INK_SETTING_BOOL, "direct_connections", "direct_connections", 0, 1, 0 },
    { 0, 0, NULL, NULL, 0, 0, 0 },
};

static size_t ffnn_seen(const ink_config *c) { return c->window * c->ffn; }
static size_t ffnn_hidden(const ink_config *c) { return c->width - (c->variant == FFNN_DIRECT ? ffnn_seen(c) : 0); }

/* window: the words that it sees; the width is what the head gets. */
static ink_status ffnn_configure(const ink_settings *s, ink_config *c, ink_err *err)
{
    ffnn_numbers own;
    INK_TRY(ink_words_configure(s, c, err));
    INK_TRY(ink_settings_read(s, ffnn_settings, &own, err));
    c->layers = 1;
    c->head_dim = c->ffn;
    c->window = own.order - 1;
    c->variant = own.direct ? FFNN_DIRECT : 0;
    c->width += own.direct ? ffnn_seen(c) : 0;
    return INK_OK;
}

static ink_node *ffnn_body(ink_net *n, const ink_config *c, ink_node *ids, ink_node *positions)
{
    (void)positions;
    ink_node *x = ink_nn_embedding(n, ids, "encoder", c->vocab, c->ffn);
    x = ink_lag(n->g, x, n->batch ? n->batch : n->kv, &(ink_lag_options){ .columns = c->ffn, .last = c->window - 1 });
    ink_node *h = ink_tanh(n->g, ink_nn_linear(n, x, "hidden", ffnn_hidden(c)));
    return c->variant == FFNN_DIRECT ? ink_concat(n->g, h, x) : h;
}

const ink_architecture ink_arch_ffnn = {
    .name = "ffnn",
    .also = (const char *const[]){ NULL },
    .rules = ffnn_rules,
    .embedding = INK_WORDS_EMBEDDING,
    .deviation = INK_WORDS_DEVIATION,
    .keeps_state = true,
    .has = ink_words_has,
    .configure = ffnn_configure,
    .body = ffnn_body,
    .head = ink_words_head,
};
