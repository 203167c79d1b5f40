"""Models broken by hand, each in one place: the command refuses with a sentence of its own (one line, exit code 1 or 2, nothing on
standard output), whatever it was asked to do. The headers of files by themselves are broken in unit/test_weights.c."""
import copy, json, math, os, re, shutil, struct, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or os.environ.get('INK_BUILD', ROOT + '/build') + '/apps/cli/inkstone'
if not os.path.exists(INK):
    print('ok - hostile # SKIP inkstone is not built')
    sys.exit()
TEMP = tempfile.TemporaryDirectory(prefix='ink-hostile-')
T = TEMP.name
SENTENCES = {}


def refused(name, says, *args, code=1, **kw):
    try:
        r = subprocess.run([INK, *map(str, args)], capture_output=True, timeout=60, **kw)
        text = r.stderr.decode(errors='replace')
    except subprocess.TimeoutExpired:
        return print(f'not ok - hostile {name}: a minute was not enough')
    ok = r.returncode == code and re.fullmatch(r'inkstone: [^\n]+\n', text) and re.search(says, text) and not r.stdout
    other = SENTENCES.setdefault(text, name)
    if ok and other == name:
        return print(f'ok - hostile {name}')
    return print(f'not ok - hostile {name}: ' + (f'the same sentence as {other}: ' if other != name else f'exit {r.returncode}: ') + (text + r.stdout[:80].decode(errors='replace')).replace('\n', ' ')[:400])


# ---- GGUF, written here so that anything can be written ----

U32, F32, TEXT, ARRAY, I32 = 4, 6, 8, 9, 5
FORMATS = {U32: '<I', F32: '<f', I32: '<i', 0: '<B', 7: '<B', 10: '<Q', 12: '<d'}


def text(s):
    b = s if isinstance(s, bytes) else s.encode()
    return struct.pack('<Q', len(b)) + b


def value(kind, v):
    if kind == TEXT:
        return text(v)
    if kind == ARRAY:
        return struct.pack('<IQ', v[0], len(v[1])) + b''.join(value(v[0], x) for x in v[1])
    return struct.pack(FORMATS[kind], v)


def gguf(meta, tensors):
    """tensors: (name, dimensions innermost first, type, bytes); all offsets are what they should be."""
    out = b'GGUF' + struct.pack('<IQQ', 3, len(tensors), len(meta)) + b''.join(text(k) + struct.pack('<I', t) + value(t, v) for k, t, v in meta)
    data = b''
    for name, dims, kind, values in tensors:
        out += text(name) + struct.pack('<I', len(dims)) + b''.join(struct.pack('<Q', d) for d in dims) + struct.pack('<IQ', kind, len(data))
        data += values + b'\0' * (-len(values) % 32)
    return out + b'\0' * (-len(out) % 32) + data


WIDTH, HEADS, FFN, VOCAB, LAYERS = 32, 4, 64, 40, 2
WORDS = [chr(c) for c in range(ord('!'), ord('!') + VOCAB - 3)] + ['\u0120', 'AB', '<end>']
META = [('general.architecture', TEXT, 'llama'), ('llama.block_count', U32, LAYERS), ('llama.context_length', U32, 64), ('llama.embedding_length', U32, WIDTH),
        ('llama.feed_forward_length', U32, FFN), ('llama.attention.head_count', U32, HEADS), ('llama.attention.head_count_kv', U32, 2),
        ('llama.attention.layer_norm_rms_epsilon', F32, 1e-5), ('llama.rope.freq_base', F32, 10000.0), ('tokenizer.ggml.model', TEXT, 'gpt2'), ('tokenizer.ggml.pre', TEXT, 'gpt-2'),
        ('tokenizer.ggml.tokens', ARRAY, (TEXT, WORDS)), ('tokenizer.ggml.token_type', ARRAY, (I32, [1] * (VOCAB - 1) + [3])), ('tokenizer.ggml.merges', ARRAY, (TEXT, ['A B'])),
        ('tokenizer.ggml.eos_token_id', U32, VOCAB - 1), ('tokenizer.chat_template', TEXT, '{{ messages[0].content }}')]


def f32(n):
    return struct.pack(f'<{n}f', *(math.sin(i + 1) / 8 for i in range(n)))


