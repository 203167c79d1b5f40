"""Training against PyTorch 2.13 at its best of {eager, compiled} x {f32, bf16 autocast} with its fused AdamW, two threads, alternating:
train.py [CASE ...]. Tokens/s are of the best step after the first of a run, before and after the peer's; memory is the peak of the process. Beside
ours stands the rate of its matrix products, as a part of what multiplying in registers reaches in the same run and precision, and their part of the
step's time. The peer's weights are drawn, not read: neither speed nor memory depends on them. INK_VENV names a Python that has torch, transformers and peft."""
import json, os, random, resource, subprocess, sys, tempfile, time

from peer import INK, need, table

sys.path.pop(0)  # what lies here is no module of the peer's: there is a tokenize.py

VENV = os.environ.get('INK_VENV') or os.path.expanduser('~/.cache/inkstone-tests/venv')
HERE = os.path.abspath(__file__)
GPT2 = {'model_type': 'gpt2', 'vocab_size': 50257, 'n_layer': 12, 'n_head': 12, 'n_embd': 768, 'n_positions': 1024}
CHAR = {'model_type': 'gpt2', 'vocab_size': 65, 'n_layer': 6, 'n_head': 6, 'n_embd': 384, 'n_positions': 256}
WORDS = {'model_type': 'lstm', 'vocab_size': 10000, 'hidden_size': 200, 'num_hidden_layers': 2}
CASES = {  # what it is, its configuration or None for a model that is there, samples and tokens of a step, LoRA
    'gpt2': ('GPT-2 124M', GPT2, 4, 256, False),
    'char': ('char GPT 6 x 384', CHAR, 16, 256, False),
    'lora': ('LoRA r 8, SmolLM2-135M', None, 4, 256, True),
    'lstm': ('LSTM 2 x 200, 10,000 words', WORDS, 20, 35, False),
}
STEPS = 6


def registers():
    """The most of both precisions, G op/s."""
    said = json.loads(subprocess.run([INK, 'bench', 'machine', '-t', '2', '--json'], capture_output=True, text=True, check=True).stdout)
    return {d: said[d + '_gops'] for d in ('f32', 'bf16')}


