"""Runs every test program of a build folder and every script of tests/conformance, and adds up.

Usage: run.py BUILD [NAME ...]      (names pick programs or scripts by substring)
Programs speak TAP (cmocka); scripts print the same lines: `ok - name`, `not ok - name: why`, `ok - name # SKIP why`.
The last line is `N passed, N failed, N skipped`; the exit status is 1 when anything failed."""
import glob, json, os, subprocess, sys, tempfile

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


def main():
    links = tempfile.TemporaryDirectory(prefix='ink-models-')
    build, picks = os.path.abspath(sys.argv[1]), sys.argv[2:]
    env = {**os.environ, 'INK_SHARED': shared(), 'INK_BUILD': build, 'INK_ROOT': ROOT, 'INK_MODELS': os.environ.get('INK_MODELS') or models(links.name), 'CMOCKA_MESSAGE_OUTPUT': 'TAP'}
    programs = sorted(p for p in glob.glob(build + '/tests/unit/test_*') if os.access(p, os.X_OK) and os.path.isfile(p))
    scripts = [[sys.executable, s] for s in sorted(glob.glob(ROOT + '/tests/conformance/*.py'))]
    passed = failed = skipped = 0
    for command in [[p] for p in programs] + scripts:
        name = os.path.basename(command[-1]).removesuffix('.py')
        if picks and not any(p in name for p in picks):
            continue
        try:
            r = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, errors='replace', timeout=1500)
            out, code = r.stdout + r.stderr, r.returncode
        except subprocess.TimeoutExpired as e:
            out, code = f'{e.stdout or ""}\nran past its time', -1
        ok = bad = skip = 0
        for line in out.splitlines():
            if line.startswith('not ok'):
                bad += 1
            elif line.startswith('ok'):
                skip += '# SKIP' in line
                ok += '# SKIP' not in line
                if '# SKIP' in line:
                    print(f'skipped {name}: {line}')
        if (code and not bad) or not (ok or bad or skip):
            bad += 1
        print(f'{"FAIL" if bad else "ok  "} {name}: {ok} passed, {bad} failed, {skip} skipped', flush=True)
        if bad:
            print('\n'.join('    ' + line for line in out.splitlines()[-60:]))
        passed, failed, skipped = passed + ok, failed + bad, skipped + skip
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    sys.exit(1 if failed else 0)


main()
