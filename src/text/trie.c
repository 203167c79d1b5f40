#include "text/trie.h"

#include "base/text.h"
#include "text/parts.h"
#include "text/unicode.h"

#include <stdlib.h>

typedef struct trie_token {
    const uint8_t *bytes;
    uint32_t n, id;
} trie_token;

static int trie_order(const void *a, const void *b)
{
    const trie_token *x = a, *y = b;
    const int order = ink_bytes_compare(x->bytes, x->n, y->bytes, y->n);
    return order ? order : x->id < y->id ? -1 : 1;
}

/* Characters of a token that are all plain inside a JSON string; 0: not so, or too many. */
static size_t trie_plain(const trie_token *t)
{
    const char *text = (const char *)t->bytes;
    for (uint32_t i = 0; i < t->n; i++)
        if (text[i] == '"' || text[i] == '\\' || t->bytes[i] < 0x20)
            return 0;
    size_t n = ink_utf8_valid(text, t->n) == t->n ? ink_utf8_count(text, t->n) : 0;
    return n <= INK_TRIE_PLAIN ? n : 0;
}

static size_t trie_shared(const trie_token *a, const trie_token *b)
{
    size_t n = 0;
    while (n < a->n && n < b->n && a->bytes[n] == b->bytes[n])
        n++;
    return n;
}

/* Sorted tokens become nodes; the path to the last token is what may still grow. */
static bool trie_make(ink_trie *t, const trie_token *tokens, size_t count)
{
    uint32_t path[INK_TRIE_LONGEST + 1] = { 0 };
    size_t nodes = 0, depth = 0;
    for (size_t i = 0; i < count; i++)
        nodes += tokens[i].n - (i ? trie_shared(&tokens[i - 1], &tokens[i]) : 0);
    t->nodes = calloc(nodes + 1, sizeof *t->nodes);
    t->tokens = malloc((count + 1) * sizeof *t->tokens);
    if (!t->nodes || !t->tokens)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t shared = i ? trie_shared(&tokens[i - 1], &tokens[i]) : 0;
        for (; depth > shared; depth--)
            t->nodes[path[depth]].end = (uint32_t)t->count;
        for (; depth < tokens[i].n; depth++) {
            path[depth + 1] = (uint32_t)t->count;
            t->nodes[t->count++] = (ink_trie_node){ .byte = tokens[i].bytes[depth], .depth = (uint8_t)(depth + 1), .first = (uint32_t)i };
        }
        t->tokens[i] = tokens[i].id;
        t->nodes[path[depth]].count++;
    }
    for (; depth; depth--)
        t->nodes[path[depth]].end = (uint32_t)t->count;
    return true;
}

static void trie_clear(ink_trie *t)
{
    free(t->nodes);
    free(t->tokens);
}

static bool tree_fill(ink_token_tree *t, const ink_tokenizer *tokenizer, trie_token *list)
{
    size_t count = 0, rest = 0;
    for (size_t i = 0; i < t->count; i++) {
        ink_text text = ink_token_bytes(tokenizer, (int32_t)i);
        if (text.size && text.size <= INK_TRIE_LONGEST && !ink_tokenizer_is_control(tokenizer, (int32_t)i) && !ink_tokenizer_is_end(tokenizer, (int32_t)i))
            list[count++] = (trie_token){ (const uint8_t *)text.data, (uint32_t)text.size, (uint32_t)i };
    }
    qsort(list, count, sizeof *list, trie_order);
    if (!trie_make(&t->all, list, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t plain = trie_plain(&list[i]);
        if (list[i].n == 1)
            t->single[list[i].bytes[0]] = true;
        if (plain)
            t->plain[plain * t->words + list[i].id / 64] |= (uint64_t)1 << list[i].id % 64;
        else
            list[rest++] = list[i];
    }
    return trie_make(&t->rest, list, rest);
}

/* NULL when memory is refused. */
static ink_token_tree *tree_make(const ink_tokenizer *tokenizer, size_t count)
{
    ink_token_tree *t = calloc(1, sizeof *t);
    trie_token *list = malloc((count + 1) * sizeof *list);
    bool made = t && list;
    if (made) {
        t->count = count;
        t->words = (count + 63) / 64;
        t->plain = calloc((INK_TRIE_PLAIN + 1) * t->words + 1, sizeof *t->plain);
        made = t->plain && tree_fill(t, tokenizer, list);
    }
    free(list);
    if (made)
        return t;
    ink_token_trees_free(t);
    return NULL;
}

ink_status ink_token_tree_get(const ink_tokenizer *tokenizer, size_t vocab, const ink_token_tree **out, ink_err *err)
{
    ink_tokenizer *owner = (ink_tokenizer *)(uintptr_t)tokenizer; /* what it keeps is no part of what it says */
    const size_t size = ink_tokenizer_size(tokenizer), count = vocab < size ? vocab : size;
    pthread_mutex_lock(&owner->trees_lock);
    ink_token_tree *t = owner->trees;
    while (t && t->count != count)
        t = t->next;
    if (!t && (t = tree_make(tokenizer, count))) {
        t->next = owner->trees;
        owner->trees = t;
    }
    pthread_mutex_unlock(&owner->trees_lock);
    *out = t;
    return t ? INK_OK : ink_fail(err, INK_E_MEMORY, "no memory for a tree of %zu tokens", count);
}

void ink_token_trees_free(ink_token_tree *first)
{
    while (first) {
        ink_token_tree *t = first;
        first = t->next;
        trie_clear(&t->all);
        trie_clear(&t->rest);
        free(t->plain);
        free(t);
    }
}
