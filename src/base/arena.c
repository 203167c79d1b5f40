/* A list of growing chunks. Rewinding keeps the chunks for the next round, so a loop that marks and rewinds stops
   calling malloc after its first turn. */
#include <ink/arena.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGN = 64, ARENA_FIRST_CHUNK = 64 << 10 };

typedef struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used;
    unsigned char *data;
} arena_chunk;

struct ink_arena {
    const char *name;
    size_t max_bytes, total; /* total: bytes in use over all chunks before the current one */
    arena_chunk *first, *current;
};

ink_status ink_arena_new(const char *name, size_t max_bytes, ink_arena **out, ink_err *err)
{
    ink_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        return ink_fail(err, INK_E_MEMORY, "no memory for the %s arena", name);
    arena->name = name;
    arena->max_bytes = max_bytes ? max_bytes : SIZE_MAX;
    *out = arena;
    return INK_OK;
}

void ink_arena_free(ink_arena *arena)
{
    if (!arena)
        return;
    for (arena_chunk *c = arena->first, *next; c; c = next) {
        next = c->next;
        free(c->data);
        free(c);
    }
    free(arena);
}

static arena_chunk *arena_new_chunk(size_t size)
{
    arena_chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        return NULL;
    chunk->data = aligned_alloc(ARENA_ALIGN, size);
    if (!chunk->data) {
        free(chunk);
        return NULL;
    }
    chunk->size = size;
    return chunk;
}

/* Makes `current` a chunk with room for bytes: the next kept one if it is large enough, else a new one. */
static int arena_advance(ink_arena *arena, size_t bytes)
{
    arena_chunk *current = arena->current;
    arena_chunk *next = current ? current->next : arena->first;
    if (!next || next->size < bytes) {
        size_t size = current ? current->size * 2 : ARENA_FIRST_CHUNK;
        size = size > ((size_t)64 << 20) ? (size_t)64 << 20 : size;
        arena_chunk *fresh = arena_new_chunk(size < bytes ? bytes : size);
        if (!fresh)
            return 0;
        fresh->next = next;
        *(current ? &current->next : &arena->first) = fresh;
        next = fresh;
    }
    next->used = 0;
    arena->current = next;
    return 1;
}

void *ink_arena_alloc(ink_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ARENA_ALIGN)
        return NULL;
    bytes = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    bytes = bytes ? bytes : ARENA_ALIGN;
    if (bytes > arena->max_bytes || arena->total > arena->max_bytes - bytes)
        return NULL;
    arena_chunk *c = arena->current;
    if (!c || c->size - c->used < bytes) {
        if (!arena_advance(arena, bytes))
            return NULL;
        c = arena->current;
    }
    unsigned char *p = c->data + c->used;
    c->used += bytes;
    arena->total += bytes;
    return memset(p, 0, bytes);
}

void *ink_arena_array(ink_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : ink_arena_alloc(arena, bytes);
}

char *ink_arena_text(ink_arena *arena, const char *text, size_t length)
{
    char *copy = length == SIZE_MAX ? NULL : ink_arena_alloc(arena, length + 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

char *ink_arena_format(ink_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : ink_arena_alloc(arena, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

ink_mark ink_arena_mark(const ink_arena *arena)
{
    return (ink_mark){ arena->current, arena->current ? arena->current->used : 0 };
}

void ink_arena_rewind(ink_arena *arena, ink_mark mark)
{
    arena_chunk *stop = mark.chunk;
    for (arena_chunk *c = stop ? stop->next : arena->first; c; c = c->next) {
        arena->total -= c->used;
        c->used = 0;
        if (c == arena->current)
            break;
    }
    arena->current = stop;
    if (stop) {
        arena->total -= stop->used - mark.used;
        stop->used = mark.used;
    }
}

size_t ink_arena_used(const ink_arena *arena)
{
    return arena->total;
}

ink_status ink_arena_refused(const ink_arena *arena, size_t bytes, ink_err *err)
{
    if (arena->max_bytes == SIZE_MAX)
        return ink_fail(err, INK_E_MEMORY, "the machine refused %zu bytes for the %s arena", bytes, arena->name);
    return ink_fail(err, INK_E_LIMIT, "the %s arena holds %zu bytes and may hold %zu: %zu more do not fit",
                    arena->name, arena->total, arena->max_bytes, bytes);
}
