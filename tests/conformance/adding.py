"""The examples of docs/adding.md: each compiles with the flags of the build, and its list exists where the page says."""
import os, re, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
with open(ROOT + '/docs/adding.md') as f:
    PAGE = f.read()
FLAGS = ['-std=gnu17', '-Wall', '-Wextra', '-Wno-missing-field-initializers', '-Werror', '-Wshadow', '-Wstrict-prototypes', '-Wmissing-prototypes', '-Wdouble-promotion', '-fsyntax-only']


def check(name, ok, why=''):
    print(f'ok - adding {name}' if ok else f'not ok - adding {name}: {why}')


examples = re.findall(r'^```c (\S+)\n(.*?)^```', PAGE, re.M | re.S)
check('there are five examples', len(examples) == 5, str(len(examples)))
for path, text in examples:
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, os.path.basename(path))
        with open(source, 'w') as f:
            f.write(text)
        where = ['-I', ROOT + '/include', '-I', ROOT + ('/apps/cli' if path.startswith('apps/') else '/src')]
        r = subprocess.run(['cc', *FLAGS, *where, source], capture_output=True, text=True)
    check(path, r.returncode == 0, r.stderr[:600])
    check(path + ' is no file yet', not os.path.exists(f'{ROOT}/{path}'))
for path, line in re.findall(r'^`(\S+\.def)`: `(.+)`$', PAGE, re.M):
    with open(f'{ROOT}/{path}') as f:
        check(f'{path} takes such a line', re.search('^' + line.split('(')[0] + r'\(', f.read(), re.M), line)
