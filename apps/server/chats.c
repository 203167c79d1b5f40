#include "server/chats.h"

#include <ink/sqlite.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHATS_TITLE = 200, CHATS_MESSAGES = 100000 };

struct srv_chats {
    ink_sqlite *db;
    pthread_mutex_t lock; /* a transaction at a time */
};

static const char *const chats_migrations[] = {
    "CREATE TABLE chat (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, title TEXT NOT NULL, created REAL NOT NULL, changed REAL NOT NULL,"
    " model TEXT, system TEXT, leaf INTEGER);"
    "CREATE INDEX chat_owner ON chat (owner, changed);"
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE, parent INTEGER REFERENCES message (id),"
    " role TEXT NOT NULL, content TEXT NOT NULL, model TEXT, created REAL NOT NULL);"
    "CREATE INDEX message_chat ON message (chat)",
    "ALTER TABLE chat ADD COLUMN settings TEXT; ALTER TABLE message ADD COLUMN reasoning TEXT; ALTER TABLE message ADD COLUMN info TEXT;"
    "CREATE INDEX message_parent ON message (parent)",
    NULL,
};

ink_status srv_chats_open(srv_chats **out, ink_err *err)
{
    char path[4200], folder[4096];
    srv_chats *s = calloc(1, sizeof *s);
    if (!s)
        return ink_fail(err, INK_E_MEMORY, "no memory for conversations");
    pthread_mutex_init(&s->lock, NULL);
    ink_status status = srv_folder("", folder, sizeof folder, err);
    snprintf(path, sizeof path, "%s/conversations.db", folder);
    if (!status)
        status = ink_sqlite_open(path, chats_migrations, &s->db, err);
    if (!status)
        chmod(path, 0600); /* what people talk about is theirs */
    if (status)
        srv_chats_close(s);
    else
        *out = s;
    return status;
}

void srv_chats_close(srv_chats *s)
{
    if (!s)
        return;
    ink_sqlite_close(s->db);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

ink_status srv_chats_id(const char *text, int64_t *id, ink_err *err)
{
    char *end;
    *id = strtoll(text, &end, 10);
    return end != text && !*end && *id > 0 ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "\"%.40s\" is no number of a conversation", text);
}

/* ---- a call under the lock, as one transaction ---- */

typedef struct chats_work {
    srv_call *call;
    ink_sqlite *db;
    char owner[20];
    int64_t id, *made;
    const char *search;
    const ink_json *given;
    ink_jot *j;
} chats_work;

static ink_status chats_run(srv_call *c, chats_work *w, ink_status (*work)(chats_work *w, ink_err *err), ink_err *err)
{
    srv_chats *s = srv_chats_of(c->server);
    if (!s)
        return ink_fail(err, INK_E_IO, "the file of conversations cannot be opened; the server's log says why");
    w->call = c;
    w->db = s->db;
    srv_owner(c, w->owner);
    pthread_mutex_lock(&s->lock);
    ink_status status = ink_sqlite_begin(s->db, err);
    if (!status)
        status = work(w, err);
    if (!status)
        status = ink_sqlite_commit(s->db, err);
    if (status)
        ink_sqlite_undo(s->db);
    pthread_mutex_unlock(&s->lock);
    return status;
}

static ink_status chats_exists(chats_work *w, ink_err *err)
{
    ink_rows *r;
    ink_status status;
    INK_TRY(ink_sqlite_ask(w->db, &r, err, "SELECT 1 FROM chat WHERE id = ? AND owner = ?", "it", w->id, w->owner));
    bool there = ink_rows_next(r, &status, err);
    ink_rows_end(r);
    return status ? status : there ? INK_OK : ink_fail(err, INK_E_NOT_FOUND, "there is no conversation %lld", (long long)w->id);
}

/* ---- reading ---- */

static void chats_head(ink_jot *j, ink_rows *r)
{
    ink_jot_integer(j, "id", ink_rows_integer(r, 0));
    ink_jot_text(j, "title", ink_rows_text(r, 1, NULL));
    ink_jot_number(j, "created", ink_rows_real(r, 2));
    ink_jot_number(j, "changed", ink_rows_real(r, 3));
    ink_jot_text(j, "model", ink_rows_text(r, 4, NULL));
}

