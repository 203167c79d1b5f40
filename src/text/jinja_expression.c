/* Expressions: precedence climbs from `a if b else c` through or, and, not, comparisons, + -, ~, * / // %, ** to signs,
   subscripts, filters and tests. */
#include "text/jinja_ast.h"

static jinja_node *expression_of(jinja_parser *p, jinja_kind kind, jinja_node *a)
{
    jinja_node *n = jinja_node_new(p, kind);
    n->a = a;
    return n;
}

/* ---- what stands alone ---- */

static jinja_node *expression_constant(jinja_parser *p, jinja_value v)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_CONSTANT);
    n->value = v;
    return n;
}

static jinja_node *expression_name(jinja_parser *p)
{
    static const struct {
        const char *name;
        jinja_value v;
    } words[] = {
        { "true", { .type = JINJA_BOOL, .boolean = true } }, { "True", { .type = JINJA_BOOL, .boolean = true } }, { "false", { .type = JINJA_BOOL } },
        { "False", { .type = JINJA_BOOL } }, { "none", { .type = JINJA_NONE } }, { "None", { .type = JINJA_NONE } },
    };
    jinja_node *n = jinja_node_new(p, JINJA_K_NAME);
    n->name = p->at->text;
    p->takes |= jinja_at_name(p, "varargs") ? JINJA_TAKES_VARARGS : jinja_at_name(p, "kwargs") ? JINJA_TAKES_KWARGS : 0u;
    p->takes |= jinja_at_name(p, "caller") ? JINJA_TAKES_CALLER : 0u;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (jinja_at_name(p, words[i].name)) {
            n->kind = JINJA_K_CONSTANT;
            n->value = words[i].v;
        }
    p->at++;
    return n;
}

/* Strings that follow each other are one. */
static jinja_node *expression_literal(jinja_parser *p)
{
    jinja_node *n = expression_constant(p, p->at->value);
    bool text = n->value.type == JINJA_TEXT;
    jinja_build b = { .j = p->j };
    if (text && p->at[1].type == JINJA_T_CONSTANT && p->at[1].value.type == JINJA_TEXT) {
        for (; p->at->type == JINJA_T_CONSTANT && p->at->value.type == JINJA_TEXT; p->at++)
            jinja_add(&b, p->at->value.text, p->at->value.size);
        n->value = jinja_built(&b);
    } else
        p->at++;
    return n;
}

static jinja_node *expression_list(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_MAKE_LIST);
    jinja_chain items = { 0 };
    jinja_want_operator(p, "[");
    while (!jinja_at_operator(p, "]")) {
        if (items.first)
            jinja_want_operator(p, ",");
        if (!jinja_at_operator(p, "]"))
            jinja_chain_add(&items, jinja_expression(p, 0));
    }
    p->at++;
    n->list = items.first;
    return n;
}

static jinja_node *expression_dict(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_MAKE_DICT);
    jinja_chain items = { 0 };
    jinja_want_operator(p, "{");
    while (!jinja_at_operator(p, "}")) {
        if (items.first)
            jinja_want_operator(p, ",");
        if (jinja_at_operator(p, "}"))
            break;
        jinja_node *part = expression_of(p, JINJA_K_PART, jinja_expression(p, 0));
        jinja_want_operator(p, ":");
        part->b = jinja_expression(p, 0);
        jinja_chain_add(&items, part);
    }
    p->at++;
    n->list = items.first;
    return n;
}

static jinja_node *expression_primary(jinja_parser *p)
{
    if (p->at->type == JINJA_T_NAME)
        return expression_name(p);
    if (p->at->type == JINJA_T_CONSTANT)
        return expression_literal(p);
    if (jinja_at_operator(p, "["))
        return expression_list(p);
    if (jinja_at_operator(p, "{"))
        return expression_dict(p);
    if (!jinja_skip_operator(p, "("))
        jinja_expected(p, "an expression");
    jinja_node *n = jinja_at_operator(p, ")") ? jinja_node_new(p, JINJA_K_MAKE_TUPLE) : jinja_tuple(p, 0, NULL);
    jinja_want_operator(p, ")");
    return n;
}

