/* What every part of the parser does with tokens and nodes. */
#include "text/jinja_ast.h"

#include <string.h>

jinja_node *jinja_node_new(jinja_parser *p, jinja_kind kind)
{
    jinja_node *n = jinja_alloc(p->j, sizeof *n);
    n->kind = kind;
    n->line = p->at->line;
    return n;
}

void jinja_chain_add(jinja_chain *c, jinja_node *n)
{
    *(c->first ? c->end : &c->first) = n;
    c->end = &n->next;
}

bool jinja_token_is(const jinja_token *t, jinja_token_type type, const char *text)
{
    return t->type == type && t->text.size == strlen(text) && !memcmp(t->text.text, text, t->text.size);
}

bool jinja_at_operator(const jinja_parser *p, const char *op) { return jinja_token_is(p->at, JINJA_T_OPERATOR, op); }
bool jinja_at_name(const jinja_parser *p, const char *name) { return jinja_token_is(p->at, JINJA_T_NAME, name); }

bool jinja_skip_operator(jinja_parser *p, const char *op)
{
    bool is = jinja_at_operator(p, op);
    p->at += is;
    return is;
}

bool jinja_skip_name(jinja_parser *p, const char *name)
{
    bool is = jinja_at_name(p, name);
    p->at += is;
    return is;
}

void jinja_expected(jinja_parser *p, const char *what)
{
    p->j->line = p->at->line;
    int size = p->at->text.size > 60 ? 60 : (int)p->at->text.size;
    jinja_fail(p->j, INK_E_FORMAT, "%s was expected, not %.*s", what, size, p->at->text.text);
}

void jinja_want_operator(jinja_parser *p, const char *op)
{
    if (!jinja_skip_operator(p, op))
        jinja_expected(p, op);
}

jinja_name jinja_want_name(jinja_parser *p, const char *what)
{
    if (p->at->type != JINJA_T_NAME)
        jinja_expected(p, what);
    return p->at++->text;
}
