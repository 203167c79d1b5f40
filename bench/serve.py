"""inkstone serve beside llama-server: 16 streaming clients, three requests each of about 130 prompt tokens and 64 new ones; then one client.
Same file, same threads, alternating, the faster of the peer's gcc and clang builds.   serve.py [TYPE …] [--rounds N]
With --soak N [FILE]: N requests of mixed lengths, cancels, broken bodies and slow readers against inkstone alone; memory and stuck requests."""
import http.client, json, os, random, re, socket, subprocess, sys, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import *

SERVER, CLIENTS, EACH, TOKENS, THREADS = BIN + '/llama-server', 16, 3, 64, 2


def words():
    """Prose to make prompts of: the documentation's own."""
    text = ''
    for name in sorted(os.listdir(ROOT + '/docs')):
        if name.endswith('.md'):
            with open(f'{ROOT}/docs/{name}', encoding='utf-8') as f:
                text += f.read()
    return re.findall(r'[A-Za-z]+[,.]?', text)


WORDS = words()


def prompt(k, n=90):
    at = k * 97 % (len(WORDS) - n)
    return 'Continue: ' + ' '.join(WORDS[at:at + n])


def wait_for(port, process):
    for _ in range(300):
        if process.poll() is not None:
            sys.exit('the server ended')
        try:
            h = http.client.HTTPConnection('127.0.0.1', port, timeout=2)
            h.request('GET', '/health')
            if h.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit('the server does not answer')


