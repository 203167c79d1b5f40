"""Nothing is lost: a run that is killed (kill -9) at twenty random moments, and gone on with each time, against one that never was:
losses and weights bit for bit, for full training and for LoRA. ARGS='KILLS SEED'."""
import json, os, random, signal, subprocess, sys, tempfile, time

from peer import INK, need, table

SHARED = os.environ.get('INK_SHARED') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + '/shared'
BASE = SHARED + '/golden/train/llama/init'
STEPS = 1500


def words(temp, out, method):
    return [INK, 'train', 'stage=pretrain', 'dataset_format=ids', f'model={BASE}', f'method={method}', f'dataset={temp}/rows', f'output_dir={out}', f'max_steps={STEPS}', 'save_steps=25',
            'per_device_train_batch_size=4', 'learning_rate=1.0e-3', 'lr_scheduler_type=cosine', 'warmup_steps=50']


def seen(out):
    """The losses by step, and the bytes of the weights."""
    with open(out + '/log.jsonl') as f:
        log = {r['step']: r['loss'] for r in map(json.loads, f) if 'loss' in r}
    name = 'adapter_model' if os.path.exists(out + '/adapter_model.safetensors') else 'model'
    with open(f'{out}/{name}.safetensors', 'rb') as f:
        return log, f.read()


def killed(command, kills, moment, whole):
    """How many kills it took: each comes at a moment of a twentieth of the run or less, so that all find something to kill."""
    for done in range(kills + 1):
        p = subprocess.Popen([*command, *(['--resume'] if done else [])], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            p.wait(moment.uniform(0.01, 1.6 / kills) * whole if done < kills else 600)
            return done
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL)
            p.wait()
    return kills


def main():
    kills, seed = (int(x) for x in (sys.argv[1:] + ['20', '5'][len(sys.argv) - 1:])[:2])
    need(INK, BASE + '/config.json')
    lines = []
    for method in ('full', 'lora'):
        with tempfile.TemporaryDirectory() as temp:
            r = random.Random(seed)
            with open(temp + '/rows', 'w') as f:
                f.write('\n'.join(json.dumps({'input_ids': [r.randrange(64) for _ in range(r.randrange(2, 33))]}) for _ in range(4000)))
            began = time.time()
            subprocess.run(words(temp, temp + '/whole', method), capture_output=True, check=True)
            whole = time.time() - began
            took = killed(words(temp, temp + '/killed', method), kills, r, whole)
            (log, weights), (other, mine) = seen(temp + '/whole'), seen(temp + '/killed')
            lines.append([method, str(took), f'{len(other)} of {len(log)}', 'equal' if log == other else 'DIFFER', 'equal' if weights == mine else 'DIFFER'])
    table(['method', 'kills', 'steps', 'losses', 'weights'], lines)
    if any('DIFFER' in line for line in lines):
        raise SystemExit(1)


main()
