/* Chat templates: what the oracle of conformance/template.py cannot say: sentences, limits, threads of one template. */
#include "test.h"
#include "text/tokenizer.h"
#include <ink/chat.h>
#include <ink/template.h>

static ink_status render(const char *source, const char *variables, const ink_template_limits *limits, char **out, ink_err *err)
{
    ink_template *t;
    size_t n;
    INK_TRY(ink_template_parse(source, strlen(source), &t, err));
    ink_status status = ink_template_render(t, variables, strlen(variables), limits, out, &n, err);
    if (!status)
        assert_int_equal(strlen(*out), n);
    ink_template_free(t);
    return status;
}

static void test_one_template_many_renderings(void **state)
{
    (void)state;
    ink_err err;
    ink_template *t;
    char *out;
    size_t n;
    const char *source = "{{ bos }}{% for m in messages %}<{{ m.role }}>{{ m['content'] }}\n{% endfor %}";
    assert_ok(ink_template_parse(source, strlen(source), &t, &err));
    for (int i = 0; i < 3; i++) {
        const char *variables = "{\"bos\":\"<s>\",\"messages\":[{\"role\":\"user\",\"content\":\"\\u4f60\"},{\"role\":\"x\",\"content\":null}]}";
        assert_ok(ink_template_render(t, variables, strlen(variables), NULL, &out, &n, &err));
        assert_string_equal(out, "<s><user>\xe4\xbd\xa0\n<x>None\n");
        free(out);
    }
    assert_ok(ink_template_render(t, "{}", 2, NULL, &out, &n, &err));
    assert_string_equal(out, "");
    free(out);
    ink_template_free(t);
}

/* Every one of these must end in a sentence that names the line and the thing. */
static const struct {
    const char *source, *line, *says;
} broken[] = {
    { "a\n{{", "line 2", "has no end" },
    { "{{ 'a }}", "line 1", "a string has no end" },
    { "{% if x %}", "line 1", "no {% endif %}" },
    { "\n\n{% for x in y %}", "line 3", "no {% endfor %}" },
    { "{% for x in y %}{% else %}", "line 1", "no {% endfor %}" },
    { "{% macro f() %}", "line 1", "no {% endmacro %}" },
    { "{% set x %}", "line 1", "no {% endset %}" },
    { "{% raw %}", "line 1", "no {% endraw %}" },
    { "{# note", "line 1", "the comment has no end" },
    { "{% endfor %}", "line 1", "not endfor" },
    { "{% frob x %}", "line 1", "not frob" },
    { "{% include 'x' %}", "line 1", "not include" },
    { "{% 1 %}", "line 1", "the name of a tag was expected" },
    { "{% for in x %}{% endfor %}", "line 1", "in was expected" },
    { "{% for x of y %}{% endfor %}", "line 1", "in was expected, not of" },
    { "{% for x in y recursive %}{% endfor %}", "line 1", "recursive" },
    { "{% set 1 = 2 %}", "line 1", "a name to assign to" },
    { "{% set x = %}", "line 1", "an expression was expected, not %}" },
    { "{% break %}", "line 1", "a loop around" },
    { "{% for x in y %}{% macro f() %}{% continue %}{% endmacro %}{% endfor %}", "line 1", "a loop around" },
    { "{% call x %}{% endcall %}", "line 1", "a call was expected" },
    { "{% macro f(a=1, b) %}{% endmacro %}", "line 1", "a default" },
    { "{{ (1, 2 }}", "line 1", "closes nothing" },
    { "{{ 1) }}", "line 1", "closes nothing" },
    { "{{ x y }}", "line 1", "}} was expected, not y" },
    { "{{ x. }}", "line 1", "a name was expected" },
    { "{{ x | }}", "line 1", "the name of a filter was expected" },
    { "{{ x is }}", "line 1", "the name of a test was expected" },
    { "{{ x is string is y }}", "line 1", "one test at a time" },
    { "{{ f(a=1, 2) }}", "line 1", "another order" },
    { "{{ f(**a, **b) }}", "line 1", "another order" },
    { "{{ a $ b }}", "line 1", "$ means nothing" },
    { "{{ ? }}", "line 1", "? means nothing" },
    { "{{ '\\xZZ' }}", "line 1", "names no character" },
    { "{{ '\\ud800' }}", "line 1", "names no character" },
    { "{{ '\\N{DASH}' }}", "line 1", "\\N" },
    { "{{ 99999999999999999999 }}", "line 1", "64 bits" },
    { "{{ 9223372036854775807 + 1 }}", "line 1", "64 bits" },
    { "{{ 2 ** 200 }}", "line 1", "64 bits" },
    { "{{ 1 / 0 }}", "line 1", "divides by zero" },
    { "{{ 1 % 0.0 }}", "line 1", "divides by zero" },
    { "{{ x.y.z }}", "line 1", "'x' is undefined" },
    { "\n{{ {}.y.z }}", "line 2", "'dict object' has no attribute 'y'" },
    { "{{ none.y.z }}", "line 1", "'None' has no attribute 'y'" },
    { "{{ [1][4].z }}", "line 1", "list object has no element 4" },
    { "{{ x + 1 }}", "line 1", "'x' is undefined" },
    { "{{ 'a' + 1 }}", "line 1", "type str and one of type int" },
    { "{{ 1 < 'a' }}", "line 1", "does not compare" },
    { "{{ x() }}", "line 1", "'x' is undefined" },
    { "{{ 'a'() }}", "line 1", "cannot be called" },
    { "{{ 1|frob }}", "line 1", "no filter named frob" },
    { "{{ 1 is frob }}", "line 1", "no test named frob" },
    { "{{ [1]|map('frob')|list }}", "line 1", "no filter named frob" },
    { "{{ 5|length }}", "line 1", "has no length" },
    { "{{ {[]: 1} }}", "line 1", "cannot be a key" },
    { "{{ [].append(1) }}", "line 1", "cannot be changed" },
    { "{% set x = {} %}{% set x.y = 1 %}", "line 1", "not a namespace" },
    { "{% set a, b = [1] %}", "line 1", "cannot be unpacked" },
    { "{% for x in 5 %}{% endfor %}", "line 1", "cannot be walked" },
    { "{{ range(1000000) }}", "line 1", "100000" },
    { "{{ range(1, 2, 0) }}", "line 1", "zero" },
    { "{{ 'x'.split('') }}", "line 1", "separator is empty" },
    { "{{ 'x'.strip(1, 2) }}", "line 1", "strip takes 1 arguments at most" },
    { "{{ 'x'.replace('a') }}", "line 1", "replace needs 1 more argument" },
    { "{{ 'x'|trim(frob=1) }}", "line 1", "does not take an argument named frob" },
    { "{{ '%s %s' % 1 }}", "line 1", "fewer values" },
    { "{{ '{} {}'.format(1) }}", "line 1", "fewer values" },
    { "{{ range(3)|tojson }}", "line 1", "tojson takes only" },
    { "{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", "line 1", "1 arguments at most" },
    { "{{ [3, 'a']|sort }}", "line 1", "does not compare" },
};

