/* The block table of keys and values. */
#include "base/count.h"
#include "tensor/kv.h"

#include "kernels/kv_layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct ink_kv {
    ink_kv_shape shape;
    uint8_t *memory;
    size_t bytes, blocks;
    uint32_t *uses;  /* [block] sequences that hold it */
    uint32_t *spare; /* a stack of blocks that nobody holds */
    size_t spares;
};

void ink_kv_shape_fill(ink_kv_shape *s)
{
    s->key_bytes = ink_kv_key_bytes(s->type, s->head_dim);
    s->value_bytes = ink_kv_value_bytes(s->type, s->head_dim);
    s->block_bytes = s->layers * s->heads * (s->key_bytes + s->value_bytes);
}

ink_status ink_kv_new(const ink_kv_shape *shape, size_t tokens, ink_kv **out, ink_err *err)
{
    size_t blocks = ink_pieces(tokens, INK_KV_BLOCK), bytes;
    if (blocks > UINT32_MAX || __builtin_mul_overflow(blocks, shape->block_bytes, &bytes))
        return ink_fail(err, INK_E_LIMIT, "keys and values of %zu tokens are more than can be addressed", tokens);
    ink_kv *kv = calloc(1, sizeof *kv);
    uint32_t *lists = calloc(2 * blocks + 1, sizeof *lists);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!kv || !lists || memory == MAP_FAILED) {
        free(kv);
        free(lists);
        if (memory != MAP_FAILED)
            munmap(memory, bytes);
        return ink_fail(err, INK_E_MEMORY, "the machine has no %zu MB for the keys and values of %zu tokens; ask for a smaller --ctx", bytes >> 20, tokens);
    }
    *kv = (ink_kv){ .shape = *shape, .memory = memory, .bytes = bytes, .blocks = blocks, .uses = lists, .spare = lists + blocks, .spares = blocks };
    for (size_t i = 0; i < blocks; i++)
        kv->spare[i] = (uint32_t)(blocks - 1 - i);
    *out = kv;
    return INK_OK;
}

void ink_kv_free(ink_kv *kv)
{
    if (!kv)
        return;
    munmap(kv->memory, kv->bytes);
    free(kv->uses);
    free(kv);
}

size_t ink_kv_blocks_free(const ink_kv *kv) { return kv->spares; }

static uint32_t *kv_uses(ink_kv *kv, const uint8_t *block)
{
    return &kv->uses[(size_t)(block - kv->memory) / kv->shape.block_bytes];
}

static uint8_t *kv_take(ink_kv *kv)
{
    uint32_t i = kv->spare[--kv->spares];
    kv->uses[i] = 1;
    return kv->memory + i * kv->shape.block_bytes;
}

static void kv_drop(ink_kv *kv, uint8_t *block)
{
    uint32_t *uses = kv_uses(kv, block);
    if (--*uses == 0)
        kv->spare[kv->spares++] = (uint32_t)(uses - kv->uses);
}

/* The last block is written next, but another sequence reads it too. */
static bool kv_must_copy(const ink_kv *kv, const ink_kv_table *t)
{
    return t->tokens % INK_KV_BLOCK && *kv_uses((ink_kv *)(uintptr_t)kv, t->blocks[t->count - 1]) > 1;
}

size_t ink_kv_wants(const ink_kv *kv, const ink_kv_table *t, size_t more)
{
    size_t need = ink_pieces(t->tokens + more, INK_KV_BLOCK);
    return more ? need - t->count + kv_must_copy(kv, t) : 0;
}

static ink_status kv_room(ink_kv_table *t, size_t count, ink_err *err)
{
    if (count <= t->room)
        return INK_OK;
    size_t room = count * 2;
    uint8_t **more = realloc(t->blocks, room * sizeof *more);
    if (!more)
        return ink_fail(err, INK_E_MEMORY, "no memory for the table of %zu blocks of keys and values", room);
    t->blocks = more;
    t->room = room;
    return INK_OK;
}

ink_status ink_kv_append(ink_kv *kv, ink_kv_table *t, size_t more, ink_err *err)
{
    size_t wants = ink_kv_wants(kv, t, more), need = ink_pieces(t->tokens + more, INK_KV_BLOCK);
    if (wants > kv->spares)
        return ink_fail(err, INK_E_LIMIT, "no room for %zu more tokens: %zu blocks of %d are wanted, %zu are free", more, wants, INK_KV_BLOCK, kv->spares);
    INK_TRY(kv_room(t, need, err));
    if (more && kv_must_copy(kv, t)) {
        uint8_t *mine = kv_take(kv), **last = &t->blocks[t->count - 1];
        memcpy(mine, *last, kv->shape.block_bytes);
        kv_drop(kv, *last);
        *last = mine;
    }
    while (t->count < need)
        t->blocks[t->count++] = kv_take(kv);
    t->tokens += more;
    return INK_OK;
}

void ink_kv_keep(ink_kv *kv, ink_kv_table *t, size_t tokens)
{
    t->tokens = tokens < t->tokens ? tokens : t->tokens;
    size_t keep = ink_pieces(t->tokens, INK_KV_BLOCK);
    while (t->count > keep)
        kv_drop(kv, t->blocks[--t->count]);
}

ink_status ink_kv_share(ink_kv *kv, const ink_kv_table *from, size_t tokens, ink_kv_table *to, ink_err *err)
{
    size_t count = ink_pieces(tokens, INK_KV_BLOCK);
    INK_TRY(kv_room(to, count, err));
    for (size_t i = 0; i < count; i++) {
        to->blocks[i] = from->blocks[i];
        ++*kv_uses(kv, from->blocks[i]);
    }
    to->count = count;
    to->tokens = tokens;
    return INK_OK;
}
