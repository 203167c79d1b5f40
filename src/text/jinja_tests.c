/* What may stand after `is`. */
#include "text/jinja.h"
#include "text/unicode.h"

static jinja_value tests_type(jinja_value v, unsigned types) { return jinja_bool((types >> v.type) & 1); }

#define TESTS_TYPES(name, types) \
    static jinja_value tests_##name(jinja *j, jinja_value v, const jinja_args *a) { (void)j, (void)a; return tests_type(v, types); }
TESTS_TYPES(undefined, 1u << JINJA_UNDEFINED)
TESTS_TYPES(defined, ~(1u << JINJA_UNDEFINED))
TESTS_TYPES(none, 1u << JINJA_NONE)
TESTS_TYPES(boolean, 1u << JINJA_BOOL)
TESTS_TYPES(integer, 1u << JINJA_INT)
TESTS_TYPES(float, 1u << JINJA_FLOAT)
TESTS_TYPES(number, 1u << JINJA_BOOL | 1u << JINJA_INT | 1u << JINJA_FLOAT)
TESTS_TYPES(string, 1u << JINJA_TEXT)
TESTS_TYPES(mapping, 1u << JINJA_DICT)
TESTS_TYPES(sequence, 1u << JINJA_UNDEFINED | 1u << JINJA_TEXT | 1u << JINJA_LIST | 1u << JINJA_TUPLE | 1u << JINJA_RANGE | 1u << JINJA_DICT)
TESTS_TYPES(callable, 1u << JINJA_UNDEFINED | 1u << JINJA_MACRO | 1u << JINJA_LOOP | 1u << JINJA_FUNCTION | 1u << JINJA_METHOD)
TESTS_TYPES(escaped, 0)

static jinja_value tests_iterable(jinja *j, jinja_value v, const jinja_args *a) { (void)j, (void)a; return jinja_bool(jinja_iterable(v)); }
static jinja_value tests_true(jinja *j, jinja_value v, const jinja_args *a) { (void)j, (void)a; return jinja_bool(v.type == JINJA_BOOL && v.boolean); }
static jinja_value tests_false(jinja *j, jinja_value v, const jinja_args *a) { (void)j, (void)a; return jinja_bool(v.type == JINJA_BOOL && !v.boolean); }

static jinja_value tests_rest(jinja *j, jinja_value v, jinja_value by)
{
    const jinja_operator *mod = jinja_operator_find("%", 1);
    return mod->run(j, v, by, mod);
}

static jinja_value tests_odd(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_bool(jinja_equal(j, tests_rest(j, v, jinja_int(2)), jinja_int(1))); }
static jinja_value tests_even(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_bool(jinja_equal(j, tests_rest(j, v, jinja_int(2)), jinja_int(0))); }
static jinja_value tests_divisible(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(jinja_equal(j, tests_rest(j, v, a->at[0]), jinja_int(0))); }
static jinja_value tests_eq(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(jinja_equal(j, v, a->at[0])); }
static jinja_value tests_ne(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(!jinja_equal(j, v, a->at[0])); }
static jinja_value tests_in(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(jinja_contains(j, a->at[0], v)); }
static jinja_value tests_lt(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(jinja_compare(j, v, a->at[0], "<") == JINJA_LESS); }
static jinja_value tests_gt(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(jinja_compare(j, v, a->at[0], ">") == JINJA_GREATER); }
static jinja_value tests_le(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(jinja_compare(j, v, a->at[0], "<=") & (JINJA_LESS | JINJA_EQUAL)); }
static jinja_value tests_ge(jinja *j, jinja_value v, const jinja_args *a) { return jinja_bool(jinja_compare(j, v, a->at[0], ">=") & (JINJA_GREATER | JINJA_EQUAL)); }
static jinja_value tests_lower(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_is_cased(j, jinja_to_text(j, v), INK_UNICODE_LOWER); }
static jinja_value tests_upper(jinja *j, jinja_value v, const jinja_args *a) { (void)a; return jinja_is_cased(j, jinja_to_text(j, v), INK_UNICODE_UPPER); }

static jinja_value tests_same(jinja *j, jinja_value v, const jinja_args *a)
{
    jinja_value other = a->at[0];
    bool held = jinja_is_sequence(v) || v.type >= JINJA_VIEW;
    return jinja_bool(v.type == other.type && (held ? v.list == other.list : jinja_equal(j, v, other)));
}

static bool tests_name(jinja *j, jinja_value v)
{
    if (!jinja_hashable(j, v))
        jinja_fail(j, INK_E_FORMAT, "a value of type %s is no name", jinja_type_name(v));
    return v.type == JINJA_TEXT;
}

static jinja_value tests_filter(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    return jinja_bool(tests_name(j, v) && jinja_filter_find(v.text, v.size));
}

static jinja_value tests_test(jinja *j, jinja_value v, const jinja_args *a)
{
    (void)a;
    return jinja_bool(tests_name(j, v) && jinja_test_find(v.text, v.size));
}

const jinja_function *jinja_test_find(const char *name, size_t n)
{
    static const jinja_function table[] = {
        { "defined", tests_defined, "", 0 },    { "undefined", tests_undefined, "", 0 }, { "none", tests_none, "", 0 },
        { "string", tests_string, "", 0 },      { "mapping", tests_mapping, "", 0 },     { "iterable", tests_iterable, "", 0 },
        { "sequence", tests_sequence, "", 0 },  { "number", tests_number, "", 0 },       { "integer", tests_integer, "", 0 },
        { "float", tests_float, "", 0 },        { "boolean", tests_boolean, "", 0 },     { "true", tests_true, "", 0 },
        { "false", tests_false, "", 0 },        { "callable", tests_callable, "", 0 },   { "escaped", tests_escaped, "", 0 },
        { "odd", tests_odd, "", 0 },            { "even", tests_even, "", 0 },           { "divisibleby", tests_divisible, "num", 1 },
        { "in", tests_in, "seq", 1 },           { "sameas", tests_same, "other", 1 },    { "lower", tests_lower, "", 0 },
        { "upper", tests_upper, "", 0 },        { "filter", tests_filter, "", 0 },       { "test", tests_test, "", 0 },
        { "eq", tests_eq, "other", 1 },         { "equalto", tests_eq, "other", 1 },     { "==", tests_eq, "other", 1 },
        { "ne", tests_ne, "other", 1 },         { "!=", tests_ne, "other", 1 },          { "lt", tests_lt, "other", 1 },
        { "lessthan", tests_lt, "other", 1 },   { "<", tests_lt, "other", 1 },           { "gt", tests_gt, "other", 1 },
        { "greaterthan", tests_gt, "other", 1 }, { ">", tests_gt, "other", 1 },          { "le", tests_le, "other", 1 },
        { "<=", tests_le, "other", 1 },         { "ge", tests_ge, "other", 1 },          { ">=", tests_ge, "other", 1 },
        { 0 },
    };
    return jinja_function_find(table, name, n);
}