static void test_broken_templates_end_in_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        ink_err err = { 0 };
        char *out = NULL;
        if (!render(broken[i].source, "{}", NULL, &out, &err))
            fail_msg("%s renders as %s", broken[i].source, out);
        if (!strstr(err.text, broken[i].says) || !strstr(err.text, broken[i].line) || strchr(err.text, '\n'))
            fail_msg("%s: %s; wanted %s, %s", broken[i].source, err.text, broken[i].line, broken[i].says);
    }
}

static void test_raise_exception_is_the_sentence(void **state)
{
    (void)state;
    ink_err err;
    char *out;
    const char *source = "{% for m in messages %}\n{% if m.role == 'system' %}\n{{ raise_exception('System role not supported') }}{% endif %}{% endfor %}";
    assert_int_equal(render(source, "{\"messages\":[{\"role\":\"system\"}]}", NULL, &out, &err), INK_E_ARGUMENT);
    assert_string_equal(err.text, "chat template, line 3: System role not supported");
}

/* Templates that mean harm: time, depth, output, memory. */
static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *source, *says;
    } hostile[] = {
        { "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "may" },
        { "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "deeper" },
        { "{% set n = namespace(v='x') %}{% for a in range(99) %}{% set n.v = n.v + n.v %}{% endfor %}", "memory" },
        { "{% set n = namespace(v=[1]) %}{% for a in range(99) %}{% set n.v = [n.v, n.v] %}{% endfor %}{{ n.v }}", "steps" },
        { "{% set n = namespace(v=[1]) %}{% for a in range(99999) %}{% set n.v = [n.v] %}{% endfor %}{{ n.v }}", "deeper" },
        { "{% set n = namespace(v=[1]) %}{% set m = namespace(v=[1]) %}{% for a in range(99999) %}{% set n.v = [n.v] %}{% set m.v = [m.v] %}{% endfor %}{{ n.v == m.v }}", "deeper" },
        { "{% set n = namespace() %}{% set n.n = n %}{{ n }}", "deeper" },
        { "{{ 'x' * 99999999999 }}", "more than a template may do" },
        { "{{ [1, 2] * 9999999999 }}", "more than a template may do" },
        { "{{ 'x'|center(9999999999) }}", "steps" },
        { "{{ 'x'.zfill(9999999999) }}", "steps" },
        { "{{ [1]|batch(9999999999, 1)|list }}", "memory" },
        { "{{ [1]|slice(9999999999)|list }}", "memory" },
        { "{{ '%099999999d' % 1 }}", "100000" },
        { "{% set x = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' * 1000000 %}{% for a in range(99) %}{{ x }}{% endfor %}", "bytes" },
        { "{% set x = ('ab' * 1000000) %}{% for a in range(9999) %}{% if 'ba' * 500000 in x %}{% endif %}{% endfor %}", "m" },
        { "{% set x = 'a' * 1000000 %}{{ x.rfind('b' ~ 'a' * 500000) }}", "steps" },
    };
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        ink_err err = { 0 };
        char *out = NULL;
        assert_int_equal(render(hostile[i].source, "{}", NULL, &out, &err), INK_E_LIMIT);
        if (!strstr(err.text, hostile[i].says) || !strstr(err.text, "line 1"))
            fail_msg("%s: %s", hostile[i].source, err.text);
    }
}

