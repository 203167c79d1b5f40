"""Language models before attention: their losses and ten steps against PyTorch's of ../shared/golden/train/rnn, their state carried from
step to step, and a feed-forward model against the sums written out here."""
import array, json, math, os, random, shutil, struct, subprocess, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
BUILD = os.environ.get('INK_BUILD') or ROOT + '/build'
INK = os.environ.get('INK_BIN') or BUILD + '/apps/cli/inkstone'
GOLD = SHARED + '/golden/train/rnn'
CELLS = {'rnn_tanh': {'model_type': 'rnn'}, 'rnn_relu': {'model_type': 'rnn', 'nonlinearity': 'relu'}, 'lstm': {'model_type': 'lstm'}, 'gru': {'model_type': 'gru'}}


def check(name, ok, why=''):
    print(f'ok - recurrent {name}' if ok else f'not ok - recurrent {name}: {why}')


def tensors(path):
    with open(path, 'rb') as f:
        data = f.read()
    n, = struct.unpack('<Q', data[:8])
    head = json.loads(data[8:8 + n])
    return {k: array.array('f', data[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]]) for k, v in head.items() if k != '__metadata__'}


def folder(temp, config, weights):
    os.mkdir(temp + '/model')
    shutil.copy(weights, temp + '/model/model.safetensors')
    with open(temp + '/model/config.json', 'w') as f:
        json.dump({'vocab_size': 40, 'hidden_size': 24, 'num_hidden_layers': 2, **config}, f)
    return temp + '/model'


def ink(*words):
    return subprocess.run([INK, *words], capture_output=True, text=True, timeout=120)


def train(temp, **settings):
    with open(temp + '/run.yaml', 'w') as f:
        f.write(''.join(f'{k}: {v}\n' for k, v in settings.items()))
    return ink('train', '--config', temp + '/run.yaml')


def logits(model, ids, *flags):
    with tempfile.TemporaryDirectory() as temp:
        r = ink('logits', '-m', model, '--ids', ','.join(map(str, ids)), '--all', '-o', temp + '/out', *flags)
        if r.returncode:
            return r.stderr
        with open(temp + '/out', 'rb') as f:
            return f.read()


def loss(rows, ids, vocab=40):
    rows, total = array.array('f', rows), 0
    for i in range(len(ids) - 1):
        row = rows[i * vocab:(i + 1) * vocab]
        top = max(row)
        total += top + math.log(sum(math.exp(v - top) for v in row)) - row[ids[i + 1]]
    return total


def golden(cell, config):
    with open(f'{GOLD}/{cell}/run.json') as f:
        run = json.load(f)
    batch = run['batches'][0]
    with tempfile.TemporaryDirectory() as temp:
        model = folder(temp, config, f'{GOLD}/{cell}/init.safetensors')
        got = [logits(model, row) for row in batch]
        if isinstance(got[0], str):
            return check(f'{cell} answers', False, got[0])
        mean = sum(loss(g, row) for g, row in zip(got, batch)) / sum(len(row) - 1 for row in batch)
        check(f'{cell} answers with the loss of PyTorch', abs(mean / run['losses'][0] - 1) < 1e-5, f'{mean} for {run["losses"][0]}')
        check(f'{cell} answers the same in chunks, among copies and with one thread', all(logits(model, batch[0], *flags) == got[0] for flags in
                                                                                     (['--chunk', '1'], ['--chunk', '5'], ['--copies', '3', '--chunk', '4'], ['-t', '1'])))
        long = [i * 7 % 40 for i in range(150)]  # over blocks of 64 positions
        check(f'{cell} carries its state over blocks', logits(model, long) == logits(model, long, '--chunk', '13'))
        with open(temp + '/data.jsonl', 'w') as f:
            f.write('\n'.join(json.dumps({'input_ids': row}) for b in run['batches'] for row in b))
        r = train(temp, stage='pretrain', model=model, method='full', dataset=temp + '/data.jsonl', dataset_format='ids', shuffle='false', output_dir=temp + '/out',
                  per_device_train_batch_size=len(batch), max_steps=len(run['batches']), learning_rate=0.5, lr_scheduler_type='constant', optim='sgd', weight_decay=0,
                  max_grad_norm=0.25, dtype='f32')
        if r.returncode:
            return check(f'{cell} learns', False, r.stderr)
        with open(temp + '/out/log.jsonl') as f:
            losses = [row['loss'] for row in map(json.loads, f) if 'loss' in row]
        off = max(abs(a / b - 1) for a, b in zip(losses, run['losses'])) if len(losses) == len(run['losses']) else 9
        check(f'{cell} has the losses of PyTorch', off < 1e-5, f'off by {off:.1e}')
        mine, want = tensors(temp + '/out/model.safetensors'), tensors(f'{GOLD}/{cell}/after10.safetensors')
        off = max(max(abs(a - b) for a, b in zip(mine[k], w)) for k, w in want.items())
        check(f'{cell} has the weights of PyTorch', off < 1e-4 and mine.keys() == want.keys(), f'off by {off:.1e}')