def ours(case, dtype, temp):
    name, config, batch, length, lora = CASES[case]
    with open(temp + '/config.json', 'w') as f:
        json.dump(config, f)
    out = f'{temp}/{case}-{dtype}'
    words = [f'model={temp}/config.json' if config else 'model=smollm2', f'dataset={temp}/{case}.jsonl', 'stage=pretrain', f'output_dir={out}', f'max_steps={STEPS}', f'dtype={dtype}',
             f'per_device_train_batch_size={batch}', 'threads=2', 'overwrite_output_dir=true', 'method=' + ('lora' if lora else 'full'), 'save_steps=100000']
    p = subprocess.Popen([INK, 'train', *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    if status:
        sys.exit(f'inkstone train: {said}')
    with open(out + '/log.jsonl') as f:
        rows = [json.loads(line) for line in f]
    best = max(rows[1:], key=lambda r: r['tokens_per_second'])
    return {'tps': best['tokens_per_second'], 'gb': usage.ru_maxrss / 1e6, 'part': best['product_gops'] / registers()[dtype], 'time': best['product_time'], 'dtype': dtype}


def theirs(case, dtype, compiled, temp):
    p = subprocess.run([VENV + '/bin/python', HERE, '--peer', case, dtype, 'compiled' if compiled else 'eager', temp], capture_output=True, text=True)
    if p.returncode:
        print(f'{case}, {dtype}, {"compiled" if compiled else "eager"}: PyTorch fails:', *p.stderr.strip().splitlines()[-1:], flush=True)
        return {'tps': 1e-9, 'gb': float('inf')}
    return json.loads(p.stdout.splitlines()[-1])


def words_model(config):
    import torch
    from transformers.modeling_outputs import CausalLMOutput

    class Words(torch.nn.Module):
        def __init__(self):
            super().__init__()
            width = config['hidden_size']
            self.encoder, self.rnn = torch.nn.Embedding(config['vocab_size'], width), torch.nn.LSTM(width, width, config['num_hidden_layers'], batch_first=True)
            self.decoder = torch.nn.Linear(width, config['vocab_size'])

        def forward(self, input_ids, labels):
            logits = self.decoder(self.rnn(self.encoder(input_ids))[0][:, :-1])
            return CausalLMOutput(loss=torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten()))
    return Words()


def peer(case, dtype, mode, temp):
    """In its own process: the same batches by PyTorch."""
    import torch, transformers
    from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel
    torch.set_num_threads(2)
    transformers.logging.set_verbosity_error()
    name, config, batch, length, lora = CASES[case]
    if config and config['model_type'] == 'lstm':
        model = words_model(config)
    elif config:
        model = GPT2LMHeadModel(GPT2Config(**{**config, 'attn_pdrop': 0, 'embd_pdrop': 0, 'resid_pdrop': 0, 'use_cache': False}))
    else:
        from peft import LoraConfig, get_peft_model
        config = transformers.LlamaConfig(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True, use_cache=False)
        model = get_peft_model(AutoModelForCausalLM.from_config(config), LoraConfig(r=8, target_modules='all-linear', task_type='CAUSAL_LM'))
    model.train()
    step = torch.compile(model) if mode == 'compiled' else model
    learn = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, fused=True)
    with open(f'{temp}/{case}.jsonl') as f:
        rows = [json.loads(line)['input_ids'] for line in f]
    best = 0
    for i in range(STEPS):
        ids = torch.tensor([rows[(i * batch + k) % len(rows)] for k in range(batch)])
        began = time.time()
        with torch.autocast('cpu', torch.bfloat16, enabled=dtype == 'bf16'):
            loss = step(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        learn.step()
        learn.zero_grad()
        best = max(best, batch * length / (time.time() - began)) if i > 1 else 0
    print(json.dumps({'tps': best, 'gb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))


def data(case, temp):
    name, config, batch, length, lora = CASES[case]
    r = random.Random(3)
    with open(f'{temp}/{case}.jsonl', 'w') as f:
        for _ in range(batch * STEPS):
            f.write(json.dumps({'input_ids': [r.randrange(config['vocab_size'] if config else 49152) for _ in range(length)]}) + '\n')


def main():
    need(INK, VENV + '/bin/python')
    rows = []
    with tempfile.TemporaryDirectory() as temp:
        for case in sys.argv[1:] or CASES:
            data(case, temp)
            mine, peers = {}, {}
            for d in ('f32', 'bf16'):
                turns = [ours(case, d, temp)]
                for c in (False, True):
                    peers[d, c] = theirs(case, d, c, temp)
                    print(f'{case} {d}, PyTorch {"compiled" if c else "eager"}: {peers[d, c]}', flush=True)
                turns.append(ours(case, d, temp))
                mine[d] = max(turns, key=lambda x: x['tps'])
                print(f'{case} {d}: {mine[d]}', flush=True)
            best = {d: max((peers[d, c] for c in (False, True)), key=lambda x: x['tps']) for d in ('f32', 'bf16')}
            whole = max(best.values(), key=lambda x: x['tps'])
            if min(b['tps'] for b in best.values()) < 1:
                sys.exit(f'{case}: PyTorch ran in no form, so there is nothing to set against')
            for label, ink, other in (('f32 to f32', mine['f32'], best['f32']), ('best to best', max(mine.values(), key=lambda x: x['tps']), whole)):
                rows.append([f'{CASES[case][0]}, {label}', f'{other["tps"]:.0f}', f'{ink["tps"]:.0f}', f'{ink["tps"] / other["tps"]:.2f}', f'{other["gb"]:.2f}', f'{ink["gb"]:.2f}',
                             f'{ink["gb"] / other["gb"]:.2f}', f'{ink["dtype"]} {ink["part"]:.0%}, {ink["time"]:.0%} of the time'])
                print(' | '.join(rows[-1]), flush=True)
    print()
    table(['tokens/s', 'PyTorch', 'ours', 'ratio', 'its GB', 'ours', 'ratio', 'products'], rows)


if sys.argv[1:2] == ['--peer']:
    peer(*sys.argv[2:])
else:
    main()