def layers():
    shapes = [('token_embd', (WIDTH, VOCAB)), ('output_norm', (WIDTH,))]
    for i in range(LAYERS):
        shapes += [(f'blk.{i}.{n}', d) for n, d in (('attn_norm', (WIDTH,)), ('attn_q', (WIDTH, WIDTH)), ('attn_k', (WIDTH, WIDTH // 2)), ('attn_v', (WIDTH, WIDTH // 2)),
                                                   ('attn_output', (WIDTH, WIDTH)), ('ffn_norm', (WIDTH,)), ('ffn_gate', (WIDTH, FFN)), ('ffn_up', (WIDTH, FFN)), ('ffn_down', (FFN, WIDTH)))]
    return [(n + '.weight', d, 0, f32(math.prod(d))) for n, d in shapes]


TENSORS = layers()


def broken_gguf(name, says, command, meta={}, drop=(), tensors={}, more=(), code=1):
    """meta: key to (type, value), or None to leave it out; tensors: name to (dimensions, type, bytes) or None."""
    keys = [(k, *(meta[k] if k in meta else (t, v))) for k, t, v in META if meta.get(k, 1) is not None] + [(k, *v) for k, v in meta.items() if v and k not in [m[0] for m in META]] + list(more)
    list_ = [(n, *(tensors[n] if n in tensors else (d, t, b))) for n, d, t, b in TENSORS if tensors.get(n, 1) is not None]
    path = f'{T}/broken.gguf'
    with open(path, 'wb') as f:
        f.write(gguf(keys, list_))
    run(name, says, command, path, code)


COMMANDS = {'show': ['show', None], 'logits': ['logits', '-m', None, '--ids', '1,2,3', '-o', T + '/out.f32', '--ctx', '32'], 'tokenize': ['tokenize', '-m', None],
            'generate': ['generate', '-m', None, '-p', 'AB', '-n', '2', '--ctx', '32', '--temp', '0'], 'template': ['template', '-m', None, '--messages', T + '/messages.json']}
with open(T + '/messages.json', 'w') as f:
    json.dump([{'role': 'user', 'content': 'hi'}], f)


def run(name, says, command, path, code=1):
    refused(f'{command}: {name}', says, *(path if a is None else a for a in COMMANDS[command]), code=code, input=b'AB')
    if os.path.exists(T + '/out.f32'):
        print(f'not ok - hostile {name}: something was written')
        os.remove(T + '/out.f32')


def whole():
    """What is not broken works."""
    for command, args in COMMANDS.items():
        with open(T + '/whole.gguf', 'wb') as f:
            f.write(gguf(META, TENSORS))
        r = subprocess.run([INK, *(T + '/whole.gguf' if a is None else a for a in args)], input=b'AB', capture_output=True, timeout=60)
        print(f'ok - hostile {command} on what is whole' if r.returncode == 0 else f'not ok - hostile {command} on what is whole: {r.stderr.decode()}')
    os.remove(T + '/out.f32')


whole()
A = 'llama.'
broken_gguf('an architecture that is a number', 'general.architecture', 'logits', {'general.architecture': (U32, 7)})
broken_gguf('an architecture that nobody knows', 'architecture "rwkv9"', 'logits', {'general.architecture': (TEXT, 'rwkv9')})
broken_gguf('no layers', 'block_count is 0', 'logits', {A + 'block_count': (U32, 0)})
broken_gguf('more layers than there are', r'no tensor .*layers\.2\.', 'logits', {A + 'block_count': (U32, 3)})
broken_gguf('a million layers', 'block_count is 1000000, outside', 'logits', {A + 'block_count': (U32, 1000000)})
broken_gguf('fewer layers than there are', r'blk\.1\.', 'logits', {A + 'block_count': (U32, 1)})
broken_gguf('a width that is text', 'embedding_length', 'logits', {A + 'embedding_length': (TEXT, 'wide')})
broken_gguf('another width', 'configuration wants', 'logits', {A + 'embedding_length': (U32, 64)})
broken_gguf('heads that cannot share', 'cannot share', 'logits', {A + 'attention.head_count_kv': (U32, 3)})
broken_gguf('more heads than dimensions', 'heads? of 0|head', 'logits', {A + 'attention.head_count': (U32, 64), A + 'attention.head_count_kv': (U32, 64)})
broken_gguf('an epsilon that is no number', 'epsilon is not a number', 'logits', {A + 'attention.layer_norm_rms_epsilon': (F32, math.nan)})
broken_gguf('half a layer', 'whole number', 'logits', {A + 'block_count': (F32, 1.5)})
broken_gguf('an odd number of dimensions that rotate', 'rotary positions over 3', 'logits', {A + 'rope.dimension_count': (U32, 3)})
broken_gguf('more dimensions rotate than a head has', '16 dimensions rotate', 'logits', {A + 'rope.dimension_count': (U32, 16)})
broken_gguf('rotary scaling that nobody knows', '"dynamic"', 'logits', {A + 'rope.scaling.type': (TEXT, 'dynamic')})
broken_gguf('a context of nothing', 'context_length is 0', 'logits', {A + 'context_length': (U32, 0)})
broken_gguf('a tensor is missing', r'blk|q_proj', 'logits', tensors={'blk.1.attn_q.weight': None})
broken_gguf('a norm too long', '33 values', 'logits', tensors={'output_norm.weight': ((33,), 0, f32(33))})
broken_gguf('a matrix of whole numbers', 'I32|type', 'logits', tensors={'blk.0.attn_q.weight': ((WIDTH, WIDTH), 26, b'\0' * 4096)})
broken_gguf('three dimensions', '× |dimensions', 'logits', tensors={'blk.0.attn_q.weight': ((WIDTH, 4, 8), 0, f32(1024))})
broken_gguf('a table of tokens with no rows', 'token_embd|embed', 'logits', tensors={'token_embd.weight': ((WIDTH, 0), 0, b'')})
broken_gguf('no weights at all', 'table of tokens', 'logits', tensors={n: None for n, *_ in TENSORS})
broken_gguf('a key twice', 'twice|more than once|duplicate', 'show', more=[('llama.block_count', U32, 3)])
broken_gguf('weights that are no numbers', 'NaN|not a number|no number|finite', 'generate', tensors={'output_norm.weight': ((WIDTH,), 0, struct.pack('<f', math.nan) * WIDTH)})
broken_gguf('no tokenizer', 'no tokenizer', 'generate', {'tokenizer.ggml.model': None})
broken_gguf('a tokenizer of another kind', 'of kind rwkv', 'generate', {'tokenizer.ggml.model': (TEXT, 'rwkv')})
broken_gguf('WordPiece without what ends a text', 'seperator_token_id', 'generate', {'tokenizer.ggml.model': (TEXT, 'bert')})
broken_gguf('no tokens', r'no tokenizer\.ggml\.tokens', 'tokenize', {'tokenizer.ggml.tokens': None})
broken_gguf('tokens that are numbers', r'tokenizer\.ggml\.tokens is no list', 'generate', {'tokenizer.ggml.tokens': (ARRAY, (I32, [1, 2, 3]))})
broken_gguf('an empty list of tokens', '0 tokens', 'tokenize', {'tokenizer.ggml.tokens': (ARRAY, (TEXT, [])), 'tokenizer.ggml.token_type': None})
broken_gguf('fewer types than tokens', '40 tokens, but 39 types', 'tokenize', {'tokenizer.ggml.token_type': (ARRAY, (I32, [1] * (VOCAB - 1)))})
broken_gguf('no merges', r'tokenizer\.ggml\.merges', 'tokenize', {'tokenizer.ggml.merges': None})
broken_gguf('pieces without scores', r'tokenizer\.ggml\.scores', 'tokenize', {'tokenizer.ggml.model': (TEXT, 'llama')})
broken_gguf('more tokens than the model has rows', 'token id 39 is outside the vocabulary of 8', 'generate', {'tokenizer.ggml.tokens': (ARRAY, (TEXT, WORDS[:-2] + ['q', 'AB', '<end>'])), 'tokenizer.ggml.token_type': None}, tensors={'token_embd.weight': ((WIDTH, 8), 0, f32(WIDTH * 8))}, code=2)
broken_gguf('a template that does not end', 'no \{% endif %\}', 'template', {'tokenizer.chat_template': (TEXT, '{% if messages %}x')})
broken_gguf('a template that goes on for ever', 'memory', 'template', {'tokenizer.chat_template': (TEXT, '{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}')})
broken_gguf('a template that calls itself', 'deep|nest|recurs', 'template', {'tokenizer.chat_template': (TEXT, '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}')})
broken_gguf('a template that doubles its text', 'bytes|long|large|much', 'template', {'tokenizer.chat_template': (TEXT, "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}")})
broken_gguf('a template with a call that nobody knows', 'nobody|undefined|unknown|not', 'template', {'tokenizer.chat_template': (TEXT, '{{ open("/etc/passwd") }}')})
broken_gguf('a template that refuses', 'only the system speaks', 'template', {'tokenizer.chat_template': (TEXT, "{{ raise_exception('only the system speaks') }}")}, code=2)
broken_gguf('a template that is no text', 'UTF-8|template', 'template', {'tokenizer.chat_template': (TEXT, b'{{ "\xff" }')})
broken_gguf('a template that deletes', 'template|del', 'template', {'tokenizer.chat_template': (TEXT, '{% del messages %}')})
broken_gguf('no template', 'no (chat )?template', 'template', {'tokenizer.chat_template': None})

# ---- folders ----

CASE = ROOT + '/tests/cases/models/llama'
with open(CASE + '/config.json') as f:
    CONFIG = json.load(f)
with open(CASE + '/model.safetensors', 'rb') as f:
    size = struct.unpack('<Q', f.read(8))[0]
    HEADER, DATA = json.loads(f.read(size)), f.read()
with open(ROOT + '/tests/cases/tokenizers/gpt2/tokenizer.json') as f:
    TOKENIZER = json.load(f)


def folder(config=CONFIG, header=HEADER, data=DATA, tokenizer=TOKENIZER, files={}):
    """A folder with these contents; text instead of a value is written as it is, None is left out."""
    path = T + '/folder'
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
    contents = {'config.json': config, 'tokenizer.json': tokenizer, **files}
    if header is not None:
        head = json.dumps(header).encode()
        contents['model.safetensors'] = struct.pack('<Q', len(head)) + head + data
    for name, v in contents.items():
        if v is not None:
            with open(f'{path}/{name}', 'wb') as f:
                f.write(v if isinstance(v, bytes) else v.encode() if isinstance(v, str) else json.dumps(v).encode())
    return path


def changed(of, **settings):
    return {k: v for k, v in {**of, **settings}.items() if v is not None}


def header(**entries):
    return changed(HEADER, **entries)


NORM = 'model.norm.weight'
run('a folder without config.json', 'config.json', 'logits', folder(config=None))
run('a config.json that is cut off', 'not valid JSON', 'logits', folder(config='{"model_type":"llama",'))
run('a config.json that is a list', 'model_type|object', 'logits', folder(config=[1]))
run('a model_type that nobody knows', '"rwkv9"', 'logits', folder(config=changed(CONFIG, model_type='rwkv9', architectures=None)))
run('a size that is text', 'hidden_size', 'logits', folder(config=changed(CONFIG, hidden_size='48')))
run('a size below nothing', 'hidden_size is -48', 'logits', folder(config=changed(CONFIG, hidden_size=-48)))
run('a size beyond all bounds', 'intermediate_size is', 'logits', folder(config=changed(CONFIG, intermediate_size=10 ** 15)))
run('a number that no computer has', 'too big integer', 'logits', folder(config=changed(CONFIG, intermediate_size=10 ** 30)))
run('a size that is missing', 'num_hidden_layers', 'logits', folder(config=changed(CONFIG, num_hidden_layers=None)))
run('scaling that divides by nothing', 'factor is 0', 'logits', folder(config=changed(CONFIG, rope_scaling={'rope_type': 'linear', 'factor': 0})))
run('no weights', 'safetensors|weights', 'logits', folder(header=None))
run('weights of an unknown type', 'F8_E5M2|dtype', 'logits', folder(header=header(**{NORM: {**HEADER[NORM], 'dtype': 'F8_E5M2'}})))
run('weights with a hole between them', 'hole|follow|begin|gap|byte', 'show', folder(header=header(hole={'dtype': 'F32', 'shape': [1], 'data_offsets': [len(DATA) + 4, len(DATA) + 8]}), data=DATA + b'\0' * 8))
run('weights that end too soon', 'bytes|ends', 'show', folder(data=DATA[:-4]))
run('an index that names a file above', r'\.\./|name', 'logits', folder(header=None, files={'model.safetensors.index.json': {'weight_map': {NORM: '../model.safetensors'}}}))
run('an index whose file is not there', 'model-00002', 'logits', folder(header=None, files={'model.safetensors.index.json': {'weight_map': {NORM: 'model-00002.safetensors'}}}))
run('an index without a map', 'weight_map', 'logits', folder(header=None, files={'model.safetensors.index.json': {'metadata': {}}}))

# ---- tokenizer.json ----


def tokenizer(name, says, command='tokenize', model={}, **settings):
    run(name, says, command, folder(tokenizer=changed(TOKENIZER, model=changed(TOKENIZER['model'], **model), **settings)))


SPLIT = {'type': 'Split', 'pattern': {'Regex': '('}, 'behavior': 'Isolated', 'invert': False}
DEEP = {'type': 'Sequence', 'pretokenizers': []}
for _ in range(20):
    DEEP = {'type': 'Sequence', 'pretokenizers': [DEEP]}
TOKEN = {'id': 700, 'content': 'x', 'special': True}
run('a folder without tokenizer.json', 'no tokenizer.json', 'generate', folder(tokenizer=None))
run('a tokenizer.json that is cut off', 'tokenizer.json: is not valid JSON', 'generate', folder(tokenizer=json.dumps(TOKENIZER)[:-100]))
run('a tokenizer.json without a model', 'no "model"', 'tokenize', folder(tokenizer={'version': '1.0'}))
tokenizer('words for pieces', 'cut in another way', model={'type': 'WordPiece'})
tokenizer('pieces by their likelihood', 'lacks a vocab', model={'type': 'Unigram'})
tokenizer('no vocabulary', 'lacks a vocab', model={'vocab': None})
tokenizer('an id below nothing', 'token x has no id', model={'vocab': {'x': -1}})
tokenizer('an id beyond all bounds', 'token y has no id', model={'vocab': {'y': 10 ** 12}})
tokenizer('an id that is text', 'token z has no id', model={'vocab': {'z': '1'}})
tokenizer('an empty vocabulary', '0 tokens', model={'vocab': {}}, added_tokens=[])
tokenizer('merges that are numbers', 'merge 1', model={'merges': ['a b', 7]})
tokenizer('a merge of one', 'merge 0|merge', model={'merges': [['a']]})
tokenizer('an added token without an id', 'entry 0 of added_tokens', added_tokens=[{'content': 'x'}])
tokenizer('an added token without a text', 'entry 1 of added_tokens', added_tokens=[TOKEN, {'id': 5}])
tokenizer('an added token too long', '2000 bytes long', added_tokens=[{**TOKEN, 'content': 'x' * 2000}])
tokenizer('a normalizer that nobody knows', 'Lowercase', normalizer={'type': 'Lowercase'})
tokenizer('a step that nobody knows', 'UnicodeScripts', pre_tokenizer={'type': 'UnicodeScripts'})
tokenizer('steps within steps', 'Sequence', pre_tokenizer=DEEP)
tokenizer('too many steps', 'more than 16', pre_tokenizer={'type': 'Sequence', 'pretokenizers': [{'type': 'Digits'}] * 17 + [TOKENIZER['pre_tokenizer']]})
tokenizer('a regular expression that is none', 'regular expression', pre_tokenizer={'type': 'Sequence', 'pretokenizers': [SPLIT, TOKENIZER['pre_tokenizer']]})
tokenizer('neither bytes nor pieces', 'neither bytes nor', pre_tokenizer=None)
tokenizer('a prefix in the middle of words', 'continuing_subword_prefix', model={'continuing_subword_prefix': '##'})

# ---- what is asked of a model that is whole ----

GOOD = folder()
for name, says, code, args in (
        ('an id beyond the vocabulary', 'token 2 of the prompt is 64', 2, ['logits', '-m', GOOD, '--ids', '1,64', '-o', T + '/out.f32']), ('an id below nothing', '-1', 2, ['logits', '-m', GOOD, '--ids', '-1', '-o', T + '/out.f32']),
        ('no ids', 'at least one', 2, ['logits', '-m', GOOD, '--ids', '', '-o', T + '/out.f32']), ('a context beyond the model', '512', 1, ['logits', '-m', GOOD, '--ids', '1', '-o', T + '/out.f32', '--ctx', '513']),
        ('a file that is not there', 'nowhere', 1, ['show', T + '/nowhere.gguf']), ('a file that is no model', 'not|neither', 1, ['show', CASE + '/ids.json']),
        ('messages that are no list', 'a JSON array is expected', 2, ['template', '-m', T + '/whole.gguf', '--messages', CASE + '/config.json'])):
    refused(name, says, *args, code=code)
