/* Settings: words, JSON and texts into a struct; what is refused, and how it is said. */
#include "test.h"
#include <ink/param.h>
#include <ink/jot.h>
#include <math.h>

typedef struct inner {
    double top_p;
    int64_t top_k;
} inner;
typedef struct options {
    const char *model, *what;
    int64_t threads;
    double temp;
    bool json, stream;
    int kv;
    ink_param_ints ids;
    ink_param_texts stop, rest;
    inner sampling;
} options;

static const char *const kinds[] = { "f32", "f16", "q8", NULL };
static const ink_param inner_params[] = {
    { .name = "top_p", .type = INK_PARAM_REAL, .at = offsetof(inner, top_p), .min = 0, .max = 1, .def = 0.95, .help = "nucleus" },
    { .name = "top_k", .type = INK_PARAM_INT, .at = offsetof(inner, top_k), .min = 0, .max = HUGE_VAL, .def = 40, .help = "best k" },
    { 0 },
};
static const ink_param params[] = {
    { .name = "model", .flag = 'm', .type = INK_PARAM_MODEL, .bits = INK_PARAM_REQUIRED, .at = offsetof(options, model), .help = "a model" },
    { .name = "threads", .flag = 't', .type = INK_PARAM_INT, .at = offsetof(options, threads), .min = 1, .max = 64, .def = 0, .shown = "cores", .help = "t" },
    { .name = "temp", .type = INK_PARAM_REAL, .at = offsetof(options, temp), .min = 0, .max = 5, .def = (double)NAN, .help = "heat" },
    { .name = "json", .type = INK_PARAM_BOOL, .at = offsetof(options, json), .help = "json" },
    { .name = "stream", .type = INK_PARAM_BOOL, .at = offsetof(options, stream), .def = 1, .help = "stream" },
    { .name = "kv", .type = INK_PARAM_CHOICE, .at = offsetof(options, kv), .choices = kinds, .def = 1, .help = "kv" },
    { .name = "ids", .type = INK_PARAM_INTS, .at = offsetof(options, ids), .help = "ids" },
    { .name = "stop", .type = INK_PARAM_TEXTS, .at = offsetof(options, stop), .help = "stop" },
    { .name = "Sampling", .type = INK_PARAM_TABLE, .at = offsetof(options, sampling), .table = inner_params },
    { .name = "what", .type = INK_PARAM_TEXT, .bits = INK_PARAM_POSITIONAL, .at = offsetof(options, what), .help = "what" },
    { .name = "rest", .type = INK_PARAM_TEXTS, .bits = INK_PARAM_POSITIONAL, .at = offsetof(options, rest), .help = "rest" },
    { 0 },
};

/* words end with NULL */
static ink_status parse(ink_arena *a, options *o, ink_err *err, char *const *words)
{
    int n = 0;
    while (words[n])
        n++;
    return ink_param_parse(params, n, words, a, o, err);
}
#define PARSE(...) parse(a, &o, &err, (char *const[]){ __VA_ARGS__, NULL })

static void test_words_become_fields(void **state)
{
    (void)state;
    ink_err err;
    ink_arena *a;
    options o;
    assert_ok(ink_arena_new("test", 0, &a, &err));
    assert_ok(PARSE("-m", "m.gguf", "-t2", "--temp=0.5", "--no-stream", "--kv", "q8", "--ids", "1, 2,-3", "--stop", "a", "--stop", "b", "--stop=c",
                    "--top-p", "0.5", "--top_k=7", "first", "--json", "--", "-x", "y"));
    assert_string_equal(o.model, "m.gguf");
    assert_int_equal(o.threads, 2);
    assert_true(o.temp > 0.49 && o.temp < 0.51 && o.sampling.top_p > 0.49 && o.sampling.top_p < 0.51);
    assert_true(o.json && !o.stream);
    assert_int_equal(o.kv, 2);
    assert_int_equal(o.sampling.top_k, 7);
    assert_int_equal(o.ids.count, 3);
    assert_int_equal(o.ids.at[2], -3);
    assert_int_equal(o.stop.count, 3);
    assert_string_equal(o.stop.at[0], "a");
    assert_string_equal(o.stop.at[2], "c");
    assert_string_equal(o.what, "first");
    assert_int_equal(o.rest.count, 2);
    assert_string_equal(o.rest.at[0], "-x");
    ink_arena_free(a);
}

static void test_defaults(void **state)
{
    (void)state;
    options o;
    char text[64];
    ink_param_defaults(params, &o);
    assert_true(isnan(o.temp) && o.stream && !o.json && o.kv == 1 && !o.threads && !o.model && !o.stop.count);
    assert_int_equal(o.sampling.top_k, 40);
    ink_param_default(&inner_params[0], text, sizeof text);
    assert_string_equal(text, "0.95");
    ink_param_range(&inner_params[1], text, sizeof text);
    assert_string_equal(text, "0 or more");
    ink_param_range(&params[5], text, sizeof text);
    assert_string_equal(text, "f32, f16 or q8");
    ink_param_default(&params[2], text, sizeof text);
    assert_string_equal(text, "");
}

