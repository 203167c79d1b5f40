"""A server of their own, and small clients of its wire, for tests and benches."""
import contextlib, http.client, json, os, re, socket, subprocess, time

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
SMOL = os.environ.get('INK_MODELS', '') + '/SmolLM2-135M-Instruct.Q4_1.gguf'
VOICE = os.environ.get('INK_MODELS', '') + '/en_US-joe-medium.onnx'
PATIENCE = float(os.environ.get('INK_PATIENCE') or 1)  # how many times as long an answer may take: make asan waits longer
ASK = [{'role': 'user', 'content': 'What is gravity? Answer in one sentence.'}]


@contextlib.contextmanager
def serving(*args, env=None):
    """The port and the process of a server that listens on a free port of loopback."""
    p = subprocess.Popen([INK, 'serve', '--port', '0', *map(str, args)], stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    said, port = '', None
    while port is None and (line := p.stderr.readline()):
        said += line
        m = re.search(r'serving on https?://\S*:(\d+)$', line.strip())
        port = int(m[1]) if m else None
    if port is None:
        raise RuntimeError(f'serve ended with {p.wait(60)}: {said}')
    try:
        yield port, p
    finally:
        died = p.poll()
        if died is None:
            p.terminate()
        ended = p.wait(60 * PATIENCE)
        if died is None and ended not in (0, -9):  # a sanitizer tells at the end what was never freed
            print(f'not ok - a server that was told to end left with {ended}: {p.stderr.read()[-2000:]!r}')
        elif died and died != -9:
            print(f'# the server ended with {died}: {p.stderr.read()[-400:]}')
        p.stderr.close()


def ask(port, method, path, body=None, headers=None, timeout=120):
    """Status, headers, body of one request; a body that is no bytes is sent as JSON."""
    h = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout * PATIENCE)
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    h.request(method, path, data, {**({'Content-Type': 'application/json'} if data else {}), **(headers or {})})
    r = h.getresponse()
    out = r.read()
    h.close()
    return r.status, dict(r.getheaders()), out


def post(port, path, body, **headers):
    status, _, out = ask(port, 'POST', path, body, headers)
    try:
        return status, json.loads(out)
    except ValueError:
        return status, out


def events(port, path, body, headers=None):
    """The events of a stream: (name or None, data), data parsed where it is JSON."""
    _, _, out = ask(port, 'POST', path, body, headers)
    found = []
    for block in out.decode().split('\n\n'):
        name = re.search(r'^event: (.*)$', block, re.M)
        data = re.search(r'^data: (.*)$', block, re.M)
        if data:
            found.append((name[1] if name else None, json.loads(data[1]) if data[1].startswith('{') else data[1]))
    return found


def raw(port, data):
    """What answers to these bytes, at most a little of it."""
    with socket.create_connection(('127.0.0.1', port), 10) as s:
        s.sendall(data)
        s.settimeout(20)
        with contextlib.suppress(OSError):
            return s.recv(4096)
    return b''


def metric(port, name):
    _, _, out = ask(port, 'GET', '/metrics')
    m = re.search(rf'^{re.escape(name)}\{{[^}}]*\}} (\S+)$', out.decode(), re.M)
    return float(m[1]) if m else 0.0


def until(condition, seconds=30):
    end = time.time() + seconds * PATIENCE
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def lora(folder, fill=b'\0\0\0\0'):
    """An adapter for SmolLM2 whose second matrices are full of one float: zero changes nothing."""
    shapes = {f'base_model.model.model.layers.{i}.self_attn.q_proj.lora_{half}.weight': shape for i in range(30) for half, shape in (('A', [2, 576]), ('B', [576, 2]))}
    header, at = {}, 0
    for name, shape in shapes.items():
        header[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [at, at + 4 * 2 * 576]}
        at += 4 * 2 * 576
    text = json.dumps(header).encode()
    with open(folder + '/adapter_model.safetensors', 'wb') as f:
        f.write(len(text).to_bytes(8, 'little') + text + (b'\0\0\x80\x3c' * 1152 + fill * 1152) * 30)
    with open(folder + '/adapter_config.json', 'w') as f:
        json.dump({'peft_type': 'LORA', 'r': 2, 'lora_alpha': 4, 'target_modules': ['q_proj']}, f)


def resident(process):
    with open(f'/proc/{process.pid}/status') as f:
        return int(re.search(r'VmRSS:\s+(\d+)', f.read())[1]) << 10