class Server:
    def __init__(self, command, env=None):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen([*command, '--port', str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        wait_for(self.port, self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def stream(port, k, tokens, note):
    """One request; note(seconds) for every piece of text."""
    body = json.dumps({'model': 'm', 'messages': [{'role': 'user', 'content': prompt(k)}], 'max_tokens': tokens, 'temperature': 0, 'stream': True})
    h = http.client.HTTPConnection('127.0.0.1', port, timeout=300)
    h.request('POST', '/v1/chat/completions', body, {'Content-Type': 'application/json'})
    r = h.getresponse()
    if r.status != 200:
        raise RuntimeError(f'{r.status} {r.read()[:200]}')
    for line in r:
        if line.startswith(b'data: {') and any(c.get('delta', {}).get('content') for c in json.loads(line[6:]).get('choices', [])):
            note(time.time())
    h.close()


def load(port, clients, each, first):
    """Tokens a second, median time to the first, 95th percentile of the gaps (seconds)."""
    starts, gaps, count, lock = [], [], [0], threading.Lock()

    def client(i):
        for k in range(each):
            last = [time.time(), True]

            def note(now):
                with lock:
                    (starts if last[1] else gaps).append(now - last[0])
                    count[0] += 1
                last[:] = [now, False]
            stream(port, first + i * each + k, TOKENS, note)
    began = time.time()
    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return count[0] / (time.time() - began), sorted(starts)[len(starts) // 2], sorted(gaps)[int(len(gaps) * 0.95)]


def best(runs):
    return [max(r[0] for r in runs), min(r[1] for r in runs), min(r[2] for r in runs)]


def compare(label, path, rounds):
    ours, theirs, one, other = [], [], [], []
    for k in range(rounds):
        library = list(LIBRARIES.values())[k % 2]
        with Server([INK, 'serve', '-m', path, '-t', str(THREADS)]) as s:
            stream(s.port, 9000, 8, lambda _: None)
            ours.append(load(s.port, CLIENTS, EACH, k * 1000))
            one.append(load(s.port, 1, 3, k * 1000 + 500))
        with Server([SERVER, '-m', path, '-c', '32768', '-np', str(CLIENTS), '-t', str(THREADS), '--no-webui'], {'LD_LIBRARY_PATH': library}) as s:
            stream(s.port, 9000, 8, lambda _: None)
            theirs.append(load(s.port, CLIENTS, EACH, k * 1000))
            other.append(load(s.port, 1, 3, k * 1000 + 500))
    a, b, c, d = best(ours), best(theirs), best(one), best(other)
    row = lambda name, x, y: [f'{label}, {name}', f'{x[0]:.0f}', f'{y[0]:.0f}', f'{x[0] / y[0]:.2f}×', f'{1e3 * x[1]:.0f}', f'{1e3 * y[1]:.0f}', f'{x[1] / y[1]:.2f}×', f'{1e3 * x[2]:.0f}', f'{1e3 * y[2]:.0f}', f'{x[2] / y[2]:.2f}×']
    return [row(f'{CLIENTS} clients', a, b), row('one client', c, d)]


# ---- a soak ----

def rss(process):
    with open(f'/proc/{process.pid}/status') as f:
        return int(re.search(r'VmRSS:\s+(\d+)', f.read())[1]) / 1024


def soak_one(port, k, pick, tally):
    kind = pick.choice(['whole', 'stream', 'stream', 'cancel', 'broken', 'slow', 'long'])
    tally[kind] = tally.get(kind, 0) + 1
    body = {'messages': [{'role': 'user', 'content': prompt(k, 400 if kind == 'long' else pick.randrange(1, 60))}], 'max_tokens': pick.randrange(1, 24), 'stream': kind != 'whole', 'seed': k}
    data = json.dumps(body).encode()
    if kind == 'broken':
        data = pick.choice([data[:len(data) // 2], b'[' * 3000, bytes(pick.randrange(256) for _ in range(200)), b'{"messages": 5}'])
    with socket.create_connection(('127.0.0.1', port), 60) as s:
        s.settimeout(600)
        s.sendall(f'POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n'.encode() + data)
        got = b''
        while not (kind == 'cancel' and len(got) > pick.randrange(1000)):
            if kind == 'slow':
                time.sleep(0.02)
            part = s.recv(256 if kind == 'slow' else 65536)
            if not part:
                break
            got += part
    if kind == 'cancel':
        return True
    status = int(got.split()[1]) if got else 0
    return status in ((400, 422) if kind == 'broken' else (200, 503)) and (status != 200 or kind == 'whole' or b'[DONE]' in got)


def soak(total, model):
    with Server([INK, 'serve', '-m', model, '--queue', '64']) as s:
        done, bad, tally, lock, early = [0], [], {}, threading.Lock(), [0.0]

        def client(i):
            pick = random.Random(i)
            while True:
                with lock:
                    k = done[0]
                    done[0] += 1
                    if k == 500:
                        early[0] = rss(s.process)
                    if k and k % 500 == 0:
                        print(f'{k} requests, {rss(s.process):.0f} MiB', flush=True)
                if k >= total:
                    return
                try:
                    if not soak_one(s.port, k, pick, tally):
                        bad.append(f'request {k}')
                except OSError as e:
                    bad.append(f'request {k}: {e!r}')
        threads = [threading.Thread(target=client, args=(i,)) for i in range(24)]
        began = time.time()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        time.sleep(1)
        h = http.client.HTTPConnection('127.0.0.1', s.port, timeout=10)
        h.request('GET', '/slots')
        slots, late = json.loads(h.getresponse().read()), rss(s.process)
        stuck = sum(x['active'] + x['waiting'] for x in slots)
        print(f'{total} requests in {time.time() - began:.0f} s: {tally}; wrong {len(bad)} {bad[:3]}; stuck {stuck}; memory {early[0]:.0f} MiB after 500, {late:.0f} MiB at the end '
              f'(may be {early[0] * 1.05 + 16:.0f})')
        sys.exit(1 if bad or stuck or s.process.poll() is not None or late > early[0] * 1.05 + 16 else 0)


def main():
    args = sys.argv[1:]
    if '--soak' in args:
        total, model = (args[args.index('--soak') + 1:] + [SMOL])[:2]
        soak(int(total), model)
    rounds = int(args[args.index('--rounds') + 1]) if '--rounds' in args else 2
    types = [a for a in args if re.match(r'^B?[FQ]', a)] or ['Q8_0', 'Q4_1']
    need(SERVER)
    rows = []
    for label, path in models(types):
        if label.startswith('SmolLM2'):
            rows += compare(label, path, rounds)
    table(['', 'tok/s', 'peer', '', 'first ms', 'peer', '', 'p95 gap ms', 'peer', ''], rows)


main()
