/* Walking a plan: one wake of the pool, then all threads go through the steps together, take chunks as they come, and
   meet at barriers. Only this file speaks to the pool. */
#include "base/clock.h"
#include "base/count.h"
#include "graph/look.h"
#include "graph/step.h"

#include <assert.h>
#include <string.h>

enum {
    RUN_ROWS = 16, /* rows of a chunk, where there are many: so many tokens' keys share lines of memory (kernels/kv_layout.h), which two threads must not write in turns */
    RUN_LINE = 64, /* bytes that memory is fetched by */
};

typedef struct walk { /* one thread's walk */
    ink_plan *p;
    const ink_run *r;
    size_t thread, step;
    bool few; /* each thread repeats what it can and has the results for itself */
    uint8_t *own, *scratch;
} walk;

/* A tile: rows of some columns of a step's products. */
typedef struct tile {
    size_t rows, column, columns; /* the first column, and how many count */
    size_t stride, bytes;
} tile;

static size_t run_rows(const walk *w, const ink_node *n)
{
    return ink_node_rows(n, w->r->sizes);
}

static ink_view run_leaf(const walk *w, const ink_node *n)
{
    if (n->leaf == INK_LEAF_INPUT)
        return w->r->inputs[n->slot];
    return (ink_view){ (uint8_t *)(uintptr_t)n->constant->data, 0 };
}

/* From row to row; what has one row serves for all. */
static size_t run_stride(const ink_node *n)
{
    for (size_t i = 0; i + 1 < n->ndim; i++)
        if (n->dim[i].size != INK_SIZE_ONE || n->dim[i].count > 1)
            return ink_node_stride(n);
    return 0;
}

/* Where a node's first row lies. */
static ink_view run_view(const walk *w, const ink_node *n)
{
    size_t within = 0;
    n = ink_step_source(w->p->places, n, &within);
    const ink_place *at = &w->p->places[n->index];
    if (!n->op)
        return run_leaf(w, n);
    if (n->into)
        return (ink_view){ (uint8_t *)n->into->gradient, ink_node_width(n) * sizeof(float) };
    if (at->kind == INK_PLACE_ROW)
        return (ink_view){ w->scratch + at->at + within, 0 };
    uint8_t *base = w->few && at->repeated ? w->own + at->at_private : w->p->memory + at->at;
    return (ink_view){ base + within, run_stride(n) };
}

static ink_job run_job(const walk *w, const ink_node *y, size_t row)
{
    ink_job j = { .k = w->r->k, .y = y, .rows = run_rows(w, y), .threads = w->p->threads, .sizes = w->r->sizes, .more = y->into && !w->p->places[y->index].begins, .scratch = w->scratch };
    for (size_t i = 0; i < y->inputs; i++) {
        j.in[i] = run_view(w, y->in[i]);
        j.in[i].data += y->op->whole >> i & 1 ? 0 : row * j.in[i].stride;
    }
    j.out = run_view(w, y);
    j.out.data += row * j.out.stride;
    return j;
}

/* On by so many rows; what is the same for all rows, or one row in scratch, has a stride of nothing. */
static void run_advance(ink_job *j, size_t rows)
{
    for (size_t i = 0; i < j->y->inputs; i++)
        j->in[i].data += j->y->op->whole >> i & 1 ? 0 : rows * j->in[i].stride;
    j->out.data += rows * j->out.stride;
}

/* What an op left, in a run that looks at it. */
static void run_look(const walk *w, const ink_node *y, size_t place, ink_view out, size_t rows, size_t columns)
{
    if (w->r->look)
        ink_look_at(w->r->look, y, w->step, place, out, rows, columns);
}

