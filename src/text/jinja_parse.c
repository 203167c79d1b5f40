/* Statements. */
#include "text/jinja_ast.h"

#include <string.h>

static void parse_end_tag(jinja_parser *p)
{
    if (p->at->type != JINJA_T_BLOCK_END)
        jinja_expected(p, "%}");
    p->at++;
}

/* One thing that can be assigned to: a name, or (where `member`) an attribute of a namespace, or a bracketed tuple. */
static jinja_node *parse_target_one(jinja_parser *p, bool member)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_NAME);
    if (jinja_skip_operator(p, "(")) {
        jinja_deeper(p->j);
        n = jinja_target(p, member);
        jinja_shallower(p->j);
        jinja_want_operator(p, ")");
        return n;
    }
    n->name = jinja_want_name(p, "a name to assign to");
    if (member && jinja_skip_operator(p, ".")) {
        n->kind = JINJA_K_MEMBER;
        jinja_name attribute = jinja_want_name(p, "the name of an attribute");
        n->value = jinja_view(attribute.text, attribute.size);
    }
    return n;
}

jinja_node *jinja_target(jinja_parser *p, bool member)
{
    jinja_node *first = parse_target_one(p, member);
    if (!jinja_at_operator(p, ","))
        return first;
    jinja_node *n = jinja_node_new(p, JINJA_K_MAKE_TUPLE);
    jinja_chain items = { 0 };
    jinja_chain_add(&items, first);
    while (jinja_skip_operator(p, ",") && (p->at->type == JINJA_T_NAME || jinja_at_operator(p, "(")) && !jinja_at_name(p, "in"))
        jinja_chain_add(&items, parse_target_one(p, member));
    n->list = items.first;
    return n;
}

/* The body after the end of the opening tag, up to and past the closing tag's word. */
static jinja_node *parse_block(jinja_parser *p, const char *end)
{
    jinja_skip_operator(p, ":");
    parse_end_tag(p);
    jinja_node *body = jinja_body(p, (const char *const[]){ end, NULL });
    p->at++;
    return body;
}

static jinja_node *parse_for(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_FOR);
    bool outer = p->in_loop;
    n->a = jinja_target(p, false);
    if (!jinja_skip_name(p, "in"))
        jinja_expected(p, "in");
    n->b = jinja_tuple(p, JINJA_NO_CHOICE, "recursive");
    if (jinja_skip_name(p, "if"))
        n->c = jinja_expression(p, 0);
    if (jinja_at_name(p, "recursive"))
        jinja_expected(p, "a loop without `recursive` (which is not understood)");
    jinja_skip_operator(p, ":");
    parse_end_tag(p);
    p->in_loop = true;
    n->list = jinja_body(p, (const char *const[]){ "endfor", "else", NULL });
    p->in_loop = outer;
    if (jinja_skip_name(p, "else"))
        n->other = parse_block(p, "endfor");
    else
        p->at++;
    return n;
}

static jinja_node *parse_if(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_IF);
    jinja_chain branches = { 0 };
    bool more = true;
    while (more) {
        jinja_node *branch = jinja_node_new(p, JINJA_K_PART);
        branch->a = jinja_tuple(p, JINJA_NO_CHOICE, NULL);
        jinja_skip_operator(p, ":");
        parse_end_tag(p);
        branch->list = jinja_body(p, (const char *const[]){ "elif", "else", "endif", NULL });
        jinja_chain_add(&branches, branch);
        more = jinja_skip_name(p, "elif");
    }
    if (jinja_skip_name(p, "else")) {
        jinja_node *branch = jinja_node_new(p, JINJA_K_PART);
        branch->list = parse_block(p, "endif");
        jinja_chain_add(&branches, branch);
    } else
        p->at++;
    n->list = branches.first;
    return n;
}

static jinja_node *parse_set(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_SET);
    n->a = jinja_target(p, true);
    if (jinja_skip_operator(p, "=")) {
        n->b = jinja_tuple(p, 0, NULL);
        return n;
    }
    n->kind = JINJA_K_SET_BLOCK;
    n->other = jinja_filters(p, false);
    n->list = parse_block(p, "endset");
    return n;
}

static jinja_node *parse_filtered(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_FILTERED);
    n->other = jinja_filters(p, true);
    n->list = parse_block(p, "endfilter");
    return n;
}

static jinja_node *parse_with(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_WITH);
    jinja_chain list = { 0 };
    while (p->at->type != JINJA_T_BLOCK_END) {
        if (list.first)
            jinja_want_operator(p, ",");
        jinja_node *part = jinja_node_new(p, JINJA_K_PART);
        part->a = parse_target_one(p, false);
        jinja_want_operator(p, "=");
        part->b = jinja_expression(p, 0);
        jinja_chain_add(&list, part);
    }
    n->other = list.first;
    n->list = parse_block(p, "endwith");
    return n;
}

static jinja_node *parse_parameters(jinja_parser *p)
{
    jinja_chain list = { 0 };
    bool defaults = false;
    jinja_want_operator(p, "(");
    while (!jinja_skip_operator(p, ")")) {
        if (list.first)
            jinja_want_operator(p, ",");
        jinja_node *part = jinja_node_new(p, JINJA_K_PART);
        part->name = jinja_want_name(p, "the name of a parameter");
        if (jinja_skip_operator(p, "=")) {
            part->a = jinja_expression(p, 0);
            defaults = true;
        } else if (defaults)
            jinja_expected(p, "a default for this parameter too");
        jinja_chain_add(&list, part);
    }
    return list.first;
}

