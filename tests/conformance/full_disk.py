"""A disk that is full while a model learns: it is said, what was saved stays whole, and with room again the run goes on bit for bit. The
disk is one of memory in a name space of its own."""
import glob, json, os, random, subprocess, sys, tempfile

ROOT, SHARED = os.environ['INK_ROOT'], os.environ.get('INK_SHARED', '')
INK = os.environ.get('INK_BIN') or (os.environ.get('INK_BUILD') or ROOT + '/build') + '/apps/cli/inkstone'
BASE = SHARED + '/golden/train/llama/init'
ROOM = 'mount -t tmpfs -o size={} tmpfs "$0"'


def check(name, ok, why=''):
    print(f'ok - full disk: {name}' if ok else f'not ok - full disk: {name}: {why}')


def train(out, *words):
    return [INK, 'train', 'stage=pretrain', 'dataset_format=ids', f'model={BASE}', f'dataset={temp}/rows', f'output_dir={out}', 'max_steps=60', 'save_steps=5', 'learning_rate=1.0e-3', *words]


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def rows(out):
    with open(out + '/log.jsonl') as f:
        return [r['loss'] for r in map(json.loads, f) if 'loss' in r]


def filled(size):
    """Runs until the disk is full, looks at what is there, gives it room and goes on; everything inside one name space."""
    disk, words = temp + '/disk', ' '.join(f"'{w}'" for w in train(temp + '/disk/out', 'save_total_limit=100'))
    os.makedirs(disk, exist_ok=True)
    script = f"""mount -t tmpfs -o size={size} tmpfs {disk} || exit 99
{words} 2> {temp}/said; echo $? > {temp}/code
ls {disk}/out > {temp}/left; cp -r {disk}/out {temp}/seen
mount -o remount,size=64m {disk}
{words} --resume 2> {temp}/again; echo $? >> {temp}/code
cp -r {disk}/out {temp}/done"""
    return subprocess.run(['unshare', '-rm', 'sh', '-c', script], capture_output=True, text=True, timeout=120).returncode


def main():
    r = random.Random(11)
    with open(temp + '/rows', 'w') as f:
        f.write('\n'.join(json.dumps({'input_ids': [r.randrange(64) for _ in range(r.randrange(2, 24))]}) for _ in range(400)))
    if subprocess.run(['unshare', '-rm', 'sh', '-c', f'mkdir {temp}/try && mount -t tmpfs tmpfs {temp}/try'], capture_output=True).returncode:
        print('ok - full disk # SKIP no name spaces for mounts here')
        return
    whole = subprocess.run(train(temp + '/whole', 'save_total_limit=100'), capture_output=True, text=True, timeout=100)
    filled('1500k')
    said, codes, left = read(temp + '/said').decode(), read(temp + '/code').split(), read(temp + '/left').decode().split()
    check('is said, with the file and the reason', codes[0] == b'1' and 'No space left' in said and 'disk/out' in said, f'{codes} {said}')
    saved = sorted((x for x in left if x.startswith('checkpoint-') and not x.endswith('.tmp')), key=lambda x: int(x[11:]))
    torn = [x for x in saved for name in ('optimizer.safetensors', 'model.safetensors') if read(f'{temp}/seen/{x}/{name}') != read(f'{temp}/whole/{x}/{name}')]
    check('what was saved before is whole', saved and not torn and 'model.safetensors' not in left, f'{saved} {torn} {left}')
    check('with room again it goes on bit for bit', codes[1:] == [b'0'] and 'going on after step' in read(temp + '/again').decode() and rows(temp + '/done') == rows(temp + '/whole')
          and read(temp + '/done/model.safetensors') == read(temp + '/whole/model.safetensors'), f'{codes} {read(temp + "/again").decode()} {whole.stderr}')
    check('and nothing half-written is left', not [x for x in os.listdir(temp + '/done') if 'tmp' in x] and not glob.glob(temp + '/done/*/*tmp*'), str(os.listdir(temp + '/done')))


if not os.path.isdir(BASE):
    print('ok - full disk # SKIP no ../shared')
    sys.exit()
with tempfile.TemporaryDirectory() as temp:
    main()
