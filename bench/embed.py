"""Sentences a second of MiniLM against PyTorch and onnxruntime at f32 and two threads, in turns: embed.py [SENTENCES]. The sentences are
of a real text, each program batching by 32 in the order of length, which helps those that pad. onnxruntime runs the graph that
torch.onnx writes, where the package is there. INK_VENV names a virtual environment that has torch and transformers."""
import os, sys, tempfile, time

from peer import INK, ink_json, need, table

VENV = os.environ.get('INK_VENV', os.path.expanduser('~/.cache/inkstone-tests/venv'))
try:
    import torch, transformers
except ImportError:
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        raise
    os.execv(VENV + '/bin/python', [VENV + '/bin/python'] + sys.argv)
BATCH, ROUNDS = 32, 3


def sentences(count):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'shared', 'golden', 'minilm', 'cases.json')
    base = ['The harbour lay quiet under a grey sky, and nobody spoke.', 'How do I reset my password?', 'Prices rose by four percent in the second quarter, more than analysts had foreseen.',
            'A short one.', 'She opened the letter slowly, read it twice, folded it again along the same creases, and put it into the fire without a word to anyone in the room.']
    if os.path.exists(path):
        import json
        base += [c['text'].replace('\n', ' ') for c in json.load(open(path))['cases']]
    return [f'{base[i % len(base)]} {i}' for i in range(count)]


def batches(tokenizer, texts):
    order = sorted(texts, key=len)
    return [tokenizer(order[i:i + BATCH], padding=True, truncation=True, max_length=256, return_tensors='pt') for i in range(0, len(order), BATCH)]


def timed(run, texts, tokenizer):
    began = time.perf_counter()
    for b in batches(tokenizer, texts):
        run(b)
    return len(texts) / (time.perf_counter() - began)


def onnx_session(model, tokenizer):
    try:
        import onnxruntime
        file = tempfile.mkdtemp() + '/m.onnx'
        b = tokenizer(['a b', 'c'], padding=True, return_tensors='pt')
        axes = {k: {0: 'n', 1: 't'} for k in ('input_ids', 'attention_mask', 'token_type_ids')}
        torch.onnx.export(model, (b['input_ids'], b['attention_mask'], b['token_type_ids']), file, input_names=list(axes), output_names=['y'], dynamic_axes={**axes, 'y': {0: 'n', 1: 't'}}, dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        return onnxruntime.InferenceSession(file, options, providers=['CPUExecutionProvider'])
    except Exception as e:
        print(f'onnxruntime is left out: {type(e).__name__}: {str(e)[:120]}')


def main():
    need(INK)
    texts = sentences(int(sys.argv[1]) if len(sys.argv) > 1 else 512)
    folder = os.path.expanduser('~/.inkstone/models/by-name/minilm')
    torch.set_num_threads(2)
    tokenizer, model = transformers.AutoTokenizer.from_pretrained(folder), transformers.AutoModel.from_pretrained(folder).eval()
    session = onnx_session(model, tokenizer)
    best = {'inkstone': 0, 'PyTorch': 0, 'onnxruntime': 0}
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as f, torch.inference_mode():
        f.write('\n'.join(texts))
        f.flush()
        for _ in range(ROUNDS):
            best['inkstone'] = max(best['inkstone'], ink_json('embed', '-m', folder, '-f', f.name, '-t', 2)['timings']['texts_per_second'])
            best['PyTorch'] = max(best['PyTorch'], timed(lambda b: model(**b).last_hidden_state, texts, tokenizer))
            if session:
                best['onnxruntime'] = max(best['onnxruntime'], timed(lambda b: session.run(None, {k: b[k].numpy() for k in ('input_ids', 'attention_mask', 'token_type_ids')}), texts, tokenizer))
    table(['sentences/s', 'f32', 'inkstone / it'], [[k, f'{v:.0f}', f'{best["inkstone"] / v:.2f}'] for k, v in best.items() if v])


main()