static void test_refusals_are_sentences(void **state)
{
    (void)state;
    ink_err err;
    ink_arena *a;
    options o;
    assert_ok(ink_arena_new("test", 0, &a, &err));
    const struct { const char *words[4], *says; } cases[] = {
        { { "-m", "x", "--tmep" }, "did you mean --temp?" },
        { { "-m", "x", "--zebra" }, "there is no --zebra here" },
        { { "-m", "x", "-q" }, "there is no -q here" },
        { { "-m", "x", "--threads" }, "--threads wants a value (N)" },
        { { "-m", "x", "--threads=65" }, "--threads wants a whole number (1 to 64), not \"65\"" },
        { { "-m", "x", "-t", "2x" }, "not \"2x\"" },
        { { "-m", "x", "-t", "99999999999999999999" }, "whole number" },
        { { "-m", "x", "--temp", "nan" }, "--temp wants a number (0 to 5)" },
        { { "-m", "x", "--top-p", "1.5" }, "(0 to 1)" },
        { { "-m", "x", "--kv", "f64" }, "--kv wants one of f32, f16 or q8, not \"f64\"" },
        { { "-m", "x", "--ids", "1,x" }, "separated by commas" },
        { { "-m", "x", "--ids=1,,2" }, "separated by commas" },
        { { "-m", "x", "--json=1" }, "switch" },
        { { "--json" }, "--model is missing" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(a, &o, &err, (char *const *)(uintptr_t)cases[i].words), INK_E_ARGUMENT);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s lacks %s", err.text, cases[i].says);
    }
    ink_arena_free(a);
}

static ink_status json(ink_arena *a, options *o, ink_err *err, const char *text)
{
    return ink_param_json(params, text, strlen(text), a, o, err);
}

static void test_json_fields(void **state)
{
    (void)state;
    ink_err err;
    ink_arena *a;
    options o;
    assert_ok(ink_arena_new("test", 0, &a, &err));
    ink_param_defaults(params, &o);
    assert_ok(json(a, &o, &err, "{\"temp\":1,\"threads\":3.0,\"json\":true,\"kv\":\"f32\",\"ids\":[4,5],\"stop\":\"x\",\"top_p\":null,\"model\":\"m\",\"zebra\":[]}"));
    assert_true(o.temp > 0.99 && o.threads == 3 && o.json && o.kv == 0 && o.ids.count == 2 && o.ids.at[1] == 5);
    assert_string_equal(o.stop.at[0], "x");
    assert_true(o.sampling.top_p > 0.94);
    assert_ok(json(a, &o, &err, "{\"stop\":[\"y\",\"z\"]}"));
    assert_int_equal(o.stop.count, 2);
    const char *bad[] = { "{\"temp\":9}", "{\"temp\":\"hot\"}", "{\"threads\":1.5}", "{\"threads\":1e300}", "{\"json\":1}", "{\"ids\":[1.5]}",
                          "{\"ids\":[5000000000]}", "{\"stop\":[1]}", "{\"model\":[]}", "{\"kv\":\"q\"}", "[]" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(json(a, &o, &err, bad[i]), INK_E_ARGUMENT);
    assert_int_not_equal(json(a, &o, &err, "{"), INK_OK);
    assert_ok(ink_param_set(params, "top-p", "0.25", a, &o, &err));
    assert_true(o.sampling.top_p < 0.26);
    assert_int_equal(ink_param_set(params, "zebra", "1", a, &o, &err), INK_E_NOT_FOUND);
    ink_arena_free(a);
}

static void put(void *user, const char *bytes, size_t n)
{
    strncat(user, bytes, n);
}

static void test_jot_writes_json(void **state)
{
    (void)state;
    char out[512] = "";
    ink_jot j = { .put = put, .user = out };
    ink_jot_object(&j, NULL);
    ink_jot_text(&j, "a\n", "q\"\\\x01\xff\xc3\xa9\xed\xa0\x80");
    ink_jot_array(&j, "b");
    ink_jot_integer(&j, NULL, -5);
    ink_jot_number(&j, NULL, 0.1);
    ink_jot_number(&j, NULL, (double)NAN);
    ink_jot_end(&j);
    ink_jot_bool(&j, "c", true);
    ink_jot_text(&j, "d", NULL);
    ink_jot_end(&j);
    assert_string_equal(out, "{\"a\\n\":\"q\\\"\\\\\\u0001\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"b\":[-5,0.1,null],\"c\":true,\"d\":null}");
}

static void test_nearest(void **state)
{
    (void)state;
    const char *const names[] = { "generate", "chat", "list", "logits", "rm", NULL };
    assert_string_equal(ink_param_nearest("genrate", names), "generate");
    assert_string_equal(ink_param_nearest("gen", names), "generate");
    assert_string_equal(ink_param_nearest("lits", names), "list");
    assert_null(ink_param_nearest("xyz", names));
    assert_null(ink_param_nearest("", names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_become_fields), cmocka_unit_test(test_defaults),  cmocka_unit_test(test_refusals_are_sentences),
        cmocka_unit_test(test_json_fields),         cmocka_unit_test(test_jot_writes_json), cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests_name("param", tests, NULL, NULL);
}
