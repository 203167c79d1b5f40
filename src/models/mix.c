/* The mixes by name, and the tensors that get more bits in them. */
#include "models/mix.h"

#include "base/text.h"

#include <stdlib.h>
#include <strings.h>

static const ink_mix mixes[] = {
    { "F32", INK_F32, 0, "four bytes a value" },
    { "F16", INK_F16, 1, "two bytes a value" },
    { "BF16", INK_BF16, 32, "two bytes a value, of wide range" },
    { "Q8_0", INK_Q8_0, 7, "8.5 bits a value; no loss that anybody measures" },
    { "Q6_K", INK_Q6_K, 18, "6.6 bits" },
    { "Q5_K_M", INK_Q5_K, 17, "5.7 bits" },
    { "Q5_K_S", INK_Q5_K, 16, "5.5 bits" },
    { "Q5_1", INK_Q5_1, 9, "6 bits" },
    { "Q5_0", INK_Q5_0, 8, "5.5 bits" },
    { "Q4_K_M", INK_Q4_K, 15, "4.9 bits; what most people take" },
    { "Q4_K_S", INK_Q4_K, 14, "4.6 bits" },
    { "Q4_1", INK_Q4_1, 3, "5 bits" },
    { "Q4_0", INK_Q4_0, 2, "4.5 bits" },
    { "IQ4_NL", INK_IQ4_NL, 25, "4.5 bits, on an uneven scale" },
    { "IQ4_XS", INK_IQ4_XS, 30, "4.3 bits, on an uneven scale" },
    { "Q3_K_L", INK_Q3_K, 13, "4.3 bits" },
    { "Q3_K_M", INK_Q3_K, 12, "3.9 bits" },
    { "Q3_K_S", INK_Q3_K, 11, "3.5 bits" },
    { "Q2_K", INK_Q2_K, 10, "3.2 bits" },
    { "Q2_K_S", INK_Q2_K, 21, "2.8 bits" },
};
enum { MIXES = sizeof mixes / sizeof *mixes };

const ink_mix *ink_mix_at(size_t i) { return i < MIXES ? &mixes[i] : NULL; }

const ink_mix *ink_mix_named(const char *name)
{
    static const char *const also[][2] = { { "Q4_K", "Q4_K_M" }, { "Q5_K", "Q5_K_M" }, { "Q3_K", "Q3_K_M" } };
    for (size_t i = 0; i < sizeof also / sizeof *also; i++)
        name = strcasecmp(name, also[i][0]) ? name : also[i][1];
    for (size_t i = 0; i < MIXES; i++)
        if (!strcasecmp(mixes[i].name, name))
            return &mixes[i];
    return NULL;
}

typedef enum mix_when { ALWAYS, FIRST_TWO, FIRST_FOUR, FIRST_EIGHTH, FIRST_SIXTEENTH, OFTEN, SHARED, EIGHT, PLAIN_EIGHTH, GUIDED_EIGHTH } mix_when;

typedef struct mix_exception {
    const char *mix, *tensor; /* mix "*": all; the tensor's name ends so */
    mix_when when;
    ink_type type;
} mix_exception;

