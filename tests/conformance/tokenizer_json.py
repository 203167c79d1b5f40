"""tokenizer.json files of several shapes against the ids that Hugging Face's tokenizers gave (tests/cases/tokenizers/make.py)."""
import glob, json, os, shutil, struct, subprocess, sys, tempfile

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
if not os.path.exists(INK):
    print('ok - tokenizer_json # SKIP build/inkstone is not built')
    sys.exit()


def folder_of(case, where):
    shutil.copy(case + '/tokenizer.json', where)
    header = json.dumps({'x': {'dtype': 'F32', 'shape': [1], 'data_offsets': [0, 4]}}).encode()
    with open(where + '/model.safetensors', 'wb') as f:
        f.write(struct.pack('<Q', len(header)) + header + b'\0' * 4)
    with open(where + '/config.json', 'w') as f:
        f.write('{"model_type":"llama"}')


for case in sorted(glob.glob(ROOT + '/tests/cases/tokenizers/*/')):
    name = os.path.basename(case.rstrip('/'))
    with open(case + 'cases.json') as f:
        cases = json.load(f)
    wrong = []
    with tempfile.TemporaryDirectory() as where:
        folder_of(case, where)
        for c in cases:
            r = subprocess.run([INK, 'tokenize', '-m', where, '--special', '--json'], input=c['text'].encode(), capture_output=True, timeout=60)
            got = json.loads(r.stdout)['ids'] if r.returncode == 0 else r.stderr.decode()
            if got != c['ids']:
                wrong.append(f'{c["text"][:30]!r}: {str(got)[:150]} want {str(c["ids"])[:150]}')
    print(f'ok - tokenizer_json {name}' if not wrong else f'not ok - tokenizer_json {name}: {len(wrong)} of {len(cases)}: {wrong[:3]}')
