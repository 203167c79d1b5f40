"""Claim: quantising is at least twice as fast as llama-quantize on the same threads, with the same bytes where ggml's rounding is defined
and errors no larger than its where it is not.

    make bench BENCH=quantize ARGS="[TYPE ...]"

The peer is llama-quantize of the build that INK_PEERS names (bench/peers; by default ~/.cache/ink-peers/bgcc/bin). The model is made
up: a Llama of 64 matrices with rows of 1024, in F16, on a memory disk, so that no disk is measured. Both run in turns; the best of
three counts."""
import os, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INK = ROOT + '/build/inkstone'
PEERS = os.environ.get('INK_PEERS') or os.path.expanduser('~/.cache/ink-peers/bgcc/bin')
VENV = os.environ.get('INK_VENV') or os.path.expanduser('~/.cache/inkstone-tests/venv')
THREADS = os.environ.get('THREADS', '2')
try:
    import gguf, numpy as np
except ImportError:
    if os.path.exists(VENV + '/bin/python') and os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        os.execv(VENV + '/bin/python', [VENV + '/bin/python', *sys.argv])
    sys.exit('This wants Python with gguf and numpy: let INK_VENV name a virtual environment that has them.')


def make(path):
    rng, width, layers = np.random.default_rng(1), 1024, 8
    w = gguf.GGUFWriter(path, 'llama')
    for add, v in ((w.add_block_count, layers), (w.add_context_length, 512), (w.add_embedding_length, width), (w.add_feed_forward_length, 2 * width), (w.add_head_count, 16),
                   (w.add_head_count_kv, 16), (w.add_layer_norm_rms_eps, 1e-5), (w.add_rope_dimension_count, 64)):
        add(v)
    w.add_tokenizer_model('none')
    w.add_vocab_size(2048)

    def put(name, *shape):
        w.add_tensor(name + '.weight', (rng.standard_normal(shape) * .02).astype(np.float16) if len(shape) > 1 else np.ones(shape, np.float32))
    put('token_embd', 2048, width)
    put('output', 2048, width)
    put('output_norm', width)
    for i in range(layers):
        for name in ('attn_q', 'attn_k', 'attn_v', 'attn_output'):
            put(f'blk.{i}.{name}', width, width)
        for name, shape in (('ffn_gate', (2 * width, width)), ('ffn_up', (2 * width, width)), ('ffn_down', (width, 2 * width))):
            put(f'blk.{i}.{name}', *shape)
        put(f'blk.{i}.attn_norm', width)
        put(f'blk.{i}.ffn_norm', width)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def timed(*command):
    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, 'LD_LIBRARY_PATH': PEERS})
    return time.monotonic() - start


def same(a, b):
    a, b = gguf.GGUFReader(a).tensors, gguf.GGUFReader(b).tensors
    return {t.name: t.data.tobytes() for t in a} == {t.name: t.data.tobytes() for t in b}


def squares(path, reference):
    """Sum over all matrices of the squares of what quantising changed."""
    values = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    return sum(float(((values[t.name].ravel() - t.data.ravel().astype(np.float32)) ** 2).sum()) for t in gguf.GGUFReader(reference).tensors)


def said(temp):
    files = temp + '/ours.gguf', temp + '/theirs.gguf'
    return 'the same bytes' if same(*files) else 'squares of errors {:.3f} of its'.format(squares(files[0], temp + '/f16.gguf') / squares(files[1], temp + '/f16.gguf'))


if not os.path.exists(PEERS + '/llama-quantize'):
    sys.exit(f'There is no llama-quantize in {PEERS}; build llama.cpp, or let INK_PEERS name its folder.')
with tempfile.TemporaryDirectory(dir='/dev/shm') as temp:
    make(temp + '/f16.gguf')
    worst = 9
    for kind in sys.argv[1:] or ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q3_K_M', 'Q2_K', 'IQ4_NL', 'IQ4_XS']:
        ours, theirs = [], []
        for _ in range(3):
            ours.append(timed(INK, 'quantize', temp + '/f16.gguf', temp + '/ours.gguf', kind, '--pure', '-t', THREADS))
            theirs.append(timed(PEERS + '/llama-quantize', '--pure', temp + '/f16.gguf', temp + '/theirs.gguf', kind, THREADS))
        ratio = min(theirs) / min(ours)
        worst = min(worst, ratio)
        print(f'{kind:8} inkstone {min(ours):6.2f} s   llama-quantize {min(theirs):6.2f} s   {ratio:5.1f} times as fast   {said(temp)}', flush=True)
    print(f'{"holds" if worst >= 2 else "does not hold"}: at least {worst:.1f} times as fast')
    sys.exit(worst < 2)
