"""n-gram models against KenLM: what lmplz -o 5 --skip_symbols made of wikitext2.valid.txt (lines of its ARPA file in
tests/cases/ngram), and what its query said of wikitext2.test.txt; ARPA in and out, and files that are refused."""
import json, os, subprocess, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
TEXT = SHARED + '/data/text'
# KenLM 0.3.0
COUNTS = [13778, 97171, 165229, 187857, 192507]
DISCOUNTS = [[0.518627, 1.08675, 1.66978], [0.774051, 1.21648, 1.55101], [0.902236, 1.33991, 1.56178], [0.9623, 1.52475, 1.7495], [0.971535, 1.61503, 1.94883]]
PERPLEXITY, KNOWN, UNKNOWN, TOKENS = 649.2370342930386, 317.6403655409153, 27114, 245569


def check(name, ok, why=''):
    print(f'ok - ngram {name}' if ok else f'not ok - ngram {name}: {why}')


def ngram(*words):
    return subprocess.run([INK, 'ngram', *words], capture_output=True, text=True, timeout=120)


def arpa(path):
    with open(path) as f:
        rows = [line.rstrip('\n').split('\t') for line in f]
    return {r[1]: (float(r[0]), float(r[2]) if len(r) > 2 else 0) for r in rows if len(r) > 1}


def kenlm(temp):
    r = ngram('--train', TEXT + '/wikitext2.valid.txt', '--order', '5', '-o', temp + '/own.arpa', '-f', TEXT + '/wikitext2.test.txt', '--json')
    if r.returncode:
        return check('counts a text', False, r.stderr)
    got = json.loads(r.stdout)
    check("has KenLM's counts", got['ngrams'] == COUNTS, got['ngrams'])
    check("has KenLM's discounts", all(abs(a / b - 1) < 1e-5 for x, y in zip(got['discounts'], DISCOUNTS) for a, b in zip(x, y)), got['discounts'])
    check("has KenLM's perplexity", abs(got['perplexity'] / PERPLEXITY - 1) < 1e-6 and abs(got['perplexity_known'] / KNOWN - 1) < 1e-6, r.stdout)
    check("has KenLM's unknown words", got['unknown'] == UNKNOWN and got['words'] + got['sentences'] == TOKENS, r.stdout)
    own, want = arpa(temp + '/own.arpa'), arpa(ROOT + '/tests/cases/ngram/wikitext2-valid.kenlm')
    off = max(max(abs(a - b) for a, b in zip(own.get(k, (9, 9)), v)) for k, v in want.items())
    check(f"has KenLM's numbers for {len(want)} n-grams", off < 1e-5, f'off by {off}')
    again = json.loads(ngram('-m', temp + '/own.arpa', '-f', TEXT + '/wikitext2.test.txt', '-o', temp + '/again.arpa', '--json').stdout)
    check('reads what it wrote', abs(again['perplexity'] / PERPLEXITY - 1) < 1e-6, again)
    with open(temp + '/own.arpa') as a, open(temp + '/again.arpa') as b:
        check('writes what it read', sorted(a) == sorted(b))


def sums(temp):
    """Probabilities of all words after a context are one."""
    with open(temp + '/text', 'w') as f:
        f.write('the cat sat\nthe cat ate the rat\na rat sat\n\nthe dog ate a cat <unk> a dog\n')
    r = ngram('--train', temp + '/text', '--order', '3', '-o', temp + '/small.arpa')
    check('says which order has too few counts', r.returncode == 1 and '--fallback' in r.stderr, r.stderr)
    r = ngram('--train', temp + '/text', '--order', '3', '--fallback', '-o', temp + '/small.arpa', '-n', '20', '--json')
    p = arpa(temp + '/small.arpa')
    words = [w for w in p if ' ' not in w and w != '<s>']
    def score(*w):
        return p[' '.join(w)][0] if ' '.join(w) in p else p.get(' '.join(w[:-1]), (0, 0))[1] + score(*w[1:])
    total = {c: sum(10 ** score(*c, w) for w in words) for c in [(), ('the',), ('<s>', 'the'), ('the', 'cat'), ('dog', 'rat')]}
    check('sums to one after every context', all(abs(t - 1) < 1e-5 for t in total.values()), total)
    check('goes on with words that it has', r.returncode == 0 and set(json.loads(r.stdout)['text']) <= set(words), r.stdout + r.stderr)
    with open(temp + '/line', 'w') as f:
        f.write('the cat zebra\n')
    rows = [line.split('\t') for line in ngram('-m', temp + '/small.arpa', '-f', temp + '/line', '--list').stdout.splitlines()[:4]]
    check('lists words, what was found and log10 p', [r[0] for r in rows] == ['the', 'cat', 'zebra', '</s>'] and
          all(abs(float(r[2]) - score(*c)) < 1e-5 for r, c in zip(rows, [('<s>', 'the'), ('<s>', 'the', 'cat'), ('the', 'cat', '<unk>'), ('cat', '<unk>', '</s>')])), rows)


