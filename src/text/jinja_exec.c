/* Statements into text. */
#include "text/jinja_ast.h"

#include <string.h>

jinja_frame *jinja_enter(jinja *j, jinja_frame *parent)
{
    jinja_frame *before = j->frame;
    j->frame = jinja_alloc(j, sizeof *j->frame);
    j->frame->parent = parent;
    return before;
}

void jinja_set(jinja *j, jinja_name name, jinja_value v)
{
    struct jinja_variable *at = j->frame->first;
    for (; at; at = at->next)
        if (at->name.size == name.size && !memcmp(at->name.text, name.text, name.size)) {
            at->value = v;
            return;
        }
    at = jinja_alloc(j, sizeof *at);
    *at = (struct jinja_variable){ .next = j->frame->first, .name = name, .value = v };
    j->frame->first = at;
}

static void exec_set_member(jinja *j, const jinja_node *target, jinja_value v)
{
    jinja_node name = { .kind = JINJA_K_NAME, .name = target->name, .line = target->line };
    jinja_value space = jinja_eval(j, &name);
    if (space.type != JINJA_NAMESPACE)
        jinja_fail(j, INK_E_FORMAT, "%.*s is not a namespace, so its attributes cannot be set", (int)target->name.size, target->name.text);
    jinja_dict_set(j, space.dict, target->value, v);
}

static void exec_unpack(jinja *j, const jinja_node *target, jinja_value v)
{
    const jinja_list *items = jinja_items(j, v);
    size_t i = 0, wanted = 0;
    for (const jinja_node *part = target->list; part; part = part->next)
        wanted++;
    if (items->count != wanted)
        jinja_fail(j, INK_E_FORMAT, "%zu values cannot be unpacked into %zu names", items->count, wanted);
    for (const jinja_node *part = target->list; part; part = part->next)
        jinja_assign(j, part, items->at[i++]);
}

void jinja_assign(jinja *j, const jinja_node *target, jinja_value v)
{
    if (target->kind == JINJA_K_MAKE_TUPLE)
        exec_unpack(j, target, v);
    else if (target->kind == JINJA_K_MEMBER)
        exec_set_member(j, target, v);
    else
        jinja_set(j, target->name, v);
}

static void exec_write(jinja *j, jinja_value v)
{
    v = jinja_to_text(j, v);
    ink_buf_add(&j->out, v.text, v.size);
    if (j->out.failed)
        jinja_fail(j, INK_E_LIMIT, "it writes more than %zu bytes", j->out.max);
}

jinja_value jinja_captured(jinja *j, size_t from)
{
    jinja_value v = jinja_text(j, j->out.data ? j->out.data + from : "", j->out.len - from);
    j->out.len = from;
    return v;
}

/* A body in a frame of its own. */
static jinja_flow exec_scope(jinja *j, const jinja_node *body)
{
    jinja_frame *before = jinja_enter(j, j->frame);
    jinja_flow flow = jinja_exec(j, body);
    j->frame = before;
    return flow;
}

static jinja_flow exec_data(jinja *j, const jinja_node *n)
{
    exec_write(j, n->value);
    return JINJA_GO;
}

static jinja_flow exec_output(jinja *j, const jinja_node *n)
{
    exec_write(j, jinja_eval(j, n->a));
    return JINJA_GO;
}

static jinja_flow exec_if(jinja *j, const jinja_node *n)
{
    for (const jinja_node *branch = n->list; branch; branch = branch->next)
        if (!branch->a || jinja_truth(j, jinja_eval(j, branch->a)))
            return jinja_exec(j, branch->list);
    return JINJA_GO;
}

static jinja_flow exec_set(jinja *j, const jinja_node *n)
{
    jinja_assign(j, n->a, jinja_eval(j, n->b));
    return JINJA_GO;
}

static jinja_flow exec_set_block(jinja *j, const jinja_node *n)
{
    size_t from = j->out.len;
    jinja_flow flow = exec_scope(j, n->list);
    jinja_value v = jinja_captured(j, from);
    if (flow == JINJA_GO)
        jinja_assign(j, n->a, jinja_run_filters(j, n->other, v));
    return flow;
}

