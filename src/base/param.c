/* Tables of settings: walking them, their defaults, and how they are described. Reading values: param_read.c. */
#include <ink/param.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Skips ends and enters embedded tables until a setting stands at the top of the stack. */
static void param_settle(ink_param_walk *w)
{
    while (w->depth) {
        const ink_param *p = w->stack[w->depth - 1].next;
        if (p->type == INK_PARAM_END) {
            w->depth--;
            continue;
        }
        w->stack[w->depth - 1].next++;
        size_t base = w->stack[w->depth - 1].base;
        if (p->type == INK_PARAM_TABLE && w->depth < INK_PARAM_DEPTH) {
            w->stack[w->depth].next = p->table;
            w->stack[w->depth].heading = p->name;
            w->stack[w->depth++].base = base + p->at;
        } else if (p->type != INK_PARAM_TABLE) {
            w->param = p;
            w->heading = w->stack[w->depth - 1].heading;
            w->at = base + p->at;
            return;
        }
    }
    w->param = NULL;
}

ink_param_walk ink_param_first(const ink_param *params)
{
    ink_param_walk w = { .depth = 1 };
    w.stack[0].next = params;
    param_settle(&w);
    return w;
}

void ink_param_next(ink_param_walk *walk)
{
    param_settle(walk);
}

static void param_default(const ink_param *p, void *at)
{
    switch (p->type) {
    case INK_PARAM_BOOL: *(bool *)at = p->def > 0; break;
    case INK_PARAM_INT: *(int64_t *)at = (int64_t)p->def; break;
    case INK_PARAM_REAL: *(double *)at = p->def; break;
    case INK_PARAM_TEXT:
    case INK_PARAM_PATH:
    case INK_PARAM_MODEL: *(const char **)at = p->text; break;
    case INK_PARAM_CHOICE: *(int *)at = (int)p->def; break;
    case INK_PARAM_INTS: *(ink_param_ints *)at = (ink_param_ints){ 0 }; break;
    case INK_PARAM_TEXTS: *(ink_param_texts *)at = (ink_param_texts){ 0 }; break;
    case INK_PARAM_TABLE:
    case INK_PARAM_END: break;
    }
}

void ink_param_defaults(const ink_param *params, void *into)
{
    for (ink_param_walk w = ink_param_first(params); w.param; ink_param_next(&w))
        param_default(w.param, (char *)into + w.at);
}

const char *ink_param_value(const ink_param *p)
{
    static const char *const words[] = {
        [INK_PARAM_INT] = "N", [INK_PARAM_REAL] = "X", [INK_PARAM_TEXT] = "TEXT", [INK_PARAM_PATH] = "FILE", [INK_PARAM_MODEL] = "MODEL",
        [INK_PARAM_CHOICE] = "WORD", [INK_PARAM_INTS] = "N,N,…", [INK_PARAM_TEXTS] = "TEXT", [INK_PARAM_TABLE] = NULL,
    };
    return p->value ? p->value : words[p->type];
}

void ink_param_flag(const ink_param *p, char *out, size_t size)
{
    snprintf(out, size, "--%s", p->name);
    for (char *c = out; *c; c++)
        *c = *c == '_' ? '-' : *c;
}

void ink_param_default(const ink_param *p, char *out, size_t size)
{
    *out = 0;
    if (p->shown)
        snprintf(out, size, "%s", p->shown);
    else if (p->type == INK_PARAM_INT || (p->type == INK_PARAM_REAL && isfinite(p->def)))
        snprintf(out, size, "%.10g", p->def);
    else if (p->type == INK_PARAM_CHOICE && p->def >= 0)
        snprintf(out, size, "%s", p->choices[(int)p->def]);
    else if (p->text && (p->type == INK_PARAM_TEXT || p->type == INK_PARAM_PATH || p->type == INK_PARAM_MODEL))
        snprintf(out, size, "%s", p->text);
}

void ink_param_range(const ink_param *p, char *out, size_t size)
{
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; p->type == INK_PARAM_CHOICE && p->choices[i] && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", !i ? "" : p->choices[i + 1] ? ", " : " or ", p->choices[i]);
    if ((p->type != INK_PARAM_INT && p->type != INK_PARAM_REAL && p->type != INK_PARAM_INTS) || !(p->min < p->max))
        return;
    if (isfinite(p->max) && p->max < 1e15)
        snprintf(out, size, "%.10g to %.10g", p->min, p->max);
    else
        snprintf(out, size, "%.10g or more", p->min);
}

/* Edits (insert, delete, replace, swap neighbours) between two short words. */
static size_t param_distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t n = strlen(a), m = strlen(b), row[3][MOST + 1];
    if (n > MOST || m > MOST)
        return MOST;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *up = row[(i + 2) % 3], *upper = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            best = up[j] + 1 < best ? up[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upper[j - 2] + 1 < best)
                best = upper[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *ink_param_nearest(const char *word, const char *const *names)
{
    const char *found = NULL;
    size_t length = strlen(word), limit = length / 3 + 1; /* at least one letter in three may be wrong */
    for (size_t i = 0; names[i]; i++) {
        size_t d = param_distance(word, names[i]);
        if (length >= 3 && !strncmp(word, names[i], length))
            d = 1;
        if (d <= limit && d < strlen(names[i])) {
            found = names[i];
            limit = d - (d > 0);
        }
    }
    return found;
}
