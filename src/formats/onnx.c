/* ONNX as a container of weights: the initialisers of a graph, by name. Exporters take names from some of them (folded and
   shared ones become onnx::Conv_123); these are named again by the node that uses them, and the steps and gaps of
   convolutions, which stand in no tensor, become metadata. Nothing is executed. Layout: onnx.proto of the ONNX project. */
#include "base/text.h"
#include "formats/format.h"
#include "formats/protobuf.h"

#include <stdio.h>
#include <stdlib.h>

enum { ONNX_GRAPH = 7, ONNX_PROPERTY = 14 };                                                      /* fields of a model */
enum { ONNX_NODE = 1, ONNX_INITIALISER = 5 };                                                     /* of a graph */
enum { ONNX_NODE_INPUT = 1, ONNX_NODE_NAME = 3, ONNX_NODE_OP = 4, ONNX_NODE_ATTRIBUTE = 5 };      /* of a node */
enum { ONNX_DIMS = 1, ONNX_TYPE = 2, ONNX_FLOATS = 4, ONNX_NAME = 8, ONNX_RAW = 9, ONNX_PLACE = 14 }; /* of a tensor */
enum { ONNX_ATTRIBUTE_NAME = 1, ONNX_ATTRIBUTE_INTS = 8 };
enum { ONNX_INPUTS = 3, ONNX_LONGEST = 512 };

typedef struct onnx_tensor {
    ink_text name, data;
    ink_tensor tensor;
    char *own;          /* the name that the node gives it; NULL: its own */
} onnx_tensor;

typedef struct onnx_file {
    ink_weights *w;
    const char *path;
    onnx_tensor *list;  /* in file order */
    onnx_tensor **by_name;
    size_t count, room;
} onnx_file;

typedef struct onnx_node {
    ink_text op, name, in[ONNX_INPUTS];
    size_t inputs;
    int64_t stride, dilation; /* the first of each; 1 when not said */
} onnx_node;

static const struct {
    uint64_t number;
    ink_type type;
} onnx_types[] = { { 1, INK_F32 }, { 3, INK_I8 }, { 5, INK_I16 }, { 6, INK_I32 }, { 7, INK_I64 }, { 9, INK_BOOL }, { 10, INK_F16 }, { 11, INK_F64 }, { 16, INK_BF16 }, { 2, INK_U8 } };

static bool onnx_probe(const uint8_t *head, size_t n)
{
    static const uint8_t second[] = { 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42 }; /* a version, then the next field of a model */
    return n > 3 && head[0] == 0x08 && head[1] && head[1] < 0x20 && memchr(second, head[2], sizeof second);
}

static ink_status onnx_damaged(const onnx_file *f, const pb_walk *w, const char *what, ink_err *err)
{
    return ink_fail(err, INK_E_FORMAT, "%s: %s is damaged before byte %zu", f->path, what, (size_t)(w->at - f->w->files[0].data));
}

static bool onnx_is(ink_text t, const char *text) { return t.size == strlen(text) && !memcmp(t.data, text, t.size); }

/* ---- initialisers ---- */

static bool onnx_dim(ink_tensor *t, uint64_t value)
{
    if (t->ndim == INK_MAX_DIMS)
        return false;
    t->dims[t->ndim++] = value;
    return true;
}

/* Dimensions stand one by one or packed together. */
static bool onnx_dims(ink_tensor *t, const pb_field *field)
{
    uint64_t value;
    if (field->form == PB_NUMBER)
        return onnx_dim(t, field->value);
    for (pb_walk w = pb_begin(field->bytes); w.at < w.end;)
        if (!pb_number(&w, &value) || !onnx_dim(t, value))
            return false;
    return true;
}

static bool onnx_type(ink_tensor *t, uint64_t number)
{
    for (size_t i = 0; i < sizeof onnx_types / sizeof *onnx_types; i++)
        if (onnx_types[i].number == number) {
            t->type = onnx_types[i].type;
            return true;
        }
    return false;
}