/* ---- what follows a value ---- */

static jinja_node *expression_argument(jinja_parser *p, unsigned *seen)
{
    enum { NAMED = 1, SPREAD = 2, SPREAD_NAMED = 4 };
    const bool named = p->at->type == JINJA_T_NAME && jinja_token_is(p->at + 1, JINJA_T_OPERATOR, "=");
    jinja_node *n = jinja_node_new(p, named ? JINJA_K_KEYWORD : JINJA_K_PART);
    unsigned now = 0, refused = NAMED | SPREAD | SPREAD_NAMED;
    if (named) {
        n->value = jinja_view(p->at->text.text, p->at->text.size);
        p->at += 2;
        now = NAMED;
        refused = SPREAD_NAMED;
    } else if (jinja_skip_operator(p, "*")) {
        n->kind = JINJA_K_SPREAD;
        now = SPREAD;
        refused = SPREAD | SPREAD_NAMED;
    } else if (jinja_skip_operator(p, "**")) {
        n->kind = JINJA_K_SPREAD_NAMED;
        now = SPREAD_NAMED;
        refused = SPREAD_NAMED;
    }
    if (*seen & refused)
        jinja_expected(p, "another order of the arguments");
    *seen |= now;
    n->a = jinja_expression(p, 0);
    return n;
}

static jinja_node *expression_arguments(jinja_parser *p)
{
    jinja_chain list = { 0 };
    unsigned seen = 0;
    jinja_want_operator(p, "(");
    while (!jinja_at_operator(p, ")")) {
        if (list.first)
            jinja_want_operator(p, ",");
        if (!jinja_at_operator(p, ")"))
            jinja_chain_add(&list, expression_argument(p, &seen));
    }
    p->at++;
    return list.first;
}

static bool expression_bound_ends(const jinja_parser *p)
{
    return jinja_at_operator(p, ":") || jinja_at_operator(p, "]") || jinja_at_operator(p, ",");
}

/* The inside of [ ]: a key, or a slice; several with commas are a tuple. */
static jinja_node *expression_subscript(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_ITEM);
    n->a = jinja_at_operator(p, ":") ? NULL : jinja_tuple(p, 0, NULL);
    if (jinja_skip_operator(p, ":")) {
        n->kind = JINJA_K_SLICE;
        n->b = expression_bound_ends(p) ? NULL : jinja_expression(p, 0);
        if (jinja_skip_operator(p, ":"))
            n->c = expression_bound_ends(p) ? NULL : jinja_expression(p, 0);
    }
    jinja_want_operator(p, "]");
    return n;
}

static jinja_node *expression_attribute(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_ATTRIBUTE);
    if (p->at->type == JINJA_T_CONSTANT && p->at->value.type == JINJA_INT) {
        n->kind = JINJA_K_ITEM;
        n->a = expression_literal(p);
        return n;
    }
    jinja_name name = jinja_want_name(p, "a name");
    n->value = jinja_view(name.text, name.size);
    return n;
}

static jinja_node *expression_call(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_CALL);
    n->list = expression_arguments(p);
    return n;
}

/* x.y, x[y], x(y) */
static bool expression_suffix(jinja_parser *p, jinja_chain *suffixes)
{
    if (jinja_skip_operator(p, "."))
        jinja_chain_add(suffixes, expression_attribute(p));
    else if (jinja_skip_operator(p, "["))
        jinja_chain_add(suffixes, expression_subscript(p));
    else if (jinja_at_operator(p, "("))
        jinja_chain_add(suffixes, expression_call(p));
    else
        return false;
    return true;
}

static jinja_node *expression_with(jinja_parser *p, jinja_node *a, jinja_chain suffixes)
{
    if (!suffixes.first)
        return a;
    jinja_node *n = expression_of(p, JINJA_K_POSTFIX, a);
    n->list = suffixes.first;
    n->line = suffixes.first->line;
    return n;
}

static jinja_node *expression_filter(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_FILTER);
    jinja_name name = jinja_want_name(p, "the name of a filter");
    n->value = jinja_view(name.text, name.size);
    n->function = jinja_filter_find(name.text, name.size);
    n->list = jinja_at_operator(p, "(") ? expression_arguments(p) : NULL;
    return n;
}

