"""What can be done with each family of models: a table, made by trying it on the tiny checkpoints of tests/cases/models, that stands in
docs/models.md word for word (`--write` puts it there)."""
import array, json, glob, os, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
BUILD = os.environ.get('INK_BUILD') or ROOT + '/build'
INK = os.environ.get('INK_BIN') or BUILD + '/apps/cli/inkstone'
PAGE, BEGIN, END = ROOT + '/docs/models.md', '<!-- families -->\n', '<!-- end -->\n'
TRAIN = ('dataset_format=ids', 'max_steps=1', 'per_device_train_batch_size=1', 'learning_rate=1e-3')


def check(name, ok, why=''):
    print(f'ok - families {name}' if ok else f'not ok - families {name}: {why}')


def run(*args):
    return subprocess.run([INK, *args], capture_output=True, text=True, timeout=120)


def logits(model, temp, reads, *flags):
    r = run('logits', '-m', model, *(['--ids', '3,9,4', '--decoder-ids'] if reads else ['--ids']), '5,3,2,7,4,9,8,6', '--all', '--kv', 'f32', '-o', temp + '/out', *flags)
    if r.returncode:
        return None
    values = array.array('f')
    with open(temp + '/out', 'rb') as f:
        values.frombytes(f.read())
    return values


def near(a, b, part):
    return bool(a) and bool(b) and len(a) == len(b) and max(abs(x - y) for x, y in zip(a, b)) <= part * max(map(abs, b))


def learns(folder, temp, method, reads):
    with open(temp + '/data.jsonl', 'w') as f:
        f.write('{"input_ids": [5, 3, 2, 7, 4, 9, 8, 6]' + (', "labels": [4, 9, 3]' if reads else '') + '}\n')
    return not run('train', *TRAIN, 'stage=seq2seq' if reads else 'stage=pretrain', f'model={folder}', f'method={method}', f'dataset={temp}/data.jsonl', f'output_dir={temp}/{method}').returncode


def tried(folder):
    """The columns of a row: load, generate, train, LoRA, quantise, and its name in a GGUF."""
    reads = os.path.exists(folder + '/read.json')
    with tempfile.TemporaryDirectory() as temp:
        whole = logits(folder, temp, reads)
        if not whole:
            return None
        said = run('convert', folder, temp + '/tiny.gguf', '--json')
        name = json.loads(said.stdout)['architecture'] if not said.returncode else ''
        gguf = bool(name) and near(logits(temp + '/tiny.gguf', temp, reads), whole, 1e-4)
        small = not run('quantize', folder, temp + '/small.gguf', 'Q8_0').returncode and near(logits(temp + '/small.gguf', temp, reads), whole, 0.1)
        return [True, logits(folder, temp, reads, '--chunk', '1') == whole, learns(folder, temp, 'full', reads), learns(folder, temp, 'lora', reads), small, name if gguf else '']


ENCODER = {'hidden_size': 64, 'num_hidden_layers': 2, 'num_attention_heads': 4, 'intermediate_size': 64, 'max_position_embeddings': 40, 'vocab_size': 64, 'hidden_act': 'gelu', 'pad_token_id': 1}
ENCODERS = {'bert': ('BertForMaskedLM', ENCODER), 'roberta': ('RobertaForMaskedLM', {**ENCODER, 'type_vocab_size': 1}), 'xlm-roberta': ('XLMRobertaForMaskedLM', {**ENCODER, 'type_vocab_size': 1}),
            'distilbert': ('DistilBertForMaskedLM', {'dim': 64, 'n_layers': 2, 'n_heads': 4, 'hidden_dim': 64, 'max_position_embeddings': 40, 'vocab_size': 64, 'activation': 'gelu'})}


def vectors(model, *texts, flags=()):
    r = subprocess.run([INK, 'embed', '-m', model, '--json', *flags], input='\n'.join(texts), capture_output=True, text=True, timeout=60)
    return [v for row in json.loads(r.stdout)['vectors'] for v in row] if not r.returncode else None


