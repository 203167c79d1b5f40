"""PyTorch checkpoints written by hand: what they hold is listed, nothing in them is ever executed, and broken ones are refused with a
sentence of their own (one line, nothing on standard output)."""
import io, json, os, pickle, re, struct, subprocess, tempfile, zipfile

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
TEMP = tempfile.TemporaryDirectory(prefix='ink-checkpoints-')
PATH, MARK = TEMP.name + '/x.pth', TEMP.name + '/executed'


def check(name, ok, why=''):
    print(f'ok - checkpoints {name}' if ok else f'not ok - checkpoints {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def show(*flags):
    return subprocess.run([INK, 'show', PATH, *flags], capture_output=True, text=True, timeout=60)


def text(s):
    b = s.encode()
    return b'X' + struct.pack('<I', len(b)) + b


def whole(n):
    return b'J' + struct.pack('<i', n) if -1 << 31 <= n < 1 << 31 else b'\x8a\x08' + struct.pack('<q', n)


def tuple_of(*parts):
    return b'(' + b''.join(parts) + b't'


def tensor(key='0', kind='FloatStorage', offset=0, sizes=(2, 3), steps=(3, 1), call=b'ctorch._utils\n_rebuild_tensor_v2\n'):
    place = tuple_of(text('storage'), b'ctorch\n' + kind.encode() + b'\n', text(key), text('cpu'), whole(6))
    return call + tuple_of(place + b'Q', whole(offset), tuple_of(*map(whole, sizes)), tuple_of(*map(whole, steps)), b'\x89', b'ccollections\nOrderedDict\n)R') + b'R'


def dict_of(**entries):
    return b'}(' + b''.join(text(k) + v for k, v in entries.items()) + b'u'


def write(body, storages=(('0', struct.pack('<6f', *range(6))),), name='a/data.pkl', how=zipfile.ZIP_STORED, extra=()):
    with zipfile.ZipFile(PATH, 'w', how) as z:
        z.writestr(name, b'\x80\x02' + body + b'.' if body is not None else b'')
        for key, data in storages:
            z.writestr('a/data/' + key, data)
        for member, data in extra:
            z.writestr(member, data)


def damaged(change):
    write(dict_of(w=tensor()))
    with open(PATH, 'rb') as f:
        data = bytearray(f.read())
    with open(PATH, 'wb') as f:
        f.write(change(data))


def refused(name, says, pattern=None):
    r = show('--json')
    check(name, r.returncode == 1 and re.fullmatch(r'inkstone: [^\n]+\n', r.stderr) and re.search(says, r.stderr) and not r.stdout, f'{r.returncode} {r.stderr} {r.stdout[:80]}')


def good():
    write(dict_of(model=dict_of(w=tensor(), b=tensor(sizes=(3,), steps=(1,), offset=3)), iteration=whole(7), optimizer=dict_of(s=tensor())))
    r = json.loads(show('--json').stdout or '{}')
    check('a checkpoint lists its model and nothing else', sorted((t['name'], t['dims'] if 'dims' in t else t.get('shape')) for t in r.get('tensors', [])) == [('b', [3]), ('w', [2, 3])], r)
    write(dict_of(a=dict_of(b=dict_of(c=tensor()))))
    check('dicts inside of dicts are joined by dots', '"a.b.c"' in show('--json').stdout, show('--json'))
    parameter = b'ctorch._utils\n_rebuild_parameter\n' + tuple_of(tensor(), b'\x88', b'N') + b'R'
    write(dict_of(w=parameter))
    check('a parameter is its tensor', '"w"' in show('--json').stdout, show('--json').stderr)
    for protocol in 2, 4, 5:
        write(None)
        body = pickle.dumps({'step': 1, 'names': ['x', ('y', 2.5, None, True, 1 << 80)], 'set': {1, 2}, 'raw': b'\0\1'}, protocol=protocol)[:-1]
        write(b'(' + body[2:] + b'0' + dict_of(w=tensor()) if protocol == 2 else dict_of(w=tensor(), rest=body[2:]))
        r = show('--json')
        check(f'other values in protocol {protocol}', '"w"' in r.stdout, r.stderr)


class Evil:
    def __reduce__(self):
        return os.system, (f'touch {MARK}',)


def evil():
    write(dict_of(w=tensor(), e=pickle.dumps(Evil(), protocol=2)[2:-1]))
    r = show('--json')
    check('what a pickle would run is not run', '"w"' in r.stdout and not os.path.exists(MARK), r.stderr)
    for name, body in (('exec', b'cbuiltins\nexec\n' + tuple_of(text(f'open({MARK!r}, "w")')) + b'R'), ('stack name', text('os') + text('system') + b'\x93' + tuple_of(text(f'touch {MARK}')) + b'R')):
        write(body)
        refused(f'nor by {name}', 'names no tensors')
    check('no mark was left', not os.path.exists(MARK))


BROKEN = [
    ('no tensors', b'}', 'names no tensors'), ('an unknown opcode', b'\xfe', 'opcode 0xfe at byte 2'), ('a string of protocol 0', b"S'x'\n", 'opcode 0x53'),
    ('nothing on the stack', b'0', 'a mark that is not there'), ('a mark that is not there', b'}u', 'a mark that is not there'),
    ('a key without a value', b'}(' + text('a') + b'u', 'a key has no value'), ('a note that was not written', b'h\x09', 'a note that was not written'),
    ('a note beyond all', b'N' + b'r\xff\xff\xff\xff', 'more than 4194304 notes'), ('a text beyond the end', b'X\xff\xff\xff\x7fabc', 'ends inside of a value'),
    ('a call of nothing', b'R', 'a value that is not there'), ('a value from below a mark', b'N(\x85', 'a value that is not there'),
    ('a tensor without a storage', dict_of(w=b'ctorch._utils\n_rebuild_tensor_v2\n' + tuple_of(b'N', whole(0), tuple_of(whole(2)), tuple_of(whole(1))) + b'R'), 'does not say where its values are'),
    ('a storage that is not there', dict_of(w=tensor(key='9')), 'a member that is not there'), ('a storage outside', dict_of(w=tensor(key='../../etc/passwd')), 'a member that is not there'),
    ('a type that is none', dict_of(w=tensor(kind='QInt8Storage')), 'of a type that inkstone does not read'), ('a dimension below 0', dict_of(w=tensor(sizes=(-2, 3))), 'a dimension below 0'),
    ('a shape of 64 bits', dict_of(w=tensor(sizes=(1 << 62, 8), steps=(8, 1))), 'more elements than 64 bits'), ('too many dimensions', dict_of(w=tensor(sizes=(1,) * 7, steps=(1,) * 7)), 'at most 6 dimensions'),
    ('steps for other sizes', dict_of(w=tensor(steps=(1,))), 'no shape of at most 6'), ('a transposed view', dict_of(w=tensor(sizes=(3, 2), steps=(1, 3))), r'save its \.contiguous\(\)'),
    ('a tensor larger than its storage', dict_of(w=tensor(sizes=(7,), steps=(1,))), 'is larger than its storage|but the data have'), ('an offset beyond its storage', dict_of(w=tensor(offset=99)), 'outside of its storage'),
    ('an offset below 0', dict_of(w=tensor(offset=-1)), 'outside of its storage'), ('one name twice', b'}(' + (text('w') + tensor()) * 2 + b'u', 'is listed twice'),
    ('a name of control characters', dict_of(**{'\x1b[2J': tensor()}), 'control characters'), ('a name without end', dict_of(**{'n' * 3000: tensor()}), 'longer than 1023 bytes'),
    ('a dict that holds itself', b'}q\0(' + text('a') + b'h\0' + b'u', 'names no tensors'),
    ('dicts that double at each step', b''.join(b'}q' + bytes([i]) + b'(' + text('a') + b'h' + bytes([i - 1]) + text('b') + b'h' + bytes([i - 1]) + b'u' if i else b'}q\0(' + text('x') + b'}' + b'u' for i in range(40)), 'names no tensors'),
    ('a stack without end', b'(' * 1100000, 'memory|more than|ends'),
]


def broken():
    for name, body, says in BROKEN:
        write(body)
        refused(name, says)
    write(b'N' * (1 << 21))
    refused('values without end', 'piles up more than')
    write(b'')
    refused('an empty pickle', 'a value that is not there')
    write(dict_of(w=tensor()), name='a/other.pkl')
    refused('a zip without a pickle', r'without a data\.pkl')
    write(dict_of(w=tensor()), how=zipfile.ZIP_DEFLATED)
    refused('a compressed zip', 'is compressed or encrypted')
    write(dict_of(w=tensor()), extra=[('a/byteorder', b'big')])
    refused('a big-endian machine', 'big-endian')
    for name, change, says in (('a zip cut in its middle', lambda d: d[:len(d) // 2], 'no list of members'), ('a zip of its first bytes', lambda d: d[:30], 'no list of members'),
                               ('more members than there are', lambda d: d[:-12] + b'\xff\xff' + d[-10:], 'more than fit|ends early'),
                               ('a list that is elsewhere', lambda d: d[:-6] + b'\xf0\xff\xff\x7f' + d[-2:], 'ends early'),
                               ('a member that is elsewhere', lambda d: d.replace(b'PK\3\4', b'PK\3\5', 2).replace(b'PK\3\5', b'PK\3\4', 1), 'not where the list says')):
        damaged(change)
        refused(name, says)
    with open(PATH, 'wb') as f:
        pickle.dump({'w': 1}, f, protocol=2)
    refused('a checkpoint from before 1.6', 'save it with a newer PyTorch')


good()
evil()
broken()
