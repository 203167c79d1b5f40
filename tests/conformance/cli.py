"""The frame of the command line: exit codes, sentences, help, version, manual and completions, for every command there is."""
import json, os, re, shutil, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
if not os.path.exists(INK):
    print('ok - cli # SKIP build/inkstone is not built')
    sys.exit()
with open(ROOT + '/apps/cli/commands.def') as f:
    listed = f.read()
    COMMANDS = re.findall(r'^INK_COMMAND\((\w+),', listed, re.M) + re.findall(r'^INK_COMMAND_NAMED\(\w+, "([\w-]+)"', listed, re.M)


def ink(*args, **kw):
    return subprocess.run([INK, *args], capture_output=True, text=True, timeout=60, **kw)


def check(name, ok, why=''):
    print(f'ok - cli {name}' if ok else f'not ok - cli {name}: {why}')


def flags(command):
    return re.findall(r'^  (?:-\w, |    )(--[\w-]+)', ink(command, '--help').stdout, re.M)


r = ink('--help')
check('help lists every command', r.returncode == 0 and all(re.search(rf'^  {c} ', r.stdout, re.M) for c in COMMANDS), r.stdout)
check('help fits a screen', len(r.stdout.splitlines()) <= 60 and max(map(len, r.stdout.splitlines())) <= 110, r.stdout)
check('no words: help', ink().stdout == r.stdout)
r = ink('--version', '--json')
v = json.loads(r.stdout)
check('version', v['version'] and v['compiler'] and 'scalar' in v['built'] and v['used'] in v['processor'], r.stdout)
for command in COMMANDS:
    r = ink(command, '--help')
    check(f'{command} --help', r.returncode == 0 and f'inkstone {command}' in r.stdout and not r.stderr, r.stdout + r.stderr)
    r = ink(command, '--zzzzz')
    check(f'{command} refuses an unknown flag', r.returncode == 2 and re.fullmatch(r'inkstone: there is no --zzzzz here.*\n', r.stderr), r.stderr)
r = ink('lits')
check('nearest command', r.returncode == 2 and 'did you mean list?' in r.stderr and not r.stdout, r.stderr)
r = ink('list', '--jsn')
check('nearest flag', r.returncode == 2 and 'did you mean --json?' in r.stderr, r.stderr)
for mask, code in (('scalar', 0), ('nonsense', 2)):
    r = ink('--version', env={**os.environ, 'INK_CPU': mask})
    check(f'INK_CPU={mask}', r.returncode == code and ('in use: scalar' in r.stdout or 'INK_CPU=nonsense' in r.stderr), r.stdout + r.stderr)
lacking = [s for s in ('avx2', 'avx512', 'amx') if s not in v['processor']]
if lacking:
    r = ink('list', env={**os.environ, 'INK_CPU': lacking[-1]})
    check('a set that the machine lacks', r.returncode == 2 and lacking[-1] in r.stderr, r.stderr)
else:
    print('ok - cli a set that the machine lacks # SKIP it lacks none')
with open('/dev/full', 'w') as full:
    r = subprocess.run([INK, 'emit', 'man'], stdout=full, stderr=subprocess.PIPE, text=True)
check('a full disk is a failure', r.returncode == 1 and r.stderr.startswith('inkstone: '), r.stderr)
r = subprocess.run(f'"{INK}" emit man | head -n 1', shell=True, capture_output=True, text=True)
check('a reader that goes away', r.stdout.startswith('.TH INKSTONE'), r.stdout)

man = ink('emit', 'man').stdout
check('the manual has every flag', all(f.replace('-', '\\-') in man for c in COMMANDS for f in flags(c)))
for tool, command in (('mandoc', ['mandoc', '-T', 'lint', '-W', 'error']), ('groff', ['groff', '-man', '-Tutf8', '-ww', '-K', 'utf8'])):
    if shutil.which(tool):
        r = subprocess.run(command, input=man, capture_output=True, text=True)
        check(f'the manual through {tool}', r.returncode == 0 and (tool == 'mandoc' or not r.stderr), (r.stdout + r.stderr)[:500])
        break
else:
    print('ok - cli the manual through a formatter # SKIP neither mandoc nor groff is here')
for shell in ('bash', 'zsh', 'fish'):
    text = ink('emit', shell).stdout
    check(f'{shell} completion has every flag', all((f[2:] if shell == 'fish' else f) in text for c in COMMANDS for f in flags(c)))
    if not shutil.which(shell):
        print(f'ok - cli {shell} reads its completion # SKIP {shell} is not here')
        continue
    with tempfile.NamedTemporaryFile('w', suffix='.' + shell) as f:
        f.write(text), f.flush()
        r = subprocess.run([shell, '-n', f.name], capture_output=True, text=True)
        check(f'{shell} reads its completion', r.returncode == 0 and not r.stderr, r.stderr)
script = f'''PATH={os.path.dirname(INK)}:$PATH; source <(inkstone emit bash); try() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(); _inkstone; echo "${{COMPREPLY[*]}}"; }}
try inkstone pul; try inkstone list --j; try inkstone emit z; try inkstone pull smol'''
r = subprocess.run(['bash', '-c', script], capture_output=True, text=True)
check('bash completes', r.stdout.split('\n')[:4] == ['pull', '--json', 'zsh', 'smollm2'], r.stdout + r.stderr)
