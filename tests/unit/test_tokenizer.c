/* Tokenizers on texts that nobody wrote: random Unicode, bytes that are no text, a megabyte of one character, memory that is refused.
   What ids are right is for conformance/text.py; here every byte must come back and nothing may take long. */
#define _GNU_SOURCE
#include "test.h"

#include "base/rng.h"
#include "models/tokenizer.h"
#include "text/unicode.h"

#include <unistd.h>

static ink_err err;

/* ---- memory that is refused: the linker puts these in place of malloc and its like ---- */

static size_t allocations, failing; /* the call that fails, from 1 on; 0: none */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n) { return ++allocations == failing ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return ++allocations == failing ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return ++allocations == failing ? NULL : __real_realloc(p, n); }

/* ---- tokenizers ---- */

static ink_status make(const ink_json *root, ink_tokenizer **out)
{
    ink_arena *arena;
    ink_tokenizer_spec spec = { .where = "the case", .bos = -1, .eos = -1, .unknown = -1 };
    INK_TRY(ink_arena_new("tokenizer", 0, &arena, &err));
    ink_status status = ink_tokenizer_from_json(root, &spec, arena, &err);
    if (!status)
        status = ink_tokenizer_make(&spec, out, &err);
    if (status)
        ink_split_clear(&spec.split);
    ink_arena_free(arena);
    return status;
}

static ink_json *read_case(const char *name)
{
    char path[4096];
    ink_json *root;
    const char *folder = getenv("INK_ROOT");
    if (!folder)
        skip();
    snprintf(path, sizeof path, "%s/tests/cases/tokenizers/%s/tokenizer.json", folder, name);
    assert_ok(ink_json_read(path, 0, &root, &err));
    return root;
}

static ink_tokenizer *open_case(const char *name)
{
    ink_tokenizer *t;
    ink_json *root = read_case(name);
    assert_ok(make(root, &t));
    ink_json_free(root);
    return t;
}

static ink_tokenizer *open_text(const char *json)
{
    ink_json *root;
    ink_tokenizer *t;
    assert_ok(ink_json_parse(json, strlen(json), "the text", &root, &err));
    assert_ok(make(root, &t));
    ink_json_free(root);
    return t;
}

static const char *const byte_level[] = { "gpt2", "digits", "llama3", "unknown-pattern" };
enum { BYTE_LEVEL = sizeof byte_level / sizeof *byte_level };

/* The bytes of all tokens, one after the other. */
static void assert_comes_back(const ink_tokenizer *t, const ink_ids *ids, const char *text, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < ids->count; i++) {
        const ink_text bytes = ink_token_bytes(t, ids->at[i]);
        assert_true(bytes.size <= n - at);
        assert_memory_equal(text + at, bytes.data, bytes.size);
        at += bytes.size;
    }
    assert_int_equal(at, n);
}

static size_t encode(const ink_tokenizer *t, const char *text, size_t n, ink_ids *ids)
{
    ids->count = 0;
    assert_ok(ink_tokenize(t, text, n, 0, ids, &err));
    return ids->count;
}

/* ---- texts ---- */

/* What is random in it: 0 code points of all planes, 1 those of the first, 2 letters and spaces, 3 bytes. */
static size_t random_text(uint64_t seed, unsigned kind, char *text, size_t n)
{
    static const uint32_t most[] = { 0x110000, 0x3000, 0x80 };
    size_t at = 0;
    for (uint64_t i = 0; at + 4 <= n; i++) {
        const uint64_t bits = ink_rng_bits(seed, kind, i);
        const uint32_t c = (uint32_t)(bits % (kind < 3 ? most[kind] : 256));
        if (kind == 3)
            text[at++] = (char)c;
        else if (c < 0xD800 || c > 0xDFFF)
            at += ink_utf8_put(c, text + at);
    }
    return at;
}

static void test_bytes_come_back(void **state)
{
    (void)state;
    char text[600];
    ink_ids ids = { 0 };
    for (size_t i = 0; i < BYTE_LEVEL; i++) {
        ink_tokenizer *t = open_case(byte_level[i]);
        for (uint64_t seed = 0; seed < 400; seed++) {
            const size_t n = random_text(seed, seed & 3, text, 4 + (size_t)(seed * 7) % (sizeof text - 4));
            encode(t, text, n, &ids);
            assert_comes_back(t, &ids, text, n);
        }
        ink_tokenizer_close(t);
    }
    ink_ids_clear(&ids);
}

/* SentencePiece puts a space before the text, and takes U+2581 for one. */
static void test_pieces_come_back(void **state)
{
    (void)state;
    char text[601] = " ";
    ink_ids ids = { 0 };
    ink_tokenizer *t = open_case("sentencepiece");
    for (uint64_t seed = 0; seed < 800; seed++) {
        const size_t n = 1 + random_text(seed, seed & 3, text + 1, 4 + (size_t)(seed * 7) % (sizeof text - 5));
        for (char *mark; (mark = memmem(text, n, "\xe2\x96\x81", 3));)
            *mark = 'x';
        encode(t, text + 1, n - 1, &ids);
        assert_comes_back(t, &ids, text, n);
        for (size_t i = 0; i < ids.count; i++)
            assert_int_equal(ink_token_display(t, ids.at[i], !i, false).size, ink_token_bytes(t, ids.at[i]).size - !i);
    }
    assert_int_equal(encode(t, "\xe2\x96\x81", 3, &ids), encode(t, " ", 1, &ids));
    ink_tokenizer_close(t);
    ink_ids_clear(&ids);
}