static char *repeated(const char *open, size_t n, const char *middle, const char *close)
{
    char *text = calloc(1, (strlen(open) + strlen(close)) * n + strlen(middle) + 1), *at = text;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, open);
    at = stpcpy(at, middle);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, close);
    return text;
}

static void test_nesting(void **state)
{
    (void)state;
    static const char *const inside[][3] = { { "[", "", "]" }, { "(", "1", ")" }, { "{1:", "1", "}" }, { "not ", "1", "" }, { "-", "1", "" }, { "1 if 1 else ", "1", "" },
                                             { "f(", "1", ")" }, { "1 if ", "1", "" }, { "x[", "1", "]" }, { "1|d(", "1", ")" } };
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        ink_err err = { 0 };
        char *out = NULL, *deep = repeated(inside[i][0], 70000, inside[i][1], inside[i][2]), *source = repeated("{{ ", 1, deep, " }}");
        if (!render(source, "{}", NULL, &out, &err) || !strstr(err.text, "nested deeper"))
            fail_msg("%s: %s", inside[i][0], err.text);
        free(source);
        free(deep);
    }
    ink_err err;
    char *out, *blocks = repeated("{% if 1 %}", 20000, "", "{% endif %}"), *chain = repeated("{{ 1", 1, "", ""), *long_chain = repeated(" + 1", 20000, "", "");
    assert_int_equal(render(blocks, "{}", NULL, &out, &err), INK_E_LIMIT);
    char *source = calloc(1, 200000);
    strcat(strcat(strcat(source, chain), long_chain), " }}");
    assert_ok(render(source, "{}", NULL, &out, &err)); /* a chain is not deep */
    assert_string_equal(out, "20001");
    free(out), free(source), free(chain), free(long_chain), free(blocks);
}

static void test_limits_of_the_caller(void **state)
{
    (void)state;
    ink_err err;
    char *out;
    assert_int_equal(render("{% for a in range(50) %}x{% endfor %}", "{}", &(ink_template_limits){ .output_bytes = 40 }, &out, &err), INK_E_LIMIT);
    assert_int_equal(render("{% for a in range(50) %}x{% endfor %}", "{}", &(ink_template_limits){ .steps = 40 }, &out, &err), INK_E_LIMIT);
    assert_int_equal(render("{{ [[[[[[1]]]]]] }}", "{}", &(ink_template_limits){ .depth = 5 }, &out, &err), INK_E_LIMIT);
    assert_ok(render("{{ [[[[[[1]]]]]] }}", "{}", &(ink_template_limits){ .depth = 50 }, &out, &err));
    assert_string_equal(out, "[[[[[[1]]]]]]");
    free(out);
}

