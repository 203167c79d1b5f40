/* What a model says of itself: numbers from a table of names, counts from its tensors. */
#include "formats/about.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

const about_field about_fields[ABOUT_FIELDS] = {
    { offsetof(ink_about, layers), "block_count", { "num_hidden_layers", "n_layer", "num_layers" } },
    { offsetof(ink_about, width), "embedding_length", { "hidden_size", "n_embd", "d_model" } },
    { offsetof(ink_about, heads), "attention.head_count", { "num_attention_heads", "n_head", "num_heads" } },
    { offsetof(ink_about, kv_heads), "attention.head_count_kv", { "num_key_value_heads" } },
    { offsetof(ink_about, head_dim), "attention.key_length", { "head_dim", "d_kv" } },
    { offsetof(ink_about, ffn), "feed_forward_length", { "intermediate_size", "n_inner", "d_ff" } },
    { offsetof(ink_about, vocab), "vocab_size", { "vocab_size" } },
    { offsetof(ink_about, context), "context_length", { "max_position_embeddings", "n_positions", "n_ctx" } },
    { offsetof(ink_about, window), "attention.sliding_window", { "sliding_window" } },
};

void about_set(ink_about *a, const about_field *f, double v)
{
    if (v >= 1 && v <= 1 << 30)
        *(size_t *)((char *)a + f->at) = (size_t)v;
}

static const ink_meta *about_key(const ink_weights *w, const ink_about *a, const char *key)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s.%s", a->architecture ? a->architecture : "", key);
    return ink_weights_meta(w, whole);
}

/* A number, or the largest of an array of one per layer. */
static double about_number(const ink_meta *m)
{
    double most = 0;
    if (m && (m->type == INK_META_INTEGER || m->type == INK_META_REAL))
        return m->real;
    for (size_t i = 0; m && m->type == INK_META_ARRAY && m->element == INK_META_INTEGER && i < m->count; i++)
        most = ink_meta_number_at(m, i) > most ? ink_meta_number_at(m, i) : most;
    return most;
}

static const char *about_text(const ink_weights *w, const char *key, ink_arena *arena)
{
    const ink_meta *m = ink_weights_meta(w, key);
    return m && m->type == INK_META_TEXT && m->text.size ? ink_arena_text(arena, m->text.data, m->text.size) : NULL;
}

static const struct {
    const char *model, *kind;
} about_tokenizers[] = {
    { "gpt2", "byte-level BPE" }, { "llama", "SentencePiece BPE" }, { "bert", "WordPiece" }, { "t5", "SentencePiece unigram" }, { "rwkv", "RWKV" },
};

static void about_read_gguf(const ink_weights *w, ink_arena *arena, ink_about *a)
{
    a->architecture = about_text(w, "general.architecture", arena);
    a->name = about_text(w, "general.name", arena);
    a->licence = about_text(w, "general.license", arena);
    a->chat_template = about_text(w, "tokenizer.chat_template", arena);
    a->split = about_text(w, "tokenizer.ggml.pre", arena);
    a->tokenizer = about_text(w, "tokenizer.ggml.model", arena);
    for (size_t i = 0; a->tokenizer && i < sizeof about_tokenizers / sizeof *about_tokenizers; i++)
        if (!strcmp(a->tokenizer, about_tokenizers[i].model))
            a->tokenizer = about_tokenizers[i].kind;
    for (size_t i = 0; i < ABOUT_FIELDS; i++)
        about_set(a, &about_fields[i], about_number(about_key(w, a, about_fields[i].gguf)));
    const ink_meta *causal = about_key(w, a, "attention.causal");
    a->decoder = a->layers && !(causal && causal->type == INK_META_BOOL && !causal->boolean);
    const ink_meta *tokens = ink_weights_meta(w, "tokenizer.ggml.tokens");
    if (tokens && tokens->type == INK_META_ARRAY)
        a->vocab = tokens->count;
}

/* Keys and values of one position; the number of heads may differ from layer to layer. */
static uint64_t about_count_kv(const ink_weights *w, const ink_about *a)
{
    const ink_meta *heads = about_key(w, a, "attention.head_count_kv");
    double values = about_number(about_key(w, a, "attention.value_length")), sum = (double)a->layers * (double)a->kv_heads;
    if (heads && heads->type == INK_META_ARRAY && heads->element == INK_META_INTEGER) {
        sum = 0;
        for (size_t i = 0; i < heads->count && i < a->layers; i++)
            sum += ink_meta_number_at(heads, i);
    }
    sum *= (double)a->head_dim + (values >= 1 ? values : (double)a->head_dim);
    return sum > 0 && sum < 1e9 ? (uint64_t)sum : 0;
}

static bool about_ends(const char *name, const char *ending)
{
    size_t n = strlen(name), k = strlen(ending);
    return ink_ends(name, ending) && (n == k || name[n - k - 1] == '.');
}

static const char *const about_embeddings[] = { "token_embd.weight", "embed_tokens.weight", "wte.weight", "word_embeddings.weight",
                                                "token_embedding.weight", "embeddings.weight" };
static const char *const about_heads[] = { "output.weight", "lm_head.weight", "embed_out.weight" };

static const ink_tensor *about_find(const ink_weights *w, const char *const *endings, size_t count)
{
    for (size_t e = 0; e < count; e++)
        for (size_t i = 0; i < ink_weights_count(w); i++) {
            const ink_tensor *t = ink_weights_at(w, i);
            if (t->ndim == 2 && about_ends(t->name, endings[e]))
                return t;
        }
    return NULL;
}

static void about_count(const ink_weights *w, ink_about *a)
{
    uint64_t of_type[64] = { 0 }, most = 0;
    a->type = INK_F32;
    for (size_t i = 0; i < ink_weights_count(w); i++) {
        const ink_tensor *t = ink_weights_at(w, i);
        bool whole = (t->type >= INK_I8 && t->type <= INK_I64) || t->type == INK_BOOL || t->type == INK_U8;
        *(whole ? &a->others : about_ends(t->name, "bias") ? &a->biases : &a->weights) += t->count;
        a->weight_bytes += t->bytes;
        if ((size_t)t->type < sizeof of_type / sizeof *of_type && !whole && (of_type[t->type] += t->bytes) > most) {
            most = of_type[t->type];
            a->type = t->type;
        }
    }
}

ink_about ink_about_read(const ink_weights *w, ink_arena *arena)
{
    ink_about a = { 0 };
    about_count(w, &a);
    if (ink_weights_folder(w))
        about_read_folder(ink_weights_folder(w), arena, &a);
    else
        about_read_gguf(w, arena, &a);
    a.kv_heads = a.kv_heads ? a.kv_heads : a.heads;
    a.head_dim = a.head_dim || !a.heads ? a.head_dim : a.width / a.heads;
    a.kv_values = a.decoder ? about_count_kv(w, &a) : 0;
    a.embedding = about_find(w, about_embeddings, sizeof about_embeddings / sizeof *about_embeddings);
    a.head = about_find(w, about_heads, sizeof about_heads / sizeof *about_heads);
    if (a.decoder && !a.head)
        a.head = a.embedding;
    return a;
}