static ink_status chats_list(chats_work *w, ink_err *err)
{
    ink_rows *r;
    ink_status status;
    INK_TRY(ink_sqlite_ask(w->db, &r, err,
                           "SELECT id, title, created, changed, model FROM chat c WHERE owner = ?1 AND (?2 = '' OR instr(lower(title), lower(?2)) OR EXISTS"
                           " (SELECT 1 FROM message m WHERE m.chat = c.id AND instr(lower(m.content), lower(?2)))) ORDER BY changed DESC LIMIT 1000", "tt", w->owner, w->search ? w->search : ""));
    ink_jot_array(w->j, "conversations");
    while (ink_rows_next(r, &status, err)) {
        ink_jot_object(w->j, NULL);
        chats_head(w->j, r);
        ink_jot_end(w->j);
    }
    ink_jot_end(w->j);
    ink_rows_end(r);
    return status;
}

/* A column that holds JSON, as JSON. */
static void chats_json(ink_jot *j, const char *key, ink_rows *r, int column)
{
    ink_json *v = NULL;
    size_t n;
    const char *text = ink_rows_text(r, column, &n);
    if (ink_json_parse(text, n, key, &v, NULL))
        v = NULL;
    srv_jot_json(j, key, v);
    ink_json_free(v);
}

static void chats_message(ink_jot *j, ink_rows *r)
{
    size_t n;
    ink_jot_object(j, NULL);
    ink_jot_integer(j, "id", ink_rows_integer(r, 0));
    if (ink_rows_is_null(r, 1))
        ink_jot_null(j, "parent");
    else
        ink_jot_integer(j, "parent", ink_rows_integer(r, 1));
    ink_jot_text(j, "role", ink_rows_text(r, 2, NULL));
    const char *content = ink_rows_text(r, 3, &n);
    ink_jot_bytes(j, "content", content, n);
    ink_jot_text(j, "model", ink_rows_text(r, 4, NULL));
    ink_jot_number(j, "created", ink_rows_real(r, 5));
    ink_jot_text(j, "reasoning", ink_rows_text(r, 6, NULL));
    chats_json(j, "info", r, 7);
    ink_jot_end(j);
}

static ink_status chats_messages(chats_work *w, ink_err *err)
{
    ink_rows *r;
    ink_status status;
    INK_TRY(ink_sqlite_ask(w->db, &r, err, "SELECT id, parent, role, content, model, created, reasoning, info FROM message WHERE chat = ? ORDER BY id", "i", w->id));
    ink_jot_array(w->j, "messages");
    while (ink_rows_next(r, &status, err))
        chats_message(w->j, r);
    ink_jot_end(w->j);
    ink_rows_end(r);
    return status;
}

static ink_status chats_get(chats_work *w, ink_err *err)
{
    ink_rows *r;
    ink_status status;
    INK_TRY(chats_exists(w, err));
    INK_TRY(ink_sqlite_ask(w->db, &r, err, "SELECT id, title, created, changed, model, system, settings, leaf FROM chat WHERE id = ?", "i", w->id));
    ink_jot_object(w->j, NULL);
    if (ink_rows_next(r, &status, err)) {
        chats_head(w->j, r);
        ink_jot_text(w->j, "system", ink_rows_text(r, 5, NULL));
        chats_json(w->j, "settings", r, 6);
        ink_jot_integer(w->j, "leaf", ink_rows_integer(r, 7));
    }
    ink_rows_end(r);
    if (!status)
        status = chats_messages(w, err);
    ink_jot_end(w->j);
    return status;
}

/* ---- writing ---- */

static ink_status chats_touch(chats_work *w, ink_err *err)
{
    return ink_sqlite_do(w->db, err, "UPDATE chat SET changed = ? WHERE id = ?", "di", srv_clock(), w->id);
}

static ink_status chats_set_text(chats_work *w, const char *key, const char *sql, size_t most, ink_err *err)
{
    const ink_json *v = ink_json_get(w->given, key);
    size_t n;
    const char *text = ink_json_text(v, &n);
    if (!v)
        return INK_OK;
    if (!text && ink_json_kind(v) != INK_JSON_NULL)
        return ink_fail(err, INK_E_ARGUMENT, "%s is a string", key);
    if (text && n > most)
        return ink_fail(err, INK_E_LIMIT, "%s has %zu bytes, and may have %zu", key, n, most);
    return ink_sqlite_do(w->db, err, sql, "xi", text ? text : "", text ? n : (size_t)0, w->id);
}

static ink_status chats_set_settings(chats_work *w, ink_err *err)
{
    const ink_json *v = ink_json_get(w->given, "settings");
    ink_buf text;
    if (!v)
        return INK_OK;
    if (ink_json_kind(v) != INK_JSON_OBJECT && ink_json_kind(v) != INK_JSON_NULL)
        return ink_fail(err, INK_E_ARGUMENT, "settings is an object");
    ink_buf_init(&text, 65536);
    ink_json_dump(v, 0, &text);
    ink_status status = ink_buf_check(&text, "settings", err);
    if (!status)
        status = ink_sqlite_do(w->db, err, "UPDATE chat SET settings = ? WHERE id = ?", "xi", text.data, text.len, w->id);
    ink_buf_clear(&text);
    return status;
}