static void run_chain(const walk *w, const ink_step *s, size_t first, size_t last)
{
    ink_job jobs[INK_PLAN_CHAIN];
    for (size_t i = 0; i < s->count; i++)
        jobs[i] = run_job(w, s->nodes[i], first);
    for (size_t row = first; row < last; row++)
        for (size_t i = 0; i < s->count; i++) {
            s->nodes[i]->op->run(&jobs[i], row, 1, ink_node_width(s->nodes[i]));
            run_look(w, s->nodes[i], i, jobs[i].out, 1, ink_node_width(s->nodes[i]));
            run_advance(&jobs[i], 1);
        }
}

static ink_view run_tile_view(const walk *w, const ink_node *n, const tile *t)
{
    const ink_place *at = &w->p->places[n->index];
    if (n->op && at->kind == INK_PLACE_TILE)
        return (ink_view){ w->scratch + at->at * t->bytes, t->stride };
    ink_view v = run_view(w, n);
    v.data += t->column * sizeof(float);
    return v;
}

static void run_product(const walk *w, const ink_step *s, size_t i, size_t p0, size_t p1, const tile *t)
{
    const ink_node *y = s->product[i];
    const ink_packed *weight = y->in[1]->constant->packed;
    ink_view x = run_view(w, y->in[0]), out = run_tile_view(w, y, t);
    ink_meter *m = w->r->meters ? &w->r->meters[w->thread] : NULL;
    const int64_t start = m ? ink_clock_ns() : 0;
    w->r->k->matmul[weight->kind](weight, p0, p1, x.data, t->rows, (float *)(void *)out.data, out.stride / sizeof(float),
                                  w->scratch + s->tiles * t->bytes);
    if (m) {
        m->product_ns += ink_clock_ns() - start;
        m->product_ops += 2.0 * (double)t->columns * (double)weight->cols * (double)t->rows;
    }
    run_look(w, y, i, out, t->rows, t->columns);
}

/* Pieces of rows lie far apart in memory, where the processor guesses nothing: those of some rows are fetched while others are worked on. */
static void run_fetch_rows(ink_view v, size_t first, size_t rows, size_t bytes)
{
    v.data += first * v.stride;
    for (size_t i = 0; i < rows && v.stride; i++, v.data += v.stride)
        for (size_t line = 0; line < bytes; line += RUN_LINE)
            __builtin_prefetch(v.data + line, 0, 2);
}

static void run_follower(const walk *w, const ink_node *y, size_t place, const tile *t)
{
    const size_t bytes = t->columns * sizeof(float);
    ink_job j = { .k = w->r->k, .y = y, .rows = t->rows };
    for (size_t i = 0; i < y->inputs; i++)
        j.in[i] = run_tile_view(w, y->in[i], t);
    j.out = run_tile_view(w, y, t);
    const ink_view whole = j.out;
    for (size_t row = 0, n; row < t->rows; row += n) {
        n = ink_least(t->rows - row, RUN_ROWS);
        const size_t next = ink_least(t->rows - row - n, RUN_ROWS);
        for (size_t i = 0; i < y->inputs; i++)
            run_fetch_rows(j.in[i], n, next, bytes);
        run_fetch_rows(j.out, n, next, bytes);
        y->op->run(&j, row, n, t->columns);
        run_advance(&j, n);
    }
    run_look(w, y, place, whole, t->rows, t->columns);
}

static const ink_packed *run_weight(const ink_step *s, size_t product)
{
    return s->product[product]->in[1]->constant->packed;
}

static size_t run_chunks_of(const ink_step *s, size_t product, size_t panels)
{
    return ink_pieces(run_weight(s, product)->panels, panels);
}

/* Which product a chunk of a step belongs to; *chunk becomes its number there. */
static size_t run_product_of(const ink_step *s, size_t *chunk, size_t panels)
{
    size_t product = 0;
    while (!s->joint && product + 1 < s->products && *chunk >= run_chunks_of(s, product, panels))
        *chunk -= run_chunks_of(s, product++, panels);
    return product;
}

/* `count` chunks of a step of products, of those that follow `chunk` in the same product: some panels of it, or of all when they are joint. How many
   chunks that were. */
