/* Failing, memory, limits, and text that grows. */
#include "text/jinja.h"
#include "text/unicode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CORE_BLOCK = 16 << 10, CORE_ALIGN = 16 };

ink_status jinja_guard(jinja *j, void (*work)(jinja *j, void *with), void *with)
{
    if (setjmp(j->escape) == 0)
        work(j, with);
    return j->status;
}

void jinja_fail(jinja *j, ink_status status, const char *format, ...)
{
    char text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    j->status = ink_fail(j->err, status, "chat template, line %d: %s", j->line, text);
    longjmp(j->escape, 1);
}

static void *core_take(jinja *j, size_t bytes)
{
    void *p = ink_arena_alloc(j->arena, bytes);
    if (!p)
        jinja_fail(j, INK_E_LIMIT, "it needs more memory than a template may have (%zu bytes are in use)", ink_arena_used(j->arena));
    return p;
}

void *jinja_alloc(jinja *j, size_t bytes)
{
    if (bytes >= CORE_BLOCK / 4)
        return core_take(j, bytes);
    bytes = (bytes + CORE_ALIGN - 1) & ~(size_t)(CORE_ALIGN - 1);
    if (bytes > j->block_left) {
        j->block = core_take(j, CORE_BLOCK);
        j->block_left = CORE_BLOCK;
    }
    void *p = j->block;
    j->block += bytes;
    j->block_left -= bytes;
    return p;
}

void *jinja_array(jinja *j, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        jinja_fail(j, INK_E_LIMIT, "a list of %zu entries is more than a template may have", count);
    jinja_step(j, bytes / 256);
    return jinja_alloc(j, bytes);
}

void jinja_step(jinja *j, size_t count)
{
    j->steps += count;
    if (j->steps > j->most_steps || j->steps < count)
        jinja_fail(j, INK_E_LIMIT, "it has taken %zu steps, and may not take more", j->most_steps);
}

void jinja_deeper(jinja *j)
{
    if (++j->depth > j->most_depth)
        jinja_fail(j, INK_E_LIMIT, "blocks, brackets, calls or values are nested deeper than %zu", j->most_depth);
}

void jinja_shallower(jinja *j)
{
    j->depth--;
}

void jinja_add(jinja_build *b, const char *text, size_t n)
{
    jinja_step(b->j, n / 32);
    if (n > b->room - b->size) {
        size_t room = (b->size + n) * 2 < 64 ? 64 : (b->size + n) * 2;
        char *data = jinja_alloc(b->j, room);
        if (b->size)
            memcpy(data, b->data, b->size);
        b->data = data;
        b->room = room;
    }
    if (n)
        memcpy(b->data + b->size, text, n);
    b->size += n;
}

void jinja_add_text(jinja_build *b, const char *text)
{
    jinja_add(b, text, strlen(text));
}

void jinja_add_char(jinja_build *b, char c)
{
    jinja_add(b, &c, 1);
}

void jinja_add_point(jinja_build *b, uint32_t c)
{
    char bytes[4];
    jinja_add(b, bytes, ink_utf8_put(c, bytes));
}

void jinja_add_format(jinja_build *b, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    jinja_add_text(b, text);
}

void jinja_add_value(jinja_build *b, jinja_value v)
{
    if (v.type == JINJA_TEXT)
        jinja_add(b, v.text, v.size);
    else
        jinja_print(b, v);
}

jinja_value jinja_built(const jinja_build *b)
{
    return jinja_view(b->data ? b->data : "", b->size);
}
