"""Voices broken in one place each: settings that are none, sizes that do not fit, tensors that are missing or of another shape. Each is
refused in a sentence, and no sound is written. Needs torch (INK_VENV); skipped where there is none."""
import copy, json, os, re, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
if not oracle.has('torch'):
    print('ok - voices_broken # SKIP no torch here')
    sys.exit()
import torch

W, HEADS, SYMBOLS = 16, 2, '_,.ab '
CONFIG = {'data': {'sampling_rate': 8000, 'add_blank': True, 'text_cleaners': ['basic_cleaners']}, 'symbols': list(SYMBOLS), 'speakers': {},
          'model': {'upsample_rates': [4, 2], 'upsample_kernel_sizes': [8, 4], 'resblock': '2', 'resblock_dilation_sizes': [[1, 2]]}}


def weights():
    """A whole voice with plain durations, small enough to break quickly."""
    torch.manual_seed(1)
    shapes = {'enc_p.emb.weight': (len(SYMBOLS), W), 'enc_p.proj.weight': (2 * W, W, 1), 'enc_p.proj.bias': (2 * W,)}
    for n in 'qkvo':
        shapes[f'enc_p.encoder.attn_layers.0.conv_{n}.weight'], shapes[f'enc_p.encoder.attn_layers.0.conv_{n}.bias'] = (W, W, 1), (W,)
    for n in 'kv':
        shapes[f'enc_p.encoder.attn_layers.0.emb_rel_{n}'] = (1, 9, W // HEADS)
    for n, (o, i) in enumerate(((24, W), (W, 24)), 1):
        shapes[f'enc_p.encoder.ffn_layers.0.conv_{n}.weight'], shapes[f'enc_p.encoder.ffn_layers.0.conv_{n}.bias'] = (o, i, 3), (o,)
        shapes[f'enc_p.encoder.norm_layers_{n}.0.gamma'] = shapes[f'enc_p.encoder.norm_layers_{n}.0.beta'] = (W,)
        shapes[f'dp.conv_{n}.weight'], shapes[f'dp.conv_{n}.bias'] = (12, W if n == 1 else 12, 3), (12,)
        shapes[f'dp.norm_{n}.gamma'] = shapes[f'dp.norm_{n}.beta'] = (12,)
    shapes['dp.proj.weight'], shapes['dp.proj.bias'] = (1, 12, 1), (1,)
    for f in 0, 2:
        for n, s in (('pre', (W, W // 2, 1)), ('post', (W // 2, W, 1)), ('enc.in_layers.0', (2 * W, W, 5)), ('enc.res_skip_layers.0', (W, W, 1))):
            shapes[f'flow.flows.{f}.{n}.weight'], shapes[f'flow.flows.{f}.{n}.bias'] = s, s[:1]
    for n, s, b in (('conv_pre', (16, W, 7), 16), ('ups.0', (16, 8, 8), 8), ('ups.1', (8, 4, 4), 4), ('resblocks.0.convs.0', (8, 8, 3), 8), ('resblocks.0.convs.1', (8, 8, 3), 8),
                    ('resblocks.1.convs.0', (4, 4, 3), 4), ('resblocks.1.convs.1', (4, 4, 3), 4)):
        shapes[f'dec.{n}.weight'], shapes[f'dec.{n}.bias'] = s, (b,)
    shapes['dec.conv_post.weight'] = (1, 4, 7)
    return {k: torch.randn(s) * 0.3 for k, s in shapes.items()}


def check(name, ok, why=''):
    print(f'ok - voices_broken {name}' if ok else f'not ok - voices_broken {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def speak(folder, model, settings, text='ab, ba.'):
    if model is not None:
        torch.save({'model': model}, folder + '/G.pth')
    with open(folder + '/config.json', 'w') as f:
        f.write(settings if isinstance(settings, str) else json.dumps(settings))
    return subprocess.run([INK, 'tts', '-m', folder + '/G.pth', text, '-o', folder + '/x.wav'], capture_output=True, text=True, timeout=120)


def refused(folder, name, says, model=None, settings=CONFIG):
    r = speak(folder, model, settings)
    check(name, r.returncode in (1, 2) and re.search(says, r.stderr.split('\n')[-2]) and r.stderr.startswith('inkstone: ') and not os.path.exists(folder + '/x.wav'), f'{r.returncode} {r.stderr}')


def main():
    good = weights()
    with tempfile.TemporaryDirectory() as folder:
        r = speak(folder, good, CONFIG)
        check('the voice itself speaks', r.returncode == 0 and os.path.getsize(folder + '/x.wav') > 100, r.stderr)
        os.remove(folder + '/x.wav')
        for name, change, says in (
                ('settings that are no JSON', '{"data":', 'is not valid JSON'), ('settings that are a list', '[]', 'step of its decoder|names no symbols'), ('settings that are empty', '{}', 'a step of its decoder'),
                ('a step of nothing', {'model': {'upsample_rates': [0, 2]}}, 'a step of its decoder'), ('a step below nothing', {'model': {'upsample_rates': [-4, 2]}}, 'a step of its decoder'),
                ('a step that is a word', {'model': {'upsample_rates': 'ab'}}, 'a step of its decoder'), ('a step that is too wide', {'model': {'upsample_rates': [64, 2]}}, 'a step of its decoder'),
                ('a gap without end', {'model': {'resblock_dilation_sizes': [[1, 10 ** 9]]}}, 'a gap of its decoder'), ('gaps that are too few', {'model': {'resblock_dilation_sizes': [[1]]}}, 'a gap of its decoder'),
                ('a rate without end', {'data': {'sampling_rate': 10 ** 12}}, 'sample rate is'), ('a rate of nothing', {'data': {'sampling_rate': 0}}, 'sample rate is'),
                ('no symbols', {'symbols': []}, 'names no symbols'), ('symbols that are numbers', {'symbols': [1, 2]}, 'names no symbols'),
                ('more symbols than the voice has', {'symbols': list('_' + 'xyz' * 20 + ',.ab ')}, r'this voice has 6 symbols')):
            settings = change
            if isinstance(change, dict):
                settings = copy.deepcopy(CONFIG)
                for key, value in change.items():
                    settings[key] = {**settings[key], **value} if isinstance(value, dict) else value
            refused(folder, name, says, good, settings)
        for key in ('enc_p.emb.weight', 'enc_p.encoder.attn_layers.0.emb_rel_k', 'enc_p.encoder.norm_layers_1.0.beta', 'dp.conv_2.weight', 'dp.proj.weight', 'flow.flows.2.post.weight',
                    'flow.flows.0.enc.res_skip_layers.0.weight', 'dec.ups.1.weight', 'dec.conv_post.weight', 'dec.resblocks.1.convs.0.weight'):
            refused(folder, f'without {key}', r'has no tensor|unknown shape|is no VITS voice', {k: v for k, v in good.items() if k != key})
        for key, shape in (('enc_p.emb.weight', (6, 17)), ('enc_p.emb.weight', (0, W)), ('enc_p.encoder.attn_layers.0.conv_k.weight', (W, W + 1, 1)), ('enc_p.encoder.attn_layers.0.emb_rel_k', (1, 9, 5)),
                           ('enc_p.encoder.attn_layers.0.emb_rel_v', (1, 7, 8)), ('enc_p.encoder.ffn_layers.0.conv_1.bias', (23,)), ('enc_p.proj.weight', (33, W, 1)), ('dp.conv_2.weight', (12, 13, 3)),
                           ('dp.norm_1.gamma', (11,)), ('flow.flows.2.pre.weight', (W, 3, 1)), ('flow.flows.0.enc.in_layers.0.weight', (2 * W, W, 4)), ('flow.flows.0.enc.in_layers.0.bias', (1,)),
                           ('dec.conv_pre.weight', (16, W, 5)), ('dec.ups.0.weight', (16, 9, 8)), ('dec.ups.0.weight', (16, 8, 7)), ('dec.resblocks.0.convs.1.weight', (8, 8, 5)), ('dec.conv_post.weight', (2, 4, 7)),
                           ('dec.resblocks.0.convs.0.weight', (8, 7, 3))):
            refused(folder, f'{key} of {shape}', r'configuration wants|is no VITS voice|are possible|unknown shape|sizes|values', {**good, key: torch.zeros(shape)})
        refused(folder, 'durations that are of e^80 frames', 'longer than 100000 frames', {**good, 'dp.proj.bias': torch.full((1,), 80.0)})
        for key in good:  # one number of each tensor, wherever and however it is laid out
            broken = good[key].clone()
            broken.view(-1)[-1] = float('nan') if len(key) % 2 else float('inf')
            refused(folder, f'a number of {key} that is not finite', re.escape(key) + ' is not finite', {**good, key: broken})
        refused(folder, 'a table of speakers that is missing', 'no table of them', {**good, 'dec.cond.weight': torch.zeros(16, 4, 1)})
        refused(folder, 'a table of languages', 'a table of them', {**good, 'emb_l.weight': torch.zeros(2, 4)})


main()