static size_t run_products(const walk *w, const ink_step *s, size_t chunk, size_t count, size_t panels)
{
    const size_t product = run_product_of(s, &chunk, panels);
    const ink_packed *weight = run_weight(s, product);
    const size_t p0 = chunk * panels, p1 = ink_least(p0 + count * panels, weight->panels);
    size_t rest = weight->rows - 16 * p0, columns = 16 * (p1 - p0);
    tile t = { .rows = run_rows(w, s->product[product]), .column = 16 * p0, .columns = columns < rest ? columns : rest, .stride = (p1 - p0) * 64 };
    t.bytes = t.rows * t.stride;
    for (size_t i = s->joint ? 0 : product; i < (s->joint ? s->products : product + 1); i++)
        run_product(w, s, i, p0, p1, &t);
    for (size_t i = 0; i < s->count; i++)
        if (s->joint || s->owner[i] == product)
            run_follower(w, s->nodes[i], s->products + i, &t);
    return ink_pieces(p1 - p0, panels);
}

static size_t run_product_chunks(const ink_step *s, size_t panels)
{
    size_t chunks = 0;
    for (size_t i = 0; i < (s->joint ? 1 : s->products); i++)
        chunks += run_chunks_of(s, i, panels);
    return chunks;
}

/* Where a thread's part of the chunks begins. */
static size_t run_part(const walk *w, size_t thread, size_t chunks)
{
    return thread * chunks / w->p->threads;
}

/* What a thread can do while it waits: fetch the beginning of the chunk that will be its first of the next products, since
   the memory is idle then and decoding is reading. */
typedef struct run_ahead {
    const uint8_t *at, *end;
} run_ahead;

static bool run_fetch(void *user)
{
    enum { LINES = 8 };
    run_ahead *a = user;
    for (int i = 0; i < LINES && a->at < a->end; i++, a->at += RUN_LINE)
        __builtin_prefetch(a->at, 0, 2);
    return a->at < a->end;
}

/* Nothing where rows are many: computing is what takes the time then. */
static run_ahead run_next(const walk *w, size_t step)
{
    run_ahead a = { NULL, NULL };
    while (++step < w->p->step_count && w->p->steps[step].kind != INK_STEP_PRODUCTS)
        ;
    if (!w->few || step >= w->p->step_count)
        return a;
    const ink_step *s = &w->p->steps[step];
    const size_t panels = ink_step_panels(s, run_rows(w, s->product[0])), chunks = run_product_chunks(s, panels);
    size_t chunk = run_part(w, w->thread, chunks);
    if (chunk >= chunks)
        return a;
    const ink_packed *weight = run_weight(s, run_product_of(s, &chunk, panels));
    const size_t rest = weight->panels - chunk * panels;
    a.at = weight->data + chunk * panels * weight->panel_bytes;
    a.end = a.at + (panels < rest ? panels : rest) * weight->panel_bytes;
    return a;
}

/* A thread takes the chunks of its own part one after the other, so that it reads memory in order, the first of which it may have fetched
   already; then what others have not come to. */
static void run_step_products(const walk *w, const ink_step *s, _Atomic uint32_t *next)
{
    const size_t rows = run_rows(w, s->product[0]), panels = ink_step_panels(s, rows), most = ink_step_at_once(s, rows);
    const size_t chunks = run_product_chunks(s, panels), threads = w->p->threads;
    for (size_t k = 0; k < threads; k++) {
        const size_t owner = (w->thread + k) % threads, first = run_part(w, owner, chunks), count = run_part(w, owner + 1, chunks) - first;
        for (size_t i, n; (n = ink_pool_take_some(next + (2 + owner) * w->p->step_count, count, most, &i));)
            for (size_t done; n; n -= done, i += done)
                done = run_products(w, s, first + i, n, panels);
    }
}