/* A test may take one argument without brackets, unless a word follows that goes on with the expression. */
static bool expression_bare_argument(const jinja_parser *p)
{
    if (p->at->type == JINJA_T_NAME)
        return !jinja_at_name(p, "else") && !jinja_at_name(p, "or") && !jinja_at_name(p, "and");
    return p->at->type == JINJA_T_CONSTANT || jinja_at_operator(p, "[") || jinja_at_operator(p, "{");
}

static jinja_node *expression_test(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_TEST);
    n->flag = jinja_skip_name(p, "not");
    jinja_name name = jinja_want_name(p, "the name of a test");
    n->value = jinja_view(name.text, name.size);
    n->function = jinja_test_find(name.text, name.size);
    if (jinja_at_operator(p, "("))
        n->list = expression_arguments(p);
    else if (expression_bare_argument(p)) {
        if (jinja_at_name(p, "is"))
            jinja_expected(p, "one test at a time");
        jinja_chain suffixes = { 0 };
        jinja_node *a = expression_primary(p);
        while (expression_suffix(p, &suffixes))
            ;
        n->list = expression_of(p, JINJA_K_PART, expression_with(p, a, suffixes));
    }
    return n;
}

/* Signs, then the value, then what follows it; a filter binds the sign too, a subscript does not. */
static jinja_node *expression_unary(jinja_parser *p, bool filters)
{
    jinja_chain suffixes = { 0 };
    jinja_node *n = NULL;
    jinja_deeper(p->j);
    if (jinja_skip_operator(p, "-"))
        n = expression_of(p, JINJA_K_NEGATE, expression_unary(p, false));
    else if (jinja_skip_operator(p, "+"))
        n = expression_of(p, JINJA_K_PLUS, expression_unary(p, false));
    else
        n = expression_primary(p);
    jinja_shallower(p->j);
    while (expression_suffix(p, &suffixes))
        ;
    while (filters) {
        if (jinja_skip_operator(p, "|"))
            jinja_chain_add(&suffixes, expression_filter(p));
        else if (jinja_skip_name(p, "is"))
            jinja_chain_add(&suffixes, expression_test(p));
        else if (jinja_at_operator(p, "("))
            jinja_chain_add(&suffixes, expression_call(p));
        else
            break;
    }
    return expression_with(p, n, suffixes);
}

jinja_node *jinja_filters(jinja_parser *p, bool inside)
{
    jinja_chain list = { 0 };
    while (inside || jinja_skip_operator(p, "|")) {
        jinja_chain_add(&list, expression_filter(p));
        inside = false;
    }
    return list.first;
}

/* ---- operators ---- */

/* a op b op c, for operators of equal standing. */
static jinja_node *expression_math(jinja_parser *p, const char *const *operators, jinja_node *(*next)(jinja_parser *p))
{
    jinja_node *first = next(p);
    jinja_chain rest = { 0 };
    jinja_node *n = NULL;
    for (size_t i = 0; operators[i];) {
        if (!jinja_at_operator(p, operators[i])) {
            i++;
            continue;
        }
        n = n ? n : expression_of(p, JINJA_K_MATH, first);
        jinja_node *part = jinja_node_new(p, JINJA_K_PART);
        part->op = jinja_operator_find(p->at->text.text, p->at->text.size);
        p->at++;
        part->a = next(p);
        jinja_chain_add(&rest, part);
        i = 0;
    }
    if (!n)
        return first;
    n->list = rest.first;
    return n;
}

static jinja_node *expression_signed(jinja_parser *p) { return expression_unary(p, true); }

static jinja_node *expression_power(jinja_parser *p)
{
    static const char *const operators[] = { "**", NULL };
    return expression_math(p, operators, expression_signed);
}

static jinja_node *expression_product(jinja_parser *p)
{
    static const char *const operators[] = { "*", "/", "//", "%", NULL };
    return expression_math(p, operators, expression_power);
}