static ink_status onnx_keep(onnx_file *f, const onnx_tensor *t, ink_err *err)
{
    if (f->count == INK_WEIGHTS_TENSORS)
        return ink_fail(err, INK_E_LIMIT, "%s: lists more than %d tensors", f->path, INK_WEIGHTS_TENSORS);
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 256;
        onnx_tensor *list = realloc(f->list, room * sizeof *list);
        if (!list)
            return ink_fail(err, INK_E_MEMORY, "%s: no memory for its list of tensors", f->path);
        f->list = list;
        f->room = room;
    }
    f->list[f->count++] = *t;
    return INK_OK;
}

/* A tensor whose values lie in the file as they are; small constants of the graph that are written otherwise are left out. */
static ink_status onnx_read_tensor(onnx_file *f, ink_text bytes, ink_err *err)
{
    pb_walk w = pb_begin(bytes);
    pb_field field;
    onnx_tensor t = { 0 };
    bool good = true, known = false, outside = false;
    while (good && pb_next(&w, &field)) {
        good = field.number != ONNX_DIMS || onnx_dims(&t.tensor, &field);
        known |= field.number == ONNX_TYPE && onnx_type(&t.tensor, field.value);
        outside |= field.number == ONNX_PLACE && field.value;
        if (field.number == ONNX_NAME)
            t.name = field.bytes;
        if (field.number == ONNX_RAW || (field.number == ONNX_FLOATS && field.form == PB_BYTES && !t.data.data))
            t.data = field.bytes;
    }
    if (w.damaged || !good)
        return onnx_damaged(f, &w, "a tensor", err);
    if (outside)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: keeps its weights in another file; save it with its weights inside", f->path);
    if (!known || !t.data.data || !t.tensor.ndim)
        return INK_OK;
    return onnx_keep(f, &t, err);
}

static int onnx_compare(ink_text a, ink_text b) { return ink_bytes_compare(a.data, a.size, b.data, b.size); }
static int onnx_order(const void *a, const void *b) { return onnx_compare((*(onnx_tensor *const *)a)->name, (*(onnx_tensor *const *)b)->name); }
static int onnx_seek(const void *key, const void *slot) { return onnx_compare(*(const ink_text *)key, (*(onnx_tensor *const *)slot)->name); }

static ink_status onnx_index(onnx_file *f, ink_err *err)
{
    f->by_name = malloc((f->count + 1) * sizeof *f->by_name);
    if (!f->by_name)
        return ink_fail(err, INK_E_MEMORY, "%s: no memory for its list of tensors", f->path);
    for (size_t i = 0; i < f->count; i++) {
        if (!ink_weights_name_ok(f->list[i].name.data, f->list[i].name.size))
            return ink_fail(err, INK_E_FORMAT, "%s: the name of tensor %zu is empty, longer than %d bytes, or holds control characters", f->path, i, INK_WEIGHTS_NAME);
        f->by_name[i] = &f->list[i];
    }
    qsort(f->by_name, f->count, sizeof *f->by_name, onnx_order);
    return INK_OK;
}

static onnx_tensor *onnx_find(const onnx_file *f, ink_text name)
{
    onnx_tensor **slot = name.size && f->count ? bsearch(&name, f->by_name, f->count, sizeof *f->by_name, onnx_seek) : NULL;
    return slot ? *slot : NULL;
}

/* ---- nodes ---- */

/* The first of a list of whole numbers. */
static int64_t onnx_first(ink_text bytes, const char *wanted, int64_t otherwise)
{
    pb_walk w = pb_begin(bytes);
    pb_field field;
    bool named = false;
    uint64_t first = (uint64_t)otherwise, seen = 0, value;
    while (pb_next(&w, &field)) {
        named |= field.number == ONNX_ATTRIBUTE_NAME && onnx_is(field.bytes, wanted);
        if (field.number != ONNX_ATTRIBUTE_INTS || seen++)
            continue;
        pb_walk packed = pb_begin(field.bytes);
        if (field.form == PB_NUMBER)
            first = field.value;
        else if (packed.at < packed.end && pb_number(&packed, &value))
            first = value;
    }
    return named ? (int64_t)first : otherwise;
}

