/* for, and the `loop` that its body sees. Items are taken one at a time, and a condition is asked as each comes, because a
   body may change (through a namespace) what the condition says of the next. */
#include "text/jinja_ast.h"

static jinja_value loop_take(jinja *j, jinja_loop *l)
{
    while (l->next < l->items->count) {
        jinja_value v = l->items->at[l->next++];
        jinja_step(j, 1);
        if (!l->node)
            return v;
        jinja_frame *before = jinja_enter(j, l->frame);
        jinja_assign(j, l->node->a, v);
        bool passes = jinja_truth(j, jinja_eval(j, l->node->c));
        j->frame = before;
        if (passes)
            return v;
    }
    return (jinja_value){ .type = JINJA_ABSENT };
}

static bool loop_peek(jinja *j, jinja_loop *l)
{
    if (l->after.type == JINJA_ABSENT && !l->ended) {
        l->after = loop_take(j, l);
        l->ended = l->after.type == JINJA_ABSENT;
    }
    return !l->ended;
}

static bool loop_advance(jinja *j, jinja_loop *l)
{
    if (!loop_peek(j, l))
        return false;
    l->before = l->current;
    l->current = l->after;
    l->after = (jinja_value){ .type = JINJA_ABSENT };
    l->index0++;
    return true;
}

/* With a condition, asking for the length asks it of everything that is left. */
static int64_t loop_length(jinja *j, jinja_loop *l)
{
    if (l->length == SIZE_MAX && l->node) {
        jinja_list *left = jinja_list_new(j, 0);
        for (jinja_value v; (v = loop_take(j, l)).type != JINJA_ABSENT;)
            jinja_list_add(j, left, v);
        l->items = left;
        l->next = 0;
        l->node = NULL;
        l->length = left->count + (size_t)(l->index0 + 1) + (l->after.type != JINJA_ABSENT);
    }
    return (int64_t)l->length;
}

static jinja_value loop_index(jinja *j, jinja_loop *l) { (void)j; return jinja_int(l->index0 + 1); }
static jinja_value loop_index0(jinja *j, jinja_loop *l) { (void)j; return jinja_int(l->index0); }
static jinja_value loop_revindex(jinja *j, jinja_loop *l) { return jinja_int(loop_length(j, l) - l->index0); }
static jinja_value loop_revindex0(jinja *j, jinja_loop *l) { return jinja_int(loop_length(j, l) - l->index0 - 1); }
static jinja_value loop_first(jinja *j, jinja_loop *l) { (void)j; return jinja_bool(l->index0 == 0); }
static jinja_value loop_last(jinja *j, jinja_loop *l) { return jinja_bool(!loop_peek(j, l)); }
static jinja_value loop_all(jinja *j, jinja_loop *l) { return jinja_int(loop_length(j, l)); }
static jinja_value loop_depth(jinja *j, jinja_loop *l) { (void)j, (void)l; return jinja_int(1); }
static jinja_value loop_depth0(jinja *j, jinja_loop *l) { (void)j, (void)l; return jinja_int(0); }

static jinja_value loop_previtem(jinja *j, jinja_loop *l)
{
    return l->index0 ? l->before : jinja_undefined(j, "there is no previous item");
}

static jinja_value loop_nextitem(jinja *j, jinja_loop *l)
{
    return loop_peek(j, l) ? l->after : jinja_undefined(j, "there is no next item");
}

jinja_value jinja_loop_attribute(jinja *j, jinja_loop *l, jinja_value name)
{
    static const struct {
        const char *name;
        jinja_value (*read)(jinja *j, jinja_loop *l);
    } table[] = {
        { "index", loop_index }, { "index0", loop_index0 }, { "first", loop_first }, { "last", loop_last }, { "length", loop_all },
        { "previtem", loop_previtem }, { "nextitem", loop_nextitem }, { "revindex", loop_revindex }, { "revindex0", loop_revindex0 },
        { "depth", loop_depth }, { "depth0", loop_depth0 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (jinja_is(name, table[i].name))
            return table[i].read(j, l);
    return (jinja_value){ .type = JINJA_ABSENT };
}

static jinja_value loop_cycle(jinja *j, jinja_value self, const jinja_args *a)
{
    if (!a->count)
        jinja_fail(j, INK_E_FORMAT, "loop.cycle needs values to cycle through");
    return a->at[(size_t)self.loop->index0 % a->count];
}

static jinja_value loop_changed(jinja *j, jinja_value self, const jinja_args *a)
{
    jinja_list *now = jinja_list_new(j, a->count);
    for (size_t i = 0; i < a->count; i++)
        jinja_list_add(j, now, a->at[i]);
    jinja_value v = jinja_of_list(JINJA_TUPLE, now);
    bool same = self.loop->changed.type == JINJA_TUPLE && jinja_equal(j, self.loop->changed, v);
    self.loop->changed = v;
    return jinja_bool(!same);
}

const jinja_function jinja_loop_methods[] = { { "cycle", loop_cycle, NULL, 0 }, { "changed", loop_changed, NULL, 0 }, { 0 } };

jinja_flow jinja_exec_for(jinja *j, const jinja_node *n)
{
    jinja_loop *l = jinja_alloc(j, sizeof *l);
    jinja_frame *outer = j->frame;
    const jinja_list *items = jinja_items(j, jinja_eval(j, n->b));
    *l = (jinja_loop){ .items = items, .length = n->c ? SIZE_MAX : items->count, .index0 = -1, .node = n->c ? n : NULL, .frame = outer };
    jinja_flow flow = JINJA_GO;
    while (flow != JINJA_BREAK && loop_advance(j, l)) {
        jinja_enter(j, outer);
        jinja_assign(j, n->a, l->current);
        jinja_set(j, (jinja_name){ "loop", 4 }, (jinja_value){ .type = JINJA_LOOP, .loop = l });
        flow = jinja_exec(j, n->list);
        j->frame = outer;
    }
    if (l->index0 >= 0)
        return JINJA_GO;
    jinja_enter(j, outer);
    flow = jinja_exec(j, n->other);
    j->frame = outer;
    return flow;
}