static jinja_flow exec_filtered(jinja *j, const jinja_node *n)
{
    size_t from = j->out.len;
    jinja_flow flow = exec_scope(j, n->list);
    jinja_value v = jinja_captured(j, from);
    if (flow == JINJA_GO)
        exec_write(j, jinja_run_filters(j, n->other, v));
    return flow;
}

static jinja_value exec_make_macro(jinja *j, const jinja_node *n)
{
    jinja_macro *m = jinja_alloc(j, sizeof *m);
    *m = (jinja_macro){ n->name.text, n->name.size, n, j->frame };
    return (jinja_value){ .type = JINJA_MACRO, .macro = m };
}

static jinja_flow exec_macro(jinja *j, const jinja_node *n)
{
    jinja_set(j, n->name, exec_make_macro(j, n));
    return JINJA_GO;
}

/* The call's last suffix gets one more argument: the body as `caller`. */
static jinja_flow exec_call_block(jinja *j, const jinja_node *n)
{
    jinja_args args;
    jinja_value callee = jinja_eval(j, n->a->a);
    const jinja_node *call = n->a->list;
    jinja_node until = { .kind = JINJA_K_CONSTANT, .line = call->line };
    for (; call->next; call = call->next) { /* everything before the call itself */
        jinja_node step = *call, one = { .kind = JINJA_K_POSTFIX, .line = call->line, .a = &until, .list = &step };
        step.next = NULL;
        until.value = callee;
        callee = jinja_eval(j, &one);
    }
    jinja_eval_args(j, call->list, &args);
    jinja_list *names = jinja_list_new(j, args.named_count + 1), *named = jinja_list_new(j, args.named_count + 1);
    for (size_t i = 0; i < args.named_count; i++) {
        jinja_list_add(j, names, args.names[i]);
        jinja_list_add(j, named, args.named[i]);
    }
    jinja_list_add(j, names, JINJA_NAME("caller"));
    jinja_list_add(j, named, exec_make_macro(j, n->b));
    args.names = names->at;
    args.named = named->at;
    args.named_count++;
    j->line = n->line;
    exec_write(j, jinja_invoke(j, callee, &args));
    return JINJA_GO;
}

/* All values are of the frame outside. */
static jinja_flow exec_with(jinja *j, const jinja_node *n)
{
    jinja_list *values = jinja_list_new(j, 0);
    for (const jinja_node *part = n->other; part; part = part->next)
        jinja_list_add(j, values, jinja_eval(j, part->b));
    jinja_frame *before = jinja_enter(j, j->frame);
    size_t i = 0;
    for (const jinja_node *part = n->other; part; part = part->next)
        jinja_assign(j, part->a, values->at[i++]);
    jinja_flow flow = jinja_exec(j, n->list);
    j->frame = before;
    return flow;
}

static jinja_flow exec_body_scope(jinja *j, const jinja_node *n) { return exec_scope(j, n->list); }

static jinja_flow exec_break(jinja *j, const jinja_node *n)
{
    (void)j;
    return n->kind == JINJA_K_BREAK ? JINJA_BREAK : JINJA_CONTINUE;
}

jinja_flow jinja_exec(jinja *j, const jinja_node *body)
{
    static jinja_flow (*const table[JINJA_KINDS])(jinja *j, const jinja_node *n) = {
        [JINJA_K_DATA] = exec_data,         [JINJA_K_OUTPUT] = exec_output, [JINJA_K_FOR] = jinja_exec_for,     [JINJA_K_IF] = exec_if,
        [JINJA_K_SET] = exec_set,           [JINJA_K_SET_BLOCK] = exec_set_block, [JINJA_K_FILTERED] = exec_filtered, [JINJA_K_MACRO] = exec_macro,
        [JINJA_K_CALL_BLOCK] = exec_call_block, [JINJA_K_WITH] = exec_with, [JINJA_K_SCOPE] = exec_body_scope, [JINJA_K_BREAK] = exec_break,
        [JINJA_K_CONTINUE] = exec_break,
    };
    jinja_flow flow = JINJA_GO;
    jinja_deeper(j);
    for (const jinja_node *n = body; n && flow == JINJA_GO; n = n->next) {
        jinja_step(j, 1);
        j->line = n->line;
        flow = table[n->kind](j, n);
    }
    jinja_shallower(j);
    return flow;
}
