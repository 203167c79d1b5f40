"""Real clients against inkstone serve, where they are installed (python3 -m venv ~/.cache/inkstone-tests/clients; its pip: openai anthropic ollama langchain-openai
litellm): tests/clients/real.py says what they do. And curl."""
import json, os, shutil, subprocess, sys

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *

PYTHON = os.environ.get('INK_CLIENTS', os.path.expanduser('~/.cache/inkstone-tests/clients')) + '/bin/python'


def curl(port):
    body = json.dumps({'messages': ASK, 'max_tokens': 8, 'temperature': 0, 'stream': True})
    r = subprocess.run(['curl', '-sSN', f'http://localhost:{port}/v1/chat/completions', '-d', body], capture_output=True, text=True, timeout=60)
    print('ok - client curl streams' if r.returncode == 0 and r.stdout.rstrip().endswith('data: [DONE]') else f'not ok - client curl streams: {r}')


def main():
    if not os.path.exists(SMOL):
        print('ok - clients # SKIP no SmolLM2 in INK_MODELS')
        return
    with serving('-m', SMOL) as (port, _):
        if shutil.which('curl'):
            curl(port)
        if os.path.exists(PYTHON):
            r = subprocess.run([PYTHON, ROOT + '/tests/clients/real.py', str(port)], capture_output=True, text=True, timeout=400, env={**os.environ, 'LITELLM_LOCAL_MODEL_COST_MAP': 'True', 'NO_PROXY': '127.0.0.1,localhost'})
            print(r.stdout, end='')
            if r.returncode:
                print('not ok - client programs run: ' + r.stderr[-500:].replace('\n', ' '))
        else:
            print('ok - client packages # SKIP none are installed')


main()
