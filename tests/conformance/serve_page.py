"""The page of inkstone serve in headless Chromium, where there are node, a chromium and playwright-core with axe-core (npm install --prefix
~/.cache/inkstone-tests/web playwright-core axe-core): tests/web/page.mjs says what it checks."""
import os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import *

MODULES = os.environ.get('INK_WEB_MODULES', os.path.expanduser('~/.cache/inkstone-tests/web'))
CHROMIUM = os.environ.get('CHROMIUM') or shutil.which('chromium') or shutil.which('chromium-browser')


def main():
    missing = [what for what, there in (('SmolLM2 in INK_MODELS', os.path.exists(SMOL)), ('node', shutil.which('node')), ('a chromium', CHROMIUM),
                                        ('playwright-core', os.path.isdir(MODULES + '/node_modules/playwright-core')), ('axe-core', os.path.isdir(MODULES + '/node_modules/axe-core'))) if not there]
    if missing:
        print(f'ok - page # SKIP no {", no ".join(missing)}')
        return
    with tempfile.TemporaryDirectory() as home:
        store = os.path.join(os.environ.get('INKSTONE_HOME') or os.path.expanduser('~/.inkstone'), 'models')
        if os.path.isdir(store):
            os.symlink(store, home + '/models')
        with serving('-m', SMOL, env={'INKSTONE_HOME': home}) as (port, _):
            r = subprocess.run(['node', ROOT + '/tests/web/page.mjs', str(port), os.environ.get('INK_SHOTS', home + '/shots')], capture_output=True, text=True, timeout=600,
                               env={**os.environ, 'INK_WEB_MODULES': MODULES, 'CHROMIUM': CHROMIUM})
            print(r.stdout, end='')
            if r.returncode:
                print('not ok - page runs: ' + r.stderr[-600:].replace('\n', ' '))


main()