/* a word b word c, into one node of `kind`. */
static jinja_node *expression_series(jinja_parser *p, jinja_kind kind, bool (*skip)(jinja_parser *p, const char *op), const char *word,
                                     jinja_node *(*next)(jinja_parser *p))
{
    jinja_node *first = next(p), *n = NULL;
    jinja_chain list = { 0 };
    while (skip(p, word)) {
        if (!n) {
            n = jinja_node_new(p, kind);
            jinja_chain_add(&list, first);
        }
        jinja_node *part = next(p);
        jinja_chain_add(&list, part);
    }
    if (!n)
        return first;
    n->list = list.first;
    return n;
}

static jinja_node *expression_concat(jinja_parser *p)
{
    return expression_series(p, JINJA_K_CONCAT, jinja_skip_operator, "~", expression_product);
}

static jinja_node *expression_sum(jinja_parser *p)
{
    static const char *const operators[] = { "+", "-", NULL };
    return expression_math(p, operators, expression_concat);
}

static const jinja_comparison *expression_comparison(jinja_parser *p)
{
    const jinja_comparison *c = NULL;
    if (p->at->type == JINJA_T_OPERATOR || jinja_at_name(p, "in"))
        c = jinja_comparison_find(p->at->text.text, p->at->text.size);
    else if (jinja_at_name(p, "not") && jinja_token_is(p->at + 1, JINJA_T_NAME, "in")) {
        c = jinja_comparison_find("not in", 6);
        p->at++;
    }
    p->at += c != NULL;
    return c;
}

static jinja_node *expression_compare(jinja_parser *p)
{
    jinja_node *first = expression_sum(p), *n = NULL;
    jinja_chain rest = { 0 };
    for (const jinja_comparison *c; (c = expression_comparison(p));) {
        n = n ? n : expression_of(p, JINJA_K_COMPARE, first);
        jinja_node *part = jinja_node_new(p, JINJA_K_PART);
        part->compare = c;
        part->a = expression_sum(p);
        jinja_chain_add(&rest, part);
    }
    if (!n)
        return first;
    n->list = rest.first;
    return n;
}

static jinja_node *expression_not(jinja_parser *p)
{
    if (!jinja_at_name(p, "not"))
        return expression_compare(p);
    jinja_node *n = jinja_node_new(p, JINJA_K_NOT);
    p->at++;
    jinja_deeper(p->j);
    n->a = expression_not(p);
    jinja_shallower(p->j);
    return n;
}

static jinja_node *expression_and(jinja_parser *p)
{
    return expression_series(p, JINJA_K_AND, jinja_skip_name, "and", expression_not);
}

static jinja_node *expression_or(jinja_parser *p)
{
    return expression_series(p, JINJA_K_OR, jinja_skip_name, "or", expression_and);
}

jinja_node *jinja_expression(jinja_parser *p, unsigned flags)
{
    jinja_step(p->j, 1);
    jinja_deeper(p->j);
    size_t levels = 1;
    jinja_node *n = expression_or(p);
    while (!(flags & JINJA_NO_CHOICE) && jinja_skip_name(p, "if")) {
        jinja_deeper(p->j); /* each wraps the one before */
        levels++;
        n = expression_of(p, JINJA_K_CHOOSE, n);
        n->b = expression_or(p);
        n->c = jinja_skip_name(p, "else") ? jinja_expression(p, 0) : NULL;
    }
    while (levels--)
        jinja_shallower(p->j);
    return n;
}

static bool expression_tuple_ends(const jinja_parser *p, const char *stop)
{
    return p->at->type == JINJA_T_PRINT_END || p->at->type == JINJA_T_BLOCK_END || jinja_at_operator(p, ")") || (stop && jinja_at_name(p, stop));
}

jinja_node *jinja_tuple(jinja_parser *p, unsigned flags, const char *stop)
{
    jinja_node *first = jinja_expression(p, flags);
    if (!jinja_at_operator(p, ","))
        return first;
    jinja_node *n = jinja_node_new(p, JINJA_K_MAKE_TUPLE);
    jinja_chain items = { 0 };
    jinja_chain_add(&items, first);
    while (jinja_skip_operator(p, ",") && !expression_tuple_ends(p, stop))
        jinja_chain_add(&items, jinja_expression(p, flags));
    n->list = items.first;
    return n;
}
