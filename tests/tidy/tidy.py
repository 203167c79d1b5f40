"""Holds the rules of the house (docs/tour.md): tidy.py ROOT [BUILD]

Fails on: an include against the direction of the layers; an outside library in more than one file of src; an app that
looks behind <ink/*.h>; a call that the library may not make; a public header that does not compile alone or that ink.h
lacks; a function of more than 100 lines; a libm call in kernels/ or ops/ beyond those whose result is exact.
Lists, for a person to judge: functions of more than 60 lines, files of more than 500."""
import glob, os, re, subprocess, sys

EDGES = {  # layer: those directly above it; lowest first
    'base': [], 'kernels': ['base'], 'tensor': ['kernels'], 'graph': ['tensor'], 'ops': ['graph'], 'nn': ['ops'], 'formats': ['tensor'],
    'media': ['tensor'], 'text': ['base'], 'models': ['nn', 'formats', 'text'], 'generate': ['models', 'media'], 'train': ['generate'],
    'knowledge': ['generate'],
}
SYSTEM = re.compile(r'(assert|complex|ctype|errno|fenv|float|inttypes|limits|locale|math|setjmp|signal|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|'
                    r'stdlib|string|strings|tgmath|threads|time|wchar|dirent|dlfcn|fcntl|ftw|getopt|glob|netdb|poll|pthread|pwd|sched|semaphore|spawn|termios|'
                    r'unistd|cpuid|\w*intrin|(sys|linux|asm|netinet|arpa)/\w+)\.h$')
EXACT = {'fmaf', 'sqrtf', 'fma', 'sqrt', 'floorf', 'ceilf', 'roundf', 'roundevenf', 'truncf', 'rintf', 'nearbyintf', 'lrintf', 'llrintf', 'lroundf', 'floor', 'ceil',
         'round', 'trunc', 'rint', 'nearbyint', 'fabsf', 'fabs', 'copysignf', 'copysign'}
BANNED = re.compile(r'(?<![\w.>])(exit|_exit|abort|printf|puts|putchar|perror|system|popen|gets|strcpy|sprintf|vsprintf|strtok|rand|srand|setlocale|alloca)\s*\(')
FUNCTION_LONG, FUNCTION_LIMIT, FILE_LONG = 60, 100, 500


def closure(layer):
    seen = {layer}
    for above in EDGES[layer]:
        seen |= closure(above)
    return seen