static ink_status chats_set_leaf(chats_work *w, int64_t leaf, ink_err *err)
{
    INK_TRY(ink_sqlite_do(w->db, err, "UPDATE chat SET leaf = ?1 WHERE id = ?2 AND EXISTS (SELECT 1 FROM message WHERE id = ?1 AND chat = ?2)", "ii", leaf, w->id));
    return ink_sqlite_changes(w->db) ? INK_OK : ink_fail(err, INK_E_ARGUMENT, "message %lld is not of this conversation", (long long)leaf);
}

static ink_status chats_set(chats_work *w, ink_err *err)
{
    INK_TRY(chats_set_text(w, "title", "UPDATE chat SET title = ? WHERE id = ?", CHATS_TITLE, err));
    INK_TRY(chats_set_text(w, "model", "UPDATE chat SET model = ? WHERE id = ?", CHATS_TITLE, err));
    INK_TRY(chats_set_text(w, "system", "UPDATE chat SET system = ? WHERE id = ?", 1 << 20, err));
    INK_TRY(chats_set_settings(w, err));
    const ink_json *leaf = ink_json_get(w->given, "leaf");
    return ink_json_kind(leaf) == INK_JSON_INTEGER ? chats_set_leaf(w, ink_json_integer(leaf, 0), err) : INK_OK;
}

static ink_status chats_change(chats_work *w, ink_err *err)
{
    INK_TRY(chats_exists(w, err));
    return chats_set(w, err);
}

static ink_status chats_new(chats_work *w, ink_err *err)
{
    double now = srv_clock();
    INK_TRY(ink_sqlite_do(w->db, err, "INSERT INTO chat (owner, title, created, changed) VALUES (?, '', ?, ?)", "tdd", w->owner, now, now));
    *w->made = w->id = ink_sqlite_last(w->db);
    return chats_set(w, err);
}

static ink_status chats_remove(chats_work *w, ink_err *err)
{
    INK_TRY(chats_exists(w, err));
    return ink_sqlite_do(w->db, err, "DELETE FROM chat WHERE id = ?", "i", w->id);
}

/* A message that is given, under a parent (0: none). */
static ink_status chats_insert(chats_work *w, const ink_json *m, int64_t parent, int64_t *id, ink_err *err)
{
    size_t n, reasons = 0;
    const char *role = ink_json_string(ink_json_get(m, "role"), NULL), *content = ink_json_text(ink_json_get(m, "content"), &n), *model = ink_json_string(ink_json_get(m, "model"), "");
    const char *reasoning = ink_json_text(ink_json_get(m, "reasoning"), &reasons);
    ink_buf info;
    if (!role || !content || strlen(role) > 20)
        return ink_fail(err, INK_E_ARGUMENT, "a message has a role and a content that are strings");
    ink_buf_init(&info, 65536);
    if (ink_json_get(m, "info"))
        ink_json_dump(ink_json_get(m, "info"), 0, &info);
    ink_status status = ink_buf_check(&info, "info", err);
    if (!status)
        status = ink_sqlite_do(w->db, err, "INSERT INTO message (chat, parent, role, content, model, created, reasoning, info) VALUES (?, nullif(?, 0), ?, ?, ?, ?, ?, ?)", "iitxtdxx", w->id, parent,
                               role, content, n, model, ink_json_number(ink_json_get(m, "created"), srv_clock()), reasoning, reasons, info.data, info.len);
    ink_buf_clear(&info);
    *id = ink_sqlite_last(w->db);
    return status;
}

static ink_status chats_add(chats_work *w, ink_err *err)
{
    int64_t parent = ink_json_integer(ink_json_get(w->given, "parent"), 0);
    INK_TRY(chats_exists(w, err));
    if (parent)
        INK_TRY(chats_set_leaf(w, parent, err)); /* it is of this conversation */
    INK_TRY(chats_insert(w, w->given, parent, w->made, err));
    INK_TRY(chats_set_leaf(w, *w->made, err));
    return chats_touch(w, err);
}

/* ---- all of them ---- */