static void run_step_chunks(const walk *w, const ink_step *s, _Atomic uint32_t *next)
{
    const ink_op *op = s->nodes[0]->op;
    ink_job j = run_job(w, s->nodes[0], 0);
    ink_meter *m = w->r->meters && op->operations ? &w->r->meters[w->thread] : NULL;
    int64_t start = m ? ink_clock_ns() : 0;
    j.shared = w->p->memory + w->p->arena_bytes;
    j.prepared = j.shared + w->p->workspace_bytes;
    const size_t pieces = op->prepare ? op->prepares(&j) : 0;
    if (pieces) {
        for (size_t i; (i = ink_pool_take(next + w->p->step_count)) < pieces;)
            op->prepare(&j, i);
        const int64_t waited = m ? ink_clock_ns() : 0;
        ink_pool_meet(w->r->pool);
        start += m ? ink_clock_ns() - waited : 0;
    }
    const size_t chunks = op->chunks(&j);
    for (size_t i; (i = ink_pool_take(next)) < chunks;)
        op->chunk(&j, i);
    if (m) {
        m->product_ns += ink_clock_ns() - start;
        m->product_ops += op->operations(&j) / (double)w->p->threads;
    }
}

static void run_step_rows(const walk *w, const ink_step *s, _Atomic uint32_t *next)
{
    size_t rows = run_rows(w, s->nodes[0]), size = rows >= 4 * RUN_ROWS ? RUN_ROWS : 1, i;
    while ((i = ink_pool_take(next) * size) < rows)
        run_chain(w, s, i, i + size < rows ? i + size : rows);
}

/* Chunks write where they like, so one thread looks at all of it before anybody goes on. */
static void run_look_whole(const walk *w, const ink_node *y)
{
    if (w->thread == 0 && ink_look_wants(w->r->look, y, w->step))
        run_look(w, y, 0, run_view(w, y), run_rows(w, y), ink_node_width(y));
    ink_pool_meet(w->r->pool);
}

static void run_task(void *user, size_t thread)
{
    walk w = *(const walk *)user;
    ink_plan *p = w.p;
    w.thread = thread;
    w.own = p->memory + p->arena_bytes + p->workspace_bytes + p->prepared_bytes + thread * (p->private_bytes + p->scratch_bytes);
    w.scratch = w.own + p->private_bytes;
    for (size_t i = 0; i < p->step_count; i++) {
        const ink_step *s = &p->steps[i];
        w.step = i;
        if (s->kind == INK_STEP_ROWS && s->repeatable && w.few) {
            run_chain(&w, s, 0, run_rows(&w, s->nodes[0]));
            continue;
        }
        if (s->kind == INK_STEP_ROWS)
            run_step_rows(&w, s, &p->next[i]);
        else if (s->kind == INK_STEP_PRODUCTS)
            run_step_products(&w, s, &p->next[i]);
        else
            run_step_chunks(&w, s, &p->next[i]);
        run_ahead ahead = run_next(&w, i);
        ink_pool_meet_with(w.r->pool, run_fetch, &ahead);
        if (w.r->look && s->kind == INK_STEP_CHUNKS)
            run_look_whole(&w, s->nodes[0]);
    }
}

ink_products ink_meters_sum(const ink_meter *meters, size_t threads)
{
    ink_products p = { 0 };
    for (size_t i = 0; i < threads; i++) {
        p.seconds += (double)meters[i].product_ns * 1e-9 / (double)threads;
        p.operations += meters[i].product_ops;
    }
    return p;
}

void ink_plan_run(ink_plan *p, const ink_run *r)
{
    walk w = { .p = p, .r = r, .few = r->sizes[INK_SIZE_ROWS] <= INK_PLAN_FEW && r->sizes[INK_SIZE_OUTPUTS] <= INK_PLAN_FEW && r->sizes[INK_SIZE_SOURCE] <= INK_PLAN_FEW };
    for (size_t i = 0; i < INK_SIZES; i++)
        assert(r->sizes[i] <= p->bounds[i]);
    memset((void *)p->next, 0, (2 + p->threads) * p->step_count * sizeof *p->next);
    ink_pool_run(r->pool, run_task, &w);
}
