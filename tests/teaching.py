"""What tests of training share: a run's configuration, and what is read from what it leaves."""
import array, json, os, random, struct, subprocess

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
BUILD = os.environ.get('INK_BUILD') or ROOT + '/build'
INK = os.environ.get('INK_BIN') or BUILD + '/apps/cli/inkstone'
GOLD = SHARED + '/golden/train'
ADAMW = {'stage': 'pretrain', 'dataset_format': 'ids', 'shuffle': 'false', 'lr_scheduler_type': 'constant', 'optim': 'adamw', 'adam_beta1': 0.9,
         'adam_beta2': 0.95, 'adam_epsilon': '1.0e-8', 'max_grad_norm': 1.0, 'dtype': 'f32'}


def tensors(path):
    with open(path, 'rb') as f:
        data = f.read()
    n, = struct.unpack('<Q', data[:8])
    head = json.loads(data[8:8 + n])
    return {k: array.array('f', data[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]]) for k, v in head.items() if k != '__metadata__' and v['dtype'] == 'F32'}


def config(folder, **settings):
    path = folder + '/run.yaml'
    with open(path, 'w') as f:
        f.write(''.join(f'{k}: {v}\n' for k, v in settings.items()))
    return path


def train(*words):
    return subprocess.run([INK, 'train', *words], capture_output=True, text=True, timeout=300)


def losses(folder):
    with open(folder + '/log.jsonl') as f:
        return [row['loss'] for row in map(json.loads, f) if 'loss' in row]


def data(folder, batches):
    path = folder + '/data.jsonl'
    with open(path, 'w') as f:
        f.write('\n'.join(json.dumps({'input_ids': row}) for batch in batches for row in batch))
    return path


def apart(got, want):
    return max(abs(g / w - 1) for g, w in zip(got, want)) if len(got) == len(want) else 9


def random_rows(folder, rows=400, length=24):
    r = random.Random(7)
    return data(folder, [[[r.randrange(64) for _ in range(r.randrange(2, length))] for _ in range(rows)]])


def tiny(temp, out, **more):
    settings = {'stage': 'pretrain', 'model': GOLD + '/llama/init', 'method': 'full', 'dataset': temp + '/data.jsonl', 'output_dir': out, 'per_device_train_batch_size': 4,
                'gradient_accumulation_steps': 2, 'max_steps': 60, 'save_steps': 10, 'learning_rate': '1.0e-3', 'lr_scheduler_type': 'cosine', 'warmup_steps': 5, **more}
    return config(temp, **settings)


def adamw_words(rate, decay):
    """What adamw_steps does, as words for train."""
    return ['shuffle=false', f'learning_rate={rate}', f'weight_decay={decay}', 'adam_beta1=0.9', 'adam_beta2=0.95', 'adam_epsilon=1e-8', 'max_grad_norm=1', 'lr_scheduler_type=constant', 'warmup_steps=0']


def adamw_steps(model, batches, loss_of, rate, decay):
    """PyTorch's losses before each step; matrices alone decay."""
    import torch
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [{'params': [p for p in parameters if p.ndim > 1], 'weight_decay': decay}, {'params': [p for p in parameters if p.ndim == 1], 'weight_decay': 0}]
    optimiser, out = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), eps=1e-8), []
    for batch in batches:
        loss = loss_of(batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in parameters if p.grad is not None], 1.0)
        optimiser.step()
        out.append(loss.item())
    return out


LETTERS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *'abcdefghijklmnop', *('##' + c for c in 'abcdefghijklmnop')]


def letters(folder):
    """transformers' WordPiece tokenizer of words that are spelled."""
    import transformers
    with open(folder + '/vocab.txt', 'w') as f:
        f.write('\n'.join(LETTERS))
    return transformers.BertTokenizerFast(folder + '/vocab.txt')


def run(*words, stdin=None):
    return subprocess.run([INK, *map(str, words)], capture_output=True, text=True, timeout=120, input=stdin)
