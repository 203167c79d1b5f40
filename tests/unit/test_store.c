/* The pieces under the store of models: SHA-256, paths, zip members, names; and names resolved on a store in a temporary folder. */
#include "test.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/zip.h"
#include "models/recipe.h"
#include "models/shelf.h"

#include <ink/store.h>
#include <unistd.h>

/* Digests published with the standard (FIPS 180-2, appendix B). */
static void test_sha256(void **state)
{
    (void)state;
    char hex[INK_SHA256_HEX], letters[1000];
    ink_sha256 s;
    memset(letters, 'a', sizeof letters);
    ink_sha256_init(&s);
    ink_sha256_add(&s, "abc", 3);
    ink_sha256_hex(&s, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ink_sha256_init(&s);
    ink_sha256_hex(&s, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ink_sha256_init(&s);
    ink_sha256_add(&s, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    ink_sha256_hex(&s, hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    ink_sha256_init(&s);
    for (size_t left = 1000000, n = 1; left; left -= n, n = n < 999 ? n + 1 : 1) { /* pieces of every length */
        n = n < left ? n : left;
        ink_sha256_add(&s, letters, n);
    }
    ink_sha256_hex(&s, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_true(ink_sha256_valid(hex));
    hex[3] = 'G';
    assert_false(ink_sha256_valid(hex) || ink_sha256_valid("") || ink_sha256_valid(NULL) || ink_sha256_valid("../../x"));
}

static void test_safe_paths(void **state)
{
    (void)state;
    const char *good[] = { "a", "a.b", "a/b/c.json", "1_Pooling/config.json", "x-00001-of-00002.gguf" };
    const char *bad[] = { "", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a/.b", "a\\b", "a b", "a\nb", "caf\xc3\xa9", "c:a", "1/2/3/4/5/6/7/8/9" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(ink_path_safe(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ink_path_safe(bad[i]));
}

static void test_hub_names(void **state)
{
    (void)state;
    ink_err err;
    ink_hub_name n;
    assert_ok(ink_hub_name_parse("hf:Some-User/Repo.Name-GGUF:Q4_K_M", &n, &err));
    assert_string_equal(n.repo, "Some-User/Repo.Name-GGUF");
    assert_string_equal(n.quant, "Q4_K_M");
    assert_string_equal(n.key, "hf--Some-User--Repo.Name-GGUF--Q4_K_M");
    assert_ok(ink_hub_name_parse("hf:u/r", &n, &err));
    assert_string_equal(n.key, "hf--u--r");
    const char *bad[] = { "hf:", "hf:u", "hf:u/r/s", "hf:/r", "hf:u/..", "hf:a..b/r", "hf:u/r:", "hf:u/r:x/y", "hf:u/r#x" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ink_hub_name_parse(bad[i], &n, &err), INK_E_ARGUMENT);
}

static void test_catalogue_is_sound(void **state)
{
    (void)state;
    ink_err err;
    ink_arena *a;
    ink_recipe *all;
    size_t count;
    unsetenv("INKSTONE_CATALOGUE");
    assert_ok(ink_arena_new("test", 0, &a, &err));
    assert_ok(ink_catalogue_read(a, &all, &count, &err));
    for (size_t i = 0; i < count; i++)
        assert_true(all[i].about && all[i].licence && all[i].source_count);
    assert_non_null(ink_catalogue_find(all, count, "smollm2"));
    ink_arena_free(a);
}

static void test_resolving(void **state)
{
    (void)state;
    ink_err err;
    char home[] = "/tmp/ink-store-XXXXXX", *path, file[64];
    assert_non_null(mkdtemp(home));
    setenv("INKSTONE_HOME", home, 1);
    snprintf(file, sizeof file, "%s/blob", home);
    assert_ok(ink_file_write(file, "abc", 3, &err));
    assert_ok(ink_store_resolve(file, &path, &err));
    assert_string_equal(path, file);
    free(path);
    assert_int_equal(ink_store_resolve("smollm2", &path, &err), INK_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "inkstone pull smollm2"));
    assert_int_equal(ink_store_resolve("smolm2", &path, &err), INK_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "did you mean smollm2?"));
    assert_int_equal(ink_store_resolve("hf:u/r", &path, &err), INK_E_NOT_FOUND);
    assert_int_equal(ink_store_resolve("hf:u", &path, &err), INK_E_ARGUMENT);

    ink_shelf shelf;
    ink_recipe_file f = { .path = "in/side", .bytes = 3, .sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" };
    ink_recipe r = { .name = "hf:u/r", .open = "in/side", .files = &f, .file_count = 1 };
    assert_ok(ink_shelf_open(&shelf, &err));
    assert_ok(ink_shelf_keep(&shelf, file, f.sha256, &err));
    assert_ok(ink_shelf_write(&shelf, "hf--u--r", &r, "a test", &err));
    assert_ok(ink_store_resolve("hf:u/r", &path, &err));
    char hex[INK_SHA256_HEX];
    assert_ok(ink_sha256_file(path, hex, &err)); /* the link leads to the blob */
    assert_string_equal(hex, f.sha256);
    free(path);
    ink_store_list list;
    assert_ok(ink_store_list_read(&list, &err));
    assert_string_equal(list.at[list.count - 1].name, "hf:u/r");
    ink_store_list_clear(&list);
    uint64_t freed;
    assert_ok(ink_store_remove("hf:u/r", &freed, &err));
    assert_int_equal(freed, 3);
    assert_int_equal(ink_store_resolve("hf:u/r", &path, &err), INK_E_NOT_FOUND);
    assert_ok(ink_path_delete(home, &err));
}

static void test_zip_of_another_kind_is_refused(void **state)
{
    (void)state;
    ink_err err;
    ink_zip *z;
    assert_int_equal(ink_zip_open("/dev/null", &z, &err), INK_E_FORMAT);
    assert_int_equal(ink_zip_open("/nonexistent.whl", &z, &err), INK_E_FORMAT);
    assert_non_null(strstr(err.text, "nonexistent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),    cmocka_unit_test(test_safe_paths), cmocka_unit_test(test_hub_names), cmocka_unit_test(test_catalogue_is_sound),
        cmocka_unit_test(test_resolving), cmocka_unit_test(test_zip_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
