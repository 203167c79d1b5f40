/* What a model writes, told apart the same way however it is cut into pieces. */
#include "test.h"

#include "server/reader.h"

void srv_id(const char *prefix, char out[64])
{
    snprintf(out, 64, "%s1", prefix);
}

static void expect(const char *text, const char *content, const char *reasoning, const char *calls)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        srv_reader *r = srv_reader_new(1, true, true);
        srv_collected said;
        char got[1000] = "";
        srv_collected_init(&said);
        for (size_t i = 0; i < strlen(text); i += step)
            srv_reader_feed(r, 0, text + i, strlen(text) - i < step ? strlen(text) - i : step, srv_collect, &said);
        srv_reader_end(r, 0, srv_collect, &said);
        for (size_t i = 0; i < said.count; i++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s(%s)", said.calls[i].name, said.calls[i].arguments.data);
        assert_string_equal(said.content.data ? said.content.data : "", content);
        assert_string_equal(said.reasoning.data ? said.reasoning.data : "", reasoning);
        assert_string_equal(got, calls);
        assert_int_equal(srv_reader_calls(r, 0), said.count);
        srv_collected_clear(&said);
        srv_reader_free(r);
    }
}

static void test_text(void **state)
{
    (void)state;
    expect("Hello <b> there, [1] {x} </tool_call>", "Hello <b> there, [1] {x} </tool_call>", "", "");
    expect("<think>\nhmm <x\n</think>\n\nYes.", "Yes.", "\nhmm <x\n", "");
    expect("<think>never done", "", "never done", "");
    expect("{\"answer\": 42}", "{\"answer\": 42}", "", "");
    expect("[1, 2]", "[1, 2]", "", "");
    expect("a < b", "a < b", "", "");
}

static void test_calls(void **state)
{
    (void)state;
    expect("Let me see.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"}\\\"x\", \"b\": [1,{}]}}\n</tool_call>\n<tool_call>{\"name\":\"g\",\"arguments\":{}}</tool_call>", "Let me see.\n", "",
           "f({\"a\": \"}\\\"x\", \"b\": [1,{}]})g({})");
    expect("[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"a\": 1}}, {\"arguments\": {\"z\":2}, \"name\": \"g\"}]", "", "", "f({\"a\": 1})g({\"z\": 2})");
    expect("{\"name\": \"f\", \"parameters\": {\"q\": \"w\"}}", "", "", "f({\"q\": \"w\"})");
    expect("<|python_tag|>{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"k\":\"v\"}}", "", "", "f({\"k\":\"v\"})");
    expect("<think>a</think><tool_call>{\"name\":\"f\",\"arguments\":{\"x\":1", "", "a", "f({\"x\":1)");
    expect("{\"name\": \"f\", \"arguments\": \"{\\\"x\\\": 1}\"}", "", "", "f({\"x\": 1})");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_text), cmocka_unit_test(test_calls) };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
