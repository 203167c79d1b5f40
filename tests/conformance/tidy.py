"""The rules of the house hold, and the checker sees a breach of each."""
import os, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
TIDY = [sys.executable, ROOT + '/tests/tidy/tidy.py']


def run(*args):
    r = subprocess.run([*TIDY, *args], capture_output=True, text=True)
    return r.returncode, r.stdout + r.stderr


code, out = run(ROOT, ROOT + '/build')
breaches = [line for line in out.splitlines() if not line.startswith('note:')]
print('ok - tidy' if code == 0 else f'not ok - tidy: {" | ".join(breaches)[:1500]}')

CASES = {
    'a layer that looks down': ('src/base/x.c', '#include "graph/plan.h"\n', 'base may not include graph/plan.h'),
    'a library in a second file': ('src/text/x.c', '#include <jansson.h>\n', 'jansson.h belongs in one .c file'),
    'a library in a header': ('src/media/x.h', '#include <png.h>\n', 'png.h belongs in one .c file'),
    'an app behind the headers': ('apps/cli/x.c', '#include "base/json.h"\n', 'apps use <ink/*.h> only'),
    'a library that prints': ('src/base/x.c', 'void f(void)\n{\n    printf("x");\n}\n', 'does not call printf'),
    'a header that needs another': ('include/ink/x.h', 'ink_status f(void);\n', 'does not compile alone'),
    'a header that ink.h forgets': ('include/ink/y.h', 'typedef int ink_y;\n', 'lacks <ink/y.h>'),
    'a long function': ('src/base/x.c', 'void f(void)\n{\n' + '    ;\n' * 101 + '}\n', 'f has 101 lines'),
    'unfinished work': ('src/base/x.c', '/* TO' + 'DO */\n', 'unfinished'),
}
for name, (path, text, says) in CASES.items():
    with tempfile.TemporaryDirectory() as root:
        for p, t in (('include/ink/ink.h', ''), ('src/base/json.c', '#include <jansson.h>\n'), (path, text)):
            os.makedirs(os.path.dirname(f'{root}/{p}'), exist_ok=True)
            with open(f'{root}/{p}', 'w') as f:
                f.write(t)
        code, out = run(root)
        print(f'ok - tidy sees {name}' if code == 1 and says in out else f'not ok - tidy sees {name}: {out[:300]}')
