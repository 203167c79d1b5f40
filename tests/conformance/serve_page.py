"""The page of inkstone serve in headless Chromium, where there are node, a chromium and playwright-core with axe-core (npm install --prefix
~/.cache/inkstone-tests/web playwright-core axe-core): tests/web/page.mjs and stranger.mjs say what they check."""
import hashlib, http.server, json, os, shutil, socketserver, subprocess, sys, tempfile, threading

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *

MODULES = os.environ.get('INK_WEB_MODULES', os.path.expanduser('~/.cache/inkstone-tests/web'))
CHROMIUM = os.environ.get('CHROMIUM') or shutil.which('chromium') or shutil.which('chromium-browser')


def browse(script, port, home):
    r = subprocess.run(['node', f'{ROOT}/tests/web/{script}.mjs', str(port), os.environ.get('INK_SHOTS', home + '/shots')], capture_output=True, text=True, timeout=600 * PATIENCE,
                       env={**os.environ, 'INK_WEB_MODULES': MODULES, 'CHROMIUM': CHROMIUM})
    print(r.stdout, end='')
    if r.returncode:
        print(f'not ok - page {script} runs: ' + r.stderr[-600:].replace('\n', ' '))


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub on loopback that has one file, SmolLM2."""
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', str(os.path.getsize(SMOL)))
        self.end_headers()
        with open(SMOL, 'rb') as f:
            shutil.copyfileobj(f, self.wfile)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def stranger(home):
    """A machine without models, whose catalogue has one."""
    hub = Server(('127.0.0.1', 0), Hub)
    threading.Thread(target=hub.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()
    with open(SMOL, 'rb') as f:
        sha = hashlib.sha256(f.read()).hexdigest()
    with open(home + '/catalogue.json', 'w', encoding='utf-8') as f:
        json.dump({'models': [{'name': 'small', 'about': 'a small model that chats', 'licence': 'Apache-2.0', 'open': 'small.gguf', 'sources': [{'from': 'huggingface', 'repo': 'u/r'}],
                               'files': [{'path': 'small.gguf', 'bytes': os.path.getsize(SMOL), 'sha256': sha}]}]}, f)
    with serving('--ctx', 512, env={'INKSTONE_HOME': home, 'INKSTONE_CATALOGUE': home + '/catalogue.json', 'HF_ENDPOINT': f'http://127.0.0.1:{hub.server_port}', 'no_proxy': '*'}) as (port, _):
        browse('stranger', port, home)
    hub.shutdown()


def main():
    missing = [what for what, there in (('SmolLM2 in INK_MODELS', os.path.exists(SMOL)), ('node', shutil.which('node')), ('a chromium', CHROMIUM),
                                        ('playwright-core', os.path.isdir(MODULES + '/node_modules/playwright-core')), ('axe-core', os.path.isdir(MODULES + '/node_modules/axe-core'))) if not there]
    if missing:
        print(f'ok - page # SKIP no {", no ".join(missing)}')
        return
    with tempfile.TemporaryDirectory() as home:
        stranger(home)
    with tempfile.TemporaryDirectory() as home:
        store = os.path.join(os.environ.get('INKSTONE_HOME') or os.path.expanduser('~/.inkstone'), 'models')
        if os.path.isdir(store):
            os.symlink(store, home + '/models')
        with serving('-m', SMOL, env={'INKSTONE_HOME': home}) as (port, _):
            browse('page', port, home)


main()
