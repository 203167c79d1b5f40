/* Expressions into values. */
#include "text/jinja_ast.h"

#include <string.h>

static bool eval_same_name(jinja_name a, jinja_name b)
{
    return a.size == b.size && !memcmp(a.text, b.text, a.size);
}

static jinja_value eval_constant(jinja *j, const jinja_node *n)
{
    (void)j;
    return n->value;
}

static jinja_value eval_name(jinja *j, const jinja_node *n)
{
    for (const jinja_frame *f = j->frame; f; f = f->parent)
        for (const struct jinja_variable *v = f->first; v; v = v->next) {
            jinja_step(j, 1);
            if (eval_same_name(v->name, n->name))
                return v->value;
        }
    const jinja_function *global = jinja_function_find(jinja_globals, n->name.text, n->name.size);
    if (global)
        return (jinja_value){ .type = JINJA_FUNCTION, .function = global };
    return jinja_undefined(j, "'%.*s' is undefined", n->name.size > 80 ? 80 : (int)n->name.size, n->name.text);
}

static jinja_value eval_list(jinja *j, const jinja_node *n)
{
    jinja_list *list = jinja_list_new(j, 0);
    for (const jinja_node *item = n->list; item; item = item->next)
        jinja_list_add(j, list, jinja_eval(j, item));
    return jinja_of_list(n->kind == JINJA_K_MAKE_TUPLE ? JINJA_TUPLE : JINJA_LIST, list);
}

static jinja_value eval_dict(jinja *j, const jinja_node *n)
{
    jinja_dict *d = jinja_dict_new(j, 0);
    for (const jinja_node *item = n->list; item; item = item->next) {
        jinja_value key = jinja_eval(j, item->a);
        jinja_dict_set(j, d, key, jinja_eval(j, item->b));
    }
    return jinja_of_dict(d);
}

static jinja_value eval_negate(jinja *j, const jinja_node *n) { return jinja_negate(j, jinja_eval(j, n->a)); }
static jinja_value eval_plus(jinja *j, const jinja_node *n) { return jinja_plus(j, jinja_eval(j, n->a)); }
static jinja_value eval_not(jinja *j, const jinja_node *n) { return jinja_bool(!jinja_truth(j, jinja_eval(j, n->a))); }

/* and, or: the value that decided, as in Python. */
static jinja_value eval_logic(jinja *j, const jinja_node *n)
{
    jinja_value v = jinja_eval(j, n->list);
    for (const jinja_node *item = n->list->next; item && jinja_truth(j, v) == (n->kind == JINJA_K_AND); item = item->next)
        v = jinja_eval(j, item);
    return v;
}

static jinja_value eval_concat(jinja *j, const jinja_node *n)
{
    jinja_build b = { .j = j };
    for (const jinja_node *item = n->list; item; item = item->next)
        jinja_add_value(&b, jinja_eval(j, item));
    return jinja_built(&b);
}

static jinja_value eval_math(jinja *j, const jinja_node *n)
{
    jinja_value v = jinja_eval(j, n->a);
    for (const jinja_node *part = n->list; part; part = part->next) {
        jinja_value with = jinja_eval(j, part->a);
        j->line = part->line;
        v = part->op->run(j, v, with, part->op);
    }
    return v;
}

const jinja_comparison *jinja_comparison_find(const char *name, size_t n)
{
    static const jinja_comparison table[] = {
        { "==", 0, false, false }, { "!=", 0, false, true }, { "<", JINJA_LESS, false, false }, { "<=", JINJA_LESS | JINJA_EQUAL, false, false },
        { ">", JINJA_GREATER, false, false }, { ">=", JINJA_GREATER | JINJA_EQUAL, false, false }, { "in", 0, true, false }, { "not in", 0, true, true },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strlen(table[i].name) == n && !memcmp(table[i].name, name, n))
            return &table[i];
    return NULL;
}

static bool eval_holds(jinja *j, const jinja_comparison *c, jinja_value a, jinja_value b)
{
    if (c->orders)
        return (jinja_compare(j, a, b, c->name) & c->orders) != 0;
    return (c->member ? jinja_contains(j, b, a) : jinja_equal(j, a, b)) != c->negated;
}

/* a < b < c holds where each neighbour does, and stops at the first that does not. */
static jinja_value eval_compare(jinja *j, const jinja_node *n)
{
    jinja_value left = jinja_eval(j, n->a);
    bool holds = true;
    for (const jinja_node *part = n->list; holds && part; part = part->next) {
        jinja_value right = jinja_eval(j, part->a);
        j->line = part->line;
        holds = eval_holds(j, part->compare, left, right);
        left = right;
    }
    return jinja_bool(holds);
}

static jinja_value eval_choose(jinja *j, const jinja_node *n)
{
    if (jinja_truth(j, jinja_eval(j, n->b)))
        return jinja_eval(j, n->a);
    if (n->c)
        return jinja_eval(j, n->c);
    return jinja_undefined(j, "the `if` of line %d did not hold and has no `else`", n->line);
}

