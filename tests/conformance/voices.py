"""Voices in every layout they come in: tiny VITS models of random weights, spoken by transformers and by inkstone. The same weights are
written as a Hugging Face folder, as the checkpoints of VITS and of coqui (weights in two parts, the old way and the new), and converted.
Needs a Python with torch and transformers (INK_VENV); skipped where there is none."""
import array, copy, itertools, json, os, re, subprocess, sys, tempfile

sys.path.insert(0, os.environ['INK_ROOT'] + '/tests')
import oracle

ROOT = os.environ['INK_ROOT']
INK = os.environ.get('INK_BIN') or ROOT + '/build/inkstone'
LEARN = os.environ.get('INK_BUILD', '') + '/tests/unit/learn_voice'
if not oracle.has('torch', 'transformers'):
    print('ok - voices # SKIP no torch and transformers here')
    sys.exit()
import torch, transformers
transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

SYMBOLS = '_,.!?abcdefghijkl '
IDS = [0, 5, 0, 9, 0, 12, 0, 17, 0, 6, 0, 7, 0, 15, 0, 2, 0]
ORIGINAL = [  # Hugging Face's words -> the original implementation's, in this order
    (r'^text_encoder\.embed_tokens', 'enc_p.emb'), (r'^text_encoder\.project', 'enc_p.proj'),
    (r'^text_encoder\.encoder\.layers\.(\d+)\.attention\.([qkv])_proj', r'enc_p.encoder.attn_layers.\1.conv_\2'),
    (r'^text_encoder\.encoder\.layers\.(\d+)\.attention\.out_proj', r'enc_p.encoder.attn_layers.\1.conv_o'),
    (r'^text_encoder\.encoder\.layers\.(\d+)\.attention\.', r'enc_p.encoder.attn_layers.\1.'),
    (r'^text_encoder\.encoder\.layers\.(\d+)\.layer_norm', r'enc_p.encoder.norm_layers_1.\1'),
    (r'^text_encoder\.encoder\.layers\.(\d+)\.final_layer_norm', r'enc_p.encoder.norm_layers_2.\1'),
    (r'^text_encoder\.encoder\.layers\.(\d+)\.feed_forward', r'enc_p.encoder.ffn_layers.\1'),
    (r'conv_dds\.convs_dilated', 'convs.convs_sep'), (r'conv_dds\.convs_pointwise', 'convs.convs_1x1'), (r'conv_dds\.norms', 'convs.norms'),
    (r'^duration_predictor\.', 'dp.'), (r'post_conv_', 'post_'), (r'conv_(pre|proj|post)\.', r'\1.'), (r'\.wavenet\.', '.enc.'), (r'^posterior_encoder', 'enc_q'),
    (r'^decoder\.upsampler', 'dec.ups'), (r'^decoder\.', 'dec.'), (r'^dec\.(pre|post)\.', r'dec.conv_\1.'), (r'^embed_speaker', 'emb_g'),
    (r'(norm\w*(?:\.\d+)?)\.weight$', r'\1.gamma'), (r'(norm\w*(?:\.\d+)?)\.bias$', r'\1.beta'),
]
FLOWS = [(r'^dp\.(post_)?flows\.0\.translate', r'dp.\1flows.0.m'), (r'log_scale', 'logs')]
COQUI = [(r'^enc_p', 'text_encoder'), (r'^dp\.', 'duration_predictor.'), (r'translate', 'translation'), (r'^enc_q', 'posterior_encoder'), (r'^dec\.cond', 'waveform_decoder.cond_layer'),
         (r'^dec\.', 'waveform_decoder.')]


def check(name, ok, why=''):
    print(f'ok - voices {name}' if ok else f'not ok - voices {name}: ' + str(why).replace('\n', ' ')[:600], flush=True)


def renamed(name, rules):
    for pattern, to in rules:
        name = re.sub(pattern, to, name)
    return name