/* The first that applies counts. */
static const mix_exception exceptions[] = {
    { "Q2_K", "attn_v.weight", SHARED, INK_Q4_K },         { "Q2_K", "attn_v.weight", ALWAYS, INK_Q3_K },          { "Q2_K_S", "attn_v.weight", SHARED, INK_Q4_K },
    { "Q3_K_M", "attn_v.weight", FIRST_TWO, INK_Q5_K },    { "Q3_K_M", "attn_v.weight", ALWAYS, INK_Q4_K },        { "Q3_K_L", "attn_v.weight", ALWAYS, INK_Q5_K },
    { "IQ4_NL", "attn_v.weight", SHARED, INK_Q5_K },       { "IQ4_XS", "attn_v.weight", SHARED, INK_Q5_K },        { "Q4_K_M", "attn_v.weight", OFTEN, INK_Q6_K },
    { "Q5_K_M", "attn_v.weight", OFTEN, INK_Q6_K },        { "Q4_K_S", "attn_v.weight", FIRST_FOUR, INK_Q5_K },
    { "*", "attn_v.weight", EIGHT, INK_Q8_0 },             { "*", "attn_k.weight", EIGHT, INK_Q8_0 },
    { "Q2_K", "ffn_down.weight", ALWAYS, INK_Q3_K },       { "Q2_K_S", "ffn_down.weight", FIRST_EIGHTH, INK_Q4_K },
    { "Q3_K_M", "ffn_down.weight", FIRST_SIXTEENTH, INK_Q5_K }, { "Q3_K_M", "ffn_down.weight", ALWAYS, INK_Q4_K },  { "Q3_K_L", "ffn_down.weight", ALWAYS, INK_Q5_K },
    { "Q4_K_M", "ffn_down.weight", OFTEN, INK_Q6_K },      { "Q5_K_M", "ffn_down.weight", OFTEN, INK_Q6_K },
    { "IQ4_NL", "ffn_down.weight", PLAIN_EIGHTH, INK_Q5_K }, { "IQ4_XS", "ffn_down.weight", PLAIN_EIGHTH, INK_Q5_K },
    { "Q4_K_S", "ffn_down.weight", FIRST_EIGHTH, INK_Q5_K },
    { "Q4_0", "ffn_down.weight", GUIDED_EIGHTH, INK_Q4_1 }, { "Q5_0", "ffn_down.weight", GUIDED_EIGHTH, INK_Q5_1 },
    { "Q2_K", "attn_output.weight", EIGHT, INK_Q5_K },     { "Q3_K_S", "attn_output.weight", EIGHT, INK_Q5_K },    { "Q3_K_M", "attn_output.weight", EIGHT, INK_Q5_K },
    { "Q4_K_S", "attn_output.weight", EIGHT, INK_Q5_K },   { "Q4_K_M", "attn_output.weight", EIGHT, INK_Q5_K },    { "IQ4_NL", "attn_output.weight", EIGHT, INK_Q5_K },
    { "IQ4_XS", "attn_output.weight", EIGHT, INK_Q5_K },   { "Q2_K", "attn_output.weight", ALWAYS, INK_Q3_K },     { "Q3_K_M", "attn_output.weight", ALWAYS, INK_Q4_K },
    { "Q3_K_L", "attn_output.weight", ALWAYS, INK_Q5_K },  { "Q3_K_M", "attn_qkv.weight", ALWAYS, INK_Q4_K },      { "Q3_K_L", "attn_qkv.weight", ALWAYS, INK_Q4_K },
    { "Q4_K_M", "attn_qkv.weight", ALWAYS, INK_Q5_K },     { "Q5_K_M", "attn_qkv.weight", ALWAYS, INK_Q6_K },
};

static bool mix_applies(mix_when when, const ink_mix_model *m, size_t layer)
{
    const size_t n = m->layers;
    switch (when) {
    case ALWAYS: return true;
    case FIRST_TWO: return layer < 2;
    case FIRST_FOUR: return layer < 4;
    case FIRST_EIGHTH: return layer < n / 8;
    case FIRST_SIXTEENTH: return layer < n / 16;
    case OFTEN: return layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2;
    case SHARED: return m->share >= 4;
    case EIGHT: return m->experts == 8;
    case PLAIN_EIGHTH: return !m->importance && layer < n / 8;
    case GUIDED_EIGHTH: return m->importance && layer < n / 8;
    }
    return false;
}

/* A type whose blocks fit into a row. */
static ink_type mix_fit(ink_type type, size_t columns)
{
    static const ink_type narrower[][2] = { { INK_Q2_K, INK_IQ4_NL }, { INK_Q3_K, INK_IQ4_NL }, { INK_IQ4_XS, INK_IQ4_NL },
                                            { INK_Q4_K, INK_Q5_0 }, { INK_Q5_K, INK_Q5_1 }, { INK_Q6_K, INK_Q8_0 } };
    for (size_t i = 0; i < sizeof narrower / sizeof *narrower && columns % ink_type_find((int)type)->block; i++)
        type = type == narrower[i][0] ? narrower[i][1] : type;
    return columns % ink_type_find((int)type)->block ? INK_F16 : type;
}

/* Routers decide by small differences, and tables of positions, or of distances, are added to everything. */
static bool mix_kept(const char *name)
{
    static const char *const kept[] = { "_norm.weight", "ffn_gate_inp.weight", "position_embd.weight", "token_types.weight", "rope_freqs.weight", "attn_rel_b.weight" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (ink_ends(name, kept[i]))
            return true;
    return !ink_ends(name, "weight");
}

ink_type ink_mix_type(const ink_mix *mix, const ink_mix_model *m, const char *name, size_t columns, bool pure)
{
    if (mix->type == INK_F32 || mix->type == INK_F16 || mix->type == INK_BF16)
        return mix->type;
    if (mix_kept(name))
        return INK_F32;
    const bool head = !strcmp(name, "output.weight") || (m->tied && !strcmp(name, "token_embd.weight"));
    if (!pure && head && mix->type != INK_Q8_0)
        return mix_fit(m->falcon ? INK_Q8_0 : INK_Q6_K, columns);
    const char *block = strstr(name, "blk."), *layer = block ? block + 4 : NULL; /* of what reads and of what writes, where there are both */
    for (size_t i = 0; !pure && layer && i < sizeof exceptions / sizeof *exceptions; i++) {
        const mix_exception *e = &exceptions[i];
        if ((*e->mix == '*' || !strcmp(e->mix, mix->name)) && ink_ends(name, e->tensor) && mix_applies(e->when, m, strtoul(layer, NULL, 10)))
            return mix_fit(e->type, columns);
    }
    return mix_fit(mix->type, columns);
}