/* ---- what follows a value ---- */

void jinja_eval_args(jinja *j, const jinja_node *list, jinja_args *out)
{
    jinja_list *at = jinja_list_new(j, 0), *names = jinja_list_new(j, 0), *named = jinja_list_new(j, 0);
    for (const jinja_node *n = list; n; n = n->next) {
        jinja_value v = jinja_eval(j, n->a);
        const jinja_list *many = n->kind == JINJA_K_SPREAD || n->kind == JINJA_K_SPREAD_NAMED ? jinja_items(j, v) : NULL;
        if (n->kind == JINJA_K_SPREAD_NAMED && v.type != JINJA_DICT)
            jinja_fail(j, INK_E_FORMAT, "** takes a dict, not a value of type %s", jinja_type_name(v));
        for (size_t i = 0; many && i < many->count; i++) {
            jinja_list_add(j, n->kind == JINJA_K_SPREAD ? at : names, many->at[i]);
            if (n->kind == JINJA_K_SPREAD_NAMED)
                jinja_list_add(j, named, v.dict->values[i]);
        }
        if (n->kind == JINJA_K_KEYWORD)
            jinja_list_add(j, names, n->value);
        if (!many)
            jinja_list_add(j, n->kind == JINJA_K_KEYWORD ? named : at, v);
    }
    for (size_t i = 0; i < names->count; i++)
        jinja_want_text(j, names->at[i], "the name of an argument");
    *out = (jinja_args){ at->at, at->count, names->at, named->at, named->count };
}

static jinja_value eval_named_function(jinja *j, const jinja_node *n, jinja_value self, const char *what)
{
    jinja_args args;
    if (!n->function)
        jinja_fail(j, INK_E_UNSUPPORTED, "there is no %s named %.*s", what, n->value.size > 80 ? 80 : (int)n->value.size, n->value.text);
    jinja_eval_args(j, n->list, &args);
    j->line = n->line;
    return jinja_run_function(j, n->function, self, &args);
}

static jinja_value eval_slice(jinja *j, const jinja_node *n, jinja_value v)
{
    const jinja_node *nodes[] = { n->a, n->b, n->c };
    jinja_value bounds[3];
    for (size_t i = 0; i < 3; i++)
        bounds[i] = nodes[i] ? jinja_eval(j, nodes[i]) : jinja_none();
    return jinja_slice(j, v, bounds[0], bounds[1], bounds[2]);
}

static jinja_value eval_suffix(jinja *j, const jinja_node *n, jinja_value v)
{
    jinja_args args;
    jinja_value key;
    switch (n->kind) {
    case JINJA_K_ATTRIBUTE:
        return jinja_attribute(j, v, n->value);
    case JINJA_K_ITEM:
        key = jinja_eval(j, n->a);
        j->line = n->line;
        return jinja_item(j, v, key);
    case JINJA_K_SLICE:
        return eval_slice(j, n, v);
    case JINJA_K_FILTER:
        return eval_named_function(j, n, v, "filter");
    case JINJA_K_TEST:
        return jinja_bool(jinja_truth(j, eval_named_function(j, n, v, "test")) != n->flag);
    default:
        jinja_eval_args(j, n->list, &args);
        j->line = n->line;
        return jinja_invoke(j, v, &args);
    }
}

static jinja_value eval_postfix(jinja *j, const jinja_node *n)
{
    jinja_value v = jinja_eval(j, n->a);
    for (const jinja_node *suffix = n->list; suffix; suffix = suffix->next) {
        j->line = suffix->line;
        jinja_step(j, 1);
        v = eval_suffix(j, suffix, v);
    }
    return v;
}

jinja_value jinja_run_filters(jinja *j, const jinja_node *filters, jinja_value v)
{
    for (const jinja_node *n = filters; n; n = n->next)
        v = eval_named_function(j, n, v, "filter");
    return v;
}

jinja_value jinja_eval(jinja *j, const jinja_node *n)
{
    static jinja_value (*const table[JINJA_KINDS])(jinja *j, const jinja_node *n) = {
        [JINJA_K_CONSTANT] = eval_constant, [JINJA_K_NAME] = eval_name,      [JINJA_K_MAKE_LIST] = eval_list, [JINJA_K_MAKE_TUPLE] = eval_list,
        [JINJA_K_MAKE_DICT] = eval_dict,    [JINJA_K_NEGATE] = eval_negate,  [JINJA_K_PLUS] = eval_plus,      [JINJA_K_NOT] = eval_not,
        [JINJA_K_AND] = eval_logic,         [JINJA_K_OR] = eval_logic,       [JINJA_K_CONCAT] = eval_concat,  [JINJA_K_MATH] = eval_math,
        [JINJA_K_COMPARE] = eval_compare,   [JINJA_K_CHOOSE] = eval_choose,  [JINJA_K_POSTFIX] = eval_postfix,
    };
    jinja_step(j, 1);
    jinja_deeper(j);
    j->line = n->line;
    jinja_value v = table[n->kind](j, n);
    jinja_shallower(j);
    return v;
}
