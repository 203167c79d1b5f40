"""Unigram tokenizers against Hugging Face's tokenizers (tokenizer.json, several normalizers) and SentencePiece (GGUF): a real model of SentencePiece with its
table of replacements, and models trained here. Texts are naughty strings, novels and random Unicode."""
import json, os, sys, tempfile, unicodedata

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from texts import ASK, BY_CATEGORY, FULL, PECULIAR, SHARED, books, chars, difference, dress, ids, ask, rng

MODEL = SHARED + '/data/tokenizers/sentencepiece/test_model.model'
MARK = '\u2581'


def check(name, wrong):
    print(f'ok - unigram {name}' if not wrong else f'not ok - unigram {name}: {len(wrong)} differ: {str(wrong[:3])[:900]}', flush=True)


if not os.path.exists(ASK) or not SHARED or not oracle.has('tokenizers', 'sentencepiece', 'transformers', 'gguf'):
    print('ok - unigram # SKIP ask_text, ../shared or a package of Python (tokenizers, sentencepiece, transformers, gguf) is not here')
    sys.exit()
import base64, gguf, sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

OLD = {c for of in BY_CATEGORY.values() for c in of if unicodedata.ucd_3_2_0.category(c) != 'Cn'}  # tables of normal forms differ in newer characters
proto = sentencepiece_model_pb2.ModelProto()
with open(MODEL, 'rb') as f:
    proto.ParseFromString(f.read())
PIECES = [(p.piece, p.score) for p in proto.pieces]
TABLE = {'type': 'Precompiled', 'precompiled_charsmap': base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()}
SPACES = {'type': 'Replace', 'pattern': {'Regex': ' {2,}'}, 'content': ' '}
STRIP = {'type': 'Strip', 'strip_left': False, 'strip_right': True}
WORDS = {'type': 'WhitespaceSplit'}


def replace(what, by):
    return {'type': 'Replace', 'pattern': {'String': what}, 'content': by}


def mark(scheme='always', split=True):
    return {'type': 'Metaspace', 'replacement': MARK, 'prepend_scheme': scheme, 'split': split}


def whole(normal, pre, vocab=PIECES, fallback=False, unk=0):
    added = [{'id': i, 'content': vocab[i][0], 'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': True} for i in range(3)]
    sequence = {'type': 'Sequence', 'normalizers': normal}
    return {'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': added, 'normalizer': sequence if normal else None, 'post_processor': None, 'decoder': None,
            'pre_tokenizer': {'type': 'Sequence', 'pretokenizers': pre} if len(pre) > 1 else pre[0], 'model': {'type': 'Unigram', 'unk_id': unk, 'vocab': vocab, 'byte_fallback': fallback}}


KINDS = {
    'as XLM-R and T5 are now': whole([TABLE, STRIP, {**SPACES, 'content': MARK}], [mark()]),
    'as T5 was': whole([TABLE], [WORDS, mark()]),
    'as ALBERT': whole([replace('``', '"'), replace("''", '"'), {'type': 'NFKD'}, {'type': 'StripAccents'}, {'type': 'Lowercase'}, TABLE, SPACES], [WORDS, mark()]),
    'as tokenizers trains': whole([{'type': 'Nmt'}, {'type': 'NFKC'}, SPACES], [mark()]),
    'a space for the first word, none split': whole([STRIP], [mark('first', False)]),
    'bytes for what is unknown': whole([TABLE], [WORDS, mark()], PIECES + [['<0x%02X>' % b, -20.0] for b in range(256)], True),
}


def random_text():
    marks = [''.join(rng.choice('aeoAé\u212b\u0391\u4e2d\u0600\u200d') + rng.choice(BY_CATEGORY['Mn']) * rng.randint(1, 2)) for _ in range(3)]
    return ''.join(c for c in chars(30) + rng.choice(marks + ['', '\r\n', '\u2581 \u2581x']) + chars(10) if c in OLD)


TEXTS = [*books(), *(random_text() for _ in range(4000 if FULL else 600)), '', ' ', MARK, 'a' * 3000, ' a  b ', '<s>x</s> <unk>y']


def folder(temp, name, text):
    path = f'{temp}/{name}'
    os.makedirs(path)
    dress(path)
    with open(path + '/tokenizer.json', 'w') as f:
        json.dump(text, f, ensure_ascii=False)
    return path


def trained(temp):
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.train_from_iterator([x for x in TEXTS if len(x) > 20000], trainers.UnigramTrainer(vocab_size=6000, special_tokens=['<unk>', '<s>', '</s>'], unk_token='<unk>', show_progress=False))
    text = json.loads(t.to_str())
    text['model']['vocab'] = [[p, round(x, 6)] for p, x in text['model']['vocab']]  # which tokenizers reads exactly
    return text


def sentence_piece(temp):
    """The same model as llama.cpp's converter writes it, against SentencePiece itself."""
    theirs = sentencepiece.SentencePieceProcessor(model_file=MODEL)
    path = temp + '/model.gguf'
    w = gguf.GGUFWriter(path, 't5')
    w.add_tokenizer_model('t5')
    w.add_token_list([p for p, _ in PIECES])
    w.add_token_scores([s for _, s in PIECES])
    w.add_token_types([p.type for p in proto.pieces])
    w.add_unk_token_id(0)
    w.add_add_space_prefix(proto.normalizer_spec.add_dummy_prefix)
    w.add_remove_extra_whitespaces(proto.normalizer_spec.remove_extra_whitespaces)
    w.add_precompiled_charsmap(proto.normalizer_spec.precompiled_charsmap)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    wrong = []
    for text in TEXTS:
        if '<' in text or '\0' in text:  # control tokens are read here, and not there
            continue
        ours = ask(folder=path, text=text)
        if ours != theirs.encode(text):
            wrong.append((text[:40], difference(ours, theirs.encode(text)) if isinstance(ours, list) else ours))
    check('from a GGUF', wrong)


with tempfile.TemporaryDirectory() as temp:
    for i, (name, text) in enumerate({**KINDS, 'trained here': trained(temp)}.items()):
        where = folder(temp, i, text)
        check(name, ids(where, TEXTS, Tokenizer.from_file(where + '/tokenizer.json'), name))
    sentence_piece(temp)
