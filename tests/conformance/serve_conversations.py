"""Conversations that inkstone serve keeps: a tree of messages, search, export and import, owners, a file from an older inkstone, kill -9."""
import json, os, signal, sqlite3, sys, tempfile, threading, time

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *


def check(name, ok, why=''):
    print(f'ok - conversations {name}' if ok else f'not ok - conversations {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def call(port, method, path, body=None, key=None):
    status, _, out = ask(port, method, path, body, {'Authorization': 'Bearer ' + key} if key else {})
    return status, json.loads(out)


def tree(port):
    _, made = call(port, 'POST', '/ui/conversations', {'title': 'Sea', 'model': 'm', 'system': 'Be brief.', 'settings': {'temp': 0.5}})
    chat = made['id']
    first = call(port, 'POST', f'/ui/messages/{chat}', {'role': 'user', 'content': 'Why is the sea blue?'})[1]['id']
    one = call(port, 'POST', f'/ui/messages/{chat}', {'role': 'assistant', 'content': 'Because of 光.', 'parent': first, 'info': {'tokens': 3}})[1]['id']
    two = call(port, 'POST', f'/ui/messages/{chat}', {'role': 'assistant', 'content': 'Water.\0Light.', 'parent': first, 'reasoning': 'hm'})[1]['id']
    _, whole = call(port, 'GET', f'/ui/conversations/{chat}')
    check('keep a tree', [(m['id'], m['parent']) for m in whole['messages']] == [(first, None), (one, first), (two, first)] and whole['leaf'] == two and whole['settings'] == {'temp': 0.5}
          and whole['messages'][1]['info'] == {'tokens': 3} and whole['messages'][2]['content'] == 'Water.\0Light.' and whole['messages'][2]['reasoning'] == 'hm', whole)
    call(port, 'PUT', f'/ui/conversations/{chat}', {'title': 'Ocean', 'leaf': one})
    _, whole = call(port, 'GET', f'/ui/conversations/{chat}')
    check('change', whole['title'] == 'Ocean' and whole['leaf'] == one and whole['system'] == 'Be brief.', whole)
    other = call(port, 'POST', '/ui/conversations', {'title': 'Other'})[1]['id']
    codes = [call(port, 'POST', f'/ui/messages/{other}', {'role': 'user', 'content': 'x', 'parent': first})[0], call(port, 'PUT', f'/ui/conversations/{other}', {'leaf': first})[0],
             call(port, 'POST', f'/ui/messages/{other}', {'role': 'user'})[0], call(port, 'POST', f'/ui/messages/{other}', {'role': 'user', 'content': 5})[0],
             call(port, 'GET', '/ui/conversations/999')[0], call(port, 'GET', '/ui/conversations/x')[0], call(port, 'PUT', f'/ui/conversations/{other}', {'title': 'x' * 500})[0]]
    check('refuse what is not theirs', codes == [400, 400, 400, 400, 404, 404, 400], codes)
    found = [[c['title'] for c in call(port, 'GET', '/ui/conversations?search=' + what)[1]['conversations']] for what in ('', 'ocean', '%E5%85%89', 'nothing', '%25')]
    check('are found by title and text', found == [['Ocean', 'Other'], ['Ocean'], ['Ocean'], [], []] or found == [['Other', 'Ocean'], ['Ocean'], ['Ocean'], [], []], found)
    _, exported = call(port, 'GET', '/ui/export')
    code, imported = call(port, 'POST', '/ui/import', exported)
    _, twice = call(port, 'GET', '/ui/export')
    shape = lambda c: (c['title'], c['system'], c['settings'], [(m['role'], m['content'], m['reasoning'], [x['id'] for x in c['messages']].index(m['parent']) if m['parent'] else None) for m in c['messages']],
                       [x['id'] for x in c['messages']].index(c['leaf']) if c['leaf'] else None)
    check('come back from a file', code == 200 and imported['imported'] == 2 and [shape(c) for c in twice['conversations']] == 2 * [shape(c) for c in exported['conversations']], imported)
    exported['conversations'][1]['messages'] = [{'role': 'user', 'content': 'x', 'id': 1, 'parent': 7}]
    code, _ = call(port, 'POST', '/ui/import', exported)
    check('are imported all or none', code == 400 and len(call(port, 'GET', '/ui/export')[1]['conversations']) == 4)
    call(port, 'DELETE', f'/ui/conversations/{chat}')
    check('are deleted', call(port, 'GET', f'/ui/conversations/{chat}')[0] == 404)


def owners(home):
    with serving('--api-key', 'one', '--api-key', 'two', env={'INKSTONE_HOME': home}) as (port, _):
        mine = call(port, 'POST', '/ui/conversations', {'title': 'mine'}, 'one')[1]['id']
        seen = [[c['title'] for c in call(port, 'GET', '/ui/conversations', None, key)[1]['conversations']] for key in ('one', 'two')]
        codes = [call(port, m, f'/ui/conversations/{mine}', {} if m == 'PUT' else None, 'two')[0] for m in ('GET', 'PUT', 'DELETE')] + [call(port, 'GET', '/ui/export')[0]]
        check('belong to the key that made them', seen == [['mine'], []] and codes == [404, 404, 404, 401], (seen, codes))


def older(home):
    os.makedirs(home)
    db = sqlite3.connect(home + '/conversations.db')
    db.executescript("""CREATE TABLE chat (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, title TEXT NOT NULL, created REAL NOT NULL, changed REAL NOT NULL, model TEXT, system TEXT, leaf INTEGER);
        CREATE INDEX chat_owner ON chat (owner, changed);
        CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE, parent INTEGER REFERENCES message (id), role TEXT NOT NULL, content TEXT NOT NULL,
        model TEXT, created REAL NOT NULL); CREATE INDEX message_chat ON message (chat);
        INSERT INTO chat (owner, title, created, changed, leaf) VALUES ('', 'Old', 1, 2, 1); INSERT INTO message (chat, role, content, created) VALUES (1, 'user', 'from before', 1); PRAGMA user_version = 1;""")
    db.close()
    with serving(env={'INKSTONE_HOME': home}) as (port, _):
        _, whole = call(port, 'GET', '/ui/conversations/1')
        check('of an older inkstone are read', whole['title'] == 'Old' and whole['messages'][0]['content'] == 'from before' and whole['settings'] is None, whole)
    db = sqlite3.connect(home + '/conversations.db')
    db.execute('PRAGMA user_version = 99')
    db.close()
    with serving(env={'INKSTONE_HOME': home}) as (port, _):
        code, out = call(port, 'GET', '/ui/conversations')
        check('of a newer inkstone are left alone', code == 500, (code, out))


def killed(home):
    kept = []
    with serving(env={'INKSTONE_HOME': home}) as (port, p):
        chat = call(port, 'POST', '/ui/conversations', {'title': 'k'})[1]['id']

        def write():
            try:
                while True:
                    kept.append(call(port, 'POST', f'/ui/messages/{chat}', {'role': 'user', 'content': f'message {len(kept)}'})[1]['id'])
            except (OSError, ValueError):
                pass
        thread = threading.Thread(target=write)
        thread.start()
        until(lambda: len(kept) > 30)
        p.send_signal(signal.SIGKILL)
        thread.join()
        p.wait()
    with serving(env={'INKSTONE_HOME': home}) as (port, _):
        there = {m['id'] for m in call(port, 'GET', f'/ui/conversations/{chat}')[1]['messages']}
        check('that were acknowledged outlive kill -9', len(kept) > 30 and set(kept) <= there, (len(kept), len(there)))


def main():
    with tempfile.TemporaryDirectory() as home:
        with serving(env={'INKSTONE_HOME': home + '/a'}) as (port, _):
            tree(port)
        check('are for their owner\'s eyes', os.stat(home + '/a/conversations.db').st_mode & 0o77 == 0)
        owners(home + '/b')
        older(home + '/c')
        killed(home + '/d')


main()
