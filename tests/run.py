"""Runs every test program of a build folder and every script of tests/conformance, and adds up.

Usage: run.py BUILD [NAME ...]      (names pick programs or scripts by substring; INK_JOBS, usually 2, run side by side)
Programs speak TAP (cmocka); scripts print the same lines: `ok - name`, `not ok - name: why`, `ok - name # SKIP why`.
The last line is `N passed, N failed, N skipped`; the exit status is 1 when anything failed."""
import concurrent.futures, glob, json, os, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def shared():
    path = os.environ.get('INK_SHARED') or os.path.join(os.path.dirname(ROOT), 'shared')
    return path if os.path.isdir(path) else ''


def models(folder):
    """Links in folder to the models that `inkstone pull` has fetched, with a voice's settings (VOICE.json): tests that need one look for it in INK_MODELS."""
    r = subprocess.run([os.environ.get('INK_BIN') or ROOT + '/build/inkstone', 'list', '--json'], capture_output=True, text=True)
    for m in json.loads(r.stdout)['models'] if r.returncode == 0 else []:
        for path in glob.glob(glob.escape(m['path']) + '*') if m['path'] and os.path.isfile(m['path']) else []:
            os.symlink(path, f'{folder}/{os.path.basename(path)}')
    return folder


def jobs():
    """Programs that run side by side: most of the time of many is one thread of an oracle's Python."""
    return int(os.environ.get('INK_JOBS') or min(2, len(os.sched_getaffinity(0))))


def name_of(command):
    return os.path.basename(command[-1]).removesuffix('.py')


def run(command, env):
    """Runs a program or script and prints what it did, in one piece: how many tests passed, failed and were skipped."""
    begun = time.monotonic()
    try:
        r = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, errors='replace', timeout=1500)
        out, code = r.stdout + r.stderr, r.returncode
    except subprocess.TimeoutExpired as e:
        out, code = f'{e.stdout or ""}\nran past its time', -1
    lines = out.splitlines()
    bad = sum(line.startswith('not ok') for line in lines)
    skips = [line for line in lines if line.startswith('ok') and '# SKIP' in line]
    ok = sum(line.startswith('ok') for line in lines) - len(skips)
    if (code and not bad) or not (ok or bad or skips):
        bad += 1
    name = name_of(command)
    told = [f'skipped {name}: {line}' for line in skips]
    told.append(f'{"FAIL" if bad else "ok  "} {name}: {ok} passed, {bad} failed, {len(skips)} skipped, {time.monotonic() - begun:.0f} s')
    told += ['    ' + line for line in lines[-60:]] if bad else []
    print('\n'.join(told), flush=True)
    return ok, bad, len(skips)


def main():
    links = tempfile.TemporaryDirectory(prefix='ink-models-')
    build, picks = os.path.abspath(sys.argv[1]), sys.argv[2:]
    env = {**os.environ, 'INK_SHARED': shared(), 'INK_BUILD': build, 'INK_ROOT': ROOT, 'INK_MODELS': os.environ.get('INK_MODELS') or models(links.name), 'CMOCKA_MESSAGE_OUTPUT': 'TAP'}
    programs = sorted(p for p in glob.glob(build + '/tests/unit/test_*') if os.access(p, os.X_OK) and os.path.isfile(p))
    scripts = sorted(glob.glob(ROOT + '/tests/conformance/*.py'))
    commands = [c for c in [[sys.executable, s] for s in scripts] + [[p] for p in programs] if not picks or any(pick in name_of(c) for pick in picks)]
    total = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        for counts in pool.map(lambda c: run(c, env), commands):
            total = [a + b for a, b in zip(total, counts)]
    passed, failed, skipped = total
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    sys.exit(1 if failed else 0)


main()
