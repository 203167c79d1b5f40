"""Tokenizers that are learned: byte-level BPE against a published reference (../shared/data/tokenizers/bpe-train), every kind opened by
Hugging Face's tokenizers where that is installed, and by inkstone where it reads the kind."""
import json, os, subprocess, sys, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
REFERENCE = SHARED + '/data/tokenizers/bpe-train'
PYTHON = os.environ.get('INK_VENV', os.path.expanduser('~/.cache/inkstone-tests/venv')) + '/bin/python'
TEXT = 'The quick brown fox jumps over the lazy dog; the lazy dog sleeps. 1234 times, the fox jumps!\n\nQuick foxes, lazy dogs - naïve café 北京 and 東京.\n' * 40


def check(name, ok, why=''):
    print(f'ok - tokenizer train {name}' if ok else f'not ok - tokenizer train {name}: {why}')


def train(*words):
    return subprocess.run([INK, 'tokenizer', 'train', *words], capture_output=True, text=True, timeout=120)


def read(path):
    with open(path) as f:
        return f.read()


def reference(temp):
    r = train(REFERENCE + '/corpus.en', '--vocab-size', '500', '--special', '<|endoftext|>', '-o', temp + '/own', '--json')
    if r.returncode:
        return check('byte-level BPE', False, r.stderr)
    check('has the merges of the reference', read(temp + '/own/merges.txt').split('\n') == read(REFERENCE + '/train-bpe-reference-merges.txt').split('\n'))
    check('has the vocabulary of the reference', json.loads(read(temp + '/own/vocab.json')) == json.loads(read(REFERENCE + '/train-bpe-reference-vocab.json')))
    check('reports', json.loads(r.stdout)['vocab_size'] == 500 and json.loads(r.stdout)['merges'] == 243, r.stdout)


PEER = '''
import json, sys
from tokenizers import Tokenizer
t = Tokenizer.from_file(sys.argv[1] + '/tokenizer.json')
text = open(sys.argv[2]).read()
ids = t.encode(text, add_special_tokens=False).ids
print(json.dumps({'ids': ids, 'size': t.get_vocab_size(), 'text': t.decode(ids)}))
'''


def peer(folder, path):
    r = subprocess.run([PYTHON, '-c', PEER, folder, path], capture_output=True, text=True, timeout=60)
    return json.loads(r.stdout) if r.returncode == 0 else r.stderr[-400:]


def own(temp, folder, path):
    """A model of one token more than it needs, for the tokenizer's sake."""
    with open(folder + '/config.json', 'w') as f:
        json.dump({'model_type': 'rnn', 'hidden_size': 2, 'vocab_size': len(json.loads(read(folder + '/tokenizer.json'))['model']['vocab'])}, f)
    with open(temp + '/one.jsonl', 'w') as f:
        f.write('{"input_ids":[1,2,3]}\n')
    r = subprocess.run([INK, 'train', f'model={folder}/config.json', f'tokenizer={folder}', f'dataset={temp}/one.jsonl', f'output_dir={folder}/model', 'max_steps=1'], capture_output=True, text=True, timeout=60)
    if r.returncode:
        return r.stderr
    with open(path, 'rb') as f:
        r = subprocess.run([INK, 'tokenize', '-m', folder + '/model', '--json'], stdin=f, capture_output=True, timeout=60)
    return json.loads(r.stdout)['ids'] if r.returncode == 0 else r.stderr.decode()


def kinds(temp):
    path = temp + '/text'
    with open(path, 'w') as f:
        f.write(TEXT)
    with open(temp + '/new', 'w') as f:
        f.write('The lazy fox, 42 dogs and a café in 北京!')
    for kind, size, opened in (('bpe', 320, True), ('spm-bpe', 360, True), ('wordpiece', 110, False), ('unigram', 110, False)):
        folder = f'{temp}/{kind}'
        r = train(path, '--kind', kind, '--vocab-size', str(size), '-o', folder, '--json')
        if r.returncode:
            check(f'{kind} learns', False, r.stderr)
            continue
        check(f'{kind} has the size that was asked for', json.loads(r.stdout)['vocab_size'] == size, r.stdout)
        again = f'{temp}/{kind}-again'
        train(path, '--kind', kind, '--vocab-size', str(size), '-o', again)
        check(f'{kind} is the same again', read(folder + '/tokenizer.json') == read(again + '/tokenizer.json'))
        got = peer(folder, temp + '/new') if os.path.exists(PYTHON) else None
        if got is None:
            print(f'ok - tokenizer train {kind} opened by tokenizers # SKIP no Python with tokenizers')
        else:
            plain = read(temp + '/new')
            check(f'{kind} opened by tokenizers', isinstance(got, dict) and got['size'] == size and (got['text'] == plain or kind == 'wordpiece' and 'lazy fox' in got['text']), got)
        if opened:
            ids = own(temp, folder, temp + '/new')
            check(f'{kind} opened by inkstone', isinstance(ids, list) and (got is None or ids == got['ids']), (ids, got))


