/* Element types and the table that names them. */
#include <ink/types.h>

#include <string.h>
#include <strings.h>

static const ink_type_info types[] = {
    { INK_F32, "F32", 1, 4 },        { INK_F16, "F16", 1, 2 },        { INK_Q4_0, "Q4_0", 32, 18 },   { INK_Q4_1, "Q4_1", 32, 20 },
    { INK_Q5_0, "Q5_0", 32, 22 },    { INK_Q5_1, "Q5_1", 32, 24 },    { INK_Q8_0, "Q8_0", 32, 34 },   { INK_Q2_K, "Q2_K", 256, 84 },
    { INK_Q3_K, "Q3_K", 256, 110 },  { INK_Q4_K, "Q4_K", 256, 144 },  { INK_Q5_K, "Q5_K", 256, 176 }, { INK_Q6_K, "Q6_K", 256, 210 },
    { INK_IQ4_NL, "IQ4_NL", 32, 18 }, { INK_IQ4_XS, "IQ4_XS", 256, 136 }, { INK_I8, "I8", 1, 1 },     { INK_I16, "I16", 1, 2 },
    { INK_I32, "I32", 1, 4 },        { INK_I64, "I64", 1, 8 },        { INK_F64, "F64", 1, 8 },       { INK_BF16, "BF16", 1, 2 },
    { INK_MXFP4, "MXFP4", 32, 17 },  { INK_BOOL, "BOOL", 1, 1 },      { INK_U8, "U8", 1, 1 },
};

/* GGUF types that others write and inkstone does not read: named so that the refusal helps. */
static const struct {
    int type;
    const char *name;
} types_refused[] = {
    { 9, "Q8_1" }, { 15, "Q8_K" }, { 16, "IQ2_XXS" }, { 17, "IQ2_XS" }, { 18, "IQ3_XXS" }, { 19, "IQ1_S" }, { 21, "IQ3_S" },
    { 22, "IQ2_S" }, { 29, "IQ1_M" }, { 34, "TQ1_0" }, { 35, "TQ2_0" }, { 40, "NVFP4" }, { 41, "Q1_0" }, { 42, "Q2_0" },
};

const ink_type_info *ink_type_find(int type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((int)types[i].type == type)
            return &types[i];
    return NULL;
}

const ink_type_info *ink_type_named(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcasecmp(types[i].name, name))
            return &types[i];
    return NULL;
}

const char *ink_type_refused(int type)
{
    for (size_t i = 0; i < sizeof types_refused / sizeof *types_refused; i++)
        if (types_refused[i].type == type)
            return types_refused[i].name;
    return NULL;
}