static bool onnx_read_node(ink_text bytes, onnx_node *n, pb_walk *w)
{
    pb_field field;
    *n = (onnx_node){ .stride = 1, .dilation = 1 };
    for (*w = pb_begin(bytes); pb_next(w, &field);) {
        if (field.number == ONNX_NODE_INPUT && n->inputs++ < ONNX_INPUTS)
            n->in[n->inputs - 1] = field.bytes;
        if (field.number == ONNX_NODE_NAME)
            n->name = field.bytes;
        if (field.number == ONNX_NODE_OP)
            n->op = field.bytes;
        if (field.number == ONNX_NODE_ATTRIBUTE) {
            n->stride = onnx_first(field.bytes, "strides", n->stride);
            n->dilation = onnx_first(field.bytes, "dilations", n->dilation);
        }
    }
    return !w->damaged;
}

/* "X" of a bias "X.bias", else of the node's path "/a/b.0/c/Conv": a.b.0.c. Empty when neither says it. */
static void onnx_base(const onnx_node *n, char out[ONNX_LONGEST])
{
    static const char tail[] = ".bias";
    const size_t cut = sizeof tail - 1;
    ink_text from = n->in[2];
    if (from.size > cut && !memcmp(from.data + from.size - cut, tail, cut))
        from.size -= cut;
    else {
        from = n->name;
        while (from.size && from.data[from.size - 1] != '/')
            from.size--;
        from = from.size > 2 ? (ink_text){ from.data + 1, from.size - 2 } : (ink_text){ NULL, 0 };
    }
    from.size = from.size < ONNX_LONGEST ? from.size : 0;
    for (size_t i = 0; i < from.size; i++)
        out[i] = from.data[i] == '/' ? '.' : from.data[i];
    out[from.size] = 0;
}

static ink_status onnx_note(onnx_file *f, const char *base, const char *what, int64_t value, ink_err *err)
{
    char *key = ink_arena_format(f->w->arena, "%s.%s", base, what);
    ink_meta m = { .key = { key, key ? strlen(key) : 0 }, .type = INK_META_INTEGER, .integer = value };
    return key ? ink_weights_add_meta(f->w, &m, err) : ink_arena_refused(f->w->arena, ONNX_LONGEST, err);
}

static ink_status onnx_name(onnx_file *f, onnx_tensor *t, const char *base, ink_err *err)
{
    char *own = ink_arena_format(f->w->arena, "%s.weight", base);
    if (!own)
        return ink_arena_refused(f->w->arena, ONNX_LONGEST, err);
    if (!ink_weights_name_ok(own, strlen(own)) || onnx_find(f, (ink_text){ own, strlen(own) }))
        return INK_OK; /* taken: the file calls something else so */
    t->own = own;
    return INK_OK;
}

/* Convolutions hold their weight in slot 1, tables of vectors in slot 0. The first user of a tensor names it. */
static ink_status onnx_use(onnx_file *f, const onnx_node *n, ink_err *err)
{
    char base[ONNX_LONGEST];
    const bool conv = onnx_is(n->op, "Conv") || onnx_is(n->op, "ConvTranspose"), table = onnx_is(n->op, "Gather");
    onnx_tensor *t = conv ? onnx_find(f, n->in[1]) : table ? onnx_find(f, n->in[0]) : NULL;
    onnx_base(n, base);
    if (!t || t->own || !base[0] || (table && t->tensor.ndim != 2))
        return INK_OK;
    INK_TRY(onnx_name(f, t, base, err));
    if (!conv || !t->own) /* its name stays, and who it is for is told by that */
        t->own = t->own ? t->own : ink_arena_text(f->w->arena, t->name.data, t->name.size);
    if (!t->own)
        return ink_arena_refused(f->w->arena, ONNX_LONGEST, err);
    if (!conv)
        return INK_OK;
    INK_TRY(onnx_note(f, base, "stride", n->stride, err));
    return onnx_note(f, base, "dilation", n->dilation, err);
}

/* ---- the file ---- */

