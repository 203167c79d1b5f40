/* Calling: arguments bound to parameters, macros, and the readers that filters and methods take their arguments with. */
#include "text/jinja_ast.h"

#include <string.h>

const jinja_function *jinja_function_find(const jinja_function *table, const char *name, size_t n)
{
    for (; table->name; table++)
        if (strlen(table->name) == n && !memcmp(table->name, name, n))
            return table;
    return NULL;
}

/* Place of a name in "one two three", or -1. */
static int call_parameter(const char *params, jinja_value name)
{
    int place = 0;
    for (const char *at = params; *at; place++) {
        size_t n = strcspn(at, " ");
        if (n == name.size && !memcmp(at, name.text, n))
            return place;
        at += n + (at[n] == ' ');
    }
    return -1;
}

static size_t call_count(const char *params)
{
    size_t n = *params != 0;
    for (; *params; params++)
        n += *params == ' ';
    return n;
}

static void call_bind(jinja *j, const jinja_function *f, const jinja_args *given, jinja_value bound[JINJA_PARAMS])
{
    size_t most = call_count(f->params);
    if (given->count > most)
        jinja_fail(j, INK_E_FORMAT, "%s takes %zu arguments at most, not %zu", f->name, most, given->count);
    for (size_t i = 0; i < given->count; i++)
        bound[i] = given->at[i];
    for (size_t i = 0; i < given->named_count; i++) {
        jinja_value name = given->names[i];
        int place = call_parameter(f->params, name);
        if (place < 0 || bound[place].type != JINJA_ABSENT)
            jinja_fail(j, INK_E_FORMAT, "%s %s an argument named %.*s", f->name, place < 0 ? "does not take" : "has twice",
                       name.size > 80 ? 80 : (int)name.size, name.text);
        bound[place] = given->named[i];
    }
    for (size_t i = 0; i < f->required; i++)
        if (bound[i].type == JINJA_ABSENT)
            jinja_fail(j, INK_E_FORMAT, "%s needs %zu more argument%s (%s)", f->name, f->required - i, f->required - i > 1 ? "s" : "", f->params);
}

jinja_value jinja_run_function(jinja *j, const jinja_function *f, jinja_value self, const jinja_args *given)
{
    jinja_value bound[JINJA_PARAMS] = { 0 };
    jinja_args args = *given;
    jinja_step(j, 1);
    if (f->params) {
        call_bind(j, f, given, bound);
        args.at = bound;
    }
    return f->run(j, self, &args);
}

jinja_value jinja_invoke(jinja *j, jinja_value callee, const jinja_args *args)
{
    if (callee.type == JINJA_FUNCTION)
        return jinja_run_function(j, callee.function, jinja_none(), args);
    if (callee.type == JINJA_METHOD)
        return jinja_run_function(j, callee.bound->method, callee.bound->self, args);
    if (callee.type == JINJA_MACRO)
        return jinja_run_macro(j, callee.macro, args);
    if (callee.type == JINJA_UNDEFINED)
        jinja_fail(j, INK_E_FORMAT, "%s", callee.text);
    jinja_fail(j, INK_E_FORMAT, "a value of type %s cannot be called", jinja_type_name(callee));
}

/* ---- macros ---- */

static const jinja_value *call_named(const jinja_args *args, jinja_name name)
{
    for (size_t i = 0; i < args->named_count; i++)
        if (args->names[i].size == name.size && !memcmp(args->names[i].text, name.text, name.size))
            return &args->named[i];
    return NULL;
}

static bool call_is_parameter(const jinja_macro *m, jinja_value name)
{
    for (const jinja_node *part = m->node->other; part; part = part->next)
        if (part->name.size == name.size && !memcmp(part->name.text, name.text, name.size))
            return true;
    return false;
}

