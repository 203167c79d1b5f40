"""Claim: tokenizing is at least twice as fast as tiktoken, given the same merges and the same pattern, on one thread.

    make bench BENCH=tokenizing ARGS="[MODEL.gguf [TEXT ...]]"

The peer comes from the interpreter of INK_VENV (or this one): it wants tiktoken and gguf. MODEL: a GGUF whose pre-tokenizer is
smollm, by default SmolLM2's. Texts: by default War and Peace and the Chinese novels of ../shared/data/text. Both sides give
processor time of one thread, best of several runs, in MB/s; the ids are compared."""
import sys

import glob, json, os, subprocess, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.environ.get('INK_VENV') or os.path.expanduser('~/.cache/ink-accept/venv')
CACHE = os.environ.get('INK_ACCEPT') or os.path.expanduser('~/.cache/ink-accept')
PATTERN = r"\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?=\p{N})|\s+(?!\S)|\s+"

try:
    import gguf, tiktoken
except ImportError:
    python = VENV + '/bin/python'
    if os.path.exists(python) and os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        os.execv(python, [python, *sys.argv])
    sys.exit('The peer is missing: pip install tiktoken gguf, or let INK_VENV name a virtual environment that has them.')


def alphabet():
    """GPT-2's letters for bytes."""
    printing = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printing]
    return {**{chr(b): b for b in printing}, **{chr(256 + i): b for i, b in enumerate(others)}}


def peer(model):
    """A tiktoken.Encoding of the same merges, and its ids -> the model's."""
    fields = gguf.GGUFReader(model).fields
    if fields['tokenizer.ggml.pre'].contents() != 'smollm':
        sys.exit(f'{model}: its pre-tokenizer is not smollm, whose pattern this bench has')
    letters, ranks = alphabet(), {}
    read = lambda text: bytes(letters[c] for c in text)
    ids = {read(t): i for i, (t, kind) in enumerate(zip(fields['tokenizer.ggml.tokens'].contents(), fields['tokenizer.ggml.token_type'].contents())) if kind == 1}
    for b in range(256):
        ranks[bytes([b])] = b
    for merge in fields['tokenizer.ggml.merges'].contents():
        left, right = merge.split(' ', 1)
        ranks.setdefault(read(left) + read(right), len(ranks))
    encoding = tiktoken.Encoding('same', pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    return encoding, [ids.get(piece, -1) for piece in ranks]


def best(call, runs=5):
    took = []
    for _ in range(runs):
        start = time.thread_time()
        result = call()
        took.append(time.thread_time() - start)
    return min(took), result


def ours(model, texts):
    build = ROOT + '/build-bench'
    if not os.path.exists(build + '/build.ninja'):
        subprocess.run(['meson', 'setup', build, ROOT, '--buildtype=release', '-Db_ndebug=true', '-Dbench=true'], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', build, '--quiet', 'bench/tokenizing'], check=True, stdout=subprocess.DEVNULL)
    lines = subprocess.run([build + '/bench/tokenizing', model, *texts], check=True, capture_output=True, text=True).stdout.splitlines()
    opened, *rest = map(json.loads, lines)
    return opened['opened'], rest


def main():
    model = sys.argv[1] if len(sys.argv) > 1 else CACHE + '/SmolLM2-135M-Instruct.Q4_1.gguf'
    if not os.path.exists(model):
        sys.exit(f'{model} is not here; name a GGUF of SmolLM2')
    shared = os.environ.get('INK_SHARED') or os.path.join(os.path.dirname(ROOT), 'shared')
    books, joined = sys.argv[2:], None
    if not books:
        joined = tempfile.NamedTemporaryFile(suffix='-chinese-novels.txt')
        for path in sorted(glob.glob(shared + '/data/text/zh/*.txt')):
            with open(path, 'rb') as f:
                joined.write(f.read())
        joined.flush()
        books = [shared + '/data/text/war-and-peace.txt', joined.name]
    opened, results = ours(model, books)
    encoding, back = peer(model)
    rows = []
    for path, r in zip(books, results):
        with open(path, encoding='utf-8', newline='') as f:
            text = f.read()
        took, ids = best(lambda: encoding.encode_ordinary(text))
        same = len(ids) == r['ids'] and sum(back[i] * (k + 1) for k, i in enumerate(ids)) % 2**64 == r['sum']
        rows.append((os.path.basename(path).split('-', 1)[-1] if path == (joined and joined.name) else os.path.basename(path),
                     r['bytes'] / r['seconds'] / 1e6, r['bytes'] / took / 1e6, same))
    print(f'opened in {opened * 1e3:.1f} ms')
    print(f'{"text":24} {"inkstone":>9} {"tiktoken":>9}  ratio  ids\n' + '\n'.join(
        f'{name:24} {a:9.1f} {b:9.1f} {a / b:5.1f}x  {"equal" if same else "DIFFER"}' for name, a, b, same in rows))


main()