static ink_status onnx_read_graph(onnx_file *f, ink_text graph, ink_err *err)
{
    pb_field field;
    pb_walk w, inner;
    onnx_node node;
    for (w = pb_begin(graph); pb_next(&w, &field);)
        if (field.number == ONNX_INITIALISER && field.form == PB_BYTES)
            INK_TRY(onnx_read_tensor(f, field.bytes, err));
    if (w.damaged)
        return onnx_damaged(f, &w, "its graph", err);
    INK_TRY(onnx_index(f, err));
    for (w = pb_begin(graph); pb_next(&w, &field);) {
        if (field.number != ONNX_NODE || field.form != PB_BYTES)
            continue;
        if (!onnx_read_node(field.bytes, &node, &inner))
            return onnx_damaged(f, &inner, "a node", err);
        INK_TRY(onnx_use(f, &node, err));
    }
    return INK_OK;
}

static ink_status onnx_read_property(onnx_file *f, ink_text bytes, ink_err *err)
{
    ink_meta m = { .type = INK_META_TEXT };
    pb_field field;
    pb_walk w = pb_begin(bytes);
    while (pb_next(&w, &field)) {
        m.key = field.number == 1 ? field.bytes : m.key;
        m.text = field.number == 2 ? field.bytes : m.text;
    }
    if (w.damaged || !ink_weights_name_ok(m.key.data, m.key.size))
        return onnx_damaged(f, &w, "a property", err);
    return ink_weights_add_meta(f->w, &m, err);
}

static ink_status onnx_list(onnx_file *f, ink_err *err)
{
    const uint8_t *start = f->w->files[0].data;
    for (size_t i = 0; i < f->count; i++) {
        const onnx_tensor *t = &f->list[i];
        const char *name = t->own ? t->own : t->name.data;
        INK_TRY(ink_weights_add(f->w, t->tensor, name, t->own ? strlen(t->own) : t->name.size, 0, (uint64_t)((const uint8_t *)t->data.data - start), err));
        const ink_tensor *made = &f->w->tensors[f->w->count - 1];
        if (made->bytes != t->data.size)
            return ink_fail(err, INK_E_FORMAT, "%s: the tensor %.200s has %zu bytes, but its shape asks for %zu", f->path, made->name, t->data.size, made->bytes);
    }
    return INK_OK;
}

static ink_status onnx_read(onnx_file *f, ink_err *err)
{
    size_t file = 0;
    pb_field field;
    INK_TRY(ink_weights_map(f->w, f->path, &file, err));
    const ink_map *map = &f->w->files[file];
    pb_walk w = pb_begin((ink_text){ (const char *)map->data, map->size });
    bool graph = false;
    while (pb_next(&w, &field)) {
        if (field.number == ONNX_GRAPH && field.form == PB_BYTES && graph)
            return ink_fail(err, INK_E_FORMAT, "%s: holds two graphs", f->path);
        if (field.number == ONNX_GRAPH && field.form == PB_BYTES)
            INK_TRY(onnx_read_graph(f, field.bytes, err));
        graph |= field.number == ONNX_GRAPH;
        if (field.number == ONNX_PROPERTY && field.form == PB_BYTES)
            INK_TRY(onnx_read_property(f, field.bytes, err));
    }
    if (w.damaged)
        return onnx_damaged(f, &w, "the file", err);
    INK_TRY(onnx_list(f, err));
    INK_TRY(ink_weights_check_layout(f->w, 0, file, 0, false, err));
    return ink_weights_seal(f->w, err);
}

static ink_status onnx_open(const char *path, ink_weights **out, ink_err *err)
{
    onnx_file f = { .path = path };
    INK_TRY(ink_weights_new(path, NULL, "onnx", &f.w, err));
    ink_status status = onnx_read(&f, err);
    free(f.list);
    free(f.by_name);
    if (status)
        ink_weights_close(f.w);
    else
        *out = f.w;
    return status;
}

const ink_format ink_format_onnx = { .name = "onnx", .probe = onnx_probe, .open = onnx_open };