SENTENCEPIECE = '''
import json, sys
import sentencepiece
from tokenizers import Tokenizer
corpus, folder, kind, size = sys.argv[1:]
sentencepiece.SentencePieceTrainer.train(input=corpus, model_prefix=folder + '/their', model_type=kind, vocab_size=int(size), byte_fallback=kind == 'bpe', normalization_rule_name='nfkc', minloglevel=2, num_threads=1)
p = sentencepiece.SentencePieceProcessor(model_file=folder + '/their.model')
theirs = [p.id_to_piece(i) for i in range(p.get_piece_size())]
own = Tokenizer.from_file(folder + '/tokenizer.json')
model = json.load(open(folder + '/tokenizer.json'))['model']
if kind == 'bpe':
    said = {'merges': [''.join(m) for m in model['merges']] == [t for t in theirs[259:] if len(t) > 1], 'pieces': set(model['vocab']) == set(theirs)}
else:
    score, lines = dict(map(tuple, model['vocab'])), open(corpus, encoding='utf-8').read().splitlines()
    unknown = min(score.values()) - 10
    said = {'own': sum(score.get(t, unknown) for l in lines for t in own.encode(l, add_special_tokens=False).tokens), 'theirs': sum(p.get_score(i) if i else unknown for l in lines for i in p.encode(l)),
            'mass': sum(2.718281828459045 ** s for t, s in score.items() if t[0] != '<')}
print(json.dumps(said))
'''


def sentencepiece(temp):
    """SentencePiece's own trainer: of BPE the same merges in the same order; of unigram, whose pieces hang on where it begins, a vocabulary
    under which the text is no less likely."""
    for kind, size in (('bpe', 1500), ('unigram', 1000)):
        folder = f'{temp}/sentencepiece-{kind}'
        r = train(REFERENCE + '/corpus.en', '--kind', 'spm-bpe' if kind == 'bpe' else kind, '--vocab-size', str(size), '-o', folder)
        if r.returncode:
            check(f'{kind} beside SentencePiece', False, r.stderr)
            continue
        r = subprocess.run([PYTHON, '-c', SENTENCEPIECE, REFERENCE + '/corpus.en', folder, kind, str(size)], capture_output=True, text=True, timeout=100) if os.path.exists(PYTHON) else None
        if not r or 'ModuleNotFoundError' in r.stderr:
            print(f'ok - tokenizer train {kind} beside SentencePiece # SKIP no Python with sentencepiece')
            continue
        said = json.loads(r.stdout) if r.returncode == 0 else {}
        if kind == 'bpe':
            check('spm-bpe has the merges of SentencePiece', said.get('merges') and said.get('pieces'), f'{said} {r.stderr[-300:]}')
        else:
            check('unigram is as good as SentencePiece', said and said['own'] > 1.01 * said['theirs'] and 0.999 < said['mass'] < 1.001, f'{said} {r.stderr[-300:]}')


def refusals(temp):
    path = temp + '/text'
    for name, words, why in (('no room for bytes', [path, '--vocab-size', '100'], 'no room'), ('no text', [], 'no text'), ('no such file', [temp + '/none'], 'none'),
                             ('a way to cut that is none', [path, '--split', 'magic'], 'magic'), ('an empty special token', [path, '--special', ''], 'empty'),
                             ('too few characters', [path, '--kind', 'spm-bpe', '--vocab-size', '270'], 'no room')):
        r = train(*words, '-o', temp + '/refused')
        check(f'refuses {name}', r.returncode and why in r.stderr and not os.path.exists(temp + '/refused/tokenizer.json'), f'{r.returncode} {r.stderr}')


with tempfile.TemporaryDirectory() as temp:
    kinds(temp)
    refusals(temp)
    if os.path.isdir(REFERENCE):
        reference(temp)
        sentencepiece(temp)
    else:
        print('ok - tokenizer train reference # SKIP no ../shared')