/* A body that is called from elsewhere: no loop of this place is its own. */
static jinja_node *parse_callable(jinja_parser *p, jinja_node *n, const char *end)
{
    const jinja_parser outer = *p;
    p->in_loop = false;
    p->takes = 0;
    n->list = parse_block(p, end);
    n->takes = p->takes;
    p->takes |= outer.takes;
    p->in_loop = outer.in_loop;
    return n;
}

static jinja_node *parse_macro(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_MACRO);
    n->name = jinja_want_name(p, "the name of a macro");
    n->other = parse_parameters(p);
    return parse_callable(p, n, "endmacro");
}

static bool parse_is_call(const jinja_node *n)
{
    const jinja_node *last = n->kind == JINJA_K_POSTFIX ? n->list : NULL;
    while (last && last->next)
        last = last->next;
    return last && last->kind == JINJA_K_CALL;
}

static jinja_node *parse_call(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_CALL_BLOCK), *caller = jinja_node_new(p, JINJA_K_MACRO);
    caller->name = (jinja_name){ "caller", 6 };
    caller->other = jinja_at_operator(p, "(") ? parse_parameters(p) : NULL;
    n->a = jinja_expression(p, 0);
    if (!parse_is_call(n->a))
        jinja_expected(p, "a call");
    n->b = parse_callable(p, caller, "endcall");
    return n;
}

static jinja_node *parse_generation(jinja_parser *p)
{
    return parse_callable(p, jinja_node_new(p, JINJA_K_SCOPE), "endgeneration");
}

static jinja_node *parse_print(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_OUTPUT);
    n->a = jinja_expression(p, 0);
    return n;
}

static jinja_node *parse_flow(jinja_parser *p, jinja_kind kind)
{
    if (!p->in_loop)
        jinja_expected(p, "a loop around break or continue");
    return jinja_node_new(p, kind);
}

static jinja_node *parse_break(jinja_parser *p) { return parse_flow(p, JINJA_K_BREAK); }
static jinja_node *parse_continue(jinja_parser *p) { return parse_flow(p, JINJA_K_CONTINUE); }

static jinja_node *parse_statement(jinja_parser *p)
{
    static const struct {
        const char *name;
        jinja_node *(*parse)(jinja_parser *p);
    } statements[] = {
        { "for", parse_for }, { "if", parse_if }, { "set", parse_set }, { "macro", parse_macro }, { "call", parse_call }, { "filter", parse_filtered },
        { "with", parse_with }, { "generation", parse_generation }, { "print", parse_print }, { "break", parse_break }, { "continue", parse_continue },
    };
    if (p->at->type != JINJA_T_NAME)
        jinja_expected(p, "the name of a tag");
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (jinja_skip_name(p, statements[i].name)) {
            jinja_node *n = statements[i].parse(p);
            parse_end_tag(p);
            return n;
        }
    jinja_expected(p, "a tag that chat templates use (for, if, set, macro, call, filter, with, generation, break, continue, raw)");
}

static bool parse_ends(const jinja_parser *p, const char *const *ends)
{
    for (; *ends; ends++)
        if (jinja_at_name(p, *ends))
            return true;
    return false;
}

static jinja_node *parse_output(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_OUTPUT);
    n->a = jinja_tuple(p, 0, NULL);
    if (p->at->type != JINJA_T_PRINT_END)
        jinja_expected(p, "}}");
    p->at++;
    return n;
}

static jinja_node *parse_data(jinja_parser *p)
{
    jinja_node *n = jinja_node_new(p, JINJA_K_DATA);
    n->value = p->at++->value;
    return n;
}

jinja_node *jinja_body(jinja_parser *p, const char *const *ends)
{
    jinja_chain body = { 0 };
    const jinja_token *opened = p->at;
    jinja_deeper(p->j);
    for (;;) {
        p->j->line = p->at->line;
        if (p->at->type == JINJA_T_END)
            break;
        if (p->at->type == JINJA_T_DATA) {
            jinja_chain_add(&body, parse_data(p));
            continue;
        }
        bool prints = p->at++->type == JINJA_T_PRINT_BEGIN;
        if (!prints && parse_ends(p, ends))
            break;
        jinja_chain_add(&body, prints ? parse_output(p) : parse_statement(p));
    }
    if (p->at->type == JINJA_T_END && *ends) {
        while (ends[1] && strncmp(*ends, "end", 3)) /* the others may be left out */
            ends++;
        p->j->line = opened > p->at ? p->at->line : opened->line;
        jinja_fail(p->j, INK_E_FORMAT, "this block has no {%% %s %%}", *ends);
    }
    jinja_shallower(p->j);
    return body.first;
}

const jinja_node *jinja_parse(jinja *j, const jinja_token *tokens)
{
    jinja_parser p = { .j = j, .at = tokens };
    return jinja_body(&p, (const char *const[]){ NULL });
}
