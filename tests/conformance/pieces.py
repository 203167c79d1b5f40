"""Folders that have a model of SentencePiece alone, of the families that ship one, against the tokenizers that transformers makes of them: unigram and BPE models
learned here in the shapes of T5, mT5, XLM-R, Llama and Gemma. Texts are naughty strings, novels and random Unicode."""
import json, os, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle
from texts import ASK, BY_CATEGORY, FULL, SHARED, books, chars, difference, dress, ask, rng

if not os.path.exists(ASK) or not SHARED or not oracle.has('sentencepiece', 'transformers', 'google.protobuf'):
    print('ok - pieces # SKIP ask_text, ../shared or a package of Python (sentencepiece, transformers, protobuf) is not here')
    sys.exit()
import unicodedata, warnings
warnings.simplefilter('ignore')
os.environ['TRANSFORMERS_VERBOSITY'] = 'error'
import sentencepiece, transformers

LEARNED = SHARED + '/data/tokenizers/sentencepiece/botchan.txt'
OLD = {c for of in BY_CATEGORY.values() for c in of if unicodedata.ucd_3_2_0.category(c) != 'Cn'}  # tables of normal forms differ in newer characters
UNIGRAM = dict(model_type='unigram')
PADDED = dict(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
MERGED = dict(model_type='bpe', byte_fallback=True, normalization_rule_name='identity', remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True)
TURNS = dict(pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece='<pad>', eos_piece='<eos>', bos_piece='<bos>', add_dummy_prefix=False)
LATER = {'2000': {'content': '<|im_start|>', 'special': True, 'normalized': False, 'lstrip': False, 'rstrip': False, 'single_word': False}}
LLAMA = {'tokenizer_class': 'LlamaTokenizer', 'bos_token': '<s>', 'eos_token': '</s>', 'unk_token': '<unk>'}
KINDS = {
    't5': ('spiece.model', 't5', None, {**UNIGRAM, **PADDED}),
    'mt5, whose sentinels are pieces': ('spiece.model', 'mt5', {'tokenizer_class': 'T5Tokenizer', 'extra_ids': 0}, {**UNIGRAM, **PADDED}),
    'xlm-r': ('sentencepiece.bpe.model', 'xlm-roberta', {'tokenizer_class': 'XLMRobertaTokenizer'}, UNIGRAM),
    'llama': ('tokenizer.model', 'llama', LLAMA, MERGED),
    'llama, not as it was, with a token more': ('tokenizer.model', 'llama', {**LLAMA, 'legacy': False, 'added_tokens_decoder': LATER}, MERGED),
    'gemma': ('tokenizer.model', 'gemma', {'tokenizer_class': 'GemmaTokenizer'}, {**MERGED, **TURNS, 'user_defined_symbols': ['<start_of_turn>', '<end_of_turn>', '\n\n', '\u2581\u2581', '\u2581\u2581\u2581']}),
}


def check(name, wrong):
    print(f'ok - pieces {name}' if not wrong else f'not ok - pieces {name}: {len(wrong)} differ: {str(wrong[:3])[:900]}', flush=True)


def random_text():
    return ''.join(c for c in chars(30) + chars(10) if c in OLD)


def folder(temp, name, kind, config, learn):
    path = f'{temp}/{len(os.listdir(temp))}'
    os.makedirs(path)
    dress(path)
    sentencepiece.SentencePieceTrainer.train(input=LEARNED, model_prefix=path + '/m', vocab_size=2000, minloglevel=2, **learn)
    os.rename(path + '/m.model', f'{path}/{name}')
    for file, values in (('config.json', {'model_type': kind}), ('tokenizer_config.json', config)):
        if values:
            with open(f'{path}/{file}', 'w') as f:
                json.dump(values, f)
    return path


TEXTS = [*books(), *(random_text() for _ in range(3000 if FULL else 500)), '', ' ', '\u2581', 'a' * 3000, ' a  b ', '<s>x</s> <unk>y', 'a <extra_id_0> b<extra_id_99>', '<mask> a <mask>', '<|im_start|>user',
         '<start_of_turn>user\n\n\nhi<end_of_turn>', '<pad><eos><bos>']


def against(temp, name):
    path = folder(temp, *KINDS[name])
    theirs = transformers.AutoTokenizer.from_pretrained(path)
    wrong = []
    for text in TEXTS:
        ours, want = ask(folder=path, text=text), theirs.encode(text, add_special_tokens=False)
        if ours != want:
            wrong.append((text[:40], difference(ours, want) if isinstance(ours, list) else ours))
    check(name, wrong)


def bytes_for_unknown(temp):
    """Of a unigram model with bytes transformers' fast tokenizer makes unknown tokens, SentencePiece bytes, as the model was taught."""
    path = folder(temp, 'spiece.model', 'mt5', {'tokenizer_class': 'T5Tokenizer', 'extra_ids': 0}, {**UNIGRAM, **PADDED, 'byte_fallback': True})
    theirs = sentencepiece.SentencePieceProcessor(model_file=path + '/spiece.model')
    wrong = [(text, ask(folder=path, text=text), theirs.encode(text)) for text in ('The \u4e2d\u6587 boy', '\U0001f642', 'na\u00efve \u0434\u0430') if ask(folder=path, text=text) != theirs.encode(text)]
    check('bytes for what no piece has', wrong)


def refused(temp):
    wrong = []
    for name, kind, config, learn, says in (('spiece.model', 't5', {'tokenizer_class': 'XLNetTokenizer'}, UNIGRAM, 'XLNetTokenizer'), ('spiece.model', 'poem', None, UNIGRAM, 'poem'),
                                            ('tokenizer.model', 'llama', LLAMA, dict(model_type='char', hard_vocab_limit=False), 'of words or of characters')):
        r = ask(folder=folder(temp, name, kind, config, learn), text='a')
        wrong += [] if says in str(r) and 'error' in r else [(says, r)]
    path = folder(temp, 'spiece.model', 't5', None, {**UNIGRAM, **PADDED})
    with open(path + '/spiece.model', 'rb') as f:
        whole = f.read()
    for damaged in (b'', whole[:1000], b'\xff' * 99, whole[:-3]):
        with open(path + '/spiece.model', 'wb') as f:
            f.write(damaged)
        os.rename(path, path + 'x')  # another folder: the last one may be kept open
        path += 'x'
        r = ask(folder=path, text='a')
        wrong += [] if 'SentencePiece' in str(r) and 'error' in r else [(len(damaged), r)]
    check('what is not known or damaged is refused', wrong)


with tempfile.TemporaryDirectory() as temp:
    for name in KINDS:
        against(temp, name)
    bytes_for_unknown(temp)
    refused(temp)