def encoder(kind, temp):
    """The same columns of an encoder that is made from its configuration: it encodes alike alone and beside others."""
    name, config = ENCODERS[kind]
    text, folder = temp + '/text.txt', temp + '/encoder'
    with open(text, 'w') as f:
        f.write('a bad cab bade a face; decade faced ace bead\n' * 9)
    with open(temp + '/config.json', 'w') as f:
        json.dump({'model_type': kind, 'architectures': [name], **config}, f)
    run('tokenizer', 'train', text, '-o', temp + '/words', '--kind', 'wordpiece', '--vocab-size', '64')
    with open(temp + '/words/tokenizer.json') as f:
        words = json.load(f)
    ids = words['model']['vocab']
    around = {t: {'id': t, 'ids': [ids[t]], 'tokens': [t]} for t in ('[CLS]', '[SEP]')}
    pair = [{'SpecialToken': {'id': '[CLS]', 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 0}}]
    words['post_processor'] = {'type': 'TemplateProcessing', 'single': pair, 'pair': [*pair, {'Sequence': {'id': 'B', 'type_id': 1}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 1}}], 'special_tokens': around}
    with open(temp + '/words/tokenizer.json', 'w') as f:
        json.dump(words, f)
    with open(temp + '/words/tokenizer_config.json', 'w') as f:
        json.dump({'tokenizer_class': 'PreTrainedTokenizerFast', 'cls_token': '[CLS]', 'sep_token': '[SEP]', 'unk_token': '[UNK]', 'mask_token': '[MASK]', 'pad_token': '[PAD]'}, f)
    teach = lambda *words: not run('train', 'stage=mlm', f'dataset={text}', 'max_steps=1', 'per_device_train_batch_size=1', 'cutoff_len=16', *words).returncode
    made = teach(f'model={temp}/config.json', f'tokenizer={temp}/words', f'output_dir={folder}')
    one, two = vectors(folder, 'a bad cab'), vectors(folder, 'a bad cab', 'decade faced')
    said = run('convert', folder, temp + '/tiny.gguf', '--json')
    other = json.loads(said.stdout)['architecture'] if not said.returncode else ''
    gguf = bool(other) and near(vectors(temp + '/tiny.gguf', 'a bad cab'), one, 1e-4)
    small = not run('quantize', folder, temp + '/small.gguf', 'Q8_0').returncode and near(vectors(temp + '/small.gguf', 'a bad cab'), one, 0.1)
    return [bool(one), bool(one and two) and two[:len(one)] == one, made and teach(f'model={folder}', f'output_dir={temp}/again'), teach(f'model={folder}', f'output_dir={temp}/lora', 'method=lora'), small, other if gguf else '']


def table():
    families, sources = {}, {}
    for path in sorted(glob.glob(ROOT + '/tests/cases/models/*/config.json')):
        folder = os.path.dirname(path)
        with open(path) as f:
            config = json.load(f)
        if os.path.exists(folder + '/ids.json'):
            families.setdefault(config['model_type'], []).append(folder)
            sources[config['model_type']] = config['architectures'][0]
    lines = ['| `model_type` | class in transformers | load | generate or encode | train | LoRA | quantise | GGUF |\n', '|---|---|---|---|---|---|---|---|\n']
    sources.update({kind: name for kind, (name, _) in ENCODERS.items()})
    for kind in sorted([*families, *ENCODERS]):
        if kind in ENCODERS:
            with tempfile.TemporaryDirectory() as temp:
                row = encoder(kind, temp)
        else:
            rows = [row for row in map(tried, families[kind]) if row]
            row = [max(column, key=bool) for column in zip(*rows)]
        if not row:
            check(kind, False, 'no checkpoint of it can be loaded')
            continue
        lines.append(f'| {kind} | {sources[kind]} | ' + ' | '.join('yes' if c is True else f'`{c}`' if c else '–' for c in row) + ' |\n')
    return ''.join(lines)


made = table()
with open(PAGE, encoding='utf-8') as f:
    page = f.read()
before, rest = page.split(BEGIN)
after = rest.split(END)[1]
if '--write' in sys.argv:
    with open(PAGE, 'w', encoding='utf-8') as f:
        f.write(before + BEGIN + made + END + after)
check('docs/models.md has the table', rest.split(END)[0] == made or '--write' in sys.argv, made)
