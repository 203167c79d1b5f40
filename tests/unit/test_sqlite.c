/* Databases: migrations one by one, files that are newer or no database, values there and back, transactions taken back. */
#include "test.h"

#include <ink/sqlite.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static ink_err err;
static char path[] = "/tmp/ink-sqlite-XXXXXX";

static const char *const first[] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c REAL)", NULL };
static const char *const second[] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c REAL)", "ALTER TABLE t ADD COLUMN d INTEGER NOT NULL DEFAULT 7", NULL };
static const char *const broken[] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c REAL)", "ALTER TABLE t ADD COLUMN d INTEGER NOT NULL DEFAULT 7",
                                      "CREATE TABLE u (x); CREATE TABLE t (x)", NULL };

static int64_t one(ink_sqlite *db, const char *sql)
{
    ink_rows *r;
    ink_status status;
    assert_ok(ink_sqlite_ask(db, &r, &err, sql, ""));
    assert_true(ink_rows_next(r, &status, &err));
    int64_t v = ink_rows_integer(r, 0);
    ink_rows_end(r);
    return v;
}

static void test_migrations(void **state)
{
    (void)state;
    ink_sqlite *db;
    assert_ok(ink_sqlite_open(path, first, &db, &err));
    assert_ok(ink_sqlite_do(db, &err, "INSERT INTO t (a) VALUES (?)", "t", "old"));
    ink_sqlite_close(db);
    assert_ok(ink_sqlite_open(path, second, &db, &err)); /* what was there stays, and has what is new */
    assert_int_equal(one(db, "SELECT d FROM t WHERE a = 'old'"), 7);
    ink_sqlite_close(db);
    assert_int_equal(ink_sqlite_open(path, first, &db, &err), INK_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "newer"));
    assert_int_equal(ink_sqlite_open(path, broken, &db, &err), INK_E_IO); /* half a migration is none */
    assert_ok(ink_sqlite_open(path, second, &db, &err));
    assert_int_equal(one(db, "SELECT count(*) FROM sqlite_master WHERE name = 'u'"), 0);
    ink_sqlite_close(db);
}

static void test_values(void **state)
{
    (void)state;
    ink_sqlite *db;
    ink_rows *r;
    ink_status status;
    size_t n;
    assert_ok(ink_sqlite_open(path, second, &db, &err));
    assert_ok(ink_sqlite_do(db, &err, "INSERT INTO t (a, b, c, d) VALUES (?, ?, ?, ?)", "xbdi", "a\0b", (size_t)3, "\1\0\2", (size_t)3, 0.5, (int64_t)-9000000000));
    int64_t id = ink_sqlite_last(db);
    assert_ok(ink_sqlite_ask(db, &r, &err, "SELECT a, b, c, d, NULL FROM t WHERE id = ?", "i", id));
    assert_true(ink_rows_next(r, &status, &err));
    assert_memory_equal(ink_rows_text(r, 0, &n), "a\0b", 3);
    assert_int_equal(n, 3);
    assert_memory_equal(ink_rows_bytes(r, 1, &n), "\1\0\2", 3);
    assert_true(ink_rows_real(r, 2) > 0.49 && ink_rows_real(r, 2) < 0.51);
    assert_true(ink_rows_integer(r, 3) == -9000000000);
    assert_true(ink_rows_is_null(r, 4) && !*ink_rows_text(r, 4, NULL));
    assert_false(ink_rows_next(r, &status, &err));
    assert_int_equal(status, INK_OK);
    ink_rows_end(r);
    assert_ok(ink_sqlite_do(db, &err, "DELETE FROM t WHERE id = ?", "i", id));
    assert_int_equal(ink_sqlite_changes(db), 1);
    assert_int_equal(ink_sqlite_do(db, &err, "SELEKT", ""), INK_E_IO);
    assert_non_null(strstr(err.text, path));
    ink_sqlite_close(db);
}

static void test_transactions(void **state)
{
    (void)state;
    ink_sqlite *db, *other;
    assert_ok(ink_sqlite_open(path, second, &db, &err));
    assert_ok(ink_sqlite_open(path, second, &other, &err));
    int64_t before = one(db, "SELECT count(*) FROM t");
    assert_ok(ink_sqlite_begin(db, &err));
    assert_ok(ink_sqlite_do(db, &err, "INSERT INTO t (a) VALUES ('x')", ""));
    assert_int_equal(one(other, "SELECT count(*) FROM t"), before); /* nobody sees half */
    ink_sqlite_undo(db);
    assert_int_equal(one(db, "SELECT count(*) FROM t"), before);
    assert_ok(ink_sqlite_begin(db, &err));
    assert_ok(ink_sqlite_do(db, &err, "INSERT INTO t (a) VALUES ('x')", ""));
    assert_ok(ink_sqlite_commit(db, &err));
    assert_int_equal(one(other, "SELECT count(*) FROM t"), before + 1);
    ink_sqlite_undo(db);
    ink_sqlite_close(db);
    ink_sqlite_close(other);
}

/* What a process that is killed has been told is done is there afterwards. */
static void test_killed(void **state)
{
    (void)state;
    int fd[2];
    char done = 0;
    ink_sqlite *db;
    assert_ok(ink_sqlite_open(path, second, &db, &err));
    int64_t before = one(db, "SELECT count(*) FROM t");
    ink_sqlite_close(db);
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    if (!child) {
        if (!ink_sqlite_open(path, second, &db, &err))
            for (int i = 0; i < 1000 && !ink_sqlite_do(db, &err, "INSERT INTO t (a) VALUES ('k')", ""); i++)
                if (write(fd[1], "k", 1) != 1)
                    break;
        _exit(0);
    }
    int64_t told = 0;
    close(fd[1]);
    while (told < 40 && read(fd[0], &done, 1) == 1)
        told++;
    kill(child, 9);
    while (read(fd[0], &done, 1) == 1)
        told++;
    waitpid(child, NULL, 0);
    close(fd[0]);
    assert_ok(ink_sqlite_open(path, second, &db, &err));
    assert_in_range(one(db, "SELECT count(*) FROM t") - before, told, told + 1);
    ink_sqlite_close(db);
}

static void test_no_database(void **state)
{
    (void)state;
    ink_sqlite *db;
    char other[] = "/tmp/ink-sqlite-XXXXXX";
    int fd = mkstemp(other);
    for (int i = 0; i < 400; i++)
        assert_int_equal(write(fd, "this is no database. ", 21), 21);
    close(fd);
    assert_int_equal(ink_sqlite_open(other, first, &db, &err), INK_E_FORMAT);
    assert_int_equal(ink_sqlite_open("/no/such/folder/x.db", first, &db, &err), INK_E_IO);
    unlink(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_migrations), cmocka_unit_test(test_values), cmocka_unit_test(test_transactions), cmocka_unit_test(test_killed), cmocka_unit_test(test_no_database),
    };
    close(mkstemp(path));
    unlink(path);
    int failed = cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
    char more[64];
    static const char *const ends[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < 3; i++) {
        snprintf(more, sizeof more, "%s%s", path, ends[i]);
        unlink(more);
    }
    return failed;
}
