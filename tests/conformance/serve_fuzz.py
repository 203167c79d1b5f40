"""What schemathesis makes of the list of endpoints (pip install schemathesis in ~/.cache/inkstone-tests/schemathesis): requests that fit it and requests that do not.
No answer may be a server's fault, but for 503 where there is no room. A fixed seed, so many requests to each endpoint; INK_FUZZ=N asks for more."""
import os, re, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *

FUZZER = os.environ.get('INK_SCHEMATHESIS', os.path.expanduser('~/.cache/inkstone-tests/schemathesis')) + '/bin/schemathesis'


def main():
    if not os.path.exists(SMOL) or not os.path.exists(FUZZER):
        print(f'ok - fuzz # SKIP no {"SmolLM2 in INK_MODELS" if not os.path.exists(SMOL) else "schemathesis"}')
        return
    with tempfile.TemporaryDirectory() as home, serving('-m', SMOL, '--ctx', 96, '--room', 4096, env={'INKSTONE_HOME': home}) as (port, p):
        r = subprocess.run([FUZZER, 'run', f'http://127.0.0.1:{port}/openapi.json', '--phases', 'fuzzing', '--max-examples', os.environ.get('INK_FUZZ', '4'), '--seed', '1', '--no-shrink', '--workers', '4',
                            '--checks', 'not_a_server_error', '--continue-on-failure', '--warnings', 'off', '--suppress-health-check', 'all', '--request-timeout', '100', '--exclude-path', '/api/pull',
                            '--exclude-path', '/ui/training', '--no-color'], capture_output=True, text=True, timeout=1200, cwd=home, env={**os.environ, 'INKSTONE_HOME': home, 'HYPOTHESIS_STORAGE_DIRECTORY': home + '/hypothesis'})
        found = sorted(set(re.findall(r'\[(5\d\d)\]', r.stdout)) - {'503'})
        tested = int((re.search(r'Tested: (\d+)', r.stdout) or [0, 0])[1])
        print('ok - fuzz finds no fault of the server' if not found and tested > 50 else 'not ok - fuzz finds no fault of the server: ' + (r.stdout[-1500:] + r.stderr[-300:]).replace('\n', ' '))
        alive = p.poll() is None and post(port, '/v1/completions', {'prompt': 'The sea', 'max_tokens': 2})[0] == 200
        print('ok - fuzz leaves the server as it was' if alive else f'not ok - fuzz leaves the server as it was: it ended with {p.poll()}')


main()
