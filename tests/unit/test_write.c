/* Files of weights as we write them, read again: metadata of every kind, tensors from memory and fed in pieces, and what is refused. */
#include "test.h"
#include "formats/write.h"
#include "tensor/names.h"

#include <unistd.h>

static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/ink-write-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static const float first[3] = { 1, 2, 3 };
static const uint8_t second[2 * 34] = { 0, 0x3c, 7, [34] = 0, 0x40, 9 };

static void tensors(ink_write_tensor list[2])
{
    list[0] = (ink_write_tensor){ .name = "a", .type = INK_F32, .ndim = 1, .dims = { 3 }, .data = first, .bytes = sizeof first };
    list[1] = (ink_write_tensor){ .name = "b.weight", .type = INK_Q8_0, .ndim = 2, .dims = { 2, 32 }, .data = second, .bytes = sizeof second };
}

static void describe(ink_gguf_pairs *p)
{
    const ink_text texts[2] = { { "x", 1 }, { "", 0 } };
    const int32_t integers[2] = { -1, 5 };
    const float reals[1] = { 0.5f };
    ink_gguf_pairs_init(p);
    ink_gguf_text(p, "general.architecture", "test", 4);
    ink_gguf_count(p, "n", 7);
    ink_gguf_real(p, "r", 0.25);
    ink_gguf_bool(p, "yes", true);
    ink_gguf_texts(p, "texts", texts, 2);
    ink_gguf_integers(p, "integers", integers, 2);
    ink_gguf_reals(p, "reals", reals, 1);
}

static void look(const ink_weights *w)
{
    assert_int_equal(ink_weights_meta(w, "n")->integer, 7);
    assert_true(ink_weights_meta(w, "r")->real == 0.25 && ink_weights_meta(w, "yes")->boolean);
    assert_int_equal(ink_meta_text_at(ink_weights_meta(w, "texts"), 0).size, 1);
    assert_int_equal(ink_meta_text_at(ink_weights_meta(w, "texts"), 1).size, 0);
    assert_true(ink_meta_number_at(ink_weights_meta(w, "integers"), 0) == -1 && ink_meta_number_at(ink_weights_meta(w, "reals"), 0) == 0.5);
    const ink_tensor *b = ink_weights_find(w, "b.weight");
    assert_true(b && b->type == INK_Q8_0 && b->dims[0] == 2 && b->dims[1] == 32 && !memcmp(b->data, second, sizeof second));
    assert_memory_equal(ink_weights_find(w, "a")->data, first, sizeof first);
}

static void test_gguf_round(void **state)
{
    (void)state;
    ink_err err;
    ink_weights *w, *again;
    ink_write_tensor list[2];
    ink_gguf_pairs p, copy;
    describe(&p);
    tensors(list);
    assert_ok(ink_gguf_write(path, &p, list, 2, NULL, &err));
    assert_ok(ink_weights_open(path, &w, &err));
    look(w);
    ink_gguf_pairs_init(&copy); /* every pair of a file goes into another one as it is */
    for (size_t i = 0; i < ink_weights_meta_count(w); i++)
        ink_gguf_meta(&copy, ink_weights_meta_at(w, i));
    assert_int_equal(copy.count, p.count);
    assert_true(copy.bytes.len == p.bytes.len && !memcmp(copy.bytes.data, p.bytes.data, p.bytes.len));
    assert_ok(ink_gguf_write(path, &copy, list, 2, NULL, &err));
    assert_ok(ink_weights_open(path, &again, &err));
    look(again);
    ink_weights_close(again);
    ink_weights_close(w);
    ink_gguf_pairs_clear(&copy);
    ink_gguf_pairs_clear(&p);
}

static ink_status feed(void *user, size_t which, ink_write_sink *to, ink_err *err)
{
    const int off = *(const int *)user;
    const size_t n = which ? sizeof second : sizeof first;
    const char *bytes = which ? (const char *)second : (const char *)first;
    INK_TRY(ink_write_more(to, bytes, 5, err));
    return ink_write_more(to, bytes + 5, (size_t)((int)n - 5 + off), err);
}

static void test_fed(void **state)
{
    (void)state;
    ink_err err;
    ink_weights *w;
    ink_write_tensor list[2];
    ink_gguf_pairs p;
    int off = 0;
    describe(&p);
    tensors(list);
    const ink_write_feed by = { feed, &off };
    assert_ok(ink_gguf_write(path, &p, list, 2, &by, &err));
    assert_ok(ink_weights_open(path, &w, &err));
    look(w);
    for (off = -1; off < 2; off += 2) { /* too short, too long: the file that stood there stays */
        assert_int_equal(ink_gguf_write(path, &p, list, 1, &by, &err), INK_E_FORMAT);
        assert_ok(ink_weights_open(path, &w, (ink_weights_close(w), &err)));
        look(w);
    }
    ink_weights_close(w);
    ink_gguf_pairs_clear(&p);
}

static void test_refused(void **state)
{
    (void)state;
    ink_err err;
    ink_write_tensor list[2];
    ink_gguf_pairs p;
    describe(&p);
    tensors(list);
    list[0].type = INK_BOOL;
    assert_int_equal(ink_gguf_write(path, &p, list, 2, NULL, &err), INK_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "cannot hold a"));
    tensors(list);
    assert_int_equal(ink_safetensors_write(path, list, 2, NULL, &err), INK_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "b.weight"));
    ink_gguf_pairs_clear(&p);
}

/* Rows of heads in the orders of files: by hand, and there and back again. */
static void test_rows(void **state)
{
    (void)state;
    static const size_t halves[] = { 0, 2, 1, 3, 4, 6, 5, 7 };                    /* two heads of four */
    static const size_t grouped[] = { 0, 1, 4, 6, 2, 3, 5, 7 };                   /* four heads of one share two: q0 q1 k0 v0, q2 q3 k1 v1 among q, k, v */
    const ink_name_heads four = { .head_dim = 4 }, one = { .head_dim = 1, .kv_heads = 2 }, wide = { .head_dim = 6, .kv_heads = 3 };
    for (size_t r = 0; r < 8; r++) {
        assert_int_equal(ink_name_row(INK_NAME_ROPE_ROWS, four, 8, r), halves[r]);
        assert_int_equal(ink_name_row(INK_NAME_QKV_ROWS, one, 8, r), grouped[r]);
        assert_int_equal(ink_name_row(INK_NAME_SAME, four, 8, r), r);
    }
    for (size_t r = 0; r < 90; r++) { /* nine heads, three of keys */
        assert_int_equal(ink_name_row_back(INK_NAME_QKV_ROWS, wide, 90, ink_name_row(INK_NAME_QKV_ROWS, wide, 90, r)), r);
        assert_int_equal(ink_name_row_back(INK_NAME_ROPE_ROWS, wide, 90, ink_name_row(INK_NAME_ROPE_ROWS, wide, 90, r)), r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gguf_round),
        cmocka_unit_test(test_fed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