def original(name):
    name = renamed(renamed(name, ORIGINAL), FLOWS)  # there, reversals between couplings count too
    name = re.sub(r'^flow\.flows\.(\d+)', lambda m: f'flow.flows.{2 * int(m[1])}', name)
    return re.sub(r'^dp\.(post_)?flows\.([1-9])', lambda m: f'dp.{m[1] or ""}flows.{2 * int(m[2]) - 1}', name)


class Plain(torch.nn.Module):
    """A residual block of the second type (Kong et al. 2020, appendix A.1), which transformers lacks."""
    def __init__(self, width, taps, dilations):
        super().__init__()
        self.convs = torch.nn.ModuleList(torch.nn.Conv1d(width, width, taps, dilation=d, padding=(taps - 1) * d // 2) for d in dilations)

    def forward(self, x):
        for conv in self.convs:
            x = x + conv(torch.nn.functional.leaky_relu(x, 0.1))
        return x


def tiny(seed, drawn, speakers, pairs):
    torch.manual_seed(seed)
    c = transformers.VitsConfig(vocab_size=len(SYMBOLS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, ffn_dim=48, flow_size=32, spectrogram_bins=33,
                                use_stochastic_duration_prediction=drawn, num_speakers=speakers, speaker_embedding_size=12 if speakers > 1 else 0, upsample_initial_channel=32,
                                upsample_rates=[4, 2], upsample_kernel_sizes=[8, 4], resblock_kernel_sizes=[3, 5], resblock_dilation_sizes=[[1, 3], [2, 6]],
                                depth_separable_num_layers=2, duration_predictor_filter_channels=24, prior_encoder_num_wavenet_layers=2, posterior_encoder_num_wavenet_layers=2,
                                sampling_rate=16000)
    m = transformers.VitsModel(c).eval()
    if not pairs:
        m.decoder.resblocks = torch.nn.ModuleList(Plain(32 >> s + 1, k, d) for s in range(2) for k, d in zip(c.resblock_kernel_sizes, c.resblock_dilation_sizes))
    with torch.no_grad():
        for name, p in m.named_parameters():
            p.normal_(0, 0.1 if p.dim() == 1 else 1 / (p[0].numel() if p.dim() > 1 else 1) ** 0.5)
            if re.search(r'norm\w*(\.\d+)?\.weight$', name):
                p.add_(1)
            if re.search(r'flows\.\d+\.conv_proj', name):
                p.mul_(0.3)  # splines as learning has them: with wild ones gradients differ by 1e-4 between PyTorch's floats and its doubles
            if 'original0' in name:
                p.abs_().add_(0.5)
    return m


def spoken(m, speaker, noise, e1, e2):
    """transformers' samples, with the noise given: first the durations', then the frames'."""
    draws = iter((e1, e2))
    flat, like = torch.randn, torch.randn_like
    torch.randn = lambda *shape, **_: next(draws)[..., :shape[-1]].reshape(*shape)
    torch.randn_like = lambda x, **_: (e2 if x.shape[1] == e2.shape[1] and x.shape[1] > 2 else e1)[..., :x.shape[2]].reshape(x.shape)
    m.noise_scale, m.noise_scale_duration, m.speaking_rate = noise, noise, 1.0
    with torch.no_grad():
        out = m(torch.tensor([IDS]), speaker_id=speaker)
    torch.randn, torch.randn_like = flat, like
    return out.waveform[0]


def split_norms(state, new):
    """Weights as weight normalisation keeps them: lengths (of slices of the first dimension) and directions of any length."""
    out = {}
    for k, v in state.items():
        if re.match(r'dec\.(ups|resblocks).*\.weight$', k):
            length = v.flatten(1).norm(dim=1).reshape(-1, *[1] * (v.dim() - 1))
            base, names = k.removesuffix('weight'), ('parametrizations.weight.original0', 'parametrizations.weight.original1') if new else ('weight_g', 'weight_v')
            out[base + names[0]], out[base + names[1]] = length, v * torch.rand_like(length).add(0.5)
        elif not new:
            k = k.replace('parametrizations.weight.original0', 'weight_g').replace('parametrizations.weight.original1', 'weight_v')
            out[k] = v
        else:
            out[k] = v
    return out


def layouts(m, folder, drawn, speakers, pairs):
    """Paths of the same voice in each layout."""
    c = m.config
    state = {original(k): v.clone() for k, v in m.state_dict().items()}
    state = {k: v.unsqueeze(-1) if re.search(r'conv_[qkvo]\.weight', k) else v for k, v in state.items()}
    shared = {'upsample_rates': c.upsample_rates, 'upsample_kernel_sizes': c.upsample_kernel_sizes, 'resblock': '1' if pairs else '2', 'resblock_dilation_sizes': c.resblock_dilation_sizes}
    paths = {}
    for name, new in ('vits', False), ('vits-new', True):
        os.makedirs(f'{folder}/{name}')
        paths[name] = f'{folder}/{name}/G_100.pth'
        torch.save({'model': split_norms(state, new), 'iteration': 7, 'optimizer': {'state': {0: {'exp_avg': torch.ones(3)}}}, 'learning_rate': 2e-4}, paths[name])
        with open(f'{folder}/{name}/config.json', 'w') as f:
            json.dump({'data': {'sampling_rate': 16000, 'add_blank': True, 'text_cleaners': ['basic_cleaners']}, 'model': shared, 'symbols': list(SYMBOLS),
                       'speakers': {f'voice {i}': i for i in range(speakers)} if speakers > 1 else {}}, f)
    os.makedirs(folder + '/coqui')
    paths['coqui'] = folder + '/coqui/best_model.pth'
    coqui = {}
    for k, v in split_norms(state, False).items():
        k = re.sub(r'^flow\.flows\.(\d+)', lambda n: f'flow.flows.{int(n[1]) // 2}', k)
        k = re.sub(r'^dp\.(post_)?flows\.([1-9])', lambda n: f'dp.{n[1] or ""}flows.{(int(n[2]) + 1) // 2}', k)
        k = re.sub(r'^(dp\.(?:post_)?flows\.0)\.m$', r'\1.translation', k)
        k = re.sub(r'^(dp\.(?:post_)?flows\.0)\.logs$', r'\1.log_scale', k)
        coqui[renamed(k, COQUI)] = torch.nn.Parameter(torch.cat([v, torch.randn(1, 32)]) if k == 'enc_p.emb.weight' else v)  # and a blank
    torch.save({'model': coqui, 'config': {'model': 'vits'}, 'step': 12}, paths['coqui'])
    with open(folder + '/coqui/config.json', 'w') as f:
        json.dump({'model': 'vits', 'audio': {'sample_rate': 16000}, 'model_args': {k + '_decoder': v for k, v in shared.items()}, 'add_blank': True, 'use_phonemes': False,
                   'characters': {'pad': '_', 'punctuations': ',.!?', 'characters': 'abcdefghijkl ', 'phonemes': '', 'eos': '', 'bos': '', 'blank': ''}}, f)
    if pairs:
        paths['huggingface'] = folder + '/huggingface'
        m.save_pretrained(paths['huggingface'])
        with open(paths['huggingface'] + '/vocab.json', 'w') as f:
            json.dump({s: i for i, s in enumerate(SYMBOLS)}, f)
        with open(paths['huggingface'] + '/tokenizer_config.json', 'w') as f:
            json.dump({'add_blank': True, 'language': 'eng', 'phonemize': False, 'tokenizer_class': 'VitsTokenizer'}, f)
    return paths


def said(path, out, *flags):
    r = subprocess.run([INK, 'tts', '-m', path, '-o', out, *map(str, flags)], capture_output=True, text=True, timeout=120)
    samples = array.array('f')
    if r.returncode == 0:
        with open(out, 'rb') as f:
            samples.frombytes(f.read())
    return torch.tensor(samples), r


def apart(path, out, wanted, *flags):
    got, r = said(path, out, '--ids', ','.join(map(str, IDS)), '--length-scale', 1, *flags)
    return (got - wanted).abs().max().item() if got.shape == wanted.shape else (r.stderr or (tuple(got.shape), tuple(wanted.shape)))


def small(x):
    return isinstance(x, float) and x < 2e-5


def converted(folder, name, path, what, flags):
    """One GGUF with everything inside gives the same bits, by ids and by text, wherever it lies."""
    alone = tempfile.mkdtemp(dir=folder)
    r = subprocess.run([INK, 'convert', path, alone + '/v.gguf'], capture_output=True, text=True, timeout=60)
    same = True
    for words in ['--ids', ','.join(map(str, IDS))], ['bad cab, fed!']:
        a, b = (said(p, folder + '/z.f32', *words, '--seed', 4, *flags)[0] for p in (path, alone + '/v.gguf'))
        same = same and a.numel() > 100 and torch.equal(a, b)
    check(f'{name}: {what}: the same bits as a GGUF', same, r.stderr)


def voice(folder, seed, drawn, speakers, pairs):
    m, what = tiny(seed, drawn, speakers, pairs), f'{"drawn" if drawn else "plain"} durations, {speakers} speakers, blocks of type {1 if pairs else 2}'
    speaker = speakers - 1 if speakers > 1 else None
    e1, e2 = torch.randn(1, 2, len(IDS)), torch.randn(1, 32, 20000)
    still = spoken(m, speaker, 0.0, e1, e2)
    noisy = spoken(m, speaker, 0.4, e1, e2)
    flags = ['--speaker', speaker] if speaker else []
    frames = noisy.numel() // 8
    for name, tensor in ('e1', e1), ('e2', e2[..., :frames]):
        with open(f'{folder}/{name}.f32', 'wb') as f:
            f.write(tensor.contiguous().numpy().tobytes())
    for name, path in layouts(m, folder, drawn, speakers, pairs).items():
        far = apart(path, folder + '/x.f32', still, '--noise-scale', 0, '--noise-w', 0, *flags)
        check(f'{name}: {what}', small(far) and still.abs().max() > 0.01, far)
        far = apart(path, folder + '/x.f32', noisy, '--noise-scale', .4, '--noise-w', .4, '--noise-from', folder, *flags)
        check(f'{name}: {what}, with noise', small(far), far)
        converted(folder, name, path, what, flags)
        r = json.loads(said(path, folder + '/y.f32', 'bad cab, fed!', '--json', *flags)[1].stdout or '{}')
        wanted = [x for ch in 'bad cab, fed!' for x in (len(SYMBOLS) if name == 'coqui' else 0, SYMBOLS.index(ch))]
        check(f'{name}: {what}: letters become its ids', r.get('ids', [])[:-1] == wanted and r['sample_rate'] == 16000, (r.get('ids'), wanted))
    if pairs:
        learning(folder, m, speakers, what)


def joe():
    """The real voice as a GGUF: the same bits, and names that fit."""
    path = os.environ.get('INK_MODELS', '') + '/en_US-joe-medium.onnx'
    path = os.readlink(path) if os.path.islink(path) else path
    if not os.path.exists(path):
        return print('ok - voices joe # SKIP the voice is not here: inkstone pull joe')
    with tempfile.TemporaryDirectory() as folder:
        r = subprocess.run([INK, 'convert', path, folder + '/joe.gguf', '--json'], capture_output=True, text=True, timeout=60)
        a, b = (said(p, folder + '/x.f32', 'Hello there, 3 friends.', '--seed', 5)[0] for p in (path, folder + '/joe.gguf'))
        shown = json.loads(subprocess.run([INK, 'show', folder + '/joe.gguf', '--json'], capture_output=True, text=True).stdout)
        check('joe: the same bits as a GGUF', a.numel() > 20000 and torch.equal(a, b), r.stderr)
        check('joe: a GGUF that says what it is', shown['architecture'] == 'vits' and all(len(t['name']) < 64 for t in shown['tensors']), shown['architecture'])
        given(folder, x=torch.zeros(3, 192), frames=torch.ones(3, 1), noise=torch.zeros(3, 2))
        r = subprocess.run([LEARN, path, 'durations', folder], capture_output=True, text=True, timeout=60) if os.path.exists(LEARN) else None
        check('joe: what was exported cannot be taught, and says why', r is None or r.returncode == 1 and 'cannot be taught' in r.stderr, r and r.stderr)
        r = subprocess.run([INK, 'convert', path, folder + '/joe', '--json'], capture_output=True, text=True, timeout=60)
        check('joe: a folder is no place for a voice', r.returncode == 1 and 'ends in .gguf' in r.stderr, r.stderr)


def given(folder, **inputs):
    for file, tensor in inputs.items():
        with open(f'{folder}/{file}.f32', 'wb') as f:
            f.write(tensor.detach().float().contiguous().numpy().tobytes())


def floats(folder, file):
    with open(f'{folder}/{file}.f32', 'rb') as f:
        return torch.frombuffer(bytearray(f.read()), dtype=torch.float32)


def off(got, want):
    return float((got - want.flatten()).abs().max() / (want.abs().max() + 0.1)) if got.numel() == want.numel() else 9.0


def learned(folder, name, m, part, wanted, x, speaker, path=None, loss=False, **inputs):
    """A part of the voice as it learns: its result and all its gradients, against PyTorch's. wanted: the part as a function of x; of a loss, the sum
    of all rows, of which the mean is asked for."""
    x = x.to(next(m.parameters()).dtype).requires_grad_(part != 'text')  # ids have no gradient
    m.zero_grad()
    y = wanted(x)  # [rows, width]
    dy = torch.full((len(inputs['noise']), 1), 1 / len(inputs['noise'])) if loss else torch.randn_like(y)
    y.backward(dy[0, 0] if loss else dy)
    given(folder, x=x, dy=dy, **inputs)
    if os.path.exists(folder + '/dx.f32'):
        os.remove(folder + '/dx.f32')
    r = subprocess.run([LEARN, path or folder + '/huggingface', part, folder, str(speaker or 0)], capture_output=True, text=True, timeout=120)
    far = {'stderr': 9.0} if r.returncode else {}
    if not far:
        got = floats(folder, 'y')
        far = {'y': abs(float(got.double().sum() / y.detach()) - 1) if loss else off(got, y.detach())}
        if os.path.exists(folder + '/dx.f32') or x.grad is not None:
            far['dx'] = off(floats(folder, 'dx'), x.grad) if os.path.exists(folder + '/dx.f32') and x.grad is not None else 9.0
        gradients, at, params = floats(folder, 'gradients'), 0, dict(m.named_parameters())
        for line in r.stdout.splitlines():
            k, n = line.split('\t')
            want = params[k].grad if params[k].grad is not None else torch.zeros(int(n))  # what the part does not depend on is asked for too
            if not loss or want.abs().max() > 0:
                far[k] = off(gradients[at:at + int(n)], want)
            elif gradients[at:at + int(n)].abs().max() > 0:
                far[k] = 9.0
            at += int(n)
        missed = [k for k, p in params.items() if p.grad is not None and k not in far and p.grad.abs().max() > 0]
        far |= {k: 9.0 for k in missed}
    worst = max(far, key=far.get)
    check(f'{name}: {part} learns as in PyTorch, {len(far) - ("dx" in far) - 1} weights', far[worst] < (1e-5 if loss else 1e-4) and len(far) > 8, (worst, far[worst], r.stderr))


def duration_loss(m, x, frames, noise, g):
    """VITS's sum over symbols. transformers turns the two numbers around after the first step of a flow, where VITS (models.py) does not and where
    speaking, in both, does not expect it: there they are turned back."""
    d, mask = m.duration_predictor, torch.ones(1, 1, len(x), dtype=x.dtype)
    if not m.config.use_stochastic_duration_prediction:
        return ((d(x.T.unsqueeze(0), mask, g) - torch.log(frames.T + 1e-6)) ** 2).sum()
    for first in (d.flows[0], d.post_flows[0]):
        plain = type(first).forward
        first.forward = lambda *a, _f=first, _p=plain, **k: (lambda y: (torch.flip(y[0], [1]), *y[1:]))(_p(_f, *a, **k))
    flat, torch.randn = torch.randn, lambda *shape, **_: noise.T.reshape(*shape)
    loss = d(x.T.unsqueeze(0), mask, g, durations=frames.T.unsqueeze(0), reverse=False).sum()
    torch.randn = flat
    return loss


def divergence(m, x, index, spectrum, noise, g):
    """The sum over frames of VITS's kl_loss (losses.py)."""
    mask, like = torch.ones(1, 1, len(spectrum), dtype=x.dtype), torch.randn_like
    torch.randn_like = lambda _: noise.T.unsqueeze(0)
    z, _, logs_q = m.posterior_encoder(spectrum.T.unsqueeze(0), mask, g)
    torch.randn_like = like
    m_p, logs_p = x[index.long().flatten()].T.unsqueeze(0).chunk(2, 1)
    return (logs_p - logs_q - 0.5 + 0.5 * (m.flow(z, mask, g, reverse=False) - m_p) ** 2 * torch.exp(-2 * logs_p)).sum()


def learning(folder, m, speakers, what):
    if not os.path.exists(LEARN):
        return print('ok - voices learning # SKIP learn_voice is not built')
    speaker = speakers - 1 if speakers > 1 else None
    for p in m.parameters():
        p.requires_grad_()
    of = lambda m: m.embed_speaker(torch.tensor([speaker])).unsqueeze(-1) if speaker else None
    c, rows = m.config, 19
    mask = torch.ones(1, 1, rows)
    turn = lambda x: x.T.unsqueeze(0)
    learned(folder, what, m, 'text', lambda x: torch.cat(m.text_encoder(x.long().unsqueeze(0), torch.ones(1, rows, 1), torch.ones(1, rows))[-2:], 2)[0], torch.randint(0, len(SYMBOLS), (rows,)).float(), speaker)
    learned(folder, what, m, 'posterior', lambda x: torch.cat(m.posterior_encoder(turn(x), mask, of(m))[1:], 1)[0].T, torch.rand(rows, c.spectrogram_bins), speaker, noise=torch.randn(rows, c.flow_size))
    learned(folder, what, m, 'flow', lambda x: m.flow(turn(x), mask, of(m), reverse=False)[0].T, torch.randn(rows, c.flow_size), speaker)
    learned(folder, what, m, 'decoder', lambda x: m.decoder(turn(x), of(m)).reshape(rows, -1), torch.randn(rows, c.flow_size), speaker)
    losses(folder, what, copy.deepcopy(m).double(), speaker, of)


def losses(folder, what, m, speaker, of):
    """Each loss and its gradients; those of durations from every layout, which all have the weights that only learning needs."""
    c, symbols = m.config, 11
    frames, noise, x = torch.randint(1, 9, (symbols, 1)).double(), torch.randn(symbols, 2).double(), torch.randn(symbols, c.hidden_size).double()
    frames[3] = 1e-3  # less than what is taken away: the logarithm's floor
    gguf = folder + '/learning.gguf'
    subprocess.run([INK, 'convert', folder + '/vits/G_100.pth', gguf], capture_output=True, timeout=60)
    for name, path in ('huggingface', None), ('vits', folder + '/vits/G_100.pth'), ('coqui', folder + '/coqui/best_model.pth'), ('gguf', gguf):
        learned(folder, f'{name}: {what}', m, 'durations', lambda x: duration_loss(m, x, frames, noise, of(m)), x.clone(), speaker, path, True, frames=frames, noise=noise)
    rows = int(frames.ceil().sum())
    index = torch.repeat_interleave(torch.arange(symbols), frames.ceil().long().flatten()).double().unsqueeze(1)
    spectrum, noise = torch.rand(rows, c.spectrogram_bins).double(), torch.randn(rows, c.flow_size).double()
    learned(folder, what, m, 'divergence', lambda x: divergence(m, x, index, spectrum, noise, of(m)), torch.randn(symbols, 2 * c.flow_size), speaker, None, True, index=index, spectrum=spectrum, noise=noise)
    aligned(folder, c.flow_size)


def aligned(folder, width):
    """Of all ways to divide frames among symbols the likeliest, by trying each."""
    far, r = [], None
    for seed in range(4):
        symbols, frames = seed + 2, 7 + 2 * seed
        stats, z = torch.randn(symbols, 2 * width) * 0.4, torch.randn(frames, width)
        sure = torch.distributions.Normal(stats[:, None, :width].double(), stats[:, None, width:].double().exp()).log_prob(z.double()).sum(2)  # [symbols, frames]
        def path(cuts):
            return [sum(f >= c for c in cuts) for f in range(frames)]
        best = max((path(cuts) for cuts in itertools.combinations(range(1, frames), symbols - 1)), key=lambda p: sum(sure[s, f] for f, s in enumerate(p)))
        given(folder, x=z, stats=stats)
        r = subprocess.run([LEARN, folder + '/huggingface', 'align', folder], capture_output=True, text=True, timeout=60)
        got = floats(folder, 'index').int().tolist() if r.returncode == 0 else r.stderr
        if got != best or [int(n) for n in r.stdout.split()] != [best.count(s) for s in range(symbols)]:
            far.append((got, best, r.stdout))
    check('frames go to symbols along the likeliest of all paths', not far, far)
    given(folder, x=torch.randn(3, width), stats=torch.randn(4, 2 * width))
    r = subprocess.run([LEARN, folder + '/huggingface', 'align', folder], capture_output=True, text=True, timeout=60)
    check('fewer frames than symbols are refused', r.returncode == 1 and '3 frames are too few for 4 symbols' in r.stderr, r.stderr)


def told(folder, speakers):
    """What the file holds, as vits info says it."""
    r = subprocess.run([INK, 'vits', 'info', folder + '/vits/G_100.pth', '--json'], capture_output=True, text=True, timeout=60)
    v = json.loads(r.stdout or '{}')
    check('vits info tells what a checkpoint holds', v.get('format') == 'torch' and v['step'] == 7 and v['speakers'] == [f'voice {i}' for i in range(speakers)] and v['sample_rate'] == 16000
          and v['hop'] == 8 and v['durations'] == 'drawn' and v['residual_blocks'] == 1 and all(v['parts'].values()), r.stdout + r.stderr)
    r = subprocess.run([INK, 'tts', '-m', folder + '/vits/G_100.pth', 'bad cab', '--speaker', 'voice 9', '-o', folder + '/n.wav'], capture_output=True, text=True, timeout=60)
    check('a speaker by a name that is none is refused', r.returncode == 2 and 'no speaker "voice 9"' in r.stderr and not os.path.exists(folder + '/n.wav'), r.stderr)


def main():
    joe()
    cases = [(True, 3, True), (False, 1, True), (True, 1, False)]
    for i, case in enumerate(cases):
        with tempfile.TemporaryDirectory() as folder:
            voice(folder, i, *case)
            if not i:
                told(folder, case[1])


main()