static void test_input_that_is_not_text(void **state)
{
    (void)state;
    ink_err err;
    char *out;
    assert_int_equal(render("a\xff", "{}", NULL, &out, &err), INK_E_FORMAT);
    assert_non_null(strstr(err.text, "byte 1"));
    assert_int_equal(render("a", "[]", NULL, &out, &err), INK_E_ARGUMENT);
    assert_int_equal(render("a", "{", NULL, &out, &err), INK_E_FORMAT);
    char *large = malloc((1 << 20) + 1);
    memset(large, 'x', (1 << 20) + 1);
    ink_template *t;
    assert_int_equal(ink_template_parse(large, (1 << 20) + 1, &t, &err), INK_E_LIMIT);
    free(large);
    ink_template_free(NULL);
}

/* A tokenizer of three tokens, with or without a template of its own. */
static ink_tokenizer *small_tokenizer(const char *template)
{
    static const ink_text tokens[] = { { "<s>", 3 }, { "</s>", 4 }, { "a", 1 } };
    static const uint8_t kinds[] = { INK_TOKEN_CONTROL, INK_TOKEN_CONTROL, INK_TOKEN_NORMAL };
    static const double scores[3] = { 0 };
    const ink_tokenizer_spec spec = { .where = "test", .count = 3, .tokens = tokens, .kinds = kinds, .scores = scores, .bos = 0, .eos = 1, .unknown = -1,
                                      .template = { template, template ? strlen(template) : 0 } };
    ink_err err;
    ink_tokenizer *t = NULL;
    assert_ok(ink_tokenizer_make(&spec, &t, &err));
    return t;
}

static void chat_is(const ink_tokenizer *t, const char *messages, const ink_chat_options *o, const char *wanted)
{
    ink_err err;
    char *out;
    size_t n;
    assert_ok(ink_chat_render(t, messages, strlen(messages), o, &out, &n, &err));
    assert_string_equal(out, wanted);
    assert_int_equal(n, strlen(wanted));
    free(out);
}

static void test_chat(void **state)
{
    (void)state;
    ink_tokenizer *t = small_tokenizer("{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}{{ eos_token }}{% endfor %}"
                                       "{% if tools %}{{ tools|tojson }}{% endif %}{% if add_generation_prompt %}>{% endif %}{% if enable_thinking %}?{% endif %}");
    const char *messages = "[{\"role\":\"user\",\"content\":\"a\"}]";
    chat_is(t, messages, NULL, "<s>user:a</s>>");
    chat_is(t, messages, &(ink_chat_options){ .no_generation_prompt = true }, "<s>user:a</s>");
    chat_is(t, messages, &(ink_chat_options){ .tools_json = "[{\"x\": 1.0}]" }, "<s>user:a</s>[{\"x\": 1.0}]>");
    chat_is(t, messages, &(ink_chat_options){ .variables_json = "{\"enable_thinking\":true,\"bos_token\":\"\"}" }, "user:a</s>>?");
    chat_is(t, messages, &(ink_chat_options){ .template_source = "{{ documents }}{{ x is defined }}{{ strftime_now('%%') }}" }, "NoneFalse%");
    ink_tokenizer_close(t);
}

static void test_chat_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *messages, *variables, *says;
    } bad[] = {
        { "[]", "{}", "inkstone generate" }, { "{}", "{}", "messages: a JSON array" }, { "[1]", "{}", "entry 1 is no object" },
        { "[{\"role\":\"user\"},{}]", "{}", "entry 2 has no role" }, { "[", "{}", "not valid JSON" }, { "[]", "[]", "variables: a JSON object" },
        { "[]", "{", "variables: is not valid JSON" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ink_err err = { 0 };
        char *out;
        size_t n;
        ink_tokenizer *t = small_tokenizer(i ? "x" : NULL);
        assert_int_not_equal(ink_chat_render(t, bad[i].messages, strlen(bad[i].messages), &(ink_chat_options){ .variables_json = bad[i].variables }, &out, &n, &err),
                             INK_OK);
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s: %s", bad[i].messages, err.text);
        ink_tokenizer_close(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_template_many_renderings), cmocka_unit_test(test_broken_templates_end_in_sentences),
        cmocka_unit_test(test_raise_exception_is_the_sentence), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_nesting), cmocka_unit_test(test_limits_of_the_caller), cmocka_unit_test(test_input_that_is_not_text),
        cmocka_unit_test(test_chat), cmocka_unit_test(test_chat_refuses),
    };
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