static ink_status chats_export(chats_work *w, ink_err *err)
{
    ink_rows *r;
    ink_status status;
    INK_TRY(ink_sqlite_ask(w->db, &r, err, "SELECT id FROM chat WHERE owner = ? ORDER BY id", "t", w->owner));
    ink_jot_array(w->j, "conversations");
    while (ink_rows_next(r, &status, err)) {
        w->id = ink_rows_integer(r, 0);
        if ((status = chats_get(w, err)))
            break;
    }
    ink_jot_end(w->j);
    ink_rows_end(r);
    return status;
}

typedef struct chats_pair {
    int64_t theirs, ours;
} chats_pair;

/* Messages get numbers of our own; parents come before their children. */
static ink_status chats_import_messages(chats_work *w, const ink_json *list, chats_pair *pairs, ink_err *err)
{
    int64_t leaf = ink_json_integer(ink_json_get(w->given, "leaf"), 0), ours = 0;
    for (size_t i = 0; i < ink_json_size(list); i++) {
        const ink_json *m = ink_json_at(list, i);
        int64_t parent = ink_json_integer(ink_json_get(m, "parent"), 0), under = 0;
        for (size_t k = i; k-- > 0 && parent && !under;)
            under = pairs[k].theirs == parent ? pairs[k].ours : 0;
        if (parent && !under)
            return ink_fail(err, INK_E_ARGUMENT, "message %zu follows one that did not come before it", i + 1);
        pairs[i].theirs = ink_json_integer(ink_json_get(m, "id"), 0);
        INK_TRY(chats_insert(w, m, under, &pairs[i].ours, err));
        ours = !leaf || pairs[i].theirs == leaf ? pairs[i].ours : ours;
    }
    return ours ? chats_set_leaf(w, ours, err) : INK_OK;
}

static ink_status chats_import_one(chats_work *w, const ink_json *chat, ink_err *err)
{
    const ink_json *list = ink_json_get(chat, "messages");
    ink_json *fields = ink_json_new_object();
    static const char *const keys[] = { "title", "model", "system", "settings" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (ink_json_get(chat, keys[i]))
            ink_json_share(fields, keys[i], ink_json_get(chat, keys[i]));
    w->given = fields;
    ink_status status = chats_new(w, err);
    w->given = chat;
    chats_pair *pairs = calloc(ink_json_size(list) + 1, sizeof *pairs);
    if (!status && (!pairs || ink_json_size(list) > CHATS_MESSAGES))
        status = ink_fail(err, INK_E_LIMIT, "a conversation has at most %d messages", CHATS_MESSAGES);
    if (!status)
        status = chats_import_messages(w, list, pairs, err);
    free(pairs);
    ink_json_free(fields);
    return status;
}

static ink_status chats_import(chats_work *w, ink_err *err)
{
    const ink_json *list = ink_json_get(w->given, "conversations");
    int64_t *count = w->made, id;
    if (ink_json_kind(list) != INK_JSON_ARRAY)
        return ink_fail(err, INK_E_ARGUMENT, "an export is an object with a list of conversations");
    w->made = &id;
    for (size_t i = 0; i < ink_json_size(list); i++)
        INK_TRY(chats_import_one(w, ink_json_at(list, i), err));
    *count = (int64_t)ink_json_size(list);
    return INK_OK;
}

/* ---- the door ---- */

ink_status srv_chats_list(srv_call *c, const char *search, ink_jot *j, ink_err *err) { return chats_run(c, &(chats_work){ .search = search, .j = j }, chats_list, err); }
ink_status srv_chats_new(srv_call *c, const ink_json *fields, int64_t *id, ink_err *err) { return chats_run(c, &(chats_work){ .given = fields, .made = id }, chats_new, err); }
ink_status srv_chats_get(srv_call *c, int64_t id, ink_jot *j, ink_err *err) { return chats_run(c, &(chats_work){ .id = id, .j = j }, chats_get, err); }
ink_status srv_chats_change(srv_call *c, int64_t id, const ink_json *fields, ink_err *err) { return chats_run(c, &(chats_work){ .id = id, .given = fields }, chats_change, err); }
ink_status srv_chats_remove(srv_call *c, int64_t id, ink_err *err) { return chats_run(c, &(chats_work){ .id = id }, chats_remove, err); }
ink_status srv_chats_export(srv_call *c, ink_jot *j, ink_err *err) { return chats_run(c, &(chats_work){ .j = j }, chats_export, err); }
ink_status srv_chats_import(srv_call *c, const ink_json *all, int64_t *count, ink_err *err) { return chats_run(c, &(chats_work){ .given = all, .made = count }, chats_import, err); }
ink_status srv_chats_add(srv_call *c, int64_t id, const ink_json *message, int64_t *added, ink_err *err)
{
    return chats_run(c, &(chats_work){ .id = id, .given = message, .made = added }, chats_add, err);
}
