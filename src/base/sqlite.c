#include <ink/sqlite.h>

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQLITE_PATIENCE = 10000 }; /* milliseconds that another process may hold the file */

struct ink_sqlite {
    sqlite3 *db;
    char *path;
};

static ink_status sqlite_status(int code)
{
    static const struct {
        int code;
        ink_status status;
    } table[] = {
        { SQLITE_OK, INK_OK }, { SQLITE_BUSY, INK_E_BUSY }, { SQLITE_LOCKED, INK_E_BUSY }, { SQLITE_NOMEM, INK_E_MEMORY }, { SQLITE_CORRUPT, INK_E_FORMAT },
        { SQLITE_NOTADB, INK_E_FORMAT }, { SQLITE_TOOBIG, INK_E_LIMIT }, { SQLITE_CONSTRAINT, INK_E_ARGUMENT },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == (code & 0xff))
            return table[i].status;
    return INK_E_IO;
}

static ink_status sqlite_fail(const ink_sqlite *db, int code, ink_err *err)
{
    return ink_fail(err, sqlite_status(code), "%s: %s", db->path, db->db ? sqlite3_errmsg(db->db) : sqlite3_errstr(code));
}

static ink_status sqlite_script(ink_sqlite *db, const char *sql, ink_err *err)
{
    int code = sqlite3_exec(db->db, sql, NULL, NULL, NULL);
    return code ? sqlite_fail(db, code, err) : INK_OK;
}

/* ---- opening ---- */

static ink_status sqlite_version(ink_sqlite *db, int64_t *version, ink_err *err)
{
    ink_rows *r;
    ink_status status = INK_OK;
    INK_TRY(ink_sqlite_ask(db, &r, err, "PRAGMA user_version", ""));
    *version = ink_rows_next(r, &status, err) ? ink_rows_integer(r, 0) : 0;
    ink_rows_end(r);
    return status;
}

static ink_status sqlite_step_up(ink_sqlite *db, const char *script, size_t to, ink_err *err)
{
    char mark[64];
    int64_t now = 0;
    snprintf(mark, sizeof mark, "PRAGMA user_version = %zu", to);
    INK_TRY(sqlite_script(db, "BEGIN IMMEDIATE", err));
    ink_status status = sqlite_version(db, &now, err); /* another process may have done it meanwhile */
    if (!status && (size_t)now < to)
        status = sqlite_script(db, script, err);
    if (!status && (size_t)now < to)
        status = sqlite_script(db, mark, err);
    if (!status)
        status = sqlite_script(db, "COMMIT", err);
    if (status)
        ink_sqlite_undo(db);
    return status;
}

static ink_status sqlite_migrate(ink_sqlite *db, const char *const *migrations, ink_err *err)
{
    int64_t have;
    size_t count = 0;
    while (migrations[count])
        count++;
    INK_TRY(sqlite_version(db, &have, err));
    if (have < 0 || (uint64_t)have > count)
        return ink_fail(err, INK_E_UNSUPPORTED, "%s: was written by a newer inkstone (version %lld of its tables; this one knows %zu)", db->path, (long long)have, count);
    for (size_t i = (size_t)have; i < count; i++)
        INK_TRY(sqlite_step_up(db, migrations[i], i + 1, err));
    return INK_OK;
}

