/* ink/sqlite.h: small databases in one file each: SQLite behind names of our own. What a call has finished is on disk when it
   returns (write-ahead log, synchronous FULL), and a file from an older program is brought up to date when it is opened. A database may be
   used by several threads, but a transaction is its thread's own: who has several threads keeps a lock around it. */
#ifndef INK_SQLITE_H
#define INK_SQLITE_H

#include <ink/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ink_sqlite ink_sqlite;

/* Made when absent. migrations (NULL-terminated): SQL scripts; the i-th takes a file from version i to i + 1, and each is a
   transaction with its version. A file of a version beyond them is INK_E_UNSUPPORTED, one that is no database INK_E_FORMAT. */
INK_API ink_status ink_sqlite_open(const char *path, const char *const *migrations, ink_sqlite **out, ink_err *err);
INK_API void ink_sqlite_close(ink_sqlite *db); /* after its rows. NULL is fine */

/* Binds values to the ?s of one statement by a letter each: i int64_t, d double, t const char * (NULL: null), b const void * and size_t, x
   const char * and size_t (text that may hold anything). They are copied. INK_E_BUSY: another process holds the file. */
INK_API ink_status ink_sqlite_do(ink_sqlite *db, ink_err *err, const char *sql, const char *types, ...);
INK_API int64_t ink_sqlite_last(ink_sqlite *db);    /* the rowid that was inserted last */
INK_API int64_t ink_sqlite_changes(ink_sqlite *db); /* rows that the last statement changed */

typedef struct ink_rows ink_rows;
INK_API ink_status ink_sqlite_ask(ink_sqlite *db, ink_rows **out, ink_err *err, const char *sql, const char *types, ...);
INK_API bool ink_rows_next(ink_rows *r, ink_status *status, ink_err *err); /* false: no more, or a failure */
INK_API int64_t ink_rows_integer(ink_rows *r, int column);
INK_API double ink_rows_real(ink_rows *r, int column);
INK_API bool ink_rows_is_null(ink_rows *r, int column);
INK_API const char *ink_rows_text(ink_rows *r, int column, size_t *n);  /* until the next row; "" for null; n may be NULL */
INK_API const void *ink_rows_bytes(ink_rows *r, int column, size_t *n); /* until the next row */
INK_API void ink_rows_end(ink_rows *r);                                 /* NULL is fine */

INK_API ink_status ink_sqlite_begin(ink_sqlite *db, ink_err *err);
INK_API ink_status ink_sqlite_commit(ink_sqlite *db, ink_err *err);
INK_API void ink_sqlite_undo(ink_sqlite *db);       /* to the beginning; harmless outside a transaction */

#endif
