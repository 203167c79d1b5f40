"""Writes a LLaMA of 1.1 B random weights as a GGUF: random_llama.py OUT.gguf [LAYERS WIDTH HEADS KV_HEADS FFN VOCABULARY]

22 layers, 2048 wide, 32 heads, 4 KV heads, 5632 FFN, 32000 tokens: TinyLlama's shape. Weights are F16; the vocabulary is
a placeholder of SentencePiece's kind, so that every program loads it."""
import os, sys

import gguf
import numpy as np


def vocabulary(writer, size):
    tokens = [b'<unk>', b'<s>', b'</s>'] + [b'<0x%02X>' % i for i in range(256)]
    tokens += [('\u2581w%d' % i).encode() for i in range(size - len(tokens))]
    writer.add_tokenizer_model('llama')
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 259 + [-float(i) for i in range(size - 259)])
    writer.add_token_types([2, 3, 3] + [6] * 256 + [1] * (size - 259))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)


def shapes(layers, width, heads, kv_heads, ffn, vocab):
    kv = width // heads * kv_heads
    yield 'token_embd.weight', (vocab, width)
    yield 'output_norm.weight', (width,)
    yield 'output.weight', (vocab, width)
    for i in range(layers):
        yield f'blk.{i}.attn_norm.weight', (width,)
        yield f'blk.{i}.attn_q.weight', (width, width)
        yield f'blk.{i}.attn_k.weight', (kv, width)
        yield f'blk.{i}.attn_v.weight', (kv, width)
        yield f'blk.{i}.attn_output.weight', (width, width)
        yield f'blk.{i}.ffn_norm.weight', (width,)
        yield f'blk.{i}.ffn_gate.weight', (ffn, width)
        yield f'blk.{i}.ffn_up.weight', (ffn, width)
        yield f'blk.{i}.ffn_down.weight', (width, ffn)


def main():
    out = sys.argv[1]
    numbers = [int(a) for a in sys.argv[2:]] or [22, 2048, 32, 4, 5632, 32000]
    layers, width, heads, kv_heads, ffn, vocab = numbers
    random = np.random.default_rng(1)
    w = gguf.GGUFWriter(out + '.part', 'llama')
    w.add_name('random LLaMA')
    w.add_context_length(2048)
    w.add_embedding_length(width)
    w.add_block_count(layers)
    w.add_feed_forward_length(ffn)
    w.add_head_count(heads)
    w.add_head_count_kv(kv_heads)
    w.add_rope_dimension_count(width // heads)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_file_type(1)
    vocabulary(w, vocab)
    for name, shape in shapes(*numbers):
        if len(shape) == 1:
            w.add_tensor(name, np.ones(shape, np.float32))
        else:
            w.add_tensor(name, (random.standard_normal(shape, np.float32) * (0.5 / shape[1] ** 0.5)).astype(np.float16))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    os.rename(out + '.part', out)


main()