def commands(temp):
    """The commands that all models have."""
    ask = lambda *words: subprocess.run([INK, *words], capture_output=True, text=True, timeout=60)
    r = ask('perplexity', '-m', temp + '/small.arpa', '-f', temp + '/text', '--json')
    own = json.loads(ngram('-m', temp + '/small.arpa', '-f', temp + '/text', '--json').stdout)
    check('perplexity takes it', r.returncode == 0 and json.loads(r.stdout)['perplexity'] == own['perplexity'], r.stdout + r.stderr)
    r = ask('generate', '-m', temp + '/small.arpa', '-p', 'the cat', '-n', '12', '--seed', '3', '--json')
    check('generate takes it', r.returncode == 0 and len(json.loads(r.stdout)['text']) == 12 and r.stdout == ask('generate', '-m', temp + '/small.arpa', '-p', 'the cat', '-n', '12', '--seed', '3', '--json').stdout, r.stderr)
    r = ask('generate', '-m', temp + '/small.arpa', '--ids', '1,2')
    check('generate says what it cannot', r.returncode == 2 and 'n-gram' in r.stderr, r.stderr)


BROKEN = {
    'no head': ('hello', 'no ARPA file'),
    'no orders': ('\\data\\\n\n\\end\\\n', 'no order'),
    'orders out of turn': ('\\data\\\nngram 2=1\n', 'line 2'),
    'a count beyond the file': ('\\data\\\nngram 1=4000000000\n', 'too short'),
    'too many': ('\\data\\\nngram 1=1\n\n\\1-grams:\n-1\ta\n-1\tb\n\n\\end\\\n', 'line 6'),
    'too few': ('\\data\\\nngram 1=2\n\n\\1-grams:\n-1\ta\n\n\\end\\\n', 'says 2'),
    'a word twice': ('\\data\\\nngram 1=2\n\n\\1-grams:\n-1\ta\n-1\ta\n\n\\end\\\n', 'already'),
    'an n-gram twice': ('\\data\\\nngram 1=1\nngram 2=2\n\n\\1-grams:\n-1\ta\t0\n\n\\2-grams:\n-1\ta a\n-2\ta a\n\n\\end\\\n', 'twice'),
    'a probability above one': ('\\data\\\nngram 1=1\n\n\\1-grams:\n0.5\ta\n\n\\end\\\n', 'line 5'),
    'no number': ('\\data\\\nngram 1=1\n\n\\1-grams:\nx\ta\n\n\\end\\\n', 'line 5'),
    'a word of no unigram': ('\\data\\\nngram 1=1\nngram 2=1\n\n\\1-grams:\n-1\ta\t0\n\n\\2-grams:\n-1\ta b\n\n\\end\\\n', 'line 9'),
    'no end': ('\\data\\\nngram 1=1\n\n\\1-grams:\n-1\ta\n', 'before \\end\\'),
}


def broken(temp):
    for name, (text, words) in BROKEN.items():
        with open(temp + '/broken.arpa', 'w') as f:
            f.write(text)
        r = ngram('-m', temp + '/broken.arpa', '-n', '1')
        check(f'refuses {name}', r.returncode == 1 and words in r.stderr, f'{r.returncode} {r.stderr}')
    open(temp + '/empty', 'w').close()
    r = ngram('--train', temp + '/empty', '-n', '1')
    check('refuses an empty text', r.returncode == 2 and 'empty' in r.stderr, r.stderr)


with tempfile.TemporaryDirectory() as temp:
    sums(temp)
    commands(temp)
    broken(temp)
    if os.path.isdir(TEXT):
        kenlm(temp)
    else:
        print('ok - ngram KenLM # SKIP no ../shared')