/* The parameters into the macro's frame; a default may speak of the parameters before it. */
static size_t call_macro_parameters(jinja *j, const jinja_macro *m, const jinja_args *args)
{
    size_t i = 0;
    for (const jinja_node *part = m->node->other; part; part = part->next, i++) {
        const jinja_value *named = call_named(args, part->name);
        if (named && i < args->count)
            jinja_fail(j, INK_E_FORMAT, "macro %.*s has %.*s twice", (int)m->name_size, m->name, (int)part->name.size, part->name.text);
        if (i < args->count || named)
            jinja_set(j, part->name, i < args->count ? args->at[i] : *named);
        else if (part->a)
            jinja_set(j, part->name, jinja_eval(j, part->a));
        else
            jinja_set(j, part->name, jinja_undefined(j, "parameter '%.*s' was not provided", (int)part->name.size, part->name.text));
    }
    return i;
}

_Noreturn static void call_refuse_name(jinja *j, const jinja_macro *m, jinja_value name)
{
    jinja_fail(j, INK_E_FORMAT, "macro %.*s takes no argument named %.*s", m->name_size > 80 ? 80 : (int)m->name_size, m->name,
               name.size > 80 ? 80 : (int)name.size, name.text);
}

/* What no parameter took: varargs, kwargs, caller; an error where the body does not speak of them. */
static void call_macro_rest(jinja *j, const jinja_macro *m, const jinja_args *args, size_t params)
{
    const unsigned takes = m->node->takes;
    jinja_list *more = jinja_list_new(j, 0);
    jinja_dict *named = jinja_dict_new(j, 0);
    jinja_value caller = jinja_undefined(j, "no caller is defined");
    for (size_t i = params; i < args->count; i++)
        jinja_list_add(j, more, args->at[i]);
    for (size_t i = 0; i < args->named_count; i++)
        if (jinja_is(args->names[i], "caller") && (takes & JINJA_TAKES_CALLER))
            caller = args->named[i];
        else if (!call_is_parameter(m, args->names[i])) {
            if (!(takes & JINJA_TAKES_KWARGS))
                call_refuse_name(j, m, args->names[i]);
            jinja_dict_set(j, named, args->names[i], args->named[i]);
        }
    if (more->count && !(takes & JINJA_TAKES_VARARGS))
        jinja_fail(j, INK_E_FORMAT, "macro %.*s takes %zu arguments at most", m->name_size > 80 ? 80 : (int)m->name_size, m->name, params);
    if (takes & JINJA_TAKES_CALLER)
        jinja_set(j, (jinja_name){ "caller", 6 }, caller);
    if (takes & JINJA_TAKES_VARARGS)
        jinja_set(j, (jinja_name){ "varargs", 7 }, jinja_of_list(JINJA_TUPLE, more));
    if (takes & JINJA_TAKES_KWARGS)
        jinja_set(j, (jinja_name){ "kwargs", 6 }, jinja_of_dict(named));
}

jinja_value jinja_run_macro(jinja *j, const jinja_macro *m, const jinja_args *args)
{
    jinja_deeper(j);
    jinja_frame *before = jinja_enter(j, m->closure);
    call_macro_rest(j, m, args, call_macro_parameters(j, m, args));
    size_t from = j->out.len;
    jinja_exec(j, m->node->list);
    jinja_value v = jinja_captured(j, from);
    j->frame = before;
    jinja_shallower(j);
    return v;
}

/* ---- reading arguments ---- */

jinja_value jinja_want_text(jinja *j, jinja_value v, const char *what)
{
    if (v.type != JINJA_TEXT)
        jinja_fail(j, INK_E_FORMAT, "%s is of type %s, not text", what, jinja_type_name(v));
    return v;
}

int64_t jinja_arg_int(jinja *j, const jinja_args *a, size_t i, int64_t def)
{
    jinja_value v = a->at[i];
    if (v.type == JINJA_ABSENT)
        return def;
    if (v.type != JINJA_INT && v.type != JINJA_BOOL)
        jinja_fail(j, INK_E_FORMAT, "an argument is of type %s, not an integer", jinja_type_name(v));
    return v.type == JINJA_INT ? v.integer : v.boolean;
}

bool jinja_arg_true(jinja *j, const jinja_args *a, size_t i)
{
    return jinja_truth(j, a->at[i]);
}

jinja_value jinja_arg_text(jinja *j, const jinja_args *a, size_t i, const char *def)
{
    if (def && a->at[i].type == JINJA_ABSENT)
        return jinja_view(def, strlen(def));
    return jinja_want_text(j, a->at[i], "an argument");
}
