"""Texts that are hard for tokenizers, and asking inkstone for what it makes of them (tests/unit/ask_text.c); SEED, FULL=1 for whole books and every character."""
import glob, json, os, random, struct, subprocess, unicodedata

SHARED, FULL = os.environ.get('INK_SHARED', ''), bool(os.environ.get('FULL'))
ASK = os.environ['INK_BUILD'] + '/tests/unit/ask_text'
rng = random.Random(int(os.environ.get('SEED', 1)))
process = os.path.exists(ASK) and subprocess.Popen([ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding='utf-8')


def ask(**request):
    process.stdin.write(json.dumps(request, ensure_ascii=False) + '\n')
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def difference(ours, theirs):
    """None, or what stands around the first place where two lists differ."""
    if ours == theirs:
        return None
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    return ours[max(0, at - 1):at + 3], theirs[max(0, at - 1):at + 3]


# ---- texts ----

CHARS = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ('Cn', 'Cs')]
BY_CATEGORY = {}
for c in CHARS:
    BY_CATEGORY.setdefault(unicodedata.category(c), []).append(c)
CATEGORIES = sorted(BY_CATEGORY)
# what rules treat apart: contractions, case without a pair, ligatures, joiners, every kind of space and line end, sentence marks
PECULIAR = ("'sStTdDmMlLvVrReE \u017f\u212a\u00df\u01c5\u02b0\u00aa\u3042\u4e2d\uac00\u0640\u0301\u0903\u0489\u2082\u00b2\u00bd\u2167\u0967" "9_\u203f-\u2013\u00bb\u00ab$+^`|~\u20ac\u00a9"
            "\U0001f642\u00ad\u200b\u200d\ufeff\n\r\t\v\f\x85\xa0\u2028\u3000\x1c\x00/.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c()[]{}<=>@&*%#\"\\:;ABcd")
SCRAPS = ["'ll", "'LL", "'re", "'VE", " 's", "don't", '\r\n', '  \n ', '1234567', 'fooBar', '    ']


def char():
    kind = rng.random()
    return rng.choice(PECULIAR) if kind < .55 else rng.choice(BY_CATEGORY[rng.choice(CATEGORIES)]) if kind < .87 else rng.choice(SCRAPS) if kind < .94 else rng.choice(PECULIAR) * 4


def chars(most):
    return ''.join(char() for _ in range(rng.randint(1, most)))


def read(path, size):
    with open(path, encoding='utf-8', newline='') as f:
        return f.read() if FULL else f.read(size)


def books():
    if not SHARED:
        return []
    with open(SHARED + '/data/suites/blns.json') as f:
        naughty = json.load(f)
    novels = ''.join(read(p, 8000) for p in sorted(glob.glob(SHARED + '/data/text/zh/*.txt')))
    return [*naughty, '\n'.join(naughty), read(SHARED + '/data/text/war-and-peace.txt', 60000), novels]


def ids(folder, texts, tokenizer, name):
    wrong = []
    for text in texts:
        ours, theirs = ask(folder=folder, text=text), tokenizer.encode(text, add_special_tokens=False).ids
        if ours != theirs:
            wrong.append((name, text[:40], difference(ours, theirs) if isinstance(ours, list) else ours))
    return wrong


def dress(folder):
    """What else a folder needs to be taken for a model."""
    header = json.dumps({'x': {'dtype': 'F32', 'shape': [1], 'data_offsets': [0, 4]}}).encode()
    with open(folder + '/model.safetensors', 'wb') as f:
        f.write(struct.pack('<Q', len(header)) + header + b'\0' * 4)
    with open(folder + '/config.json', 'w') as f:
        f.write('{"model_type":"llama"}')
