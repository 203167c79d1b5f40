"""inkstone history: an n-gram model and every architecture of share/recipes/history.yaml on one small text."""
import json, math, os, subprocess, tempfile, xml.dom.minidom

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'


def check(name, ok, why=''):
    print(f'ok - history {name}' if ok else f'not ok - history {name}: {why}')


def history(*words):
    return subprocess.run([INK, 'history', '--config', ROOT + '/share/recipes/history.yaml', *words], capture_output=True, text=True, timeout=200)


with tempfile.TemporaryDirectory() as temp:
    for name, times in (('train', 60), ('val', 3)):
        with open(f'{temp}/{name}.txt', 'w') as f:
            f.write(''.join(f'The {a} {b} the {c}.\n' for i in range(times) for a in ('cat', 'dog', 'fox') for b in ('sees', 'likes') for c in ('rat', 'bird', 'tree')))
    small = [f'dataset={temp}/train.txt', f'eval_dataset={temp}/val.txt', f'output_dir={temp}/out', 'vocab_size=300', 'max_steps=30', 'eval_steps=10', 'cutoff_len=16', 'warmup_steps=5']
    r = history(*small, '--json')
    rows = json.loads(r.stdout) if r.returncode == 0 else []
    check('trains all', [row['model'] for row in rows] == ['5-gram, Kneser-Ney', 'feed-forward', 'elman', 'lstm', 'gru', 'transformer'], r.stderr)
    check('all learn', rows and all(1 < row['perplexity'] < 40 and row['bits_per_byte'] > 0 and row['parameters'] > 0 for row in rows), rows)
    if rows:
        with open(temp + '/out/table.json') as f:
            check('writes the table', [row['model'] for row in json.load(f)] == [row['model'] for row in rows])
        with open(temp + '/out/table.md') as f:
            check('writes the table for people', len(f.read().splitlines()) == 8)
        picture = xml.dom.minidom.parse(temp + '/out/perplexity.svg')
        check('draws a curve for each', len(picture.getElementsByTagName('polyline')) == 6)
        # the bits of a model that is known: those of its perplexity
        with open(temp + '/out/eval.ids') as f:
            tokens = len(f.read().split())
        check('counts bits by bytes', all(abs(row['bits_per_byte'] - math.log2(row['perplexity']) * tokens / os.path.getsize(temp + '/val.txt')) < 1e-6 for row in rows), rows)
        r = subprocess.run([INK, 'generate', '-m', temp + '/out/lstm', '-p', 'The cat', '-n', '8', '--seed', '1'], capture_output=True, text=True, timeout=60)
        check('a model of it goes on with a text', r.returncode == 0 and len(r.stdout) > 3, r.stderr)
        r = subprocess.run([INK, 'perplexity', '-m', temp + '/out/gru', '-f', temp + '/val.txt', '--ctx', '16', '--json'], capture_output=True, text=True, timeout=60)
        check('and is measured', r.returncode == 0 and json.loads(r.stdout)['perplexity'] < 40, r.stdout + r.stderr)
    r = history('dataset=' + temp + '/train.txt')
    check('says what is missing', r.returncode == 2 and 'eval_dataset' in r.stderr, r.stderr)
    r = subprocess.run([INK, 'history', *small, f'models={ROOT}/share/recipes/history/elman.json', 'ngram_order=0', 'max_steps=2', 'dataset_format=txt', f'output_dir={temp}/words'],
                       capture_output=True, text=True, timeout=60)
    check('takes all its settings as words', r.returncode == 0 and 'elman' in r.stdout, r.stderr)
    r = history(*small, 'ngram_order=many')
    check('says what is no number', r.returncode == 2 and 'ngram_order' in r.stderr, r.stderr)