def blank_comments(text):
    """The same lines, with comments and the insides of strings taken out."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r'[^\n]', ' ', m[0]) if m[0][0] == '/' else m[0][0] * 2, text, flags=re.S)


class Tidy:
    def __init__(self, root):
        self.root, self.breaches, self.notes, self.outside = root, [], [], {}
        self.lengths = []

    def files(self, *folders):
        found = [f for folder in folders for f in glob.glob(f'{self.root}/{folder}/**/*.[ch]', recursive=True)]
        return sorted(os.path.relpath(f, self.root) for f in found)

    def includes(self, path, text):
        for number, line in enumerate(text.split('\n'), 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if m:
                yield f'{path}:{number}', m[1] == '<', m[2]

    def check_layer(self, path, where, angled, name):
        layer = path.split('/')[1]
        if not angled and '/' in name:
            other = name.split('/')[0]
            if other in EDGES and other not in closure(layer):
                self.breaches.append(f'{where}: {layer} may not include {name}: {other} lies below or beside it')
        elif angled and not name.startswith('ink/') and not SYSTEM.match(name):
            self.outside.setdefault(name.split('/')[0], []).append((path, where))

    def check_app(self, path, where, angled, name):
        if not angled and (name.split('/')[0] in EDGES or name.startswith('..')):
            self.breaches.append(f'{where}: apps use <ink/*.h> only, not {name}')

    def check_functions(self, path, lines):
        start = 0
        for number, line in enumerate(lines, 1):
            if line == '{':
                start = number
            if line == '}' and start:
                head = ' '.join(lines[max(0, start - 4):start - 1])
                names = re.findall(r'(\w+)\s*\(', head.rsplit('}', 1)[-1].rsplit(';', 1)[-1])
                length = number - start - 1
                self.lengths.append(length)
                text = f'{path}:{start}: {names[0] if names else "?"} has {length} lines, the limit is {FUNCTION_LONG}'
                if length > FUNCTION_LIMIT:
                    self.breaches.append(text)
                elif length > FUNCTION_LONG:
                    self.notes.append(text)
                start = 0

    def read(self):
        for path in self.files('src', 'apps'):
            with open(f'{self.root}/{path}') as f:
                raw = f.read()
            text = blank_comments(raw)
            lines = text.split('\n')
            check = self.check_layer if path.startswith('src/') else self.check_app
            for where, angled, name in self.includes(path, raw):
                check(path, where, angled, name)
            self.check_functions(path, lines)
            if len(lines) > FILE_LONG:
                self.notes.append(f'{path}: has {len(lines)} lines, the limit is {FILE_LONG}')
            for number, line in enumerate(lines, 1):
                m = BANNED.search(line) if path.startswith('src/') else None
                if m:
                    self.breaches.append(f'{path}:{number}: the library does not call {m[1]}')
                if 'TODO' in raw.split('\n')[number - 1] or 'FIXME' in raw.split('\n')[number - 1]:
                    self.breaches.append(f'{path}:{number}: unfinished work is no comment')

    def check_outside(self):
        for name, uses in sorted(self.outside.items()):
            homes = sorted({path for path, _ in uses})
            if len(homes) > 1 or homes[0].endswith('.h'):
                self.breaches.append(f'{uses[-1][1]}: {name} belongs in one .c file, but is in {", ".join(homes)}')

    def check_headers(self):
        headers = [h for h in self.files('include') if h.endswith('.h')]
        with open(f'{self.root}/include/ink/ink.h') as f:
            whole = f.read()
        for header in headers:
            name = header.removeprefix('include/')
            if name != 'ink/ink.h' and f'<{name}>' not in whole:
                self.breaches.append(f'include/ink/ink.h: lacks <{name}>')
            r = subprocess.run(['cc', '-std=c17', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-I', f'{self.root}/include', '-x', 'c', f'{self.root}/{header}'],
                               capture_output=True, text=True)
            if r.returncode:
                self.breaches.append(f'{header}: does not compile alone: {r.stderr.strip().splitlines()[0]}')

    def check_symbols(self, build):
        objects = [o for layer in ('kernels', 'ops') for o in glob.glob(f'{build}/**/*src_{layer}_*.o', recursive=True)]
        objects += glob.glob(f'{build}/src/kernels/*.a.p/*.o')
        libm = subprocess.run(['cc', '-print-file-name=libm.so.6'], capture_output=True, text=True).stdout.strip()
        names = subprocess.run(['nm', '-D', '--defined-only', libm], capture_output=True, text=True).stdout
        inexact = {line.split()[-1].split('@')[0] for line in names.splitlines() if line.strip()} - EXACT
        if not objects or not inexact:
            self.notes.append('no objects to look for libm calls in: build first')
            return
        shown = subprocess.run(['nm', '-A', '-u', *sorted(set(objects))], capture_output=True, text=True).stdout
        for line in shown.splitlines():
            where, symbol = line.rsplit(None, 1)
            if symbol.split('@')[0] in inexact:
                self.breaches.append(f'{os.path.basename(where.split(":")[0])}: calls {symbol}, whose last bit depends on the machine')


def main():
    root, build = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    tidy = Tidy(root)
    tidy.read()
    tidy.check_outside()
    tidy.check_headers()
    if build:
        tidy.check_symbols(build)
    for note in tidy.notes:
        print('note:', note)
    for breach in tidy.breaches:
        print(breach)
    lengths = sorted(tidy.lengths) or [0]
    print(f'{len(tidy.lengths)} functions, median {lengths[len(lengths) // 2]} lines, longest {lengths[-1]}; {len(tidy.breaches)} breaches')
    sys.exit(1 if tidy.breaches else 0)


main()
