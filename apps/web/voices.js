// Speech: an answer read aloud, and a place to try voices.
import { api, fetchRaw } from './api.js';
import { h } from './markdown.js';
import { t } from './words.js';

let playing = null;

function hush() {
  if (!playing) return;
  playing.audio.pause();
  playing.button.textContent = '♪ ' + t('speak');
  playing = null;
}

/** Reads a text aloud; the same button again ends it. */
export async function speak(text, button, failed) {
  const mine = playing && playing.button === button;
  hush();
  if (mine) return;
  try {
    button.disabled = true;
    const plain = text.replace(/```[\s\S]*?```/g, ' ').replace(/[*_`#>|]/g, '');
    const sound = await (await fetchRaw('POST', '/v1/audio/speech', { voice: 'default', input: plain, response_format: 'wav' })).blob();
    const audio = new Audio(URL.createObjectURL(sound));
    playing = { audio, button };
    button.textContent = '■ ' + t('quiet');
    audio.onended = hush;
    await audio.play();
  } catch (e) {
    hush();
    failed(e.message);
  } finally {
    button.disabled = false;
  }
}

/** The samples of a WAV file: what its data chunk holds. */
async function samplesOf(blob) {
  const bytes = await blob.arrayBuffer(), view = new DataView(bytes), name = at => String.fromCharCode(...new Uint8Array(bytes, at, 4));
  for (let at = 12; at + 8 <= bytes.byteLength; at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) & 1))
    if (name(at) === 'data') return new Int16Array(bytes.slice(at + 8, at + 8 + (view.getUint32(at + 4, true) & ~1)));
  return new Int16Array();
}

function wave(canvas, samples) {
  const context = canvas.getContext('2d'), w = canvas.width = canvas.clientWidth * devicePixelRatio, height = canvas.height = canvas.clientHeight * devicePixelRatio;
  const each = Math.max(1, Math.floor(samples.length / w));
  context.clearRect(0, 0, w, height);
  context.fillStyle = getComputedStyle(canvas).getPropertyValue('--accent');
  for (let x = 0; x < w && x * each < samples.length; x++) {
    let top = 0;
    for (let i = x * each; i < (x + 1) * each && i < samples.length; i++) top = Math.max(top, Math.abs(samples[i]));
    const tall = Math.max(1, top * height);
    context.fillRect(x, (height - tall) / 2, 1, tall);
  }
}

function slider(label, name, min, max, step, value) {
  const shown = h('output', null, String(value)), id = 'voice-' + name;
  const input = h('input', { type: 'range', id, name, min, max, step, value, oninput: () => { shown.textContent = input.value; } });
  return h('div', { className: 'field' }, h('label', { htmlFor: id }, label, ' ', shown), input);
}

export async function showVoices(root) {
  const { voices } = await api('GET', '/voices');
  if (!voices.length) {
    root.replaceChildren(h('h1', null, t('voices')), h('p', null, t('noVoice')));
    return;
  }
  const first = voices[0], status = h('p', { role: 'status', className: 'soft' }), out = h('div');
  const form = h('form', null, h('div', { className: 'field wide' }, h('label', { htmlFor: 'voice-text' }, t('text')), h('textarea', { id: 'voice-text', name: 'text', value: 'Hello! This voice was computed on your own machine.' })),
    h('div', { className: 'field wide' }, h('label', { htmlFor: 'voice-name' }, t('voice')), h('select', { id: 'voice-name', name: 'voice' }, ...voices.map(v => h('option', { value: v.id }, `${v.name} (${v.language || ''} ${v.sample_rate} Hz)`)))),
    slider(t('speed'), 'speed', 0.5, 2, 0.05, 1), slider(t('variation'), 'noise_scale', 0, 1.5, 0.01, first.noise_scale ?? 0.667), slider(t('rhythm'), 'noise_w_scale', 0, 1.5, 0.01, first.noise_w ?? 0.8),
    slider(t('pause'), 'sentence_silence', 0, 2, 0.05, 0.25), h('button', { className: 'primary' }, t('say')));
  form.addEventListener('submit', async e => {
    e.preventDefault();
    const f = form.elements, voice = voices.find(v => v.id === f.voice.value), began = performance.now();
    try {
      const sound = await (await fetchRaw('POST', '/synthesize', { text: f.text.value, voice: voice.id, length_scale: (voice.length_scale || 1) / Number(f.speed.value), noise_scale: Number(f.noise_scale.value),
        noise_w_scale: Number(f.noise_w_scale.value), sentence_silence: Number(f.sentence_silence.value) })).blob();
      const samples = await samplesOf(sound), url = URL.createObjectURL(sound), canvas = h('canvas', { role: 'img', 'aria-label': t('waveform') });
      const audio = h('audio', { controls: true, src: url });
      out.replaceChildren(canvas, h('p', { className: 'row' }, audio, h('a', { href: url, download: 'speech.wav' }, t('download'))));
      wave(canvas, Float32Array.from(samples, s => s / 32768));
      status.textContent = `${(samples.length / voice.sample_rate).toFixed(1)} s · ${((performance.now() - began) / 1000).toFixed(2)} s`;
      audio.play().catch(() => {});
    } catch (error) {
      status.textContent = error.message;
    }
  });
  root.replaceChildren(h('h1', null, t('voices')), form, status, out);
}