static ink_status sqlite_setup(ink_sqlite *db, const char *const *migrations, ink_err *err)
{
    int code = sqlite3_open_v2(db->path, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL);
    if (code)
        return sqlite_fail(db, code, err);
    sqlite3_busy_timeout(db->db, SQLITE_PATIENCE);
    sqlite3_extended_result_codes(db->db, 1);
    INK_TRY(sqlite_script(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF", err));
    return sqlite_migrate(db, migrations, err);
}

ink_status ink_sqlite_open(const char *path, const char *const *migrations, ink_sqlite **out, ink_err *err)
{
    ink_sqlite *db = calloc(1, sizeof *db);
    if (db)
        db->path = strdup(path);
    ink_status status = db && db->path ? sqlite_setup(db, migrations, err) : ink_fail(err, INK_E_MEMORY, "no memory to open %s", path);
    if (status)
        ink_sqlite_close(db);
    else
        *out = db;
    return status;
}

void ink_sqlite_close(ink_sqlite *db)
{
    if (!db)
        return;
    sqlite3_close(db->db);
    free(db->path);
    free(db);
}

/* ---- statements ---- */

struct ink_rows {
    ink_sqlite *db;
    sqlite3_stmt *statement;
};

static int sqlite_bind(sqlite3_stmt *s, int at, char type, va_list *values)
{
    if (type == 'i')
        return sqlite3_bind_int64(s, at, va_arg(*values, int64_t));
    if (type == 'd')
        return sqlite3_bind_double(s, at, va_arg(*values, double));
    const char *text = va_arg(*values, const char *);
    if (type == 't')
        return text ? sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT) : sqlite3_bind_null(s, at);
    size_t n = va_arg(*values, size_t);
    return type == 'x' ? sqlite3_bind_text64(s, at, text ? text : "", n, SQLITE_TRANSIENT, SQLITE_UTF8) : sqlite3_bind_blob64(s, at, text ? text : "", n, SQLITE_TRANSIENT);
}

static ink_status sqlite_prepare(ink_rows *r, const char *sql, const char *types, va_list *values, ink_err *err)
{
    int code = sqlite3_prepare_v2(r->db->db, sql, -1, &r->statement, NULL);
    for (int i = 0; !code && types[i]; i++)
        code = sqlite_bind(r->statement, i + 1, types[i], values);
    if (!code)
        return INK_OK;
    ink_status status = sqlite_fail(r->db, code, err);
    sqlite3_finalize(r->statement);
    r->statement = NULL;
    return status;
}

ink_status ink_sqlite_do(ink_sqlite *db, ink_err *err, const char *sql, const char *types, ...)
{
    ink_rows r = { .db = db };
    va_list values;
    va_start(values, types);
    ink_status status = sqlite_prepare(&r, sql, types, &values, err);
    va_end(values);
    while (!status && ink_rows_next(&r, &status, err))
        ;
    sqlite3_finalize(r.statement);
    return status;
}

ink_status ink_sqlite_ask(ink_sqlite *db, ink_rows **out, ink_err *err, const char *sql, const char *types, ...)
{
    ink_rows *r = calloc(1, sizeof *r);
    va_list values;
    if (!r)
        return ink_fail(err, INK_E_MEMORY, "no memory to ask %s", db->path);
    r->db = db;
    va_start(values, types);
    ink_status status = sqlite_prepare(r, sql, types, &values, err);
    va_end(values);
    if (status)
        free(r);
    else
        *out = r;
    return status;
}

bool ink_rows_next(ink_rows *r, ink_status *status, ink_err *err)
{
    int code = sqlite3_step(r->statement);
    *status = code == SQLITE_ROW || code == SQLITE_DONE ? INK_OK : sqlite_fail(r->db, code, err);
    return code == SQLITE_ROW;
}

void ink_rows_end(ink_rows *r)
{
    if (r)
        sqlite3_finalize(r->statement);
    free(r);
}

int64_t ink_rows_integer(ink_rows *r, int column) { return sqlite3_column_int64(r->statement, column); }
double ink_rows_real(ink_rows *r, int column) { return sqlite3_column_double(r->statement, column); }
bool ink_rows_is_null(ink_rows *r, int column) { return sqlite3_column_type(r->statement, column) == SQLITE_NULL; }
int64_t ink_sqlite_last(ink_sqlite *db) { return sqlite3_last_insert_rowid(db->db); }
int64_t ink_sqlite_changes(ink_sqlite *db) { return sqlite3_changes(db->db); }

const char *ink_rows_text(ink_rows *r, int column, size_t *n)
{
    const char *text = (const char *)sqlite3_column_text(r->statement, column);
    if (n)
        *n = (size_t)sqlite3_column_bytes(r->statement, column);
    return text ? text : "";
}

const void *ink_rows_bytes(ink_rows *r, int column, size_t *n)
{
    const void *bytes = sqlite3_column_blob(r->statement, column);
    *n = (size_t)sqlite3_column_bytes(r->statement, column);
    return bytes;
}

/* ---- transactions ---- */

ink_status ink_sqlite_begin(ink_sqlite *db, ink_err *err) { return sqlite_script(db, "BEGIN IMMEDIATE", err); }
ink_status ink_sqlite_commit(ink_sqlite *db, ink_err *err) { return sqlite_script(db, "COMMIT", err); }

void ink_sqlite_undo(ink_sqlite *db)
{
    if (!sqlite3_get_autocommit(db->db))
        sqlite3_exec(db->db, "ROLLBACK", NULL, NULL, NULL);
}
