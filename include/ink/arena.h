/* ink/arena.h: memory that ends together. An arena is named after what ends it (model, plan, step, request) and
   has a maximum; past it, allocation returns NULL and the caller says so in a sentence. Blocks are 64-byte aligned
   and zeroed. One thread at a time. */
#ifndef INK_ARENA_H
#define INK_ARENA_H

#include <ink/err.h>
#include <stddef.h>

typedef struct ink_arena ink_arena;
typedef struct ink_mark { /* a point in an arena to come back to */
    void *chunk;
    size_t used;
} ink_mark;

/* max_bytes 0 means no limit but the machine's. name is borrowed and must outlive the arena. */
INK_API ink_status ink_arena_new(const char *name, size_t max_bytes, ink_arena **out, ink_err *err);
INK_API void ink_arena_free(ink_arena *arena); /* NULL is fine */

INK_API void *ink_arena_alloc(ink_arena *arena, size_t bytes);                  /* NULL when refused */
INK_API void *ink_arena_array(ink_arena *arena, size_t count, size_t size);     /* overflow-checked */
INK_API char *ink_arena_text(ink_arena *arena, const char *text, size_t length); /* copy, NUL added */
INK_API char *ink_arena_format(ink_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

INK_API ink_mark ink_arena_mark(const ink_arena *arena);
INK_API void ink_arena_rewind(ink_arena *arena, ink_mark mark);
INK_API size_t ink_arena_used(const ink_arena *arena); /* bytes handed out and not rewound */

/* For a call that got NULL: the sentence that names the arena and its limit. */
INK_API ink_status ink_arena_refused(const ink_arena *arena, size_t bytes, ink_err *err);

#endif