/* The text lies in memory of exactly its size, so that the address sanitizer sees a byte too far. */
static void test_text_is_read_to_its_end_and_no_further(void **state)
{
    (void)state;
    ink_ids ids = { 0 };
    for (size_t i = 0; i < BYTE_LEVEL; i++) {
        ink_tokenizer *t = open_case(byte_level[i]);
        for (size_t room = 1; room < 40; room++) {
            char text[40];
            const size_t n = random_text(room, room & 3, text, room);
            char *exact = malloc(n ? n : 1);
            memcpy(exact, text, n);
            encode(t, exact, n, &ids);
            assert_comes_back(t, &ids, text, n);
            free(exact);
        }
        ink_tokenizer_close(t);
    }
    ink_ids_clear(&ids);
}

/* ---- long runs ---- */

static void test_a_megabyte_of_one_character(void **state)
{
    (void)state;
    static const char *const characters[] = { "a", " ", "\n", "'", "1", "\xc3\xa9", "\xe7\x9a\x84", "\xf0\x9f\x99\x82", "\xcc\x81", "\xff", "\xe2\x96\x81", "s ", "\r\n", "'s", "aA", "\xe3\x80\x80" };
    static const char *const cases[] = { "gpt2", "digits", "llama3", "sentencepiece" };
    enum { MANY = 1 << 20 };
    char *text = malloc(MANY + 1);
    ink_ids ids = { 0 };
    alarm(300); /* a square of steps would take days */
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ink_tokenizer *t = open_case(cases[k]);
        for (size_t c = 0; c < sizeof characters / sizeof *characters; c++) {
            const size_t size = strlen(characters[c]), n = MANY / size * size;
            for (size_t i = 0; i < n; i++)
                text[i] = characters[c][i % size];
            const size_t count = encode(t, text, n, &ids);
            assert_true(count && count <= n + 1);
            if (k < 3)
                assert_comes_back(t, &ids, text, n);
        }
        ink_tokenizer_close(t);
    }
    alarm(0);
    free(text);
    ink_ids_clear(&ids);
}

/* Normal forms: a run of marks is sorted in parts, so it is no harder than twice its half. */
static void test_a_megabyte_of_marks(void **state)
{
    (void)state;
    ink_ids ids = { 0 };
    char *text = malloc((size_t)1 << 20);
    ink_tokenizer *t = open_text("{\"normalizer\":{\"type\":\"NFKC\"},\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
                                 "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}");
    for (size_t i = 0; i < (size_t)1 << 20; i++)
        text[i] = "\xcc\x81\xcc\xa3"[i & 3];
    alarm(300);
    assert_int_equal(encode(t, text, (size_t)1 << 20, &ids), 0); /* no byte of them has a token */
    alarm(0);
    free(text);
    ink_tokenizer_close(t);
    ink_ids_clear(&ids);
}

/* ---- added tokens and unknown ones ---- */

#define ENTRY(id, content, more) "{\"id\":" #id ",\"content\":\"" content "\"," more "}"

/* One token for each letter of a to e, '.' and ' ': ids 0 to 6. */
static ink_tokenizer *open_added(const char *entries)
{
    char json[4096];
    snprintf(json, sizeof json,
             "{\"added_tokens\":[%s],\"normalizer\":{\"type\":\"NFC\"},\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
             "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"c\":2,\"d\":3,\"e\":4,\".\":5,\"\u0120\":6},\"merges\":[]}}", entries);
    return open_text(json);
}

static void assert_ids(const ink_tokenizer *t, const char *text, bool controls, const char *wanted)
{
    char got[256] = "";
    ink_ids ids = { 0 };
    assert_ok(ink_tokenize(t, text, strlen(text), controls ? INK_TOKENIZE_SPECIAL : 0, &ids, &err));
    for (size_t i = 0, at = 0; i < ids.count; i++)
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%d", i ? " " : "", (int)ids.at[i]);
    assert_string_equal(got, wanted);
    ink_ids_clear(&ids);
}