def feed_forward(direct):
    """y = b + U tanh(d + H e) over the last three words, with W e beside it (Bengio et al. 2003)."""
    name = 'a feed-forward model' + (' with straight connections' if direct else '')
    random.seed(3)
    vocab, size, hidden, seen = 11, 3, 5, 3
    with tempfile.TemporaryDirectory() as temp:
        with open(temp + '/config.json', 'w') as f:
            json.dump({'model_type': 'ffnn', 'vocab_size': vocab, 'hidden_size': hidden, 'embedding_size': size, 'order': seen + 1, 'direct_connections': direct, 'initializer_range': 0.5}, f)
        rows = [[random.randrange(vocab) for _ in range(9)] for _ in range(6)]
        with open(temp + '/data.jsonl', 'w') as f:
            f.write('\n'.join(json.dumps({'input_ids': row}) for row in rows))
        r = train(temp, stage='pretrain', model=temp + '/config.json', method='full', dataset=temp + '/data.jsonl', dataset_format='ids', shuffle='false', output_dir=temp + '/out',
                  per_device_train_batch_size=6, max_steps=40, learning_rate=0.05, lr_scheduler_type='constant', dtype='f32')
        if r.returncode:
            return check(f'{name} learns', False, r.stderr)
        with open(temp + '/out/log.jsonl') as f:
            losses = [row['loss'] for row in map(json.loads, f) if 'loss' in row]
        check(f'{name} learns', losses[-1] < 0.5 * losses[0], str(losses))
        w = tensors(temp + '/out/model.safetensors')
        got, worst = array.array('f', logits(temp + '/out', rows[0])), 0
        for i in range(len(rows[0])):
            e = [v for at in range(i - seen + 1, i + 1) for v in (w['encoder.weight'][rows[0][at] * size:(rows[0][at] + 1) * size] if at >= 0 else [0.0] * size)]
            h = [math.tanh(w['hidden.bias'][j] + sum(a * b for a, b in zip(w['hidden.weight'][j * len(e):], e))) for j in range(hidden)] + (e if direct else [])
            y = [w['decoder.bias'][v] + sum(a * b for a, b in zip(w['decoder.weight'][v * len(h):], h)) for v in range(vocab)]
            worst = max(worst, max(abs(a - b) for a, b in zip(got[i * vocab:(i + 1) * vocab], y)))
        check(f'{name} computes its sums', worst < 1e-5, f'off by {worst:.1e}')
        check(f'{name} sees the words before in chunks too', logits(temp + '/out', rows[0]) == logits(temp + '/out', rows[0], '--chunk', '2'))


for direct in (False, True):
    feed_forward(direct)
for cell, config in CELLS.items():
    if os.path.isdir(GOLD):
        golden(cell, config)
    else:
        print(f'ok - recurrent {cell} # SKIP no ../shared')