static void test_added_tokens(void **state)
{
    (void)state;
    ink_tokenizer *t = open_added(ENTRY(10, "<a>", "\"special\":true") "," ENTRY(11, "<a><b>", "\"special\":false,\"normalized\":false") ","
                                  ENTRY(12, "cd", "\"special\":false,\"normalized\":false,\"single_word\":true") ","
                                  ENTRY(13, "e.", "\"special\":false,\"normalized\":false,\"lstrip\":true,\"rstrip\":true") ","
                                  ENTRY(14, "\u00e9", "\"special\":false,\"normalized\":true"));
    assert_ids(t, "a<a>b", true, "0 10 1");
    assert_ids(t, "a<a>b", false, "0 0 1"); /* < and > have no token and are left out */
    assert_ids(t, "<a><b>", true, "11");    /* the longest */
    assert_ids(t, "<a><b>", false, "11");
    assert_ids(t, "<a><b", true, "10 1");
    assert_ids(t, "cd", true, "12");
    assert_ids(t, "acd cd.cda", true, "0 2 3 6 12 5 2 3 0");
    assert_ids(t, "a  e.  b", true, "0 13 1");
    assert_ids(t, "e.  e.", true, "13 13");
    assert_ids(t, "ae\xcc\x81" "a\xc3\xa9", true, "0 14 0 14"); /* in the text's normal form */
    assert_int_equal(ink_tokenizer_find(t, "<a>", 3), 10);
    assert_true(ink_tokenizer_is_control(t, 10) && !ink_tokenizer_is_control(t, 12) && !ink_tokenizer_is_control(t, -1) && !ink_tokenizer_is_control(t, 1 << 30));
    assert_int_equal(ink_token_display(t, 10, false, false).size, 0);
    assert_int_equal(ink_token_display(t, 10, false, true).size, 3);
    ink_tokenizer_close(t);
}

#define PIECES(more) "{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\u2581\"},\"model\":{\"type\":\"BPE\"," more "," \
                     "\"vocab\":{\"<unk>\":0,\"a\":1,\"<0xC3>\":2,\"<0xA9>\":3,\"\u2581\":4,\"b\":5},\"merges\":[]}}"

static void test_bytes_stand_in_for_unknown_characters(void **state)
{
    (void)state;
    ink_tokenizer *t = open_text(PIECES("\"byte_fallback\":true,\"fuse_unk\":false,\"unk_token\":\"<unk>\""));
    assert_ids(t, "a\xc3\xa9" "b", true, "1 2 3 5");
    assert_ids(t, "\xc3\xaa\xc3\xaa", true, "0 0"); /* not all of its bytes have tokens */
    assert_ids(t, "\xc3", true, "2");
    ink_tokenizer_close(t);
    t = open_text(PIECES("\"byte_fallback\":false,\"fuse_unk\":true,\"unk_token\":\"<unk>\""));
    assert_ids(t, "a\xc3\xa9xy b", true, "1 0 4 5");
    ink_tokenizer_close(t);
    t = open_text(PIECES("\"byte_fallback\":false,\"fuse_unk\":true,\"unk_token\":null"));
    assert_ids(t, "a\xc3\xa9xy b", true, "1 4 5");
    ink_tokenizer_close(t);
}

/* ---- refusals ---- */

static void test_limits_are_sentences(void **state)
{
    (void)state;
    ink_ids ids = { 0 };
    ink_tokenizer *t = open_added("");
    assert_int_equal(ink_tokenize(t, "", (size_t)INT32_MAX, 0, &ids, &err), INK_E_LIMIT);
    assert_non_null(strstr(err.text, "2147483646"));
    assert_int_equal(ids.count, 0);
    ink_tokenizer_close(t);
    char *json = malloc(8192);
    snprintf(json, 8192, "{\"added_tokens\":[{\"id\":9,\"content\":\"%1030d\"}],\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
                         "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}", 7);
    ink_json *root;
    assert_ok(ink_json_parse(json, strlen(json), "the text", &root, &err));
    assert_int_equal(make(root, &t), INK_E_LIMIT);
    assert_non_null(strstr(err.text, "1030 bytes long"));
    ink_json_free(root);
    free(json);
}

/* Every allocation fails in turn: a sentence, nothing lost, nothing kept. */
static void test_refused_memory(void **state)
{
    (void)state;
    static const char *const cases[] = { "gpt2", "sentencepiece", "unknown-pattern" };
    char text[700];
    const size_t n = random_text(1, 2, text, sizeof text);
    memset(text, 'a', 200);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        ink_json *root = read_case(cases[c]);
        ink_status status = INK_E_MEMORY;
        for (size_t fail = 1; status; fail++) {
            ink_tokenizer *t = NULL;
            ink_ids ids = { 0 };
            err = (ink_err){ 0 };
            allocations = 0;
            failing = fail;
            status = make(root, &t);
            if (!status)
                status = ink_tokenize(t, text, n, 0, &ids, &err);
            failing = 0;
            assert_true(status == INK_OK || (err.text[0] && !ids.count));
            assert_true(fail < 1000);
            ink_tokenizer_close(t);
            ink_ids_clear(&ids);
        }
        ink_json_free(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_come_back),
        cmocka_unit_test(test_pieces_come_back),
        cmocka_unit_test(test_text_is_read_to_its_end_and_no_further),
        cmocka_unit_test(test_a_megabyte_of_one_character),
        cmocka_unit_test(test_a_megabyte_of_marks),
        cmocka_unit_test(test_added_tokens),
        cmocka_unit_test(test_bytes_stand_in_for_unknown_characters),
        cmocka_unit_test(test_limits_are_sentences),
        cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests_name("tokenizer", tests, NULL, NULL);
}
